use statrs::function::gamma::{digamma, ln_gamma};

use super::{
    maximum::Likelihood,
    rows::{Rows, softplus},
    series::{LnF, ln_f, over},
};

/// Pareto/NBD: a customer purchases at a rate that varies like Gamma(r, α), until it leaves, at a rate that varies like Gamma(s, β).
///
/// Schmittlein, Morrison and Colombo, Management Science 33 (1987); Fader and Hardie, A Note on Deriving the Pareto/NBD Model and
/// Related Expressions (2005). Their difference of two hypergeometric functions is taken apart into two that are added, one for
/// those who left within the silence and one for those who did not, so that nothing cancels out; and all of it in logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParetoNbd {
    pub(super) r: f64,
    pub(super) alpha: f64,
    pub(super) s: f64,
    pub(super) beta: f64,
}

/// One of the two parts: `(α+t)^of_alpha (β+t)^of_beta ₂F₁(1, p; r+s+x+1; z)`, times a factor.
struct Part {
    of_alpha: f64,
    of_beta: f64,
    p: f64,
}

impl ParetoNbd {
    pub(super) const NAMES: [&'static str; 4] = ["r", "alpha", "s", "beta"];

    pub(super) fn new([r, alpha, s, beta]: [f64; 4]) -> Self {
        Self { r, alpha, s, beta }
    }

    fn alpha_is_larger(&self) -> bool {
        self.alpha >= self.beta
    }

    fn z(&self, time: f64) -> f64 {
        (self.alpha - self.beta).abs() / (self.alpha.max(self.beta) + time)
    }

    /// Still purchasing at T, or left later: `(r+x) ∫_T^∞ (α+y)^-(r+x+1) (β+y)^-s dy`.
    fn stayed(&self, x: f64) -> Part {
        let (q, s) = (self.r + x, self.s);
        if self.alpha_is_larger() {
            Part { of_alpha: -q - 1.0, of_beta: 1.0 - s, p: q + 1.0 }
        } else {
            Part { of_alpha: -q, of_beta: -s, p: s }
        }
    }

    /// Left at any time after the last purchase: `s ∫_t^∞ (α+y)^-(r+x) (β+y)^-(s+1) dy`.
    fn left(&self, x: f64) -> Part {
        let (q, s) = (self.r + x, self.s);
        if self.alpha_is_larger() {
            Part { of_alpha: -q, of_beta: -s, p: q }
        } else {
            Part { of_alpha: 1.0 - q, of_beta: -s - 1.0, p: s + 1.0 }
        }
    }

    fn ln_powers(&self, part: &Part, time: f64) -> f64 {
        part.of_alpha * (self.alpha + time).ln() + part.of_beta * (self.beta + time).ln()
    }

    fn ln(&self, part: &Part, x: f64, time: f64) -> f64 {
        let c = self.r + self.s + x + 1.0;
        self.ln_powers(part, time) + ln_f(part.p, c, self.z(time))
    }

    /// `ln`, with its derivatives.
    fn ln_by(&self, part: &Part, x: f64, time: f64) -> (f64, [f64; 4]) {
        let larger = self.alpha_is_larger();
        let c = self.r + self.s + x + 1.0;
        let z = self.z(time);
        let (alpha, beta) = (self.alpha + time, self.beta + time);
        let (ln_alpha, ln_beta) = (alpha.ln(), beta.ln());
        let f = LnF::new(part.p, c, z);
        let (by_r, by_s) = if larger { (f.by_p, 0.0) } else { (0.0, f.by_p) };
        let (z_alpha, z_beta) = if larger {
            ((1.0 - z) / alpha, -1.0 / alpha)
        } else {
            (-1.0 / beta, (1.0 - z) / beta)
        };
        let value = part.of_alpha * ln_alpha + part.of_beta * ln_beta + f.ln;
        let by = [
            by_r + f.by_c - ln_alpha,
            part.of_alpha / alpha + f.by_z * z_alpha,
            by_s + f.by_c - ln_beta,
            part.of_beta / beta + f.by_z * z_beta,
        ];
        (value, by)
    }

    /// What does not depend on the silence; [`Self::alive_after`] goes on.
    pub(super) fn stayed_until(&self, x: f64, age: f64) -> f64 {
        self.ln(&self.stayed(x), x, age) + (self.r + x).ln()
    }

    pub(super) fn alive_after(&self, stayed_until: f64, x: f64, t_x: f64, age: f64) -> f64 {
        let here = -(self.r + x) * (self.alpha + age).ln() - self.s * (self.beta + age).ln();
        let left = self.ln(&self.left(x), x, t_x) + self.s.ln();
        let all = stayed_until + softplus(left - stayed_until).0 - (self.r + self.s + x).ln();
        (here - all).exp().min(1.0)
    }

    pub(super) fn while_alive(&self, x: f64, age: f64, time: f64) -> f64 {
        let longer = (time / (self.beta + age)).ln_1p();
        (self.r + x) * (self.beta + age) / (self.alpha + age) * -over(self.s - 1.0, -longer)
    }
}

/// The log-likelihood of what was observed.
pub(super) struct Observed<'a> {
    pub(super) rows: &'a Rows,
}

