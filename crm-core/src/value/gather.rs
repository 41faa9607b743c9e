use std::collections::{BTreeMap, HashMap};

use crate::{
    Result,
    customer::{Customer, Survivors},
    exchange_rate::DatedRates,
    kernel::{Currency, Cursor, Id, Stored},
    store::{ReadUnit, every},
    transaction::{self, Transaction},
};

use super::{
    Figures, Period,
    profit::converted,
    source::{AT_ONCE, Source},
};

/// What a customer brought in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerFigures {
    /// Who.
    pub customer_id: Id<Customer>,
    /// In which currency.
    pub currency: Currency,
    /// What it brought.
    pub figures: Figures,
}

/// What every customer brought in a period, for each currency, to `each`: in the order of their ids and
/// currencies. Whoever has no transaction in it is left out. What lies under a customer that was merged counts for the survivor.
///
/// Whole months come from what stores keep ([`crate::monthly_value::MonthlyValue`]; of all time,
/// [`crate::customer_value::CustomerValue`]), the days at the edges from the transactions themselves. A page at a time is in memory.
///
/// # Errors
/// Whatever the store or `each` answers.
pub async fn customer_values(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    mut each: impl FnMut(CustomerFigures) -> Result<()> + Send,
) -> Result<()> {
    let survivors = Survivors::read(unit).await?;
    let mut pass = Pass::start(unit, period, None, &survivors).await?;
    while let Some(rows) = pass.next(unit).await? {
        rows.into_iter().try_for_each(&mut each)?;
    }
    Ok(())
}

/// Goes through what all customers brought, page by page, in the order of their ids and currencies.
pub(super) struct Pass<'s> {
    period: Period,
    rates: Option<&'s DatedRates>,
    survivors: &'s Survivors,
    /// None when all was given.
    source: Option<Source>,
    after: Option<Cursor>,
    /// Up to here, amounts in other currencies are converted.
    converted: Option<Id<Customer>>,
    open: Open,
}

