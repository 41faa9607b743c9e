//! Targets and adjustments, beside the forecast.

use rust_decimal::Decimal;

use crate::{
    forecast::{
        Attainment, AttainmentRequest, FiscalPeriod, FiscalYear, ForecastRequest, PeriodLength,
        Whose, adjustments, attainments, forecast,
    },
    forecast_adjustment::ForecastAdjustment,
    kernel::{Criteria, Money},
    opportunity::ForecastCategory,
    store::expect,
    target::Target,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    forecast_house::{brief, cast, deal, pipeline, told},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![targets_are_attained_by_what_is_won, adjustments_stand_beside_the_figure]
}

async fn targets_are_attained_by_what_is_won(case: &Case) -> Held {
    let setting = cast(case).await?;
    let [anna, ben] = setting.staff;
    let (pipeline, tenant) = (pipeline(case), case.anna()?.tenant);
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    let stored = expect(&mut *work, anna).await?;
    work.update(stored.edit(|o| o.org_unit_id = Some(setting.org_units[0]))).await?;
    for (owner, stage, amount, close) in [
        (anna, "won", "600 EUR", "2017-10-20"),
        (anna, "won", "999 EUR", "2017-09-30"),
        (anna, "contract", "100 EUR", "2017-12-31"),
        (anna, "offer", "50 EUR", "2017-12-31"),
        (ben, "won", "40 EUR", "2017-12-01"),
    ] {
        let mut new = deal(case, &pipeline, &setting, stage, amount, close)?;
        (new.owner_id, new.product_id) = (Some(owner), Some(setting.products[0]));
        work.insert(new).await?;
    }
    let fourth = FiscalPeriod::from_start(day("2017-10-01")?, PeriodLength::Quarter)?;
    let target = |whose, amount: &str| -> Held<_> {
        Ok(Target::new(tenant, whose, fourth, amount.parse()?))
    };
    let calendar = FiscalYear::CALENDAR;
    work.forecasts().set_target(target(Whose::Staff(anna), "1 EUR")?, calendar).await?;
    // Set again, it is the same one.
    work.forecasts().set_target(target(Whose::Staff(anna), "800 EUR")?, calendar).await?;
    work.forecasts().set_target(target(Whose::House, "1000 EUR")?, calendar).await?;
    let unit_id = setting.org_units[0];
    work.forecasts().set_target(target(Whose::Unit(unit_id), "500 EUR")?, calendar).await?;
    let of_product = target(Whose::House, "10 EUR")?.only(tenant, Some(setting.products[1]), None);
    work.forecasts().set_target(of_product, calendar).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let as_of = day("2017-12-15")?;
    let asked = AttainmentRequest::new(as_of);
    let from =
        |from: &str| -> Held<_> { Ok(AttainmentRequest { from: Some(day(from)?), ..asked }) };
    let all = attainments(&mut *unit, &from("2017-11-01")?).await?;
    let told: Vec<_> = all.iter().map(told_attainment).collect();
    let expected = vec![
        "House 640/1000 EUR 0.64 0.74 gap 360 coverage 0.416667".to_owned(),
        "House 0/10 EUR 0 0 gap 10 coverage 0".to_owned(),
        "Branch 600/500 EUR 1.2 1.4 gap -100 coverage -".to_owned(),
        "Colleague 600/800 EUR 0.75 0.875 gap 200 coverage 0.75".to_owned(),
    ];
    let mut sorted = (told.clone(), expected.clone());
    sorted.0.sort();
    sorted.1.sort();
    same("the targets", sorted.0, sorted.1)?;
    same("the order", told.last(), expected.last())?;
    let later = attainments(&mut *unit, &from("2018-01-01")?).await?;
    same("of another year", later.len(), 0)?;
    for (whose, expected) in [
        (Whose::Staff(anna), vec!["Colleague"]),
        (Whose::Staff(ben), vec![]),
        (Whose::Unit(unit_id), vec!["Branch", "Colleague"]),
    ] {
        let theirs = attainments(&mut *unit, &AttainmentRequest { whose, ..asked }).await?;
        let names: Vec<_> = theirs.iter().filter_map(|one| one.name.as_deref()).collect();
        same(
            &format!("those of {whose:?}"),
            (names, theirs.len()),
            (expected.clone(), expected.len()),
        )?;
    }
    let in_it = AttainmentRequest { pipeline: Some(pipeline.id), ..asked };
    same("in a pipeline", attainments(&mut *unit, &in_it).await?.len(), 0)?;
    // As of an earlier day less was won.
    let early = attainments(&mut *unit, &AttainmentRequest::new(day("2017-10-19")?)).await?;
    claim(early.iter().all(|one| one.closed.is_zero()), format!("nothing yet: {early:?}"))
}

