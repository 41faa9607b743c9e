//! Customers that come back into a pool by themselves.

use std::{collections::BTreeSet, sync::Arc};

use async_lock::Barrier;

use crate::{
    customer::{self, Customer},
    handover::HandoverPlan,
    interaction::{Channel, Direction, Interaction},
    kernel::{CustomValue, ErrorKind, Id, Timestamp},
    merge::MergeCommand,
    opportunity::Opportunity,
    org_unit::OrgUnit,
    owner_change,
    ownership::{
        OwnerVerb, Pool, PoolRules, RecycleRule, Recycled, Why, due_to_recycle, ownership_history,
    },
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{expect, run},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    owners::{colleague, of},
    pools::a_pool,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_stale_customer,
        what_comes_back_comes_back_once,
        who_just_got_a_customer_keeps_it_for_a_while,
        a_contract_that_ended_and_no_deal_that_is_open,
        a_pool_of_a_branch_takes_back_its_own_customers,
        customers_come_back_by_their_stage,
        what_was_said_to_a_merged_customer_counts,
        who_handed_a_customer_over_waits_too
    ]
}

/// After so many days without a word.
fn silent(name: &str, days: u32) -> RecycleRule {
    let (when, ended) = (crate::kernel::Criteria::everything(), None);
    let silent_days = Some(days);
    RecycleRule { name: name.to_owned(), when, silent_days, ended, without_opportunity: false }
}

/// So many days from an instant.
fn in_days(at: Timestamp, days: i64) -> Held<Timestamp> {
    Ok(Timestamp::from_micros(at.micros() + days * 86_400_000_000)?)
}

fn names(found: &Recycled) -> BTreeSet<&str> {
    found.returned.iter().map(|due| due.name.as_str()).collect()
}

async fn the_stale_customer(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    // Key accounts after 30 days, all others after 90.
    let mut key = silent("key accounts", 30);
    key.when = customer::CATEGORY.eq("key");
    let rules = PoolRules {
        cap: Some(1),
        counts: customer::CATEGORY.eq("key"),
        wait_days: 14,
        recycling: vec![key, silent("all others", 90)],
        ..PoolRules::default()
    };
    let pool = a_pool(&mut *work, case, rules).await?;
    let now = work.now();
    let mut ids = Vec::new();
    for (name, category, spoken) in [
        ("key, silent", "key", Some(-31)),
        ("key, spoken with", "key", Some(-29)),
        ("retail, silent", "retail", Some(-91)),
        ("retail, spoken with", "retail", Some(-31)),
        ("key, never spoken with", "key", None),
    ] {
        let new = Customer { category: Some(category.into()), ..of(case, Some(anna), name) };
        let id = work.insert(new).await?.id;
        if let Some(days) = spoken {
            let (channel, at) = (Channel::Phone, in_days(now, days)?);
            let call = Interaction::new(case.id(), id, channel, Direction::Outbound, at);
            work.insert(call).await?;
            // What is said among colleagues is no contact.
            let note = Interaction::new(case.id(), id, Channel::Other, Direction::Internal, now);
            work.insert(note).await?;
        }
        ids.push(id);
    }
    work.insert(of(case, None, "free anyhow")).await?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let due = due_to_recycle(&mut *unit, pool, now, None, 100).await?;
    let expected = BTreeSet::from(["key, silent", "retail, silent"]);
    same("what is due", names(&due), expected.clone())?;
    same("how many were looked at", due.seen, 5)?;
    let later = due_to_recycle(&mut *unit, pool, in_days(now, 31)?, None, 100).await?;
    let third = BTreeSet::from([
        "key, silent",
        "key, spoken with",
        "retail, silent",
        "key, never spoken with",
    ]);
    same("what is due a month later", names(&later), third)?;
    drop(unit);

    let mut work = case.begin().await?;
    let returned = work.ownership().recycle(pool, now, None, 100).await?;
    work.commit().await?;
    same("what came back is what was due", returned, due)?;
    let mut unit = case.read().await?;
    let (first, kept) = (ids[0], ids[1]);
    same("whose it is", expect(&mut *unit, first).await?.owner_id, None)?;
    same("whose the other is", expect(&mut *unit, kept).await?.owner_id, Some(anna))?;
    let history = ownership_history(&mut *unit, first).await?;
    let last = history.last().map(|step| (step.verb, step.pool_id, step.reason.as_deref()));
    let why = Some("key accounts: no interaction for 30 days");
    same("its history", last, Some((Some(OwnerVerb::Recycled), Some(pool), why)))?;
    drop(unit);
    // Its former owner waits; another may take it, as many as they may have.
    let mut work = case.begin().await?;
    let answer = work.ownership().claim(pool, first, anna).await;
    let error = fails("the former owner", answer, ErrorKind::Refused)?.to_string();
    claim(error.contains("may take it again from"), error)?;
    work.ownership().claim(pool, first, bob).await?;
    let answer = work.ownership().claim(pool, ids[2], bob).await;
    let error = fails("one too many", answer, ErrorKind::Refused)?.to_string();
    claim(error.contains("they have 1 customers, and 1 is the most here"), error)?;
    work.commit().await?;
    Ok(())
}

