//! Tiers in the hands of several at once, of who is interrupted, and of many customers.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_lock::Barrier;
use async_trait::async_trait;
use serde_json::json;

use crate::{
    Error, Result,
    customer::Customer,
    kernel::{Criteria, ErrorKind, Id, Scope, Stored},
    store::{ReadUnit, Store, UnitOfWork, every, expect},
    value::{AppliedTiers, ValuePolicies, apply_tiers, take_run},
    value_run::{self, ValueRun},
    value_run_line::ValueRunLine,
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    merging::customers,
    value_house::{lines, sell},
    value_tiers::{by, of_month, policy, sold},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        of_two_runs_applied_at_once_one_holds,
        a_run_applied_by_two_at_once_is_applied_once,
        whoever_was_interrupted_goes_on_and_others_wait,
        no_run_is_applied_but_in_its_place,
        a_quiet_month_reaches_everybody_who_had_a_tier
    ]
}

/// The tiers of customers: how many have which.
async fn tiers(case: &Case) -> Held<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    let mut unit = case.read().await?;
    every(&mut *unit, Criteria::everything().query(), |one: Stored<Customer>| {
        *found.entry(one.tier.clone().unwrap_or_else(|| "none".to_owned())).or_default() += 1;
        Ok(())
    })
    .await?;
    Ok(found)
}

fn counts(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|(tier, count)| ((*tier).to_owned(), *count)).collect()
}

async fn run_of(case: &Case, month: u32, policies: &ValuePolicies) -> Held<Id<ValueRun>> {
    Ok(take_run(case.store(), &case.anna()?, &of_month(case, month, policies)?).await?.id)
}

/// Applies these at once, each in a task of its own.
async fn at_once(case: &Case, runs: &[Id<ValueRun>]) -> Held<Vec<Result<AppliedTiers>>> {
    let together = Arc::new(Barrier::new(runs.len()));
    let tasks: Vec<_> = runs
        .iter()
        .map(|run| {
            let (case, together, run) = (case.clone(), Arc::clone(&together), *run);
            case.clone().spawn(async move {
                let scope = case.anna()?;
                together.wait().await;
                Ok(apply_tiers(case.store(), &scope, run).await)
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.join().await?);
    }
    Ok(answers)
}

async fn of_two_runs_applied_at_once_one_holds(case: &Case) -> Held {
    let rules = by(policy(json!({}))?);
    let ids = customers(case, 12).await?;
    for month in 1..=10 {
        all_bought(case, &ids, month, if month % 2 == 1 { 1_000 } else { 100 }).await?;
    }
    // The first two ever go on from nothing; later ones from the run that held.
    for round in 1..=5 {
        let months = [2 * round - 1, 2 * round];
        let runs = [run_of(case, months[0], &rules).await?, run_of(case, months[1], &rules).await?];
        let answers = at_once(case, &runs).await?;
        let held: Vec<_> = answers.iter().map(Result::is_ok).collect();
        claim(held[0] != held[1], format!("one holds: {answers:?}"))?;
        for answer in answers.into_iter().filter(Result::is_err) {
            fails("the other one", answer, ErrorKind::Refused)?;
        }
        let (winner, tier) = if held[0] { (runs[0], "gold") } else { (runs[1], "silver") };
        same("all have its tiers", tiers(case).await?, counts(&[(tier, 12)]))?;
        let mut unit = case.read().await?;
        let applied = unit.count(value_run::APPLIED_AT.is_present()).await?;
        same("one more is applied", applied, u64::from(round))?;
        let begun = unit.count(value_run::APPLIES_AFTER.is_present()).await?;
        same("and no other one has begun", begun, u64::from(round))?;
        drop(unit);
        let next = run_of(case, 11, &rules).await?;
        let mut unit = case.read().await?;
        let follows = expect(&mut *unit, next).await?.follows;
        same("runs go on from the one that held", follows, Some(winner))?;
    }
    Ok(())
}

async fn a_run_applied_by_two_at_once_is_applied_once(case: &Case) -> Held {
    let rules = by(policy(json!({}))?);
    let ids = customers(case, 12).await?;
    for month in 1..=4 {
        all_bought(case, &ids, month, if month % 2 == 1 { 1_000 } else { 100 }).await?;
    }
    for month in 1..=4 {
        let run = run_of(case, month, &rules).await?;
        let mut changed = 0;
        for answer in at_once(case, &[run; 3]).await? {
            changed += answer?.changed;
        }
        same("each customer is written once", changed, 12)?;
        let tier = if month % 2 == 1 { "gold" } else { "silver" };
        same("all have its tiers", tiers(case).await?, counts(&[(tier, 12)]))?;
    }
    Ok(())
}

/// A store that is gone after so many units of work.
struct Interrupted<'s> {
    store: &'s dyn Store,
    left: AtomicUsize,
}

#[async_trait]
impl Store for Interrupted<'_> {
    async fn begin(&self, scope: Scope) -> Result<Box<dyn UnitOfWork + '_>> {
        let one_less = |left: usize| left.checked_sub(1);
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err() {
            let what = "the host was switched off".to_owned();
            return Err(Error::Unavailable { what, retryable: false, source: None });
        }
        self.store.begin(scope).await
    }

    async fn read(&self, scope: Scope) -> Result<Box<dyn ReadUnit + '_>> {
        self.store.read(scope).await
    }
}

/// So many customers are more than one page of lines.
const MANY: usize = 1_003;

