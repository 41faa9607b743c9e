//! What is to be expected of the customers of a run, by a model of lifetime value that is fitted when it is taken.

use std::collections::{BTreeMap, VecDeque};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    customer::Customer,
    kernel::{Currency, Id, Invalid, RATIO_ROUNDING, Refused},
    lifetime::{
        Estimates, Fit, GammaGamma, History, LifetimeQuestion, LifetimeReport, Model, Outlook,
        OutlookPages, PurchaseModel, TimeUnit, lifetime,
    },
    store::ReadUnit,
    value_run::ValueRun,
};

/// The furthest that is looked ahead, in days: a hundred years.
const FURTHEST: u32 = 36_525;

/// By which model of lifetime value a run says what is to be expected of its customers, in which time, and how much of that counts.
///
/// A model expects revenue. Where value is margin or profit, the expected margin makes both comparable; where the value is that of
/// a quarter, so does a horizon of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LifetimePolicy {
    /// By which model of purchases; what each brings is by the Gamma-Gamma model.
    pub model: Model,
    /// In which time it counts.
    pub unit: TimeUnit,
    /// So many days after the day as of which the run is told are looked ahead.
    pub horizon_days: u32,
    /// By how much later purchases count less, in percent a year.
    #[serde(with = "rust_decimal::serde::str")]
    pub discount_percent: Decimal,
    /// How much of the expected revenue stays as value, in percent.
    #[serde(with = "rust_decimal::serde::str")]
    pub expected_margin: Decimal,
}

impl Default for LifetimePolicy {
    /// BG/NBD in weeks, 52 of them ahead, discounted by 10 % a year, all of it.
    fn default() -> Self {
        Self {
            model: Model::BgNbd,
            unit: TimeUnit::Week,
            horizon_days: 364,
            discount_percent: Decimal::TEN,
            expected_margin: Decimal::ONE_HUNDRED,
        }
    }
}

impl LifetimePolicy {
    /// Whether it can be.
    ///
    /// # Errors
    /// [`Invalid`] names the field.
    pub fn check(&self) -> Result<(), Invalid> {
        let wrong = |field, reason: String| Err(Invalid::new("lifetime_policy", field, reason));
        let (discount, margin) = (self.discount_percent, self.expected_margin);
        if self.model == Model::GammaGamma {
            let reason = "gamma-gamma knows no time in which purchases come: name a model of purchases, as bg-nbd";
            return wrong("model", reason.to_owned());
        }
        if !(1..=FURTHEST).contains(&self.horizon_days) {
            let reason = format!("{} is not from 1 up to {FURTHEST} days", self.horizon_days);
            return wrong("horizon_days", reason);
        }
        if discount < Decimal::ZERO || discount > Decimal::ONE_HUNDRED {
            return wrong("discount_percent", format!("{discount} is not from 0 up to 100"));
        }
        if margin <= Decimal::ZERO || margin > Decimal::ONE_HUNDRED {
            return wrong("expected_margin", format!("{margin} is not above 0 and at most 100"));
        }
        Ok(())
    }

    /// The question of lifetime value that a run asks by it. It predicts by the parameters that it keeps
    /// ([`LifetimeReport::nine_digits`]).
    pub fn question(&self, run: &ValueRun) -> LifetimeQuestion {
        LifetimeQuestion {
            model: self.model,
            unit: self.unit,
            as_of: run.as_of,
            calibrate_to: None,
            horizon_days: self.horizon_days,
            discount: self.discount(),
            currency: Some(run.currency),
        }
    }

    /// By how much later purchases count less, a year: 0.1 for 10 %.
    fn discount(&self) -> f64 {
        (self.discount_percent / Decimal::ONE_HUNDRED).to_f64().unwrap_or_default()
    }

    /// What of an expected revenue counts, with the currency's decimals.
    ///
    /// # Errors
    /// [`Invalid`] beyond 28 digits.
    pub fn counts(&self, expected: Decimal, currency: Currency) -> Result<Decimal, Invalid> {
        let part = expected.checked_mul(self.expected_margin / Decimal::ONE_HUNDRED);
        let part = part.ok_or_else(|| {
            Invalid::new("lifetime_policy", "expected_margin", "the value is beyond 28 digits")
        });
        Ok(RATIO_ROUNDING.to_decimals(part?, currency))
    }

    fn note(&self, fitted: &FittedLifetime, run: &ValueRun) -> String {
        let Self { model, horizon_days, discount_percent, expected_margin, .. } = self;
        let mut note = format!(
            "What is to be expected comes from {model}, fitted to {} customers as of {}: revenue of {horizon_days} days, discounted by \
             {discount_percent} % a year, of which {expected_margin} % count.",
            fitted.customers, run.as_of
        );
        if !fitted.converged {
            note.push_str(" The data do not determine its parameters: take it with caution.");
        }
        note
    }
}

/// The model that a run's expected values come from, as it was fitted. Numbers have nine digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedLifetime {
    /// How many customers it was fitted to.
    pub customers: u64,
    /// How many of them came back.
    pub repeaters: u64,
    /// Whether the data determine it ([`Fit::converged`]), and what a purchase brings.
    pub converged: bool,
    /// The parameters of the model of purchases.
    pub purchases: BTreeMap<String, f64>,
    /// The parameters of the Gamma-Gamma model of what a purchase brings.
    pub values: BTreeMap<String, f64>,
}

