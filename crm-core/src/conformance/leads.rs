//! Leads until they are converted: their states, what is known of them, who they may be.

use chrono::NaiveDate;

use crate::{
    customer::{Customer, CustomerKind},
    interaction::{Channel, Direction},
    kernel::{CustomValue, ErrorKind, Id, Phone, PhoneKind},
    lead::{Answer, Conversion, Lead, LeadEvent, LeadStatus, Qualification, duplicates},
    lead_activity::LeadActivity,
    search::{Hit, search},
    settings::{CompletenessRule, DeclaredField, DeclaredType, Demand},
    staff_member::StaffMember,
    task::{self, Task},
    workday::workday,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    law::Law,
    rules::rule,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_lead_is_worked_on_judged_and_recycled,
        a_lead_that_cannot_be_is_refused,
        the_house_says_what_it_asks_of_leads,
        a_lead_that_may_be_there_says_so,
        a_lead_is_found_by_what_somebody_types,
        what_happens_with_a_lead_is_final_and_recorded_once,
        the_tasks_of_a_lead_are_in_its_owners_day
    ]
}

async fn a_lead_is_worked_on_judged_and_recycled(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut new = Lead::person(case.id(), "Ann Lee");
    new.owner_id = Some(setting.staff[0]);
    let id = work.leads().add(new.clone()).await?.lead.id;
    for _ in 0..2 {
        work.leads().work(id).await?;
    }
    let yes = Answer { met: true, note: Some("this year".into()) };
    let answers = |name: &str| Qualification([(name.to_owned(), yes.clone())].into());
    work.leads().qualify(id, answers("budget")).await?;
    let lead = work.leads().qualify(id, answers("need")).await?;
    same("its status", lead.state().status(), LeadStatus::Qualified)?;
    same("what is known", lead.qualification.met(), 2)?;
    same(
        "what is asked still",
        lead.qualification.open().collect::<Vec<_>>(),
        vec!["authority", "timing"],
    )?;
    let first = work.leads().disqualify(id, "no budget").await?;
    let again = work.leads().disqualify(id, "no budget").await?;
    same("said again", again.version(), first.version())?;
    fails("another reason", work.leads().disqualify(id, "x").await, ErrorKind::Refused)?;
    let refused = fails("work on it", work.leads().work(id).await, ErrorKind::Refused)?;
    claim(refused.to_string().contains("no budget"), format!("it does not say why: {refused}"))?;
    work.commit().await?;

    let recall = day("2018-03-01")?;
    let mut work = case.begin().await?;
    for _ in 0..2 {
        let back = work.leads().recycle(id, Some(recall)).await?;
        let told = (back.state().status(), back.recycled(), back.recall_on);
        same("it came back", told, (LeadStatus::Working, 1, Some(recall)))?;
    }
    let tasks = work.find(task::LEAD_ID.eq(id).query()).await?.items;
    let told: Vec<_> = tasks.iter().map(|one| (one.due, one.owner_id)).collect();
    same("who takes it up again, and when", told, vec![(Some(recall), Some(setting.staff[0]))])?;
    work.leads().disqualify(id, "no budget").await?;
    let back = work.leads().recycle(id, None).await?;
    same("how often it came back", (back.recycled(), back.recall_on), (2, None))?;
    fails("from where it is", work.leads().recycle(id, Some(recall)).await, ErrorKind::Refused)?;
    // What no verb leads to, no store keeps.
    let mut other = (*back).clone().step(
        &LeadEvent::Disqualify { reason: "x".into() },
        work.now(),
        &case.anna()?.actor,
    )?;
    other = other.step(&LeadEvent::Recycle { recall_on: None }, work.now(), &case.anna()?.actor)?;
    let counted = back.clone().edit(|lead| *lead = other);
    fails("to count by hand", work.update(counted).await, ErrorKind::Refused)?;
    let sent_again = work.leads().add(new).await?;
    same("sent again", sent_again.lead.version(), back.version())?;
    claim(sent_again.duplicates.is_none(), "it is the first")?;
    work.commit().await?;
    Ok(())
}

