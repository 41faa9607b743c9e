use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, Error, Result, Stored},
    store::{Append, Read, Repository, UnitOfWork},
};

use super::ExchangeRate;

/// The verbs on exchange rates, within a unit of work.
pub struct ExchangeRates<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> ExchangeRates<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Sets the rate of a pair on a day, so much of `to` for one unit of `from`, and who says so: a new one, or in place of the one
    /// of that day, which the change log keeps.
    ///
    /// # Errors
    /// As [`ExchangeRate::new`]; [`Error::Conflict`] when somebody else sets it too.
    pub async fn set(
        &mut self,
        from: Currency,
        to: Currency,
        date: NaiveDate,
        rate: Decimal,
        source: Option<String>,
    ) -> Result<Stored<ExchangeRate>> {
        let mut new = ExchangeRate::new(self.work.scope().tenant, from, to, date, rate)?;
        new.source = source;
        let id = new.id;
        match Read::<ExchangeRate>::get(self.work, id).await? {
            Some(stored) => Repository::update(self.work, stored.edit(|rate| *rate = new)).await,
            None => match Append::insert(self.work, new).await {
                Err(Error::Duplicate { field: "id", .. }) => Err(Error::conflict(id, None)),
                inserted => inserted,
            },
        }
    }
}
