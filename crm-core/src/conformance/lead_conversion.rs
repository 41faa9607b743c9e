//! What a lead becomes: a customer, a contact and an opportunity, new ones or some that are there.

use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    kernel::{Criteria, ErrorKind, Phone, PhoneKind, Stored},
    lead::{
        Choice, Conversion, Converted, ForContact, ForCustomer, ForOpportunity, Lead, LeadStatus,
        NewOpportunity, preview,
    },
    merge::MergeCommand,
    opportunity::Opportunity,
    store::expect,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_lead_becomes_a_customer_a_contact_and_an_opportunity,
        a_person_becomes_a_customer_who_needs_no_contact,
        a_lead_finds_the_customer_who_is_there_and_overwrites_nothing,
        into_whom_a_lead_is_converted_must_be_clear,
        a_lead_joins_records_that_are_there,
        a_conversion_that_cannot_be_leaves_nothing,
        a_conversion_sent_again_answers_with_the_first,
        a_disqualified_lead_is_not_converted,
        no_lead_finds_a_customer_of_another_house
    ]
}

async fn a_lead_becomes_a_customer_a_contact_and_an_opportunity(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut new = ann_of_acme(case);
    (new.owner_id, new.product_id) = (Some(setting.staff[0]), Some(setting.products[0]));
    let id = work.leads().add(new.clone()).await?.lead.id;
    work.commit().await?;
    let (opening, close) = (new_opportunity(&setting), day("2018-06-30")?);
    let asked = Conversion {
        opportunity: ForOpportunity::New(NewOpportunity { expected_close: Some(close), ..opening }),
        ..Conversion::default()
    };
    let told = preview(&mut *case.read().await?, id, &asked).await?;
    claim(matches!(&told.customer, Choice::New(new) if new.name == "Acme"), "a new customer")?;
    claim(matches!(&told.contact, Some(Choice::New(_))), "a new contact")?;
    let mut work = case.begin().await?;
    let Converted { lead, customer, contact, opportunity, .. } =
        work.leads().convert(id, &asked).await?;
    work.commit().await?;
    same("what was told before", told.customer.record().map(|one| one.id), Some(customer.id))?;
    let (contact, opportunity) = (some(contact)?, some(opportunity)?);
    let of_it = (customer.kind, customer.name.as_str(), customer.website.as_deref());
    let acme = (CustomerKind::Organisation, "Acme", Some("acme.example"));
    same("the customer", of_it, acme)?;
    same(
        "whose it is",
        (customer.owner_id, customer.source.as_deref()),
        (Some(setting.staff[0]), Some("fair")),
    )?;
    same("whom to talk to", customer.contact_person.as_deref(), Some("Ann Lee"))?;
    let numbers =
        |phones: &[Phone]| phones.iter().map(|one| one.number.clone()).collect::<Vec<_>>();
    same("its phones", numbers(&customer.phones.0), vec!["+49 30 901820".to_owned()])?;
    same("its address", customer.email.as_deref(), None)?;
    same("the contact's phones", contact.phones.0.len(), 2)?;
    let of_her = (contact.email.as_deref(), contact.title.as_deref(), contact.customer_id);
    same("the contact", of_her, (Some("ann@acme.example"), Some("Head"), Some(customer.id)))?;
    let of_it = (opportunity.customer_id, opportunity.contact_id, opportunity.product_id);
    let whose = (Some(customer.id), Some(contact.id), Some(setting.products[0]));
    same("the opportunity", of_it, whose)?;
    let worth = (opportunity.amount, opportunity.expected_close, opportunity.name.as_str());
    same("what it is worth", worth, (Some("4000 EUR".parse()?), Some(close), "Acme"))?;
    let state = lead.state();
    let became = (state.customer(), state.contact(), state.opportunity(), state.decided_by());
    let expected = (Some(customer.id), Some(contact.id), Some(opportunity.id), Some("anna"));
    same("what the lead became", became, expected)?;
    let mut work = case.begin().await?;
    let later = work.leads().revise(id, |lead| lead.notes = Some("x".into())).await;
    fails("a change afterwards", later, ErrorKind::Refused)?;
    fails("to give it up", work.leads().disqualify(id, "x").await, ErrorKind::Refused).map(drop)
}

async fn a_person_becomes_a_customer_who_needs_no_contact(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut new = Lead::person(case.id(), "Quincy Zell");
    new.email = Some("q@zell.example".into());
    let id = work.leads().add(new).await?.lead.id;
    let became = work.leads().convert(id, &Conversion::default()).await?;
    let of_him = (became.customer.kind, became.customer.email.as_deref());
    same("the customer", of_him, (CustomerKind::Person, Some("q@zell.example")))?;
    claim(became.contact.is_none() && became.opportunity.is_none(), "and nothing else")?;
    let company = work.leads().add(Lead::company(case.id(), "Zephyr Rail")).await?.lead.id;
    let asked = Conversion { contact: ForContact::New { id: None }, ..Conversion::default() };
    let error = work.leads().convert(company, &asked).await;
    fails("a contact of nobody", error, ErrorKind::Invalid)?;
    let became = work.leads().convert(company, &Conversion::default()).await?;
    claim(became.contact.is_none(), "nobody is known there")
}

