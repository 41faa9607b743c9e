//! Who moved from A to B since the last quarter, and what no run can be taken of.

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    exchange_rate::ExchangeRate,
    kernel::{Currency, Error, ErrorKind, Id, Invalid, Money},
    merge::MergeCommand,
    value::{
        Basis, Cuts, Migration, Move, Moved, MovedBy, Period, Placed, Placements, RunRequest,
        ValueClass, ValuePolicies, migration, run_migration, take_run,
    },
    value_run::ValueRun,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    kept_fold::order,
    law::Law,
    merging::customers,
    value_house::{house, lines, request, sell},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        who_moved_from_a_to_b_since_last_quarter,
        moves_between_two_runs_are_those_of_the_pure_function,
        runs_that_cannot_be_compared_are_refused,
        totals_that_have_no_shares_are_told,
        one_customer_and_all_equal,
        an_outlier_and_values_that_cannot_be,
        amounts_in_two_currencies_need_their_rates,
        what_is_in_the_future_is_not_known_yet
    ]
}

fn quarter(n: u32) -> Held<Period> {
    let (from, to) = [
        ("2017-01-01", "2017-03-31"),
        ("2017-04-01", "2017-06-30"),
        ("2017-07-01", "2017-09-30"),
        ("2017-10-01", "2017-12-31"),
    ][n as usize - 1];
    Ok(Period::new(day(from)?, day(to)?, day(to)?)?)
}

async fn run_of(case: &Case, period: Period) -> Held<Id<ValueRun>> {
    let asked = RunRequest::new(case.id(), period, Basis::Revenue, Currency::EUR);
    Ok(take_run(case.store(), &case.anna()?, &asked).await?.id)
}

pub(super) type Moves = Vec<Move<Id<Customer>, String>>;

pub(super) async fn moves(
    case: &Case,
    runs: [Id<ValueRun>; 2],
    by: MovedBy,
) -> Held<(Migration<Id<Customer>, String>, Moves)> {
    let mut found = Vec::new();
    let mut unit = case.read().await?;
    let told = run_migration(&mut *unit, runs, by, |one| {
        found.push(one);
        Ok(())
    });
    Ok((told.await?, found))
}

async fn who_moved_from_a_to_b_since_last_quarter(case: &Case) -> Held {
    let ids = customers(case, 5).await?;
    let mut work = case.begin().await?;
    for (at, first, second) in [(0, 800, 150), (1, 150, 800), (2, 40, 40), (3, 10, 0), (4, 0, 10)] {
        for (date, value) in [("2017-02-01", first), ("2017-05-01", second)] {
            if value > 0 {
                sell(case, &mut *work, ids[at], date, value, 0).await?;
            }
        }
    }
    work.commit().await?;
    let runs = [run_of(case, quarter(1)?).await?, run_of(case, quarter(2)?).await?];
    let (told, found) = moves(case, runs, MovedBy::Class).await?;
    let mut who: Vec<_> = found
        .iter()
        .map(|one| {
            let at = ids.iter().position(|id| *id == one.customer).unwrap_or(9);
            (at, one.moved, one.before.as_deref(), one.after.as_deref(), one.reason.as_str())
        })
        .collect();
    who.sort();
    let expected = vec![
        (
            0,
            Moved::Fell,
            Some("A"),
            Some("B"),
            "It fell from A to B: it brought 800.00 EUR before and 150.00 EUR now, 81.25 % less.",
        ),
        (
            1,
            Moved::Rose,
            Some("B"),
            Some("A"),
            "It rose from B to A: it brought 150.00 EUR before and 800.00 EUR now, 433.3333 % more.",
        ),
        (
            3,
            Moved::Left,
            Some("C"),
            None,
            "It left: it was in C and brought 10.00 EUR, and is not in this run.",
        ),
        (
            4,
            Moved::Came,
            None,
            Some("C"),
            "It came into C: it was not in the run before, and brings 10.00 EUR.",
        ),
    ];
    same("who moved, and why", who, expected)?;
    let cell = told
        .cells
        .iter()
        .find(|cell| (cell.before.as_deref(), cell.after.as_deref()) == (Some("A"), Some("B")));
    let cell = cell.map(|cell| (cell.customers, cell.value_before.as_str()));
    same("from A to B", (cell, told.stayed), (Some((1, "800.00")), 1))
}

