//! The hypergeometric series that the models need: ₂F₁(1, p; c; z), and the part of the expectation of BG/NBD that is a ₂F₁.
//!
//! Both are ₂F₁ after Euler's transformation, ₂F₁(a, b; c; z) = (1 − z)^(c−a−b) ₂F₁(c−a, c−b; c; z) (Abramowitz and Stegun
//! 15.3.3): the terms are then above nothing and fall like z^k, also where a customer came 10,000 times.

/// Terms below this part of the sum are left out.
const EPSILON: f64 = 1e-16;
/// At so many terms a sum ends in any case: z is then within 10^-4 of 1, where no data lead.
const MOST_TERMS: u32 = 400_000;

/// ln ₂F₁(1, p; c; z) for 0 < p < c, 0 ≤ z < 1.
pub(super) fn ln_f(p: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    let enough = EPSILON * (1.0 - z);
    for k in 0..MOST_TERMS {
        let k = f64::from(k);
        term *= (p + k) / (c + k) * z;
        sum += term;
        if term <= enough * sum {
            break;
        }
    }
    sum.ln()
}

/// ln ₂F₁(1, p; c; z) with its derivatives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LnF {
    pub(super) ln: f64,
    pub(super) by_p: f64,
    pub(super) by_c: f64,
    pub(super) by_z: f64,
}

impl LnF {
    /// Its derivatives come from those of the terms, (p)ₖ/(c)ₖ zᵏ.
    pub(super) fn new(p: f64, c: f64, z: f64) -> Self {
        let (mut term, mut sum) = (1.0, 1.0);
        let (mut of_p, mut of_c) = (0.0, 0.0);
        let mut all = Self::default();
        // Derivatives have terms that are larger by a factor that grows like k.
        let enough = EPSILON * (1.0 - z) * (1.0 - z);
        for k in 0..MOST_TERMS {
            let k = f64::from(k);
            let over_c = 1.0 / (c + k);
            of_p += 1.0 / (p + k);
            of_c += over_c;
            // k zᵏ⁻¹ is the derivative of zᵏ: the term before times k, with one factor less.
            all.by_z += (k + 1.0) * term * (p + k) * over_c;
            term *= (p + k) * over_c * z;
            sum += term;
            all.by_p += term * of_p;
            all.by_c -= term * of_c;
            if term <= enough * sum {
                break;
            }
        }
        Self { ln: sum.ln(), by_p: all.by_p / sum, by_c: all.by_c / sum, by_z: all.by_z / sum }
    }
}

/// E[(1 − (1 + pτ)^−q) / p] for p ~ Beta(a, b): what is expected of a customer who buys at a rate of Gamma(q, 1) in units of
/// τ, and who may leave after each purchase. With z = τ/(1+τ) and d = a − 1 it is
/// `[c − c (1−z)^q ₂F₁(q, b; c; z)] / d`, c = a + b − 1 (Fader, Hardie and Lee 2005, equation 10).
pub(super) fn beta_mean(q: f64, a: f64, b: f64, z: f64) -> f64 {
    let (c, d) = (a + b - 1.0, a - 1.0);
    let ln_left = (-z).ln_1p();
    let first = c - q;
    // Where d is large, the terms of the transformed series rise before they fall, up to k near d z/(1−z).
    if first >= MOST_ALTERNATING && d <= MOST_RISING {
        // (1−z)^q ₂F₁(q, b; c; z) = (1−z)^d ₂F₁(c−q, d; c; z); d is taken out of all terms after the first.
        let series = Tail { one: first, other: d, c, scale: d * ln_left, of_other: 1.0 };
        return c * -over(d, ln_left) - series.sum(z);
    }
    // q is much larger than c, and the sum above would alternate; or leaving is about as likely for everybody. What is lost
    // here by taking one number from another nearly as large are the digits of c / d.
    let at = |d: f64| {
        let (b, scale) = (c - d, q * ln_left);
        let series = Tail { one: q, other: b, c, scale, of_other: b };
        (c * -scale.exp_m1() - series.sum(z)) / d
    };
    if d.abs() > NEAR_ONE {
        return at(d);
    }
    let part = (1.0 + d / NEAR_ONE) / 2.0;
    part * at(NEAR_ONE) + (1.0 - part) * at(-NEAR_ONE)
}

/// As long as the parameter is above it, what alternating terms lose is below 10^-11.
const MOST_ALTERNATING: f64 = -16.0;
/// Above it, the sum that is not transformed is the shorter one.
const MOST_RISING: f64 = 50.0;
/// So near at a = 1 the quotient lies between those on both sides of it.
const NEAR_ONE: f64 = 1e-5;

/// (e^(dx) − 1) / d, which is x at d = 0.
pub(super) fn over(d: f64, x: f64) -> f64 {
    if d.abs() < 1e-300 { x } else { (d * x).exp_m1() / d }
}

/// `e^scale c ₂F₁(one, other; c; z)` without its first term, `other` taken out once and `of_other` in its place.
struct Tail {
    one: f64,
    other: f64,
    c: f64,
    scale: f64,
    of_other: f64,
}