async fn a_lead_that_cannot_be_is_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let began = work.now();
    type Edit = fn(&mut Lead);
    let phone = |lead: &mut Lead| {
        lead.phones.0.push(Phone { kind: PhoneKind::Work, number: "call me".into() });
    };
    let wrong: [(&str, Edit); 9] = [
        ("name", |lead| lead.name = Some(" ".into())),
        ("score", |lead| lead.score = Some(101)),
        ("score", |lead| lead.score = Some(-1)),
        ("employees", |lead| lead.employees = Some(-1)),
        ("email", |lead| lead.email = Some("ann at acme".into())),
        ("phones", phone),
        ("tax_number", |lead| {
            lead.country = "DE".parse().ok();
            lead.tax_number = Some("DE 1".into());
        }),
        ("qualification", |lead| {
            lead.qualification.0.insert(" ".into(), Answer { met: true, note: None });
        }),
        ("name", |lead| lead.name = Some("a\0b".into())),
    ];
    let good = work.leads().add(Lead::person(case.id(), "Ann Lee")).await?.lead;
    for (field, edit) in wrong {
        let mut new = Lead::person(case.id(), "Ann Lee");
        edit(&mut new);
        let id = new.id;
        let error = fails(field, work.leads().add(new).await, ErrorKind::Invalid)?.to_string();
        claim(error.starts_with(&format!("lead, {field}:")), error)?;
        claim(work.get(id).await?.is_none(), "nothing is half done")?;
        fails(field, work.leads().revise(good.id, edit).await, ErrorKind::Invalid)?;
    }
    fails("nobody", work.leads().work(case.id()).await, ErrorKind::Missing)?;
    let error = work.leads().disqualify(good.id, "  ").await;
    fails("without a reason", error, ErrorKind::Invalid)?;
    let mut foreign = Lead::person(case.id(), "Ann Lee");
    foreign.owner_id = Some(case.id());
    fails("an owner who is not there", work.leads().add(foreign).await, ErrorKind::Missing)?;
    let mut other = (*good).clone();
    other.company = Some("Acme".into());
    fails("another of the same id", work.leads().add(other).await, ErrorKind::Duplicate)?;
    let mut named = Lead::new(case.id());
    (named.given_name, named.family_name) = (Some("Ann".into()), Some("Lee".into()));
    let named = work.leads().add(named).await?.lead;
    same("what they are called", named.name.as_deref(), Some("Ann Lee"))?;
    claim(named.received_at.is_some_and(|at| (began..=work.now()).contains(&at)), "it came in now")
}

async fn the_house_says_what_it_asks_of_leads(case: &Case) -> Held {
    let wrong = {
        let mut work = case.begin().await?;
        work.settings().change(|s| s.leads.disqualify_reasons = vec![" ".into()]).await
    };
    let error = fails("a reason that says nothing", wrong, ErrorKind::Invalid)?.to_string();
    claim(error.contains("leads.disqualify_reasons[0]"), error)?;
    rule(case, |rules| {
        rules.leads.disqualify_reasons = vec!["no budget".into(), "no need".into()];
        rules.completeness.lead = vec![CompletenessRule::all(Demand::Refuse, ["source"])];
        rules.custom_fields.lead = vec![DeclaredField::new("stand", DeclaredType::Text)];
    })
    .await?;
    let mut work = case.begin().await?;
    let mut new = Lead::company(case.id(), "Acme");
    fails("without a source", work.leads().add(new.clone()).await, ErrorKind::Invalid)?;
    new.source = Some("fair".into());
    new.custom.0.insert("hall".into(), CustomValue::Text("7".into()));
    fails("a field nobody declared", work.leads().add(new.clone()).await, ErrorKind::Invalid)?;
    new.custom.0.clear();
    new.custom.0.insert("stand".into(), CustomValue::Text("7".into()));
    let id = work.leads().add(new).await?.lead.id;
    let error = work.leads().disqualify(id, "rude").await;
    let error = fails("a reason the house does not know", error, ErrorKind::Invalid)?.to_string();
    claim(error.contains("no budget, no need"), error)?;
    let lead = work.leads().disqualify(id, "no need").await?;
    same("why", lead.state().reason(), Some("no need"))?;
    // A list that changes later does not stand against what was decided.
    work.settings().change(|s| s.leads.disqualify_reasons = vec!["no budget".into()]).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.leads().revise(id, |lead| lead.notes = Some("call in May".into())).await?;
    work.commit().await?;
    Ok(())
}

