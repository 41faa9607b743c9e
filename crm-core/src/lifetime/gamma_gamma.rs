use statrs::function::gamma::{digamma, ln_gamma};

use super::{Model, Unfit, maximum::Likelihood};

/// Gamma-Gamma: what a customer spends varies like Gamma(p, ν) from purchase to purchase, and ν from customer to
/// customer like Gamma(q, γ), whatever the frequency is.
///
/// Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013), equations 1a and 5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GammaGamma {
    pub(super) p: f64,
    pub(super) q: f64,
    pub(super) gamma: f64,
}

impl GammaGamma {
    pub(super) const NAMES: [&'static str; 3] = ["p", "q", "gamma"];

    /// From parameters that were estimated before: p, q and γ.
    ///
    /// # Errors
    /// [`Unfit::NoParameters`] for a number that is not above nothing.
    pub fn new(parameters: [f64; 3]) -> Result<Self, Unfit> {
        if parameters.iter().all(|number| number.is_finite() && *number > 0.0) {
            let [p, q, gamma] = parameters;
            return Ok(Self { p, q, gamma });
        }
        let parameters = parameters.to_vec();
        Err(Unfit::NoParameters { model: Model::GammaGamma, needs: 3, parameters })
    }

    /// What a purchase of a customer will bring on average, who brought a mean value in so many repeat purchases: between its
    /// own mean and that of all. A mean value of nothing or less is taken for unknown. `None` where the model has no
    /// mean (p x + q ≤ 1: values vary so much between customers).
    pub fn average(&self, frequency: u32, mean_value: Option<f64>) -> Option<f64> {
        let known = mean_value.filter(|mean| *mean > 0.0 && frequency > 0);
        let (x, mean) = known.map_or((0.0, 0.0), |mean| (f64::from(frequency), mean));
        let weight = self.p * x + self.q - 1.0;
        (weight > 0.0).then(|| self.p * (self.gamma + x * mean) / weight)
    }
}

/// The log-likelihood of what was observed: for each frequency the mean values.
pub(super) struct Observed {
    customers: f64,
    /// Frequency, how many have it, and the logarithms of their totals added up; then the place of the first of these.
    frequencies: Vec<(f64, f64, f64, usize)>,
    totals: Vec<f64>,
    /// What depends on the data alone.
    constant: f64,
}

impl Observed {
    /// Of frequencies and mean values, in order, above nothing.
    pub(super) fn new(values: &[(u32, f64)]) -> Self {
        let mut these = Self {
            customers: values.len() as f64,
            frequencies: Vec::new(),
            totals: Vec::with_capacity(values.len()),
            constant: 0.0,
        };
        for of_frequency in values.chunk_by(|one, next| one.0 == next.0) {
            let first = these.totals.len();
            let x = of_frequency.first().map_or(0.0, |(x, _)| f64::from(*x));
            let mut ln_totals = 0.0;
            for (_, mean) in of_frequency {
                these.totals.push(x * mean);
                ln_totals += (x * mean).ln();
                these.constant -= mean.ln();
            }
            these.frequencies.push((x, of_frequency.len() as f64, ln_totals, first));
        }
        these
    }

    pub(super) fn start(&self) -> [f64; 3] {
        let purchases: f64 = self.frequencies.iter().map(|(x, n, ..)| x * n).sum();
        let mean = self.totals.iter().sum::<f64>() / purchases;
        [2.0, 2.0, mean / 2.0]
    }
}

impl Likelihood<3> for Observed {
    fn at(&self, parameters: &[f64; 3]) -> (f64, [f64; 3]) {
        let [p, q, gamma] = *parameters;
        let n = self.customers;
        let mut value = self.constant + n * (q * gamma.ln() - ln_gamma(q));
        let mut by = [0.0, n * (gamma.ln() - digamma(q)), n * q / gamma];
        for (x, n, ln_totals, first) in &self.frequencies {
            let shape = p * x;
            let totals = self.totals.iter().skip(*first).take(*n as usize);
            let (mut ln, mut over) = (0.0, 0.0);
            for total in totals {
                ln += (gamma + total).ln();
                over += 1.0 / (gamma + total);
            }
            value +=
                n * (ln_gamma(shape + q) - ln_gamma(shape)) + shape * ln_totals - (shape + q) * ln;
            let rises = digamma(shape + q);
            by[0] += x * (n * (rises - digamma(shape)) + ln_totals - ln);
            by[1] += n * rises - ln;
            by[2] -= (shape + q) * over;
        }
        (value, by)
    }
}
