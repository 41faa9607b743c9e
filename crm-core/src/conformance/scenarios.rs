//! What the people who use the library live through, on every store.

use rust_decimal::Decimal;

use crate::{
    customer::{
        Customer, CustomerKind, Happening, IncompleteCount, TimelineEntry, TimelineKind, Whose,
        incomplete_customers, incomplete_interactions, inspect, timeline,
    },
    interaction::{Channel, Direction, Interaction},
    kernel::{Criteria, ErrorKind, Id, Phone, PhoneKind, Sums, Timestamp},
    opportunity::Opportunity,
    pipeline::Pipeline,
    settings::{CompletenessPolicy, Demand},
    staff_member::StaffMember,
    store::{Insights, expect, run},
    task,
    transaction::{self, Transaction},
    value::{Basis, value_by},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![only_a_name, closed_is_closed, nobody_answered, the_retry, two_houses_one_server]
}

async fn only_a_name(case: &Case) -> Held {
    let mut work = case.begin().await?;
    work.settings()
        .change(|rules| rules.completeness = CompletenessPolicy::publishing_house())
        .await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let bob = work.insert(StaffMember::new(case.id(), "Bob")).await?.id;
    let of = |owner| Customer { owner_id: owner, ..customer(case, "Only a name") };
    let first = work.insert(of(Some(anna))).await?;
    work.commit().await?;
    let missing = ["category", "contact_person", "fax", "industry", "phones", "postcode", "street"];
    same("what the name alone lacks", first.missing.clone(), missing.into_iter().collect())?;
    same("how complete it is", first.completeness, 12)?;

    let mut work = case.begin().await?;
    let second = work.insert(of(Some(anna))).await?;
    work.insert(of(Some(bob))).await?;
    work.insert(of(None)).await?;
    let mut whole = of(Some(bob));
    complete(&mut whole);
    let whole = work.insert(whole).await?;
    same("a complete one", (whole.completeness, whole.incomplete_since), (100, None))?;
    let mut visits = Vec::new();
    for content in [Some("They want the new atlas"), None] {
        let at = work.now();
        let mut visit =
            Interaction::new(case.id(), first.id, Channel::Visit, Direction::Outbound, at);
        (visit.staff_id, visit.content) = (Some(anna), content.map(ToOwned::to_owned));
        visits.push(work.interactions().record(visit).await?);
    }
    work.interactions().close(visits[1].id).await?;
    work.commit().await?;

    // In the evening, the office prints what is incomplete, whose it is, and since when.
    let mut unit = case.read().await?;
    let count = |staff_id, customers, interactions| IncompleteCount {
        staff_id,
        customers,
        interactions,
        ..IncompleteCount::default()
    };
    let mut staff = [(anna, 2, 1), (bob, 1, 0)];
    staff.sort();
    let mut expected = vec![count(None, 1, 0)];
    expected.extend(staff.map(|(who, customers, visits)| count(Some(who), customers, visits)));
    same("the inspection", inspect(&mut *unit).await?.by_staff, expected)?;
    let mut hers = [&first, &second].map(|c| (c.incomplete_since, c.id));
    hers.sort();
    let newest_first: Vec<_> = hers.into_iter().rev().collect();
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..2 {
        let page = incomplete_customers(&mut *unit, Whose::Of(anna), after, 1).await?;
        found.extend(page.items.iter().map(|c| (c.incomplete_since, c.id)));
        after = page.next;
    }
    same("Anna's, a page each", found, newest_first)?;
    claim(after.is_none(), "she has two")?;
    let free = incomplete_customers(&mut *unit, Whose::Nobody, None, 10).await?.items;
    same("nobody's", free.iter().map(|c| c.owner_id).collect::<Vec<_>>(), vec![None])?;
    let hers = incomplete_interactions(&mut *unit, Whose::Of(anna), None, 10).await?.items;
    let lacks = hers.iter().map(|visit| visit.missing.clone()).collect::<Vec<_>>();
    let expected = ["place", "outcome", "next_step"].into_iter().collect();
    same("what Anna's open visit lacks", lacks, vec![expected])?;
    drop(unit);

    // What is completed is off the list.
    let mut work = case.begin().await?;
    let completed = expect(&mut *work, first.id).await?.edit(complete);
    let completed = work.update(completed).await?;
    same("completed", (completed.completeness, completed.incomplete_since), (100, None))?;
    work.commit().await?;

    // Another house does not accept a name alone.
    let mut work = case.store().begin(case.scope(1, "carol")?).await?;
    work.settings()
        .change(|rules| {
            rules.completeness = CompletenessPolicy::publishing_house();
            for rule in &mut rules.completeness.customer {
                rule.fields.values_mut().for_each(|demand| *demand = Demand::Refuse);
            }
        })
        .await?;
    let refused = work.insert(of(None)).await;
    let error = fails("a name alone", refused, ErrorKind::Invalid)?.to_string();
    claim(missing.iter().all(|field| error.contains(field)), error)?;
    let mut whole = of(None);
    complete(&mut whole);
    work.insert(whole).await?;
    Ok(())
}

