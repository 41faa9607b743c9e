//! What customers bring in a period, in one currency: revenue, margin, profit, and what they bought.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    exchange_rate::DatedRates,
    interaction::{Channel, Direction, Interaction},
    kernel::{Currency, ErrorKind, Id},
    merge::MergeCommand,
    opportunity::Opportunity,
    pipeline::Pipeline,
    store::ReadUnit,
    transaction::TransactionKind,
    value::{
        Basis, Cuts, Effort, Pareto, Period, Profit, Purchases, RfmPolicy, ServiceRates,
        ValueQuestion, of_units, profit, profits, purchases, rfm, values_by,
    },
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    kept_fold::{order, transactions},
    law::Law,
    merging::customers,
    sample::{Extreme, Make},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        revenue_margin_and_profit_of_a_period_come_in_one_currency,
        profits_are_the_fold_over_all_transactions_and_all_effort,
        a_missing_rate_is_told_with_its_day,
        a_customer_whose_months_fill_pages_is_converted_once,
        what_was_won_in_a_period_is_converted_by_its_day
    ]
}

const EUR: Currency = Currency::EUR;

async fn revenue_margin_and_profit_of_a_period_come_in_one_currency(case: &Case) -> Held {
    let ids = customers(case, 6).await?;
    set_rates(case, &[("USD", "2017-01-01", "0.9"), ("USD", "2017-12-01", "0.8")]).await?;
    let mut work = case.begin().await?;
    for (customer, kind, date, revenue, cost) in [
        (0, TransactionKind::Order, "2017-11-29", "1000 EUR", None),
        (0, TransactionKind::Order, "2017-11-30", "100 USD", Some("40 USD")),
        (0, TransactionKind::Order, "2017-12-10", "100.01 EUR", Some("50 EUR")),
        (0, TransactionKind::Return, "2017-12-11", "-20 EUR", Some("-5 EUR")),
        (0, TransactionKind::Payment, "2017-12-30", "100 GBP", None),
        (0, TransactionKind::Order, "2018-01-01", "1000 EUR", None),
        (1, TransactionKind::Order, "2017-12-24", "10.01 EUR", None),
        (2, TransactionKind::Order, "2017-12-05", "5.01 USD", Some("9 USD")),
        (4, TransactionKind::Payment, "2017-12-05", "77 EUR", None),
        (5, TransactionKind::Return, "2017-12-06", "-3 EUR", None),
    ] {
        let mut one = order(case, ids[customer], date, revenue)?;
        (one.kind, one.cost) = (kind, cost.map(str::parse).transpose()?);
        work.insert(one).await?;
    }
    for (customer, channel, at, minutes) in [
        (0, Channel::Phone, "2017-12-01T10:00:00Z", Some(25)),
        (0, Channel::Phone, "2017-12-31T23:59:59Z", Some(5)),
        (0, Channel::Phone, "2018-01-01T00:00:00Z", Some(500)),
        (3, Channel::Visit, "2017-12-01T10:00:00Z", None),
    ] {
        work.insert(call(case, ids[customer], channel, at, minutes)?).await?;
    }
    work.customers().merge(MergeCommand::new(case.id(), ids[2], [ids[1]])).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let period = Period::new(day("2017-11-30")?, day("2017-12-31")?, day("2018-01-31")?)?;
    let rates = DatedRates::load(&mut *unit, EUR, period.to()).await?;
    let service: ServiceRates = serde_json::from_str(
        r#"{"currency": "EUR", "interactions": {"phone": "4"}, "other_interactions": "1", "hour": "60"}"#,
    )?;
    let mut question = ValueQuestion { basis: Basis::Revenue, period, rates, service: None };
    // 100 · 0.9 + 100.01 − 20; 10.01 + 5.01 · 0.8, rounded.
    let revenue = [(0, "170.01"), (2, "14.02"), (5, "-3")];
    same("revenue", values(&mut *unit, &question).await?, expected(&ids, &revenue)?)?;
    question.basis = Basis::Margin;
    // Less 36 + 50 − 5; less 7.20.
    let margin = [(0, "89.01"), (2, "6.82"), (5, "-3")];
    same("margin", values(&mut *unit, &question).await?, expected(&ids, &margin)?)?;
    question.basis = Basis::Profit;
    let refused = values_by(&mut *unit, &question).await;
    fails("profit without rates of service", refused, ErrorKind::Invalid)?;
    question.service = Some(service);
    // Less 2 · 4 + 30 minutes; a visit.
    let profit = [(0, "51.01"), (2, "6.82"), (3, "-1"), (5, "-3")];
    same("profit", values(&mut *unit, &question).await?, expected(&ids, &profit)?)?;
    let all = values_by(&mut *unit, &question).await?;
    let pareto = Pareto::of_units(all.customers, &all.units, &Cuts::default(), EUR)?;
    same("together", pareto.total.as_str(), "53.83")?;
    same("who loses", pareto.negative, 2)?;

    let bought = |at: usize, last: Option<&str>, frequency, monetary: &str| {
        let last = last.map(day).transpose()?;
        let (customer, monetary) = (ids[at], monetary.parse()?);
        Ok::<_, Failure>(Purchases { customer, category: None, last, frequency, monetary })
    };
    let mut told = vec![
        bought(0, Some("2017-12-10"), 2, "51.01")?,
        bought(2, Some("2017-12-24"), 2, "6.82")?,
        bought(3, None, 0, "-1")?,
        bought(5, None, 0, "-3")?,
    ];
    told.sort_by_key(|one| one.customer);
    let found = all_purchases(&mut *unit, &question, false).await?;
    same("what they bought", found.clone(), told)?;
    let scored = rfm(found, period.as_of(), &RfmPolicy::default(), EUR)?;
    same("who is scored", scored.customers, 2)
}

