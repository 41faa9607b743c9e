//! What a handover reaches: all that somebody has, each with what it belongs to.

use std::collections::BTreeMap;

use crate::{
    customer::{self, Customer, MergeCommand},
    handover::{HandoverPlan, HandoverRule},
    helper,
    kernel::Id,
    lead::{self, Lead},
    opportunity::{self, Opportunity},
    ownership::{HandedOver, belongings, complete_handover, preview_handover},
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
    task::{self, Task},
};

use super::{
    case::Case,
    claim::{Held, claim, same},
    law::Law,
    owners::{colleague, of},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        next_steps_go_with_their_opportunities_and_leads,
        nothing_stays_behind_whatever_it_is_or_when_it_came,
        who_helped_has_successors,
        a_handover_is_completed_in_one_call
    ]
}

/// What a task is about.
#[derive(Clone, Copy)]
pub(super) enum About {
    Deal(Id<Opportunity>),
    Lead(Id<Lead>),
    Customer(Id<Customer>),
    Nothing,
}

pub(super) fn step(case: &Case, owner: Id<StaffMember>, about: About) -> Held<Task> {
    let mut new = Task::new(case.id(), "call", "2017-12-30T08:00:00Z".parse()?);
    new.owner_id = Some(owner);
    match about {
        About::Deal(id) => new.opportunity_id = Some(id),
        About::Lead(id) => new.lead_id = Some(id),
        About::Customer(id) => new.customer_id = Some(id),
        About::Nothing => {}
    }
    Ok(new)
}

fn deal(case: &Case, theirs: &Setting, owner: Id<StaffMember>) -> Held<Opportunity> {
    let mut new = Opportunity::open(case.id(), "Chance", &theirs.pipeline)?;
    new.owner_id = Some(owner);
    Ok(new)
}

/// Hands all of it over, in pieces, as it was foreseen.
async fn hand_over(
    case: &Case,
    from: Id<StaffMember>,
    plan: HandoverPlan,
    at_once: u64,
) -> Held<HandedOver> {
    let mut foreseen = 0;
    let now = case.begin().await?.now();
    let preview = preview_handover(&mut *case.read().await?, from, &plan, now, |_| {
        foreseen += 1;
        Ok(())
    })
    .await?;
    let id = case.id();
    let mut work = case.begin().await?;
    work.ownership().begin_handover(id, from, plan, None).await?;
    work.commit().await?;
    let done = complete_handover(case.store(), &case.anna()?, id, at_once, |_| {}).await?;
    same("what was foreseen", &preview.shares, &done.done)?;
    same("how many", foreseen, done.done.0.values().map(|share| share.all()).sum::<u64>())?;
    Ok(done.into_inner().done)
}

