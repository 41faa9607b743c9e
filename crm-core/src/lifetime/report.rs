use chrono::NaiveDate;
use serde::Serialize;

use super::{
    CustomerOutlook, Fit, GammaGamma, History, HoldoutGroup, Outlook, PurchaseDays, TimeUnit,
    TrackingPoint, read::CustomerPages,
};
use crate::{
    Result,
    customer::Customer,
    exchange_rate::DatedRates,
    kernel::{Currency, Id},
    store::ReadUnit,
};

/// A model that was fitted to a house's purchases, and how right it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LifetimeReport {
    /// The model.
    #[serde(flatten)]
    pub fit: Fit,
    /// The last day that was looked at: that of the observation, or of the holdout.
    pub as_of: NaiveDate,
    /// So many days are looked ahead, from the end of the observation on.
    pub horizon_days: u32,
    /// By how much later purchases count less, a year.
    pub discount: f64,
    /// Of the amounts.
    pub currency: Currency,
    /// The model of what a purchase brings, beside one of purchases.
    pub values: Option<Fit>,
    /// Why there is none, where the data cannot carry it.
    pub values_refused: Option<String>,
    /// Purchases after the observation, by the frequency until then; empty without a holdout.
    pub holdout: Vec<HoldoutGroup>,
    /// Repeat purchases week by week, as they came and as they were to be expected; empty for the Gamma-Gamma model.
    pub tracking: Vec<TrackingPoint>,
}

impl LifetimeReport {
    /// The same models with parameters of nine digits ([`super::significant`]), as a run keeps them: what they tell can be told again.
    #[must_use]
    pub fn nine_digits(mut self) -> Self {
        for fit in std::iter::once(&mut self.fit).chain(&mut self.values) {
            fit.parameters = fit.parameters.clone().significant();
        }
        self
    }

    /// What to expect of each customer, page after page in the order of their ids; of the same unit as the report, which reads
    /// the same data.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn outlooks(&self, unit: &mut (dyn ReadUnit + '_)) -> Result<OutlookPages> {
        let Fit { unit: time, observation_end, .. } = self.fit;
        let horizon = time.of_days(self.horizon_days);
        let rates = DatedRates::load(unit, self.currency, observation_end).await?;
        let outlook = |model| Outlook::new(model, time, horizon, self.discount);
        Ok(OutlookPages {
            outlook: self.fit.purchases().map(outlook).transpose()?,
            values: self.value_model(),
            time,
            end: observation_end,
            currency: self.currency,
            customers: CustomerPages::begin(unit, rates, observation_end).await?,
        })
    }

    /// The model of what a purchase brings.
    fn value_model(&self) -> Option<GammaGamma> {
        self.values.as_ref().map_or_else(|| self.fit.values(), Fit::values)
    }
}

/// What to expect of customers, some at a time.
#[derive(Debug)]
pub struct OutlookPages {
    outlook: Option<Outlook>,
    values: Option<GammaGamma>,
    time: TimeUnit,
    end: NaiveDate,
    currency: Currency,
    customers: CustomerPages,
}

impl OutlookPages {
    /// The next ones; `None` when all have come. A page may be empty.
    ///
    /// # Errors
    /// Whatever the store answers; [`crate::Error::Invalid`] when amounts have more than 28 digits.
    pub async fn next(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Vec<CustomerOutlook<Id<Customer>>>>> {
        let Some(page) = self.customers.next(unit).await? else { return Ok(None) };
        let mut told = Vec::with_capacity(page.len());
        let (values, currency) = (self.values.as_ref(), self.currency);
        for (customer, amounts) in page {
            let days = PurchaseDays::known(amounts, self.end)?;
            let Some(history) = History::of(&days, self.end)? else { continue };
            told.push(match &mut self.outlook {
                Some(outlook) => outlook.customer(customer, &history, values, currency),
                None => CustomerOutlook::new(customer, &history, self.time, values, currency),
            });
        }
        Ok(Some(told))
    }
}
