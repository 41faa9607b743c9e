use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::{
    Result,
    customer::Customer,
    customer_value::{self, CustomerValue},
    kernel::{
        Criteria, Currency, Cursor, Id, MAX_LIMIT, Page, Sums, Timestamp, Value, first_of_month,
    },
    monthly_value::{self, MonthlyValue},
    store::{Insights, Read, ReadUnit},
    transaction::{self, Transaction, TransactionKind},
};

use super::{CustomerFigures, Figures, Period};

/// Of so many customers transactions are added up at once.
pub(super) const AT_ONCE: usize = 1_000;

/// Where the figures of a period come from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// What is kept of all time.
    AllTime,
    /// What is kept of months; of those at the edges, the transactions.
    Months { first: NaiveDate, last: NaiveDate },
}

/// Some rows, in the order of customers.
pub(super) struct Rows {
    pub(super) rows: Vec<CustomerFigures>,
    pub(super) next: Option<Cursor>,
}

impl Source {
    /// None for a period whose days no store knows.
    pub(super) async fn of(
        unit: &mut (dyn ReadUnit + '_),
        period: &Period,
    ) -> Result<Option<Self>> {
        let Some((first, last)) = period.stored_days() else { return Ok(None) };
        Ok(Some(match first {
            None if !any_later(unit, last).await? => Self::AllTime,
            first => Self::Months { first: first.unwrap_or(Timestamp::MIN.date()), last },
        }))
    }

    /// The first and the last month, where no days at the edges are left out.
    pub(super) fn whole(&self) -> Option<(NaiveDate, NaiveDate)> {
        let Self::Months { first, last } = *self else { return None };
        let edges = [first_of_month(first), first_of_month(last)];
        let whole = edges.iter().all(|month| part_of(*month, first, last).is_none());
        whole.then(|| edges.into())
    }

    /// The next rows, of all customers or of some. Those of months that are not in the period as a whole are those of its days, but
    /// not in currencies other than `only`: these are left as they are.
    pub(super) async fn page(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        among: Option<&[Id<Customer>]>,
        only: Option<Currency>,
        after: Option<Cursor>,
    ) -> Result<Rows> {
        let Self::Months { first, last } = *self else {
            let who = among.map_or_else(Criteria::everything, |ids| {
                customer_value::CUSTOMER_ID.one_of(ids.iter().copied())
            });
            let query = who.query().order_by(&customer_value::CUSTOMER_ID);
            let page: Page<CustomerValue> =
                Read::find(unit, query.limit(MAX_LIMIT).after(after)).await?;
            let rows = page.items.iter().map(|row| CustomerFigures {
                customer_id: row.customer_id,
                currency: row.currency,
                figures: row.figures,
            });
            return Ok(Rows { rows: rows.collect(), next: page.next });
        };
        let months = monthly_value::MONTH
            .at_least(first_of_month(first))
            .and(monthly_value::MONTH.at_most(first_of_month(last)));
        let who = match among {
            Some(ids) => months.and(monthly_value::CUSTOMER_ID.one_of(ids.iter().copied())),
            None => months,
        };
        let query = who.query().order_by(&monthly_value::CUSTOMER_ID);
        let page: Page<MonthlyValue> =
            Read::find(unit, query.limit(MAX_LIMIT).after(after)).await?;
        let mut rows = Vec::with_capacity(page.items.len());
        let mut parts: BTreeMap<NaiveDate, Vec<CustomerFigures>> = BTreeMap::new();
        for row in &page.items {
            let (customer_id, currency) = (row.customer_id, row.currency);
            let row_of = CustomerFigures { customer_id, currency, figures: row.figures };
            let left = only.is_some_and(|only| only != currency);
            match part_of(row.month, first, last) {
                Some(_) if !left => parts.entry(row.month).or_default().push(row_of),
                _ => rows.push(row_of),
            }
        }
        for (month, wanted) in parts {
            let Some(days) = part_of(month, first, last) else { continue };
            for some in wanted.chunks(AT_ONCE) {
                let found = of_days(unit, some, days).await?;
                rows.extend(some.iter().filter_map(|row| {
                    let figures = *found.get(&(row.customer_id, row.currency))?;
                    Some(CustomerFigures { figures, ..*row })
                }));
            }
        }
        rows.sort_by_key(|row| row.customer_id);
        Ok(Rows { rows, next: page.next })
    }
}

/// Whether there may be transactions after a day.
async fn any_later(unit: &mut (dyn ReadUnit + '_), day: NaiveDate) -> Result<bool> {
    let month = first_of_month(day);
    let later = monthly_value::MONTH.above(month).query().order_by(&monthly_value::MONTH).limit(1);
    if !Read::<MonthlyValue>::find(unit, later).await?.items.is_empty() {
        return Ok(true);
    }
    if first_of_month(day.succ_opt().unwrap_or(day)) != month {
        return Ok(false);
    }
    let mut after = None;
    loop {
        let query = monthly_value::MONTH.eq(month).query().order_by(&monthly_value::CUSTOMER_ID);
        let page = Read::<MonthlyValue>::find(unit, query.limit(MAX_LIMIT).after(after)).await?;
        let ids: Vec<_> = page.items.iter().map(|row| row.customer_id).collect();
        for some in ids.chunks(AT_ONCE) {
            let later = transaction::CUSTOMER_ID.one_of(some.iter().copied());
            let later = later.and(transaction::DATE.above(day));
            if Read::<Transaction>::count(unit, later).await? > 0 {
                return Ok(true);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(false);
        }
    }
}

/// The days of a month that are asked for, if that is not all of them.
fn part_of(month: NaiveDate, first: NaiveDate, last: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let next = month.checked_add_months(chrono::Months::new(1));
    let end = next.and_then(|next| next.pred_opt()).unwrap_or(NaiveDate::MAX);
    (first > month || last < end).then(|| (first.max(month), last.min(end)))
}

/// What some customers brought on some days, by their transactions.
async fn of_days(
    unit: &mut (dyn ReadUnit + '_),
    customers: &[CustomerFigures],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<HashMap<(Id<Customer>, Currency), Figures>> {
    let mut ids: Vec<_> = customers.iter().map(|row| row.customer_id).collect();
    ids.dedup();
    let sold = || {
        transaction::CUSTOMER_ID
            .one_of(ids.iter().copied())
            .and(transaction::DATE.at_least(first))
            .and(transaction::DATE.at_most(last))
    };
    let sums = Sums::of(&transaction::REVENUE)
        .beside(&transaction::COST)
        .by(&transaction::CUSTOMER_ID)
        .by(&transaction::KIND)
        .matching(sold());
    let mut found: HashMap<_, Figures> = HashMap::new();
    for sum in Insights::<Transaction>::sums(unit, sums).await? {
        let ([Value::Uuid(id), Value::Text(kind)], Some(currency)) = (&*sum.key, sum.currency)
        else {
            continue;
        };
        let figures = found.entry((Id::new(*id), currency)).or_default();
        let count = i64::try_from(sum.count).unwrap_or(i64::MAX);
        let mut more = Figures { transactions: count, ..Figures::default() };
        match kind.parse() {
            Ok(TransactionKind::Order) => {
                (more.revenue, more.cost, more.orders) = (sum.amount, sum.beside, count);
            }
            Ok(TransactionKind::Return) => {
                (more.returned, more.cost, more.returns) = (sum.amount, sum.beside, count);
            }
            _ => {}
        }
        *figures = figures.plus(more)?;
    }
    let uncosted = sold()
        .and(transaction::COST.is_empty())
        .and(transaction::KIND.ne(TransactionKind::Payment));
    let sums = Sums::of(&transaction::REVENUE).by(&transaction::CUSTOMER_ID).matching(uncosted);
    for sum in Insights::<Transaction>::sums(unit, sums).await? {
        let ([Value::Uuid(id)], Some(currency)) = (&*sum.key, sum.currency) else { continue };
        let figures = found.entry((Id::new(*id), currency)).or_default();
        figures.without_cost = i64::try_from(sum.count).unwrap_or(i64::MAX);
    }
    Ok(found)
}