async fn a_lead_that_may_be_there_says_so(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut acme = Customer::new(case.id(), CustomerKind::Organisation, "Acme Maschinenbau GmbH");
    acme.website = Some("acme.example".into());
    let acme = work.insert(acme).await?.id;
    let of_acme = |name: &str, email: &str| {
        let mut new = Lead::company(case.id(), "ACME Maschinenbau");
        (new.name, new.email) = (Some(name.to_owned()), Some(email.to_owned()));
        new
    };
    let first = work.leads().add(of_acme("Ann Lee", "ann@acme.example")).await?;
    let found = first.duplicates.map(|told| {
        let customers = told.customers.found;
        (customers.into_iter().map(|one| one.customer.id).collect::<Vec<_>>(), told.leads.len())
    });
    same("what the first may be", found, Some((vec![acme], 0)))?;
    // Two people of one company are two leads.
    work.leads().add(of_acme("Bob Ray", "bob@acme.example")).await?;
    let twice = work.leads().add(of_acme("Lee, Ann", "ANN@acme.example")).await?.lead;
    let told = duplicates(&mut *work, &twice).await?;
    let leads: Vec<_> = told.leads.iter().map(|one| one.lead.id).collect();
    same("what the third may be", leads, vec![first.lead.id])?;
    claim(!told.leads[0].likeness.evidence.is_empty(), "it says why")?;
    let stranger = work.leads().add(Lead::person(case.id(), "Quincy Zell")).await?.duplicates;
    let stranger = stranger.map(|told| (told.customers.found.len(), told.leads.len()));
    same("what a stranger may be", stranger, Some((0, 0)))?;
    // One that was converted is a customer, and no lead any more.
    let conversion = Conversion::default();
    work.leads().convert(first.lead.id, &conversion).await?;
    same("after that", duplicates(&mut *work, &twice).await?.leads.len(), 0)?;
    work.commit().await?;
    let mut work = case.store().begin(case.scope(1, "anna")?).await?;
    let told = work.leads().add(of_acme("Ann Lee", "ann@acme.example")).await?.duplicates;
    let told = told.map(|told| (told.customers.found.len(), told.leads.len()));
    same("in another house", told, Some((0, 0)))
}

async fn a_lead_is_found_by_what_somebody_types(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut new = Lead::company(case.id(), "Kestrel Air");
    new.name = Some("Änne Huber".into());
    new.phones.0.push(Phone { kind: PhoneKind::Work, number: "+49 30 901820".into() });
    let id = work.leads().add(new).await?.lead.id;
    work.commit().await?;
    for (text, found) in [("kestrel", 1), ("anne hub", 1), ("901820", 1), ("zeppelin", 0)] {
        let hits = search(&mut *case.read().await?, text, 10).await?.hits;
        same(text, hits.iter().filter(|hit| hit.id() == id.uuid()).count(), found)?;
    }
    let mut work = case.begin().await?;
    let became = work.leads().convert(id, &Conversion::default()).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let hits = search(&mut *unit, "kestrel", 10).await?.hits;
    let hits: Vec<_> = hits.iter().map(Hit::id).collect();
    same("what is found then", hits, vec![became.customer.id.uuid()])
}

