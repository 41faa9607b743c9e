//! Who owned a record, from its beginning.

use serde_json::Value as Json;

use crate::{
    Result,
    customer::{self, Customer},
    kernel::{Change, Criteria, Entity, Id, MAX_LIMIT, Stored, Timestamp},
    owner_change::{self, OwnerChange, OwnerVerb},
    staff_member::StaffMember,
    store::{Read, ReadUnit, every, expect},
};

use super::{Owned, Pool, Trace};

/// Somebody owns a record from then on, or nobody does.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerStep {
    /// When.
    pub at: Timestamp,
    /// Which version of the record says so.
    pub version: u64,
    /// Whose it was; none where it was free, or new.
    pub from: Option<Id<StaffMember>>,
    /// Whose it is since; none where it is free.
    pub to: Option<Id<StaffMember>>,
    /// Who did it.
    pub by: String,
    /// By which verb; none where the record began so, or was written before owners had a history.
    pub verb: Option<OwnerVerb>,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// From or to which pool.
    pub pool_id: Option<Id<Pool>>,
    /// What decided it.
    pub trace: Trace,
}

/// All owners of a record from its beginning, oldest first: what its entries in the change log say, and by which
/// verb, why and on what grounds. A record that began without one begins with its first owner.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such record.
pub async fn ownership_history<'u, E: Owned>(
    unit: &mut (dyn ReadUnit + 'u),
    id: Id<E>,
) -> Result<Vec<OwnerStep>>
where
    dyn ReadUnit + 'u: Read<E>,
{
    expect::<E, _>(unit, id).await?;
    let (mut steps, mut after) = (Vec::new(), 0);
    loop {
        let some = unit.history(E::KIND, id.uuid(), after, MAX_LIMIT).await?;
        let Some(last) = some.last() else { break };
        after = last.version;
        steps.extend(some.iter().filter_map(OwnerStep::of));
    }
    tell_why(unit, E::named_by().eq(id), Some(false), &mut steps).await?;
    if E::KIND == Customer::KIND {
        // Of one that was merged, they are filed under the survivor.
        let survivor = customer::resolve(unit, Id::new(id.uuid())).await?;
        if survivor.uuid() != id.uuid() {
            tell_why(unit, owner_change::CUSTOMER_ID.eq(survivor), Some(true), &mut steps).await?;
        }
    }
    Ok(steps)
}

/// Adds to these steps what their changes of owner tell; of one record these were refiled to another, or were not.
pub(crate) async fn tell_why(
    unit: &mut (dyn ReadUnit + '_),
    of: Criteria<OwnerChange>,
    refiled: Option<bool>,
    steps: &mut [OwnerStep],
) -> Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let mut changes = Vec::new();
    every(unit, of.query(), |change: Stored<OwnerChange>| {
        if steps.iter().any(|step| step.verb.is_none() && step.is(&change)) {
            changes.push(change);
        }
        Ok(())
    })
    .await?;
    for step in steps.iter_mut().filter(|step| step.verb.is_none()) {
        // Two records of one group may have had such a version: it is that of the record itself, then the nearest in time.
        let far = |change: &Stored<OwnerChange>| {
            let was_refiled = change.version() > 1;
            let other = refiled.is_some_and(|refiled| refiled != was_refiled);
            (other, change.changed_at.micros().abs_diff(step.at.micros()))
        };
        let meant = changes.iter().enumerate().filter(|(_, change)| step.is(change));
        let meant = meant.min_by_key(|(_, change)| far(change)).map(|(place, _)| place);
        if let Some(place) = meant {
            let change = changes.remove(place).into_inner();
            step.verb = Some(change.verb);
            (step.reason, step.pool_id, step.trace) = (change.reason, change.pool_id, change.trace);
        }
    }
    Ok(())
}

impl OwnerStep {
    /// What an entry of the change log says of the owner: nothing where it is whose it was.
    pub(crate) fn of(change: &Change) -> Option<Self> {
        let field = change.fields.iter().find(|one| one.field == customer::OWNER_ID.spec().name)?;
        let (from, to) = (id_in(&field.from), id_in(&field.to));
        (from != to).then(|| Self {
            at: change.at,
            version: change.version,
            from,
            to,
            by: change.actor.clone(),
            verb: None,
            reason: None,
            pool_id: None,
            trace: Trace::default(),
        })
    }

    fn is(&self, change: &OwnerChange) -> bool {
        (u64::try_from(change.version), change.owner_before, change.owner_after)
            == (Ok(self.version), self.from, self.to)
            && change.changed_by == self.by
    }
}

fn id_in(json: &Json) -> Option<Id<StaffMember>> {
    json.as_str().and_then(|text| text.parse().ok())
}
