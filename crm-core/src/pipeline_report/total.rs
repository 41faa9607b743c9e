use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::kernel::{self, Currency, Invalid, Money, MoneyError, Result, Sum, amount_text, ratio};

/// How many opportunities, and what they are worth in each currency. Those without an amount only count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    /// How many.
    pub count: u64,
    /// What they are worth: currencies are never added.
    #[serde(serialize_with = "as_text")]
    pub amounts: BTreeMap<Currency, Decimal>,
}

impl Total {
    /// Adds a group of a store's.
    pub(super) fn add(&mut self, sum: &Sum) -> Result<()> {
        self.count = self.count.saturating_add(sum.count);
        sum.currency.map_or(Ok(()), |currency| self.add_amount(currency, sum.amount))
    }

    /// Adds one opportunity.
    pub(super) fn add_one(&mut self, amount: Option<Money>) -> Result<()> {
        self.count = self.count.saturating_add(1);
        amount.map_or(Ok(()), |money| self.add_amount(money.currency(), money.amount()))
    }

    /// Adds another one.
    pub(super) fn add_all(&mut self, other: &Self) -> Result<()> {
        self.count = self.count.saturating_add(other.count);
        other.amounts.iter().try_for_each(|(code, amount)| self.add_amount(*code, *amount))
    }

    fn add_amount(&mut self, currency: Currency, amount: Decimal) -> Result<()> {
        let total = self.amounts.entry(currency).or_default();
        let wrong = || Invalid::new("report", "amount", MoneyError::TooLarge.to_string());
        *total = total.checked_add(amount).ok_or_else(wrong)?.normalize();
        Ok(())
    }

    /// Its amount in a currency.
    pub fn amount(&self, currency: Currency) -> Decimal {
        self.amounts.get(&currency).copied().unwrap_or_default()
    }

    /// Its amounts divided by a number, each rounded half up to four decimals.
    pub(super) fn per(&self, number: u64) -> BTreeMap<Currency, Decimal> {
        let each = |(code, amount): (&Currency, &Decimal)| {
            Some((*code, ratio(*amount, number.into(), 4)?))
        };
        self.amounts.iter().filter_map(each).collect()
    }
}

/// A share to six decimals.
pub(super) fn share(part: u64, whole: u64) -> Option<Decimal> {
    kernel::share(part.into(), whole.into())
}

/// As a JSON object: the code, and the amount with the decimals of the currency.
pub(super) fn as_text<S: Serializer>(
    amounts: &BTreeMap<Currency, Decimal>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(amounts.len()))?;
    for (currency, amount) in amounts {
        map.serialize_entry(currency.code(), &amount_text(*amount, *currency))?;
    }
    map.end()
}

/// As a JSON object: the code, and a share with six decimals.
pub(super) fn as_shares<S: Serializer>(
    shares: &BTreeMap<Currency, Decimal>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(shares.len()))?;
    for (currency, share) in shares {
        map.serialize_entry(currency.code(), &format!("{share:.6}"))?;
    }
    map.end()
}
