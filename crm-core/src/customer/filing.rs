use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    Error, Result,
    kernel::{Criteria, Entity, Field, FieldSpec, Id, MAX_LIMIT, Stored, Value, with_value},
    merge::{self, Merge},
    merge_move::MergeMove,
    store::{Append, Read, ReadUnit, UnitOfWork, began_otherwise, every, expect},
};

use super::{Customer, ID, MERGED_INTO};

/// So many ids are looked for with one question.
pub(super) const AT_ONCE: usize = 500;

/// The customer that an id leads to: itself, or the one that survived when it was merged.
///
/// # Errors
/// [`Error::Missing`] when there is no such customer.
pub async fn resolve(unit: &mut (dyn ReadUnit + '_), id: Id<Customer>) -> Result<Id<Customer>> {
    let (mut id, mut seen) = (id, HashSet::new());
    loop {
        match expect(unit, id).await?.merged_into {
            Some(next) if seen.insert(id) => id = next,
            _ => return Ok(id),
        }
    }
}

/// All ids of a customer: that of the survivor first, then those that were merged into it.
///
/// # Errors
/// [`Error::Missing`] when there is no such customer.
pub async fn group(unit: &mut (dyn ReadUnit + '_), id: Id<Customer>) -> Result<Vec<Id<Customer>>> {
    let survivor = resolve(unit, id).await?;
    let mut group = vec![survivor];
    let mut merged = merged_into(unit, &group).await?;
    let mut seen = BTreeSet::from([survivor]);
    merged.retain(|(id, _)| seen.insert(*id));
    while !merged.is_empty() {
        let ids: Vec<_> = merged.into_iter().map(|(id, _)| id).collect();
        group.extend(&ids);
        merged = merged_into(unit, &ids).await?;
        merged.retain(|(id, _)| seen.insert(*id));
    }
    Ok(group)
}

/// Those that were merged into some, each with the one that it leads to next.
pub(super) async fn merged_into(
    unit: &mut (dyn ReadUnit + '_),
    survivors: &[Id<Customer>],
) -> Result<Vec<(Id<Customer>, Id<Customer>)>> {
    let mut merged = Vec::new();
    for some in survivors.chunks(AT_ONCE) {
        let query = among(&MERGED_INTO, some).query();
        every(unit, query, |stored: Stored<Customer>| {
            merged.extend(stored.merged_into.map(|into| (stored.id, into)));
            Ok(())
        })
        .await?;
    }
    Ok(merged)
}

/// The field names one of these.
pub(super) fn among<E: Entity, T: Entity>(
    field: &'static Field<E, Id<T>>,
    ids: &[Id<T>],
) -> Criteria<E> {
    match ids {
        [one] => field.eq(*one),
        several => field.one_of(several.iter().copied()),
    }
}

/// The fields of a kind that name customers and lead to the survivor once those are merged. What tells of
/// merges themselves stays as it was.
pub(super) fn naming<E: Entity>() -> impl Iterator<Item = &'static FieldSpec<E>> {
    let history = [Merge::KIND, MergeMove::KIND].contains(&E::KIND);
    let names = move |f: &&'static FieldSpec<E>| !history && f.refers_to == Some(Customer::KIND);
    E::FIELDS.iter().skip(1).copied().filter(names)
}

/// Whom these lead to, those of them that were merged.
pub(crate) async fn survivors(
    unit: &mut (dyn ReadUnit + '_),
    ids: &[Id<Customer>],
) -> Result<HashMap<Id<Customer>, Id<Customer>>> {
    let mut next: HashMap<Id<Customer>, Id<Customer>> = HashMap::new();
    let mut asked: HashSet<_> = ids.iter().copied().collect();
    let mut level: Vec<_> = asked.iter().copied().collect();
    while !level.is_empty() {
        for some in level.chunks(AT_ONCE) {
            let query = among(&ID, some).and(MERGED_INTO.is_present()).query();
            every(unit, query, |stored: Stored<Customer>| {
                next.extend(stored.merged_into.map(|into| (stored.id, into)));
                Ok(())
            })
            .await?;
        }
        level = next.values().copied().filter(|into| asked.insert(*into)).collect();
    }
    let last = |from: &Id<Customer>| {
        let (mut at, mut seen) = (*from, HashSet::new());
        while let Some(into) = next.get(&at).filter(|_| seen.insert(at)) {
            at = *into;
        }
        (*from, at)
    };
    Ok(ids.iter().filter(|id| next.contains_key(id)).map(last).collect())
}

/// All ids of these customers, each with the one of them that it leads to: [`group`] of many.
pub(crate) async fn groups(
    unit: &mut (dyn ReadUnit + '_),
    survivors: &[Id<Customer>],
) -> Result<HashMap<Id<Customer>, Id<Customer>>> {
    let mut owner: HashMap<_, _> = survivors.iter().map(|id| (*id, *id)).collect();
    let mut level = survivors.to_vec();
    while !level.is_empty() {
        let merged = merged_into(unit, &level).await?;
        level.clear();
        for (id, into) in merged {
            if !owner.contains_key(&id) {
                let survivor = owner.get(&into).copied().unwrap_or(into);
                owner.insert(id, survivor);
                level.push(id);
            }
        }
    }
    Ok(owner)
}

/// The merges that these customers took part in, also those that were undone.
pub(super) async fn merges_of(
    unit: &mut (dyn ReadUnit + '_),
    customers: &[Id<Customer>],
) -> Result<Vec<Id<Merge>>> {
    let mut merges = BTreeSet::new();
    for some in customers.chunks(AT_ONCE) {
        let terms: Vec<_> = some.iter().map(|id| merge::term(*id)).collect();
        let holders = unit.holders(&terms, MAX_LIMIT).await?;
        merges.extend(holders.into_iter().map(|holder| Id::new(holder.id)));
    }
    Ok(merges.into_iter().collect())
}

/// The record under the customers that its customers' ids lead to.
///
/// # Errors
/// [`Error::Missing`] when a customer is not there.
async fn filed<E: Entity>(unit: &mut (dyn ReadUnit + '_), entity: &E) -> Result<E> {
    let mut filed = entity.clone();
    for field in naming::<E>() {
        let Value::Uuid(id) = (field.get)(entity) else { continue };
        // One that names itself is for the store to refuse.
        if id == entity.id().uuid() {
            continue;
        }
        let id = resolve(unit, Id::new(id)).await?;
        filed = with_value(&filed, field, &Value::Uuid(id.uuid()))?;
    }
    Ok(filed)
}

/// Adds a record under the customers that its customers' ids lead to, or answers with the one that
/// the same command added before: [`ensure`](crate::store::ensure), for verbs that file something
/// under customers. The same command may name a customer that was merged since, or whose merge was
/// undone.
///
/// # Errors
/// As [`ensure`](crate::store::ensure), and [`Error::Missing`] when a customer is not there.
pub async fn ensure_filed<'w, E: Entity>(
    work: &mut (dyn UnitOfWork + 'w),
    entity: E,
) -> Result<Stored<E>>
where
    dyn UnitOfWork + 'w: Append<E>,
{
    let known = match Read::<E>::get(work, entity.id()).await? {
        Some(known) => known,
        None => {
            let filed = filed(work, &entity).await?;
            match Append::<E>::insert(work, filed).await {
                Err(duplicate @ Error::Duplicate { field: "id", .. }) => {
                    Read::<E>::get(work, entity.id()).await?.ok_or(duplicate)?
                }
                inserted => return inserted,
            }
        }
    };
    for differs in began_otherwise(work, &known, &entity).await? {
        let names = naming::<E>().any(|field| field.name == differs.field);
        let ids = (id_in(&differs.to), id_in(&differs.from));
        let same = match ids {
            (Some(now), Some(then)) if names => led(work, now, then).await?,
            _ => false,
        };
        if !same {
            return Err(Error::Duplicate { entity: E::KIND, field: "id" });
        }
    }
    Ok(known)
}

fn id_in(json: &serde_json::Value) -> Option<Id<Customer>> {
    json.as_str().and_then(|text| text.parse().ok())
}

/// Whether an id leads to the same customer as another, or led to it before a merge was undone.
async fn led(
    work: &mut (dyn UnitOfWork + '_),
    from: Id<Customer>,
    to: Id<Customer>,
) -> Result<bool> {
    if resolve(work, from).await? == resolve(work, to).await? {
        return Ok(true);
    }
    let (mut level, mut seen) = (vec![from], BTreeSet::from([from]));
    while !level.is_empty() {
        let mut next = Vec::new();
        for id in merges_of(work, &level).await? {
            let merge = expect::<Merge, _>(work, id).await?;
            let survivor = merge.survivor_id;
            if merge.others.0.iter().any(|other| level.contains(other)) && seen.insert(survivor) {
                next.push(survivor);
            }
        }
        level = next;
    }
    Ok(seen.contains(&to))
}
