use std::ops::Bound;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Error, Result,
    customer::Customer,
    kernel::{Id, check_limit},
    store::{Custodian, KeepRunClasses, RunClasses},
    value::CustomerClass,
    value_run::ValueRun,
};

use super::unit::{Unit, Writer};

#[async_trait]
impl<W: Send> RunClasses for Unit<W> {
    async fn run_classes(
        &mut self,
        run: Id<ValueRun>,
        after: Option<Id<Customer>>,
        limit: u32,
    ) -> Result<Vec<CustomerClass>> {
        check_limit("run_classes", limit)?;
        let first = match after {
            Some(after) => Bound::Excluded((run.uuid(), after.uuid())),
            None => Bound::Included((run.uuid(), Uuid::nil())),
        };
        let last = Bound::Included((run.uuid(), Uuid::max()));
        let found = self.tenant.classes.range((first, last)).take(limit as usize);
        Ok(found.map(|(_, one)| *one).collect())
    }

    async fn run_classes_of(
        &mut self,
        run: Id<ValueRun>,
        customers: &[Id<Customer>],
    ) -> Result<Vec<CustomerClass>> {
        let of = |id: &Id<Customer>| self.tenant.classes.get(&(run.uuid(), id.uuid())).copied();
        let mut found: Vec<_> = customers.iter().filter_map(of).collect();
        found.sort_by_key(|one| one.customer);
        found.dedup();
        Ok(found)
    }
}

#[async_trait]
impl KeepRunClasses for Unit<Writer> {
    async fn keep_run_classes(
        &mut self,
        _: &Custodian,
        run: Id<ValueRun>,
        classes: Vec<CustomerClass>,
    ) -> Result<()> {
        if self.tenant.get(run).is_none() {
            return Err(Error::missing(run));
        }
        let all = (run.uuid(), Uuid::nil())..=(run.uuid(), Uuid::max());
        let last = self.tenant.classes.range(all).next_back();
        CustomerClass::follow(last.map(|(_, one)| one.customer), &classes)?;
        let kept = classes.into_iter().map(|one| ((run.uuid(), one.customer.uuid()), one));
        self.tenant.classes.extend(kept);
        Ok(())
    }
}