async fn moves_between_two_runs_are_those_of_the_pure_function(case: &Case) -> Held {
    let ids = customers(case, 60).await?;
    let mut work = case.begin().await?;
    for (at, id) in ids.iter().enumerate() {
        for (q, date) in [(3, "2017-02-01"), (5, "2017-05-01")] {
            if at % q > 0 {
                let value = ((at * at * q) % 97) as i64 * if at % 11 == 0 { -1 } else { 1 };
                sell(case, &mut *work, *id, date, value, 0).await?;
            }
        }
    }
    work.commit().await?;
    let runs = [run_of(case, quarter(1)?).await?, run_of(case, quarter(2)?).await?];
    let mut placements = Vec::new();
    for run in runs {
        let placed = lines(case, run).await?.into_iter().filter_map(|line| {
            let value = line.value.map(Money::amount);
            Some(Placed { customer: line.customer_id, group: line.class?, value })
        });
        placements.push(Placements { currency: Currency::EUR, customers: placed.collect() });
    }
    let (after, before) = (placements.pop(), placements.pop());
    let none = || Failure::new("two runs");
    let pure = migration(before.ok_or_else(none)?, after.ok_or_else(none)?, ValueClass::ALL)?;
    let (told, found) = moves(case, runs, MovedBy::Class).await?;
    claim(found.len() > 20 && found.is_sorted_by_key(|one| one.customer), "many, in order")?;
    let brief =
        |moved, value: &Option<String>, reason: &str| (moved, value.clone(), reason.to_owned());
    let expected: Vec<_> =
        pure.moves.iter().map(|m| brief(m.moved, &m.value_after, &m.reason)).collect();
    let found: Vec<_> = found.iter().map(|m| brief(m.moved, &m.value_after, &m.reason)).collect();
    same("the list", found, expected)?;
    let expected =
        pure.cells.iter().map(|c| (c.customers, c.value_before.clone(), c.value_after.clone()));
    let cells =
        told.cells.iter().map(|c| (c.customers, c.value_before.clone(), c.value_after.clone()));
    same("the matrix", cells.collect::<Vec<_>>(), expected.collect::<Vec<_>>())?;
    same("who stayed", told.stayed, pure.stayed)?;
    // Whoever is merged since counts once, with all that both brought.
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[1], [ids[2]])).await?;
    work.commit().await?;
    let (told, _) = moves(case, runs, MovedBy::Class).await?;
    let all: u64 = told.cells.iter().map(|cell| cell.customers).sum();
    let before: u64 = pure.cells.iter().map(|cell| cell.customers).sum();
    same("one fewer", all, before - 1)?;
    let nobody = moves(case, [runs[0], case.id()], MovedBy::Class).await;
    claim(nobody.is_err(), "a run that is not there")
}

async fn runs_that_cannot_be_compared_are_refused(case: &Case) -> Held {
    house(case, &[500, 300, 40]).await?;
    let runs = [run_of(case, quarter(1)?).await?, run_of(case, quarter(2)?).await?];
    let margin = RunRequest::new(case.id(), quarter(3)?, Basis::Margin, Currency::EUR);
    let margin = take_run(case.store(), &case.anna()?, &margin).await?.id;
    let [first, second] = runs;
    for (what, runs, by, field, words) in [
        ("turned round", [second, first], MovedBy::Class, "to_day", "name the earlier one first"),
        ("of two bases", [second, margin], MovedBy::Segment, "basis", "cannot be compared"),
        ("without tiers", [first, second], MovedBy::Tier, "policies", "has a tier"),
    ] {
        let mut unit = case.read().await?;
        let refused = run_migration(&mut *unit, runs, by, |_| Ok(())).await;
        let error = fails(what, refused, ErrorKind::Invalid)?;
        let named = matches!(&error, Error::Invalid(invalid) if invalid.field == field);
        claim(named && error.to_string().contains(words), format!("{what}: {error}"))?;
    }
    Ok(())
}

