use std::collections::HashMap;

use rust_decimal::{Decimal, prelude::FromPrimitive};
use serde::Serialize;

use super::{
    GammaGamma, History, PurchaseModel, TimeUnit,
    estimate::{maybe_rounded, rounded},
};
use crate::kernel::{Currency, Invalid, RATIO_ROUNDING, amount_text};

/// How long a year is, for rates of discount.
pub const DAYS_OF_A_YEAR: f64 = 365.25;
/// What is discounted by more than e to this power is nothing.
const DISCOUNTED_AWAY: f64 = 36.0;
/// So many frequencies with an age are kept at once.
const KEPT: usize = 1 << 16;

/// What to expect of customers until a horizon.
///
/// What depends on frequency and age alone is computed once for all customers who share both.
#[derive(Clone, Debug)]
pub struct Outlook {
    model: PurchaseModel,
    unit: TimeUnit,
    horizon: f64,
    /// The force of interest in a unit of time.
    discount: f64,
    kept: HashMap<(u32, u32), Kept>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    stayed_until: f64,
    purchases: f64,
    discounted: f64,
}

/// What to expect of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// The probability that it still is one.
    #[serde(serialize_with = "rounded")]
    pub alive: f64,
    /// Purchases until the horizon.
    #[serde(serialize_with = "rounded")]
    pub purchases: f64,
    /// The same, each discounted to the end of the observation: times what a purchase brings it is the lifetime value.
    #[serde(serialize_with = "rounded")]
    pub discounted_purchases: f64,
}

/// What to expect of a customer, in money too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerOutlook<K> {
    /// Who.
    pub customer: K,
    /// What is known of its purchases.
    #[serde(skip)]
    pub history: History,
    /// Repeat purchases.
    pub frequency: u32,
    /// When the last one was, in the unit, from the first purchase on.
    #[serde(serialize_with = "rounded")]
    pub recency: f64,
    /// How long ago the first purchase was, in the unit.
    #[serde(serialize_with = "rounded")]
    pub age: f64,
    /// What a repeat purchase brought on average.
    #[serde(serialize_with = "maybe_rounded")]
    pub mean_value: Option<f64>,
    /// What to expect; none of the Gamma-Gamma model alone, which knows no frequency.
    #[serde(flatten)]
    pub expected: Option<Expected>,
    /// What a purchase will bring on average, with the currency's decimals; none where there is no model of that, or it has no
    /// mean.
    pub average_value: Option<String>,
    /// What is to be expected until the horizon, discounted, with the currency's decimals (the average is not rounded
    /// before); none where the average or the purchases are unknown.
    pub value: Option<String>,
    /// The currency.
    pub currency: Currency,
    /// The average, not rounded.
    #[serde(skip)]
    average: Option<f64>,
    /// By what customers are ranked first: the value, else the average value.
    #[serde(skip)]
    pub(super) worth: Option<Decimal>,
}

impl<K> CustomerOutlook<K> {
    /// What a purchase brings, of a customer of whom nobody knows how often it purchases.
    pub fn new(
        customer: K,
        history: &History,
        unit: TimeUnit,
        values: Option<&GammaGamma>,
        currency: Currency,
    ) -> Self {
        let mean_value = history.mean_value();
        let average = values.and_then(|values| values.average(history.frequency, mean_value));
        let worth = average.and_then(|average| rounded_amount(average, currency));
        Self {
            customer,
            history: *history,
            frequency: history.frequency,
            recency: unit.of_days(history.recency),
            age: unit.of_days(history.age),
            mean_value,
            expected: None,
            average,
            average_value: worth.map(|worth| amount_text(worth, currency)),
            value: None,
            currency,
            worth,
        }
    }

    /// What is to be expected until the horizon, discounted, in the currency's decimals: [`Self::value`] as a number.
    pub fn expected_value(&self) -> Option<Decimal> {
        self.value.as_ref().and(self.worth)
    }

    fn expecting(self, expected: Expected) -> Self {
        let currency = self.currency;
        let value = self.average.map(|average| average * expected.discounted_purchases);
        let worth = value.and_then(|value| rounded_amount(value, currency));
        let value = worth.map(|worth| amount_text(worth, currency));
        Self { expected: Some(expected), value, worth, ..self }
    }
}

fn rounded_amount(amount: f64, currency: Currency) -> Option<Decimal> {
    Some(RATIO_ROUNDING.to_decimals(Decimal::from_f64(amount)?, currency))
}

