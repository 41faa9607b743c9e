//! A house whose customers bring what a law says, and its runs.

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    interaction::Channel,
    kernel::{Currency, Id, Money, Stored},
    store::{UnitOfWork, every},
    transaction::TransactionKind,
    value::{Basis, Exact, Period, RunRequest, ServiceRates},
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
