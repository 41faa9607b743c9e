//! Who is meant, and what those are called that are named by their ids.

use std::collections::{BTreeSet, HashMap};

use crm_core::{
    Error,
    contact::{self, Contact},
    customer::{self, Customer, contacts_of},
    interaction::{self, Interaction},
    kernel::{Criteria, Entity, Id, MAX_LIMIT, Query, Stored},
    lead::{self, Lead, LeadStatus},
    opportunity::{self, Opportunity},
    org_unit::{self, OrgUnit},
    ownership::{MASK, Masks},
    pipeline::{self, Pipeline},
    price_book::{self, PriceBook},
    product::{self, Product},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit, every, expect, find_one},
    task::{self, Task},
    territory::{self, Territory, territory_tree},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{Out, short},
    when,
};

/// So many records are asked for by their ids at once.
const AT_ONCE: usize = 500;

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

/// The contact with this id, external id or name.
pub(crate) async fn contact(unit: &mut dyn ReadUnit, text: &str) -> Result<Contact, Failure> {
    let by = [contact::EXTERNAL_ID.eq(text), contact::NAME.eq(text)];
    one(unit, text, by, ["contact", "contacts", "`crm list contacts` shows who is there"]).await
}

/// The same; of several of one name, the one at this customer.
pub(crate) async fn contact_of(
    unit: &mut dyn ReadUnit,
    customer: Id<Customer>,
    text: &str,
) -> Result<Contact, Failure> {
    match contact_at(unit, customer, text).await? {
        Some(found) => Ok(found),
        None => contact(unit, text).await,
    }
}

/// The only contact at a customer who is called so.
async fn contact_at(
    unit: &mut dyn ReadUnit,
    customer: Id<Customer>,
    text: &str,
) -> Result<Option<Contact>, Failure> {
    let there = contacts_of(unit, customer).await?;
    let mut named = there.into_iter().filter(|one| one.contact.name == text);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(Some(one.contact.into_inner())),
        _ => Ok(None),
    }
}

/// The colleague with this id, external id or name.
pub(crate) async fn staff(unit: &mut dyn ReadUnit, text: &str) -> Result<StaffMember, Failure> {
    let found = maybe_staff(unit, text).await?;
    found.ok_or_else(|| nobody("colleague", text, "`crm list staff` shows who is there"))
}

async fn maybe_staff(unit: &mut dyn ReadUnit, text: &str) -> Result<Option<StaffMember>, Failure> {
    let by = [staff_member::EXTERNAL_ID.eq(text), staff_member::NAME.eq(text)];
    maybe(unit, text, by, "colleagues").await
}

/// Somebody who took part.
pub(crate) enum Participant {
    Contact(Box<Contact>),
    Staff(Box<StaffMember>),
}

/// The contact or the colleague with this id, external id or name.
pub(crate) async fn participant(
    unit: &mut dyn ReadUnit,
    customer: Id<Customer>,
    text: &str,
) -> Result<Participant, Failure> {
    let at = contact_at(unit, customer, text).await?;
    match (at, maybe_staff(unit, text).await?) {
        (Some(contact), None) => Ok(Participant::Contact(Box::new(contact))),
        (None, Some(staff)) => Ok(Participant::Staff(Box::new(staff))),
        (None, None) => contact(unit, text).await.map(|one| Participant::Contact(Box::new(one))),
        (Some(contact), Some(staff)) => {
            let (contact, staff) = (contact.id, staff.id);
            Err(Failure::Asked(format!(
                "a contact ({contact}) and a colleague ({staff}) are called {text:?}; name one by the id"
            )))
        }
    }
}

