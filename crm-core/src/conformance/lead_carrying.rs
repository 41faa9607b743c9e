//! What goes along when a lead is converted, and what is erased with it.

use crate::{
    contact,
    customer::{Customer, CustomerKind},
    interaction::{self, Interaction, InteractionStatus},
    kernel::{Criteria, ERASED, Entity, ErrorKind, Id, Stored},
    lead::{Conversion, ForContact, ForCustomer, ForOpportunity, Lead, NewOpportunity},
    settings::{CompletenessRule, Demand},
    store::expect,
    task::{self, Task, TaskStatus},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    law::Law,
    lead_conversion::ann_of_acme,
    leads::visit,
    marker::{found, marked},
    rules::rule,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        what_happened_with_a_lead_is_the_customers_history,
        the_tasks_of_a_lead_are_the_customers,
        what_was_recorded_is_not_refused_for_what_it_lacks,
        a_lead_that_is_erased_is_nowhere,
        who_is_erased_is_erased_from_the_lead_they_were
    ]
}

async fn what_happened_with_a_lead_is_the_customers_history(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let id = work.leads().add(ann_of_acme(case)).await?.lead.id;
    let mut first = visit(case, id)?;
    (first.staff_id, first.next_step) = (Some(setting.staff[0]), Some("send the list".into()));
    let first = work.leads().record(first).await?;
    let mut second = visit(case, id)?;
    second.happened_at = "2017-11-20T08:00:00Z".parse()?;
    work.leads().record(second).await?;
    work.commit().await?;
    let opportunity = ForOpportunity::New(NewOpportunity::new(setting.pipeline.id));
    let mut work = case.begin().await?;
    let asked = Conversion { opportunity, ..Conversion::default() };
    let became = work.leads().convert(id, &asked).await?;
    work.commit().await?;
    same("how many", (became.interactions, became.tasks), (2, 1))?;
    let mut unit = case.read().await?;
    let theirs = interaction::CUSTOMER_ID.eq(became.customer.id);
    let query = theirs.query().order_by(&interaction::HAPPENED_AT);
    let history: Vec<Stored<Interaction>> = unit.find(query).await?.items;
    same("interactions", history.len(), 2)?;
    let one = &history[0];
    let told = (one.happened_at, one.channel, one.minutes, one.staff_id, one.content.as_deref());
    let content = first.content.as_deref();
    let was = (first.happened_at, first.channel, first.minutes, first.staff_id, content);
    same("what happened", told, was)?;
    same(
        "with whom, about what",
        (one.contact_id, one.opportunity_id),
        (became.contact.as_ref().map(|one| one.id), became.opportunity.as_ref().map(|one| one.id)),
    )?;
    same("recorded when", one.recorded_at, first.recorded_at)?;
    same("it is closed", one.state().status(), InteractionStatus::Closed)?;
    let step = unit.find(task::INTERACTION_ID.eq(one.id).query()).await?.items;
    same("its next step", step.len(), 1)?;
    // Neither is the working day full of it, nor is it there twice.
    drop(unit);
    let mut work = case.begin().await?;
    work.leads().convert(id, &asked).await?;
    work.commit().await?;
    let all = case.read().await?.count(Criteria::<Interaction>::everything()).await?;
    same("interactions, with those of the setting", all, 4)
}

async fn the_tasks_of_a_lead_are_the_customers(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let id = work.leads().add(ann_of_acme(case)).await?.lead.id;
    let now = work.now();
    let new = |title: &str, customer| {
        let mut task = Task::new(case.id(), title, now);
        (task.lead_id, task.customer_id) = (Some(id), customer);
        task.due = day("2018-01-05").ok();
        task
    };
    let elsewhere = Some(setting.customers[0]);
    let tasks = [new("call", None), new("write", None), new("ask", elsewhere)];
    for task in &tasks {
        work.tasks().add(task.clone()).await?;
    }
    work.tasks().complete(tasks[1].id, Some("they have it".into())).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let became = work.leads().convert(id, &Conversion::default()).await?;
    // The same command, sent again, is the first.
    work.tasks().add(tasks[0].clone()).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let customer = Some(became.customer.id);
    let contact = became.contact.map(|one| one.id);
    for (task, status, customer, contact) in [
        (&tasks[0], TaskStatus::Open, customer, contact),
        (&tasks[1], TaskStatus::Done, customer, contact),
        (&tasks[2], TaskStatus::Open, elsewhere, None),
    ] {
        let there = expect(&mut *unit, task.id).await?;
        let told = (there.state().status(), there.lead_id, there.customer_id, there.contact_id);
        same(&task.title, told, (status, Some(id), customer, contact))?;
    }
    Ok(())
}

