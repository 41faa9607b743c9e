use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::{
    kernel::{Entity, Id, Invalid, Result},
    store::{Append, Read, Repository, UnitOfWork},
    territory_member::TerritoryMember,
};

use super::{
    Alignment, Territory, TerritoryPlan, alignment::is_living, check::all_members, look_up,
};

/// The verbs on territories, within a unit of work.
pub struct Territories<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Territories<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Makes the territories what a plan says from a day on; on the days before, all stays as it was. Those that are there and not in the
    /// plan, and their members, end with the day before. One that counted by then and gets other criteria, another priority or another place
    /// in the tree ends too, and another record of that name follows it, which takes over its external id; so do all below it, and
    /// the members. What had not begun by then changes as it is, or counts on no day at all. Names are changed without days.
    /// Done again it changes nothing.
    ///
    /// # Errors
    /// As [`TerritoryPlan::resolve`]; [`crate::Error::Conflict`] when somebody else changes them too.
    pub async fn align(&mut self, plan: &TerritoryPlan, day: NaiveDate) -> Result<Alignment> {
        let aligned = plan.resolve(self.work, day).await?;
        let mut kept = BTreeSet::new();
        kept.extend(aligned.territories.iter().map(|one| one.id.uuid()));
        kept.extend(aligned.members.iter().map(|one| one.id.uuid()));
        for one in all_members(self.work).await? {
            if !kept.contains(&one.id.uuid()) && is_living(&one, day) {
                let last_day = before(one.first_day, day)?;
                self.put(&TerritoryMember { last_day, ..one }).await?;
            }
        }
        let keys: BTreeSet<_> =
            aligned.territories.iter().filter_map(|one| one.external_id.as_ref()).collect();
        for mut one in look_up::all(self.work).await? {
            if kept.contains(&one.id.uuid()) {
                continue;
            }
            if is_living(&one, day) {
                one.last_day = before(one.first_day, day)?;
            }
            one.external_id = one.external_id.filter(|key| !keys.contains(key));
            self.put(&one).await?;
        }
        for territory in &aligned.territories {
            self.put(territory).await?;
        }
        for member in &aligned.members {
            self.put(member).await?;
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

/// The last day of what ends when another day comes: the day before. What begins only then or later never counts.
fn before(first: Option<NaiveDate>, day: NaiveDate) -> Result<Option<NaiveDate>> {
    let ends = first.map_or(day, |first| first.max(day)).pred_opt();
    let wrong = || Invalid::field::<Territory>("last_day", format!("there is no day before {day}"));
    Ok(Some(ends.ok_or_else(wrong)?))
}
