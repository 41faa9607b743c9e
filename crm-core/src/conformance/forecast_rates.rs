//! Several currencies, and rates by day.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    exchange_rate::{ExchangeRate, Rates},
    forecast::{
        AttainmentRequest, FiscalPeriod, FiscalYear, ForecastBy, ForecastRequest, PeriodLength,
        RowKey, Whose, attainments, forecast,
    },
    kernel::{Currency, Error, ErrorKind},
    store::Append,
    target::Target,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    forecast_house::{
        Deal, ForecastHouse, Place, Stood, Sum, brief, cast, days, deal, pipeline, told,
    },
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        rates_are_those_of_the_latest_day,
        currencies_come_together_by_a_dated_rate,
        each_cell_is_converted_once,
        what_was_shared_leaves_nothing_behind,
        a_rate_that_is_missing_is_named,
        rates_that_cannot_be_are_invalid
    ]
}

async fn rates_are_those_of_the_latest_day(case: &Case) -> Held {
    let (eur, usd) = (Currency::EUR, Currency::USD);
    let mut work = case.begin().await?;
    for (from, to, on, rate) in [
        ("EUR", "USD", "2017-12-01", "1.1885"),
        ("EUR", "USD", "2017-12-29", "1.1993"),
        ("EUR", "USD", "2018-01-02", "1.2065"),
        ("USD", "EUR", "2017-12-29", "0.8338"),
        ("IDR", "USD", "2017-12-29", "0.000073714285"),
    ] {
        let rate: Decimal = rate.parse()?;
        let mut rates = work.exchange_rates();
        rates.set(from.parse()?, to.parse()?, day(on)?, rate, Some("a bank".into())).await?;
    }
    // Set again, it is the same one; the log keeps what it was.
    let rate = Decimal::new(11990, 4);
    let again = work.exchange_rates().set(eur, usd, day("2017-12-29")?, rate, None).await?;
    same("its version", again.version(), 2)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (on, expected) in [
        ("2017-11-30", None),
        ("2017-12-01", Some(Decimal::new(11885, 4))),
        ("2017-12-28", Some(Decimal::new(11885, 4))),
        ("2017-12-31", Some(rate)),
        ("2018-06-30", Some(Decimal::new(12065, 4))),
    ] {
        let rates = Rates::load(&mut *unit, usd, day(on)?).await?;
        same(on, rates.rate(eur).map(ExchangeRate::rate), expected.map(|r| r.normalize()))?;
    }
    let rates = Rates::load(&mut *unit, usd, day("2017-12-31")?).await?;
    let million = Decimal::from(1_000_000);
    let converted = rates.convert(million, "IDR".parse()?)?;
    same("a small rate is kept exactly", converted, Decimal::new(7371, 2))
}