async fn what_comes_back_comes_back_once(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let rules = PoolRules { recycling: vec![silent("all", 30)], ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    let new = (0..40).map(|n| of(case, Some([anna, bob][n % 2]), &format!("Library {n}")));
    let new: Vec<_> = new.collect();
    work.insert_all(new).await?;
    let as_of = in_days(work.now(), 31)?;
    work.commit().await?;
    // Two at once, in pieces, each piece a unit of its own.
    let both = Arc::new(Barrier::new(2));
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (case, both) = (case.clone(), Arc::clone(&both));
            case.clone().spawn(async move {
                both.wait().await;
                all_pieces(&case, pool, as_of, 7).await
            })
        })
        .collect();
    let mut returned = Vec::new();
    for task in tasks {
        returned.extend(task.join().await?);
    }
    let each: BTreeSet<_> = returned.iter().copied().collect();
    same("each came back once", (returned.len(), each.len()), (40, 40))?;
    same("and never again", all_pieces(case, pool, as_of, 7).await?.len(), 0)?;
    let mut unit = case.read().await?;
    let recycled = owner_change::VERB.eq(OwnerVerb::Recycled);
    same("changes of owner", unit.count(recycled).await?, 40)?;
    same("with an owner", unit.count(customer::OWNER_ID.is_present()).await?, 0)
}

async fn all_pieces(
    case: &Case,
    pool: Id<Pool>,
    as_of: Timestamp,
    limit: u32,
) -> Held<Vec<Id<Customer>>> {
    let scope = case.anna()?;
    let (mut returned, mut after) = (Vec::new(), None);
    loop {
        let piece = run(case.store(), &scope, |work| {
            let after = after.clone();
            Box::pin(async move { work.ownership().recycle(pool, as_of, after, limit).await })
        });
        let piece = piece.await?;
        returned.extend(piece.returned.into_iter().map(|due| due.customer_id));
        after = piece.next;
        if after.is_none() {
            return Ok(returned);
        }
    }
}

