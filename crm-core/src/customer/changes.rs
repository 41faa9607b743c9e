use std::cmp::Reverse;

use crate::{
    Result,
    kernel::{Change, Entity, Id},
    ownership::OwnerStep,
    store::{Asked, Batch, ReadUnit},
};

use super::{Customer, Happening, OWNER_ID, TimelineEntry, story::Show};

/// So many versions of a record are read at once.
const VERSIONS_AT_ONCE: u32 = 500;

/// Asks for the first versions of a customer's record.
pub(super) fn first_versions(batch: &mut Batch, of: Id<Customer>) -> Asked<Vec<Change>> {
    batch.history(Customer::KIND, of.uuid(), 0, VERSIONS_AT_ONCE)
}

/// All of its versions are read, as their times need not be in their order; the latest are kept, of
/// those that are wanted. `some` are the first.
pub(super) async fn changes(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    mut some: Vec<Change>,
    show: &Show<'_>,
    entries: &mut Vec<TimelineEntry>,
) -> Result<()> {
    let mut latest = Vec::new();
    while let Some(last) = some.last() {
        let from = last.version;
        let more = some.len() >= VERSIONS_AT_ONCE as usize;
        for change in some {
            let (at, id) = (change.at, change.id);
            let each = happened(change).into_iter().flatten().filter(|one| (show.wanted)(one));
            let each = each.map(|happened| TimelineEntry { at, id, happened });
            latest.extend(each.filter(|one| show.after.is_none_or(|after| one.place() < after)));
        }
        latest.sort_by_key(|entry: &TimelineEntry| Reverse(entry.place()));
        latest.truncate(show.limit as usize);
        if !more {
            break;
        }
        some = unit.history(Customer::KIND, customer.uuid(), from, VERSIONS_AT_ONCE).await?;
    }
    entries.append(&mut latest);
    Ok(())
}

/// An entry of the log: who looks after the customer from then on stands apart from all else.
fn happened(mut change: Change) -> [Option<Happening>; 2] {
    let owner = OwnerStep::of(&change).map(|step| Happening::Ownership(Box::new(step)));
    change.fields.retain(|field| field.field != OWNER_ID.spec().name);
    let rest = (!change.fields.is_empty() || owner.is_none()).then_some(Happening::Change(change));
    [rest, owner]
}
