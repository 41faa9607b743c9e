use crate::{
    Result,
    kernel::{Entity, Id, MAX_LIMIT, Timestamp},
    store::ReadUnit,
};

use super::{Customer, LIFECYCLE_STAGE};

/// A step of a customer in its lifecycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleStep {
    /// The stage before; none when it was added.
    pub from: Option<String>,
    /// The stage since.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// Who moved it.
    pub by: String,
}

/// The steps of a customer in its lifecycle, oldest first: whatever way they were made, the change
/// log has them.
///
/// # Errors
/// Whatever the store answers.
pub async fn lifecycle_history(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
) -> Result<Vec<LifecycleStep>> {
    let (mut steps, mut after) = (Vec::new(), 0);
    loop {
        let page = unit.history(Customer::KIND, customer.uuid(), after, MAX_LIMIT).await?;
        let Some(last) = page.last() else { return Ok(steps) };
        after = last.version;
        for change in page {
            let stage = change.fields.iter().find(|f| f.field == LIFECYCLE_STAGE.spec().name);
            let Some(stage) = stage else { continue };
            if let Some(to) = stage.to.as_str() {
                steps.push(LifecycleStep {
                    from: stage.from.as_str().map(str::to_owned),
                    to: to.to_owned(),
                    at: change.at,
                    by: change.actor,
                });
            }
        }
    }
}
