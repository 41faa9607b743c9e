use crate::{
    Result,
    kernel::{Entity, Id, MAX_LIMIT, Timestamp},
    store::ReadUnit,
};

use super::{Customer, LIFECYCLE_STAGE, group};

/// A step of a customer in its lifecycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleStep {
    /// Under which of its ids: another than its own was merged into it.
    pub customer: Id<Customer>,
    /// The stage before; none when it was added.
    pub from: Option<String>,
    /// The stage since.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// Who moved it.
    pub by: String,
}

/// The steps of a customer in its lifecycle, oldest first, with those of the customers that were
/// merged into it: whatever way they were made, the change log has them.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such customer.
pub async fn lifecycle_history(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
) -> Result<Vec<LifecycleStep>> {
    let mut steps = Vec::new();
    for id in group(unit, customer).await? {
        steps_of(unit, id, &mut steps).await?;
    }
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

async fn steps_of(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    steps: &mut Vec<LifecycleStep>,
) -> Result<()> {
    let mut after = 0;
    loop {
        let page = unit.history(Customer::KIND, customer.uuid(), after, MAX_LIMIT).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.version;
        for change in page {
            let stage = change.fields.iter().find(|f| f.field == LIFECYCLE_STAGE.spec().name);
            let Some(stage) = stage else { continue };
            if let Some(to) = stage.to.as_str() {
                steps.push(LifecycleStep {
                    customer,
                    from: stage.from.as_str().map(str::to_owned),
                    to: to.to_owned(),
                    at: change.at,
                    by: change.actor,
                });
            }
        }
    }
}