async fn a_lead_finds_the_customer_who_is_there_and_overwrites_nothing(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut acme = Customer::new(case.id(), CustomerKind::Organisation, "ACME Ltd");
    acme.website = Some("www.acme.example".into());
    acme.city = Some("Kiel".into());
    acme.lifecycle_stage = "customer".into();
    let acme = work.insert(acme).await?;
    let mut ann = Contact::new(case.id(), "Lee, Ann");
    (ann.customer_id, ann.title) = (Some(acme.id), Some("Director".into()));
    let ann = work.insert(ann).await?.id;
    let mut new = ann_of_acme(case);
    (new.postcode, new.city) = (Some("24103".into()), Some("Kiel".into()));
    new.title = Some("Head of Glass".into());
    new.industry = Some("glass".into());
    let id = work.leads().add(new).await?.lead.id;
    let became = work.leads().convert(id, &Conversion::default()).await?;
    same("the customer", became.customer.id, acme.id)?;
    let there = &became.customer;
    let kept = (there.name.as_str(), there.city.as_deref(), there.lifecycle_stage.as_str());
    same("what it had", kept, ("ACME Ltd", Some("Kiel"), "customer"))?;
    let filled = (there.industry.as_deref(), there.postcode.as_deref(), there.owner_id);
    same("what was empty", filled, (Some("glass"), None, None))?;
    let contact = some(became.contact)?;
    let known = (contact.id, contact.name.as_str(), contact.title.as_deref());
    same("the contact", known, (ann, "Lee, Ann", Some("Director")))?;
    same("what they lacked", contact.email.as_deref(), Some("ann@acme.example"))?;
    same("customers", work.count(Criteria::<Customer>::everything()).await?, 1)?;
    same("contacts", work.count(Criteria::<Contact>::everything()).await?, 1)
}

async fn into_whom_a_lead_is_converted_must_be_clear(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut twins = Vec::new();
    for _ in 0..2 {
        let mut acme = Customer::new(case.id(), CustomerKind::Organisation, "Acme");
        acme.website = Some("acme.example".into());
        twins.push(work.insert(acme).await?.id);
    }
    let id = work.leads().add(ann_of_acme(case)).await?.lead.id;
    let asked = Conversion::default();
    let error = fails("two of them", work.leads().convert(id, &asked).await, ErrorKind::Refused)?;
    for twin in &twins {
        claim(error.to_string().contains(&twin.to_string()), format!("{twin} is not in: {error}"))?;
    }
    let told = work.leads().preview(id, &asked).await?;
    let Choice::Unclear(likely) = told.customer else { return claim(false, "it is not clear") };
    let mut ids: Vec<_> = likely.iter().map(|one| one.id).collect();
    ids.sort();
    twins.sort();
    same("who may be meant", ids, twins.iter().map(|id| id.uuid()).collect::<Vec<_>>())?;
    claim(told.contact.is_none(), "nobody is looked for at nobody")?;
    work.settings().change(|s| s.duplicates.mask_refusals = true).await?;
    let error = fails("masked", work.leads().convert(id, &asked).await, ErrorKind::Refused)?;
    claim(!error.to_string().contains(&twins[0].to_string()), error.to_string())?;
    work.settings().change(|s| s.duplicates.mask_refusals = false).await?;
    // Two who may be the person; somebody says who.
    let mut people = Vec::new();
    for name in ["Ann Lee", "Anna Lee"] {
        let mut one = Contact::new(case.id(), name);
        one.customer_id = Some(twins[0]);
        one.email = Some(format!("{}@elsewhere.example", name.replace(' ', ".")));
        people.push(work.insert(one).await?.id);
    }
    let named = Conversion { customer: ForCustomer::Existing(twins[0]), ..Conversion::default() };
    let error = work.leads().convert(id, &named).await;
    let error = fails("another address", error, ErrorKind::Refused)?.to_string();
    claim(error.contains(&people[0].to_string()), error)?;
    let both = Conversion { contact: ForContact::Existing(people[0]), ..named };
    let became = work.leads().convert(id, &both).await?;
    let told = (became.customer.id, became.contact.map(|one| one.id));
    same("as somebody said", told, (twins[0], Some(people[0])))?;
    // What is only possibly the same is not taken, nor passed over.
    let site = || Some("zephyr.example".to_owned());
    let mut near = Lead::company(case.id(), "Zeph");
    (near.website, near.city) = (site(), Some("Kiel".into()));
    let mut there = Customer::new(case.id(), CustomerKind::Organisation, "Zeph");
    (there.website, there.city) = (site(), Some("Berlin".into()));
    work.insert(there).await?;
    let near = work.leads().add(near).await?;
    let found = near.duplicates.map(|told| told.customers.found).unwrap_or_default();
    let policy = crate::duplicate::DuplicatePolicy::default();
    claim(
        !found.is_empty() && !found.iter().any(|one| one.likeness.is_certain(&policy)),
        format!("the sample is possibly the same: {found:?}"),
    )?;
    let error = work.leads().convert(near.lead.id, &Conversion::default()).await;
    fails("possibly", error, ErrorKind::Refused)?;
    let asked = Conversion { customer: ForCustomer::New { id: None }, ..Conversion::default() };
    work.leads().convert(near.lead.id, &asked).await.map(drop).map_err(Into::into)
}

