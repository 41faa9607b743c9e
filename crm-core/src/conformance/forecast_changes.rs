//! What changed between two moments adds up to the difference.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::{
    forecast::{
        ChangeKind, CompareRequest, Comparison, Figure, FiscalYear, ForecastRequest, Moment,
        PeriodLength, Whose, compare, forecast, take_snapshot,
    },
    kernel::{Currency, ErrorKind, Id},
    opportunity::{ForecastCategory, Opportunity},
    store::expect,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    forecast_house::{Deal, ForecastHouse, Stood},
    law::Law,
    setting::empty_snapshot,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        changes_add_up_to_the_difference,
        each_change_is_told_by_its_kind,
        what_was_won_long_ago_leaves_the_snapshots,
        snapshots_that_are_not_complete_are_not_compared
    ]
}

type Sums = BTreeMap<(ForecastCategory, Option<Currency>), Figure>;

fn plus(sums: &mut Sums, key: (ForecastCategory, Option<Currency>), figure: Figure) {
    let sum = sums.entry(key).or_default();
    sum.count += figure.count;
    sum.amount = (sum.amount + figure.amount).normalize();
    sum.weighted = (sum.weighted + figure.weighted).normalize();
}

fn without_nothing(mut sums: Sums) -> Sums {
    sums.retain(|_, figure| *figure != Figure::default());
    sums
}

/// What was before, and all changes.
fn added_up(found: &Comparison) -> Sums {
    let mut sums = found.before.clone();
    for (key, figure) in found.changes.values().flatten() {
        plus(&mut sums, *key, *figure);
    }
    sums
}

async fn changes_add_up_to_the_difference(case: &Case) -> Held {
    let house = ForecastHouse::busy(case, 80).await?;
    let [one, _] = house.setting.staff;
    // On the last day what was won in the first half of the year before is not kept any more.
    let days = ["2017-02-15", "2017-05-31", "2017-08-31", "2017-12-31", "2018-06-30"];
    let days: Vec<_> = days.into_iter().map(day).collect::<Held<_>>()?;
    let quarter = FiscalYear::CALENDAR.period_of(day("2017-07-01")?, PeriodLength::Quarter);
    for pair in days.windows(2) {
        let mut taken = Vec::new();
        for on in pair {
            taken.push(take_snapshot(case.store(), &case.anna()?, *on, None).await?);
        }
        let [a, b] = [taken[0].id, taken[1].id].map(Moment::Snapshot);
        let now = Moment::EndOf(pair[1], None);
        for (period, whose) in [
            (None, Whose::House),
            (Some(quarter), Whose::House),
            (None, Whose::Staff(one)),
            (Some(quarter), Whose::Staff(one)),
        ] {
            let mut told = Vec::new();
            for (from, to) in [(a, b), (a, now), (b, a)] {
                let mut unit = case.read().await?;
                let mut changes = Vec::new();
                let asked = CompareRequest { from, to, period, whose };
                let found = compare(&mut *unit, &asked, &mut |change| {
                    changes.push(change);
                    Ok(())
                })
                .await?;
                let what = format!("{pair:?} {period:?} {whose:?}");
                let after = without_nothing(found.after.clone());
                same(&what, without_nothing(added_up(&found)), after)?;
                claim(
                    changes.is_sorted_by_key(|change| change.opportunity_id),
                    format!("{what}: in the order of their ids"),
                )?;
                let counted: u64 = found.changed.values().sum();
                same(&what, counted, changes.len() as u64)?;
                let mut single = Sums::new();
                for one in changes.iter().flat_map(|change| &change.differences) {
                    plus(&mut single, (one.category, one.currency), one.figure);
                }
                let mut together = Sums::new();
                for (key, figure) in found.changes.values().flatten() {
                    plus(&mut together, *key, *figure);
                }
                same(&format!("{what}: one by one"), single, together)?;
                told.push(found);
            }
            same("a snapshot, or the moves", &told[0], &told[1])?;
            if (period, whose) == (None, Whose::House) {
                let mut totals = Sums::new();
                for total in &taken[1].totals.0 {
                    let count = i64::try_from(total.count).unwrap_or(i64::MAX);
                    let (amount, weighted) = (total.amount, total.weighted);
                    let figure = Figure { count, amount, weighted };
                    plus(&mut totals, (total.category, total.currency), figure);
                }
                same("what the snapshot says", told[0].after.clone(), totals)?;
                let (changed, late) = (&told[0].changed, pair[1] == day("2018-06-30")?);
                let old = changed.contains_key(&ChangeKind::OutOfWindow);
                claim(
                    old == late && (late || changed.len() > 3),
                    format!("all sorts: {changed:?}"),
                )?;
            }
        }
    }
    Ok(())
}

