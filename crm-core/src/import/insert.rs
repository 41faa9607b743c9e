use crate::{
    Error, Result,
    kernel::{Criteria, Entity, Invalid, Stored, is_erased},
    store::{Append, Read, UnitOfWork, Work, find_one},
};

/// What became of each record, in their order. All are added at once; where the store refuses that,
/// one by one, so that a bad one does not keep out the others.
///
/// # Errors
/// What is no fault of a record: [`Error::Conflict`] too, where somebody else added the same, or
/// erased it, since it was looked for. The unit, run again, finds that.
pub(super) async fn insert<'w, E: Entity>(
    work: &mut Work<'w>,
    entities: Vec<E>,
) -> Result<Vec<Result<Stored<E>>>>
where
    dyn UnitOfWork + 'w: Append<E>,
{
    if entities.is_empty() {
        return Ok(Vec::new());
    }
    match Append::<E>::insert_all(work, entities.clone()).await {
        Ok(stored) => return Ok(stored.into_iter().map(Ok).collect()),
        Err(error) if !refuses(&error) => return Err(error),
        Err(_) => {}
    }
    let mut answers: Vec<Result<Stored<E>>> = Vec::with_capacity(entities.len());
    for entity in &entities {
        let answer = Append::<E>::insert(work, entity.clone()).await;
        match &answer {
            Err(Error::Duplicate { field, .. }) => {
                let other = holder(work, entity, field).await?;
                let ours = |id| answers.iter().flatten().any(|ours| ours.id() == id);
                match other.filter(|other| !ours(other.id())) {
                    None => answers.push(answer),
                    Some(other) if is_found(&*other, entity) || is_erased(&*other) => {
                        return Err(Error::conflict(other.id(), Some(other.version())));
                    }
                    Some(_) => {
                        let reason = "the one that was first imported under this name is called \
                                      differently now, or has an external id: use that";
                        answers.push(Err(Invalid::field::<E>("name", reason).into()));
                    }
                }
            }
            Err(error) if !refuses(error) => return answer.map(|_| answers),
            _ => answers.push(answer),
        }
    }
    Ok(answers)
}

/// Whether it is about one record, not about the unit or the store.
pub(super) const fn refuses(error: &Error) -> bool {
    matches!(
        error,
        Error::Duplicate { .. } | Error::Missing { .. } | Error::Invalid(_) | Error::Refused(_)
    )
}

/// Whether the row, looked at again, finds the other record: it has the same external id and name.
fn is_found<E: Entity>(other: &E, entity: &E) -> bool {
    let same = |name: &str| {
        let field = E::FIELDS.iter().find(|spec| spec.name == name);
        field.is_none_or(|spec| (spec.get)(other) == (spec.get)(entity))
    };
    same("external_id") && same("name")
}

/// The record that has the same value in a field already.
async fn holder<'w, E: Entity>(
    work: &mut Work<'w>,
    entity: &E,
    field: &str,
) -> Result<Option<Stored<E>>>
where
    dyn UnitOfWork + 'w: Read<E>,
{
    let Some(field) = E::FIELDS.iter().find(|spec| spec.name == field) else { return Ok(None) };
    let value = (field.get)(entity).into_owned();
    find_one(work, Criteria::OneOf(field, vec![value])).await
}