impl Outlook {
    /// By a model whose times are in a unit, until a horizon in that unit, discounted by a rate a year: 0.1 for 10 %, 0 for
    /// none. It is compounded, so that what comes after t years counts (1 + rate)^-t.
    ///
    /// # Errors
    /// [`Invalid`] for a horizon or a rate below nothing, or one that is no number.
    pub fn new(
        model: PurchaseModel,
        unit: TimeUnit,
        horizon: f64,
        yearly_discount: f64,
    ) -> Result<Self, Invalid> {
        for (field, number) in [("horizon", horizon), ("discount", yearly_discount)] {
            if !(number.is_finite() && number >= 0.0) {
                let reason = format!("{number} is not 0 or more");
                return Err(Invalid::new("outlook", field, reason));
            }
        }
        let discount = yearly_discount.ln_1p() * unit.days() / DAYS_OF_A_YEAR;
        Ok(Self { model, unit, horizon, discount, kept: HashMap::new() })
    }

    /// What to expect of a customer with this history.
    pub fn of(&mut self, history: &History) -> Expected {
        let (x, age) = (f64::from(history.frequency), self.unit.of_days(history.age));
        let key = (history.frequency, history.age);
        let kept = match self.kept.get(&key) {
            Some(kept) => *kept,
            None => {
                if self.kept.len() == KEPT {
                    self.kept.clear();
                }
                let kept = self.keep(x, age);
                self.kept.insert(key, kept);
                kept
            }
        };
        let t_x = self.unit.of_days(history.recency);
        let alive = self.model.alive_after(kept.stayed_until, x, t_x, age);
        Expected {
            alive,
            purchases: alive * kept.purchases,
            discounted_purchases: alive * kept.discounted,
        }
    }

    /// The same, and what it will bring.
    pub fn customer<K>(
        &mut self,
        customer: K,
        history: &History,
        values: Option<&GammaGamma>,
        currency: Currency,
    ) -> CustomerOutlook<K> {
        let expected = self.of(history);
        let told = CustomerOutlook::new(customer, history, self.unit, values, currency);
        told.expecting(expected)
    }

    fn keep(&self, x: f64, age: f64) -> Kept {
        let purchases = self.model.while_alive(x, age, self.horizon);
        let discounted =
            if self.discount > 0.0 { self.discounted(x, age, purchases) } else { purchases };
        Kept { stayed_until: self.model.stayed_until(x, age), purchases, discounted }
    }

    /// `∫ e^-δt dE(t)`, in parts `e^-δH E(H) + δ ∫ e^-δt E(t) dt`, by Gauss and Legendre's rule over `u` with
    /// `t = h (e^u - 1)`, where E is smooth however long the horizon is.
    fn discounted(&self, x: f64, age: f64, purchases: f64) -> f64 {
        let Self { horizon, discount, .. } = *self;
        let scale = 1.0 + age;
        let until = horizon.min(DISCOUNTED_AWAY / discount);
        let half = (until / scale).ln_1p() / 2.0;
        let at = |u: f64| {
            let time = scale * u.exp_m1();
            self.model.while_alive(x, age, time) * (-discount * time).exp() * (scale + time)
        };
        let both = |(node, weight): &(f64, f64)| {
            weight * (at(half * (1.0 + node)) + at(half * (1.0 - node)))
        };
        let integral = half * GAUSS.iter().map(both).sum::<f64>();
        purchases * (-discount * horizon).exp() + discount * integral
    }
}

/// Nodes and weights of Gauss and Legendre's rule of order 24 (Abramowitz and Stegun, table 25.4).
const GAUSS: [(f64, f64); 12] = [
    (0.064_056_892_862_605_63, 0.127_938_195_346_752_21),
    (0.191_118_867_473_616_3, 0.125_837_456_346_828_3),
    (0.315_042_679_696_163_4, 0.121_670_472_927_803_42),
    (0.433_793_507_626_045_1, 0.115_505_668_053_725_61),
    (0.545_421_471_388_839_6, 0.107_444_270_115_965_6),
    (0.648_093_651_936_975_5, 0.097_618_652_104_114_06),
    (0.740_124_191_578_554_4, 0.086_190_161_531_953_29),
    (0.820_001_985_973_903, 0.073_346_481_411_080_41),
    (0.886_415_527_004_401, 0.059_298_584_915_436_74),
    (0.938_274_552_002_732_8, 0.044_277_438_817_419_55),
    (0.974_728_555_971_309_5, 0.028_531_388_628_933_743),
    (0.995_187_219_997_021_3, 0.012_341_229_799_987_091),
];
