//! What every customer brought, page by page.

use std::{collections::HashMap, ops::Bound};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    Result,
    customer::{self, Customer, Survivors},
    exchange_rate::{DatedRates, ExchangeRate},
    kernel::{Currency, Id, Invalid, MAX_LIMIT},
    store::{Read, ReadUnit},
    value::{
        Basis, Effort, Figures, Period, Profit, ServiceRate, ServiceRates,
        purchases::last_orders,
        question::{Brought, ProfitPass},
        report::{WonIn, won_in},
        source::AT_ONCE,
    },
};

/// What a customer brought in a period, in one currency.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CustomerRow {
    pub(super) customer: Id<Customer>,
    pub(super) category: Option<String>,
    pub(super) figures: Figures,
    pub(super) cost_to_serve: Decimal,
    pub(super) effort: Option<Effort>,
    pub(super) last_order: Option<NaiveDate>,
}

impl CustomerRow {
    pub(super) fn value(&self, basis: Basis, currency: Currency) -> Result<Decimal, Invalid> {
        match basis {
            Basis::Won | Basis::Revenue => self.figures.net_revenue(),
            Basis::Margin => self.figures.margin(),
            Basis::Profit => Ok(Profit::of(self.figures, self.cost_to_serve, currency)?.profit),
        }
    }
}

/// Where the rows of a run come from.
pub(super) struct Source<'r> {
    basis: Basis,
    period: Period,
    service: Option<&'r ServiceRates>,
    rates: DatedRates,
    survivors: Survivors,
    /// Of survivors, the last orders that lie under those who were merged into them.
    aside: HashMap<Id<Customer>, NaiveDate>,
    won: WonIn,
    /// Whether categories have scales of their own.
    by_category: bool,
}

impl<'r> Source<'r> {
    pub(super) async fn of(
        unit: &mut (dyn ReadUnit + '_),
        basis: Basis,
        period: Period,
        currency: Currency,
        service: Option<&'r ServiceRates>,
        by_category: bool,
    ) -> Result<Self> {
        let rates = DatedRates::load(unit, currency, period.to()).await?;
        let survivors = Survivors::read(unit).await?;
        let (mut aside, mut won) = (HashMap::new(), WonIn::default());
        if basis == Basis::Won {
            won = won_in(unit, &period, &rates).await?;
        } else {
            for some in survivors.merged().chunks(AT_ONCE) {
                for (id, day) in last_orders(unit, some, &period).await? {
                    let last = aside.entry(survivors.of(id)).or_insert(day);
                    *last = day.max(*last);
                }
            }
        }
        let service = service.filter(|_| basis == Basis::Profit);
        Ok(Self { basis, period, service, rates, survivors, aside, won, by_category })
    }

    /// Begins to go through them.
    pub(super) async fn rows<'s>(&'s self, unit: &mut (dyn ReadUnit + '_)) -> Result<Rows<'s>> {
        let pass = match self.basis {
            Basis::Won => None,
            _ => {
                let (rates, survivors) = (&self.rates, &self.survivors);
                Some(ProfitPass::start(unit, self.period, rates, self.service, survivors).await?)
            }
        };
        Ok(Rows { source: self, pass, after: None })
    }
}

/// Goes through all customers in the order of their ids, with what they brought; those who brought nothing and took
/// nothing are left out. A page at a time is in memory.
pub(super) struct Rows<'s> {
    source: &'s Source<'s>,
    pass: Option<ProfitPass<'s>>,
    /// The last who won, where that counts.
    after: Option<Id<Customer>>,
}

impl Rows<'_> {
    /// How many records count for nobody, as they name no customer or no amount.
    pub(super) const fn uncounted(&self) -> u64 {
        self.source.won.uncounted
    }

    /// By which rate what serving costs was converted, where it was, and that in words.
    pub(super) fn service_rate(&self) -> Option<(ServiceRate, String)> {
        service_rate(self.source.service, &self.source.rates, &self.source.period)
    }

    /// The next page; none after the last.
    pub(super) async fn next(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Vec<CustomerRow>>> {
        let mut rows = Vec::new();
        match &mut self.pass {
            None => {
                rows = self.won();
                if rows.is_empty() {
                    return Ok(None);
                }
            }
            Some(pass) => {
                let Some(told) = pass.next(unit).await? else { return Ok(None) };
                for Brought { customer, profit, effort } in told {
                    if self.source.basis.of(&profit)?.is_some() {
                        let cost_to_serve = profit.cost_to_serve;
                        let row = row(customer, profit.figures, None);
                        rows.push(CustomerRow { cost_to_serve, effort, ..row });
                    }
                }
                for some in rows.chunks_mut(AT_ONCE) {
                    self.source.days(unit, some).await?;
                }
            }
        }
        if self.source.by_category {
            for some in rows.chunks_mut(AT_ONCE) {
                categories(unit, some).await?;
            }
        }
        Ok(Some(rows))
    }

    fn won(&mut self) -> Vec<CustomerRow> {
        let after = self.after.map_or(Bound::Unbounded, Bound::Excluded);
        let some = self.source.won.customers.range((after, Bound::Unbounded)).take(AT_ONCE);
        let rows: Vec<_> = some
            .map(|(customer, won)| {
                let orders = i64::try_from(won.count).unwrap_or(i64::MAX);
                let revenue = won.amount;
                let figures =
                    Figures { revenue, orders, transactions: orders, ..Figures::default() };
                row(*customer, figures, Some(won.last))
            })
            .collect();
        self.after = rows.last().map_or(self.after, |row| Some(row.customer));
        rows
    }
}

/// The rate of the currency of service rates, where it is another one, and that in words.
pub(super) fn service_rate(
    service: Option<&ServiceRates>,
    rates: &DatedRates,
    period: &Period,
) -> Option<(ServiceRate, String)> {
    let from = service?.currency;
    let rate = rates.rate(from, period.to()).filter(|_| from != rates.to())?;
    let ExchangeRate { date, per, price, .. } = *rate;
    let note = format!(
        "What serving costs is converted by the rate of {date}: {per} {from} for {} {}.",
        price.normalize(),
        rates.to()
    );
    Some((ServiceRate { date, per, price }, note))
}

impl Source<'_> {
    /// When they ordered last.
    async fn days(&self, unit: &mut (dyn ReadUnit + '_), rows: &mut [CustomerRow]) -> Result<()> {
        let buyers = rows.iter().filter(|row| row.figures.orders > 0);
        let ids: Vec<_> = buyers.map(|row| row.customer).collect();
        let found = last_orders(unit, &ids, &self.period).await?;
        for row in rows.iter_mut().filter(|row| row.figures.orders > 0) {
            let days = [found.get(&row.customer), self.aside.get(&row.customer)];
            row.last_order = days.into_iter().flatten().max().copied();
        }
        Ok(())
    }
}

async fn categories(unit: &mut (dyn ReadUnit + '_), rows: &mut [CustomerRow]) -> Result<()> {
    let these = customer::ID.one_of(rows.iter().map(|row| row.customer));
    let found = Read::<Customer>::find(unit, these.query().limit(MAX_LIMIT)).await?.items;
    let mut known: HashMap<_, _> =
        found.into_iter().map(|one| (one.id, one.into_inner().category)).collect();
    for row in rows {
        row.category = known.remove(&row.customer).flatten();
    }
    Ok(())
}

fn row(customer: Id<Customer>, figures: Figures, last_order: Option<NaiveDate>) -> CustomerRow {
    let (category, cost_to_serve, effort) = (None, Decimal::ZERO, None);
    CustomerRow { customer, category, figures, cost_to_serve, effort, last_order }
}
