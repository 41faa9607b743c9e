use std::collections::VecDeque;

use crate::{
    Result,
    customer::Customer,
    kernel::{Cursor, Id, Stored},
    store::{Read, ReadUnit},
    value::TierState,
    value_run::ValueRun,
    value_run_line::{self, ValueRunLine},
};

/// So many lines of a run are read at once.
pub(super) const AT_ONCE: u32 = 1_000;

/// The lines of a stored run in the order of their customers. A page of them is in memory.
pub(super) struct StoredLines {
    run: Id<ValueRun>,
    ahead: VecDeque<Stored<ValueRunLine>>,
    after: Option<Cursor>,
    done: bool,
}

impl StoredLines {
    pub(super) const fn of(run: Id<ValueRun>) -> Self {
        Self { run, ahead: VecDeque::new(), after: None, done: false }
    }

    /// Whose line comes next.
    pub(super) async fn customer(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Id<Customer>>> {
        if self.ahead.is_empty() && !self.done {
            let query = value_run_line::RUN_ID.eq(self.run).query();
            let query = query.order_by(&value_run_line::CUSTOMER_ID).limit(AT_ONCE);
            let page = Read::<ValueRunLine>::find(unit, query.after(self.after.take())).await?;
            self.done = page.next.is_none();
            self.after = page.next;
            self.ahead.extend(page.items);
        }
        Ok(self.ahead.front().map(|line| line.customer_id))
    }

    /// The next line, if it is of this customer. One that others were merged into has several.
    pub(super) async fn next_of(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        customer: Id<Customer>,
    ) -> Result<Option<ValueRunLine>> {
        if self.customer(unit).await? != Some(customer) {
            return Ok(None);
        }
        Ok(self.ahead.pop_front().map(Stored::into_inner))
    }

    /// The states of the tier of this customer before and after the run, if its lines come next: its own line speaks for it, else the
    /// first that has one.
    pub(super) async fn tier_of(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        customer: Id<Customer>,
    ) -> Result<[Option<TierState>; 2]> {
        let mut found = [None, None];
        while let Some(line) = self.next_of(unit, customer).await? {
            let own = line.id == ValueRunLine::id_of(self.run, customer);
            let states = [line.tier_before, line.tier_after];
            for (found, state) in found.iter_mut().zip(states) {
                *found = if own { state.or(found.take()) } else { found.take().or(state) };
            }
        }
        Ok(found)
    }
}