async fn profits_are_the_fold_over_all_transactions_and_all_effort(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let ids = customers(case, 9).await?;
    set_rates(case, &[("USD", "2017-01-01", "0.9"), ("USD", "2017-10-10", "0.85713")]).await?;
    set_rates(case, &[("JPY", "2017-08-01", "0.0075"), ("JPY", "2017-11-20", "0.0071")]).await?;
    let mut work = case.begin().await?;
    let mut all = Vec::new();
    for _ in 0..300 {
        let kind = make.one_of(TransactionKind::ALL);
        let sign = if kind == TransactionKind::Return { "-" } else { "" };
        let amount = |make: &mut Make, currency: &str| match currency {
            "JPY" => format!("{sign}{} JPY", make.dice(100_000)),
            _ => format!("{sign}{}.{:02} {currency}", make.dice(1_000), make.dice(100)),
        };
        let currency = ["EUR", "EUR", "USD", "JPY"][make.dice(4)];
        let date = format!("2017-{:02}-{:02}", 9 + make.dice(4), 1 + make.dice(30));
        let revenue = amount(&mut make, currency);
        let mut one = order(case, ids[make.dice(8)], &date, &revenue)?;
        one.kind = kind;
        let cost = amount(&mut make, currency);
        one.cost = make.opt(|_| cost.parse()).transpose()?;
        all.push(one);
    }
    work.insert_all(all).await?;
    let mut calls = Vec::new();
    for _ in 0..120 {
        let at = format!("2017-{:02}-{:02}T12:00:00Z", 9 + make.dice(4), 1 + make.dice(30));
        let minutes = make.opt(|make| make.dice(90) as i64);
        let channel = make.one_of(Channel::ALL);
        calls.push(call(case, ids[make.dice(ids.len())], channel, &at, minutes)?);
    }
    work.insert_all(calls.clone()).await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[1], [ids[2], ids[3]])).await?;
    work.commit().await?;
    // As an import leaves it: under old ids.
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    for (old, amount) in [(1, "7.77 USD"), (2, "12 EUR"), (3, "500 JPY")] {
        work.insert(order(case, ids[old], "2017-12-29", amount)?).await?;
    }
    work.insert(call(case, ids[3], Channel::Visit, "2017-12-29T08:00:00Z", Some(45))?).await?;
    work.commit().await?;
    calls.push(call(case, ids[3], Channel::Visit, "2017-12-29T08:00:00Z", Some(45))?);
    let whose = |id: Id<Customer>| if ids[1..4].contains(&id) { ids[0] } else { id };
    let service: ServiceRates = serde_json::from_str(
        r#"{"currency": "USD", "interactions": {"phone": "4.5"}, "other_interactions": "1", "hour": "37.25"}"#,
    )?;

    let mut unit = case.read().await?;
    let rates = DatedRates::load(&mut *unit, EUR, day("2018-12-31")?).await?;
    let sold = transactions(&mut *unit).await?;
    for period in [
        Period::until(day("2018-12-31")?),
        Period::until(day("2017-10-15")?),
        Period::new(day("2017-10-01")?, day("2017-11-30")?, day("2018-01-01")?)?,
        Period::new(day("2017-10-31")?, day("2017-12-29")?, day("2018-01-01")?)?,
        Period::new(day("2017-11-11")?, day("2017-11-12")?, day("2018-01-01")?)?,
        Period::new(day("2016-11-11")?, day("2016-11-12")?, day("2018-01-01")?)?,
    ] {
        let mut efforts: BTreeMap<Id<Customer>, Effort> = BTreeMap::new();
        for one in calls.iter().filter(|one| period.contains(one.happened_at.date())) {
            let effort = efforts.entry(whose(one.customer_id)).or_default();
            *effort.interactions.entry(one.channel).or_default() += 1;
            match one.minutes {
                Some(minutes) => effort.minutes += minutes as u64,
                None => effort.without_minutes += 1,
            }
        }
        let (mut told, mut bought) = (BTreeMap::new(), Vec::new());
        for id in ids.iter().filter(|id| whose(**id) == **id) {
            let theirs = sold.iter().filter(|one| whose(one.customer_id) == *id);
            let theirs: Vec<_> = theirs.filter(|one| period.contains(one.date)).collect();
            let effort = efforts.get(id).cloned().unwrap_or_default();
            let one = profit(theirs.iter().copied(), &effort, &period, &service, &rates)?;
            let orders = theirs.iter().filter(|one| one.kind == TransactionKind::Order);
            let last = orders.map(|one| one.date).max();
            let (frequency, value) = (one.figures.orders as u32, Basis::Profit.of(&one)?);
            bought.extend(value.map(|monetary| {
                let category = None;
                Purchases { customer: *id, category, last, frequency, monetary }
            }));
            if !theirs.is_empty() || efforts.contains_key(id) {
                told.insert(*id, one);
            }
        }
        bought.sort_by_key(|one| one.customer);
        let found = all_profits(&mut *unit, period, &rates, Some(&service)).await?;
        same(&format!("profits of {period:?}"), found, told)?;
        let (rates, service) = (rates.clone(), Some(service.clone()));
        let question = ValueQuestion { basis: Basis::Profit, period, rates, service };
        let found = all_purchases(&mut *unit, &question, false).await?;
        same(&format!("purchases of {period:?}"), found, bought)?;
    }
    Ok(())
}

