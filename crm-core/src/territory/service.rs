use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::{
    kernel::{Entity, Id, Invalid, Result},
    store::{Append, Read, Repository, UnitOfWork},
    territory_member::TerritoryMember,
};

use super::{Alignment, Territory, TerritoryPlan, check::all_members, look_up};

/// The verbs on territories, within a unit of work.
pub struct Territories<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Territories<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Makes the territories what a plan says from a day on: those that are there and not in it, and their members, end with the day
    /// before. Done again it changes nothing.
    ///
    /// # Errors
    /// As [`TerritoryPlan::resolve`]; [`crate::Error::Invalid`] when one that is to end has not begun by then;
    /// [`crate::Error::Conflict`] when somebody else changes them too.
    pub async fn align(&mut self, plan: &TerritoryPlan, day: NaiveDate) -> Result<Alignment> {
        let aligned = plan.resolve(self.work).await?;
        let mut kept = BTreeSet::new();
        for territory in &aligned.territories {
            kept.insert(territory.id.uuid());
            self.put(territory).await?;
        }
        for member in &aligned.members {
            kept.insert(member.id.uuid());
            self.put(member).await?;
        }
        let left_out = |id| !kept.contains(&id);
        for one in all_members(self.work).await? {
            if left_out(one.id.uuid()) && one.last_day.is_none_or(|last| last >= day) {
                let last_day = before::<TerritoryMember>(one.first_day, day, &one.role)?;
                self.put(&TerritoryMember { last_day, ..one }).await?;
            }
        }
        for one in look_up::all(self.work).await? {
            if left_out(one.id.uuid()) && one.last_day.is_none_or(|last| last >= day) {
                let last_day = before::<Territory>(one.first_day, day, &one.name)?;
                self.put(&Territory { last_day, ..one }).await?;
            }
        }
        Ok(aligned)
    }

    /// As it is to be, new or changed.
    async fn put<E: Entity>(&mut self, one: &E) -> Result<()>
    where
        dyn UnitOfWork + 'w: Repository<E>,
    {
        let id: Id<E> = one.id();
        match Read::<E>::get(self.work, id).await? {
            Some(stored) => {
                Repository::<E>::update(self.work, stored.edit(|old| *old = one.clone())).await?
            }
            None => Append::<E>::insert(self.work, one.clone()).await?,
        };
        Ok(())
    }
}

/// The day before, on which something ends that has begun.
fn before<E: Entity>(
    first: Option<NaiveDate>,
    day: NaiveDate,
    called: &str,
) -> Result<Option<NaiveDate>> {
    match (first, day.pred_opt()) {
        (Some(first), Some(last)) if last < first => {
            let reason = format!(
                "{called:?} begins on {first} and would end before that: align as of a later day, or \
                 leave it in the plan"
            );
            Err(Invalid::field::<E>("last_day", reason).into())
        }
        (_, last) => Ok(last),
    }
}
