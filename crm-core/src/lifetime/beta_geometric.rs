use statrs::function::gamma::{digamma, ln_gamma};

use super::{
    maximum::Likelihood,
    rows::{Rows, softplus},
    series::beta_mean,
};

/// BG/NBD and MBG/NBD: a customer purchases at a rate that varies like Gamma(r, α), and after each purchase leaves with a
/// probability that varies like Beta(a, b); in MBG/NBD already after the first one.
///
/// BG/NBD: Fader, Hardie and Lee, Marketing Science 24 (2005), equations 6, 9 and 10. MBG/NBD: Batislam, Denizel and Filiztekin,
/// International Journal of Research in Marketing 24 (2007). With b + 1 in the place of b all formulas of the second but its
/// normalisation are those of the first, where nobody leaves before a repeat purchase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaGeometric {
    pub(super) r: f64,
    pub(super) alpha: f64,
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) modified: bool,
}

impl BetaGeometric {
    pub(super) const NAMES: [&'static str; 4] = ["r", "alpha", "a", "b"];

    pub(super) fn new([r, alpha, a, b]: [f64; 4], modified: bool) -> Self {
        Self { r, alpha, a, b, modified }
    }

    /// b as the formulas of BG/NBD have it.
    fn stay(&self) -> f64 {
        if self.modified { self.b + 1.0 } else { self.b }
    }

    /// ln of the odds of having left after the last purchase, without the part that silence has in it.
    fn ln_leaving(&self, x: f64) -> f64 {
        if x == 0.0 && !self.modified {
            return f64::NEG_INFINITY;
        }
        (self.a / (self.stay() + x - 1.0)).ln()
    }

    pub(super) fn alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        let silence = ((self.alpha + age) / (self.alpha + t_x)).ln();
        softplus(-self.ln_leaving(x) - (self.r + x) * silence).1
    }

    pub(super) fn while_alive(&self, x: f64, age: f64, time: f64) -> f64 {
        beta_mean(self.r + x, self.a, self.stay() + x, time / (self.alpha + age + time))
    }
}

/// The log-likelihood of what was observed.
pub(super) struct Observed<'a> {
    pub(super) rows: &'a Rows,
    pub(super) modified: bool,
}

impl Observed<'_> {
    pub(super) fn start(&self) -> [f64; 4] {
        [1.0, 1.0 / self.rows.rate(), 1.0, 2.0]
    }
}

impl Likelihood<4> for Observed<'_> {
    fn at(&self, parameters: &[f64; 4]) -> (f64, [f64; 4]) {
        let Rows { customers, frequencies, ends, lasts, rows } = self.rows;
        let model = BetaGeometric::new(*parameters, self.modified);
        let BetaGeometric { r, alpha, a, b, .. } = model;
        let all = r * alpha.ln() - ln_gamma(r) + ln_gamma(a + b) - ln_gamma(b);
        let mut value = customers * all;

        let leaving: Vec<_> = frequencies.iter().map(|(x, _)| model.ln_leaving(*x)).collect();
        let power = |place: usize, time: f64| {
            let (q, ln) = (r + frequencies[place].0, (alpha + time).ln());
            (q / (alpha + time), ln, q * ln)
        };
        let at_end: Vec<_> = ends.iter().map(|(place, age, _)| power(*place, *age)).collect();
        let at_last: Vec<_> = lasts.iter().map(|(place, t_x)| power(*place, *t_x)).collect();
        // How many of those at an end, or at a last purchase, have left: derivatives need no more.
        let mut left_by_end = vec![0.0; ends.len()];
        let mut left_by_last = vec![0.0; lasts.len()];
        for (end, last, n) in rows {
            let (end, last, n) = (*end as usize, *last as usize, f64::from(*n));
            let odds = leaving[ends[end].0] + at_end[end].2 - at_last[last].2;
            let (more, left) = softplus(odds);
            value += n * more;
            left_by_end[end] += n * left;
            left_by_last[last] += n * left;
        }

        let mut by = [
            customers * (alpha.ln() - digamma(r)),
            customers * r / alpha,
            customers * digamma(a + b),
            customers * (digamma(a + b) - digamma(b)),
        ];
        for (((_, _, n), (over, ln, power)), left) in ends.iter().zip(at_end).zip(left_by_end) {
            value -= n * power;
            by[0] += (left - n) * ln;
            by[1] += (left - n) * over;
        }
        let mut left_by_frequency = vec![0.0; frequencies.len()];
        for (((place, _), (over, ln, _)), left) in lasts.iter().zip(at_last).zip(left_by_last) {
            by[0] -= left * ln;
            by[1] -= left * over;
            left_by_frequency[*place] += left;
        }
        for ((x, n), left) in frequencies.iter().zip(left_by_frequency) {
            let stayed = model.stay() + x;
            value += n * (ln_gamma(r + x) + ln_gamma(stayed) - ln_gamma(a + stayed));
            let falls = digamma(a + stayed);
            by[0] += n * digamma(r + x);
            by[2] += left / a - n * falls;
            by[3] += n * (digamma(stayed) - falls);
            if left > 0.0 {
                by[3] -= left / (stayed - 1.0);
            }
        }
        (value, by)
    }
}
