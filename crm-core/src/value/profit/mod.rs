//! What a customer brings when all is counted: revenue, what the goods cost, what came back, what serving it cost.

mod rates;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    Error, Result,
    exchange_rate::{CONVERSION_ROUNDING, Rates},
    kernel::{Currency, Invalid, Money, amount_text},
    transaction::{Transaction, TransactionKind},
};

use super::{Period, pareto::many};

pub use rates::{Effort, ServiceRates};

/// A customer's profit in a period, all in one currency.
///
/// Orders are revenue. What came back is told apart, as an amount above zero, and lowers what is left; the cost of goods that came
/// back lowers the cost of goods, as they can be sold again. A return without a cost lowers no cost: what came back
/// is worth nothing. Payments pay for what was ordered already, and count nowhere. What has no cost counts as if it had cost nothing, and is told
/// of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profit {
    /// The currency.
    pub currency: Currency,
    /// How many orders.
    pub orders: u64,
    /// What they brought.
    #[serde(with = "rust_decimal::serde::str")]
    pub revenue: Decimal,
    /// How many returns.
    pub returned: u64,
    /// What was paid back for them.
    #[serde(with = "rust_decimal::serde::str")]
    pub returns: Decimal,
    /// What the goods cost, without those that came back.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_of_goods: Decimal,
    /// How many orders and returns have no cost.
    pub without_cost: u64,
    /// Revenue less returns less cost of goods.
    #[serde(with = "rust_decimal::serde::str")]
    pub margin: Decimal,
    /// What interactions, hours and tasks after the sale cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_to_serve: Decimal,
    /// Margin less cost to serve.
    #[serde(with = "rust_decimal::serde::str")]
    pub profit: Decimal,
}

impl Profit {
    /// How it comes about, in words.
    pub fn reason(&self) -> String {
        let amount =
            |amount: Decimal| format!("{} {}", amount_text(amount, self.currency), self.currency);
        let orders = many(self.orders, "order", "orders");
        let mut words = format!(
            "{orders} brought {}; {} paid back for {}, {} for the goods, {} for serving it: {} {}.",
            amount(self.revenue),
            amount(self.returns),
            many(self.returned, "return", "returns"),
            amount(self.cost_of_goods),
            amount(self.cost_to_serve),
            amount(self.profit.abs()),
            if self.profit < Decimal::ZERO { "of loss" } else { "of profit" },
        );
        if self.without_cost > 0 {
            let which = many(self.without_cost, "of them has", "of them have");
            words.push_str(&format!(" {which} no cost of goods, which counts as nothing."));
        }
        words
    }
}

/// A customer's profit in a period, from its transactions and what was done for it. Each amount is converted by the
/// rates of its own day and rounded to the currency's decimals; what serving costs, by those of the period's last day. `rates` gives the
/// rates of a day, and is asked only where a currency differs.
///
/// # Errors
/// [`Error::NoRate`] where a rate is missing. [`Error::Invalid`] for a transaction in the future, a return that brings
/// money, a channel without a rate, rates that lead into another currency, amounts beyond 28 digits.
pub fn profit<'t, 'r>(
    transactions: impl IntoIterator<Item = &'t Transaction>,
    effort: &Effort,
    period: &Period,
    service: &ServiceRates,
    currency: Currency,
    rates: impl Fn(NaiveDate) -> Option<&'r Rates>,
) -> Result<Profit> {
    service.check()?;
    let convert = |amount: Decimal, from: Currency, on: NaiveDate| {
        if from == currency {
            return Ok(amount);
        }
        let of_day = rates(on).ok_or(Error::NoRate { from, to: currency, on })?;
        if of_day.to() != currency {
            let reason = format!("they lead into {}, not {currency}", of_day.to());
            return Err(Invalid::new("profit", "rates", reason).into());
        }
        of_day.convert(amount, from)
    };
    let [mut revenue, mut returns, mut cost_of_goods] = [Decimal::ZERO; 3];
    let [mut orders, mut returned, mut without_cost] = [0_u64; 3];
    for one in transactions {
        period.known(one.date)?;
        if !period.contains(one.date) {
            continue;
        }
        let money = |money: Money| convert(money.amount(), money.currency(), one.date);
        match one.kind {
            TransactionKind::Payment => continue,
            TransactionKind::Order => {
                orders += 1;
                add(&mut revenue, money(one.revenue)?)?;
            }
            TransactionKind::Return => {
                comes_back(one)?;
                returned += 1;
                add(&mut returns, -money(one.revenue)?)?;
            }
        }
        match one.cost {
            Some(cost) => add(&mut cost_of_goods, money(cost)?)?,
            None => without_cost += 1,
        }
    }
    let cost = service.cost(effort)?;
    let cost = CONVERSION_ROUNDING.to_decimals(cost, service.currency);
    let cost_to_serve = convert(cost, service.currency, period.to())?.normalize();
    let mut margin = revenue;
    add(&mut margin, -returns)?;
    add(&mut margin, -cost_of_goods)?;
    let mut profit = margin;
    add(&mut profit, -cost_to_serve)?;
    Ok(Profit {
        currency,
        orders,
        revenue,
        returned,
        returns,
        cost_of_goods,
        without_cost,
        margin,
        cost_to_serve,
        profit,
    })
}

/// A return has amounts of nothing or less.
fn comes_back(one: &Transaction) -> Result<(), Invalid> {
    let amounts = [("revenue", Some(one.revenue)), ("cost", one.cost)];
    for (field, amount) in amounts.into_iter().filter_map(|(field, amount)| Some((field, amount?)))
    {
        if amount.amount() > Decimal::ZERO {
            let reason =
                format!("a return of {} has {amount}: what comes back is below zero", one.date);
            return Err(Invalid::field::<Transaction>(field, reason));
        }
    }
    Ok(())
}

fn add(sum: &mut Decimal, amount: Decimal) -> Result<(), Invalid> {
    let added = sum.checked_add(amount);
    let too_large = || Invalid::new("profit", "total", "it is beyond 28 digits");
    *sum = added.ok_or_else(too_large)?.normalize();
    Ok(())
}