/// They all bought for so much in a month.
async fn all_bought(case: &Case, ids: &[Id<Customer>], month: u32, value: i64) -> Held {
    let mut work = case.begin().await?;
    for id in ids {
        sell(case, &mut *work, *id, &format!("2017-{month:02}-15"), value, 0).await?;
    }
    work.commit().await?;
    Ok(())
}

async fn whoever_was_interrupted_goes_on_and_others_wait(case: &Case) -> Held {
    let rules = by(policy(json!({}))?);
    let ids = customers(case, MANY).await?;
    all_bought(case, &ids, 1, 1_000).await?;
    let scope = case.anna()?;
    let runs = [run_of(case, 1, &rules).await?, run_of(case, 1, &rules).await?];
    let all = MANY as u64;
    for (units, done) in [(1, 0), (2, 1_000), (2, 1_000)] {
        let gone = Interrupted { store: case.store(), left: AtomicUsize::new(units) };
        let answer = apply_tiers(&gone, &scope, runs[0]).await;
        fails("interrupted", answer, ErrorKind::Unavailable)?;
        let mut expected = counts(&[("gold", done), ("none", all - done)]);
        expected.retain(|_, count| *count > 0);
        same("what is done so far", tiers(case).await?, expected)?;
        let other = apply_tiers(case.store(), &scope, runs[1]).await;
        let other = fails("another one meanwhile", other, ErrorKind::Refused)?.to_string();
        claim(
            other.contains(&format!("run {} is being applied: apply that one again", runs[0])),
            format!("it says what to do: {other}"),
        )?;
    }
    let rest = apply_tiers(case.store(), &scope, runs[0]).await?;
    same("the rest", (rest.lines, rest.changed), (all, all - 1_000))?;
    same("all have it", tiers(case).await?, counts(&[("gold", all)]))?;
    let again = apply_tiers(case.store(), &scope, runs[0]).await?;
    same("once more", again, AppliedTiers::default())?;
    let late = apply_tiers(case.store(), &scope, runs[1]).await;
    let late = fails("the other one afterwards", late, ErrorKind::Refused)?.to_string();
    claim(late.contains("take it again"), format!("it says what to do: {late}"))
}

async fn no_run_is_applied_but_in_its_place(case: &Case) -> Held {
    let rules = by(policy(json!({}))?);
    let ids = customers(case, 1).await?;
    sold(case, ids[0], 1, 1_000).await?;
    let [one, other] = [run_of(case, 1, &rules).await?, run_of(case, 1, &rules).await?];
    let mut work = case.begin().await?;
    let now = work.now();
    let run = expect(&mut *work, one).await?;
    let ended = run.clone().edit(|run| run.applied_at = Some(now));
    fails("ended, but not begun", work.update(ended).await, ErrorKind::Refused)?;
    let elsewhere = run.clone().edit(|run| run.applies_after = Some(other.to_string()));
    fails("in another place", work.update(elsewhere).await, ErrorKind::Refused)?;
    let begun = run.edit(|run| run.applies_after = Some(run.place()));
    let begun = work.update(begun).await?;
    let back = begun.edit(|run| run.applies_after = None);
    fails("given back", work.update(back).await, ErrorKind::Refused)?;
    let second = expect(&mut *work, other).await?;
    let second = second.edit(|run| run.applies_after = Some(run.place()));
    fails("a place that is taken", work.update(second).await, ErrorKind::Duplicate)?;
    work.commit().await?;
    let applied = apply_tiers(case.store(), &case.anna()?, one).await?;
    same("whoever began goes on", (applied.lines, applied.changed), (1, 1))
}

async fn a_quiet_month_reaches_everybody_who_had_a_tier(case: &Case) -> Held {
    let rules = by(policy(json!({}))?);
    let mut ids = customers(case, MANY).await?;
    ids.sort();
    all_bought(case, &ids, 1, 1_000).await?;
    let scope = case.anna()?;
    let run = run_of(case, 1, &rules).await?;
    apply_tiers(case.store(), &scope, run).await?;
    // In the first quiet month one in the middle buys, in the second only the last.
    for (month, buyer) in [(2, MANY / 2), (3, MANY - 1)] {
        sold(case, ids[buyer], month, 100).await?;
        let run = take_run(case.store(), &scope, &of_month(case, month, &rules)?).await?;
        let totals = run.totals.as_ref().ok_or_else(|| Failure::new("totals"))?;
        same(
            "lines",
            (totals.customers, totals.absent, run.lines),
            (1, MANY as u64 - 1, MANY as i64),
        )?;
        let mut who: Vec<_> = lines(case, run.id).await?;
        who.sort_by_key(|line| line.customer_id);
        same(
            "each once",
            who.iter().map(|line| line.customer_id).collect::<Vec<_>>(),
            ids.clone(),
        )?;
        let before = if month == 2 { "gold" } else { "standard" };
        let had = |line: &&ValueRunLine| {
            line.tier_before.as_ref().is_some_and(|state| state.tier == before)
        };
        let expected = if month == 2 { MANY } else { MANY - 1 };
        same("who had which before", who.iter().filter(had).count(), expected)?;
        apply_tiers(case.store(), &scope, run.id).await?;
        let expected = counts(&[("silver", 1), ("standard", MANY as u64 - 1)]);
        same("their tiers", tiers(case).await?, expected)?;
    }
    Ok(())
}
