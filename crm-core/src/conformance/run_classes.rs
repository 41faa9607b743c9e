//! Runs that keep what customers bring and their classes alone.

use uuid::Uuid;

use crate::{
    customer::Customer,
    exchange_rate::DatedRates,
    kernel::{ErrorKind, Id, Page, Query, Stored},
    merge::MergeCommand,
    store::{CUSTODIAN, Read, expect},
    value::{
        Basis, CustomerClass, MovedBy, RunRequest, ValueClass, ValueQuestion, apply_tiers, classes,
        preview_run, take_run, to_units, values_by,
    },
    value_run::{RunDetail, ValueRun},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    kept_fold::order,
    law::Law,
    merging::customers,
    value_house::{busy, house, lines, policies, request, sell, year},
    value_moves::moves,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        classes_of_a_run_are_read_as_they_were_kept,
        a_run_with_classes_says_what_one_with_lines_says,
        houses_that_are_odd_have_classes_too,
        classes_of_a_run_lead_to_no_other_tenant,
        a_customer_has_one_class_in_a_run,
        thousands_of_classes_are_read_as_they_were_kept,
        who_moved_is_the_same_by_classes_as_by_lines
    ]
}

fn asked(case: &Case, basis: Basis) -> Held<RunRequest<'static>> {
    let detail = RunDetail::Classes;
    Ok(RunRequest { detail, policies: Some(policies()?), ..request(case, basis)? })
}