async fn next_steps_go_with_their_opportunities_and_leads(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    let from = colleague(&mut *work, case, "Leaver").await?;
    let [anna, bob] =
        [colleague(&mut *work, case, "Anna").await?, colleague(&mut *work, case, "Bob").await?];
    let (mut deals, mut leads) = (Vec::new(), Vec::new());
    for n in 0..7 {
        let id = work.insert(deal(case, &theirs, from)?).await?.id;
        work.insert(step(case, from, About::Deal(id))?).await?;
        deals.push(id);
        let mut new = Lead::person(case.id(), format!("Visitor {n}"));
        new.owner_id = Some(from);
        let id = work.insert(new).await?.id;
        work.insert(step(case, from, About::Lead(id))?).await?;
        leads.push(id);
    }
    // A step of a colleague's deal, and one that does not say whose customer it is about.
    let bobs = work.insert(deal(case, &theirs, bob)?).await?.id;
    let of_bobs = work.insert(step(case, from, About::Deal(bobs))?).await?.id;
    let annas = work.insert(of(case, Some(anna), "Anna's")).await?.id;
    let mut others = deal(case, &theirs, theirs.staff[0])?;
    others.customer_id = Some(annas);
    let others = work.insert(others).await?.id;
    let of_annas = step(case, from, About::Deal(others))?;
    let of_annas = work.insert(of_annas).await?.id;
    work.commit().await?;
    let plan = HandoverPlan { others: vec![anna, bob], ..HandoverPlan::default() };
    let done = hand_over(case, from, plan, 3).await?;
    claim(done.0.len() == 2 && done.0.values().all(|to| to.all() > 8), "both get some")?;
    let mut unit = case.read().await?;
    let mut each = BTreeMap::new();
    for id in deals {
        let owner = expect(&mut *unit, id).await?.owner_id;
        *each.entry(owner).or_insert(0) += 1;
        let with = task::OPPORTUNITY_ID.eq(id).and(task::OWNER_ID.is_present());
        let with = unit.find(with.query()).await?.items;
        same("whose its step is", with.first().and_then(|step| step.owner_id), owner)?;
    }
    for id in leads {
        let owner = expect(&mut *unit, id).await?.owner_id;
        *each.entry(owner).or_insert(0) += 1;
        let with = unit.find(task::LEAD_ID.eq(id).query()).await?.items;
        same("whose its step is", with.first().and_then(|step| step.owner_id), owner)?;
    }
    same("by turns", each.into_values().collect::<Vec<_>>(), vec![7, 7])?;
    same("of Bob's deal", expect(&mut *unit, of_bobs).await?.owner_id, Some(bob))?;
    same("of Anna's customer", expect(&mut *unit, of_annas).await?.owner_id, Some(anna))
}

/// Everything of which somebody can be the owner, or that they help with, as it comes.
async fn all_sorts(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    theirs: &Setting,
    from: Id<StaffMember>,
) -> Held {
    let archived = Customer { archived_at: Some(work.now()), ..of(case, Some(from), "Archived") };
    work.insert(archived).await?;
    let survivor = work.insert(of(case, Some(from), "Library")).await?.id;
    let other = work.insert(of(case, Some(from), "The Library")).await?.id;
    let id = work.insert(deal(case, theirs, from)?).await?.id;
    work.insert(step(case, from, About::Deal(id))?).await?;
    let mut new = Lead::person(case.id(), "Visitor");
    new.owner_id = Some(from);
    let id = work.insert(new).await?.id;
    work.insert(step(case, from, About::Lead(id))?).await?;
    work.insert(step(case, from, About::Customer(other))?).await?;
    work.insert(step(case, from, About::Nothing)?).await?;
    work.ownership().share(theirs.customers[0], from, "presales").await?;
    work.customers().merge(MergeCommand::new(case.id(), survivor, vec![other])).await?;
    Ok(())
}

async fn nothing_stays_behind_whatever_it_is_or_when_it_came(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let theirs = Setting::furnish(&mut *work, case).await?;
    let from = colleague(&mut *work, case, "Leaver").await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    all_sorts(&mut *work, case, &theirs, from).await?;
    let before = belongings(&mut *work, from).await?;
    let expected = (before.customers, before.opportunities, before.leads, before.tasks);
    same("what they have", (expected, before.helping), ((2, 1, 1, 4), 1))?;
    let id = case.id();
    let plan = HandoverPlan::to(anna);
    work.ownership().begin_handover(id, from, plan.clone(), None).await?;
    work.commit().await?;
    // Each piece finds what came since the one before, of kinds that were done already too.
    let mut steps = 0;
    let completed = loop {
        let mut work = case.begin().await?;
        let now = work.ownership().continue_handover(id, 4).await?;
        work.commit().await?;
        if now.completed_at.is_some() {
            break now;
        }
        steps += 1;
        if steps <= 2 {
            let mut work = case.begin().await?;
            work.insert(of(case, Some(from), "Came meanwhile")).await?;
            work.insert(deal(case, &theirs, from)?).await?;
            work.insert(step(case, from, About::Nothing)?).await?;
            work.commit().await?;
        }
    };
    let total: u64 = completed.done.0.values().map(|share| share.all()).sum();
    same("what went", total, before.all() + 6)?;
    let mut unit = case.read().await?;
    same("what stays behind", belongings(&mut *unit, from).await?.all(), 0)?;
    // A check of its own, past what the library calls theirs.
    let owned = unit.count(customer::OWNER_ID.eq(from).and(customer::MERGED_INTO.is_empty()));
    let owned = owned.await?
        + unit.count(opportunity::OWNER_ID.eq(from)).await?
        + unit.count(lead::OWNER_ID.eq(from)).await?
        + unit.count(task::OWNER_ID.eq(from)).await?
        + unit.count(helper::STAFF_ID.eq(from).and(helper::UNTIL.is_empty())).await?;
    same("what names them still", owned, 0)?;
    drop(unit);
    // What comes later is for another one.
    let mut work = case.begin().await?;
    work.insert(of(case, Some(from), "Came later")).await?;
    let again = work.ownership().continue_handover(id, 4).await?;
    same("it is over", again.version(), completed.version())?;
    work.commit().await?;
    hand_over(case, from, plan, 4).await?;
    same("and now", belongings(&mut *case.read().await?, from).await?.all(), 0)
}

