use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    Result,
    customer::{Customer, Survivors},
    exchange_rate::DatedRates,
    kernel::{Currency, Id, Invalid, Sums, Timestamp, Value, text_enum},
    opportunity::{self, Opportunity, OpportunityStatus},
    store::{Insights, ReadUnit},
};

use super::{
    Pareto, Period, Profit,
    customer_value::{self, CustomerValue},
    customer_values,
    figures::too_large,
    pareto,
};

text_enum! {
    /// What counts as a customer's value.
    pub enum Basis {
        /// The amounts of the opportunities it won us.
        Won = "won",
        /// The revenue of its orders, less that of its returns. Payments are no revenue: they settle orders.
        Revenue = "revenue",
        /// That less the cost of goods ([`super::Figures::margin`]).
        Margin = "margin",
        /// That less what serving it costs ([`super::Profit`]).
        Profit = "profit",
    }
}

impl Basis {
    /// What counts of a customer's profit; none where it has nothing of the kind. What was won is none of it.
    ///
    /// # Errors
    /// [`Invalid`] when an amount is beyond 28 digits.
    pub fn of(self, told: &Profit) -> Result<Option<Decimal>, Invalid> {
        let sold = told.figures.orders != 0 || told.figures.returns != 0;
        Ok(match self {
            Self::Won => None,
            Self::Revenue if sold => Some(told.figures.net_revenue()?.normalize()),
            Self::Margin if sold => Some(told.margin),
            Self::Profit if sold || !told.cost_to_serve.is_zero() => Some(told.profit),
            Self::Revenue | Self::Margin | Self::Profit => None,
        })
    }
}