async fn a_missing_rate_is_told_with_its_day(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    set_rates(case, &[("USD", "2017-12-02", "0.9")]).await?;
    let mut work = case.begin().await?;
    work.insert(order(case, ids[0], "2017-12-01", "1 USD")?).await?;
    work.insert(order(case, ids[1], "2017-12-03", "3 USD")?).await?;
    work.insert(order(case, ids[1], "2017-12-31", "5 GBP")?).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let rates = DatedRates::load(&mut *unit, EUR, day("2017-12-31")?).await?;
    for (from, to, missing) in [
        ("2017-12-01", "2017-12-30", Some("USD to EUR on 2017-12-01")),
        ("2017-12-02", "2017-12-31", Some("GBP to EUR on 2017-12-31")),
        ("2017-12-02", "2017-12-30", None),
    ] {
        let period = Period::new(day(from)?, day(to)?, day("2017-12-31")?)?;
        let rates = rates.clone();
        let question = ValueQuestion { basis: Basis::Revenue, period, rates, service: None };
        let Some(missing) = missing else {
            let found = values(&mut *unit, &question).await?;
            same("what has a rate", found, expected(&ids, &[(1, "2.7")])?)?;
            continue;
        };
        let refused = fails(missing, values_by(&mut *unit, &question).await, ErrorKind::NoRate)?;
        claim(refused.to_string().contains(missing), refused.to_string())?;
    }
    Ok(())
}

async fn a_customer_whose_months_fill_pages_is_converted_once(case: &Case) -> Held {
    const MONTHS: u32 = 4_000;
    let ids = customers(case, 3).await?;
    set_rates(case, &[("USD", "1000-01-01", "0.5")]).await?;
    let first = day("1601-01-31")?;
    let mut list = Vec::new();
    for month in 0..MONTHS {
        let date = first.checked_add_months(chrono::Months::new(month));
        let date = date.ok_or_else(|| Failure::new("a day"))?.to_string();
        for (at, id) in ids.iter().enumerate() {
            let amount = format!("{} {}", 1 + at, if month % 4 == 0 { "EUR" } else { "USD" });
            list.push(order(case, *id, &date, &amount)?);
        }
    }
    let mut work = case.begin().await?;
    work.insert_all(list).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let rates = DatedRates::load(&mut *unit, EUR, day("2017-12-31")?).await?;
    // One day of the first month is cut off, so that months are read, and none of it is lost.
    let period = Period::new(day("1601-01-02")?, day("2017-12-31")?, day("2017-12-31")?)?;
    let question = ValueQuestion { basis: Basis::Revenue, period, rates, service: None };
    let found = values(&mut *unit, &question).await?;
    same("revenue", found, expected(&ids, &[(0, "2500"), (1, "5000"), (2, "7500")])?)
}

