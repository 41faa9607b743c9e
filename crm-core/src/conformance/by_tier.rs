//! Rules that ask for the tier of a customer, and for what it is worth.

use std::collections::BTreeSet;

use crate::{
    assignment::{AssignmentOutcome, KindRules, Rule, RuleSet, Strategy, Which},
    customer::{self, Customer},
    kernel::{Criteria, CustomValue, ErrorKind, Timestamp},
    opportunity::Opportunity,
    ownership::{PoolRules, RecycleRule, due_to_recycle, ownership_history},
    pipeline::Pipeline,
    store::expect,
};

use super::{
    assignments::{queue, set, text},
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    owners::{colleague, of},
    pools::a_pool,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_tier_and_a_value_say_who_gets_it,
        customers_come_back_by_their_tier,
        a_tier_and_a_value_count_for_a_cap
    ]
}

/// A customer of a tier, worth so much.
fn worth(case: &Case, tier: Option<&str>, value: i64, name: &str) -> Customer {
    let mut one = Customer { tier: tier.map(str::to_owned), ..of(case, None, name) };
    one.custom.0.insert("value".into(), CustomValue::Number(value.into()));
    one
}

fn value(at_least: i64) -> Criteria<Customer> {
    customer::CUSTOM.field("value").at_least(at_least)
}

async fn a_tier_and_a_value_say_who_gets_it(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for name in ["Anna", "Ben", "Carl", "Dora"] {
        people.push(colleague(&mut *work, case, name).await?);
    }
    let to = |n: usize, name: &str| Rule::new(name, queue(&[people[n]], Strategy::RoundRobin));
    let mut gold = to(0, "Gold");
    gold.customer = customer::TIER.eq("gold");
    let mut rising = to(1, "Rising");
    rising.customer = customer::TIER.eq("silver").and(value(1_000));
    let mut worth_it = to(2, "Worth it");
    worth_it.customer = customer::TIER.is_empty().and(value(1_000));
    let rules = vec![gold, rising, worth_it, to(3, "The others")];
    set(&mut *work, "Deals", KindRules::Opportunity(RuleSet { rules })).await?;
    // The same of customers themselves.
    let mut gold = Rule::<Customer>::new("Gold", queue(&[people[0]], Strategy::RoundRobin));
    gold.when = customer::TIER.eq("gold").or(value(9_000));
    let rules = vec![gold, Rule::new("The others", queue(&[people[3]], Strategy::RoundRobin))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    for (tier, value, of_deal, of_customer, told) in [
        (Some("gold"), 0, 0, 0, "customer: tier gold"),
        (Some("silver"), 1_000, 1, 3, "customer: tier silver"),
        (Some("silver"), 999, 3, 3, "rule “The others”"),
        (None, 5_000, 2, 3, "customer: value 5,000 at least 1,000"),
        (Some("standard"), 9_000, 3, 0, "rule “The others”"),
    ] {
        let name = format!("{tier:?}, {value}");
        let shop = work.insert(worth(case, tier, value, &name)).await?.id;
        let mut deal = Opportunity::open(case.id(), "Deal", &pipeline)?;
        deal.customer_id = Some(shop);
        let deal = work.insert(deal).await?.id;
        let done = work.assignments().assign(deal, Which::WithoutOwner).await?;
        let to = AssignmentOutcome::Assigned { to: people[of_deal] };
        same(&name, done.outcome, to)?;
        claim(text(&done)?.contains(told), format!("{} tells {told}", text(&done)?))?;
        let done = work.assignments().assign(shop, Which::WithoutOwner).await?;
        let to = AssignmentOutcome::Assigned { to: people[of_customer] };
        same(&format!("{name}, itself"), done.outcome, to)?;
    }
    Ok(())
}

async fn customers_come_back_by_their_tier(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let rule = |name: &str, when, days| RecycleRule {
        name: name.to_owned(),
        when,
        silent_days: Some(days),
        ended: None,
        without_opportunity: false,
    };
    let recycling = vec![
        rule("gold", customer::TIER.eq("gold"), 14),
        rule("worth it", value(5_000), 30),
        rule("silver", customer::TIER.eq("silver"), 60),
    ];
    let pool = a_pool(&mut *work, case, PoolRules { recycling, ..PoolRules::default() }).await?;
    let mut ids = Vec::new();
    for (name, tier, value) in [
        ("gold", Some("gold"), 0),
        ("worth it", None, 5_000),
        ("silver", Some("silver"), 0),
        ("no tier", None, 4_999),
    ] {
        let new = Customer { owner_id: Some(anna), ..worth(case, tier, value, name) };
        ids.push(work.insert(new).await?.id);
    }
    let now = work.now();
    work.commit().await?;
    let in_days =
        |days: i64| Held::Ok(Timestamp::from_micros(now.micros() + days * 86_400_000_000)?);
    let due = async |days| {
        let at = in_days(days)?;
        let found = due_to_recycle(&mut *case.read().await?, pool, at, None, 100).await?;
        Held::Ok(found.returned.into_iter().map(|due| due.name).collect::<BTreeSet<_>>())
    };
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    same("after 13 days", due(13).await?, names(&[]))?;
    same("after 15", due(15).await?, names(&["gold"]))?;
    same("after 31", due(31).await?, names(&["gold", "worth it"]))?;
    same("after 61", due(61).await?, names(&["gold", "worth it", "silver"]))?;
    // A tier that changes is asked anew, also of those that were due.
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, ids[0]).await?;
    work.update(stored.edit(|one| one.tier = Some("silver".into()))).await?;
    let stored = expect(&mut *work, ids[3]).await?;
    work.update(stored.edit(|one| one.tier = Some("gold".into()))).await?;
    let done = work.ownership().recycle(pool, in_days(15)?, None, 100).await?;
    work.commit().await?;
    let back: Vec<_> = done.returned.iter().map(|due| (due.name.as_str(), &*due.rule)).collect();
    same("what came back", back, vec![("no tier", "gold")])?;
    let mut unit = case.read().await?;
    same("whose the other is", expect(&mut *unit, ids[0]).await?.owner_id, Some(anna))?;
    let why = ownership_history(&mut *unit, ids[3]).await?.pop().and_then(|step| step.reason);
    same("why", why.as_deref(), Some("gold: no interaction for 14 days"))
}