impl Observed<'_> {
    pub(super) fn start(&self) -> [f64; 4] {
        let scale = 1.0 / self.rows.rate();
        [1.0, scale, 1.0, scale]
    }
}

impl Likelihood<4> for Observed<'_> {
    fn at(&self, parameters: &[f64; 4]) -> (f64, [f64; 4]) {
        let Rows { customers, frequencies, ends, lasts, rows } = self.rows;
        let model = ParetoNbd::new(*parameters);
        let ParetoNbd { r, alpha, s, beta } = model;
        let parts: Vec<_> =
            frequencies.iter().map(|(x, _)| (*x, model.stayed(*x), model.left(*x))).collect();
        let at_end = ends.iter().map(|(place, age, _)| {
            let (x, stayed, _) = &parts[*place];
            let (ln, by) = model.ln_by(stayed, *x, *age);
            (ln + (r + x).ln(), by)
        });
        let at_last = lasts.iter().map(|(place, t_x)| {
            let (x, _, left) = &parts[*place];
            let (ln, by) = model.ln_by(left, *x, *t_x);
            (ln + s.ln(), by)
        });
        let (at_end, at_last): (Vec<_>, Vec<_>) = (at_end.collect(), at_last.collect());

        let mut value = customers * (r * alpha.ln() + s * beta.ln() - ln_gamma(r));
        let mut by = [
            customers * (alpha.ln() - digamma(r)),
            customers * r / alpha,
            customers * beta.ln(),
            customers * s / beta,
        ];
        for (x, n) in frequencies {
            value += n * (ln_gamma(r + x) - (r + s + x).ln());
            by[0] += n * (digamma(r + x) - 1.0 / (r + s + x));
            by[2] -= n / (r + s + x);
        }
        let mut left_by_end = vec![0.0; ends.len()];
        let mut left_by_last = vec![0.0; lasts.len()];
        for (end, last, n) in rows {
            let (end, last, n) = (*end as usize, *last as usize, f64::from(*n));
            let stayed = at_end[end].0;
            let (more, left) = softplus(at_last[last].0 - stayed);
            value += n * (stayed + more);
            left_by_end[end] += n * left;
            left_by_last[last] += n * left;
        }
        for (((place, _, n), (_, of_end)), left) in ends.iter().zip(at_end).zip(left_by_end) {
            by.iter_mut().zip(of_end).for_each(|(by, of_end)| *by += (n - left) * of_end);
            by[0] += (n - left) / (r + parts[*place].0);
        }
        for ((_, of_last), left) in at_last.iter().zip(left_by_last) {
            by.iter_mut().zip(of_last).for_each(|(by, of_last)| *by += left * of_last);
            by[2] += left / s;
        }
        (value, by)
    }
}
