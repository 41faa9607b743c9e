use chrono::NaiveDate;
use serde::Serialize;

use super::{
    BetaGeometric, Cohort, Estimates, GammaGamma, Model, ParetoNbd, PurchaseModel, TimeUnit, Unfit,
    beta_geometric,
    estimate::{maybe_rounded, rounded},
    gamma_gamma,
    maximum::{Maximum, maximum},
    pareto_nbd,
    rows::Rows,
};

/// So many customers must have come back.
pub const LEAST_REPEATERS: u64 = 10;
/// So much may frequency and mean value go together, in size, for the Gamma-Gamma model to be fitted. More is refused where it is
/// also beyond chance (5 %, by Fisher's z).
pub const MOST_CORRELATION: f64 = 0.3;
/// The two-sided 5 % of a normal distribution.
const BEYOND_CHANCE: f64 = 1.959_963_984_540_054;

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Which one.
    pub model: Model,
    /// In what time is counted: α and β are in this unit.
    pub unit: TimeUnit,
    /// The last day that was looked at.
    pub observation_end: NaiveDate,
    /// How many customers it was fitted to: for the Gamma-Gamma model those who came back and brought something.
    pub customers: u64,
    /// How many customers came back.
    pub repeaters: u64,
    /// Purchases after the end of the observation, which were not looked at; from a store, without later ones whose amount has no rate.
    pub ignored_purchases: u64,
    /// The parameters.
    pub parameters: Estimates,
    /// Their standard errors, from the curvature of the log-likelihood by its logarithms and the delta method; none where it has no
    /// maximum.
    pub standard_errors: Option<Estimates>,
    /// The log-likelihood, with the terms that depend on data alone.
    #[serde(serialize_with = "rounded")]
    pub log_likelihood: f64,
    /// Whether this is a maximum that the data determine: not a millionth of log-likelihood is to be gained, the
    /// curvature is that of a maximum, and no standard error is above ten times its parameter.
    pub converged: bool,
    /// How often the log-likelihood was looked at.
    pub evaluations: u32,
    /// Of the Gamma-Gamma model: the correlation between frequency and mean value.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_rounded")]
    pub correlation: Option<f64>,
}

/// Fits a model to a cohort by maximum likelihood.
///
/// ```
/// use crm_core::lifetime::{Cohort, History, Model, TimeUnit, Unfit, fit};
/// let end = chrono::NaiveDate::from_ymd_opt(2026, 3, 31).unwrap_or_default();
/// let mut cohort = Cohort::new(end, TimeUnit::Week);
/// cohort.add_history(&History { frequency: 0, recency: 0, age: 80, repeat_value: 0.into() });
/// assert_eq!(fit(Model::BgNbd, &cohort), Err(Unfit::OneTimeBuyers { customers: 1 }));
/// ```
///
/// # Errors
/// [`Unfit`] when the data cannot carry the model: nobody, one-time buyers only, fewer than [`LEAST_REPEATERS`] who came back,
/// customers who are all the same; for the Gamma-Gamma model also where frequency and value go together
/// (above [`MOST_CORRELATION`]).
pub fn fit(model: Model, cohort: &Cohort) -> Result<Fit, Unfit> {
    let customers = cohort.customers();
    if customers == 0 {
        return Err(Unfit::NoCustomers);
    }
    if cohort.repeaters() == 0 {
        return Err(Unfit::OneTimeBuyers { customers });
    }
    let frame = Fit {
        model,
        unit: cohort.unit,
        observation_end: cohort.end,
        customers,
        repeaters: cohort.repeaters(),
        ignored_purchases: cohort.ignored(),
        parameters: Estimates::new([], []),
        standard_errors: None,
        log_likelihood: f64::NAN,
        converged: false,
        evaluations: 0,
        correlation: None,
    };
    if model == Model::GammaGamma {
        return fit_values(frame, cohort);
    }
    enough(cohort.repeaters())?;
    let groups = cohort.groups();
    if groups.len() == 1 {
        return Err(Unfit::AllEqual { customers, what: "their histories" });
    }
    let rows = &Rows::new(&groups, cohort.unit);
    drop(groups);
    Ok(if model == Model::ParetoNbd {
        let observed = pareto_nbd::Observed { rows };
        frame.with(ParetoNbd::NAMES, maximum(&observed, observed.start()))
    } else {
        let modified = model == Model::MbgNbd;
        let observed = beta_geometric::Observed { rows, modified };
        frame.with(BetaGeometric::NAMES, maximum(&observed, observed.start()))
    })
}

fn fit_values(frame: Fit, cohort: &Cohort) -> Result<Fit, Unfit> {
    let mut values = cohort.values();
    values.retain(|(_, mean)| *mean > 0.0);
    let customers = values.len() as u64;
    enough(customers)?;
    if values.iter().all(|(_, mean)| values.first().is_some_and(|first| first.1 == *mean)) {
        return Err(Unfit::AllEqual { customers, what: "what a purchase brings" });
    }
    let correlation = correlation(&values);
    let beyond = correlation.atanh().abs() * (values.len() as f64 - 3.0).sqrt() > BEYOND_CHANCE;
    if correlation.abs() > MOST_CORRELATION && beyond {
        return Err(Unfit::Correlated { correlation, most: MOST_CORRELATION });
    }
    let observed = gamma_gamma::Observed::new(&values);
    drop(values);
    let frame = Fit { customers, correlation: Some(correlation), ..frame };
    Ok(frame.with(GammaGamma::NAMES, maximum(&observed, observed.start())))
}

impl Fit {
    /// The model with these parameters, to predict with; `None` for the Gamma-Gamma model.
    pub fn purchases(&self) -> Option<PurchaseModel> {
        PurchaseModel::new(self.model, self.numbers()?).ok()
    }

    /// The Gamma-Gamma model with these parameters; `None` for others.
    pub fn values(&self) -> Option<GammaGamma> {
        let gamma_gamma = self.model == Model::GammaGamma;
        gamma_gamma.then(|| GammaGamma::new(self.numbers()?).ok())?
    }

    fn numbers<const N: usize>(&self) -> Option<[f64; N]> {
        self.parameters.iter().map(|(_, number)| number).collect::<Vec<_>>().try_into().ok()
    }

    fn with<const N: usize>(self, names: [&'static str; N], found: Maximum<N>) -> Self {
        Self {
            parameters: Estimates::new(names, found.parameters),
            standard_errors: found.standard_errors.map(|errors| Estimates::new(names, errors)),
            log_likelihood: found.log_likelihood,
            converged: found.converged,
            evaluations: found.evaluations,
            ..self
        }
    }
}

fn enough(repeaters: u64) -> Result<(), Unfit> {
    let least = LEAST_REPEATERS;
    if repeaters < least { Err(Unfit::TooFew { repeaters, least }) } else { Ok(()) }
}

/// Pearson's, of what is not all the same; 0 where the frequencies are.
fn correlation(values: &[(u32, f64)]) -> f64 {
    let n = values.len() as f64;
    let mean_x = values.iter().map(|(x, _)| f64::from(*x)).sum::<f64>() / n;
    let mean_m = values.iter().map(|(_, mean)| mean).sum::<f64>() / n;
    let (mut both, mut of_x, mut of_m) = (0.0, 0.0, 0.0);
    for (x, mean) in values {
        let (x, mean) = (f64::from(*x) - mean_x, mean - mean_m);
        both += x * mean;
        of_x += x * x;
        of_m += mean * mean;
    }
    if of_x > 0.0 && of_m > 0.0 { both / (of_x * of_m).sqrt() } else { 0.0 }
}