/// All that a run keeps, by pages.
async fn kept(case: &Case, run: Id<ValueRun>) -> Held<Vec<CustomerClass>> {
    let mut unit = case.read().await?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = unit.run_classes(run, after, 7).await?;
        after = page.last().map(|one| one.customer);
        all.extend(page);
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn classes_of_a_run_are_read_as_they_were_kept(case: &Case) -> Held {
    let ids = busy(case, 47).await?;
    let id = take_run(case.store(), &case.anna()?, &asked(case, Basis::Revenue)?).await?.id;
    let all = kept(case, id).await?;
    let mut unit = case.read().await?;
    let rates = DatedRates::load(&mut *unit, "EUR".parse()?, year()?.to()).await?;
    let (basis, period) = (Basis::Revenue, year()?);
    let question = ValueQuestion { basis, period, rates, service: None };
    let values = values_by(&mut *unit, &question).await?;
    let found = classes(&values.units, &policies()?.cuts)?;
    let told = values.customers.iter().zip(values.units).zip(found.labels);
    let told = told.map(|((id, units), class)| CustomerClass { customer: *id, units, class });
    same("what it keeps", &all, &told.collect::<Vec<_>>())?;
    let one_page = unit.run_classes(id, None, 1_000).await?;
    same("in one page", &one_page, &all)?;
    let some = [ids[30], ids[3], ids[17], ids[3], case.id()];
    let mut these = all.clone();
    these.retain(|one| some.contains(&one.customer));
    same("of some", unit.run_classes_of(id, &some).await?, these)?;
    same("of nobody", unit.run_classes_of(id, &[]).await?, Vec::new())?;
    same("of another run", unit.run_classes(case.id(), None, 9).await?, Vec::new())?;
    for limit in [0, crate::kernel::MAX_LIMIT + 1] {
        let refused = unit.run_classes(id, None, limit).await;
        fails("a limit out of range", refused, ErrorKind::Invalid)?;
    }
    Ok(())
}

async fn a_run_with_classes_says_what_one_with_lines_says(case: &Case) -> Held {
    busy(case, 47).await?;
    for basis in [Basis::Revenue, Basis::Margin, Basis::Profit, Basis::Won] {
        let narrow = asked(case, basis)?;
        let run = both_say_the_same(case, &narrow).await?;
        let again = take_run(case.store(), &case.scope(0, "ben")?, &narrow).await?;
        same("sent again", (&*again, again.version()), (&*run, run.version()))?;
        let other = RunRequest { detail: RunDetail::Lines, ..narrow.clone() };
        let refused = take_run(case.store(), &case.anna()?, &other).await;
        fails("the same id with lines", refused, ErrorKind::Duplicate)?;
        let refused = apply_tiers(case.store(), &case.anna()?, narrow.id).await;
        fails("it has no tiers to give", refused, ErrorKind::Invalid)?;
        let told = run.totals.as_ref().map_or(0, |totals| totals.without_cost);
        same("some have no cost", told > 0, basis != Basis::Won)?;
    }
    let narrow = asked(case, Basis::Profit)?;
    let mut unit = case.read().await?;
    let refused = preview_run(&mut *unit, &narrow, |_| Ok(())).await;
    fails("there are no lines to look at", refused, ErrorKind::Invalid)?;
    drop(unit);
    let expected = |_| None;
    let expecting = RunRequest { expected: Some(&expected), ..narrow };
    let refused = take_run(case.store(), &case.anna()?, &expecting).await;
    fails("nothing is expected", refused, ErrorKind::Invalid).map(drop)
}

/// Takes a run of either kind, and gives back the one with classes.
pub(super) async fn both_say_the_same(
    case: &Case,
    narrow: &RunRequest<'_>,
) -> Held<Stored<ValueRun>> {
    let wide = RunRequest { id: case.id(), detail: RunDetail::Lines, ..narrow.clone() };
    let narrow_run = take_run(case.store(), &case.anna()?, narrow).await?;
    let wide_run = take_run(case.store(), &case.anna()?, &wide).await?;
    let mut lines = lines(case, wide.id).await?;
    lines.sort_by_key(|line| line.customer_id);
    let told = lines.iter().filter_map(|line| {
        let units = to_units(line.value?.amount()).ok()?;
        Some(CustomerClass { customer: line.customer_id, units, class: line.class? })
    });
    same("who is in which class", kept(case, narrow.id).await?, told.collect::<Vec<_>>())?;
    same("how many", narrow_run.lines, wide_run.lines)?;
    // Nobody was scored, nor given a standing or a tier.
    let mut totals = wide_run.totals.clone().ok_or_else(|| Failure::new("a run has totals"))?;
    (totals.segments, totals.grid) = (Vec::new(), Vec::new());
    (totals.standings, totals.tiers) = (Vec::new(), Vec::new());
    same("all else of it", narrow_run.totals.as_ref(), Some(&totals))?;
    Ok(narrow_run)
}

async fn houses_that_are_odd_have_classes_too(case: &Case) -> Held {
    let told = both_say_the_same(case, &asked(case, Basis::Revenue)?).await?;
    same("nobody", told.lines, 0)?;
    let all_equal = house(case, &[40; 9]).await?;
    both_say_the_same(case, &asked(case, Basis::Revenue)?).await?;
    // An outlier; then all of it comes back, and more.
    let mut work = case.begin().await?;
    sell(case, &mut *work, all_equal[2], "2017-05-05", 40_000_000, 0).await?;
    work.commit().await?;
    both_say_the_same(case, &asked(case, Basis::Margin)?).await?;
    let mut work = case.begin().await?;
    sell(case, &mut *work, all_equal[2], "2017-05-06", -50_000_000, 0).await?;
    work.commit().await?;
    let told = both_say_the_same(case, &asked(case, Basis::Revenue)?).await?;
    let notes = told.totals.as_ref().map_or(0, |totals| totals.notes.len());
    claim(notes > 0, "shares of a total below nothing are none, which is said")?;
    // More than one amount holds, and dollars without a rate.
    let mut work = case.begin().await?;
    for _ in 0..2 {
        work.insert(order(case, all_equal[0], "2017-07-07", "60000000000000 EUR")?).await?;
    }
    work.commit().await?;
    for detail in RunDetail::ALL {
        let large = RunRequest { detail: *detail, ..asked(case, Basis::Revenue)? };
        let refused = take_run(case.store(), &case.anna()?, &large).await;
        let error = fails("an amount that is too large", refused, ErrorKind::Invalid)?;
        let named = error.to_string().contains(&all_equal[0].to_string());
        claim(named, format!("it says whose it is: {error}"))?;
    }
    let mut work = case.begin().await?;
    work.insert(order(case, all_equal[1], "2017-07-07", "5 USD")?).await?;
    work.commit().await?;
    let refused = take_run(case.store(), &case.anna()?, &asked(case, Basis::Revenue)?).await;
    fails("a rate that is missing", refused, ErrorKind::NoRate)?;
    let kept: Page<ValueRun> = Read::find(&mut *case.read().await?, Query::all()).await?;
    same("nothing of them is kept", kept.items.len(), 8)
}

async fn classes_of_a_run_lead_to_no_other_tenant(case: &Case) -> Held {
    let ids = busy(case, 9).await?;
    let id = take_run(case.store(), &case.anna()?, &asked(case, Basis::Revenue)?).await?.id;
    claim(!kept(case, id).await?.is_empty(), "there are some")?;
    let mut unit = case.store().read(case.scope(2, "anna")?).await?;
    same("all", unit.run_classes(id, None, 9).await?, Vec::new())?;
    same("these", unit.run_classes_of(id, &ids).await?, Vec::new())
}

async fn a_customer_has_one_class_in_a_run(case: &Case) -> Held {
    let ids = busy(case, 9).await?;
    let run = take_run(case.store(), &case.anna()?, &asked(case, Basis::Revenue)?).await?.id;
    let before = kept(case, run).await?;
    let one = |customer: Id<Customer>, units| {
        let class = ValueClass::C;
        CustomerClass { customer, units, class }
    };
    let last = before.last().map(|one| one.customer.uuid().as_u128()).unwrap_or_default();
    let [new, later] = [1, 2].map(|more| Id::<Customer>::new(Uuid::from_u128(last + more)));
    let mut work = case.begin().await?;
    for (what, classes) in [
        ("a second class", vec![one(ids[0], 2)]),
        ("two in one list", vec![one(new, 1), one(new, 2)]),
        ("not in order", vec![one(new, 1), one(later, 2), one(ids[3], 3)]),
        ("before what is there", vec![one(Id::new(Uuid::nil()), 1), one(new, 1)]),
    ] {
        let refused = work.keep_run_classes(&CUSTODIAN, run, classes).await;
        let error = fails(what, refused, ErrorKind::Invalid)?.to_string();
        claim(error.contains("in the order of their ids, each once"), format!("{what}: {error}"))?;
    }
    let refused = work.keep_run_classes(&CUSTODIAN, case.id(), vec![one(new, 1)]).await;
    fails("a run that is not there", refused, ErrorKind::Missing)?;
    same("none of them is kept", work.run_classes(run, None, 1_000).await?, before.clone())?;
    // The unit goes on, and sees what it kept; nobody else does until it is committed.
    work.keep_run_classes(&CUSTODIAN, run, vec![one(new, 7)]).await?;
    let own = work.run_classes_of(run, &[new]).await?;
    same("in the unit", own, vec![one(new, 7)])?;
    drop(work);
    same("a dropped unit keeps none", kept(case, run).await?, before.clone())?;
    let mut work = case.begin().await?;
    work.keep_run_classes(&CUSTODIAN, run, vec![one(new, 7)]).await?;
    work.keep_run_classes(&CUSTODIAN, run, Vec::new()).await?;
    work.keep_run_classes(&CUSTODIAN, run, vec![one(later, -7)]).await?;
    work.commit().await?;
    let mut after = before;
    after.extend([one(new, 7), one(later, -7)]);
    same("a committed one does", kept(case, run).await?, after)
}

async fn thousands_of_classes_are_read_as_they_were_kept(case: &Case) -> Held {
    // A run of nobody, to which lists of many lengths are added.
    let run = take_run(case.store(), &case.anna()?, &asked(case, Basis::Revenue)?).await?.id;
    let all: Vec<_> = (0..6_600_u32)
        .map(|n| CustomerClass {
            customer: Id::new(Uuid::from_u128((u128::from(n) + 1) << 90 | 7)),
            units: i64::from(n).pow(4) * if n % 2 == 0 { 1 } else { -1 },
            class: ValueClass::ALL[n as usize % 3],
        })
        .collect();
    let mut work = case.begin().await?;
    let mut rest = all.as_slice();
    for many in [1, 2_000, 2_001, 3, 2_595] {
        let (some, others) = rest.split_at(many);
        work.keep_run_classes(&CUSTODIAN, run, some.to_vec()).await?;
        rest = others;
    }
    same("all are kept", rest.len(), 0)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for limit in [1_000, 2_000, 2_001, 10_000] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = unit.run_classes(run, after, limit).await?;
            let left = all.len() - found.len();
            same("how many at once", page.len(), left.min(limit as usize))?;
            after = page.last().map(|one| one.customer);
            found.extend(page);
            if after.is_none() {
                break;
            }
        }
        claim(found == all, format!("{limit} at once"))?;
    }
    let every: Vec<_> = all.iter().rev().step_by(97).copied().collect();
    let asked: Vec<_> = every.iter().map(|one| one.customer).chain([case.id()]).collect();
    let mut expected = every;
    expected.reverse();
    same("of some", unit.run_classes_of(run, &asked).await?, expected)?;
    let beyond = all.last().map(|one| one.customer);
    same("after the last", unit.run_classes(run, beyond, 10).await?, Vec::new())
}

