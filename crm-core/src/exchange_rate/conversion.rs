use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, Error, Invalid, Result, Rounding, Sums, Value},
    store::{Insights, Read, ReadUnit},
};

use super::{DATE, ExchangeRate, FROM, TO};

/// How what was converted is rounded to the decimals of its currency.
pub const CONVERSION_ROUNDING: Rounding = Rounding::HalfUp;

/// The rates into one currency that hold on a day: of each pair the one of the latest day on or before it.
/// A rate in the other direction is not turned round: banks buy and sell at different ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    to: Currency,
    on: NaiveDate,
    rates: BTreeMap<Currency, ExchangeRate>,
}

impl Rates {
    /// Those into this currency, as of this day.
    ///
    /// # Errors
    /// Whatever the store answers. A rate that is missing is told of when it is asked for.
    pub async fn load(unit: &mut (dyn ReadUnit + '_), to: Currency, on: NaiveDate) -> Result<Self> {
        let known = Sums::count().by(&FROM).matching(TO.eq(to).and(DATE.at_most(on)));
        let mut rates = BTreeMap::new();
        for group in Insights::<ExchangeRate>::sums(unit, known).await? {
            let [Value::Text(code)] = group.key.as_slice() else { continue };
            let Ok(from) = code.parse::<Currency>() else { continue };
            let of_pair = FROM.eq(from).and(TO.eq(to)).and(DATE.at_most(on));
            let latest =
                Read::<ExchangeRate>::find(unit, of_pair.query().descending(&DATE).limit(1));
            if let Some(rate) = latest.await?.items.pop() {
                rates.insert(from, rate.into_inner());
            }
        }
        Ok(Self { to, on, rates })
    }

    /// Those among these that lead into the currency and hold on the day.
    pub fn of(to: Currency, on: NaiveDate, known: impl IntoIterator<Item = ExchangeRate>) -> Self {
        let mut rates = BTreeMap::<Currency, ExchangeRate>::new();
        for rate in known.into_iter().filter(|rate| rate.to == to && rate.date <= on) {
            let earlier = rates.get(&rate.from).is_none_or(|other| other.date <= rate.date);
            if earlier {
                rates.insert(rate.from, rate);
            }
        }
        Self { to, on, rates }
    }

    /// As of which day.
    pub const fn on(&self) -> NaiveDate {
        self.on
    }

    /// Into which currency.
    pub const fn to(&self) -> Currency {
        self.to
    }

    /// The rate that holds for a currency.
    pub fn rate(&self, from: Currency) -> Option<&ExchangeRate> {
        self.rates.get(&from)
    }

    /// An amount, also one beyond the range of [`crate::kernel::Money`], in the other currency, rounded by
    /// [`CONVERSION_ROUNDING`].
    ///
    /// # Errors
    /// [`Error::NoRate`] names the pair and the day where there is no rate, [`Error::Invalid`] beyond 28 digits.
    pub fn convert(&self, amount: Decimal, from: Currency) -> Result<Decimal> {
        if from == self.to {
            return Ok(amount);
        }
        let rate = self.rates.get(&from).ok_or(Error::NoRate { from, to: self.to, on: self.on })?;
        rate.convert(amount)
    }
}

impl ExchangeRate {
    /// An amount in the other currency, rounded by [`CONVERSION_ROUNDING`].
    pub(super) fn convert(&self, amount: Decimal) -> Result<Decimal> {
        let converted = amount.checked_mul(self.price).and_then(|a| a.checked_div(self.per.into()));
        let too_large = || Invalid::new("exchange_rate", "price", "the amount is beyond 28 digits");
        let converted = converted.ok_or_else(too_large)?;
        Ok(CONVERSION_ROUNDING.to_decimals(converted, self.to).normalize())
    }
}
