//! What customers will still bring, and who is about to leave: on a store, what the pure functions say of its rows.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use crate::{
    customer::Customer,
    exchange_rate::DatedRates,
    kernel::{Currency, ErrorKind, Id, Money, Scope},
    lifetime::{
        BestOutlooks, Cohort, CustomerOutlook, HoldoutCheck, LifetimeQuestion, Model, Outlook,
        PurchaseDays, Regularity, TimeUnit, Tracking, Watch, at_risk, each_customer, fit, lifetime,
    },
    merge::MergeCommand,
    transaction::{Transaction, TransactionKind},
    value::{Basis, value_currency},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    merging::{customers, organisation},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        purchases_come_customer_by_customer,
        a_lifetime_report_is_what_its_rows_say,
        what_came_later_has_no_say_in_lifetime_value,
        who_is_at_risk_is_what_the_rows_say,
        who_is_about_to_leave,
        purchases_that_carry_no_model_are_refused
    ]
}

type Rows = BTreeMap<Id<Customer>, Vec<(NaiveDate, Decimal)>>;

async fn purchases_come_customer_by_customer(case: &Case) -> Held {
    let ids = customers(case, 4).await?;
    let (dollars, euros): (Currency, Currency) = ("USD".parse()?, "EUR".parse()?);
    set_rate(case, "2026-01-01", Decimal::new(11, 1)).await?;
    set_rate(case, "2026-01-10", Decimal::new(1_255, 3)).await?;
    let mut expected = Rows::new();
    let mut all = Vec::new();
    for (n, id) in (0_u64..).zip(&ids) {
        for (kind, days, amount, currency) in [
            (TransactionKind::Order, 40 + n, 30, dollars),
            (TransactionKind::Order, 3, 10, dollars),
            (TransactionKind::Return, 41 + n, -20, dollars),
            (TransactionKind::Payment, 42, 20, dollars),
            (TransactionKind::Order, 5, 50, euros),
            // A sheet of paper: 1.255 dollars are 1.26.
            (TransactionKind::Order, 50, 1, euros),
            (TransactionKind::Return, 51, -2, euros),
        ] {
            let date = from_the_first(days)?;
            all.push(transaction(case, *id, kind, date, Money::new(amount.into(), currency)?));
            let amount = match (days, currency == dollars) {
                (5, false) => Decimal::from(55),
                (50, false) => Decimal::new(126, 2),
                (_, false) => Decimal::new(-251, 2),
                (_, true) => amount.into(),
            };
            if kind != TransactionKind::Payment {
                expected.entry(*id).or_default().push((date, amount));
            }
        }
    }
    insert(case, case.anna()?, all).await?;
    // A merge files anew what there is; what comes later under the old ids is read with the survivor, who may have nothing of its own.
    let bare = customers(case, 1).await?[0];
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), bare, [ids[3]])).await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    for (into, merged) in [(bare, ids[3]), (ids[0], ids[1])] {
        let moved = expected.remove(&merged).unwrap_or_default();
        let late = (from_the_first(90)?, Decimal::from(7));
        let order = order(case, merged, late.0, Money::new(late.1, dollars)?);
        insert(case, case.anna()?, vec![order]).await?;
        expected.entry(into).or_default().extend(moved.into_iter().chain([late]));
    }
    expected.values_mut().for_each(|rows| rows.sort_unstable());

    let mut unit = case.read().await?;
    let mut found = Vec::new();
    let until = day("2026-12-31")?;
    let rates = DatedRates::load(&mut *unit, dollars, until).await?;
    each_customer(&mut *unit, rates, until, |customer, amounts| {
        claim_in_order(&amounts)?;
        found.push((customer, amounts));
        Ok(())
    })
    .await?;
    found.iter_mut().for_each(|(_, rows)| rows.sort_unstable());
    same("what they purchased", found, expected.into_iter().collect::<Vec<_>>())?;
    let unclear = value_currency(&mut *unit, Basis::Revenue, None).await;
    let error = fails("of two currencies", unclear, ErrorKind::Invalid)?;
    claim(error.to_string().contains("EUR, USD"), error.to_string())?;
    let asked = value_currency(&mut *unit, Basis::Revenue, Some(euros)).await?;
    same("the one asked for", asked, Some(euros))
}

