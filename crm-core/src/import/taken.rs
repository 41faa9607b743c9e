use std::collections::BTreeMap;

use crate::{
    Result,
    customer::{self, Customer},
    kernel::{Entity, Id, MAX_LIMIT},
    store::Work,
};

use super::slot::FOLDED;

/// What a customer has from rows that were folded into it.
#[derive(Default)]
pub(super) struct Taken {
    /// Earlier units were asked too, not this batch alone.
    pub(super) asked: bool,
    /// Its external id.
    pub(super) external_id: bool,
    /// Whether they filled a field last, by its name: not what the customer's own rows said after.
    fields: BTreeMap<String, bool>,
}

impl Taken {
    /// What the change log says of it.
    pub(super) async fn load(work: &mut Work<'_>, id: Id<Customer>) -> Result<Self> {
        let (mut after, mut taken) = (0, Self { asked: true, ..Self::default() });
        loop {
            let entries = work.history(Customer::KIND, id.uuid(), after, MAX_LIMIT).await?;
            let Some(last) = entries.last() else { return Ok(taken) };
            after = last.version;
            for entry in &entries {
                let folded = entry.event == FOLDED;
                for field in &entry.fields {
                    if field.field == customer::EXTERNAL_ID.spec().name {
                        taken.external_id = folded;
                    }
                    taken.says(&field.field, folded);
                }
            }
        }
    }

    /// That a row said what a field has now, and whether that row was folded into the customer.
    pub(super) fn says(&mut self, field: &str, folded: bool) {
        self.fields.insert(field.to_owned(), folded);
    }

    /// Whether a field has what a row that was folded into the customer said.
    pub(super) fn fills(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(|folded| *folded)
    }

    /// Adds what was said before this batch.
    pub(super) fn add(&mut self, earlier: Self) {
        self.asked |= earlier.asked;
        self.external_id |= earlier.external_id;
        for (field, folded) in earlier.fields {
            self.fields.entry(field).or_insert(folded);
        }
    }
}