async fn a_lead_joins_records_that_are_there(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [one, other] = setting.customers;
    let mut work = case.begin().await?;
    let mut deal = Opportunity::open(case.id(), "Desks", &setting.pipeline)?;
    deal.customer_id = Some(one);
    let deal = work.opportunities().open(deal).await?.id;
    let id = work.leads().add(ann_of_acme(case)).await?.lead.id;
    let merge = MergeCommand::new(case.id(), one, [other]);
    work.customers().merge(merge).await?;
    let asked = Conversion {
        customer: ForCustomer::Existing(other),
        contact: ForContact::Existing(setting.contacts[0]),
        opportunity: ForOpportunity::Existing(deal),
    };
    let told = work.leads().preview(id, &asked).await?;
    same("deals it may join", told.open_opportunities.len(), 1)?;
    let became = work.leads().convert(id, &asked).await?;
    same("of one that was merged, the survivor", became.customer.id, one)?;
    let contact = some(became.contact)?;
    let at = (contact.id, contact.customer_id);
    same("a contact of nobody is theirs", at, (setting.contacts[0], Some(one)))?;
    let joined = some(became.opportunity)?;
    same("the deal", (joined.id, joined.contact_id), (deal, Some(setting.contacts[0])))?;
    let deals = work.count(crate::opportunity::CUSTOMER_ID.eq(one)).await?;
    same("deals of the customer", deals, 1)?;
    // What cannot be joined.
    let next = work.leads().add(Lead::person(case.id(), "Bob Ray")).await?.lead.id;
    let stranger = work.insert(Customer::new(case.id(), CustomerKind::Organisation, "Zoo")).await?;
    let day = day("2017-12-31")?;
    work.opportunities().lose(deal, day, None, None).await?;
    let into = |contact, opportunity| Conversion {
        customer: ForCustomer::Existing(stranger.id),
        contact,
        opportunity,
    };
    let foreign = into(ForContact::Existing(contact.id), ForOpportunity::None);
    fails("a contact of another", work.leads().convert(next, &foreign).await, ErrorKind::Refused)?;
    let lost = into(ForContact::Nobody, ForOpportunity::Existing(deal));
    fails("a deal that is lost", work.leads().convert(next, &lost).await, ErrorKind::Refused)?;
    let mut deal = Opportunity::open(case.id(), "Lamps", &setting.pipeline)?;
    deal.customer_id = Some(one);
    let deal = work.opportunities().open(deal).await?.id;
    let foreign = into(ForContact::Nobody, ForOpportunity::Existing(deal));
    fails("a deal of another", work.leads().convert(next, &foreign).await, ErrorKind::Refused)?;
    work.customers().archive(stranger.id).await?;
    let away = into(ForContact::Nobody, ForOpportunity::None);
    fails("one that is away", work.leads().convert(next, &away).await, ErrorKind::Refused)?;
    let nobody = Conversion { customer: ForCustomer::Existing(case.id()), ..Conversion::default() };
    fails("nobody", work.leads().convert(next, &nobody).await, ErrorKind::Missing)?;
    let lead = expect(&mut *work, next).await?;
    same("it is as it was", lead.state().status(), LeadStatus::New)
}

async fn a_conversion_that_cannot_be_leaves_nothing(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let id = work.leads().add(ann_of_acme(case)).await?.lead.id;
    work.commit().await?;
    let taken = NewOpportunity { id: Some(setting.opportunities[0]), ..new_opportunity(&setting) };
    let asked = Conversion { opportunity: ForOpportunity::New(taken), ..Conversion::default() };
    let mut work = case.begin().await?;
    fails("a taken id", work.leads().convert(id, &asked).await, ErrorKind::Duplicate)?;
    drop(work);
    // And one that went well, in a unit that is given up.
    let mut work = case.begin().await?;
    work.leads().convert(id, &Conversion::default()).await?;
    drop(work);
    let mut unit = case.read().await?;
    let lead = expect(&mut *unit, id).await?;
    same("the lead", (lead.state().status(), lead.version()), (LeadStatus::New, 1))?;
    same("customers", unit.count(Criteria::<Customer>::everything()).await?, 2)?;
    same("contacts", unit.count(Criteria::<Contact>::everything()).await?, 2)
}

