use std::cmp::Reverse;

use serde_json::Value as Json;

use crate::{
    Result,
    kernel::{Change, Entity, Id},
    staff_member::StaffMember,
    store::{Asked, Batch, ReadUnit},
};

use super::{Customer, Happening, OWNER_ID, TimelineEntry, story::Show};

/// So many versions of a record are read at once.
const VERSIONS_AT_ONCE: u32 = 500;

/// Another account manager looks after a customer from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerChange {
    /// Who did before; none where it was free, or new.
    pub from: Option<Id<StaffMember>>,
    /// Who does since; none where it is free.
    pub to: Option<Id<StaffMember>>,
    /// Who gave it to them.
    pub by: String,
}

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
    let is_owner = |name: &str| name == OWNER_ID.spec().name;
    let owner = change.fields.iter().position(|field| is_owner(&field.field));
    let Some(owner) = owner.map(|at| change.fields.remove(at)) else {
        return [Some(Happening::Change(change)), None];
    };
    let (from, to) = (id_in(&owner.from), id_in(&owner.to));
    let by = change.actor.clone();
    let owner = (from != to).then_some(Happening::Ownership(OwnerChange { from, to, by }));
    let rest = (!change.fields.is_empty() || owner.is_none()).then_some(Happening::Change(change));
    [rest, owner]
}

fn id_in(json: &Json) -> Option<Id<StaffMember>> {
    json.as_str().and_then(|text| text.parse().ok())
}
