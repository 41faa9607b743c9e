use std::{future::Future, pin::Pin};

use crate::{
    Error, Result,
    kernel::{Change, Criteria, Entity, FieldChange, Id, MAX_LIMIT, Query, Stored, created_fields},
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
    let same = came_first(work, &stored, &entity).await?;
    if same { Ok(stored) } else { Err(Error::Duplicate { entity: E::KIND, field: "id" }) }
}

/// Whether a stored record began as this one: what follows from the rules is not compared.
pub(crate) async fn came_first<E: Entity>(
    work: &mut (dyn UnitOfWork + '_),
    stored: &Stored<E>,
    entity: &E,
) -> Result<bool> {
    if stored.version() == 1 {
        return Ok(same_command(&**stored, entity));
    }
    let first = work.history(E::KIND, entity.id().uuid(), 0, 1).await?;
    let wanted = Change::read_fields(&created_fields(entity)).unwrap_or_default();
    Ok(first.first().is_some_and(|change| given::<E>(&change.fields).eq(given::<E>(&wanted))))
}

/// Whether two records are what one command gave: what follows from the rules is not.
fn same_command<E: Entity>(one: &E, other: &E) -> bool {
    E::FIELDS.iter().filter(|field| !field.derived).all(|f| (f.get)(one) == (f.get)(other))
}

/// The fields that a command gave.
fn given<E: Entity>(fields: &[FieldChange]) -> impl Iterator<Item = &FieldChange> {
    let derived = |name: &str| E::FIELDS.iter().any(|field| field.derived && field.name == name);
    fields.iter().filter(move |change| !derived(&change.field))
}

/// A boxed future: what a closure given to [`super::run`] answers.
pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;
