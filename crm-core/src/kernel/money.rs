use std::{cmp::Ordering, fmt, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Currency;

/// An exact amount in one currency: at most four decimals, and less than 10^14 in size.
///
/// Two currencies never mix: adding them is an error, and an amount in one is neither above nor
/// below an amount in another.
///
/// ```
/// use crm_core::kernel::{Currency, Money};
/// let price: Money = "4821.00 USD".parse()?;
/// let both = price.plus("550 USD".parse()?)?;
/// assert_eq!(both.to_string(), "5371.00 USD");
/// assert!(price.plus("1 EUR".parse()?).is_err());
/// # Ok::<(), crm_core::kernel::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Parts", try_from = "Parts")]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// At most so many decimals.
    pub const MAX_DECIMALS: u32 = 4;

    /// An amount in a currency.
    ///
    /// # Errors
    /// [`MoneyError::TooFine`] with more than four decimals that are not zero,
    /// [`MoneyError::TooLarge`] from 10^14 on.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Self { amount: storable(amount)?, currency })
    }

    /// Nothing, in this currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// The amount, without trailing zeros.
    pub const fn amount(self) -> Decimal {
        self.amount
    }

    /// In whole units of 10^-4.
    pub(super) fn units(self) -> i128 {
        let more = Self::MAX_DECIMALS.saturating_sub(self.amount.scale());
        self.amount.mantissa() * 10_i128.pow(more)
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of two amounts in one currency.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::TooLarge`] beyond the range.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Self::new(self.amount + other.amount, self.currency)
    }

    /// The difference of two amounts in one currency.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::TooLarge`] beyond the range.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Self::new(self.amount - other.amount, self.currency)
    }

    /// The amount times a factor, rounded to the currency's decimals by the named rule.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond the range.
    pub fn times(self, factor: Decimal, rounding: Rounding) -> Result<Self, MoneyError> {
        let product = self.amount.checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        rounding.to_money(product, self.currency)
    }

    /// The amount with the currency's decimals, by the named rule.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] where rounding leads beyond the range.
    pub fn rounded(self, rounding: Rounding) -> Result<Self, MoneyError> {
        rounding.to_money(self.amount, self.currency)
    }

    /// The amount as text with the currency's decimals, and more only where it has more:
    /// `"4821.00"`.
    pub fn amount_text(self) -> String {
        amount_text(self.amount, self.currency)
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed { left: self.currency, right: other.currency })
        }
    }
}

/// An amount, also one beyond the range of [`Money`], with the currency's decimals.
pub(crate) fn amount_text(amount: Decimal, currency: Currency) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < currency.decimals() {
        amount.rescale(currency.decimals());
    }
    amount.to_string()
}

/// A decimal number that every store keeps exactly, without trailing zeros.
///
/// # Errors
/// [`MoneyError::TooFine`] and [`MoneyError::TooLarge`], the limits of [`Money`].
pub(crate) fn storable(number: Decimal) -> Result<Decimal, MoneyError> {
    let number = number.normalize();
    if number.scale() > Money::MAX_DECIMALS {
        return Err(MoneyError::TooFine(number));
    }
    if number.abs() >= Decimal::from(100_000_000_000_000_i64) {
        return Err(MoneyError::TooLarge);
    }
    // There is one zero: stores do not keep the sign of another.
    Ok(if number.is_zero() { Decimal::ZERO } else { number })
}

impl PartialOrd for Money {
    /// `None` between two currencies.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.amount.cmp(&other.amount))
    }
}
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount_text(), self.currency)
    }
}
impl FromStr for Money {
    type Err = MoneyError;
    /// An amount, a space and a currency: `"4821.00 USD"`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let wrong = || MoneyError::Unreadable(text.chars().take(80).collect());
        let (amount, code) = text.trim().rsplit_once(' ').ok_or_else(wrong)?;
        let amount = Decimal::from_str_exact(amount.trim()).map_err(|_| wrong())?;
        Self::new(amount, code.parse().map_err(|_| wrong())?)
    }
}