async fn a_tier_and_a_value_count_for_a_cap(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let counts = customer::TIER.eq("gold").or(value(5_000));
    let rules = PoolRules { cap: Some(2), counts, ..PoolRules::default() };
    let pool = a_pool(&mut *work, case, rules).await?;
    let owned = |tier, value, name: &str| {
        let one = worth(case, tier, value, name);
        Customer { owner_id: Some(anna), ..one }
    };
    let gold = work.insert(owned(Some("gold"), 0, "gold")).await?.id;
    work.insert(owned(Some("silver"), 5_000, "worth it")).await?;
    for n in 0..3 {
        work.insert(owned(Some("silver"), 4_999, &format!("silver {n}"))).await?;
    }
    let mut free = Vec::new();
    for n in 0..3 {
        let one = worth(case, Some("standard"), 0, &format!("free {n}"));
        free.push(work.insert(one).await?.id);
    }
    let answer = work.ownership().claim(pool, free[0], anna).await;
    let error = fails("two count", answer, ErrorKind::Refused)?.to_string();
    claim(error.contains("they have 2 customers, and 2 is the most here"), error)?;
    same("who has none", work.ownership().claim(pool, free[0], ben).await?.owner_id, Some(ben))?;
    // One that loses its tier counts no more, and one that gets it does.
    let stored = expect(&mut *work, gold).await?;
    work.update(stored.edit(|one| one.tier = Some("silver".into()))).await?;
    let taken = work.ownership().claim(pool, free[1], anna).await?.id;
    let stored = expect(&mut *work, taken).await?;
    work.update(stored.edit(|one| one.tier = Some("gold".into()))).await?;
    let answer = work.ownership().claim(pool, free[2], anna).await;
    fails("two count again", answer, ErrorKind::Refused)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("how many she has", unit.count(customer::OWNER_ID.eq(anna)).await?, 6)
}
