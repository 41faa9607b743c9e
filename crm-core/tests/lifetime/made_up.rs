//! Customers drawn from the models themselves, always the same.

use crm_core::lifetime::History;
use rust_decimal::{Decimal, prelude::FromPrimitive};

/// SplitMix64.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// Above 0, below 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 12) as f64 / (1_u64 << 52) as f64 + f64::EPSILON / 2.0
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    fn normal(&mut self) -> f64 {
        let turn = std::f64::consts::TAU * self.uniform();
        (-2.0 * self.uniform().ln()).sqrt() * turn.cos()
    }

    /// Marsaglia and Tsang's method.
    pub(crate) fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            let part = self.uniform().powf(1.0 / shape);
            return self.gamma(shape + 1.0, rate) * part;
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / rate;
            }
        }
    }

    fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (one, other) = (self.gamma(a, 1.0), self.gamma(b, 1.0));
        one / (one + other)
    }

    /// A customer of BG/NBD, or of MBG/NBD; in days, whose parts are cut off.
    pub(crate) fn beta_geometric(
        &mut self,
        [r, alpha, a, b]: [f64; 4],
        age: u32,
        modified: bool,
    ) -> History {
        let (rate, leaves) = (self.gamma(r, alpha), self.beta(a, b));
        let stays = |draw: &mut Self| draw.uniform() >= leaves;
        let mut on = !modified || stays(self);
        let mut times = Vec::new();
        let mut now = 0.0;
        while on {
            now += self.exponential(rate);
            if now > f64::from(age) {
                break;
            }
            times.push(now);
            on = stays(self);
        }
        history(&times, age)
    }

    /// A customer of Pareto/NBD.
    pub(crate) fn pareto(&mut self, [r, alpha, s, beta]: [f64; 4], age: u32) -> History {
        let (rate, leaving) = (self.gamma(r, alpha), self.gamma(s, beta));
        let until = self.exponential(leaving).min(f64::from(age));
        let mut times = Vec::new();
        let mut now = self.exponential(rate);
        while now < until {
            times.push(now);
            now += self.exponential(rate);
        }
        history(&times, age)
    }

    /// With what so many purchases brought, by the Gamma-Gamma model.
    pub(crate) fn valued(&mut self, history: History, [p, q, gamma]: [f64; 3]) -> History {
        let nu = self.gamma(q, gamma);
        let total: f64 = (0..history.frequency).map(|_| self.gamma(p, nu)).sum();
        History { repeat_value: Decimal::from_f64(total).unwrap(), ..history }
    }
}

/// Days are short beside the gaps of these customers, so that few purchases share one.
fn history(times: &[f64], age: u32) -> History {
    let mut days: Vec<u32> = times.iter().map(|time| *time as u32).collect();
    days.retain(|day| *day > 0);
    days.dedup();
    History {
        frequency: days.len() as u32,
        recency: days.last().copied().unwrap_or(0),
        age,
        repeat_value: Decimal::ZERO,
    }
}