/// The opportunity with this id, external id or name; of several of one name, the one of this customer.
pub(crate) async fn opportunity(
    unit: &mut dyn ReadUnit,
    customer: Id<Customer>,
    text: &str,
) -> Result<Opportunity, Failure> {
    let theirs = opportunity::NAME.eq(text).and(opportunity::CUSTOMER_ID.eq(customer));
    let by = [opportunity::EXTERNAL_ID.eq(text), theirs, opportunity::NAME.eq(text)];
    let words = ["opportunity", "opportunities", "`crm list opportunities` shows which there are"];
    one(unit, text, by, words).await
}

/// The opportunity with this id, external id or name, whoever's it is; of several of one name, the open one.
pub(crate) async fn deal(unit: &mut dyn ReadUnit, text: &str) -> Result<Opportunity, Failure> {
    let named = || opportunity::NAME.eq(text);
    let open = named().and(opportunity::STATUS.eq(opportunity::OpportunityStatus::Open));
    let by = [opportunity::EXTERNAL_ID.eq(text), open, named()];
    let words = ["opportunity", "opportunities", "`crm list opportunities` shows which there are"];
    one(unit, text, by, words).await
}

/// The org unit with this id, external id or name.
pub(crate) async fn org_unit(unit: &mut dyn ReadUnit, text: &str) -> Result<OrgUnit, Failure> {
    let by = [org_unit::EXTERNAL_ID.eq(text), org_unit::NAME.eq(text)];
    one(unit, text, by, ["org unit", "org units", "`crm list org_units` shows which there are"])
        .await
}

/// The territory with this id, external id or name; of several of that name the one that counts today.
pub(crate) async fn territory(
    unit: &mut dyn ReadUnit,
    text: &str,
) -> Result<Id<Territory>, Failure> {
    if let Some(found) = maybe(unit, text, [territory::EXTERNAL_ID.eq(text)], "territories").await?
    {
        return Ok(found.id);
    }
    let tree = territory_tree(unit, when::now().date()).await?;
    let mut counting = tree.territories().filter(|one| one.name == text);
    if let (Some(only), None) = (counting.next(), counting.next()) {
        return Ok(only.id);
    }
    let words = ["territory", "territories", "`crm territories` shows which there are"];
    Ok(one(unit, text, [territory::NAME.eq(text)], words).await?.id)
}

/// The product with this id, external id or name.
pub(crate) async fn product(unit: &mut dyn ReadUnit, text: &str) -> Result<Product, Failure> {
    let by = [product::EXTERNAL_ID.eq(text), product::NAME.eq(text)];
    one(unit, text, by, ["product", "products", "`crm list products` shows which there are"]).await
}

/// The pipeline with this id, external id or name; the first in use where none is named.
pub(crate) async fn pipeline(
    unit: &mut dyn ReadUnit,
    text: Option<&str>,
) -> Result<Pipeline, Failure> {
    let none = || Failure::Asked("there is no pipeline: `crm pipeline create`".to_owned());
    some_pipeline(unit, text).await?.ok_or_else(none)
}

/// The same, where there is one.
pub(crate) async fn some_pipeline(
    unit: &mut dyn ReadUnit,
    text: Option<&str>,
) -> Result<Option<Pipeline>, Failure> {
    let Some(text) = text else {
        let first = find_one(unit, pipeline::ACTIVE.eq(true)).await?;
        return Ok(first.map(Stored::into_inner));
    };
    let by = [pipeline::EXTERNAL_ID.eq(text), pipeline::NAME.eq(text)];
    if let Some(found) = maybe(unit, text, by, "pipelines").await? {
        return Ok(Some(found));
    }
    let all = Read::<Pipeline>::find(unit, Query::all().order_by(&pipeline::NAME)).await?;
    let names: Vec<_> = all.items.iter().map(|pipeline| pipeline.name.as_str()).collect();
    Err(Failure::Asked(format!("there is no pipeline {text:?}; there are: {}", names.join(", "))))
}

