use std::collections::HashMap;

use crate::{
    Result,
    kernel::{Id, Stored},
    store::{ReadUnit, every},
};

use super::{Customer, MERGED_INTO};

/// Which customers were merged, and into whom. Memory grows with those that were.
#[derive(Debug)]
pub(crate) struct Survivors(HashMap<Id<Customer>, Id<Customer>>);

impl Survivors {
    /// All of a house.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub(crate) async fn read(unit: &mut (dyn ReadUnit + '_)) -> Result<Self> {
        let mut leads = HashMap::new();
        // In the order of the index that has them alone: by id, all customers would be gone through.
        let query = MERGED_INTO.is_present().query().order_by(&MERGED_INTO);
        every(unit, query, |stored: Stored<Customer>| {
            leads.extend(stored.merged_into.map(|into| (stored.id, into)));
            Ok(())
        })
        .await?;
        Ok(Self(leads))
    }

    /// Whether nobody was merged.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it was merged into another.
    pub(crate) fn was_merged(&self, id: Id<Customer>) -> bool {
        self.0.contains_key(&id)
    }

    /// All that were merged, in the order of their ids.
    pub(crate) fn merged(&self) -> Vec<Id<Customer>> {
        let mut all: Vec<_> = self.0.keys().copied().collect();
        all.sort();
        all
    }

    /// Who survived; whoever was not merged is itself.
    pub(crate) fn of(&self, mut id: Id<Customer>) -> Id<Customer> {
        // No chain is longer than there are merged customers.
        for _ in 0..self.0.len() {
            let Some(into) = self.0.get(&id) else { break };
            id = *into;
        }
        id
    }
}
