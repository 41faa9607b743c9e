//! Customers: who is meant, and what is shown of them. What a pool masks of those that nobody has is never in it.

use std::collections::HashMap;

use crm_core::{
    Error,
    customer::{self, Customer},
    kernel::{Id, Stored},
    ownership::{MASK, Masks},
    store::{ReadUnit, every, expect},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{Out, short},
};

use super::{by_ids, one};

/// A customer as it is shown, and what it was called where it was merged into that one.
pub(crate) struct Meant {
    pub(crate) customer: Customer,
    merged: Option<Customer>,
}

impl Meant {
    /// That somebody asked for one that was merged.
    pub(crate) fn note(&self, out: Out) -> Result<(), Failure> {
        match &self.merged {
            Some(merged) => {
                let (was, is) = (short(&merged.name, 40), short(&self.customer.name, 40));
                out.line(format!("{was} was merged into {is}."))
            }
            None => Ok(()),
        }
    }

    /// For programs: whom they asked for, where that is another.
    pub(crate) fn merged_from(&self) -> Value {
        self.merged.as_ref().map_or(Value::Null, named)
    }
}

/// Who it is, for programs.
pub(crate) fn named(customer: &Customer) -> Value {
    json!({"id": customer.id, "name": customer.name})
}

/// The customer with this id, external id or name, as it is shown; of one that was merged, the survivor.
pub(crate) async fn customer(unit: &mut dyn ReadUnit, text: &str) -> Result<Meant, Failure> {
    let mut found = whole(unit, text).await?;
    let masks = Masks::load(unit).await?;
    let id = customer::resolve(unit, found.id).await?;
    if id == found.id {
        return Ok(Meant { customer: shown(&masks, &found)?, merged: None });
    }
    let survivor = expect(unit, id).await?;
    let hidden = masks.instead(&survivor, customer::NAME.spec().name).map_err(Error::from)?;
    if hidden.is_some() {
        MASK.clone_into(&mut found.name);
    }
    Ok(Meant { customer: shown(&masks, &survivor)?, merged: Some(found) })
}

/// The customer with this id, external id or name, as it is shown, also where it was merged. Of several of one
/// name, the one that was not.
pub(crate) async fn exactly(unit: &mut dyn ReadUnit, text: &str) -> Result<Customer, Failure> {
    let found = whole(unit, text).await?;
    as_shown(unit, &found).await
}

async fn whole(unit: &mut dyn ReadUnit, text: &str) -> Result<Customer, Failure> {
    let named = || customer::NAME.eq(text);
    let alive = named().and(customer::MERGED_INTO.is_empty());
    let by = [customer::EXTERNAL_ID.eq(text), alive, named()];
    one(unit, text, by, ["customer", "customers", "`crm list customers` shows who is there"]).await
}

/// Customers by their ids.
pub(crate) type Customers = HashMap<Id<Customer>, Customer>;

/// These customers, by their ids, as they are shown: without what a pool masks of those that nobody has.
pub(crate) async fn customers(
    unit: &mut dyn ReadUnit,
    ids: impl IntoIterator<Item = Id<Customer>>,
) -> Result<Customers, Failure> {
    let masks = Masks::load(unit).await?;
    let found = records(unit, ids).await?;
    let survivors = survivors(unit, found.values()).await?;
    let shown = found.into_iter().map(|(id, one)| Ok((id, shown_of(&masks, &one, &survivors)?)));
    shown.collect()
}

/// Into whom those among these were merged that were, by their ids, the whole records.
pub(crate) async fn survivors(
    unit: &mut dyn ReadUnit,
    customers: impl IntoIterator<Item = &Customer>,
) -> Result<Customers, Failure> {
    let merged = customers.into_iter().filter_map(|one| Some((one.id, one.merged_into?)));
    let mut into: Vec<_> = merged.collect();
    let mut found = Customers::new();
    // Who was merged into somebody that was merged later needs another round.
    while !into.is_empty() {
        let next = records(unit, into.iter().map(|(_, survivor)| *survivor)).await?;
        into.retain_mut(|(id, survivor)| match next.get(survivor) {
            Some(Customer { merged_into: Some(later), .. }) => {
                *survivor = *later;
                true
            }
            one => {
                found.extend(one.map(|one| (*id, one.clone())));
                false
            }
        });
    }
    Ok(found)
}

/// The whole records of these customers, by their ids: to decide by, not to be shown.
pub(crate) async fn records(
    unit: &mut dyn ReadUnit,
    ids: impl IntoIterator<Item = Id<Customer>>,
) -> Result<Customers, Failure> {
    by_ids(unit, ids, |some| customer::ID.one_of(some.iter().copied())).await
}

/// What all customers are called that were not merged, as they are shown: external id and name.
pub(crate) async fn called(
    unit: &mut dyn ReadUnit,
) -> Result<HashMap<Id<Customer>, (String, String)>, Failure> {
    let masks = Masks::load(unit).await?;
    let mut all = HashMap::new();
    every(unit, customer::MERGED_INTO.is_empty().query(), |one: Stored<Customer>| {
        let one = masks.shown(&one)?;
        all.insert(one.id, (one.external_id.unwrap_or_default(), one.name));
        Ok(())
    })
    .await?;
    Ok(all)
}

/// What is shown of a customer now.
pub(crate) async fn as_shown(
    unit: &mut dyn ReadUnit,
    customer: &Customer,
) -> Result<Customer, Failure> {
    let survivors = survivors(unit, [customer]).await?;
    shown_of(&Masks::load(unit).await?, customer, &survivors)
}

/// What is shown of a customer; of one that was merged, by what its survivor hides.
pub(crate) fn shown_of(
    masks: &Masks,
    customer: &Customer,
    survivors: &Customers,
) -> Result<Customer, Failure> {
    let judged = survivors.get(&customer.id).unwrap_or(customer);
    Ok(masks.shown_with(customer, judged).map_err(Error::from)?)
}

/// What is shown of a customer that was not merged.
pub(crate) fn shown(masks: &Masks, customer: &Customer) -> Result<Customer, Failure> {
    Ok(masks.shown(customer).map_err(Error::from)?)
}

/// Of a customer what programs need to know it by.
pub(crate) fn told(customers: &Customers, id: Id<Customer>) -> Value {
    let (_, external_id, name) = cells(customers, id);
    let external_id = Some(external_id).filter(|external_id| !external_id.is_empty());
    json!({"id": id, "external_id": external_id, "name": name})
}

/// The same for a table: id, external id and name.
pub(crate) fn cells(customers: &Customers, id: Id<Customer>) -> (String, &str, &str) {
    let found = customers.get(&id);
    let external_id = found.and_then(|customer| customer.external_id.as_deref());
    let name = found.map(|customer| customer.name.as_str());
    (id.to_string(), external_id.unwrap_or_default(), name.unwrap_or_default())
}
