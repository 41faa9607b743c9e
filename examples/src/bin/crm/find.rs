//! Who is meant, and what those are called that are named by their ids.

use std::collections::{BTreeSet, HashMap};

use crm_core::{
    customer::{self, Customer},
    kernel::{Criteria, Entity, Id, MAX_LIMIT},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit},
};

use crate::failure::Failure;

/// So many records are asked for by their ids at once.
const AT_ONCE: usize = 500;

/// The customer with this id, external id or name.
pub(crate) async fn customer(unit: &mut dyn ReadUnit, text: &str) -> Result<Customer, Failure> {
    let by = [customer::EXTERNAL_ID.eq(text), customer::NAME.eq(text)];
    one(unit, text, by, ["customer", "customers", "`crm list customers` shows who is there"]).await
}

/// The colleague with this id, external id or name.
pub(crate) async fn staff(unit: &mut dyn ReadUnit, text: &str) -> Result<StaffMember, Failure> {
    let by = [staff_member::EXTERNAL_ID.eq(text), staff_member::NAME.eq(text)];
    one(unit, text, by, ["colleague", "colleagues", "`crm list staff` shows who is there"]).await
}

/// The colleague who is named, if one is.
pub(crate) async fn some_staff(
    unit: &mut dyn ReadUnit,
    text: Option<&str>,
) -> Result<Option<StaffMember>, Failure> {
    match text {
        Some(text) => staff(unit, text).await.map(Some),
        None => Ok(None),
    }
}

/// These customers, by their ids.
pub(crate) async fn customers(
    unit: &mut dyn ReadUnit,
    ids: impl IntoIterator<Item = Id<Customer>>,
) -> Result<HashMap<Id<Customer>, Customer>, Failure> {
    by_ids(unit, ids, |some| customer::ID.one_of(some.iter().copied())).await
}

/// These colleagues, by their ids.
pub(crate) async fn colleagues(
    unit: &mut dyn ReadUnit,
    ids: impl IntoIterator<Item = Id<StaffMember>>,
) -> Result<HashMap<Id<StaffMember>, StaffMember>, Failure> {
    by_ids(unit, ids, |some| staff_member::ID.one_of(some.iter().copied())).await
}

async fn one<E: Entity, R: Read<E> + ?Sized>(
    unit: &mut R,
    text: &str,
    by: [Criteria<E>; 2],
    [called, many, hint]: [&str; 3],
) -> Result<E, Failure> {
    if let Ok(id) = text.parse::<Id<E>>()
        && let Some(found) = unit.get(id).await?
    {
        return Ok(found.into_inner());
    }
    for criteria in by {
        let mut found = unit.find(criteria.query().limit(5)).await?.items;
        if found.len() > 1 {
            let ids: Vec<_> = found.iter().map(|one| one.id().to_string()).collect();
            let ids = ids.join(", ");
            let message = format!("several {many} are called {text:?}; name one by its id: {ids}");
            return Err(Failure::Asked(message));
        }
        if let Some(found) = found.pop() {
            return Ok(found.into_inner());
        }
    }
    Err(Failure::Asked(format!("there is no {called} {text:?}; {hint}")))
}

async fn by_ids<E: Entity, R: Read<E> + ?Sized>(
    unit: &mut R,
    ids: impl IntoIterator<Item = Id<E>>,
    criteria: fn(&[Id<E>]) -> Criteria<E>,
) -> Result<HashMap<Id<E>, E>, Failure> {
    let ids: Vec<_> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut found = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        let page = unit.find(criteria(some).query().limit(MAX_LIMIT)).await?;
        found.extend(page.items.into_iter().map(|one| (one.id(), one.into_inner())));
    }
    Ok(found)
}
