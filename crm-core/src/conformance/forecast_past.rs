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
    forecast_house::{Deal, ForecastHouse, Stood, Sum},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        accuracy_sets_what_was_forecast_against_what_closed,
        what_was_forecast_of_a_month_against_what_closed_in_it
    ]
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

/// Of June one slips, one comes early, one is lost, one is added and one closes as it was forecast.
async fn what_was_forecast_of_a_month_against_what_closed_in_it(case: &Case) -> Held {
    let mut house = ForecastHouse::busy(case, 0).await?;
    let stood = |since: &str, stage, amount: &str, close: &str| -> Held<Stood> {
        let (since, close) = (day(since)?, Some(day(close)?));
        let amount = Some(amount.parse()?);
        Ok(Stood { since, stage, owner: None, amount, close, category: None })
    };
    let omitted = Stood {
        category: Some(ForecastCategory::Omitted),
        ..stood("2017-05-02", "new", "70 EUR", "2017-06-30")?
    };
    let histories = vec![
        // It slips into July, and is won there.
        vec![
            stood("2017-05-02", "new", "1000 EUR", "2017-06-20")?,
            stood("2017-05-15", "contract", "1000 EUR", "2017-06-20")?,
            stood("2017-06-18", "offer", "1000 EUR", "2017-07-15")?,
            stood("2017-07-10", "won", "1000 EUR", "2017-07-15")?,
        ],
        // It was expected in July, and is won early.
        vec![
            stood("2017-05-02", "new", "500 EUR", "2017-07-20")?,
            stood("2017-06-12", "won", "500 EUR", "2017-07-20")?,
        ],
        // It is lost.
        vec![
            stood("2017-05-03", "new", "400 EUR", "2017-06-25")?,
            stood("2017-05-20", "offer", "400 EUR", "2017-06-25")?,
            stood("2017-06-22", "lost", "400 EUR", "2017-06-25")?,
        ],
        // It is added when the month has begun.
        vec![
            stood("2017-06-05", "new", "260 EUR", "2017-06-28")?,
            stood("2017-06-27", "won", "250 EUR", "2017-06-28")?,
        ],
        // It closes as it was forecast.
        vec![
            stood("2017-05-04", "new", "600 EUR", "2017-06-15")?,
            stood("2017-05-30", "contract", "600 EUR", "2017-06-15")?,
            stood("2017-06-15", "won", "600 EUR", "2017-06-15")?,
        ],
        // It does not count.
        vec![omitted],
        // It stays open, in another currency.
        vec![stood("2017-05-02", "new", "100 USD", "2017-06-10")?],
    ];
    let mut work = case.begin().await?;
    for stood in histories {
        let deal = Deal { id: case.id(), shared: false, stood };
        house.write(&mut *work, &deal).await?;
        house.deals.push(deal);
    }
    work.commit().await?;
    // As of a day, and of June, July: what was forecast, expected and closed, the error, the accuracy.
    let euros = "June EUR commit 2 1600 1440, best_case 1 400 180, omitted 1 70 7: 1620";
    let dollars = "June USD pipeline 1 100 10: 10, closed 0 0, error -10, accuracy 0";
    let july = "July EUR best_case 1 1000 450: 450";
    let expected = [
        (
            "2017-07-20",
            vec![
                format!("{euros}, closed 3 1350, error -270, accuracy 0.833333"),
                dollars.to_owned(),
                format!("{july}, closed 1 1000, error 550, accuracy 2.222222"),
            ],
        ),
        (
            "2017-07-05",
            vec![
                format!("{euros}, closed 3 1350, error -270, accuracy 0.833333"),
                dollars.to_owned(),
                format!("{july}, closed 0 0, error -450, accuracy 0"),
            ],
        ),
        (
            "2017-06-20",
            vec![
                format!("{euros}, closed 2 1100, error -520, accuracy 0.679012"),
                dollars.to_owned(),
            ],
        ),
    ];
    let (from, eve) = (day("2017-06-01")?, day("2017-05-31")?);
    for source in [AccuracySource::Moves, AccuracySource::Snapshot] {
        if source == AccuracySource::Snapshot {
            take_snapshot(case.store(), &case.anna()?, eve, None).await?;
            take_snapshot(case.store(), &case.anna()?, day("2017-06-30")?, None).await?;
        }
        let mut unit = case.read().await?;
        for (as_of, expected) in &expected {
            let as_of = day(as_of)?;
            let months = forecast_accuracy(&mut *unit, as_of, from, as_of, None).await?;
            let told: Vec<_> = months.iter().map(told_accuracy).collect();
            same(&format!("as of {as_of}, from {source}"), &told, expected)?;
            claim(months.iter().all(|month| month.source == source), format!("from {source}"))?;
        }
    }
    Ok(())
}

fn told_accuracy(one: &MonthAccuracy) -> String {
    let month = if one.month.start().month() == 6 { "June" } else { "July" };
    let forecast = ForecastCategory::ALL.iter().rev().filter_map(|category| {
        let figure = one.forecast.get(category)?;
        let (amount, weighted) = (figure.amount.normalize(), figure.weighted.normalize());
        Some(format!("{category} {} {amount} {weighted}", figure.count))
    });
    let forecast = forecast.collect::<Vec<_>>().join(", ");
    let (expected, error) = (one.expected(), one.error());
    let (count, closed) = (one.closed.count, one.closed.amount.normalize());
    let accuracy = one.accuracy().unwrap_or(Decimal::NEGATIVE_ONE);
    let currency = one.currency;
    format!(
        "{month} {currency} {forecast}: {expected}, closed {count} {closed}, error {error}, accuracy {accuracy}"
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
