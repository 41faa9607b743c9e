//! A salesperson leaves: everything goes to others.

use std::{collections::BTreeMap, sync::Arc};

use async_lock::Barrier;
use rust_decimal::Decimal;

use crate::{
    customer::{self, Customer},
    handover::{Handover, HandoverPlan, HandoverRule},
    kernel::{Currency, ErrorKind, Id, Stored},
    lead::{self, Lead},
    opportunity::{self, Opportunity},
    owner_change::{self, OwnerChange, OwnerVerb},
    ownership::{MOST_AT_ONCE, Share, belongings, ownership_history, preview_handover},
    staff_member::StaffMember,
    store::{ReadUnit, UnitOfWork, every, expect, run},
    task::{self, Task},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    law::Law,
    merging::{call, said},
    owners::{colleague, of, who_left},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_salesperson_leaves,
        a_handover_that_was_interrupted_goes_on,
        two_go_on_with_one_handover_at_once,
        one_unit_hands_over_thousands,
        a_preview_is_what_the_handover_does,
        a_handover_that_cannot_be_is_refused
    ]
}

/// What somebody has who is about to leave.
struct Desk {
    from: Id<StaffMember>,
    to: [Id<StaffMember>; 2],
    customers: Vec<Id<Customer>>,
}

/// Ten customers, of each third one an opportunity, of each second one a task, and things of no customer.
async fn a_desk(work: &mut (dyn UnitOfWork + '_), case: &Case) -> Held<Desk> {
    let theirs = Setting::furnish(work, case).await?;
    let from = colleague(work, case, "Leaver").await?;
    let to = [colleague(work, case, "Anna").await?, colleague(work, case, "Bob").await?];
    let mut customers = Vec::new();
    for n in 0..10 {
        let category = if n < 4 { "key" } else { "other" };
        let new =
            Customer { category: Some(category.into()), ..of(case, Some(from), &format!("C{n}")) };
        let id = work.insert(new).await?.id;
        customers.push(id);
        if n % 3 == 0 {
            work.insert(chance(case, &theirs, from, Some(id), "1000 EUR")?).await?;
        }
        if n % 2 == 0 {
            work.insert(promise(case, from, Some(id))?).await?;
        }
    }
    // Of a colleague's customer, of no customer, and what is over and stays as it was.
    let other = work.insert(of(case, Some(to[1]), "Bob's")).await?.id;
    work.insert(chance(case, &theirs, from, Some(other), "70 USD")?).await?;
    work.insert(chance(case, &theirs, from, None, "5 EUR")?).await?;
    let won = work.insert(chance(case, &theirs, from, Some(other), "9 EUR")?).await?.id;
    work.opportunities().win(won, day("2017-12-31")?, None).await?;
    work.insert(promise(case, from, None)?).await?;
    let done = work.insert(promise(case, from, None)?).await?.id;
    work.tasks().complete(done, None).await?;
    for name in ["Ann Lee", "Bo Ray"] {
        let mut new = Lead::person(case.id(), name);
        new.owner_id = Some(from);
        work.insert(new).await?;
    }
    let mut lost = Lead::person(case.id(), "Cy Orr");
    lost.owner_id = Some(from);
    let lost = work.insert(lost).await?.id;
    work.leads().disqualify(lost, "no budget").await?;
    Ok(Desk { from, to, customers })
}

pub(super) fn chance(
    case: &Case,
    theirs: &Setting,
    owner: Id<StaffMember>,
    customer: Option<Id<Customer>>,
    amount: &str,
) -> Held<Opportunity> {
    let mut new = Opportunity::open(case.id(), "Chance", &theirs.pipeline)?;
    (new.owner_id, new.customer_id, new.amount) = (Some(owner), customer, Some(amount.parse()?));
    new.probability = Some(Decimal::new(50, 0));
    Ok(new)
}

fn promise(case: &Case, owner: Id<StaffMember>, customer: Option<Id<Customer>>) -> Held<Task> {
    let mut new = Task::new(case.id(), "call", "2017-12-30T08:00:00Z".parse()?);
    (new.owner_id, new.customer_id) = (Some(owner), customer);
    Ok(new)
}

const ALL: Share = Share { customers: 10, opportunities: 6, tasks: 6, leads: 2, helping: 0 };

async fn the_salesperson_leaves(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let desk = a_desk(&mut *work, case).await?;
    let first = desk.customers[0];
    work.interactions().record(call(case, first, "promised 5 %", "2017-11-03T09:00:00Z")?).await?;
    let leaver = expect(&mut *work, desk.from).await?;
    work.update(leaver.edit(|member| member.active = false)).await?;
    same("what they have", belongings(&mut *work, desk.from).await?, ALL)?;
    work.commit().await?;

    let [anna, bob] = desk.to;
    let rules = vec![HandoverRule { when: customer::CATEGORY.eq("key"), to: vec![anna] }];
    let plan = HandoverPlan { rules, ..HandoverPlan::to(bob) };
    let id = case.id();
    let mut work = case.begin().await?;
    let why = Some("she left".to_owned());
    let begun = work.ownership().begin_handover(id, desk.from, plan.clone(), why.clone()).await?;
    same("nothing has moved", belongings(&mut *work, desk.from).await?, ALL)?;
    let again = work.ownership().begin_handover(id, desk.from, plan.clone(), why).await?;
    same("begun again", again.version(), begun.version())?;
    let answer = work.ownership().begin_handover(id, desk.from, plan, None).await;
    fails("another one under its id", answer, ErrorKind::Duplicate)?;
    let done = work.ownership().continue_handover(id, MOST_AT_ONCE).await?;
    claim(done.completed_at.is_some(), "it is complete")?;
    let again = work.ownership().continue_handover(id, MOST_AT_ONCE).await?;
    same("gone on with again", again.version(), done.version())?;
    work.commit().await?;

    let mut unit = case.read().await?;
    same("what stays behind", belongings(&mut *unit, desk.from).await?.all(), 0)?;
    let total: u64 = done.done.0.values().map(|share| share.all()).sum();
    same("how many were handed over", total, ALL.all())?;
    for (n, id) in desk.customers.iter().enumerate() {
        let to = if n < 4 { anna } else { bob };
        same("whose it is", expect(&mut *unit, *id).await?.owner_id, Some(to))?;
        // What belongs to it went with it.
        let with = opportunity::CUSTOMER_ID.eq(*id).and(opportunity::OWNER_ID.ne(to));
        same("opportunities of others", unit.count(with).await?, 0)?;
        let with = task::CUSTOMER_ID.eq(*id).and(task::OWNER_ID.ne(to));
        same("tasks of others", unit.count(with).await?, 0)?;
    }
    let theirs = opportunity::OWNER_ID.eq(desk.from);
    same("what is won stays theirs", unit.count(theirs).await?, 1)?;
    same("what is done stays theirs", unit.count(task::OWNER_ID.eq(desk.from)).await?, 1)?;
    same("who is no lead any more", unit.count(lead::OWNER_ID.eq(desk.from)).await?, 1)?;
    // The new owner reads it all.
    same("what was said", said(&mut *unit, first).await?, vec!["promised 5 %"])?;
    let history = ownership_history(&mut *unit, first).await?;
    let steps: Vec<_> = history.iter().map(|s| (s.to, s.verb, s.reason.as_deref())).collect();
    let expected = vec![
        (Some(desk.from), None, None),
        (Some(anna), Some(OwnerVerb::HandedOver), Some("she left")),
    ];
    same("its owners", steps, expected)?;
    let trace = history[1].trace.get("handover");
    same("by which handover", trace, Some(id.to_string().into()))
}

async fn begun(case: &Case, desk: &Desk) -> Held<Id<Handover>> {
    let id = case.id();
    let plan = HandoverPlan { others: desk.to.to_vec(), ..HandoverPlan::default() };
    let mut work = case.begin().await?;
    work.ownership().begin_handover(id, desk.from, plan, None).await?;
    work.commit().await?;
    Ok(id)
}

/// Each record changed hands once, and all that they had.
async fn all_went_once(case: &Case, desk: &Desk, handover: &Stored<Handover>) -> Held {
    let mut unit = case.read().await?;
    claim(handover.completed_at.is_some(), "it is complete")?;
    same("what stays behind", belongings(&mut *unit, desk.from).await?.all(), 0)?;
    let mut total = Share::default();
    for share in handover.done.0.values() {
        total.customers += share.customers;
        total.opportunities += share.opportunities;
        total.tasks += share.tasks;
        total.leads += share.leads;
        total.helping += share.helping;
    }
    same("what was counted", total, ALL)?;
    let changes = owner_change::OWNER_BEFORE.eq(desk.from);
    same("changes of owner", unit.count(changes).await?, ALL.all())
}

async fn a_handover_that_was_interrupted_goes_on(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let desk = a_desk(&mut *work, case).await?;
    work.commit().await?;
    let id = begun(case, &desk).await?;
    let mut handed = 0;
    loop {
        // One that is lost on the way moves nothing.
        let mut lost = case.begin().await?;
        lost.ownership().continue_handover(id, 3).await?;
        drop(lost);
        let mut work = case.begin().await?;
        let now = work.ownership().continue_handover(id, 3).await?;
        work.commit().await?;
        let total: u64 = now.done.0.values().map(|share| share.all()).sum();
        let mut unit = case.read().await?;
        let left = belongings(&mut *unit, desk.from).await?.all();
        same("none is lost on the way", total + left, ALL.all())?;
        same("three at a time", total, (handed + 3).min(ALL.all()))?;
        handed = total;
        drop(unit);
        if now.completed_at.is_some() {
            return all_went_once(case, &desk, &now).await;
        }
    }
}

async fn two_go_on_with_one_handover_at_once(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let desk = a_desk(&mut *work, case).await?;
    work.commit().await?;
    let id = begun(case, &desk).await?;
    let both = Arc::new(Barrier::new(2));
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (case, both) = (case.clone(), Arc::clone(&both));
            case.clone().spawn(async move {
                both.wait().await;
                let scope = case.anna()?;
                loop {
                    let step = run(case.store(), &scope, |work| {
                        Box::pin(async move { work.ownership().continue_handover(id, 2).await })
                    });
                    let now = step.await?;
                    if now.completed_at.is_some() {
                        return Ok(now);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        all_went_once(case, &desk, &task.join().await?).await?;
    }
    Ok(())
}

async fn one_unit_hands_over_thousands(case: &Case) -> Held {
    const MANY: u64 = 1_200;
    let mut work = case.begin().await?;
    let from = colleague(&mut *work, case, "Leaver").await?;
    let to =
        [colleague(&mut *work, case, "Anna").await?, colleague(&mut *work, case, "Bob").await?];
    let new: Vec<_> = (0..MANY).map(|n| of(case, Some(from), &format!("C{n}"))).collect();
    work.insert_all(new).await?;
    work.commit().await?;
    let desk = Desk { from, to, customers: Vec::new() };
    let id = begun(case, &desk).await?;
    let mut work = case.begin().await?;
    let done = work.ownership().continue_handover(id, MOST_AT_ONCE).await?;
    work.commit().await?;
    claim(done.completed_at.is_some(), "it is complete")?;
    let mut unit = case.read().await?;
    for who in to {
        same("by turns", unit.count(customer::OWNER_ID.eq(who)).await?, MANY / 2)?;
    }
    same("what stays behind", belongings(&mut *unit, from).await?.all(), 0)
}

async fn a_preview_is_what_the_handover_does(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let desk = a_desk(&mut *work, case).await?;
    let now = work.now();
    work.commit().await?;
    let [anna, bob] = desk.to;
    let rules = vec![HandoverRule { when: customer::CATEGORY.eq("key"), to: vec![bob, anna] }];
    let plan = HandoverPlan { rules, others: vec![anna, bob], ..HandoverPlan::default() };
    let mut unit = case.read().await?;
    let mut foreseen = Vec::new();
    let preview = preview_handover(&mut *unit, desk.from, &plan, now, |item| {
        foreseen.push((item.kind, item.id, item.to));
        Ok(())
    })
    .await?;
    same("nothing has moved", belongings(&mut *unit, desk.from).await?, ALL)?;
    drop(unit);
    // In pieces, as it may be.
    let id = case.id();
    let mut work = case.begin().await?;
    work.ownership().begin_handover(id, desk.from, plan, None).await?;
    work.commit().await?;
    let done = loop {
        let mut work = case.begin().await?;
        let now = work.ownership().continue_handover(id, 5).await?;
        work.commit().await?;
        if now.completed_at.is_some() {
            break now;
        }
    };
    same("how many to whom", &done.done, &preview.shares)?;
    let mut unit = case.read().await?;
    let did = what_went(&mut *unit, desk.from).await?;
    foreseen.sort();
    same("record for record", did, foreseen)?;
    // And as much money: it is half of it by probability.
    let mut worth: BTreeMap<_, BTreeMap<Currency, Decimal>> = BTreeMap::new();
    for (who, sums) in &preview.worth {
        for (currency, sum) in sums {
            same("weighted", sum.weighted * Decimal::TWO, sum.amount)?;
            worth.entry(*who).or_default().insert(*currency, sum.amount);
        }
    }
    let mut found: BTreeMap<_, BTreeMap<Currency, Decimal>> = BTreeMap::new();
    for who in desk.to {
        let open = opportunity::STATUS.eq(opportunity::OpportunityStatus::Open);
        let theirs = opportunity::OWNER_ID.eq(who).and(open).query().limit(100);
        for one in unit.find(theirs).await?.items {
            if let Some(amount) = one.amount {
                *found.entry(who).or_default().entry(amount.currency()).or_default() +=
                    amount.amount();
            }
        }
    }
    same("money", found, worth)
}

/// Which records went from somebody to whom, by their kinds and ids.
pub(super) async fn what_went(
    unit: &mut (dyn ReadUnit + '_),
    from: Id<StaffMember>,
) -> Held<Vec<(&'static str, uuid::Uuid, Id<StaffMember>)>> {
    let mut went = Vec::new();
    every::<OwnerChange, _>(unit, owner_change::OWNER_BEFORE.eq(from).query(), |change| {
        let record =
            match (change.customer_id, change.opportunity_id, change.task_id, change.lead_id) {
                (Some(id), ..) => ("customer", id.uuid()),
                (_, Some(id), ..) => ("opportunity", id.uuid()),
                (_, _, Some(id), _) => ("task", id.uuid()),
                (.., Some(id)) => ("lead", id.uuid()),
                _ => return Ok(()),
            };
        went.extend(change.owner_after.map(|to| (record.0, record.1, to)));
        Ok(())
    })
    .await?;
    went.sort();
    Ok(went)
}

async fn a_handover_that_cannot_be_is_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let desk = a_desk(&mut *work, case).await?;
    let gone = who_left(&mut *work, case).await?;
    work.commit().await?;
    let [anna, _] = desk.to;
    let nobody = HandoverPlan::default();
    let no_rule = vec![HandoverRule { when: customer::CATEGORY.eq("key"), to: Vec::new() }];
    let no_rule = HandoverPlan { rules: no_rule, ..HandoverPlan::to(anna) };
    let twice = vec![HandoverRule { when: customer::CATEGORY.eq("key"), to: vec![anna, anna] }];
    let twice = HandoverPlan { rules: twice, ..HandoverPlan::to(anna) };
    let others_twice = HandoverPlan { others: vec![anna, anna], ..HandoverPlan::default() };
    let mut work = case.begin().await?;
    let now = work.now();
    for (what, plan, kind) in [
        ("to nobody", nobody, ErrorKind::Invalid),
        ("by a rule that names nobody", no_rule, ErrorKind::Invalid),
        ("by a rule that names somebody twice", twice, ErrorKind::Invalid),
        ("to somebody twice", others_twice, ErrorKind::Invalid),
        ("to themselves", HandoverPlan::to(desk.from), ErrorKind::Invalid),
        ("to who left", HandoverPlan::to(gone), ErrorKind::Refused),
        ("to nobody known", HandoverPlan::to(case.id()), ErrorKind::Missing),
    ] {
        let answer = preview_handover(&mut *work, desk.from, &plan, now, |_| Ok(())).await;
        fails(what, answer, kind)?;
        let answer = work.ownership().begin_handover(case.id(), desk.from, plan, None).await;
        fails(what, answer, kind)?;
    }
    let plan = HandoverPlan::to(anna);
    let answer = work.ownership().begin_handover(case.id(), case.id(), plan, None).await;
    fails("of nobody known", answer, ErrorKind::Missing)?;
    let id = case.id();
    work.ownership().begin_handover(id, desk.from, HandoverPlan::to(anna), None).await?;
    for limit in [0, MOST_AT_ONCE + 1] {
        let answer = work.ownership().continue_handover(id, limit).await;
        fails("a limit out of range", answer, ErrorKind::Invalid)?;
    }
    let answer = work.ownership().continue_handover(case.id(), 5).await;
    fails("no such handover", answer, ErrorKind::Missing)?;
    // Who is to get it leaves meanwhile.
    let stored = expect(&mut *work, anna).await?;
    work.update(stored.edit(|member| member.active = false)).await?;
    let answer = work.ownership().continue_handover(id, 5).await;
    let error = fails("to who left meanwhile", answer, ErrorKind::Refused)?.to_string();
    claim(error.contains("Anna does not work here any more: name somebody else"), error)?;
    same("nothing has moved", belongings(&mut *work, desk.from).await?, ALL)?;
    work.commit().await?;
    Ok(())
}