async fn currencies_come_together_by_a_dated_rate(case: &Case) -> Held {
    let setting = cast(case).await?;
    let [anna, ben] = setting.staff;
    let pipeline = pipeline(case);
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    for (owner, amount) in [
        (anna, "100.01 EUR"),
        (anna, "0.02 EUR"),
        (ben, "100.01 EUR"),
        (ben, "500 JPY"),
        (anna, "7 USD"),
    ] {
        let mut new = deal(case, &pipeline, &setting, "won", amount, "2017-12-10")?;
        new.owner_id = Some(owner);
        work.insert(new).await?;
    }
    for (from, rate) in [("EUR", "1.1885"), ("JPY", "0.008874")] {
        let on = day("2017-12-01")?;
        work.exchange_rates().set(from.parse()?, Currency::USD, on, rate.parse()?, None).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let asked = ForecastRequest {
        currency: Some(Currency::USD),
        ..ForecastRequest::new(day("2017-12-31")?)
    };
    let found = forecast(&mut *unit, &asked).await?;
    let amounts: Vec<_> = found
        .rows
        .iter()
        .map(|row| {
            let sum: Decimal = row.cells.iter().map(|cell| cell.figure.amount).sum();
            (row.key, row.cells.len(), sum.normalize())
        })
        .collect();
    // 100.03 × 1.1885 = 118.8857 and 7; 100.01 × 1.1885 = 118.8619 and 500 × 0.008874 = 4.437.
    let row = |id| RowKey::Staff(Some(id));
    let mut expected =
        vec![(row(anna), 1, Decimal::new(12589, 2)), (row(ben), 1, Decimal::new(1233, 1))];
    let mut sorted = amounts;
    sorted.sort();
    expected.sort();
    same("in dollars", sorted, expected)?;
    let all: Decimal = found.cells.iter().map(|cell| cell.figure.amount).sum();
    same("all of it", all.normalize(), Decimal::new(24919, 2))?;
    let apart = ForecastRequest { currency: None, by: ForecastBy::Category, ..asked };
    let apart = forecast(&mut *unit, &apart).await?;
    same("without a currency each by itself", apart.cells.len(), 3)
}

/// A cell in one currency is what the cells in each come to, each converted.
async fn each_cell_is_converted_once(case: &Case) -> Held {
    ForecastHouse::busy(case, 60).await?;
    let mut work = case.begin().await?;
    let (rate, on) = (Decimal::new(8_413, 4), day("2017-01-01")?);
    work.exchange_rates().set(Currency::USD, Currency::EUR, on, rate, None).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for as_of in days()? {
        let rates = Rates::load(&mut *unit, Currency::EUR, as_of).await?;
        for by in [ForecastBy::Owner, ForecastBy::Team, ForecastBy::Product, ForecastBy::Category] {
            let apart = ForecastRequest { by, ..ForecastRequest::new(as_of) };
            let together = ForecastRequest { currency: Some(Currency::EUR), ..apart.clone() };
            let apart = forecast(&mut *unit, &apart).await?;
            let together = forecast(&mut *unit, &together).await?;
            same(&format!("rows on {as_of}"), together.rows.len(), apart.rows.len())?;
            let rows = apart.rows.iter().zip(&together.rows);
            let rows = rows.flat_map(|(a, b)| [(&a.cells, &b.cells), (&a.own, &b.own)]);
            for (apart, together) in rows.chain([(&apart.cells, &together.cells)]) {
                let mut expected: BTreeMap<Place, Sum> = BTreeMap::new();
                for ((when, category, currency), sum) in told(apart) {
                    let converted = |amount| match currency {
                        Some(from) => rates.convert(amount, from),
                        None => Ok(amount),
                    };
                    let (amount, weighted) = (converted(sum.amount)?, converted(sum.weighted)?);
                    let place = (when, category, currency.map(|_| Currency::EUR));
                    expected.entry(place).or_default().plus(Sum { amount, weighted, ..sum });
                }
                same(&format!("in euros by {by:?} on {as_of}"), told(together), expected)?;
                let counted = together.iter().all(|cell| cell.figure.count > 0);
                claim(counted, format!("each cell is of something: {together:?}"))?;
            }
        }
    }
    Ok(())
}

/// Shared ones that moved since are added up as nobody's and taken off again: nothing of that is seen.
async fn what_was_shared_leaves_nothing_behind(case: &Case) -> Held {
    let mut house = ForecastHouse::busy(case, 0).await?;
    let stood = |since: &str, stage| -> Held<Stood> {
        let (amount, close) = (Some("0.01 USD".parse()?), Some(day("2017-09-15")?));
        Ok(Stood { since: day(since)?, stage, owner: None, amount, close, category: None })
    };
    for _ in 0..3 {
        let stood = vec![stood("2017-02-01", "new")?, stood("2017-06-01", "offer")?];
        house.deals.push(Deal { id: case.id(), shared: true, stood });
    }
    let mut work = case.begin().await?;
    for deal in &house.deals {
        house.write(&mut *work, deal).await?;
    }
    // Half a cent is rounded up: one by one they would come to three cents, together they are two.
    let (rate, on) = (Decimal::new(5, 1), day("2017-01-01")?);
    work.exchange_rates().set(Currency::USD, Currency::EUR, on, rate, None).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let currency = Some(Currency::EUR);
    let asked = ForecastRequest { currency, ..ForecastRequest::new(day("2017-03-31")?) };
    let found = forecast(&mut *unit, &asked).await?;
    let all = brief(&told(&found.cells));
    same("all", all, vec!["2017-09 pipeline EUR 3 0.02 0".to_owned()])?;
    let [one, two] = house.setting.staff.map(|id| RowKey::Staff(Some(id)));
    let mut rows: Vec<_> = found.rows.iter().map(|row| row.key).collect();
    rows.sort_unstable();
    let mut expected = vec![one, two];
    expected.sort_unstable();
    same("whose it is", rows, expected)
}

async fn a_rate_that_is_missing_is_named(case: &Case) -> Held {
    let setting = cast(case).await?;
    let pipeline = pipeline(case);
    let tenant = case.anna()?.tenant;
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    let new = deal(case, &pipeline, &setting, "won", "100 EUR", "2017-12-10")?;
    work.insert(new).await?;
    // Neither the other way round, nor of a later day.
    let rate = Decimal::new(8338, 4);
    work.exchange_rates().set(Currency::USD, Currency::EUR, day("2017-01-01")?, rate, None).await?;
    work.exchange_rates().set(Currency::EUR, Currency::USD, day("2018-01-01")?, rate, None).await?;
    let december = FiscalPeriod::from_start(day("2017-12-01")?, PeriodLength::Month)?;
    let target = Target::new(tenant, Whose::House, december, "1 USD".parse()?);
    work.forecasts().set_target(target, FiscalYear::CALENDAR).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let as_of = day("2017-12-31")?;
    let asked = ForecastRequest { currency: Some(Currency::USD), ..ForecastRequest::new(as_of) };
    let answers = [
        forecast(&mut *unit, &asked).await.map(|_| ()),
        attainments(&mut *unit, &AttainmentRequest::new(as_of)).await.map(|_| ()),
    ];
    for answer in answers {
        let error = fails("without a rate", answer, ErrorKind::NoRate)?;
        let said = error.to_string();
        match error {
            Error::NoRate { from, to, on } => {
                same("which", (from, to, on), (Currency::EUR, Currency::USD, as_of))?;
            }
            other => return Err(Failure::from(other)),
        }
        let named = ["EUR", "USD", "2017-12-31"].iter().all(|word| said.contains(word));
        claim(named, format!("it names the pair and the day: {said}"))?;
    }
    let asked = ForecastRequest { currency: None, ..asked };
    same("each by itself", forecast(&mut *unit, &asked).await?.cells.len(), 1)
}

async fn rates_that_cannot_be_are_invalid(case: &Case) -> Held {
    let tenant = case.anna()?.tenant;
    let on = day("2017-12-31")?;
    let (eur, usd) = (Currency::EUR, Currency::USD);
    let mut work = case.begin().await?;
    for (what, from, to, rate) in [
        ("a rate of zero", eur, usd, "0"),
        ("a negative rate", eur, usd, "-1.2"),
        ("a rate to itself", usd, usd, "1"),
        ("a rate that is too fine", eur, usd, "0.00000000000000001"),
        ("a rate that is too large", eur, usd, "100000000000000"),
    ] {
        let answer = work.exchange_rates().set(from, to, on, rate.parse()?, None).await;
        fails(what, answer, ErrorKind::Invalid)?;
    }
    let good = ExchangeRate::new(tenant, eur, usd, on, Decimal::ONE)?;
    for per in [0, -1, 3, 20, i64::MAX] {
        let bad = ExchangeRate { per, ..good.clone() };
        fails(&format!("per {per}"), Append::insert(&mut *work, bad).await, ErrorKind::Invalid)?;
    }
    let stored = Append::insert(&mut *work, good).await?;
    let moved = stored.edit(|rate| rate.to = Currency::CNY);
    fails("another pair", work.update(moved).await, ErrorKind::Refused).map(drop)
}