async fn totals_that_have_no_shares_are_told(case: &Case) -> Held {
    let ids = house(case, &[50, 0, -80]).await?;
    let run = take_run(case.store(), &case.anna()?, &request(case, Basis::Revenue)?).await?;
    let totals = run.totals.as_ref().ok_or_else(|| Failure::new("totals"))?;
    same("the total", (totals.total, totals.gini), (Decimal::from(-30), None))?;
    claim(totals.lorenz.is_empty(), "there is no curve")?;
    let note = totals.notes.first().map(String::as_str);
    same(
        "it says so",
        note,
        Some(
            "The total is -30.00 EUR, which is not above nothing: shares of it are undefined, and nobody is in A or B. Ranks hold.",
        ),
    )?;
    let found: Vec<_> = lines(case, run.id)
        .await?
        .iter()
        .map(|line| (line.customer_id, line.rank, line.class, line.share))
        .collect();
    let c = Some(ValueClass::C);
    let expected: Vec<_> =
        ids.iter().zip(1..).map(|(id, rank)| (*id, Some(rank), c, None)).collect();
    same("ranks without shares", found, expected)
}

async fn one_customer_and_all_equal(case: &Case) -> Held {
    let one = house(case, &[7]).await?;
    let run = take_run(case.store(), &case.anna()?, &request(case, Basis::Revenue)?).await?;
    let line = lines(case, run.id).await?.pop().ok_or_else(|| Failure::new("one line"))?;
    same(
        "one customer",
        (line.customer_id, line.rank, line.class),
        (one[0], Some(1), Some(ValueClass::A)),
    )?;
    let scores = [line.recency, line.frequency, line.monetary];
    same("its scores", scores, [Some(3); 3])?;
    let ids = customers(case, 9).await?;
    let mut work = case.begin().await?;
    for id in &ids {
        sell(case, &mut *work, *id, "2016-06-01", 5, 0).await?;
    }
    work.commit().await?;
    let before = Period::new(day("2016-01-01")?, day("2016-12-31")?, day("2016-12-31")?)?;
    let run = run_of(case, before).await?;
    let found = lines(case, run).await?;
    claim(
        found.iter().all(|line| {
            (line.rank, line.tied, line.class) == (Some(1), Some(9), Some(ValueClass::A))
                && [line.recency, line.frequency, line.monetary] == [Some(3); 3]
        }),
        format!("all equal: {found:?}"),
    )?;
    let none = Period::new(day("2015-01-01")?, day("2015-12-31")?, day("2015-12-31")?)?;
    same("nobody", lines(case, run_of(case, none).await?).await?.len(), 0)
}

