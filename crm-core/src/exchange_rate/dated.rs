use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, Error, Result, Stored},
    store::{ReadUnit, every},
};

use super::{DATE, ExchangeRate, TO};

/// The rates into one currency, of all days up to one: for amounts of many days, each by the rate of its own, the
/// latest on or before it. [`super::Rates`] are those of one day.
#[derive(Clone, Debug, PartialEq)]
pub struct DatedRates {
    to: Currency,
    rates: BTreeMap<(Currency, NaiveDate), ExchangeRate>,
}

impl DatedRates {
    /// Those into this currency, of days up to this one.
    ///
    /// # Errors
    /// Whatever the store answers. A rate that is missing is told of when it is asked for.
    pub async fn load(
        unit: &mut (dyn ReadUnit + '_),
        to: Currency,
        until: NaiveDate,
    ) -> Result<Self> {
        let mut known = Vec::new();
        let query = TO.eq(to).and(DATE.at_most(until)).query();
        every(unit, query, |rate: Stored<ExchangeRate>| {
            known.push(rate.into_inner());
            Ok(())
        })
        .await?;
        Ok(Self::of(to, known))
    }

    /// Those among these that lead into the currency.
    pub fn of(to: Currency, known: impl IntoIterator<Item = ExchangeRate>) -> Self {
        let into = known.into_iter().filter(|rate| rate.to == to);
        Self { to, rates: into.map(|rate| ((rate.from, rate.date), rate)).collect() }
    }

    /// Into which currency.
    pub const fn to(&self) -> Currency {
        self.to
    }

    /// The rate that holds for a currency on a day.
    pub fn rate(&self, from: Currency, on: NaiveDate) -> Option<&ExchangeRate> {
        let known = self.rates.range((from, NaiveDate::MIN)..=(from, on));
        known.last().map(|(_, rate)| rate)
    }

    /// An amount of a day in the currency, as [`super::Rates::convert`].
    ///
    /// # Errors
    /// [`Error::NoRate`] names the pair and the day where there is no rate, [`Error::Invalid`] beyond 28 digits.
    pub fn convert(&self, amount: Decimal, from: Currency, on: NaiveDate) -> Result<Decimal> {
        if from == self.to {
            return Ok(amount);
        }
        let rate = self.rate(from, on).ok_or(Error::NoRate { from, to: self.to, on })?;
        rate.convert(amount)
    }
}