impl FittedLifetime {
    /// What is to be expected of a customer with this history, by the policy that the model was fitted for: what a run said of it.
    ///
    /// # Errors
    /// [`Invalid`] where a parameter is missing, or an amount is beyond 28 digits.
    pub fn expects(
        &self,
        history: &History,
        policy: &LifetimePolicy,
        currency: Currency,
    ) -> Result<Option<Decimal>, Invalid> {
        let purchases = numbers(&self.purchases, policy.model)?;
        let values = numbers(&self.values, Model::GammaGamma)?;
        let (Ok(purchases), Ok(values)) =
            (PurchaseModel::new(policy.model, purchases), GammaGamma::new(values))
        else {
            return Err(Invalid::new("lifetime", "parameters", "one of them is not above nothing"));
        };
        let horizon = policy.unit.of_days(policy.horizon_days);
        let mut outlook = Outlook::new(purchases, policy.unit, horizon, policy.discount())?;
        let told = outlook.customer((), history, Some(&values), currency);
        told.expected_value().map(|revenue| policy.counts(revenue, currency)).transpose()
    }

    fn of(purchases: &Fit, values: &Fit) -> Self {
        let numbers = |estimates: &Estimates| -> BTreeMap<String, f64> {
            estimates.iter().map(|(name, number)| (name.to_owned(), number)).collect()
        };
        Self {
            customers: purchases.customers,
            repeaters: purchases.repeaters,
            converged: purchases.converged && values.converged,
            purchases: numbers(&purchases.parameters),
            values: numbers(&values.parameters),
        }
    }
}

fn numbers<const N: usize>(
    named: &BTreeMap<String, f64>,
    model: Model,
) -> Result<[f64; N], Invalid> {
    let numbers = model.parameters().iter().map(|name| named.get(*name).copied());
    let numbers = numbers.collect::<Option<Vec<_>>>().and_then(|all| all.try_into().ok());
    let missing = || Invalid::new("lifetime", "parameters", format!("some of {model} are missing"));
    numbers.ok_or_else(missing)
}

/// What is to be expected of a customer, and what that follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expectation {
    pub(super) value: Option<Decimal>,
    pub(super) history: Option<History>,
}

/// What is to be expected of customers, one after the other in the order of their ids. A page of them is in memory.
pub(super) struct Expectations<'p> {
    policy: &'p LifetimePolicy,
    currency: Currency,
    pages: OutlookPages,
    ahead: VecDeque<(Id<Customer>, Expectation)>,
    pub(super) fitted: FittedLifetime,
    pub(super) note: String,
}

impl<'p> Expectations<'p> {
    /// Fits the model to what the store knows as of the day of the run.
    pub(super) async fn of(
        unit: &mut (dyn ReadUnit + '_),
        policy: &'p LifetimePolicy,
        run: &ValueRun,
    ) -> Result<Self> {
        let report = lifetime(unit, &policy.question(run)).await?.nine_digits();
        let LifetimeReport { fit, values: Some(values), .. } = &report else {
            let why = report.values_refused.unwrap_or_default();
            return Err(Refused::new("lifetime", "purchases", "an expected value", why).into());
        };
        let fitted = FittedLifetime::of(fit, values);
        let note = policy.note(&fitted, run);
        let pages = report.outlooks(unit).await?;
        let (currency, ahead) = (run.currency, VecDeque::new());
        Ok(Self { policy, currency, pages, ahead, fitted, note })
    }

    /// Of a customer after the one that was asked for before; none of whoever has not purchased.
    pub(super) async fn customer(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        customer: Id<Customer>,
    ) -> Result<Option<Expectation>> {
        loop {
            while let Some((next, expected)) = self.ahead.front() {
                if *next > customer {
                    return Ok(None);
                }
                let found = (*next == customer).then_some(*expected);
                self.ahead.pop_front();
                if found.is_some() {
                    return Ok(found);
                }
            }
            let Some(page) = self.pages.next(unit).await? else { return Ok(None) };
            for told in page {
                let revenue = told.expected_value();
                let counts = revenue.map(|revenue| self.policy.counts(revenue, self.currency));
                let (value, history) = (counts.transpose()?, Some(told.history));
                self.ahead.push_back((told.customer, Expectation { value, history }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_data_and_is_checked() {
        let read = |text: &str| serde_json::from_str::<LifetimePolicy>(text);
        let own = read(r#"{"model": "pareto-nbd", "horizon_days": 90, "expected_margin": "30"}"#);
        let own = own.unwrap();
        assert_eq!(own.check(), Ok(()));
        assert_eq!((own.model, own.discount_percent), (Model::ParetoNbd, Decimal::TEN));
        let counts = own.counts(Decimal::new(10_015, 2), Currency::EUR).unwrap();
        assert_eq!(counts.to_string(), "30.05");
        assert_eq!(LifetimePolicy::default().check(), Ok(()));
        for (text, field) in [
            (r#"{"model": "gamma-gamma"}"#, "model"),
            (r#"{"horizon_days": 0}"#, "horizon_days"),
            (r#"{"discount_percent": "-1"}"#, "discount_percent"),
            (r#"{"expected_margin": "0"}"#, "expected_margin"),
            (r#"{"expected_margin": "101"}"#, "expected_margin"),
        ] {
            assert_eq!(read(text).unwrap().check().unwrap_err().field, field);
        }
        assert!(read(r#"{"horizon": 3}"#).unwrap_err().to_string().contains("unknown field"));
    }
}
