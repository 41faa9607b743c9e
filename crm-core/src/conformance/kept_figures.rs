//! What customers brought in a period, and what it took.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    interaction::{Channel, Direction, Interaction},
    kernel::{Criteria, Currency, Id},
    merge::MergeCommand,
    store::ReadUnit,
    task::{self, Task},
    transaction::TransactionKind,
    value::{Basis, Effort, Figures, Period, customer_values, effort, value_by},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, same},
    kept_fold::{count, order},
    law::Law,
    merging::customers,
    sample::{Extreme, Make},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_period_cut_in_the_middle_of_months_is_the_fold,
        what_lies_under_an_old_id_counts_for_the_survivor_in_any_period,
        a_payment_is_no_revenue,
        effort_is_counted_by_customer_channel_and_task
    ]
}

async fn a_period_cut_in_the_middle_of_months_is_the_fold(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let ids = customers(case, 12).await?;
    let mut work = case.begin().await?;
    let mut all = Vec::new();
    for _ in 0..400 {
        let currency = ["EUR", "USD"][make.dice(2)];
        let cents = make.dice(100_000);
        let amount = format!("{}.{:02} {currency}", cents / 100, cents % 100);
        let date = format!("2017-{:02}-{:02}", 9 + make.dice(4), 1 + make.dice(30));
        let kind = make.one_of(TransactionKind::ALL);
        let sign = if kind == TransactionKind::Return { "-" } else { "" };
        let mut one = order(case, ids[make.dice(ids.len())], &date, &format!("{sign}{amount}"))?;
        one.kind = kind;
        one.cost = make.opt(|_| one.revenue);
        all.push(one);
    }
    work.insert_all(all.clone()).await?;
    work.commit().await?;
    // Months, parts of one, parts of two, days at the ends of months, none at all.
    for (from, to) in [
        (None, "2017-12-31"),
        (None, "2017-12-30"),
        (None, "2017-10-15"),
        (None, "2017-08-31"),
        (None, "2017-11-04"),
        (Some("2017-10-01"), "2017-11-30"),
        (Some("2017-10-01"), "2017-11-29"),
        (Some("2017-10-11"), "2017-12-20"),
        (Some("2017-10-31"), "2017-11-01"),
        (Some("2017-10-10"), "2017-10-19"),
        (Some("2017-10-10"), "2017-10-10"),
        (Some("2017-12-01"), "2017-12-31"),
        (Some("2018-02-01"), "2018-10-31"),
        (Some("0001-01-01"), "9999-12-31"),
    ] {
        let (first, last) = (from.map(day).transpose()?, day(to)?);
        let counts = |date: NaiveDate| first.is_none_or(|first| date >= first) && date <= last;
        let period = period(from, to)?;
        let mut expected = By::new();
        for one in all.iter().filter(|one| counts(one.date)) {
            count(expected.entry((one.customer_id, one.revenue.currency())).or_default(), one);
        }
        same(&format!("from {from:?} to {to}"), of_period(case, period).await?, expected)?;
    }
    Ok(())
}

async fn what_lies_under_an_old_id_counts_for_the_survivor_in_any_period(case: &Case) -> Held {
    let ids = customers(case, 4).await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[1], [ids[2]])).await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    // As an import or another unit leaves it: under an old id, also where the survivor has nothing itself.
    let mut work = case.begin().await?;
    work.insert(order(case, ids[2], "2017-11-15", "5 EUR")?).await?;
    work.insert(order(case, ids[1], "2017-12-15", "7 EUR")?).await?;
    work.insert(order(case, ids[3], "2017-12-15", "1 EUR")?).await?;
    work.commit().await?;
    for (from, revenue) in [(None, 12), (Some("2017-11-10"), 12), (Some("2017-12-10"), 7)] {
        let found = of_period(case, period(from, "2017-12-31")?).await?;
        let revenues: Vec<_> = found.iter().map(|((id, _), f)| (*id, f.revenue)).collect();
        let mut expected = vec![(ids[0], revenue.into()), (ids[3], 1.into())];
        expected.sort();
        same("who brought what", revenues, expected)?;
    }
    Ok(())
}