async fn what_was_recorded_is_not_refused_for_what_it_lacks(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let id = work.leads().add(Lead::company(case.id(), "Acme")).await?.lead.id;
    work.leads().record(visit(case, id)?).await?;
    work.commit().await?;
    rule(case, |rules| {
        rules.completeness.interaction = vec![CompletenessRule::all(Demand::Refuse, ["place"])];
    })
    .await?;
    let mut work = case.begin().await?;
    let became = work.leads().convert(id, &Conversion::default()).await?;
    let theirs = interaction::CUSTOMER_ID.eq(became.customer.id).query();
    let history: Vec<Stored<Interaction>> = work.find(theirs).await?.items;
    let missing = history.first().map(|one| one.missing.clone());
    same("what it lacks is listed", missing, Some(["place"].into_iter().collect()))?;
    // Of what is new, it is asked for.
    let at = work.now();
    let (channel, direction) = (history[0].channel, history[0].direction);
    let new = Interaction::new(case.id(), became.customer.id, channel, direction, at);
    fails("a new one", work.interactions().record(new).await, ErrorKind::Invalid).map(drop)
}

async fn a_lead_that_is_erased_is_nowhere(case: &Case) -> Held {
    for converted in [false, true] {
        let id = a_marked_lead(case).await?;
        let mut work = case.begin().await?;
        if converted {
            let customer = ForCustomer::New { id: None };
            let contact = ForContact::Nobody;
            let asked = Conversion { customer, contact, ..Conversion::default() };
            let became = work.leads().convert(id, &asked).await?.customer;
            // What the customer says is the customer's.
            work.customers().erase(became.id).await?;
        }
        work.commit().await?;
        claim(found(case).await? > 0, "the marker is there before")?;
        let mut work = case.begin().await?;
        let erased = work.leads().erase(id).await?;
        same("activities", erased.records.get("lead_activity"), Some(&1))?;
        let interactions = converted.then_some(&1);
        same("interactions", erased.records.get("interaction"), interactions)?;
        work.commit().await?;
        same("where the marker is left", found(case).await?, 0)?;
        let mut unit = case.read().await?;
        let lead = expect(&mut *unit, id).await?;
        same("what it is called", lead.name.as_deref(), Some(ERASED))?;
        let figures = (lead.amount, lead.score, lead.state().customer().is_some());
        same("figures", figures, (Some("4000 EUR".parse()?), Some(70), converted))?;
        drop(unit);
        let mut work = case.begin().await?;
        let again = work.leads().convert(id, &Conversion::default()).await;
        if !converted {
            fails("to convert what is erased", again, ErrorKind::Refused)?;
        }
    }
    Ok(())
}

async fn who_is_erased_is_erased_from_the_lead_they_were(case: &Case) -> Held {
    let (organisation, person) = (CustomerKind::Organisation, CustomerKind::Person);
    for (whom, kind, contact) in [
        ("the contact", organisation, ForContact::Find),
        ("the organisation", organisation, ForContact::Nobody),
        ("the person", person, ForContact::Find),
    ] {
        let id = a_marked_lead(case).await?;
        let mut work = case.begin().await?;
        let customer = work.insert(Customer::new(case.id(), kind, "School")).await?.id;
        let customer = ForCustomer::Existing(customer);
        let asked = Conversion { customer, contact, ..Conversion::default() };
        let became = work.leads().convert(id, &asked).await?;
        work.commit().await?;
        claim(found(case).await? > 0, "the marker is there before")?;
        let mut work = case.begin().await?;
        let erased = match became.contact {
            Some(contact) if whom == "the contact" => {
                work.customers().erase_contact(contact.id).await?
            }
            _ => work.customers().erase(became.customer.id).await?,
        };
        same(whom, erased.records.get(Lead::KIND), Some(&1))?;
        work.commit().await?;
        let lead = expect(&mut *case.read().await?, id).await?;
        same(whom, (lead.name.as_deref(), lead.company.as_deref()), (Some(ERASED), None))?;
        // The person's are gone everywhere; of an organisation, what was said is said by others.
        let mut work = case.begin().await?;
        if whom != "the person" {
            work.leads().erase(id).await?;
            work.customers().erase(became.customer.id).await?;
            let there = contact::CUSTOMER_ID.eq(became.customer.id);
            for contact in work.find(there.query()).await?.items {
                work.customers().erase_contact(contact.id).await?;
            }
        }
        work.commit().await?;
        same(whom, found(case).await?, 0)?;
    }
    Ok(())
}

/// A lead with the marker in all that tells of a person, with an activity and a task that have it too.
async fn a_marked_lead(case: &Case) -> Held<Id<Lead>> {
    let mut new = marked(&Lead::person(case.id(), "x"))?;
    (new.email, new.phones.0, new.website) = (None, Vec::new(), None);
    new.amount = Some("4000 EUR".parse()?);
    new.score = Some(70);
    new.tax_number = None;
    let mut work = case.begin().await?;
    let id = work.leads().add(new).await?.lead.id;
    let said = marked(&visit(case, id)?)?;
    work.leads().record(said).await?;
    let mut task = marked(&Task::new(case.id(), "x", work.now()))?;
    task.lead_id = Some(id);
    work.tasks().add(task).await?;
    work.commit().await?;
    Ok(id)
}