async fn a_lifetime_report_is_what_its_rows_say(case: &Case) -> Held {
    let rows = house(case, case.anna()?).await?;
    // A neighbour has no say.
    house(case, case.scope(1, "ben")?).await?;
    let (end, as_of) = (day("2026-09-30")?, day("2026-12-31")?);
    for model in Model::ALL {
        let question = LifetimeQuestion { calibrate_to: Some(end), ..question(*model, as_of)? };
        let mut unit = case.read().await?;
        let report = lifetime(&mut *unit, &question).await?;
        let expected = folded(&rows, &question, end)?;
        same("the report", serde_json::to_value(&report)?, expected.0)?;
        claim(report.fit.converged, "it has converged")?;
        let mut best = BestOutlooks::new(5, report.currency);
        let mut pages = report.outlooks(&mut *unit).await?;
        while let Some(page) = pages.next(&mut *unit).await? {
            page.into_iter().try_for_each(|outlook| best.add(outlook))?;
        }
        let (best, together) = best.finish();
        same("the best", serde_json::to_value((best, together))?, expected.1)?;
    }
    Ok(())
}

async fn what_came_later_has_no_say_in_lifetime_value(case: &Case) -> Held {
    let rows = house(case, case.anna()?).await?;
    let as_of = day("2026-12-31")?;
    let watch = Watch::new(as_of, "USD".parse()?);
    let question = question(Model::BgNbd, as_of)?;
    let mut told = Vec::new();
    for _ in 0..2 {
        let mut unit = case.read().await?;
        let mut report = serde_json::to_value(lifetime(&mut *unit, &question).await?)?;
        let ignored = report["ignored_purchases"].take();
        same("beside it", report["values"]["ignored_purchases"].take(), ignored.clone())?;
        told.push((report, serde_json::to_value(at_risk(&mut *unit, &watch).await?)?, ignored));
        drop(unit);
        let mut later = Vec::new();
        for id in rows.keys() {
            let (order_on, return_on) = (day("2027-01-03")?, day("2027-01-01")?);
            let amount = Money::new(5.into(), watch.currency)?;
            later.push(order(case, *id, order_on, amount));
            let back = Money::new((-5).into(), watch.currency)?;
            later.push(transaction(case, *id, TransactionKind::Return, return_on, back));
        }
        insert(case, case.anna()?, later).await?;
    }
    let many = rows.len();
    same("what was not looked at", (&told[0].2, &told[1].2), (&json!(0), &json!(many)))?;
    same("the model", &told[1].0, &told[0].0)?;
    same("who is at risk", &told[1].1, &told[0].1)
}

async fn who_is_at_risk_is_what_the_rows_say(case: &Case) -> Held {
    let rows = house(case, case.anna()?).await?;
    let watch = Watch::new(day("2026-12-31")?, "USD".parse()?);
    let mut unit = case.read().await?;
    let found = at_risk(&mut *unit, &watch).await?;
    let days = |(id, rows): (&Id<Customer>, &Vec<_>)| Ok((*id, PurchaseDays::of(rows.clone())?));
    let mut everybody = Regularity::default();
    for one in rows.iter().map(days) {
        everybody.add(watch.regularity(&one?.1));
    }
    let expected = watch.report(everybody, rows.iter().map(days))?;
    claim(!expected.at_risk.is_empty(), "somebody is at risk")?;
    same("who is at risk", found, expected)?;
    let wrong = Watch { least_purchases: 2, ..watch };
    fails("no rhythm", at_risk(&mut *unit, &wrong).await, ErrorKind::Invalid)?;
    Ok(())
}