async fn who_helped_has_successors(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let from = colleague(&mut *work, case, "Leaver").await?;
    let [anna, bob, carl] = [
        colleague(&mut *work, case, "Anna").await?,
        colleague(&mut *work, case, "Bob").await?,
        colleague(&mut *work, case, "Carl").await?,
    ];
    let key = |owner| Customer { category: Some("key".into()), ..of(case, owner, "Key") };
    let annas = work.insert(key(Some(anna))).await?.id;
    let carls = work.insert(key(Some(carl))).await?.id;
    let free = work.insert(of(case, None, "Free")).await?.id;
    for (customer, role) in
        [(annas, "presales"), (carls, "presales"), (carls, "service"), (free, "service")]
    {
        work.ownership().share(customer, from, role).await?;
    }
    let before = work.ownership().share(carls, anna, "service").await?;
    work.ownership().share(free, from, "over").await?;
    work.ownership().unshare(free, from, "over").await?;
    work.commit().await?;
    let rules = vec![HandoverRule { when: customer::CATEGORY.eq("key"), to: vec![anna] }];
    let plan = HandoverPlan { rules, ..HandoverPlan::to(bob) };
    let done = hand_over(case, from, plan, 3).await?;
    let helping = |who| done.0.get(&who).map(|share| share.helping);
    same("how many to whom", (helping(anna), helping(bob)), (Some(3), Some(1)))?;
    let mut unit = case.read().await?;
    let mut now = Vec::new();
    for one in unit.find(helper::UNTIL.is_empty().query()).await?.items {
        now.push((one.customer_id, one.staff_id, one.role.clone()));
    }
    now.sort();
    // Anna has the first one herself, and helped in the third already.
    let mut expected =
        [(carls, anna, "presales"), (carls, anna, "service"), (free, bob, "service")]
            .map(|(customer, who, role)| (customer, who, role.to_owned()));
    expected.sort();
    same("who helps", now, expected.to_vec())?;
    let after = expect(&mut *unit, before.id).await?;
    same("who helped already", after.version(), before.version())?;
    same("whose it is", expect(&mut *unit, carls).await?.owner_id, Some(carl))
}

async fn a_handover_is_completed_in_one_call(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let from = colleague(&mut *work, case, "Leaver").await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let new = (0..25).map(|n| of(case, Some(from), &format!("C{n}"))).collect();
    work.insert_all(new).await?;
    let id = case.id();
    work.ownership().begin_handover(id, from, HandoverPlan::to(anna), None).await?;
    work.commit().await?;
    let mut told = Vec::new();
    let scope = case.anna()?;
    let done = complete_handover(case.store(), &scope, id, 10, |now| {
        told.push(now.done.0.values().map(|share| share.all()).sum::<u64>());
    })
    .await?;
    same("how it went on", told, vec![10, 20, 25])?;
    let again = complete_handover(case.store(), &scope, id, 10, |_| {}).await?;
    same("and again", again.version(), done.version())
}