impl<'s> Pass<'s> {
    /// In the currency of the rates, where there are any: then each customer comes once.
    pub(super) async fn start(
        unit: &mut (dyn ReadUnit + '_),
        period: Period,
        rates: Option<&'s DatedRates>,
        survivors: &'s Survivors,
    ) -> Result<Self> {
        let source = Source::of(unit, &period).await?;
        let (after, converted, open) = (None, None, Open::default());
        let mut pass = Self { period, rates, survivors, source, after, converted, open };
        pass.put_aside(unit, &survivors.merged()).await?;
        Ok(pass)
    }

    /// What these, in the order of their ids, brought: each under the id of who survived.
    async fn put_aside(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        customers: &[Id<Customer>],
    ) -> Result<()> {
        for some in customers.chunks(AT_ONCE) {
            while let Some(rows) = self.page(unit, Some(some)).await? {
                for row in rows {
                    let customer_id = self.survivors.of(row.customer_id);
                    self.open.put_aside(CustomerFigures { customer_id, ..row })?;
                }
                if self.after.is_none() {
                    break;
                }
            }
            self.converted = None;
        }
        Ok(())
    }

    /// The next customers, each with all it brought; none at the end.
    pub(super) async fn next(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Vec<CustomerFigures>>> {
        let Some(rows) = self.page(unit, None).await? else { return Ok(None) };
        for row in rows {
            self.open.add(row)?;
        }
        if self.after.is_none() {
            self.source = None;
            self.open.finish()?;
        }
        Ok(Some(std::mem::take(&mut self.open.done)))
    }

    async fn page(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        among: Option<&[Id<Customer>]>,
    ) -> Result<Option<Vec<CustomerFigures>>> {
        let Some(source) = &self.source else { return Ok(None) };
        let only = self.rates.map(DatedRates::to);
        let page = source.page(unit, among, only, self.after.take()).await?;
        self.after = page.next;
        let mut rows = page.rows;
        if among.is_none() && !self.survivors.is_empty() {
            rows.retain(|row| !self.survivors.was_merged(row.customer_id));
        }
        let Some(rates) = self.rates else { return Ok(Some(rows)) };
        let is_foreign = |row: &CustomerFigures| row.currency != rates.to();
        if !rows.iter().any(is_foreign) {
            return Ok(Some(rows));
        }
        // A customer whose rows go on from the page before was converted with these.
        let mut foreign: Vec<_> = rows.iter().filter(|row| is_foreign(row)).collect();
        foreign.retain(|row| self.converted.is_none_or(|upto| row.customer_id > upto));
        let mut ids: Vec<_> = foreign.iter().map(|row| row.customer_id).collect();
        ids.dedup();
        rows.retain(|row| !is_foreign(row));
        for some in ids.chunks(AT_ONCE) {
            let found = in_other_currencies(unit, some, &self.period, rates).await?;
            rows.extend(found.into_iter().map(|(customer_id, figures)| CustomerFigures {
                customer_id,
                currency: rates.to(),
                figures,
            }));
        }
        self.converted = ids.last().copied().or(self.converted);
        rows.sort_by_key(|row| row.customer_id);
        Ok(Some(rows))
    }
}

/// What some customers brought in a period, in the currency of the rates, and nothing of others: whoever was merged has to be named with
/// the survivor, in the order of ids. All of it is in memory.
pub(super) async fn figures_of(
    unit: &mut (dyn ReadUnit + '_),
    source: Source,
    period: Period,
    rates: &DatedRates,
    survivors: &Survivors,
    customers: &[Id<Customer>],
) -> Result<Vec<CustomerFigures>> {
    let source = Some(source);
    let (after, converted, open) = (None, None, Open::default());
    let rates = Some(rates);
    let mut pass = Pass { period, rates, survivors, source, after, converted, open };
    pass.put_aside(unit, customers).await?;
    pass.open.finish()?;
    Ok(pass.open.done)
}

/// What some customers brought in other currencies than that of the rates, each transaction converted by the rate of its day.
async fn in_other_currencies(
    unit: &mut (dyn ReadUnit + '_),
    customers: &[Id<Customer>],
    period: &Period,
    rates: &DatedRates,
) -> Result<HashMap<Id<Customer>, Figures>> {
    let mut found: HashMap<_, Figures> = HashMap::new();
    let Some((first, last)) = period.stored_days() else { return Ok(found) };
    let mut sold = transaction::CUSTOMER_ID.one_of(customers.iter().copied());
    sold = sold.and(transaction::DATE.at_most(last));
    if let Some(first) = first {
        sold = sold.and(transaction::DATE.at_least(first));
    }
    every(unit, sold.query(), |one: Stored<Transaction>| {
        if one.revenue.currency() != rates.to() {
            let figures = found.entry(one.customer_id).or_default();
            *figures = figures.plus(converted(&one, rates)?)?;
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Figures that wait until all of a customer is there.
#[derive(Default)]
struct Open {
    /// Of survivors, what lies under those who were merged into them.
    aside: BTreeMap<(Id<Customer>, Currency), Figures>,
    /// Of one customer.
    rows: Vec<CustomerFigures>,
    done: Vec<CustomerFigures>,
}

impl Open {
    fn put_aside(&mut self, row: CustomerFigures) -> Result<()> {
        let figures = self.aside.entry((row.customer_id, row.currency)).or_default();
        *figures = figures.plus(row.figures)?;
        Ok(())
    }

    /// Rows come in the order of customers.
    fn add(&mut self, row: CustomerFigures) -> Result<()> {
        if self.rows.first().is_some_and(|open| open.customer_id != row.customer_id) {
            self.close()?;
        }
        match self.rows.iter_mut().find(|open| open.currency == row.currency) {
            Some(open) => open.figures = open.figures.plus(row.figures)?,
            None => self.rows.push(row),
        }
        Ok(())
    }

    /// No more comes of the customer that is open.
    fn close(&mut self) -> Result<()> {
        let Some(id) = self.rows.first().map(|open| open.customer_id) else { return Ok(()) };
        while let Some(first) = self.aside.first_entry().filter(|first| first.key().0 <= id) {
            let ((customer_id, currency), figures) = first.remove_entry();
            let row = CustomerFigures { customer_id, currency, figures };
            if customer_id == id { self.add(row)? } else { self.give(row) }
        }
        self.rows.sort_unstable_by_key(|open| open.currency);
        for row in std::mem::take(&mut self.rows) {
            self.give(row);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.close()?;
        for ((customer_id, currency), figures) in std::mem::take(&mut self.aside) {
            self.give(CustomerFigures { customer_id, currency, figures });
        }
        Ok(())
    }

    fn give(&mut self, row: CustomerFigures) {
        if row.figures.transactions != 0 {
            self.done.push(row);
        }
    }
}
