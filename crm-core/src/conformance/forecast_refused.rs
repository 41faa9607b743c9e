//! What a forecast is not asked for, and what a target cannot be.

use chrono::NaiveDate;

use crate::{
    forecast::{
        FiscalPeriod, FiscalYear, ForecastRequest, PeriodLength, Whose, forecast, forecast_accuracy,
    },
    kernel::ErrorKind,
    opportunity::ForecastCategory,
    target::Target,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails},
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![targets_that_cannot_be_are_refused, forecasts_that_cannot_be_are_invalid]
}

async fn targets_that_cannot_be_are_refused(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let tenant = case.anna()?.tenant;
    let calendar = FiscalYear::CALENDAR;
    let quarter = FiscalPeriod::from_start(day("2017-10-01")?, PeriodLength::Quarter)?;
    let good = Target::new(tenant, Whose::Staff(setting.staff[0]), quarter, "5 EUR".parse()?);
    let mut work = case.begin().await?;
    let negative = Target { amount: "-1 EUR".parse()?, ..good.clone() };
    let in_the_middle = Target { start: day("2017-10-15")?, ..good.clone() };
    let no_quarter = Target { start: day("2017-11-01")?, ..good.clone() };
    let of_both = Target { org_unit_id: Some(setting.org_units[0]), ..good.clone() };
    for (what, bad) in [
        ("negative", negative),
        ("in the middle of a month", in_the_middle),
        ("no quarter of the house", no_quarter.clone()),
        ("a person's and a unit's", of_both),
    ] {
        let answer = work.forecasts().set_target(bad, calendar).await;
        let said = fails(what, answer, ErrorKind::Invalid)?.to_string();
        claim(said.starts_with("target, "), format!("{what}: it says where: {said}"))?;
    }
    // Of another fiscal year it is one.
    work.forecasts().set_target(no_quarter, FiscalYear::starting_in(2)?).await?;
    for nobody in [Whose::Staff(case.id()), Whose::Unit(case.id())] {
        let target = Target::new(tenant, nobody, quarter, "5 EUR".parse()?);
        let answer = work.forecasts().set_target(target, calendar).await;
        fails("a target of nobody", answer, ErrorKind::Missing)?;
    }
    let stored = work.forecasts().set_target(good, calendar).await?;
    let moved = work.update(stored.edit(|target| target.staff_id = None)).await;
    fails("another's target", moved, ErrorKind::Refused)?;
    let adjust = |reason: &str, by| (Whose::House, reason.to_owned(), by);
    for ((whose, reason, by), kind) in [
        (adjust(" ", setting.staff[0]), ErrorKind::Invalid),
        (adjust("why", case.id()), ErrorKind::Missing),
    ] {
        let (amount, category) = ("1 EUR".parse()?, ForecastCategory::Commit);
        let mut forecasts = work.forecasts();
        let said = forecasts.adjust(case.id(), whose, quarter, category, amount, by, reason);
        fails("an adjustment", said.await, kind)?;
    }
    Ok(())
}

async fn forecasts_that_cannot_be_are_invalid(case: &Case) -> Held {
    let mut unit = case.read().await?;
    for as_of in [NaiveDate::MAX, day("9999-12-31")?] {
        let answer = forecast(&mut *unit, &ForecastRequest::new(as_of)).await;
        fails("a day that no store can keep", answer, ErrorKind::Invalid)?;
    }
    for month in [0, 13] {
        claim(FiscalYear::starting_in(month).is_err(), format!("the month {month}"))?;
    }
    let (early, late) = (day("2017-01-01")?, day("2017-12-31")?);
    for (from, to) in [(late, early), (early, day("2099-01-01")?)] {
        let answer = forecast_accuracy(&mut *unit, late, from, to, None).await;
        fails("such months", answer, ErrorKind::Invalid)?;
    }
    Ok(())
}