async fn who_just_got_a_customer_keeps_it_for_a_while(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let mut gone = silent("gone cold", 10);
    gone.silent_days = None;
    gone.when = customer::CATEGORY.eq("cold");
    let recycling = vec![gone, silent("silent", 30)];
    let rules = PoolRules { protect_days: 20, recycling, ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    let cold = |name| Customer { category: Some("cold".into()), ..of(case, None, name) };
    let id = work.insert(cold("assigned")).await?.id;
    work.ownership().assign(id, anna, Why::default()).await?;
    work.insert(Customer { owner_id: Some(anna), ..cold("added with its owner") }).await?;
    let now = work.now();
    work.commit().await?;
    let mut unit = case.read().await?;
    let due = due_to_recycle(&mut *unit, pool, in_days(now, 19)?, None, 100).await?;
    same("within the days", (due.seen, due.returned.len()), (2, 0))?;
    let due = due_to_recycle(&mut *unit, pool, in_days(now, 21)?, None, 100).await?;
    same("after them", names(&due), BTreeSet::from(["assigned", "added with its owner"]))?;
    drop(unit);
    // It is kept from the rules, not from those who decide.
    let mut work = case.begin().await?;
    same("reclaimed", work.ownership().reclaim(id, None).await?.owner_id, None)?;
    work.commit().await?;
    Ok(())
}

async fn a_contract_that_ended_and_no_deal_that_is_open(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ended = |name: &str, without_opportunity| RecycleRule {
        silent_days: None,
        ended: Some("contract_end".to_owned()),
        without_opportunity,
        ..silent(name, 1)
    };
    let rules = PoolRules { recycling: vec![ended("over", true)], ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    let as_of: Timestamp = "2018-03-01T12:00:00Z".parse()?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    for (name, end, deal) in [
        ("over", Some("2018-02-28"), false),
        ("today is its last day", Some("2018-03-01"), false),
        ("over, in talks", Some("2018-02-28"), true),
        ("no contract", None, false),
    ] {
        let mut new = of(case, Some(anna), name);
        if let Some(end) = end {
            let day = super::case::day(end)?;
            new.custom.0.insert("contract_end".into(), CustomValue::Date(day));
        }
        let id = work.insert(new).await?.id;
        if deal {
            let mut new = Opportunity::open(case.id(), "Renewal", &pipeline)?;
            new.customer_id = Some(id);
            work.insert(new).await?;
        }
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let due = due_to_recycle(&mut *unit, pool, as_of, None, 100).await?;
    same("what is due", names(&due), BTreeSet::from(["over"]))?;
    same("no more were looked at than may be", due.seen, 2)?;
    let why = due.returned.first().map(|due| due.why.as_str());
    same("why", why, Some("over: contract_end is over, no open opportunity"))
}

async fn a_pool_of_a_branch_takes_back_its_own_customers(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let north = work.insert(OrgUnit::new(case.id(), "North")).await?.id;
    let team = OrgUnit { parent_id: Some(north), ..OrgUnit::new(case.id(), "Team") };
    let team = work.insert(team).await?.id;
    let south = work.insert(OrgUnit::new(case.id(), "South")).await?.id;
    let mut pools = Vec::new();
    for unit in [north, south] {
        let rules = PoolRules { recycling: vec![silent("all", 30)], ..PoolRules::default() };
        let new = Pool { org_unit_id: Some(unit), ..Pool::new(case.id(), unit.to_string(), rules) };
        pools.push(work.insert(new).await?.id);
    }
    for (name, unit) in [("of north", north), ("of its team", team), ("of south", south)] {
        let member = StaffMember { org_unit_id: Some(unit), ..StaffMember::new(case.id(), name) };
        let member = work.insert(member).await?.id;
        work.insert(of(case, Some(member), name)).await?;
    }
    let nowhere = colleague(&mut *work, case, "Nowhere").await?;
    work.insert(of(case, Some(nowhere), "of nobody's branch")).await?;
    let as_of = in_days(work.now(), 31)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let due = due_to_recycle(&mut *unit, pools[0], as_of, None, 100).await?;
    same("of the north", names(&due), BTreeSet::from(["of north", "of its team"]))?;
    let due = due_to_recycle(&mut *unit, pools[1], as_of, None, 100).await?;
    same("of the south", names(&due), BTreeSet::from(["of south"]))?;
    let answer = due_to_recycle(&mut *unit, pools[0], as_of, None, 0).await;
    fails("no limit", answer, ErrorKind::Invalid)?;
    let answer = due_to_recycle(&mut *unit, case.id(), as_of, None, 10).await;
    fails("no such pool", answer, ErrorKind::Missing)?;
    drop(unit);
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, pools[0]).await?;
    work.update(stored.edit(|pool| pool.active = false)).await?;
    let answer = work.ownership().recycle(pools[0], as_of, None, 10).await;
    fails("a pool that is not in use", answer, ErrorKind::Refused)?;
    Ok(())
}

async fn customers_come_back_by_their_stage(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let mut by_stage = silent("prospects", 30);
    by_stage.when = customer::LIFECYCLE_STAGE.eq("prospect");
    let rules = PoolRules { recycling: vec![by_stage], ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    for stage in ["prospect", "active"] {
        let new = Customer { lifecycle_stage: stage.into(), ..of(case, Some(anna), stage) };
        work.insert(new).await?;
    }
    let as_of = in_days(work.now(), 31)?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let found = work.ownership().recycle(pool, as_of, None, 100).await?;
    same("what came back", names(&found), BTreeSet::from(["prospect"]))?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("what stays", unit.count(customer::OWNER_ID.eq(anna)).await?, 1)
}

async fn what_was_said_to_a_merged_customer_counts(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let rules = PoolRules { recycling: vec![silent("all", 30)], ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    let mut pairs = Vec::new();
    for name in ["filed", "filed late", "silent"] {
        let survivor = work.insert(of(case, Some(anna), name)).await?.id;
        let other = work.insert(of(case, Some(anna), &format!("{name}, too"))).await?.id;
        pairs.push((survivor, other));
    }
    let as_of = in_days(work.now(), 31)?;
    let call = |of| {
        let (channel, way) = (Channel::Phone, Direction::Inbound);
        let at = in_days(as_of, -1)?;
        Held::Ok(Interaction::new(case.id(), of, channel, way, at))
    };
    work.insert(call(pairs[0].1)?).await?;
    for (survivor, other) in &pairs {
        let command = MergeCommand::new(case.id(), *survivor, vec![*other]);
        work.customers().merge(command).await?;
    }
    // What comes later lies under the old id.
    work.insert(call(pairs[1].1)?).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let found = work.ownership().recycle(pool, as_of, None, 100).await?;
    same("what came back", names(&found), BTreeSet::from(["silent"]))?;
    work.commit().await?;
    Ok(())
}

async fn who_handed_a_customer_over_waits_too(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let rules = PoolRules { wait_days: 7, ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    let id = work.insert(of(case, Some(anna), "Library")).await?.id;
    let handover = case.id();
    work.ownership().begin_handover(handover, anna, HandoverPlan::to(bob), None).await?;
    work.ownership().continue_handover(handover, 10).await?;
    work.ownership().reclaim(id, None).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    for who in [anna, bob] {
        let answer = work.ownership().claim(pool, id, who).await;
        let error = fails("who had it", answer, ErrorKind::Refused)?.to_string();
        claim(error.contains("may take it again from"), error)?;
    }
    let carl = colleague(&mut *work, case, "Carl").await?;
    same("another", work.ownership().claim(pool, id, carl).await?.owner_id, Some(carl))
}
