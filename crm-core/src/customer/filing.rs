use std::collections::{BTreeSet, HashSet};

use crate::{
    Error, Result,
    kernel::{Criteria, Entity, Field, FieldSpec, Id, Stored, Value, with_value},
    merge::Merge,
    merge_move::MergeMove,
    store::{Append, Read, ReadUnit, UnitOfWork, came_first, ensure, every, expect},
};

use super::{Customer, MERGED_INTO};

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

/// Adds a record under the customers that its customers' ids lead to, or answers with the one that
/// the same command added before: [`ensure`], for verbs that file something under customers.
///
/// # Errors
/// As [`ensure`], and [`Error::Missing`] when a customer is not there.
pub async fn ensure_filed<'w, E: Entity>(
    work: &mut (dyn UnitOfWork + 'w),
    entity: E,
) -> Result<Stored<E>>
where
    dyn UnitOfWork + 'w: Append<E>,
{
    let known = Read::<E>::get(work, entity.id()).await?;
    let mut filed = entity.clone();
    for field in naming::<E>() {
        let Value::Uuid(id) = (field.get)(&entity) else { continue };
        let id = resolve(work, Id::new(id)).await?;
        filed = with_value(&filed, field, &Value::Uuid(id.uuid()))?;
    }
    let Some(known) = known else { return ensure(work, filed).await };
    // It may have been added before its customer was merged, or since.
    if came_first(work, &known, &entity).await? || came_first(work, &known, &filed).await? {
        return Ok(known);
    }
    Err(Error::Duplicate { entity: E::KIND, field: "id" })
}