/// The price book with this id, external id or name.
pub(crate) async fn price_book(unit: &mut dyn ReadUnit, text: &str) -> Result<PriceBook, Failure> {
    let by = [price_book::EXTERNAL_ID.eq(text), price_book::NAME.eq(text)];
    one(unit, text, by, ["price book", "price books", "`crm prices` shows which there are"]).await
}

/// The interaction with this id, external id or subject.
pub(crate) async fn interaction(
    unit: &mut dyn ReadUnit,
    text: &str,
) -> Result<Interaction, Failure> {
    let by = [interaction::EXTERNAL_ID.eq(text), interaction::SUBJECT.eq(text)];
    let hint = "`crm record` told its id, `crm list interactions --json` tells it again";
    one(unit, text, by, ["interaction", "interactions", hint]).await
}

/// The task with this id, external id or title; of several of one title, the open one.
pub(crate) async fn task(unit: &mut dyn ReadUnit, text: &str) -> Result<Task, Failure> {
    let open = task::TITLE.eq(text).and(task::open());
    let by = [task::EXTERNAL_ID.eq(text), open, task::TITLE.eq(text)];
    one(unit, text, by, ["task", "tasks", "`crm tasks` shows what is to be done"]).await
}

/// The lead with this id, external id, name or company; of several, the one that was not converted.
pub(crate) async fn lead(unit: &mut dyn ReadUnit, text: &str) -> Result<Lead, Failure> {
    let named = || lead::NAME.eq(text).or(lead::COMPANY.eq(text));
    let open = named().and(lead::STATUS.ne(LeadStatus::Converted));
    let by = [lead::EXTERNAL_ID.eq(text), open, named()];
    one(unit, text, by, ["lead", "leads", "`crm lead list` shows which there are"]).await
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
    let mut found = Customers::new();
    for one in customers {
        if one.merged_into.is_some() {
            let survivor = customer::resolve(unit, one.id).await?;
            found.insert(one.id, expect(unit, survivor).await?.into_inner());
        }
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

/// These colleagues, by their ids.
pub(crate) async fn colleagues(
    unit: &mut dyn ReadUnit,
    ids: impl IntoIterator<Item = Id<StaffMember>>,
) -> Result<HashMap<Id<StaffMember>, StaffMember>, Failure> {
    by_ids(unit, ids, |some| staff_member::ID.one_of(some.iter().copied())).await
}

/// These products, by their ids.
pub(crate) async fn products(
    unit: &mut dyn ReadUnit,
    ids: impl IntoIterator<Item = Id<Product>>,
) -> Result<HashMap<Id<Product>, Product>, Failure> {
    by_ids(unit, ids, |some| product::ID.one_of(some.iter().copied())).await
}

/// These leads, by their ids.
pub(crate) async fn leads(
    unit: &mut dyn ReadUnit,
    ids: impl IntoIterator<Item = Id<Lead>>,
) -> Result<HashMap<Id<Lead>, Lead>, Failure> {
    by_ids(unit, ids, |some| lead::ID.one_of(some.iter().copied())).await
}

pub(crate) async fn one<E: Entity, R: Read<E> + ?Sized, const N: usize>(
    unit: &mut R,
    text: &str,
    by: [Criteria<E>; N],
    [called, many, hint]: [&str; 3],
) -> Result<E, Failure> {
    maybe(unit, text, by, many).await?.ok_or_else(|| nobody(called, text, hint))
}

fn nobody(called: &str, text: &str, hint: &str) -> Failure {
    Failure::Asked(format!("there is no {called} {text:?}; {hint}"))
}

async fn maybe<E: Entity, R: Read<E> + ?Sized, const N: usize>(
    unit: &mut R,
    text: &str,
    by: [Criteria<E>; N],
    many: &str,
) -> Result<Option<E>, Failure> {
    if let Ok(id) = text.parse::<Id<E>>()
        && let Some(found) = unit.get(id).await?
    {
        return Ok(Some(found.into_inner()));
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
            return Ok(Some(found.into_inner()));
        }
    }
    Ok(None)
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