impl Tail {
    fn sum(&self, z: f64) -> f64 {
        const LARGE: f64 = 1e200;
        const AT_ONCE: usize = 8;
        let Self { one, other, c, .. } = *self;
        let mut term = one * z * self.of_other;
        let (mut sum, mut scale) = (term, self.scale);
        let enough = EPSILON * (1.0 - z);
        // The quotients of several terms at once, as none waits for another: a third of the time.
        for first in (1..MOST_TERMS).step_by(AT_ONCE) {
            let mut ratios = [0.0; AT_ONCE];
            for (ratio, k) in ratios.iter_mut().zip(first..) {
                let k = f64::from(k);
                *ratio = (one + k) * (other + k) / ((c + k) * (k + 1.0)) * z;
            }
            for ratio in ratios {
                term *= ratio;
                sum += term;
            }
            let falling = ratios.iter().all(|ratio| ratio.abs() < 1.0);
            if term.abs() <= enough * sum.abs() && falling {
                break;
            }
            if sum.abs() > LARGE {
                (term, sum, scale) = (term / LARGE, sum / LARGE, scale + LARGE.ln());
            }
        }
        // Where nothing was left out the factor may be below the least number, or the sum above the largest.
        sum.signum() * (scale + sum.abs().ln()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, within: f64) -> bool {
        (found - expected).abs() <= within * expected.abs()
    }

    /// From mpmath 1.3 with 40 digits, as are those below.
    const LN_F: [(f64, f64, f64, [f64; 4]); 7] = [
        (
            0.5,
            3.0,
            0.1,
            [0.017176501118521, 0.03450460837663, -0.0058452208832933, 0.17711497750593],
        ),
        (
            1.243,
            2.85,
            0.6,
            [0.35077762581135226, 0.31070294102789, -0.14880287862014, 0.82691495956801],
        ),
        (
            27.5,
            29.2,
            0.3,
            [0.33234043973414747, 0.014156649561482, -0.013342518925524, 1.3155024343319],
        ),
        (
            10000.55,
            10002.2,
            0.09,
            [0.094294364673603, 9.8876755036677e-6, -9.886044412175e-6, 1.0987018986168],
        ),
        (
            1.6,
            10002.2,
            0.9,
            [0.000143991648396224, 9.0001259677387e-5, -1.4398329718861e-8, 0.00016001664098165],
        ),
        (0.6, 1.8, 0.99, [0.943584547276882, 2.0585951684086, -1.1219598492738, 10.644858020492]),
        (3.2, 3.3, 0.999, [6.383034081536557, 5.181094708752, -5.1458338222392, 901.58856006267]),
    ];

    #[test]
    fn the_series_and_its_derivatives_are_those_of_the_hypergeometric_function() {
        for (p, c, z, [ln, by_p, by_c, by_z]) in LN_F {
            let found = LnF::new(p, c, z);
            assert!(near(ln_f(p, c, z), ln, 1e-11), "{p} {c} {z}");
            assert!(near(found.ln, ln, 1e-11), "{p} {c} {z}: {found:?}");
            assert!(near(found.by_p, by_p, 1e-9), "{p} {c} {z}: {found:?}");
            assert!(near(found.by_c, by_c, 1e-9), "{p} {c} {z}: {found:?}");
            assert!(near(found.by_z, by_z, 1e-9), "{p} {c} {z}: {found:?}");
        }
    }

    #[test]
    fn the_mean_over_leaving_is_that_of_the_hypergeometric_function() {
        for (q, a, b, z, expected) in [
            (0.243, 0.793, 2.426, 0.5, 0.2141874808445148),
            (2.243, 0.793, 4.426, 0.546, 2.146746642093794),
            (26.243, 0.793, 28.426, 0.6, 27.00193945071368),
            (10000.2, 0.793, 10002.4, 0.5, 7453.886029768979),
            (0.243, 0.2, 0.5, 0.9, 1.394905818182484),
            (0.5, 1.0, 2.0, 0.7, 0.798052488617024),
            (0.5, 1.0000001, 2.0, 0.7, 0.7980524691685465),
            (40.0, 1.0, 2.0, 0.7, 8.223659820625181),
            (40.0, 0.5, 2.0, 0.7, 22.74406415738743),
            (60.0, 0.3, 0.4, 0.9, 68.62774068479293),
            (2.0, 300.0, 5.0, 0.95, 1.014098877297942),
            (5.0, 2000.0, 3000.0, 0.99, 2.5007503523874),
            (1.5, 0.5, 0.5, 0.3, 0.5168450333509654),
            (0.3, 0.4, 0.6, 0.99, 6.173436733174892),
            // About as likely for everybody.
            (0.5, 624_649.0, 1_955_414.0, 0.6, 0.592720659154933),
            (3.5, 624_649.0, 1_955_417.0, 0.55, 2.46323153168018),
            (0.243, 250.0, 1_000.0, 0.5, 0.216694473380667),
            (12.3, 5_000.0, 17.0, 0.9, 1.003400680135505),
            (0.7, 148_934.0, 1e6, 0.01, 0.00706284686566157),
            (40.2, 1e6, 1e9, 0.7, 89.439896706604),
            (1.2, 1e7, 3.0, 0.5, 0.564724809419795),
            (1_000.5, 2e4, 6e4, 0.3, 4.000150007500375),
            (0.9, 1e6, 2e6, 1e-6, 9.00000615000422e-7),
            (0.4, 201.0, 1e4, 0.99, 17.85476443123635),
        ] {
            let found = beta_mean(q, a, b, z);
            assert!(near(found, expected, 1e-8), "{q} {a} {b} {z}: {found}");
        }
    }
}