async fn a_conversion_sent_again_answers_with_the_first(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let id = work.leads().add(ann_of_acme(case)).await?.lead.id;
    let given = Conversion {
        customer: ForCustomer::New { id: Some(case.id()) },
        contact: ForContact::New { id: Some(case.id()) },
        opportunity: ForOpportunity::New(new_opportunity(&setting)),
    };
    let first = work.leads().convert(id, &given).await?;
    claim(given.customer == ForCustomer::New { id: Some(first.customer.id) }, "the id is given")?;
    work.commit().await?;
    for asked in [given, Conversion::default()] {
        let mut work = case.begin().await?;
        let again = work.leads().convert(id, &asked).await?;
        work.commit().await?;
        same("the answer", &again, &first)?;
    }
    // Of a customer that was merged since, the survivor.
    let survivor = setting.customers[0];
    let mut work = case.begin().await?;
    let merge = MergeCommand::new(case.id(), survivor, [first.customer.id]);
    let merge = work.customers().merge(merge).await?.id;
    let again = work.leads().convert(id, &Conversion::default()).await?;
    same("the survivor", again.customer.id, survivor)?;
    same("the contact", again.contact.map(|one| one.customer_id), Some(Some(survivor)))?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().unmerge(merge).await?;
    let again = work.leads().convert(id, &Conversion::default()).await?;
    same("since that was undone", again.customer.id, first.customer.id)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("customers", unit.count(Criteria::<Customer>::everything()).await?, 3)?;
    same("opportunities", unit.count(Criteria::<Opportunity>::everything()).await?, 3)
}

async fn a_disqualified_lead_is_not_converted(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let id = work.leads().add(Lead::company(case.id(), "Acme")).await?.lead.id;
    work.leads().disqualify(id, "no budget").await?;
    let asked = Conversion::default();
    for error in [
        fails("converted", work.leads().convert(id, &asked).await, ErrorKind::Refused)?,
        fails("told", work.leads().preview(id, &asked).await, ErrorKind::Refused)?,
    ] {
        claim(error.to_string().contains("no budget"), format!("it does not say why: {error}"))?;
    }
    work.leads().recycle(id, None).await?;
    let became = work.leads().convert(id, &asked).await?;
    same("since it is back", became.lead.state().status(), LeadStatus::Converted)
}

async fn no_lead_finds_a_customer_of_another_house(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let acme = Customer {
        email: Some("ann@acme.example".into()),
        website: Some("acme.example".into()),
        ..Customer::new(case.id(), CustomerKind::Organisation, "Acme")
    };
    let acme = work.insert(acme).await?.id;
    let lead = work.leads().add(ann_of_acme(case)).await?.lead.id;
    work.commit().await?;
    let mut work = case.store().begin(case.scope(1, "anna")?).await?;
    let asked = Conversion::default();
    fails("their lead", work.leads().convert(lead, &asked).await, ErrorKind::Missing)?;
    let id = work.leads().add(ann_of_acme(case)).await?.lead.id;
    let named = Conversion { customer: ForCustomer::Existing(acme), ..Conversion::default() };
    fails("their customer", work.leads().convert(id, &named).await, ErrorKind::Missing)?;
    let became = work.leads().convert(id, &asked).await?;
    claim(became.customer.id != acme, "it is a new one")?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("what the first house has", unit.count(Criteria::<Contact>::everything()).await?, 0)
}

/// Somebody at a company, with all that a card says.
pub(super) fn ann_of_acme(case: &Case) -> Lead {
    let phone = |kind, number: &str| Phone { kind, number: number.to_owned() };
    let mut new = Lead::company(case.id(), "Acme");
    new.name = Some("Ann Lee".into());
    new.title = Some("Head".into());
    new.email = Some("ann@acme.example".into());
    new.website = Some("acme.example".into());
    new.source = Some("fair".into());
    new.amount = "4000 EUR".parse().ok();
    new.phones.0 =
        vec![phone(PhoneKind::Work, "+49 30 901820"), phone(PhoneKind::Mobile, "+49 170 1234567")];
    new
}

fn new_opportunity(setting: &Setting) -> NewOpportunity {
    NewOpportunity::new(setting.pipeline.id)
}

fn some<E>(found: Option<Stored<E>>) -> Held<Stored<E>> {
    found.ok_or_else(|| super::claim::Failure::new("it did not become one"))
}
