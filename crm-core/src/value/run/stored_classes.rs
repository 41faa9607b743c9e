use std::collections::{BTreeMap, VecDeque};

use crate::{
    Result,
    customer::{Customer, Survivors},
    kernel::{Id, MAX_LIMIT},
    store::ReadUnit,
    value::{Placed, of_units},
    value_run::ValueRun,
};

use super::CustomerClass;

/// The classes that a run keeps, in the order of customers, a page at a time. Who was merged since counts with the survivor.
pub(super) struct StoredClasses {
    run: Id<ValueRun>,
    ahead: VecDeque<CustomerClass>,
    after: Option<Id<Customer>>,
    done: bool,
    survivors: Survivors,
    /// Of survivors, what the run has of those who were merged into them.
    aside: BTreeMap<Id<Customer>, Vec<CustomerClass>>,
}

impl StoredClasses {
    pub(super) async fn begin(unit: &mut (dyn ReadUnit + '_), run: Id<ValueRun>) -> Result<Self> {
        let survivors = Survivors::read(unit).await?;
        let mut aside: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for some in survivors.merged().chunks(MAX_LIMIT as usize) {
            for one in unit.run_classes_of(run, some).await? {
                aside.entry(survivors.of(one.customer)).or_default().push(one);
            }
        }
        let (ahead, after, done) = (VecDeque::new(), None, false);
        Ok(Self { run, ahead, after, done, survivors, aside })
    }

    /// Who comes next.
    pub(super) async fn customer(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Id<Customer>>> {
        while self.ahead.is_empty() && !self.done {
            let page = unit.run_classes(self.run, self.after, MAX_LIMIT).await?;
            self.done = page.len() < MAX_LIMIT as usize;
            self.after = page.last().map(|one| one.customer);
            let own = page.into_iter().filter(|one| !self.survivors.was_merged(one.customer));
            self.ahead.extend(own);
        }
        let own = self.ahead.front().map(|one| one.customer);
        let merged = self.aside.keys().next().copied();
        Ok(own.into_iter().chain(merged).min())
    }

    /// Where the run has this customer, if it comes next: in its own class, else in the best of those who were merged into it.
    pub(super) async fn take(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        customer: Id<Customer>,
    ) -> Result<Option<Placed<Id<Customer>, String>>> {
        if self.customer(unit).await? != Some(customer) {
            return Ok(None);
        }
        let own = self.ahead.front().is_some_and(|one| one.customer == customer);
        let own = if own { self.ahead.pop_front() } else { None };
        let merged = self.aside.remove(&customer).unwrap_or_default();
        let units = own.iter().chain(&merged).map(|one| i128::from(one.units)).sum();
        let best = merged.iter().map(|one| one.class).min();
        let class = own.map(|one| one.class).or(best);
        let value = Some(of_units(units));
        Ok(class.map(|class| Placed { customer, group: class.to_string(), value }))
    }
}
