use crate::{
    Error, Result,
    customer::{Customer, INCOMPLETE_SINCE, MERGED_INTO, PARENT_ID},
    kernel::{
        CYCLE, Entity, FieldChange, Id, Invalid, MAX_LIMIT, Refused, Stored, Value, with_value,
    },
    merge_move::{self, MergeMove},
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, Read, UnitOfWork, expect},
};

use super::{
    Merge,
    plan::highest,
    records::{Parcels, move_back},
};

/// Undoes a merge: see [`crate::customer::Customers::unmerge`].
pub(crate) async fn unmerge(
    work: &mut (dyn UnitOfWork + '_),
    id: Id<Merge>,
) -> Result<Stored<Merge>> {
    let survivor = expect(work, id).await?.survivor_id;
    let mut all = expect(work, id).await?.others.0.clone();
    all.push(survivor);
    let held = Custody::<Customer>::hold(work, &CUSTODIAN, all).await?;
    let merge = expect(work, id).await?;
    if let (Some(at), by) = (merge.undone_at, merge.undone_by.as_deref().unwrap_or("somebody")) {
        return Err(refused(format!("{by} undid it at {at}")));
    }
    let stored = held.iter().find(|stored| stored.id == survivor).cloned();
    let stored = stored.ok_or_else(|| Error::missing(survivor))?;
    if let Some(into) = stored.merged_into {
        let why = format!("the survivor {survivor} was merged into {into} since: undo that first");
        return Err(refused(why));
    }
    for other in held.iter().filter(|stored| stored.id != survivor) {
        if other.merged_into != Some(survivor) {
            let why = format!("{} does not lead to {survivor} any more", other.id);
            return Err(refused(why));
        }
    }
    let before = as_before(work, &merge, &stored).await?;
    let done = restore(work, &merge, stored, before).await;
    done.map_err(|error| match error {
        Error::Invalid(invalid) if invalid.reason == CYCLE => {
            refused("what one of them stood below was put below it since".to_owned())
        }
        other => other,
    })?;
    let (at, by) = (work.now(), work.scope().actor.to_string());
    let undone = merge.change("undone", |merge| {
        Ok::<_, Error>(Merge { undone_at: Some(at), undone_by: Some(by), ..merge })
    });
    work.update(undone?).await
}

/// Opens the others, files all where it was, and gives the survivor what it had.
async fn restore(
    work: &mut (dyn UnitOfWork + '_),
    merge: &Merge,
    survivor: Stored<Customer>,
    before: Customer,
) -> Result<()> {
    // First of all: while they lead to the survivor, what stands below them stands below it.
    let others = merge.others.0.clone();
    let (field, from) = (MERGED_INTO.spec(), Some(survivor.id.uuid()));
    let opened = work.refile(&CUSTODIAN, field, others.clone(), from, None).await?;
    if let Some(id) = others.iter().find(|id| !opened.contains(id)) {
        return Err(Error::conflict(*id, None));
    }
    put_back(work, merge).await?;
    if *survivor != before {
        let change = survivor.change("unmerged", |_| Ok::<_, Error>(before))?;
        work.update(change.put_back()).await?;
    }
    // Where they stand was not asked about while they were merged, and nobody looked at them by the
    // rules that hold now.
    for id in others {
        let stored = expect(work, id).await?;
        if highest(work, stored.parent_id, &[id]).await?.is_some() {
            return Err(Invalid::field::<Customer>(PARENT_ID.spec().name, CYCLE).into());
        }
        let owner_id = owner_now(work, &stored, merge.survivor_id).await?;
        let rechecked =
            stored.change("rechecked", |one| Ok::<_, Error>(Customer { owner_id, ..one }))?;
        work.update(rechecked.put_back()).await?;
    }
    Ok(())
}

/// Whose one that was merged is from now on: who had it, and where they left meanwhile, who has the survivor, so that nothing is
/// with somebody whose work was handed over.
async fn owner_now(
    work: &mut (dyn UnitOfWork + '_),
    one: &Customer,
    survivor: Id<Customer>,
) -> Result<Option<Id<StaffMember>>> {
    let Some(owner) = one.owner_id else { return Ok(None) };
    if expect::<StaffMember, _>(work, owner).await?.active {
        return Ok(Some(owner));
    }
    let Some(other) = expect(work, survivor).await?.owner_id else { return Ok(None) };
    Ok(expect::<StaffMember, _>(work, other).await?.active.then_some(other))
}

/// The survivor with what it had, in the fields that the merge changed.
async fn as_before(
    work: &mut (dyn UnitOfWork + '_),
    merge: &Merge,
    survivor: &Customer,
) -> Result<Customer> {
    let mut before = survivor.clone();
    let Some(version) = merge.survivor_version.and_then(|v| u64::try_from(v).ok()) else {
        return Ok(before);
    };
    let id = survivor.id.uuid();
    let entry = work.history(Customer::KIND, id, version.saturating_sub(1), 1).await?;
    let changed = entry.into_iter().next().filter(|change| change.version == version);
    let Some(changed) = changed else {
        return Err(refused(format!("the change log has no version {version} of the survivor")));
    };
    for FieldChange { field: name, from, to } in changed.fields {
        // If something is missing again, it is missing since then.
        if name == INCOMPLETE_SINCE.spec().name && survivor.incomplete_since.is_none() {
            let since = Value::from_json(INCOMPLETE_SINCE.spec().kind, &from).ok();
            let since = since.unwrap_or(Value::Null);
            before = with_value(&before, INCOMPLETE_SINCE.spec(), &since)?;
        }
        let Some(field) = Customer::FIELDS.iter().find(|f| f.name == name && !f.derived) else {
            continue;
        };
        if from.is_null() && to.is_null() {
            return Err(refused(format!("{name} of the survivor was erased since")));
        }
        if (field.get)(survivor).to_json() != to {
            return Err(refused(format!("{name} of the survivor was changed since")));
        }
        let value = Value::from_json(field.kind, &from)
            .map_err(|reason| Invalid::field::<Customer>(field.name, reason))?;
        before = with_value(&before, field, &value)?;
    }
    Ok(before)
}

/// Files all that the merge moved where it was.
async fn put_back(work: &mut (dyn UnitOfWork + '_), merge: &Merge) -> Result<()> {
    let mut after = None;
    loop {
        let query = merge_move::MERGE_ID.eq(merge.id).query().limit(MAX_LIMIT).after(after);
        let page = Read::<MergeMove>::find(work, query).await?;
        let mut parcels = Parcels::new();
        for step in page.items {
            let step = step.into_inner();
            let parcel = parcels.entry((step.entity, step.field, step.from_id)).or_default();
            parcel.push(step.record_id);
        }
        for ((entity, field, to), ids) in parcels {
            let wanted = ids.clone();
            let what = (entity.as_str(), field.as_str());
            let back = move_back(work, what, ids, merge.survivor_id, to).await?;
            let back: std::collections::HashSet<_> = back.into_iter().collect();
            if let Some(id) = wanted.iter().find(|id| !back.contains(id)) {
                let why = format!("{field} of the {entity} {id} was changed since");
                return Err(refused(why));
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn refused(why: String) -> Error {
    Refused::new(Merge::KIND, "merged", "undone", why).into()
}
