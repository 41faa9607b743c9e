//! What a customer brings when all is counted: revenue, what the goods cost, what came back, what serving it cost.

mod rates;
#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    Result,
    exchange_rate::{CONVERSION_ROUNDING, DatedRates},
    kernel::{Currency, Invalid, amount_text},
    transaction::Transaction,
};

use super::{
    Figures, Period,
    figures::{tally, too_large},
    pareto::many,
};

pub use rates::{Effort, ServiceRates};

/// A customer's profit in a period, all in one currency.
///
/// Payments pay for what was ordered already, and count nowhere. What has no cost counts as if it had cost nothing, and is
/// told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profit {
    /// The currency.
    pub currency: Currency,
    /// What its transactions add up to.
    #[serde(flatten)]
    pub figures: Figures,
    /// Revenue less what was returned, less the cost of goods ([`Figures::margin`]).
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
    /// From what a customer's transactions add up to and what serving it costs, in one currency.
    ///
    /// # Errors
    /// [`Invalid`] when an amount is beyond 28 digits.
    pub fn of(
        figures: Figures,
        cost_to_serve: Decimal,
        currency: Currency,
    ) -> Result<Self, Invalid> {
        let margin = figures.margin()?.normalize();
        let profit = margin.checked_sub(cost_to_serve).ok_or_else(too_large)?.normalize();
        Ok(Self { currency, figures, margin, cost_to_serve, profit })
    }

    /// How it comes about, in words.
    pub fn reason(&self) -> String {
        let amount =
            |amount: Decimal| format!("{} {}", amount_text(amount, self.currency), self.currency);
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        let Figures { revenue, returned, cost, orders, returns, without_cost, .. } = self.figures;
        let orders = many(count(orders), "order", "orders");
        let mut words = format!(
            "{orders} brought {}; {} paid back for {}, {} for the goods, {} for serving it: {} {}.",
            amount(revenue),
            amount(Decimal::ZERO - returned),
            many(count(returns), "return", "returns"),
            amount(cost),
            amount(self.cost_to_serve),
            amount(self.profit.abs()),
            if self.profit < Decimal::ZERO { "of loss" } else { "of profit" },
        );
        if without_cost > 0 {
            let which = many(count(without_cost), "of them has", "of them have");
            words.push_str(&format!(" {which} no cost of goods, which counts as nothing."));
        }
        words
    }
}

/// A customer's profit in a period, from its transactions and what was done for it, in the currency that the rates lead
/// into. Each amount is converted by the rate of its own day and rounded to the currency's decimals; what serving costs, by that of the
/// period's last day.
///
/// # Errors
/// [`crate::Error::NoRate`] where a rate is missing. [`crate::Error::Invalid`] for a transaction in the future, a return that brings
/// money, a channel without a rate, amounts beyond 28 digits.
pub fn profit<'t>(
    transactions: impl IntoIterator<Item = &'t Transaction>,
    effort: &Effort,
    period: &Period,
    service: &ServiceRates,
    rates: &DatedRates,
) -> Result<Profit> {
    service.check()?;
    let mut figures = Figures::default();
    for one in transactions {
        period.known(one.date)?;
        if !period.contains(one.date) {
            continue;
        }
        one.comes_back()?;
        figures = figures.plus(converted(one, rates)?)?;
    }
    let cost_to_serve = cost_to_serve(effort, period, service, rates)?;
    Ok(Profit::of(figures, cost_to_serve, rates.to())?)
}

/// What a transaction counts for, in the currency of the rates.
pub(in crate::value) fn converted(one: &Transaction, rates: &DatedRates) -> Result<Figures> {
    let counts = tally(one);
    counts.figures.each(|amount| rates.convert(amount, counts.currency, counts.day))
}

/// What it cost to serve a customer, in the currency of the rates.
pub(in crate::value) fn cost_to_serve(
    effort: &Effort,
    period: &Period,
    service: &ServiceRates,
    rates: &DatedRates,
) -> Result<Decimal> {
    let cost = CONVERSION_ROUNDING.to_decimals(service.cost(effort)?, service.currency);
    if cost.is_zero() {
        return Ok(cost);
    }
    Ok(rates.convert(cost, service.currency, period.to())?.normalize())
}
