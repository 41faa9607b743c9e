use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    Result,
    customer::{Customer, Survivors},
    exchange_rate::DatedRates,
    kernel::{Cursor, Error, Id, MAX_LIMIT, Query, Stored},
    store::{Read, ReadUnit, every},
    transaction::{self, Transaction, TransactionKind},
};

/// So many ids are looked for with one question.
const AT_ONCE: usize = 500;

type Amounts = Vec<(NaiveDate, Decimal)>;

/// Gives each customer's amounts, customer after customer: day and revenue of its orders and returns in the currency of the rates, in
/// the order of the days. What is in another currency is converted by the rate of its day. Payments are no purchases. A page of the
/// store's rows is in memory, and one customer's. What came to lie under a customer that was merged comes with the one that survived.
///
/// All comes, whenever it was; rates are needed until a day. What came later has no say: where no rate leads to it, it is left out.
///
/// # Errors
/// [`Error::NoRate`] names the pair and the day where a rate is missing; whatever the store or `each` answers.
pub async fn each_customer(
    unit: &mut (dyn ReadUnit + '_),
    rates: DatedRates,
    until: NaiveDate,
    mut each: impl FnMut(Id<Customer>, Amounts) -> Result<()> + Send,
) -> Result<()> {
    let mut pages = CustomerPages::begin(unit, rates, until).await?;
    while let Some(page) = pages.next(unit).await? {
        page.into_iter().try_for_each(|(customer, amounts)| each(customer, amounts))?;
    }
    Ok(())
}

/// What transactions count for.
#[derive(Debug)]
struct Counting {
    rates: DatedRates,
    until: NaiveDate,
}

impl Counting {
    fn amount(&self, one: &Transaction) -> Result<Option<(NaiveDate, Decimal)>> {
        if one.kind == TransactionKind::Payment {
            return Ok(None);
        }
        let (amount, day) = (one.revenue.amount(), one.date);
        match self.rates.convert(amount, one.revenue.currency(), day) {
            // It would be a purchase of nothing.
            Ok(amount) if amount.is_zero() && one.kind == TransactionKind::Return => Ok(None),
            Ok(amount) => Ok(Some((day, amount))),
            Err(Error::NoRate { .. }) if day > self.until => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What lies under customers that were merged, by those who survived: little, as merging files anew what there is.
    async fn under_old_ids(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        survivors: &Survivors,
    ) -> Result<BTreeMap<Id<Customer>, Amounts>> {
        let mut late: BTreeMap<_, Amounts> = BTreeMap::new();
        let merged: Vec<_> = survivors.merged();
        for some in merged.chunks(AT_ONCE) {
            let under = transaction::CUSTOMER_ID.one_of(some.iter().copied());
            every(unit, under.query(), |stored: Stored<Transaction>| {
                if let Some(amount) = self.amount(&stored)? {
                    late.entry(survivors.of(stored.customer_id)).or_default().push(amount);
                }
                Ok(())
            })
            .await?;
        }
        Ok(late)
    }
}

/// Customers with their amounts, some at a time: those who end within a page of the store's.
#[derive(Debug)]
pub(super) struct CustomerPages {
    counting: Counting,
    survivors: Survivors,
    late: BTreeMap<Id<Customer>, Amounts>,
    current: Option<(Id<Customer>, Amounts)>,
    after: Option<Cursor>,
    done: bool,
}

impl CustomerPages {
    pub(super) async fn begin(
        unit: &mut (dyn ReadUnit + '_),
        rates: DatedRates,
        until: NaiveDate,
    ) -> Result<Self> {
        let counting = Counting { rates, until };
        let survivors = Survivors::read(unit).await?;
        let late = counting.under_old_ids(unit, &survivors).await?;
        Ok(Self { counting, survivors, late, current: None, after: None, done: false })
    }

    /// `None` when all have come.
    pub(super) async fn next(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Vec<(Id<Customer>, Amounts)>>> {
        if self.done {
            return Ok(None);
        }
        let query = Query::all().order_by(&transaction::CUSTOMER_ID).order_by(&transaction::DATE);
        let query = query.limit(MAX_LIMIT).after(self.after.take());
        let page = Read::<Transaction>::find(unit, query).await?;
        let mut ended = Vec::new();
        for transaction in &page.items {
            self.take(transaction, &mut ended)?;
        }
        self.after = page.next;
        if self.after.is_none() {
            self.done = true;
            self.end_current(&mut ended);
            self.late_before(None, &mut ended);
        }
        Ok(Some(ended))
    }

    fn take(
        &mut self,
        transaction: &Transaction,
        ended: &mut Vec<(Id<Customer>, Amounts)>,
    ) -> Result<()> {
        let customer = transaction.customer_id;
        if self.survivors.was_merged(customer) {
            return Ok(());
        }
        let Some(amount) = self.counting.amount(transaction)? else { return Ok(()) };
        if let Some((current, amounts)) = &mut self.current
            && *current == customer
        {
            amounts.push(amount);
            return Ok(());
        }
        self.end_current(ended);
        self.late_before(Some(customer), ended);
        self.current = Some((customer, vec![amount]));
        Ok(())
    }

    /// No more of the current customer comes.
    fn end_current(&mut self, ended: &mut Vec<(Id<Customer>, Amounts)>) {
        let Some((customer, mut amounts)) = self.current.take() else { return };
        if let Some(late) = self.late.remove(&customer) {
            amounts.extend(late);
            amounts.sort_unstable();
        }
        ended.push((customer, amounts));
    }

    /// Those who have nothing of their own, up to the next customer.
    fn late_before(
        &mut self,
        next: Option<Id<Customer>>,
        ended: &mut Vec<(Id<Customer>, Amounts)>,
    ) {
        while let Some(first) = self.late.first_entry() {
            if next.is_some_and(|next| *first.key() >= next) {
                break;
            }
            let (customer, mut amounts) = first.remove_entry();
            amounts.sort_unstable();
            ended.push((customer, amounts));
        }
    }
}