fn complete(customer: &mut Customer) {
    let text = |text: &str| Some(text.to_owned());
    customer.category = text("school");
    customer.industry = text("education");
    customer.phones.0.push(Phone { kind: PhoneKind::Main, number: "1".to_owned() });
    customer.fax = text("2");
    customer.contact_person = text("Dr Wei");
    customer.postcode = text("100871");
    customer.street = text("Yiheyuan Road 5");
}

async fn closed_is_closed(case: &Case) -> Held {
    let mut work = case.begin().await?;
    work.settings()
        .change(|rules| rules.completeness = CompletenessPolicy::publishing_house())
        .await?;
    let customer = work.insert(customer(case, "School")).await?.id;
    let at = Timestamp::from_micros(work.now().micros() - 3_600_000_000)?;
    let mut draft = Interaction::new(case.id(), customer, Channel::Visit, Direction::Outbound, at);
    let mut bare = draft.clone();
    bare.id = case.id();
    let bare = work.interactions().record(bare).await?.id;
    draft.content = Some("promised 5 % off".into());
    draft.place = Some("at theirs".into());
    draft.outcome = Some("they will sign".into());
    draft.next_step = Some("send the contract".into());
    let call = work.interactions().record(draft.clone()).await?.id;
    // At the end of the day: what lacks something stays open, by the rules of the house alone.
    let until = work.now();
    let day = work.interactions().close_day(until, None, &|_| Vec::new()).await?;
    let left: Vec<_> = day.left.iter().map(|(call, lacks)| (call.id, lacks.len())).collect();
    same("what is left, and how much it lacks", left, vec![(bare, 4)])?;
    same("what was closed", day.closed, vec![call])?;
    work.commit().await?;
    let closed = expect(&mut *case.read().await?, call).await?;
    // Nobody changes it: by no verb, by no edit, not by sending another one in its place.
    for who in ["anna", "somebody else"] {
        let mut work = case.store().begin(case.scope(0, who)?).await?;
        let edited = closed.clone().edit(|i| i.outcome = Some("I was never there".into()));
        let error = fails("an edit", work.update(edited).await, ErrorKind::Refused)?.to_string();
        claim(error.contains("anna"), format!("it does not say who closed it: {error}"))?;
        claim(error.contains("addendum"), format!("it does not say what to do: {error}"))?;
        let open = draft.clone();
        let reopened = closed.clone().edit(|i| *i = open);
        fails("an open one", work.update(reopened).await, ErrorKind::Refused)?;
        fails("to close it", work.interactions().close(call).await, ErrorKind::Refused)?;
        let revised = work.interactions().revise(call, |i| i.content = None).await;
        fails("a revision", revised, ErrorKind::Refused)?;
        let until = Timestamp::MAX;
        let day = work.interactions().close_day(until, None, &|_| vec!["all".into()]).await?;
        same("what is still to be closed", (day.closed.len(), day.left.len()), (0, 1))?;
        let mut other = draft.clone();
        other.content = Some("promised nothing".into());
        let sent = work.interactions().record(other.clone()).await;
        fails("another one in its place", sent, ErrorKind::Duplicate)?;
        fails("to add another one", work.insert(other.clone()).await, ErrorKind::Duplicate)?;
        let many = work.insert_all(vec![other]).await;
        fails("to add another one", many, ErrorKind::Duplicate)?;
        work.commit().await?;
    }
    // What was wrong is said beside it, by somebody who signs it.
    let mut work = case.store().begin(case.scope(0, "somebody else")?).await?;
    work.interactions().add_addendum(case.id(), call, "it was 6 %").await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let after = expect(&mut *unit, call).await?;
    same("the record after all that", (&*after, after.version()), (&*closed, 2))?;
    let kinds = [TimelineKind::Addendum];
    let story = timeline(&mut *unit, customer, &kinds, None, 10).await?;
    let [TimelineEntry { happened: Happening::Addendum(added), .. }] = story.as_slice() else {
        return Err(Failure::new(format!("there is not one addendum: {story:?}")));
    };
    let told = (added.written_by.as_str(), added.text.as_str(), added.interaction_id);
    same("the addendum", told, ("somebody else", "it was 6 %", call))
}