async fn each_change_is_told_by_its_kind(case: &Case) -> Held {
    let mut house = ForecastHouse::busy(case, 0).await?;
    let [anna, ben] = house.setting.staff;
    let (was, is) = (day("2017-03-31")?, day("2017-06-30")?);
    let began = day("2017-02-01")?;
    let stood = |stage: &'static str, amount: &str, close: &str| -> Held<Stood> {
        let close = if close.is_empty() { None } else { Some(day(close)?) };
        let amount = if amount.is_empty() { None } else { Some(amount.parse()?) };
        Ok(Stood { since: began, stage, owner: Some(anna), amount, close, category: None })
    };
    let july = "2017-07-15";
    let plain = stood("new", "100 EUR", july)?;
    let of_ben = |stood: &Stood| Stood { owner: Some(ben), ..stood.clone() };
    let omitted =
        |stood: &Stood| Stood { category: Some(ForecastCategory::Omitted), ..stood.clone() };
    let cases: Vec<(ChangeKind, Vec<Stood>, i64)> = vec![
        (ChangeKind::New, vec![], 100),
        (ChangeKind::Lost, vec![plain.clone(), stood("lost", "100 EUR", july)?], -100),
        (
            ChangeKind::SlippedOut,
            vec![plain.clone(), stood("offer", "100 EUR", "2017-10-01")?],
            -100,
        ),
        (
            ChangeKind::SlippedIn,
            vec![stood("new", "100 EUR", "")?, stood("offer", "100 EUR", july)?],
            100,
        ),
        (ChangeKind::AmountUp, vec![plain.clone(), stood("offer", "130 EUR", july)?], 30),
        (ChangeKind::AmountDown, vec![plain.clone(), stood("offer", "", july)?], -100),
        (ChangeKind::CategoryChanged, vec![plain.clone(), stood("offer", "100 EUR", july)?], 0),
        (
            ChangeKind::ProbabilityChanged,
            vec![omitted(&plain), omitted(&stood("offer", "100 EUR", july)?)],
            0,
        ),
        (ChangeKind::CurrencyChanged, vec![plain.clone(), stood("offer", "100 USD", july)?], 0),
        (
            ChangeKind::OwnerOut,
            vec![plain.clone(), of_ben(&stood("offer", "100 EUR", july)?)],
            -100,
        ),
        (ChangeKind::OwnerIn, vec![of_ben(&plain), stood("offer", "100 EUR", july)?], 100),
        (
            ChangeKind::Reopened,
            vec![
                stood("new", "100 EUR", july)?,
                stood("lost", "1 EUR", july)?,
                stood("offer", "100 EUR", july)?,
            ],
            100,
        ),
    ];
    let mut expected = BTreeMap::new();
    for (kind, stands, difference) in cases {
        let days = [began, day("2017-03-01")?, day("2017-05-01")?];
        let late = |at: usize, of: usize| if of == 3 { days[at] } else { [days[0], days[2]][at] };
        let count = stands.len();
        let mut stood: Vec<_> = stands
            .into_iter()
            .enumerate()
            .map(|(at, stood)| Stood { since: late(at, count), ..stood })
            .collect();
        if stood.is_empty() {
            stood.push(Stood { since: day("2017-05-01")?, ..plain.clone() });
        }
        let deal = Deal { id: case.id(), shared: false, stood };
        expected.insert(deal.id, (kind, Decimal::from(difference)));
        house.deals.push(deal);
    }
    let mut work = case.begin().await?;
    for deal in &house.deals {
        house.write(&mut *work, deal).await?;
    }
    work.commit().await?;
    let third = FiscalYear::CALENDAR.period_of(day(july)?, PeriodLength::Quarter);
    let found = kinds(case, [was, is], Some(third), Whose::Staff(anna)).await?;
    for (id, expected) in &expected {
        let what = format!("{:?}", house.deals.iter().find(|deal| deal.id == *id));
        same(&what, found.get(id).copied(), Some(*expected))?;
    }
    same("how many", found.len(), expected.len())?;
    // A win counts where it was won: in the quarter that it was won in.
    let second = FiscalYear::CALENDAR.period_of(is, PeriodLength::Quarter);
    let won = Deal {
        id: case.id(),
        shared: false,
        stood: vec![plain, Stood { since: is - Days::new(9), ..stood("won", "90 EUR", july)? }],
    };
    let mut work = case.begin().await?;
    house.write(&mut *work, &won).await?;
    work.commit().await?;
    let found = kinds(case, [was, is], Some(second), Whose::House).await?;
    let told = found.get(&won.id).copied();
    same("won", told, Some((ChangeKind::Won, Decimal::from(90))))?;
    let found = kinds(case, [was, is], None, Whose::House).await?;
    let told = found.get(&won.id).copied();
    same("won, of all periods", told, Some((ChangeKind::Won, Decimal::from(-10))))?;
    let found = kinds(case, [is, was], None, Whose::House).await?;
    let told = found.get(&won.id).copied();
    same("the other way", told, Some((ChangeKind::Reopened, Decimal::from(10))))
}

