//! What stores keep of customers, and the fold of transactions that it is compared with.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    customer_value::CustomerValue,
    kernel::{Currency, Id, Money, Query, Stored, first_of_month},
    monthly_value::MonthlyValue,
    store::{ReadUnit, every},
    transaction::{Transaction, TransactionKind},
    value::Figures,
};

use super::{
    case::{Case, day},
    claim::{Held, same},
};

pub(super) fn order(
    case: &Case,
    customer: Id<Customer>,
    date: &str,
    amount: &str,
) -> Held<Transaction> {
    Ok(Transaction::new(case.id(), customer, day(date)?, amount.parse()?))
}

/// What each customer brought in each currency: of all time, and month by month.
pub(super) type Kept = BTreeMap<(Id<Customer>, Currency, Option<NaiveDate>), Figures>;

/// What is kept, but for rows that came to nothing.
pub(super) async fn kept_rows(unit: &mut (dyn ReadUnit + '_)) -> Held<Kept> {
    let (values, months) = everything_kept(unit).await?;
    let mut rows = Kept::new();
    for row in values {
        let twice = rows.insert((row.customer_id, row.currency, None), row.figures);
        same("another row of the same key", twice, None)?;
    }
    for row in months {
        let key = (row.customer_id, row.currency, Some(row.month));
        same("another month of the same key", rows.insert(key, row.figures), None)?;
    }
    rows.retain(|_, figures| *figures != Figures::default());
    Ok(rows)
}

pub(super) async fn everything_kept(
    unit: &mut (dyn ReadUnit + '_),
) -> Held<(Vec<Stored<CustomerValue>>, Vec<Stored<MonthlyValue>>)> {
    let (mut values, mut months) = (Vec::new(), Vec::new());
    every(unit, Query::<CustomerValue>::all(), |row| {
        values.push(row);
        Ok(())
    })
    .await?;
    every(unit, Query::<MonthlyValue>::all(), |row| {
        months.push(row);
        Ok(())
    })
    .await?;
    Ok((values, months))
}

/// Whether what is kept is what all transactions add up to.
pub(super) async fn is_the_fold(unit: &mut (dyn ReadUnit + '_)) -> Held {
    let mut expected = Kept::new();
    for one in transactions(unit).await? {
        for month in [None, Some(first_of_month(one.date))] {
            count(
                expected.entry((one.customer_id, one.revenue.currency(), month)).or_default(),
                &one,
            );
        }
    }
    same("what is kept, against the fold", kept_rows(unit).await?, expected)
}

pub(super) async fn transactions(unit: &mut (dyn ReadUnit + '_)) -> Held<Vec<Transaction>> {
    let mut all = Vec::new();
    every(unit, Query::<Transaction>::all(), |stored: Stored<Transaction>| {
        all.push(stored.into_inner());
        Ok(())
    })
    .await?;
    Ok(all)
}

/// Counts a transaction, by the words of the fields alone.
pub(super) fn count(figures: &mut Figures, one: &Transaction) {
    let (amount, cost) = (one.revenue.amount(), one.cost.map(Money::amount));
    figures.transactions += 1;
    match one.kind {
        TransactionKind::Order => {
            figures.orders += 1;
            figures.revenue = (figures.revenue + amount).normalize();
        }
        TransactionKind::Return => {
            figures.returns += 1;
            figures.returned = (figures.returned + amount).normalize();
        }
        TransactionKind::Payment => return,
    }
    match cost {
        Some(cost) => figures.cost = (figures.cost + cost).normalize(),
        None => figures.without_cost += 1,
    }
}