async fn nobody_answered(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let library = work.insert(customer(case, "City Library")).await?.id;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let bob = work.insert(StaffMember::new(case.id(), "Bob")).await?.id;
    let at = "2017-12-28T16:00:00Z".parse()?;
    let mut mail = Interaction::new(case.id(), library, Channel::Email, Direction::Inbound, at);
    mail.content = Some("please call us".into());
    mail.next_step = Some("call them".into());
    mail.next_step_due = Some(day("2017-12-29")?);
    mail.next_step_owner_id = Some(anna);
    let mail = work.interactions().record(mail).await?.id;
    // The record is closed, the promise is not kept by that.
    work.interactions().close(mail).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (today, late) in [("2017-12-29", 0), ("2017-12-30", 1), ("2018-06-30", 1)] {
        let of_anna = task::late(day(today)?).and(task::OWNER_ID.eq(anna));
        let page = unit.find(of_anna.query().order_by(&task::DUE)).await?;
        same(&format!("what is late on {today}"), page.items.len(), late)?;
        for step in page.items {
            let told = (step.title.as_str(), step.customer_id, step.interaction_id);
            same("the promise", told, ("call them", Some(library), Some(mail)))?;
        }
        let of_bob = task::late(day(today)?).and(task::OWNER_ID.eq(bob));
        same("what is late with others", unit.count(of_bob).await?, 0)?;
    }
    let story = timeline(&mut *unit, library, &[TimelineKind::Task], None, 10).await?;
    let [TimelineEntry { happened: Happening::Task(step), .. }] = story.as_slice() else {
        return Err(Failure::new(format!("there is not one task: {story:?}")));
    };
    drop(unit);
    let mut work = case.begin().await?;
    work.tasks().complete(step.id, Some("they want a quotation".into())).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("what is late then", unit.count(task::late(day("2018-06-30")?)).await?, 0)
}

async fn the_retry(case: &Case) -> Held {
    let scope = case.anna()?;
    let ids: (Id<Customer>, Id<Pipeline>, Id<Opportunity>) = (case.id(), case.id(), case.id());
    let mut answers = Vec::new();
    for _ in 0..3 {
        let answer = run(case.store(), &scope, |work| {
            Box::pin(async move {
                let acme = Customer::new(ids.0, CustomerKind::Organisation, "Acme");
                let acme = crate::store::ensure(work, acme).await?;
                let pipeline = crate::store::ensure(work, Pipeline::sales(ids.1)).await?;
                let mut new = Opportunity::open(ids.2, "GTX", &pipeline)?;
                new.customer_id = Some(acme.id);
                let opportunity = work.opportunities().open(new).await?;
                Ok((acme, opportunity))
            })
        });
        answers.push(answer.await?);
    }
    claim(answers.iter().all(|answer| *answer == answers[0]), "one answer for all of them")?;
    let mut unit = case.read().await?;
    same("customers", unit.count(Criteria::<Customer>::everything()).await?, 1)?;
    same("opportunities", unit.count(Criteria::<Opportunity>::everything()).await?, 1)
}

async fn two_houses_one_server(case: &Case) -> Held {
    let mut owners = Vec::new();
    for house in [0, 1] {
        let scope = case.scope(house, "anna")?;
        let mut work = case.store().begin(scope).await?;
        let owner = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
        let mut new = customer(case, "Acme");
        new.external_id = Some("10001".into());
        new.owner_id = Some(owner);
        let id = work.insert(new).await?.id;
        let day = day("2017-12-31")?;
        let revenue = if house == 0 { "1 USD" } else { "1000 USD" };
        work.insert(Transaction::new(case.id(), id, day, revenue.parse()?)).await?;
        work.commit().await?;
        owners.push((owner, id));
    }
    for house in [0, 1] {
        let (own, other) = (house, 1 - house);
        let scope = case.scope(house as u64, "anna")?;
        let mut unit = case.store().read(scope.clone()).await?;
        same("their customer", unit.get(owners[other].1).await?, None)?;
        claim(unit.get(owners[own].1).await?.is_some(), "one's own is there")?;
        same("customers", unit.count(Criteria::<Customer>::everything()).await?, 1)?;
        let total = ranked(value_by(&mut *unit, Basis::Revenue, None).await?)?.total;
        same("the revenue", total.as_str(), if house == 0 { "1.00" } else { "1000.00" })?;
        let sums = Sums::of(&transaction::REVENUE);
        let sums = Insights::<Transaction>::sums(&mut *unit, sums).await?;
        let amounts: Vec<_> = sums.iter().map(|sum| sum.amount.normalize()).collect();
        same(
            "all revenue",
            amounts,
            vec![if house == 0 { Decimal::ONE } else { Decimal::ONE_THOUSAND }],
        )?;
        let unknown = timeline(&mut *unit, owners[other].1, &[], None, 10).await;
        fails("their story", unknown, ErrorKind::Missing)?;
        drop(unit);
        let mut work = case.store().begin(scope).await?;
        let mut new = customer(case, "with their owner");
        new.owner_id = Some(owners[other].0);
        fails("a customer of their salesperson", work.insert(new).await, ErrorKind::Missing)?;
    }
    Ok(())
}

pub(super) fn customer(case: &Case, name: &str) -> Customer {
    Customer::new(case.id(), CustomerKind::Organisation, name)
}

pub(super) fn ranked<T>(answer: Option<T>) -> Held<T> {
    answer.ok_or_else(|| Failure::new("there is something to add up"))
}