async fn kinds(
    case: &Case,
    [from, to]: [NaiveDate; 2],
    period: Option<crate::forecast::FiscalPeriod>,
    whose: Whose,
) -> Held<BTreeMap<Id<Opportunity>, (ChangeKind, Decimal)>> {
    let [from, to] = [from, to].map(|day| Moment::EndOf(day, None));
    changes(case, from, to, period, whose).await
}

async fn changes(
    case: &Case,
    from: Moment,
    to: Moment,
    period: Option<crate::forecast::FiscalPeriod>,
    whose: Whose,
) -> Held<BTreeMap<Id<Opportunity>, (ChangeKind, Decimal)>> {
    let mut found = BTreeMap::new();
    let mut unit = case.read().await?;
    let asked = CompareRequest { from, to, period, whose };
    compare(&mut *unit, &asked, &mut |change| {
        let sum: Decimal = change.differences.iter().map(|one| one.figure.amount).sum();
        found.insert(change.opportunity_id, (change.kind, sum.normalize()));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// A snapshot keeps what was won in the month of its day and in the eleven before.
async fn what_was_won_long_ago_leaves_the_snapshots(case: &Case) -> Held {
    let mut house = ForecastHouse::busy(case, 0).await?;
    let stood = |since: &str, stage| -> Held<Stood> {
        let (amount, close) = (Some("10 EUR".parse()?), Some(day("2018-12-31")?));
        Ok(Stood { since: day(since)?, stage, owner: None, amount, close, category: None })
    };
    let mut deal = |stages: &[(&str, &'static str)]| -> Held<Id<Opportunity>> {
        let stood = stages.iter().map(|(since, stage)| stood(since, stage));
        let stood = stood.collect::<Held<_>>()?;
        house.deals.push(Deal { id: case.id(), shared: false, stood });
        Ok(house.deals.last().map_or_else(|| case.id(), |deal| deal.id))
    };
    let mut old = Vec::new();
    for _ in 0..5 {
        old.push(deal(&[("2015-01-10", "new"), ("2016-02-28", "won")])?);
    }
    let leaves = deal(&[("2016-12-01", "new"), ("2017-01-31", "won")])?;
    let stays = deal(&[("2016-12-01", "new"), ("2017-02-01", "won")])?;
    deal(&[("2016-12-01", "new")])?;
    let back = deal(&[("2016-12-01", "new"), ("2017-01-20", "won"), ("2018-02-10", "offer")])?;
    let mut work = case.begin().await?;
    for deal in &house.deals {
        house.write(&mut *work, deal).await?;
    }
    work.commit().await?;
    let mut taken = Vec::new();
    for (on, lines) in [("2017-12-31", 4), ("2018-01-31", 2), ("2018-02-28", 2)] {
        let one = take_snapshot(case.store(), &case.anna()?, day(on)?, None).await?;
        same(&format!("lines on {on}"), one.lines, lines)?;
        taken.push((Moment::Snapshot(one.id), Moment::EndOf(day(on)?, None)));
    }
    let ten = Decimal::TEN;
    let [december, january, february] = taken.as_slice() else {
        return Err(Failure::new("three of them"));
    };
    for pick in [|pair: &(Moment, Moment)| pair.0, |pair: &(Moment, Moment)| pair.1] {
        let out = ChangeKind::OutOfWindow;
        let [a, b, c] = [december, january, february].map(pick);
        for ([from, to], expected) in [
            ([a, b], vec![(leaves, (out, -ten)), (back, (out, -ten))]),
            ([b, a], vec![(leaves, (out, ten)), (back, (out, ten))]),
            ([b, c], vec![(stays, (out, -ten)), (back, (ChangeKind::Reopened, ten))]),
            (
                [a, c],
                vec![
                    (leaves, (out, -ten)),
                    (stays, (out, -ten)),
                    (back, (ChangeKind::Reopened, Decimal::ZERO)),
                ],
            ),
        ] {
            let found = changes(case, from, to, None, Whose::House).await?;
            same(&format!("{from:?} to {to:?}"), found, expected.into_iter().collect())?;
        }
    }
    // What only one of them keeps whole is not compared.
    let first = FiscalYear::CALENDAR.period_of(day("2017-01-31")?, PeriodLength::Quarter);
    let mut unit = case.read().await?;
    let (from, to, whose) = (december.0, january.0, Whose::House);
    let asked = CompareRequest { from, to, period: Some(first), whose };
    let answer = compare(&mut *unit, &asked, &mut |_| Ok(())).await;
    let said = fails("a quarter that began before", answer, ErrorKind::Invalid)?.to_string();
    claim(said.contains("2017-02-01"), format!("it says from when on: {said}"))?;
    let second = FiscalYear::CALENDAR.period_of(day("2017-04-01")?, PeriodLength::Quarter);
    let found = changes(case, december.0, january.0, Some(second), Whose::House).await?;
    same("nothing of the second", found.len(), 0)?;
    let as_of = day("2018-01-31")?;
    let all = forecast(&mut *unit, &ForecastRequest::new(as_of)).await?;
    let count: i64 = all.cells.iter().map(|cell| cell.figure.count).sum();
    same("a forecast still counts all of them", count, i64::try_from(old.len() + 4).unwrap_or(0))
}

async fn snapshots_that_are_not_complete_are_not_compared(case: &Case) -> Held {
    ForecastHouse::busy(case, 3).await?;
    let mut work = case.begin().await?;
    let begun = work.insert(empty_snapshot(case.id())).await?.id;
    let begun = expect(&mut *work, begun).await?.id;
    work.commit().await?;
    let mut unit = case.read().await?;
    let now = Moment::EndOf(day("2017-12-31")?, None);
    let whose = Whose::House;
    for (id, kind) in [(begun, ErrorKind::Refused), (case.id(), ErrorKind::Missing)] {
        let asked = CompareRequest { from: Moment::Snapshot(id), to: now, period: None, whose };
        let answer = compare(&mut *unit, &asked, &mut |_| Ok(())).await;
        fails("such a snapshot", answer, kind)?;
    }
    let asked = CompareRequest { from: now, to: now, period: None, whose };
    let same_day = compare(&mut *unit, &asked, &mut |_| Ok(())).await?;
    if same_day.changed.is_empty() { Ok(()) } else { Err(Failure::new("nothing changed")) }
}