#[derive(Serialize, Deserialize)]
struct Parts {
    amount: String,
    currency: Currency,
}
impl From<Money> for Parts {
    fn from(money: Money) -> Self {
        Self { amount: money.amount_text(), currency: money.currency }
    }
}
impl TryFrom<Parts> for Money {
    type Error = MoneyError;
    fn try_from(parts: Parts) -> Result<Self, MoneyError> {
        let amount = Decimal::from_str_exact(&parts.amount)
            .map_err(|_| MoneyError::Unreadable(parts.amount.chars().take(80).collect()))?;
        Self::new(amount, parts.currency)
    }
}

/// How a result that is too fine is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rounding {
    /// To the nearest, a half to the even neighbour (IEEE 754 "roundTiesToEven").
    HalfEven,
    /// To the nearest, a half away from zero: what invoices do.
    HalfUp,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

impl Rounding {
    /// An amount with the currency's decimals.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond the range.
    pub(crate) fn to_money(self, amount: Decimal, currency: Currency) -> Result<Money, MoneyError> {
        Money::new(self.apply(amount, currency.decimals()), currency)
    }

    /// A number with the currency's decimals, of any size.
    pub(crate) fn to_decimals(self, amount: Decimal, currency: Currency) -> Decimal {
        self.apply(amount, currency.decimals())
    }

    pub(super) fn apply(self, number: Decimal, decimals: u32) -> Decimal {
        let strategy = match self {
            Self::HalfEven => RoundingStrategy::MidpointNearestEven,
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::Down => RoundingStrategy::ToZero,
            Self::Up => RoundingStrategy::AwayFromZero,
        };
        number.round_dp_with_strategy(decimals, strategy)
    }
}

/// Why an amount cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// More than four decimals.
    #[error("{0} has more than 4 decimals: round it first, by a rule you name")]
    TooFine(Decimal),
    /// 10^14 or more.
    #[error("the amount is too large: it must be below 100,000,000,000,000")]
    TooLarge,
    /// Two currencies in one sum.
    #[error(
        "{left} and {right} cannot be added or compared: convert one of them by a dated rate first"
    )]
    Mixed {
        /// The one.
        left: Currency,
        /// The other.
        right: Currency,
    },
    /// Not an amount.
    #[error("{0:?} is not an amount of money (write it like 4821.00 USD)")]
    Unreadable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        format!("{text} USD").parse().unwrap()
    }

    #[test]
    fn the_range_ends_where_the_stores_end() {
        let most = usd("99999999999999.9999");
        assert_eq!(most.plus(usd("0.0001")), Err(MoneyError::TooLarge));
        let yen: Money = "99999999999999.99 JPY".parse().unwrap();
        assert_eq!(yen.rounded(Rounding::HalfUp), Err(MoneyError::TooLarge));
        assert!("100000000000000 USD".parse::<Money>().is_err());
        assert!("0.00001 USD".parse::<Money>().is_err());
        assert_eq!(usd("0.00010"), usd("0.0001"));
    }

    #[test]
    fn there_is_one_zero() {
        assert_eq!(usd("-0").amount_text(), "0.00");
        assert_eq!(usd("1").minus(usd("1.00")).unwrap(), Money::zero(Currency::USD));
    }

    #[test]
    fn rounding_is_named() {
        let third = usd("10").times(Decimal::new(12345, 5), Rounding::HalfEven).unwrap();
        assert_eq!(third.to_string(), "1.23 USD");
        assert_eq!(usd("0.125").rounded(Rounding::HalfEven).unwrap().to_string(), "0.12 USD");
        assert_eq!(usd("0.125").rounded(Rounding::HalfUp).unwrap().to_string(), "0.13 USD");
        assert_eq!(usd("-0.125").rounded(Rounding::Down).unwrap().to_string(), "-0.12 USD");
        assert_eq!(usd("-0.121").rounded(Rounding::Up).unwrap().to_string(), "-0.13 USD");
    }

    #[test]
    fn currencies_are_not_compared() {
        let euro: Money = "1 EUR".parse().unwrap();
        assert_eq!(usd("1").partial_cmp(&euro), None);
    }

    #[test]
    fn json_keeps_it_exact() {
        let json = serde_json::to_string(&usd("4821")).unwrap();
        assert_eq!(json, r#"{"amount":"4821.00","currency":"USD"}"#);
        assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), usd("4821"));
    }
}