async fn a_payment_is_no_revenue(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    let mut work = case.begin().await?;
    for (customer, kind, amount) in [
        (0, TransactionKind::Order, "100 EUR"),
        (0, TransactionKind::Payment, "100 EUR"),
        (0, TransactionKind::Return, "-30 EUR"),
        (1, TransactionKind::Payment, "50 EUR"),
    ] {
        let mut one = order(case, ids[customer], "2017-12-31", amount)?;
        one.kind = kind;
        work.insert(one).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let ranking = value_by(&mut *unit, Basis::Revenue, None).await?;
    let ranking = ranking.ok_or_else(|| Failure::new("there is revenue"))?;
    same("the total", ranking.total.as_str(), "70.00")?;
    same("who has revenue", ranking.rows().next().map(|row| *row.customer), Some(ids[0]))?;
    same("how many", ranking.customers, 1)
}

async fn effort_is_counted_by_customer_channel_and_task(case: &Case) -> Held {
    let ids = customers(case, 3).await?;
    let anna = case.anna()?.actor;
    let mut work = case.begin().await?;
    for (customer, channel, at, minutes, closed) in [
        (0, Channel::Phone, "2017-12-01T00:00:00Z", Some(10), true),
        (0, Channel::Phone, "2017-12-31T23:59:59Z", Some(10), true),
        (0, Channel::Phone, "2017-12-05T10:00:00Z", Some(25), true),
        (0, Channel::Phone, "2017-12-05T10:00:00Z", None, true),
        (0, Channel::Email, "2017-12-05T10:00:00Z", Some(3), true),
        (0, Channel::Phone, "2017-11-30T23:59:59Z", Some(100), true),
        (0, Channel::Phone, "2018-01-01T00:00:00Z", Some(100), true),
        (0, Channel::Phone, "2017-12-05T10:00:00Z", Some(100), false),
        (1, Channel::Phone, "2017-12-05T10:00:00Z", Some(1), true),
        (2, Channel::Phone, "2017-12-06T10:00:00Z", Some(2), true),
    ] {
        let at = at.parse()?;
        let mut call = Interaction::new(case.id(), ids[customer], channel, Direction::Inbound, at);
        call.minutes = minutes;
        let call = if closed { call.close("2018-02-01T00:00:00Z".parse()?, &anna)? } else { call };
        work.insert(call).await?;
    }
    for (customer, title, at) in [
        (1, "Repair the press", Some("2017-12-01T00:00:00Z")),
        (2, "Repair the folder", Some("2017-12-31T23:59:59Z")),
        (1, "Repair the press again", None),
        (1, "Repair the saw", Some("2018-01-01T00:00:00Z")),
        (0, "Send the list", Some("2017-12-05T10:00:00Z")),
    ] {
        let mut one = Task::new(case.id(), title, "2017-11-01T00:00:00Z".parse()?);
        one.customer_id = Some(ids[customer]);
        let one = match at {
            Some(at) => one.done(at.parse()?, &anna, None)?,
            None => one,
        };
        work.insert(one).await?;
    }
    work.customers().merge(MergeCommand::new(case.id(), ids[1], [ids[2]])).await?;
    work.commit().await?;
    let repairs = task::TITLE.starts_with("Repair");
    let first = Effort {
        interactions: [(Channel::Phone, 4), (Channel::Email, 1)].into(),
        minutes: 48,
        without_minutes: 1,
        after_sales_tasks: 0,
    };
    let survivor = Effort {
        interactions: [(Channel::Phone, 2)].into(),
        minutes: 3,
        after_sales_tasks: 2,
        ..Effort::default()
    };
    let mut expected = vec![(ids[0], first), (ids[1], survivor.clone())];
    expected.sort_by_key(|(id, _)| *id);
    let mut unit = case.read().await?;
    same("what it took", took(&mut *unit, Some(&repairs)).await?, expected.clone())?;
    for (_, effort) in &mut expected {
        effort.after_sales_tasks = 0;
    }
    same("without tasks", took(&mut *unit, None).await?, expected)
}

async fn took(
    unit: &mut (dyn ReadUnit + '_),
    after_sales: Option<&Criteria<Task>>,
) -> Held<Vec<(Id<Customer>, Effort)>> {
    let mut found = Vec::new();
    effort(unit, period(Some("2017-12-01"), "2017-12-31")?, after_sales, |id, effort| {
        found.push((id, effort));
        Ok(())
    })
    .await?;
    Ok(found)
}

fn period(from: Option<&str>, to: &str) -> Held<Period> {
    let to = day(to)?;
    Ok(match from {
        Some(from) => Period::new(day(from)?, to, to)?,
        None => Period::until(to),
    })
}

/// By customer and currency.
type By = BTreeMap<(Id<Customer>, Currency), Figures>;

async fn of_period(case: &Case, period: Period) -> Held<By> {
    let mut found = Vec::new();
    let mut unit = case.read().await?;
    customer_values(&mut *unit, period, |one| {
        found.push(((one.customer_id, one.currency), one.figures));
        Ok(())
    })
    .await?;
    let in_order = found.is_sorted_by_key(|(key, _)| *key);
    claim(in_order, "they come in the order of customers and currencies")?;
    let many = found.len();
    let found: By = found.into_iter().collect();
    same("how many, each once", many, found.len())?;
    Ok(found)
}
