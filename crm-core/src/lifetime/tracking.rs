use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::{PurchaseDays, PurchaseModel, TimeUnit, estimate::rounded};

/// Whether a model keeps telling right: repeat purchases week by week, as they came and as they were to be expected of customers who
/// began when these did (Fader, Hardie and Lee 2005, figures 4 and 5). Memory grows with the days, not with the customers.
#[derive(Clone, Debug)]
pub struct Tracking {
    end: NaiveDate,
    until: NaiveDate,
    /// Customers by the day of their first purchase.
    began: BTreeMap<NaiveDate, u64>,
    /// Repeat purchases by day.
    repeats: BTreeMap<NaiveDate, u64>,
}

/// The state at the end of a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrackingPoint {
    /// The day.
    pub date: NaiveDate,
    /// Repeat purchases in the week that ends then.
    pub actual: u64,
    /// What was to be expected of that week.
    #[serde(serialize_with = "rounded")]
    pub expected: f64,
    /// All repeat purchases until then.
    pub cumulative_actual: u64,
    /// What was to be expected.
    #[serde(serialize_with = "rounded")]
    pub cumulative_expected: f64,
}

impl Tracking {
    /// Of customers who began until the end of the observation, followed until a later day.
    pub fn new(end: NaiveDate, until: NaiveDate) -> Self {
        Self { end, until, began: BTreeMap::new(), repeats: BTreeMap::new() }
    }

    /// Adds a customer.
    pub fn add(&mut self, purchases: &PurchaseDays) {
        let Some(((first, _), repeats)) = purchases.until(self.until).split_first() else { return };
        if *first > self.end {
            return;
        }
        *self.began.entry(*first).or_default() += 1;
        for (day, _) in repeats {
            *self.repeats.entry(*day).or_default() += 1;
        }
    }

    /// Week by week, so that a week ends with the observation; the last, which may be shorter, ends with the last day.
    pub fn points(&self, model: &PurchaseModel, unit: TimeUnit) -> Vec<TrackingPoint> {
        let mut of_new: Vec<f64> = Vec::new();
        let mut before = (0, 0.0);
        let mut points = Vec::new();
        for date in self.week_ends() {
            let cumulative_actual = self.repeats.range(..=date).map(|(_, count)| count).sum();
            let mut cumulative_expected = 0.0;
            for (first, customers) in self.began.range(..date) {
                let days = usize::try_from((date - *first).num_days()).unwrap_or(0);
                while of_new.len() <= days {
                    let time = of_new.len() as f64 / unit.days();
                    of_new.push(model.of_new(time));
                }
                cumulative_expected += *customers as f64 * of_new[days];
            }
            points.push(TrackingPoint {
                date,
                actual: cumulative_actual - before.0,
                expected: cumulative_expected - before.1,
                cumulative_actual,
                cumulative_expected,
            });
            before = (cumulative_actual, cumulative_expected);
        }
        points
    }

    fn week_ends(&self) -> Vec<NaiveDate> {
        let Some(first) = self.began.keys().next() else { return Vec::new() };
        let odd = (self.end - *first).num_days().rem_euclid(7).unsigned_abs();
        let mut next = first.checked_add_days(Days::new(if odd == 0 { 7 } else { odd }));
        let mut ends = Vec::new();
        while let Some(date) = next.filter(|date| *date < self.until) {
            ends.push(date);
            next = date.checked_add_days(Days::new(7));
        }
        if self.until > *first {
            ends.push(self.until);
        }
        ends
    }
}