async fn who_is_about_to_leave(case: &Case) -> Held {
    let [silent, faithful, seldom, once] = customers(case, 4).await?[..] else {
        return Err(Failure::new("four customers"));
    };
    // About every month until November, and until now; twice a year; once, long ago.
    let dollars = "USD".parse()?;
    let mut all = Vec::new();
    for (id, from, gaps, times, amount) in [
        (silent, 6, [20, 40], 23, 200),
        (faithful, 20, [20, 40], 24, 300),
        (seldom, 5, [150, 210], 4, 900),
        (once, 0, [1, 1], 1, 5_000),
    ] {
        let mut date = day("2025-01-05")? + Days::new(from);
        for time in 0..times {
            all.push(order(case, id, date, Money::new(amount.into(), dollars)?));
            date = date + Days::new(gaps[time % 2]);
        }
    }
    insert(case, case.anna()?, all).await?;
    let watch = Watch::new(day("2027-01-10")?, dollars);
    let mut unit = case.read().await?;
    let told = at_risk(&mut *unit, &watch).await?;
    let who: Vec<_> = told.at_risk.iter().map(|one| one.customer).collect();
    same("who is about to leave", who, vec![silent])?;
    let why = told.at_risk[0].sentence();
    for words in ["23 purchases since 2025-01-11", "30.0 days apart", "USD a year are at risk"] {
        claim(why.contains(words), format!("{words}: {why}"))?;
    }
    same("too seldom to have a rhythm", told.too_few, 1)
}

async fn purchases_that_carry_no_model_are_refused(case: &Case) -> Held {
    let as_of = day("2026-12-31")?;
    let asked = question(Model::BgNbd, as_of)?;
    let refused = async |question: LifetimeQuestion, why: &str| -> Held {
        let mut unit = case.read().await?;
        let found = lifetime(&mut *unit, &question).await;
        let error = fails(why, found, ErrorKind::Refused)?;
        claim(error.to_string().contains(why), error.to_string())
    };
    refused(asked, "nobody has purchased").await?;
    let ids = customers(case, 20).await?;
    let mut once = Vec::new();
    for id in &ids {
        once.push(order(case, *id, from_the_first(1)?, Money::new(9.into(), "USD".parse()?)?));
    }
    insert(case, case.anna()?, once).await?;
    refused(asked, "none of 20 customers has come back").await?;
    // Who comes more often spends more.
    let mut more = Vec::new();
    for (n, id) in (1_u64..).zip(&ids) {
        for time in 0..n {
            let amount = Money::new((10 * n + time % 3).into(), "USD".parse()?)?;
            more.push(order(case, *id, from_the_first(10 + time * 9)?, amount));
        }
    }
    insert(case, case.anna()?, more).await?;
    refused(question(Model::GammaGamma, as_of)?, "go together (correlation").await?;
    let mut unit = case.read().await?;
    let report = lifetime(&mut *unit, &asked).await?;
    let why = report.values_refused.unwrap_or_default();
    claim(report.values.is_none() && why.contains("go together"), why)?;
    for wrong in [
        LifetimeQuestion { calibrate_to: Some(as_of), ..asked },
        LifetimeQuestion { discount: -0.1, ..asked },
    ] {
        fails("means nothing", lifetime(&mut *unit, &wrong).await, ErrorKind::Invalid)?;
    }
    Ok(())
}

pub(super) fn question(model: Model, as_of: NaiveDate) -> Held<LifetimeQuestion> {
    let (unit, calibrate_to, currency) = (TimeUnit::Week, None, None);
    let (horizon_days, discount) = (273, 0.1);
    Ok(LifetimeQuestion { model, unit, as_of, calibrate_to, horizon_days, discount, currency })
}

