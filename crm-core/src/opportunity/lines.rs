//! The lines of an opportunity: what would be bought, at what price.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Currency, Id, Money, MoneyError, Rounding},
    product::Product,
};

use super::apportion::{parts, settle};

/// How amounts of lines are rounded to the currency's decimals: as invoices do.
pub const LINE_ROUNDING: Rounding = Rounding::HalfUp;

/// The most lines of one opportunity.
pub const MOST_LINES: usize = 500;

/// A line: so much of something at a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What, where it is one of our products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<Id<Product>>,
    /// What, in words.
    pub text: String,
    /// How many; not negative.
    #[serde(with = "rust_decimal::serde::str")]
    pub quantity: Decimal,
    /// The price of one, without tax and before the discount.
    pub unit_price: Money,
    /// The discount, in per cent: 0 to 100.
    #[serde(default, with = "rust_decimal::serde::str")]
    pub discount: Decimal,
    /// The tax, in per cent of what is left after the discount; not negative.
    #[serde(default, with = "rust_decimal::serde::str")]
    pub tax_rate: Decimal,
}

impl Line {
    /// So many at a price, without discount and tax.
    pub fn new(text: impl Into<String>, quantity: Decimal, unit_price: Money) -> Self {
        Self {
            product_id: None,
            text: text.into(),
            quantity,
            unit_price,
            discount: Decimal::ZERO,
            tax_rate: Decimal::ZERO,
        }
    }

    /// What it comes to without tax, before rounding.
    fn exact(&self) -> Result<Decimal, MoneyError> {
        let kept = Decimal::ONE_HUNDRED.checked_sub(self.discount);
        let kept = kept.and_then(|kept| kept.checked_div(Decimal::ONE_HUNDRED));
        let gross = self.quantity.checked_mul(self.unit_price.amount());
        gross
            .zip(kept)
            .and_then(|(gross, kept)| gross.checked_mul(kept))
            .ok_or(MoneyError::TooLarge)
    }

    fn wrong(&self) -> Option<(&'static str, String)> {
        let percent = Decimal::ZERO..=Decimal::ONE_HUNDRED;
        let fine = |number: Decimal| crate::kernel::storable(number).map_err(|e| e.to_string());
        let decimals =
            [("quantity", self.quantity), ("discount", self.discount), ("tax_rate", self.tax_rate)];
        if let Some((field, Err(why))) =
            decimals.into_iter().map(|(f, n)| (f, fine(n))).find(|(_, fine)| fine.is_err())
        {
            return Some((field, why));
        }
        if self.text.trim().is_empty() && self.product_id.is_none() {
            return Some(("text", "say what it is, or name a product".to_owned()));
        }
        if self.quantity < Decimal::ZERO {
            return Some(("quantity", format!("{} is negative", self.quantity)));
        }
        if !percent.contains(&self.discount) {
            return Some(("discount", format!("{} is not between 0 and 100", self.discount)));
        }
        if self.tax_rate < Decimal::ZERO {
            return Some(("tax_rate", format!("{} is negative", self.tax_rate)));
        }
        None
    }
}

/// Lines, in order, all in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lines(pub Vec<Line>);
crate::settings::as_json!(Lines);

/// What lines come to. The rounded lines add up to the rounded sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineTotals {
    /// Of each line: without tax, and the tax.
    pub lines: Vec<LineTotal>,
    /// All of them without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// Both together.
    pub gross: Money,
}

/// What a line comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LineTotal {
    /// Without tax, after the discount.
    pub net: Money,
    /// The tax.
    pub tax: Money,
}

impl Lines {
    /// The currency of the first line.
    pub fn currency(&self) -> Option<Currency> {
        self.0.first().map(|line| line.unit_price.currency())
    }