/// Who of a house's customers brings how much, in one currency: in `currency`, else in the only one
/// there is, of all time and without rates: amounts in another do not count, nor do records without an amount. `None` where there is
/// nothing to add up. Of a period, with rates, and for profit see [`super::values_by`].
///
/// # Errors
/// [`crate::Error::Invalid`] when no currency is named and there are several, and for [`Basis::Profit`], which needs rates.
pub async fn value_by(
    unit: &mut (dyn ReadUnit + '_),
    basis: Basis,
    currency: Option<Currency>,
) -> Result<Option<Pareto<Id<Customer>>>> {
    let amounts = match basis {
        Basis::Won => won(unit).await?,
        Basis::Revenue | Basis::Margin => sold(unit, basis).await?,
        Basis::Profit => {
            let reason = "profit needs the rates of service: ask for the values of a period";
            return Err(Invalid::new("value", "basis", reason).into());
        }
    };
    let currency = match currency {
        Some(currency) => Some(currency),
        None => only_currency(amounts.iter().map(|(_, currency, _)| *currency))?,
    };
    let of = |currency| {
        let of_currency = amounts.iter().filter(move |(_, one, _)| *one == currency);
        of_currency.map(|(id, _, amount)| (*id, *amount)).collect()
    };
    let answer = currency.map(|currency| pareto(of(currency), currency));
    Ok(answer.transpose()?)
}

/// What somebody brings in a currency.
type Amount = (Id<Customer>, Currency, Decimal);

/// What was won; what is filed under customers that were merged counts for those who survived.
async fn won(unit: &mut (dyn ReadUnit + '_)) -> Result<Vec<Amount>> {
    let won = opportunity::STATUS.eq(OpportunityStatus::Won);
    let sums = Sums::of(&opportunity::AMOUNT).by(&opportunity::CUSTOMER_ID).matching(won);
    let sums = Insights::<Opportunity>::sums(unit, sums).await?;
    let survivors = Survivors::read(unit).await?;
    let mut together: Vec<Amount> = Vec::with_capacity(sums.len());
    let mut at: HashMap<(Id<Customer>, Currency), usize> = HashMap::new();
    for sum in sums {
        let ([Value::Uuid(id)], Some(currency)) = (&*sum.key, sum.currency) else { continue };
        let id = survivors.of(Id::new(*id));
        let place = *at.entry((id, currency)).or_insert(together.len());
        match together.get_mut(place) {
            Some((_, _, known)) => {
                *known = known.checked_add(sum.amount).ok_or_else(too_large)?.normalize();
            }
            None => together.push((id, currency, sum.amount)),
        }
    }
    Ok(together)
}

/// What a customer won us in a period.
pub(super) struct Won {
    pub(super) amount: Decimal,
    pub(super) count: u64,
    pub(super) last: NaiveDate,
}

/// What was won in a period.
#[derive(Default)]
pub(super) struct WonIn {
    /// By whom.
    pub(super) customers: BTreeMap<Id<Customer>, Won>,
    /// How many opportunities name no customer or no amount, and count for nobody.
    pub(super) uncounted: u64,
}

/// What each customer won us in a period, what it won on one day converted at once by the rate of that day.
pub(super) async fn won_in(
    unit: &mut (dyn ReadUnit + '_),
    period: &Period,
    rates: &DatedRates,
) -> Result<WonIn> {
    let mut all = WonIn::default();
    let Some((first, last)) = period.stored_days() else { return Ok(all) };
    let won = opportunity::STATUS.eq(OpportunityStatus::Won);
    let mut won = won.and(opportunity::CLOSED_ON.at_most(last));
    if let Some(first) = first {
        won = won.and(opportunity::CLOSED_ON.at_least(first));
    }
    let sums = Sums::of(&opportunity::AMOUNT)
        .by(&opportunity::CUSTOMER_ID)
        .by(&opportunity::CLOSED_ON)
        .matching(won);
    let sums = Insights::<Opportunity>::sums(unit, sums).await?;
    let survivors = Survivors::read(unit).await?;
    for sum in sums {
        let ([Value::Uuid(id), Value::Date(day)], Some(currency)) = (&*sum.key, sum.currency)
        else {
            all.uncounted += sum.count;
            continue;
        };
        let nothing = Won { amount: Decimal::ZERO, count: 0, last: *day };
        let won = all.customers.entry(survivors.of(Id::new(*id))).or_insert(nothing);
        let amount = rates.convert(sum.amount, currency, *day)?;
        won.amount = won.amount.checked_add(amount).ok_or_else(too_large)?.normalize();
        won.count += sum.count;
        won.last = won.last.max(*day);
    }
    Ok(all)
}

/// What was bought and not sent back, or what is left of that after the cost of goods.
async fn sold(unit: &mut (dyn ReadUnit + '_), basis: Basis) -> Result<Vec<Amount>> {
    let mut amounts = Vec::new();
    let always = Period::until(Timestamp::MAX.date());
    customer_values(unit, always, |one| {
        let told = Profit::of(one.figures, Decimal::ZERO, one.currency)?;
        let value = basis.of(&told)?;
        amounts.extend(value.map(|value| (one.customer_id, one.currency, value)));
        Ok(())
    })
    .await?;
    Ok(amounts)
}

/// The currency of what counts: the one asked for, else the only one there is; `None` where nothing counts.
///
/// # Errors
/// [`crate::Error::Invalid`] when none is asked for and there are several.
pub async fn value_currency(
    unit: &mut (dyn ReadUnit + '_),
    basis: Basis,
    asked: Option<Currency>,
) -> Result<Option<Currency>> {
    if asked.is_some() {
        return Ok(asked);
    }
    let sums = if basis == Basis::Won {
        let won = opportunity::STATUS.eq(OpportunityStatus::Won);
        Insights::<Opportunity>::sums(unit, Sums::of(&opportunity::AMOUNT).matching(won)).await?
    } else {
        let sold = customer_value::ORDERS.at_least(1).or(customer_value::RETURNS.at_least(1));
        let sums = Sums::of(&customer_value::REVENUE).matching(sold);
        Insights::<CustomerValue>::sums(unit, sums).await?
    };
    Ok(only_currency(sums.iter().filter_map(|sum| sum.currency))?)
}

fn only_currency(currencies: impl Iterator<Item = Currency>) -> Result<Option<Currency>, Invalid> {
    let mut currencies: Vec<_> = currencies.collect();
    currencies.sort_unstable();
    currencies.dedup();
    match currencies.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => {
            let codes: Vec<_> = several.iter().map(|currency| currency.code()).collect();
            let reason = format!("amounts are in {}: name one of them", codes.join(", "));
            Err(Invalid::new("value", "currency", reason))
        }
    }
}