/// Report and best customers, of rows in memory.
fn folded(rows: &Rows, question: &LifetimeQuestion, end: NaiveDate) -> Held<(Json, Json)> {
    let currency: Currency = "USD".parse()?;
    let mut cohort = Cohort::new(end, question.unit);
    let mut check = HoldoutCheck::default();
    let mut tracking = Tracking::new(end, question.as_of);
    let mut histories = Vec::new();
    for (id, amounts) in rows {
        let days = PurchaseDays::of(amounts.clone())?;
        if let Some(history) = cohort.add(&days)? {
            check.add(&history, days.count_between(end, question.as_of));
            tracking.add(&days);
            histories.push((*id, history));
        }
    }
    let found = fit(question.model, &cohort)?;
    let mut report = serde_json::to_value(&found)?;
    let values = fit(Model::GammaGamma, &cohort)?;
    let asked = json!({
        "as_of": question.as_of, "horizon_days": 273, "discount": 0.1, "currency": "USD",
        "values": null, "values_refused": null, "holdout": [], "tracking": [],
    });
    let map = |json: &Json| json.as_object().cloned().unwrap_or_default();
    let mut all = map(&report);
    all.extend(map(&asked));
    report = Json::Object(all);
    let mut best = BestOutlooks::new(5, currency);
    let averages = values.values();
    if let Some(model) = found.purchases() {
        report["values"] = serde_json::to_value(&values)?;
        report["tracking"] = serde_json::to_value(tracking.points(&model, question.unit))?;
        let days = u32::try_from((question.as_of - end).num_days())?;
        let mut later = Outlook::new(model, question.unit, question.unit.of_days(days), 0.0)?;
        report["holdout"] = serde_json::to_value(check.compare(&mut later, 7))?;
        let mut outlook = Outlook::new(model, question.unit, question.unit.of_days(273), 0.1)?;
        for (id, history) in &histories {
            best.add(outlook.customer(*id, history, averages.as_ref(), currency))?;
        }
    } else {
        for (id, history) in &histories {
            let averages = averages.as_ref();
            let told = CustomerOutlook::new(*id, history, question.unit, averages, currency);
            best.add(told)?;
        }
    }
    Ok((report, serde_json::to_value(best.finish())?))
}

/// Customers of 2026, each with a rhythm of its own; some stop.
pub(super) async fn house(case: &Case, scope: Scope) -> Held<Rows> {
    let mut seed = 7_u64;
    let mut draw = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let new: Vec<_> = (0..150).map(|n| organisation(case, &format!("Customer {n}"))).collect();
    let mut rows = Rows::new();
    for customer in &new {
        let (usual, leaves, spends) = (6 + draw(60), 1 + draw(5), 10 + draw(60));
        let mut on = draw(90);
        while on < 365 {
            let amount = Decimal::new((spends * 50 + draw(spends * 100)) as i64, 2);
            rows.entry(customer.id).or_default().push((from_the_first(on)?, amount));
            if draw(12) < leaves {
                break;
            }
            on += 1 + draw(2 * usual);
        }
    }
    let mut work = case.store().begin(scope.clone()).await?;
    work.insert_all(new).await?;
    work.commit().await?;
    let mut all = Vec::new();
    for (id, rows) in &rows {
        for (date, amount) in rows {
            all.push(order(case, *id, *date, Money::new(*amount, "USD".parse()?)?));
        }
    }
    insert(case, scope, all).await?;
    Ok(rows)
}

/// What a euro is worth in dollars, from a day on.
pub(super) async fn set_rate(case: &Case, on: &str, rate: Decimal) -> Held {
    let mut work = case.begin().await?;
    work.exchange_rates().set("EUR".parse()?, "USD".parse()?, day(on)?, rate, None).await?;
    work.commit().await?;
    Ok(())
}

pub(super) fn from_the_first(days: u64) -> Held<NaiveDate> {
    Ok(day("2026-01-01")? + Days::new(days))
}

pub(super) fn order(
    case: &Case,
    customer: Id<Customer>,
    date: NaiveDate,
    revenue: Money,
) -> Transaction {
    transaction(case, customer, TransactionKind::Order, date, revenue)
}

fn transaction(
    case: &Case,
    customer: Id<Customer>,
    kind: TransactionKind,
    date: NaiveDate,
    revenue: Money,
) -> Transaction {
    Transaction { kind, ..Transaction::new(case.id(), customer, date, revenue) }
}

pub(super) async fn insert(case: &Case, scope: Scope, all: Vec<Transaction>) -> Held {
    let mut work = case.store().begin(scope).await?;
    work.insert_all(all).await?;
    work.commit().await?;
    Ok(())
}

fn claim_in_order(amounts: &[(NaiveDate, Decimal)]) -> crate::Result<()> {
    let ordered = amounts.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    let wrong = || crate::kernel::Invalid::new("purchase", "date", "the days are not in order");
    if ordered { Ok(()) } else { Err(wrong().into()) }
}