    /// What they come to; `None` without lines.
    ///
    /// The exact sum is rounded once, by [`LINE_ROUNDING`]; what the single lines lose or gain by
    /// rounding is spread over those that were furthest from it, so that they add up to the sum (largest remainder
    /// method, A. Hamilton 1792). Tax is computed for each rate from the rounded lines of that rate, as
    /// EN 16931 (BR-CO-17) asks, and spread over them in the same way.
    ///
    /// ```
    /// use crm_core::opportunity::{Line, Lines};
    /// let third = Line::new("a third", "0.3333".parse()?, "1.00 EUR".parse()?);
    /// let lines = Lines(vec![third.clone(), third.clone(), third]);
    /// let totals = lines.totals()?.unwrap();
    /// assert_eq!(totals.net.to_string(), "1.00 EUR");
    /// let each: Vec<_> = totals.lines.iter().map(|line| line.net.amount_text()).collect();
    /// assert_eq!(each, ["0.34", "0.33", "0.33"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::TooLarge`] beyond the range.
    pub fn totals(&self) -> Result<Option<LineTotals>, MoneyError> {
        let Some(currency) = self.currency() else { return Ok(None) };
        for line in &self.0 {
            Money::zero(currency).plus(Money::zero(line.unit_price.currency()))?;
        }
        let exact = self.0.iter().map(Line::exact).collect::<Result<Vec<_>, _>>()?;
        let nets = spread(&exact, currency)?;
        let mut lines: Vec<_> =
            nets.iter().map(|net| LineTotal { net: *net, tax: Money::zero(currency) }).collect();
        let mut rates: Vec<_> = self.0.iter().map(|line| line.tax_rate.normalize()).collect();
        rates.sort_unstable();
        rates.dedup();
        for rate in rates {
            let of_rate = |(_, line): &(usize, &Line)| line.tax_rate.normalize() == rate;
            let places: Vec<_> =
                self.0.iter().enumerate().filter(of_rate).map(|(at, _)| at).collect();
            let taxes = places.iter().map(|at| {
                let net = nets.get(*at).map_or(Decimal::ZERO, |net| net.amount());
                net.checked_mul(rate).map(|tax| tax / Decimal::ONE_HUNDRED)
            });
            let taxes = taxes.collect::<Option<Vec<_>>>().ok_or(MoneyError::TooLarge)?;
            for (at, tax) in places.iter().zip(spread(&taxes, currency)?) {
                if let Some(line) = lines.get_mut(*at) {
                    line.tax = tax;
                }
            }
        }
        let mut net = Money::zero(currency);
        let mut tax = Money::zero(currency);
        for line in &lines {
            net = net.plus(line.net)?;
            tax = tax.plus(line.tax)?;
        }
        Ok(Some(LineTotals { lines, net, tax, gross: net.plus(tax)? }))
    }

    /// An amount of the opportunity, by the products of its lines: in the ratio of what the lines come to. Lines that name no
    /// product are together.
    pub(crate) fn by_product(
        &self,
        amount: Option<Money>,
    ) -> Result<BTreeMap<Option<Id<Product>>, Option<Money>>, MoneyError> {
        let nets: Vec<_> = match self.totals()? {
            Some(totals) => totals.lines.iter().map(|line| line.net.amount()).collect(),
            None => Vec::new(),
        };
        let mut all: BTreeMap<_, Option<Money>> = BTreeMap::new();
        for (line, part) in self.0.iter().zip(parts(amount, &nets)) {
            let known = all.entry(line.product_id).or_default();
            *known = match (*known, part) {
                (Some(known), Some(part)) => Some(known.plus(part)?),
                (known, part) => known.or(part),
            };
        }
        Ok(all)
    }

    /// The products, each once, in the order of the lines.
    pub fn products(&self) -> Vec<Id<Product>> {
        let mut products = Vec::new();
        for id in self.0.iter().filter_map(|line| line.product_id) {
            if !products.contains(&id) {
                products.push(id);
            }
        }
        products
    }

    /// What is wrong with them: at which place, and why.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        if self.0.len() > MOST_LINES {
            let why = format!("an opportunity has at most {MOST_LINES} lines");
            return Err(("lines".to_owned(), why));
        }
        for (at, line) in self.0.iter().enumerate() {
            if let Some((field, why)) = line.wrong() {
                return Err((format!("lines[{at}].{field}"), why));
            }
            if let Some(currency) = self.currency()
                && line.unit_price.currency() != currency
            {
                let other = line.unit_price.currency();
                let why = format!("{other} beside {currency}: all lines are in one currency");
                return Err((format!("lines[{at}].unit_price"), why));
            }
        }
        self.totals().map(drop).map_err(|wrong| ("lines".to_owned(), wrong.to_string()))
    }
}

/// Amounts rounded so that they add up to their rounded sum.
fn spread(exact: &[Decimal], currency: Currency) -> Result<Vec<Money>, MoneyError> {
    let round = |amount: Decimal| LINE_ROUNDING.to_money(amount, currency).map(Money::amount);
    let mut sum = Decimal::ZERO;
    for amount in exact {
        sum = sum.checked_add(*amount).ok_or(MoneyError::TooLarge)?;
    }
    let rounded = exact.iter().map(|amount| round(*amount));
    let mut rounded = rounded.collect::<Result<Vec<_>, _>>()?;
    settle(&mut rounded, exact, round(sum)?, Decimal::new(1, currency.decimals()));
    rounded.into_iter().map(|amount| Money::new(amount, currency)).collect()
}
