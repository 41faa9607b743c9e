use std::{collections::BTreeMap, future::Future, pin::Pin};

use serde_json::Value as Json;

use crate::{
    Error, Result,
    kernel::{
        Change, Criteria, Entity, FieldChange, FieldSpec, Id, MAX_LIMIT, Query, Stored,
        created_fields,
    },
};

use super::{Append, Read, UnitOfWork};

/// The record with this id, which must be there.
///
/// # Errors
/// [`Error::Missing`] when it is not.
pub async fn expect<E: Entity, R: Read<E> + ?Sized>(
    repository: &mut R,
    id: Id<E>,
) -> Result<Stored<E>> {
    repository.get(id).await?.ok_or_else(|| Error::missing(id))
}

/// The first record that matches.
///
/// # Errors
/// Whatever the store answers.
pub async fn find_one<E: Entity, R: Read<E> + ?Sized>(
    repository: &mut R,
    criteria: Criteria<E>,
) -> Result<Option<Stored<E>>> {
    Ok(repository.find(criteria.query().limit(1)).await?.items.pop())
}

/// Every record of a query, page after page, to `each`; a page at a time is in memory.
///
/// # Errors
/// Whatever the store or `each` answers.
pub async fn every<E: Entity, R: Read<E> + ?Sized>(
    repository: &mut R,
    mut query: Query<E>,
    mut each: impl FnMut(Stored<E>) -> Result<()> + Send,
) -> Result<()> {
    query.limit = MAX_LIMIT;
    loop {
        let next = Query {
            criteria: query.criteria.clone(),
            order: query.full_order(),
            limit: query.limit,
            after: query.after.take(),
        };
        let page = repository.find(next).await?;
        page.items.into_iter().try_for_each(&mut each)?;
        query.after = page.next;
        if query.after.is_none() {
            return Ok(());
        }
    }
}

/// Adds a record, or answers with the one that the same command added before.
///
/// A command that is sent again with the same id has its effect once.
///
/// # Errors
/// [`Error::Duplicate`] when another record has the id, and whatever an insert answers.
pub async fn ensure<'w, E: Entity>(work: &mut (dyn UnitOfWork + 'w), entity: E) -> Result<Stored<E>>
where
    dyn UnitOfWork + 'w: Append<E>,
{
    let stored = match Read::<E>::get(work, entity.id()).await? {
        Some(stored) => stored,
        // The same command may be under way in another unit: then its answer is there afterwards.
        None => match Append::<E>::insert(work, entity.clone()).await {
            Err(duplicate @ Error::Duplicate { field: "id", .. }) => {
                Read::<E>::get(work, entity.id()).await?.ok_or(duplicate)?
            }
            inserted => return inserted,
        },
    };
    match began_otherwise(work, &stored, &entity).await?.as_slice() {
        [] => Ok(stored),
        _ => Err(Error::Duplicate { entity: E::KIND, field: "id" }),
    }
}

/// What differs between a stored record, as it began, and this one: `from` what it began with, `to`
/// what this one says. What follows from the rules is not compared, nor what they fill where this one
/// says nothing.
pub(crate) async fn began_otherwise<E: Entity>(
    work: &mut (dyn UnitOfWork + '_),
    stored: &Stored<E>,
    entity: &E,
) -> Result<Vec<FieldChange>> {
    if stored.version() == 1 {
        let given = E::FIELDS.iter().filter(|field| !follows(field, entity));
        let differs = given.filter(|field| (field.get)(stored) != (field.get)(entity));
        let told = |field: &&FieldSpec<E>| FieldChange {
            field: field.name.to_owned(),
            from: (field.get)(stored).to_json(),
            to: (field.get)(entity).to_json(),
        };
        return Ok(differs.map(told).collect());
    }
    let first = work.history(E::KIND, entity.id().uuid(), 0, 1).await?;
    let first = first.into_iter().next().map(|change| change.fields).unwrap_or_default();
    let wanted = Change::read_fields(&created_fields(entity)).unwrap_or_default();
    let mut differ = differing(first, wanted);
    differ.retain(|one| !E::FIELDS.iter().any(|f| f.name == one.field && follows(f, entity)));
    Ok(differ)
}

/// Whether what a new record has in a field follows from the rules.
fn follows<E: Entity>(field: &FieldSpec<E>, new: &E) -> bool {
    field.derived || (field.filled && (field.get)(new).is_nothing())
}

/// What differs between the entry of a new record in the log and that of this one. An entry says
/// nothing of fields that came to the kind since: they were empty.
fn differing(first: Vec<FieldChange>, wanted: Vec<FieldChange>) -> Vec<FieldChange> {
    let mut first: BTreeMap<_, _> = first.into_iter().map(|one| (one.field, one.to)).collect();
    let mut differ = Vec::new();
    for FieldChange { field, to, .. } in wanted {
        match first.remove(&field) {
            Some(from) if from == to => {}
            None if is_bare(&to) => {}
            from => differ.push(FieldChange { field, from: from.unwrap_or_default(), to }),
        }
    }
    differ.extend(first.into_iter().map(|(field, from)| FieldChange {
        field,
        from,
        to: Json::Null,
    }));
    differ
}

/// Nothing, or lists of nothing.
fn is_bare(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(list) => list.is_empty(),
        Json::Object(members) => members.values().all(is_bare),
        _ => false,
    }
}

/// A boxed future: what a closure given to [`super::run`] answers.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        customer::{Customer, CustomerKind},
        interaction::{Channel, Direction, Interaction},
        kernel::Timestamp,
    };

    /// How the log differs from this record when it has no word of these fields.
    fn differ_without<E: Entity>(entity: &E, lacking: &[&str]) -> Vec<String> {
        let wanted = Change::read_fields(&created_fields(entity)).unwrap();
        let mut first = wanted.clone();
        let before = first.len();
        first.retain(|field| !lacking.contains(&field.field.as_str()));
        assert_eq!(first.len(), before - lacking.len(), "the log has them today");
        differing(first, wanted).into_iter().map(|field| field.field).collect()
    }

    #[test]
    fn an_entry_from_before_a_field_was_there_says_that_it_was_empty() {
        let customer = Id::new(uuid::Uuid::from_u128(1));
        let mut call = Interaction::new(
            Id::new(uuid::Uuid::from_u128(2)),
            customer,
            Channel::Phone,
            Direction::Inbound,
            Timestamp::MIN,
        );
        assert_eq!(differ_without(&call, &["participants"]), Vec::<String>::new());
        call.participants.staff.insert(Id::new(uuid::Uuid::from_u128(3)));
        assert_eq!(differ_without(&call, &["participants"]), ["participants"]);
        let acme = Customer::new(customer, CustomerKind::Organisation, "Acme");
        assert_eq!(differ_without(&acme, &["addresses", "custom"]), Vec::<String>::new());
        assert_eq!(differ_without(&acme, &["name"]), ["name"]);
    }

    #[test]
    fn what_only_the_entry_has_differs() {
        let field = |to| FieldChange { field: "notes".into(), from: Json::Null, to };
        let differ = differing(vec![field(json!("x"))], Vec::new());
        assert_eq!(differ, [FieldChange { from: json!("x"), to: Json::Null, ..field(Json::Null) }]);
        assert_eq!(differing(vec![field(json!("x"))], vec![field(json!("y"))]).len(), 1);
    }
}