async fn what_was_won_in_a_period_is_converted_by_its_day(case: &Case) -> Held {
    set_rates(case, &[("USD", "2017-01-01", "0.9"), ("USD", "2017-12-01", "0.8")]).await?;
    let mut work = case.begin().await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let mut buyers = Vec::new();
    for name in ["Acme", "Bolt", "Cord"] {
        let mut customer = super::merging::organisation(case, name);
        customer.category = (name == "Bolt").then(|| "retail".to_owned());
        buyers.push(work.insert(customer).await?.id);
    }
    for (n, (customer, amount, on)) in [
        (0, "10 USD", "2017-11-30"),
        (0, "10 USD", "2017-12-20"),
        (1, "7 EUR", "2017-12-31"),
        (2, "9 EUR", "2017-11-29"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut new = Opportunity::open(case.id(), format!("{n}"), &pipeline)?;
        new.customer_id = Some(buyers[customer]);
        new.amount = Some(amount.parse()?);
        let id = work.opportunities().open(new).await?.id;
        work.opportunities().win(id, day(on)?, None).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let period = Period::new(day("2017-11-30")?, day("2017-12-31")?, day("2018-01-31")?)?;
    let rates = DatedRates::load(&mut *unit, EUR, period.to()).await?;
    let question = ValueQuestion { basis: Basis::Won, period, rates, service: None };
    let won = [(0, "17"), (1, "7")];
    same("what was won", values(&mut *unit, &question).await?, expected(&buyers, &won)?)?;
    let found = all_purchases(&mut *unit, &question, true).await?;
    let told: Vec<_> = found.iter().map(|one| (one.customer, one.last, one.frequency)).collect();
    let last = |text| day(text).map(Some);
    let mut expected =
        vec![(buyers[0], last("2017-12-20")?, 2), (buyers[1], last("2017-12-31")?, 1)];
    expected.sort();
    same("as purchases", told, expected)?;
    let categories: Vec<_> = found.into_iter().filter_map(|one| one.category).collect();
    same("their categories", categories, vec!["retail".to_owned()])
}

pub(super) async fn set_rates(case: &Case, rates: &[(&str, &str, &str)]) -> Held {
    let mut work = case.begin().await?;
    for (from, on, rate) in rates {
        let (from, on, rate) = (from.parse()?, day(on)?, rate.parse()?);
        work.exchange_rates().set(from, EUR, on, rate, None).await?;
    }
    work.commit().await?;
    Ok(())
}

/// A closed interaction.
fn call(
    case: &Case,
    customer: Id<Customer>,
    channel: Channel,
    at: &str,
    minutes: Option<i64>,
) -> Held<Interaction> {
    let at = at.parse()?;
    let mut call = Interaction::new(case.id(), customer, channel, Direction::Inbound, at);
    call.minutes = minutes;
    Ok(call.close("2018-02-01T00:00:00Z".parse()?, &case.anna()?.actor)?)
}

type Brought = Vec<(Id<Customer>, Decimal)>;

async fn values(unit: &mut (dyn ReadUnit + '_), question: &ValueQuestion) -> Held<Brought> {
    let found = values_by(unit, question).await?;
    let units = found.units.iter().map(|units| of_units((*units).into()));
    Ok(found.customers.into_iter().zip(units).collect())
}

/// In the order of the customers.
fn expected(ids: &[Id<Customer>], values: &[(usize, &str)]) -> Held<Brought> {
    let mut all = Vec::new();
    for (at, value) in values {
        all.push((ids[*at], value.parse()?));
    }
    all.sort();
    Ok(all)
}

async fn all_purchases(
    unit: &mut (dyn ReadUnit + '_),
    question: &ValueQuestion,
    by_category: bool,
) -> Held<Vec<Purchases<Id<Customer>>>> {
    let mut found = Vec::new();
    purchases(unit, question, by_category, |one| {
        found.push(one);
        Ok(())
    })
    .await?;
    Ok(found)
}

async fn all_profits(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    rates: &DatedRates,
    service: Option<&ServiceRates>,
) -> Held<BTreeMap<Id<Customer>, Profit>> {
    let mut found = Vec::new();
    profits(unit, period, rates, service, |customer, profit| {
        found.push((customer, profit));
        Ok(())
    })
    .await?;
    claim(found.is_sorted_by_key(|(id, _)| *id), "they come in the order of customers")?;
    let many = found.len();
    let found: BTreeMap<_, _> = found.into_iter().collect();
    same("how many, each once", many, found.len())?;
    Ok(found)
}
