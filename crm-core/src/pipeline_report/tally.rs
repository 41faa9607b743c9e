use std::{cmp::Ordering, collections::BTreeMap};

use crate::{
    kernel::{Money, Result, Value},
    opportunity::OpportunityStatus,
};

use super::{DayCounts, PeriodQuestion, Total, listing::Found};

/// What a group of opportunities did in a period.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) won: Total,
    pub(super) lost: Total,
    /// Open when the day was over.
    pub(super) open: Total,
    /// How many days those took that were won.
    pub(super) cycle: DayCounts,
}

/// Of each value its tally.
#[derive(Default)]
pub(super) struct Tallies(pub(super) BTreeMap<Sorted, Tally>);

/// A value in the order in which stores have them.
pub(super) struct Sorted(pub(super) Value<'static>);

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.sort_order(&other.0)
    }
}
impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Sorted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Sorted {}

impl Tallies {
    pub(super) fn of(&mut self, value: Value<'static>) -> &mut Tally {
        self.0.entry(Sorted(value)).or_default()
    }

    /// The one of all.
    pub(super) fn whole(self) -> Tally {
        self.0.into_values().next().unwrap_or_default()
    }

    /// For each row of an owner what owners did.
    pub(super) fn roll_up(
        self,
        rows_of: impl Fn(&Value<'static>) -> Vec<Value<'static>>,
    ) -> Result<Self> {
        let mut all = Self::default();
        for (owner, tally) in self.0 {
            for row in rows_of(&owner.0) {
                all.of(row).add(&tally)?;
            }
        }
        Ok(all)
    }
}

impl Tally {
    /// Adds another one.
    fn add(&mut self, other: &Self) -> Result<()> {
        self.won.add_all(&other.won)?;
        self.lost.add_all(&other.lost)?;
        self.open.add_all(&other.open)?;
        self.cycle.add_all(&other.cycle);
        Ok(())
    }

    /// Adds one, with this amount.
    pub(super) fn add_one(
        &mut self,
        one: &Found,
        amount: Option<Money>,
        question: &PeriodQuestion,
    ) -> Result<()> {
        let status = one.status();
        if status == OpportunityStatus::Won {
            question.cycle_days(one).into_iter().for_each(|days| self.cycle.add_days(days, 1));
        }
        self.total(status).add_one(amount)
    }

    pub(super) const fn total(&mut self, status: OpportunityStatus) -> &mut Total {
        match status {
            OpportunityStatus::Won => &mut self.won,
            OpportunityStatus::Lost => &mut self.lost,
            OpportunityStatus::Open => &mut self.open,
        }
    }

    /// How many were decided.
    pub(super) const fn decided(&self) -> u64 {
        self.won.count.saturating_add(self.lost.count)
    }

    /// Whether there is something to tell.
    pub(super) const fn is_empty(&self) -> bool {
        self.decided() == 0 && self.open.count == 0
    }
}
