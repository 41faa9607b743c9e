use chrono::NaiveDate;

use crate::{
    absence::Absence,
    kernel::{Id, Invalid, Result, Stored},
    staff_member::StaffMember,
    store::{Read, Repository, UnitOfWork, ensure, expect},
};

/// The verbs on absences, within a unit of work.
pub struct Absences<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Absences<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Notes that somebody is away, and who stands in. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when one of them is not there; [`crate::Error::Invalid`] when the deputy is the person or does
    /// not work here, or the days are not in their order; [`crate::Error::Duplicate`] when the id is taken by another one.
    pub async fn add(&mut self, absence: Absence) -> Result<Stored<Absence>> {
        expect::<StaffMember, _>(self.work, absence.staff_id).await?;
        // Sent again, it is not asked once more: the deputy may have left since.
        if Read::<Absence>::get(self.work, absence.id).await?.is_none() {
            self.works_here(absence.deputy_id).await?;
        }
        ensure(self.work, absence).await
    }

    /// Says what the last day is: somebody is back earlier or later, or it is open.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such absence, [`crate::Error::Invalid`] when that is before its first day.
    pub async fn end(
        &mut self,
        id: Id<Absence>,
        last_day: Option<NaiveDate>,
    ) -> Result<Stored<Absence>> {
        let stored = expect::<Absence, _>(self.work, id).await?;
        Repository::update(self.work, stored.edit(|absence| absence.last_day = last_day)).await
    }

    /// Says who stands in from now on, or that nobody does.
    ///
    /// # Errors
    /// As [`Absences::add`], of the deputy.
    pub async fn delegate(
        &mut self,
        id: Id<Absence>,
        deputy: Option<Id<StaffMember>>,
    ) -> Result<Stored<Absence>> {
        self.works_here(deputy).await?;
        let stored = expect::<Absence, _>(self.work, id).await?;
        Repository::update(self.work, stored.edit(|absence| absence.deputy_id = deputy)).await
    }

    async fn works_here(&mut self, deputy: Option<Id<StaffMember>>) -> Result<()> {
        let Some(deputy) = deputy else { return Ok(()) };
        let deputy = expect::<StaffMember, _>(self.work, deputy).await?;
        if deputy.active {
            return Ok(());
        }
        let reason = format!("{} does not work here any more: name somebody who does", deputy.name);
        Err(Invalid::field::<Absence>("deputy_id", reason).into())
    }
}
