//! Snapshots are taken once, whoever takes them and however often.

use std::collections::BTreeMap;

use crate::{
    forecast::{Forecast, ForecastBy, ForecastRequest, forecast, take_snapshot},
    forecast_snapshot::{self, ForecastSnapshot, SnapshotTotals},
    kernel::{Criteria, ErrorKind},
    opportunity::{Opportunity, OpportunityStatus},
    snapshot_line::{self, SnapshotLine},
    store::{Read, every, expect},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, fails, same},
    forecast_house::{ForecastHouse, Sum, cast, pipeline},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_snapshot_is_the_forecast_of_its_day,
        a_snapshot_is_taken_once,
        two_who_take_a_snapshot_take_one,
        a_snapshot_that_was_interrupted_goes_on,
        snapshots_are_of_one_house
    ]
}

type Sums = BTreeMap<String, Sum>;

/// By category and currency.
fn of_forecast(found: &Forecast) -> Sums {
    let mut sums = Sums::new();
    for cell in &found.cells {
        let figure = cell.figure;
        let (count, amount, weighted) = (figure.count, figure.amount, figure.weighted);
        let key = format!("{} {:?}", cell.category, cell.currency);
        sums.entry(key).or_default().plus(Sum { count, amount, weighted });
    }
    sums
}

fn of_totals(totals: &SnapshotTotals) -> Sums {
    let mut sums = Sums::new();
    for total in &totals.0 {
        let count = i64::try_from(total.count).unwrap_or(i64::MAX);
        let key = format!("{} {:?}", total.category, total.currency);
        let (amount, weighted) = (total.amount, total.weighted);
        sums.entry(key).or_default().plus(Sum { count, amount, weighted });
    }
    sums
}

async fn a_snapshot_is_the_forecast_of_its_day(case: &Case) -> Held {
    let house = ForecastHouse::busy(case, 60).await?;
    for on in ["2017-02-28", "2017-06-30", "2017-12-31"] {
        let day = day(on)?;
        for pipeline in [None, Some(house.pipeline.id)] {
            let taken = take_snapshot(case.store(), &case.anna()?, day, pipeline).await?;
            let mut unit = case.read().await?;
            let by = ForecastBy::Category;
            let asked = ForecastRequest { by, pipeline, ..ForecastRequest::new(day) };
            let found = forecast(&mut *unit, &asked).await?;
            same(on, of_totals(&taken.totals), of_forecast(&found))?;
            let mut lines = 0;
            let of_it = snapshot_line::SNAPSHOT_ID.eq(taken.id).query();
            let mut lost = false;
            every::<SnapshotLine, _>(&mut *unit, of_it, |line| {
                lines += 1;
                lost |= line.status == OpportunityStatus::Lost;
                Ok(())
            })
            .await?;
            same("its lines", (lines, lost), (taken.lines, false))?;
            let there = house.at(day).iter().filter(|(_, stood)| !stood.is_lost()).count();
            same("what counted", lines, i64::try_from(there).unwrap_or(0))?;
        }
    }
    Ok(())
}

async fn a_snapshot_is_taken_once(case: &Case) -> Held {
    let house = ForecastHouse::busy(case, 20).await?;
    let today = day("2099-12-31")?;
    let first = take_snapshot(case.store(), &case.anna()?, today, None).await?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, house.deals[0].id).await?;
    work.update(stored.edit(|o| o.amount = "12345 EUR".parse().ok())).await?;
    work.commit().await?;
    let again = take_snapshot(case.store(), &case.scope(0, "ben")?, today, None).await?;
    same(
        "the second answers with the first",
        (&*again, again.version()),
        (&*first, first.version()),
    )?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, first.id).await?;
    let other = work.update(stored.edit(|snapshot| snapshot.lines += 1)).await;
    fails("a snapshot that is complete", other, ErrorKind::Refused)?;
    let nobody = work.forecasts().take(today, Some(case.id())).await;
    fails("of a pipeline that is not there", nobody, ErrorKind::Missing).map(drop)
}

async fn two_who_take_a_snapshot_take_one(case: &Case) -> Held {
    ForecastHouse::busy(case, 30).await?;
    let today = day("2017-11-30")?;
    let taken: Vec<_> = (0..3)
        .map(|n| {
            let case = case.clone();
            case.clone().spawn(async move {
                let scope = case.scope(0, &format!("colleague {n}"))?;
                Ok(take_snapshot(case.store(), &scope, today, None).await?.into_inner())
            })
        })
        .collect();
    let mut found = Vec::new();
    for one in taken {
        found.push(one.join().await?);
    }
    claim(found.windows(2).all(|two| two[0] == two[1]), format!("one snapshot: {found:?}"))?;
    let mut unit = case.read().await?;
    let of_day = forecast_snapshot::DAY.eq(today);
    same("snapshots", Read::<ForecastSnapshot>::count(&mut *unit, of_day).await?, 1)?;
    let lines = Read::<SnapshotLine>::count(&mut *unit, Criteria::everything()).await?;
    same("lines", i64::try_from(lines).unwrap_or(0), found[0].lines)
}

async fn a_snapshot_that_was_interrupted_goes_on(case: &Case) -> Held {
    let setting = cast(case).await?;
    let pipeline = pipeline(case);
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    let mut all = Vec::new();
    for _ in 0..2_100 {
        let mut new = Opportunity::open(case.id(), "deal", &pipeline)?;
        new.owner_id = Some(setting.staff[0]);
        new.amount = "1 EUR".parse().ok();
        all.push(new.taken_at("2017-01-01T08:00:00Z".parse()?));
    }
    work.insert_all(all).await?;
    work.commit().await?;
    let on = day("2017-12-31")?;
    // A step that is dropped leaves nothing; one that is committed is not done again.
    let mut work = case.begin().await?;
    work.forecasts().take(on, None).await?;
    drop(work);
    let mut work = case.begin().await?;
    let step = work.forecasts().take(on, None).await?;
    work.commit().await?;
    claim(!step.complete && step.lines > 0, format!("a first step: {} lines", step.lines))?;
    let all = take_snapshot(case.store(), &case.anna()?, on, None).await?;
    same("all of it", (all.complete, all.lines), (true, 2_100))?;
    let mut unit = case.read().await?;
    let lines = Read::<SnapshotLine>::count(&mut *unit, Criteria::everything()).await?;
    same("lines", lines, 2_100)?;
    let amounts: Vec<_> = all.totals.0.iter().map(|total| total.amount.to_string()).collect();
    same("what they come to", amounts, vec!["2100".to_owned()])
}

async fn snapshots_are_of_one_house(case: &Case) -> Held {
    ForecastHouse::busy(case, 10).await?;
    let on = day("2017-12-31")?;
    let ours = take_snapshot(case.store(), &case.anna()?, on, None).await?;
    let elsewhere = case.scope(1, "bob")?;
    let theirs = take_snapshot(case.store(), &elsewhere, on, None).await?;
    claim(ours.lines > 0 && ours.id != theirs.id, "two snapshots")?;
    same("theirs", (theirs.complete, theirs.lines), (true, 0))?;
    let mut unit = case.store().read(elsewhere).await?;
    same("ours, to them", unit.get(ours.id).await?, None)?;
    let found = forecast(&mut *unit, &ForecastRequest::new(on)).await?;
    same("their forecast", found.cells.len(), 0)
}
