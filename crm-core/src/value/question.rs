use std::collections::VecDeque;

use rust_decimal::Decimal;

use crate::{
    Result,
    customer::{Customer, Survivors},
    exchange_rate::DatedRates,
    kernel::{Currency, Id, Invalid},
    store::ReadUnit,
};

use super::{
    Basis, CustomerFigures, Effort, Figures, Period, Profit, ServiceRates,
    effort::{EffortPass, Efforts},
    gather::Pass,
    plain::plain_values,
    profit::cost_to_serve,
    report::won_in,
    to_units,
};

/// What is asked about what customers bring, in the currency that the rates lead into.
#[derive(Clone, Debug)]
pub struct ValueQuestion {
    /// What counts as value.
    pub basis: Basis,
    /// Of which days, and as of which.
    pub period: Period,
    /// The rates of those days ([`DatedRates::load`]); they are asked only for amounts in other currencies.
    pub rates: DatedRates,
    /// What serving customers costs; without it, there is no profit to tell.
    pub service: Option<ServiceRates>,
}

impl ValueQuestion {
    /// The currency of the answer.
    pub const fn currency(&self) -> Currency {
        self.rates.to()
    }

    /// What has to be asked of the effort: nothing where it does not count.
    pub(super) fn service(&self) -> Result<Option<&ServiceRates>, Invalid> {
        match (self.basis, &self.service) {
            (Basis::Profit, None) => {
                let reason = "profit counts what serving a customer costs: give the house's rates, all of them 0 if it costs nothing";
                Err(Invalid::new("value", "service", reason))
            }
            (Basis::Profit, service) => Ok(service.as_ref()),
            _ => Ok(None),
        }
    }
}

/// What customers bring, each in its place, in the order of their ids: for [`super::classes()`], [`super::Ranking`],
/// [`super::Pareto::of_units`], [`super::Standings`]. Twenty-four bytes for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// Who.
    pub customers: Vec<Id<Customer>>,
    /// What each brings, in units of 10^-4.
    pub units: Vec<i64>,
    /// In which currency.
    pub currency: Currency,
}

impl Values {
    pub(super) const fn none(currency: Currency) -> Self {
        Self { customers: Vec::new(), units: Vec::new(), currency }
    }

    fn push(&mut self, customer: Id<Customer>, value: Decimal) -> Result<()> {
        self.units.push(to_units(value)?);
        self.customers.push(customer);
        Ok(())
    }
}

