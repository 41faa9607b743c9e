use std::collections::BTreeSet;

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
    /// Fields that they filled, by name.
    pub(super) fields: BTreeSet<String>,
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
                    if folded {
                        taken.fields.insert(field.field.clone());
                    }
                }
            }
        }
    }

    /// Adds what this batch said.
    pub(super) fn add(&mut self, other: Self) {
        self.asked |= other.asked;
        self.external_id |= other.external_id;
        self.fields.extend(other.fields);
    }
}