fn told_attainment(one: &Attainment) -> String {
    let share = |share: Option<Decimal>| {
        share.map_or_else(|| "-".to_owned(), |share| share.normalize().to_string())
    };
    format!(
        "{} {}/{} {} {} {} gap {} coverage {}",
        one.name.as_deref().unwrap_or("House"),
        one.closed,
        one.target.amount.amount(),
        one.target.amount.currency(),
        share(one.attained()),
        share(one.with_commit()),
        one.gap(),
        share(one.coverage()),
    )
}

async fn adjustments_stand_beside_the_figure(case: &Case) -> Held {
    let setting = cast(case).await?;
    let [anna, boss] = setting.staff;
    let pipeline = pipeline(case);
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    let mut new = deal(case, &pipeline, &setting, "contract", "100 EUR", "2017-12-31")?;
    new.owner_id = Some(anna);
    work.insert(new).await?;
    let december = FiscalPeriod::from_start(day("2017-12-01")?, PeriodLength::Month)?;
    let mut say = Vec::new();
    for (amount, why) in [("50 EUR", "they hesitate"), ("80 EUR", "they asked again")] {
        say.push((case.id(), amount.parse::<Money>()?, why.to_owned()));
    }
    let category = ForecastCategory::Commit;
    let whose = Whose::Staff(anna);
    for (id, amount, why) in say.iter().chain(say.first()) {
        let mut forecasts = work.forecasts();
        let said = forecasts.adjust(*id, whose, december, category, *amount, boss, why.clone());
        said.await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let as_of = day("2017-12-15")?;
    let asked = AttainmentRequest::new(as_of);
    let found = adjustments(&mut *unit, &asked).await?;
    let [last] = found.as_slice() else { return Err(Failure::new(format!("{found:?}"))) };
    let last_one = (last.adjustment.number, last.adjustment.amount.to_string(), last.computed);
    same("the last one counts", last_one, (2, "80.00 EUR".to_owned(), Decimal::from(100)))?;
    let [mid, over] = ["2017-12-20", "2018-01-01"].map(day);
    let (mid, over) = (Some(mid?), Some(over?));
    for (what, asked, expected) in [
        ("of a period that a day is in", AttainmentRequest { from: mid, to: mid, ..asked }, 1),
        ("once it is over", AttainmentRequest { from: over, ..asked }, 0),
        ("hers", AttainmentRequest { whose, ..asked }, 1),
        ("another's", AttainmentRequest { whose: Whose::Staff(boss), ..asked }, 0),
        ("of a pipeline", AttainmentRequest { pipeline: Some(pipeline.id), ..asked }, 0),
    ] {
        same(what, adjustments(&mut *unit, &asked).await?.len(), expected)?;
    }
    let kept = Criteria::<ForecastAdjustment>::everything();
    same("both are kept", unit.count(kept).await?, 2)?;
    let figure = forecast(&mut *unit, &ForecastRequest::new(as_of)).await?;
    same("the figure", brief(&told(&figure.cells)), vec!["2017-12 commit EUR 1 100 90".to_owned()])
}