/// What every customer brings by this question. Whoever has nothing that counts is left out: no order or return in the
/// period, nor, for profit, anything that serving it cost. What lies under a customer that was merged counts for the
/// survivor. Figures come from what stores keep ([`super::customer_values`]); amounts in other currencies from their transactions,
/// each by the rate of its day. What was won is converted for each customer and day at once, and all in memory.
///
/// # Errors
/// [`crate::Error::NoRate`] names the pair and the day where a rate is missing, [`crate::Error::Invalid`] where rates of service are, or
/// for an amount beyond [`to_units`]; whatever the store answers.
pub async fn values_by(unit: &mut (dyn ReadUnit + '_), question: &ValueQuestion) -> Result<Values> {
    let service = question.service()?;
    Ok(values_of(unit, question, service).await?.values)
}

/// What customers bring, and what is not known of it.
pub(super) struct Known {
    pub(super) values: Values,
    /// How many orders and returns do not say what their goods cost; none where nobody looked.
    pub(super) without_cost: Option<i64>,
    /// How many opportunities that were won count for nobody.
    pub(super) uncounted: u64,
}

/// The same by these rates of service; without them, serving costs nothing.
pub(super) async fn values_of(
    unit: &mut (dyn ReadUnit + '_),
    question: &ValueQuestion,
    service: Option<&ServiceRates>,
) -> Result<Known> {
    let currency = question.currency();
    let mut values = Values::none(currency);
    if question.basis == Basis::Won {
        let won = won_in(unit, &question.period, &question.rates).await?;
        for (customer, won) in won.customers {
            values.push(customer, won.amount)?;
        }
        return Ok(Known { values, without_cost: Some(0), uncounted: won.uncounted });
    }
    let survivors = Survivors::read(unit).await?;
    if let Some(values) = plain_values(unit, question, &survivors).await? {
        return Ok(Known { values, without_cost: None, uncounted: 0 });
    }
    let mut without_cost = 0;
    let mut pass =
        ProfitPass::start(unit, question.period, &question.rates, service, &survivors).await?;
    while let Some(told) = pass.next(unit).await? {
        for Brought { customer, profit, .. } in told {
            if let Some(value) = question.basis.of(&profit)? {
                values.push(customer, value)?;
                without_cost += profit.figures.without_cost;
            }
        }
    }
    Ok(Known { values, without_cost: Some(without_cost), uncounted: 0 })
}

/// The profit of every customer in a period, in the currency that the rates lead into, to `each`, in the order of their ids:
/// what [`super::profit()`] says of its transactions and of the effort for it. Without rates of service, serving costs nothing. Whoever has neither a transaction nor effort is left out. A page at a time is in
/// memory.
///
/// # Errors
/// As [`values_by`]; whatever `each` answers.
pub async fn profits(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    rates: &DatedRates,
    service: Option<&ServiceRates>,
    mut each: impl FnMut(Id<Customer>, Profit) -> Result<()> + Send,
) -> Result<()> {
    let survivors = Survivors::read(unit).await?;
    let mut pass = ProfitPass::start(unit, period, rates, service, &survivors).await?;
    while let Some(told) = pass.next(unit).await? {
        told.into_iter().try_for_each(|one| each(one.customer, one.profit))?;
    }
    Ok(())
}

/// The profit of a customer, and what was done for it.
pub(super) struct Brought {
    pub(super) customer: Id<Customer>,
    pub(super) profit: Profit,
    pub(super) effort: Option<Effort>,
}

/// Goes through the profits of all customers, some at a time, in the order of their ids.
pub(super) struct ProfitPass<'q> {
    period: Period,
    rates: &'q DatedRates,
    figures: Pass<'q>,
    efforts: Option<(EffortPass<'q>, &'q ServiceRates)>,
    /// Figures that wait for the effort of their customers.
    ahead: VecDeque<CustomerFigures>,
}

impl<'q> ProfitPass<'q> {
    pub(super) async fn start(
        unit: &mut (dyn ReadUnit + '_),
        period: Period,
        rates: &'q DatedRates,
        service: Option<&'q ServiceRates>,
        survivors: &'q Survivors,
    ) -> Result<Self> {
        let figures = Pass::start(unit, period, Some(rates), survivors).await?;
        let efforts = match service {
            Some(service) => {
                service.check()?;
                let tasks = service.after_sales.as_ref();
                Some((EffortPass::start(unit, period, tasks, survivors).await?, service))
            }
            None => None,
        };
        Ok(Self { period, rates, figures, efforts, ahead: VecDeque::new() })
    }

    /// The next customers; none at the end.
    pub(super) async fn next(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Vec<Brought>>> {
        let (period, rates, currency) = (self.period, self.rates, self.rates.to());
        let Some((efforts, service)) = &mut self.efforts else {
            let Some(rows) = self.figures.next(unit).await? else { return Ok(None) };
            let told = rows.into_iter().map(|row| {
                let profit = Profit::of(row.figures, Decimal::ZERO, currency)?;
                Ok(Brought { customer: row.customer_id, profit, effort: None })
            });
            return told.collect::<Result<_>>().map(Some);
        };
        let Some(Efforts { upto, found }) = efforts.next(unit).await? else { return Ok(None) };
        let is_due = |row: &CustomerFigures| upto.is_none_or(|upto| row.customer_id <= upto);
        while self.ahead.back().is_none_or(is_due) {
            let Some(rows) = self.figures.next(unit).await? else { break };
            self.ahead.extend(rows);
        }
        let mut told = Vec::with_capacity(found.len());
        let mut tell = |customer, figures, effort: Option<Effort>| {
            let cost = match &effort {
                Some(effort) => cost_to_serve(effort, &period, service, rates)?,
                None => Decimal::ZERO,
            };
            let profit = Profit::of(figures, cost, currency)?;
            told.push(Brought { customer, profit, effort });
            Ok::<_, crate::Error>(())
        };
        let mut found = found.into_iter().peekable();
        while self.ahead.front().is_some_and(is_due)
            && let Some(row) = self.ahead.pop_front()
        {
            while let Some((id, effort)) = found.next_if(|(id, _)| *id < row.customer_id) {
                tell(id, Figures::default(), Some(effort))?;
            }
            let effort = found.next_if(|(id, _)| *id == row.customer_id);
            tell(row.customer_id, row.figures, effort.map(|(_, effort)| effort))?;
        }
        for (id, effort) in found {
            tell(id, Figures::default(), Some(effort))?;
        }
        Ok(Some(told))
    }
}