async fn what_happens_with_a_lead_is_final_and_recorded_once(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let id = work.leads().add(Lead::person(case.id(), "Ann Lee")).await?.lead.id;
    let mut said = visit(case, id)?;
    (said.staff_id, said.next_step) = (Some(setting.staff[0]), Some("send the list".into()));
    said.next_step_due = Some(day("2018-01-05")?);
    let began = work.now();
    let first = work.leads().record(said.clone()).await?;
    same("who recorded it", first.recorded_by.as_str(), "anna")?;
    let now = began..=work.now();
    claim(first.recorded_at.is_some_and(|at| now.contains(&at)), "it is recorded now")?;
    let again = work.leads().record(said.clone()).await?;
    same("sent again", (again.id, again.version()), (first.id, 1))?;
    let tasks = work.find(task::LEAD_ID.eq(id).query()).await?.items;
    let told: Vec<_> =
        tasks.iter().map(|one| (one.title.as_str(), one.due, one.owner_id)).collect();
    let step = ("send the list", said.next_step_due, Some(setting.staff[0]));
    same("its next step", told, vec![step])?;
    let other = LeadActivity { subject: Some("another".into()), ..said.clone() };
    fails("another of the same id", work.leads().record(other).await, ErrorKind::Duplicate)?;
    let to_come = LeadActivity {
        id: case.id(),
        happened_at: "9999-01-01T00:00:00Z".parse()?,
        ..said.clone()
    };
    fails("what is to come", work.leads().record(to_come).await, ErrorKind::Invalid)?;
    let nobodys = LeadActivity { id: case.id(), lead_id: case.id(), ..said.clone() };
    fails("of no lead", work.leads().record(nobodys).await, ErrorKind::Missing)?;
    work.leads().convert(id, &Conversion::default()).await?;
    let late = LeadActivity { id: case.id(), ..said.clone() };
    let error = fails("once it is converted", work.leads().record(late).await, ErrorKind::Refused)?;
    claim(error.to_string().contains("into the customer"), error.to_string())?;
    let again = work.leads().record(said).await?;
    same("the first, sent again", again.id, first.id)?;
    work.commit().await?;
    Ok(())
}

async fn the_tasks_of_a_lead_are_in_its_owners_day(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let today = day("2018-01-05")?;
    let mut work = case.begin().await?;
    let id = work.leads().add(Lead::company(case.id(), "Kestrel Air")).await?.lead.id;
    let mut call = Task::new(case.id(), "call them", work.now());
    (call.lead_id, call.owner_id, call.due) = (Some(id), Some(setting.staff[0]), Some(today));
    let call = work.tasks().add(call).await?.id;
    work.commit().await?;
    let staff = setting.staff[0];
    let line = (Some(call), Some(id), Some("Kestrel Air".to_owned()), None);
    same("the day", of_the_day(case, staff, today).await?, vec![line.clone()])?;
    let mut work = case.begin().await?;
    work.leads().disqualify(id, "no need").await?;
    work.commit().await?;
    same("the day without it", of_the_day(case, staff, today).await?, vec![])?;
    let mut work = case.begin().await?;
    work.leads().recycle(id, None).await?;
    work.commit().await?;
    same("the day since it is back", of_the_day(case, staff, today).await?, vec![line])?;
    let mut work = case.begin().await?;
    let became = work.leads().convert(id, &Conversion::default()).await?;
    // A task for a lead that was converted is for the customer.
    let mut later = Task::new(case.id(), "write to them", work.now());
    later.lead_id = Some(id);
    for _ in 0..2 {
        let later = work.tasks().add(later.clone()).await?;
        same("for whom it is", later.customer_id, Some(became.customer.id))?;
    }
    work.commit().await?;
    let customer = Some("Kestrel Air".to_owned());
    let lines = of_the_day(case, staff, today).await?;
    same("the day of the customer", lines, vec![(Some(call), Some(id), None, customer)])
}

type Line = (Option<Id<Task>>, Option<Id<Lead>>, Option<String>, Option<String>);

async fn of_the_day(case: &Case, staff: Id<StaffMember>, today: NaiveDate) -> Held<Vec<Line>> {
    let mut unit = case.read().await?;
    let items = workday(&mut *unit, staff, today, super::workday::utc()?, 10).await?;
    Ok(items.into_iter().map(|one| (one.task_id, one.lead_id, one.lead, one.customer)).collect())
}

/// Something that happened with a lead.
pub(super) fn visit(case: &Case, lead: Id<Lead>) -> Held<LeadActivity> {
    let at = "2017-11-05T10:00:00.000001Z".parse()?;
    let mut visit = LeadActivity::new(case.id(), lead, Channel::Visit, Direction::Inbound, at);
    visit.subject = Some("at the fair".into());
    visit.content = Some("they want the new atlas".into());
    visit.minutes = Some(20);
    Ok(visit)
}
