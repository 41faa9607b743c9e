//! Who is meant, and what those are called that are named by their ids.

mod customers;

use std::collections::{BTreeSet, HashMap};

use crate::{failure::Failure, when};
use crm_core::{
    contact::{self, Contact},
    customer::{Customer, contacts_of},
    interaction::{self, Interaction},
    kernel::{Criteria, Entity, Id, MAX_LIMIT, Query, Stored},
    lead::{self, Lead, LeadStatus},
    opportunity::{self, Opportunity},
    org_unit::{self, OrgUnit},
    pipeline::{self, Pipeline},
    price_book::{self, PriceBook},
    product::{self, Product},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit, find_one},
    task::{self, Task},
    territory::{self, Territory, territory_tree},
};

pub(crate) use customers::{
    Customers, Meant, as_shown, called, cells, customer, customers, exactly, named, records, shown,
    shown_of, survivors, told,
};

/// So many records are asked for by their ids at once.
const AT_ONCE: usize = 500;

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
