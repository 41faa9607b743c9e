use chrono::NaiveDate;

use super::{
    Cohort, Fit, HoldoutCheck, LifetimeReport, Model, Outlook, PurchaseDays, TimeUnit, Tracking,
    Unfit, each_customer, fit,
};
use crate::{
    Result,
    exchange_rate::DatedRates,
    kernel::{Currency, Invalid},
    store::ReadUnit,
    value::{Basis, value_currency},
};

/// So many repeat purchases and more are one line of the holdout check, as in the literature.
const MOST_APART: u32 = 7;

/// What is asked about lifetime value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifetimeQuestion {
    /// By which model.
    pub model: Model,
    /// In which time.
    pub unit: TimeUnit,
    /// The last day that is looked at: what came later has no say.
    pub as_of: NaiveDate,
    /// The model is fitted until this day, which is the end of the observation then; what came after it, until `as_of`,
    /// checks the model.
    pub calibrate_to: Option<NaiveDate>,
    /// So many days from the end of the observation on are looked ahead.
    pub horizon_days: u32,
    /// By how much later purchases count less, a year: 0.1 for 10 %, 0 for nothing.
    pub discount: f64,
    /// Of the amounts, others converted at the rates of their days; needed where there are several.
    pub currency: Option<Currency>,
}

/// Fits a model to what all customers of a house have purchased, with the Gamma-Gamma model beside it for what a purchase brings. One
/// customer's purchases are in memory at a time, and how many customers share a history.
///
/// # Errors
/// [`crate::Error::Refused`] with the reason when the data cannot carry the model ([`Unfit`]), [`crate::Error::Invalid`]
/// for a question that means nothing, several currencies where none is named, and amounts beyond 28 digits.
/// [`crate::Error::NoRate`] names the pair and the day where a rate is missing.
pub async fn lifetime(
    unit: &mut (dyn ReadUnit + '_),
    question: &LifetimeQuestion,
) -> Result<LifetimeReport> {
    let LifetimeQuestion { as_of, horizon_days, discount, .. } = *question;
    let end = question.observation_end()?;
    if !(discount.is_finite() && discount >= 0.0) {
        return Err(Invalid::new("lifetime", "discount", "it is not 0 or more").into());
    }
    let currency =
        value_currency(unit, Basis::Revenue, question.currency).await?.ok_or(Unfit::NoCustomers)?;
    let mut cohort = Cohort::new(end, question.unit);
    let mut check = HoldoutCheck::default();
    let mut tracking = Tracking::new(end, as_of);
    let purchases = question.model != Model::GammaGamma;
    let rates = DatedRates::load(unit, currency, as_of).await?;
    each_customer(unit, rates, as_of, |_, amounts| {
        let days = PurchaseDays::of(amounts.clone())?;
        let known = PurchaseDays::known(amounts, end)?;
        cohort.ignore((days.days().len() - known.days().len()) as u64);
        if let Some(history) = cohort.add(&known)?
            && purchases
        {
            tracking.add(&days);
            if end < as_of {
                check.add(&history, days.count_between(end, as_of));
            }
        }
        Ok(())
    })
    .await?;
    let found = fit(question.model, &cohort)?;
    let (values, values_refused) = match purchases.then(|| fit(Model::GammaGamma, &cohort)) {
        Some(Ok(values)) => (Some(values), None),
        Some(Err(unfit)) => (None, Some(unfit.to_string())),
        None => (None, None),
    };
    drop(cohort);
    let mut report = LifetimeReport {
        as_of,
        horizon_days,
        discount,
        currency,
        values,
        values_refused,
        holdout: Vec::new(),
        tracking: Vec::new(),
        fit: found,
    };
    report.check(&check, &tracking)?;
    Ok(report)
}

impl LifetimeQuestion {
    fn observation_end(&self) -> Result<NaiveDate, Invalid> {
        let end = self.calibrate_to.unwrap_or(self.as_of);
        if self.calibrate_to.is_some_and(|end| end >= self.as_of) {
            let reason = format!(
                "{end} is not before {}: nothing is left that the model could be checked with",
                self.as_of
            );
            return Err(Invalid::new("lifetime", "calibrate_to", reason));
        }
        Ok(end)
    }
}

impl LifetimeReport {
    fn check(&mut self, check: &HoldoutCheck, tracking: &Tracking) -> Result<(), Invalid> {
        let Fit { unit, observation_end, .. } = self.fit;
        let Some(model) = self.fit.purchases() else { return Ok(()) };
        self.tracking = tracking.points(&model, unit);
        if observation_end < self.as_of {
            let days = (self.as_of - observation_end).num_days();
            let horizon = unit.of_days(u32::try_from(days).unwrap_or(u32::MAX));
            let mut outlook = Outlook::new(model, unit, horizon, 0.0)?;
            self.holdout = check.compare(&mut outlook, MOST_APART);
        }
        Ok(())
    }
}
