//! What was forecast, against what closed.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::{
    forecast::{AccuracySource, MonthAccuracy, forecast_accuracy, take_snapshot},
    kernel::Currency,
    opportunity::ForecastCategory,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, same},
    forecast_house::{ForecastHouse, Sum},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![accuracy_sets_what_was_forecast_against_what_closed]
}

async fn accuracy_sets_what_was_forecast_against_what_closed(case: &Case) -> Held {
    let house = ForecastHouse::busy(case, 80).await?;
    let as_of = day("2017-12-20")?;
    let (from, to) = (day("2017-01-15")?, day("2017-12-01")?);
    let mut unit = case.read().await?;
    let from_moves = forecast_accuracy(&mut *unit, as_of, from, to, None).await?;
    drop(unit);
    let mut told = BTreeMap::new();
    for month in 1..=12 {
        let start = day(&format!("2017-{month:02}-01"))?;
        expect(&house, start, as_of, &mut told)?;
    }
    let found = from_moves.iter().map(told_month).collect::<Vec<_>>();
    let expected: Vec<_> = told.iter().map(|(place, told)| format!("{place:?} {told:?}")).collect();
    same("month by month", found.clone(), expected)?;
    claim(
        from_moves.iter().all(|one| one.source == AccuracySource::Moves),
        "without snapshots it is known from the moves",
    )?;
    claim(from_moves.len() > 5, format!("something was forecast: {}", from_moves.len()))?;
    // A snapshot says the same.
    let scope = case.anna()?;
    take_snapshot(case.store(), &scope, day("2017-05-31")?, None).await?;
    let mut unit = case.read().await?;
    let again = forecast_accuracy(&mut *unit, as_of, from, to, None).await?;
    same("with a snapshot", again.iter().map(told_month).collect::<Vec<_>>(), found)?;
    let june = |one: &&MonthAccuracy| one.month.start().month() == 6;
    claim(
        again.iter().filter(june).all(|one| one.source == AccuracySource::Snapshot),
        "June is known from the snapshot",
    )
}

type Told = (Vec<(ForecastCategory, i64, Decimal, Decimal)>, i64, Decimal);

fn told_month(one: &MonthAccuracy) -> String {
    let forecast = one.forecast.iter().map(|(category, figure)| {
        (*category, figure.count, figure.amount.normalize(), figure.weighted.normalize())
    });
    let place = (one.month.start(), one.currency);
    let told: Told = (forecast.collect(), one.closed.count, one.closed.amount.normalize());
    format!("{place:?} {told:?}")
}

/// By a plain look at the histories.
fn expect(
    house: &ForecastHouse,
    start: NaiveDate,
    as_of: NaiveDate,
    told: &mut BTreeMap<(NaiveDate, Currency), Told>,
) -> Held {
    let eve = start.pred_opt().unwrap_or(start);
    let month = format!("{:04}-{:02}", start.year(), start.month());
    let mut forecast: BTreeMap<(Currency, ForecastCategory), Sum> = BTreeMap::new();
    for (_, stood) in house.at(eve) {
        if let Some((when, category, Some(currency))) = stood.place(eve)
            && when == month
        {
            forecast.entry((currency, category)).or_default().plus(stood.sum());
        }
    }
    let mut closed: BTreeMap<Currency, Sum> = BTreeMap::new();
    for (_, stood) in house.at(as_of) {
        if let Some((when, ForecastCategory::Closed, Some(currency))) = stood.place(as_of)
            && when == month
        {
            closed.entry(currency).or_default().plus(stood.sum());
        }
    }
    for ((currency, category), sum) in forecast {
        let entry = told.entry((start, currency)).or_default();
        entry.0.push((category, sum.count, sum.amount, sum.weighted));
    }
    for (currency, sum) in closed {
        let entry = told.entry((start, currency)).or_default();
        (entry.1, entry.2) = (sum.count, sum.amount);
    }
    Ok(())
}
