use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use crate::{
    Result,
    customer::{self, Customer, Survivors},
    kernel::{Id, MAX_LIMIT, Page, Sums, Value},
    store::{Insights, Read, ReadUnit},
    transaction::{self, Transaction, TransactionKind},
};

use super::{
    Basis, Period, Purchases, ValueQuestion,
    question::{Brought, ProfitPass},
    report::{Won, won_in},
    source::AT_ONCE,
};

/// What every customer bought in the period of the question, for [`super::rfm()`], to `each`, in the order of their ids: the
/// day of the last order, how many orders, and the value by the basis. By [`Basis::Won`], opportunities that were won are the
/// purchases. With `by_category`, each with the category of the customer. Whoever has nothing that counts is left out, as in
/// [`super::values_by`]; who only sent back, or only cost, has no purchase. A page at a time is in memory.
///
/// # Errors
/// As [`super::values_by`]; whatever `each` answers.
pub async fn purchases(
    unit: &mut (dyn ReadUnit + '_),
    question: &ValueQuestion,
    by_category: bool,
    mut each: impl FnMut(Purchases<Id<Customer>>) -> Result<()> + Send,
) -> Result<()> {
    if question.basis == Basis::Won {
        let won = won_in(unit, &question.period, &question.rates).await?;
        let won: Vec<_> =
            won.customers.into_iter().map(|(customer, won)| bought(customer, won)).collect();
        return give(unit, won, by_category, &mut each).await;
    }
    let service = question.service()?;
    let survivors = Survivors::read(unit).await?;
    let mut aside: HashMap<_, NaiveDate> = HashMap::new();
    for some in survivors.merged().chunks(AT_ONCE) {
        for (id, day) in last_orders(unit, some, &question.period).await? {
            let last = aside.entry(survivors.of(id)).or_insert(day);
            *last = day.max(*last);
        }
    }
    let mut pass =
        ProfitPass::start(unit, question.period, &question.rates, service, &survivors).await?;
    while let Some(told) = pass.next(unit).await? {
        let mut all = Vec::with_capacity(told.len());
        for Brought { customer, profit, .. } in told {
            let frequency = u32::try_from(profit.figures.orders).unwrap_or(u32::MAX);
            if let Some(monetary) = question.basis.of(&profit)? {
                let (category, last) = (None, None);
                all.push(Purchases { customer, category, last, frequency, monetary });
            }
        }
        for some in all.chunks_mut(AT_ONCE) {
            let buyers = some.iter().filter(|one| one.frequency > 0);
            let ids: Vec<_> = buyers.map(|one| one.customer).collect();
            let found = last_orders(unit, &ids, &question.period).await?;
            for one in some {
                let days = [found.get(&one.customer), aside.get(&one.customer)];
                one.last = days.into_iter().flatten().max().copied();
            }
        }
        give(unit, all, by_category, &mut each).await?;
    }
    Ok(())
}

fn bought(customer: Id<Customer>, won: Won) -> Purchases<Id<Customer>> {
    let frequency = u32::try_from(won.count).unwrap_or(u32::MAX);
    Purchases { customer, category: None, last: Some(won.last), frequency, monetary: won.amount }
}

async fn give(
    unit: &mut (dyn ReadUnit + '_),
    mut all: Vec<Purchases<Id<Customer>>>,
    by_category: bool,
    each: &mut (impl FnMut(Purchases<Id<Customer>>) -> Result<()> + Send),
) -> Result<()> {
    for some in all.chunks_mut(AT_ONCE).filter(|_| by_category) {
        let these = customer::ID.one_of(some.iter().map(|one| one.customer));
        let query = these.query().limit(MAX_LIMIT);
        let page: Page<Customer> = Read::find(unit, query).await?;
        let mut known: HashMap<_, _> =
            page.items.into_iter().map(|one| (one.id, one.into_inner().category)).collect();
        for one in some {
            one.category = known.remove(&one.customer).flatten();
        }
    }
    all.into_iter().try_for_each(each)
}

/// So many days back it is looked for the last orders first, then four times as many, and so on.
const DAYS_BACK: u64 = 90;

/// The day of the last order of each in a period. It looks at the last days first: most of what customers bought long ago
/// need not be read.
pub(super) async fn last_orders(
    unit: &mut (dyn ReadUnit + '_),
    customers: &[Id<Customer>],
    period: &Period,
) -> Result<HashMap<Id<Customer>, NaiveDate>> {
    let mut found = HashMap::new();
    let Some((first, mut to)) = period.stored_days() else { return Ok(found) };
    let mut left = customers.to_vec();
    let mut days = Some(DAYS_BACK);
    while !left.is_empty() {
        let back = days.filter(|days| *days < 100 * DAYS_BACK);
        let from = back.and_then(|days| to.checked_sub_days(Days::new(days)));
        let from = first.max(from);
        let mut orders = transaction::CUSTOMER_ID
            .one_of(left.iter().copied())
            .and(transaction::KIND.eq(TransactionKind::Order))
            .and(transaction::DATE.at_most(to));
        if let Some(from) = from {
            orders = orders.and(transaction::DATE.at_least(from));
        }
        let sums =
            Sums::count().by(&transaction::CUSTOMER_ID).by(&transaction::DATE).matching(orders);
        for sum in Insights::<Transaction>::sums(unit, sums).await? {
            let [Value::Uuid(id), Value::Date(day)] = &*sum.key else { continue };
            let last = found.entry(Id::new(*id)).or_insert(*day);
            *last = (*last).max(*day);
        }
        let Some(before) = from.filter(|from| Some(*from) != first).and_then(|d| d.pred_opt())
        else {
            break;
        };
        left.retain(|id| !found.contains_key(id));
        (to, days) = (before, days.map(|days| days * 4));
    }
    Ok(found)
}