async fn an_outlier_and_values_that_cannot_be(case: &Case) -> Held {
    let ids = house(case, &[100_000, 100, 100, 90, 80]).await?;
    let run = take_run(case.store(), &case.anna()?, &request(case, Basis::Revenue)?).await?;
    let found = lines(case, run.id).await?;
    let classes: Vec<_> = found.iter().map(|line| line.class).collect();
    let (a, c) = (Some(ValueClass::A), Some(ValueClass::C));
    same("the outlier alone is A", classes, vec![a, c, c, c, c])?;
    let scores: Vec<_> = found.iter().map(|line| line.monetary).collect();
    same("scores are by fifths", scores, [5, 3, 3, 2, 1].map(Some).to_vec())?;
    same("the first", found.first().map(|line| line.customer_id), Some(ids[0]))?;
    let cuts = Cuts::Share { a: 95.into(), b: 80.into() };
    let policies = Some(ValuePolicies { cuts, ..ValuePolicies::default() });
    let asked = RunRequest { policies, ..request(case, Basis::Revenue)? };
    let refused = take_run(case.store(), &case.anna()?, &asked).await;
    let error = fails("cuts that are turned round", refused, ErrorKind::Invalid)?;
    claim(error.to_string().contains("not beyond"), error.to_string())?;
    let turned = Period::new(day("2017-12-31")?, day("2017-01-01")?, day("2018-01-01")?);
    same("a period turned round", turned.map_err(|wrong: Invalid| wrong.field), Err("to".into()))?;
    let early = Period::new(day("2017-01-01")?, day("2017-12-31")?, day("2017-06-30")?);
    claim(early.is_err_and(|wrong| wrong.reason.contains("future")), "a period that is not over")?;
    let mut work = case.begin().await?;
    for _ in 0..11 {
        work.insert(order(case, ids[0], "2017-12-01", "99999999999999.9999 EUR")?).await?;
    }
    work.commit().await?;
    let refused = take_run(case.store(), &case.anna()?, &request(case, Basis::Revenue)?).await;
    fails("more than can be counted", refused, ErrorKind::Invalid).map(drop)
}

async fn amounts_in_two_currencies_need_their_rates(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    let mut work = case.begin().await?;
    work.insert(order(case, ids[0], "2017-03-01", "100 EUR")?).await?;
    work.insert(order(case, ids[1], "2017-03-01", "100 USD")?).await?;
    work.insert(order(case, ids[1], "2017-09-01", "100 USD")?).await?;
    work.commit().await?;
    let asked = request(case, Basis::Revenue)?;
    let refused = take_run(case.store(), &case.anna()?, &asked).await;
    let error = fails("without a rate", refused, ErrorKind::NoRate)?;
    let Error::NoRate { from, to, on } = error else { return Err(Failure::new("no rate")) };
    same("which", (from, to), (Currency::USD, Currency::EUR))?;
    claim([day("2017-03-01")?, day("2017-09-01")?].contains(&on), format!("of which day: {on}"))?;
    same("nothing is stored", lines(case, asked.id).await?.len(), 0)?;
    let mut work = case.begin().await?;
    for (date, rate) in [("2017-01-01", "0.90"), ("2017-07-01", "0.80")] {
        let (tenant, rate) = (work.scope().tenant, rate.parse()?);
        let rate = ExchangeRate::new(tenant, Currency::USD, Currency::EUR, day(date)?, rate)?;
        work.insert(rate).await?;
    }
    work.commit().await?;
    let run = take_run(case.store(), &case.anna()?, &asked).await?;
    let found: Vec<_> = lines(case, run.id)
        .await?
        .iter()
        .map(|line| (line.customer_id, line.value.map(Money::amount)))
        .collect();
    let expected = vec![(ids[1], Some(170.into())), (ids[0], Some(100.into()))];
    same("each by the rate of its day", found, expected)
}

async fn what_is_in_the_future_is_not_known_yet(case: &Case) -> Held {
    let ids = house(case, &[100, 50]).await?;
    let asked = request(case, Basis::Revenue)?;
    let before = take_run(case.store(), &case.anna()?, &asked).await?;
    let mut work = case.begin().await?;
    sell(case, &mut *work, ids[1], "2018-01-16", 9_000, 0).await?;
    work.commit().await?;
    let again = RunRequest { id: case.id(), ..asked };
    let after = take_run(case.store(), &case.anna()?, &again).await?;
    same("as of a day before", &after.totals, &before.totals)?;
    let always = Period::until(day("2018-01-15")?);
    let until = run_of(case, always).await?;
    same("nor without a first day", lines(case, until).await?[0].customer_id, ids[0])?;
    let later = run_of(case, Period::until(day("2018-01-16")?)).await?;
    same("on its day it counts", lines(case, later).await?[0].customer_id, ids[1])
}