async fn who_moved_is_the_same_by_classes_as_by_lines(case: &Case) -> Held {
    let ids = busy(case, 23).await?;
    let take = async |detail| {
        let request = RunRequest { detail, ..asked(case, Basis::Revenue)? };
        let run = take_run(case.store(), &case.anna()?, &request).await?;
        Ok::<_, Failure>(run.id)
    };
    let before = [take(RunDetail::Lines).await?, take(RunDetail::Classes).await?];
    let mut work = case.begin().await?;
    for (at, value) in [(3, 4_000), (8, 2_500), (19, -60)] {
        sell(case, &mut *work, ids[at], "2017-10-10", value, 0).await?;
    }
    work.commit().await?;
    let after = [take(RunDetail::Lines).await?, take(RunDetail::Classes).await?];
    let by_lines = moves(case, [before[0], after[0]], MovedBy::Class).await?;
    claim(by_lines.1.len() > 2, "some moved")?;
    for runs in [[before[1], after[1]], [before[0], after[1]], [before[1], after[0]]] {
        same("who moved", moves(case, runs, MovedBy::Class).await?, by_lines.clone())?;
    }
    // Of those who were merged since, what they brought counts together.
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[2], [ids[8], ids[1]])).await?;
    work.commit().await?;
    let same_moves = async |what: &str| -> Held {
        let by_lines = moves(case, [before[0], after[0]], MovedBy::Class).await?;
        let by_classes = moves(case, [before[1], after[1]], MovedBy::Class).await?;
        same(what, by_classes, by_lines)
    };
    same_moves("who moved of those who are left").await?;
    // Whoever was in no run is where the best of those were who are merged into it.
    let newcomer = customers(case, 1).await?;
    let mut work = case.begin().await?;
    let merge = MergeCommand::new(case.id(), newcomer[0], [ids[3], ids[5], ids[20]]);
    work.customers().merge(merge).await?;
    work.commit().await?;
    same_moves("who moved of those who are in no run themselves").await?;
    let refused = moves(case, after, MovedBy::Tier).await;
    let why = refused.err().map(|error| error.to_string()).unwrap_or_default();
    claim(why.contains("keeps classes, and no tier"), format!("by tier: {why}"))?;
    let run = expect(&mut *case.read().await?, after[1]).await?;
    same("what it keeps", run.detail, RunDetail::Classes)
}
