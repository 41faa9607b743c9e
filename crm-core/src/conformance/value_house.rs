//! A house whose customers bring what a law says, and its runs.

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    interaction::{Channel, Direction, Interaction},
    kernel::{Currency, Id, Money, Stored},
    store::{UnitOfWork, every, expect},
    transaction::TransactionKind,
    value::{Basis, Exact, Period, RunRequest, ServiceRates, ValuePolicies},
    value_run::ValueRun,
    value_run_line::{self, ValueRunLine},
};

use super::{
    case::{Case, day},
    claim::Held,
    kept_fold::order,
    merging::customers,
};

/// A period of the year 2017.
pub(super) fn year() -> Held<Period> {
    Ok(Period::new(day("2017-01-01")?, day("2017-12-31")?, day("2018-01-15")?)?)
}

pub(super) fn request(case: &Case, basis: Basis) -> Held<RunRequest<'static>> {
    Ok(RunRequest::new(case.id(), year()?, basis, Currency::EUR))
}

/// The lines of a stored run, by rank.
pub(super) async fn lines(case: &Case, run: Id<ValueRun>) -> Held<Vec<ValueRunLine>> {
    let mut found = Vec::new();
    let mut unit = case.read().await?;
    every(&mut *unit, value_run_line::RUN_ID.eq(run).query(), |line: Stored<ValueRunLine>| {
        found.push(line.into_inner());
        Ok(())
    })
    .await?;
    found.sort_by_key(|line| (line.rank.unwrap_or(i64::MAX), line.customer_id));
    Ok(found)
}

/// Whoever brought so much in 2017, in whole euros: an order each, of goods that cost nothing.
pub(super) async fn house(case: &Case, values: &[i64]) -> Held<Vec<Id<Customer>>> {
    let ids = customers(case, values.len()).await?;
    let mut work = case.begin().await?;
    for (at, (id, value)) in ids.iter().zip(values).enumerate() {
        let date = format!("2017-{:02}-{:02}", 1 + at % 12, 1 + at % 28);
        sell(case, &mut *work, *id, &date, *value, 0).await?;
    }
    work.commit().await?;
    Ok(ids)
}

/// An order, or a return of what is below zero.
pub(super) async fn sell(
    case: &Case,
    work: &mut (dyn UnitOfWork + '_),
    id: Id<Customer>,
    date: &str,
    value: i64,
    cost: i64,
) -> Held {
    let mut one = order(case, id, date, &format!("{value} EUR"))?;
    one.cost = Some(Money::new(cost.into(), Currency::EUR)?);
    if value < 0 {
        one.kind = TransactionKind::Return;
    }
    work.insert(one).await?;
    Ok(())
}

/// Service rates: so many euros for a call, others for nothing.
pub(super) fn served_at(call: i64) -> ServiceRates {
    ServiceRates {
        currency: Currency::EUR,
        interactions: [(Channel::Phone, Exact(call.into()))].into(),
        other_interactions: Some(Exact(Decimal::ZERO)),
        hour: Exact(Decimal::ZERO),
        after_sales_task: Exact(Decimal::ZERO),
        after_sales: None,
    }
}

/// So many calls of the customer, closed.
pub(super) async fn called(case: &Case, id: Id<Customer>, times: usize) -> Held {
    let anna = case.anna()?.actor;
    let mut work = case.begin().await?;
    for _ in 0..times {
        let at = "2017-06-01T10:00:00Z".parse()?;
        let call = Interaction::new(case.id(), id, Channel::Phone, Direction::Inbound, at);
        work.insert(call.close("2017-06-02T00:00:00Z".parse()?, &anna)?).await?;
    }
    work.commit().await?;
    Ok(())
}

/// A house of many, with ties, returns, two currencies and customers of two categories.
pub(super) async fn busy(case: &Case, many: usize) -> Held<Vec<Id<Customer>>> {
    let ids = customers(case, many).await?;
    let mut work = case.begin().await?;
    for (at, id) in ids.iter().enumerate() {
        let one = expect(&mut *work, *id).await?;
        let category = (at % 3 == 0).then(|| "library".to_owned());
        work.update(one.edit(|customer| customer.category = category)).await?;
        for n in 0..1 + at % 4 {
            let date = format!("2017-{:02}-{:02}", 1 + (at * 5 + n * 3) % 12, 1 + (at + n) % 28);
            let value = [10, 10, 250, 40, 75][(at + n) % 5] + (at as i64 / 7) * 3;
            sell(case, &mut *work, *id, &date, value, value * ((at % 5) as i64) / 4).await?;
        }
        if at % 6 == 1 {
            sell(case, &mut *work, *id, "2017-11-11", -30, 0).await?;
        }
        if at % 6 == 2 {
            work.insert(order(case, *id, "2017-08-09", "40.02 USD")?).await?;
        }
    }
    let rate = dollar();
    work.exchange_rates().set(Currency::USD, Currency::EUR, day("2017-08-01")?, rate, None).await?;
    work.commit().await?;
    for (at, id) in ids.iter().enumerate().filter(|(at, _)| at % 4 == 3) {
        called(case, *id, 1 + at % 3).await?;
    }
    Ok(ids)
}

/// In euros.
pub(super) fn dollar() -> Decimal {
    Decimal::new(84_137, 5)
}

/// By thresholds for one category, by fifths for all others.
pub(super) fn policies() -> Held<ValuePolicies> {
    let text = r#"{"version": "2018", "service": {"currency": "USD", "other_interactions": "1.37", "hour": "7.01"},
        "rfm": {"categories": {"library": {"frequency": {"thresholds": ["2", "3", "4", "5"]}}}},
        "tiers": {"tiers": [{"name": "gold", "any": [{"classes": ["A"]}]}, {"name": "standard"}]}}"#;
    Ok(serde_json::from_str(text)?)
}
