use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::kernel::{Invalid, text_enum};

use super::{PurchaseDays, purchases::sum};

text_enum! {
    /// In what time is counted.
    pub enum TimeUnit {
        /// Days.
        Day = "day",
        /// Weeks: seven days, and sevenths for each day more.
        Week = "week",
    }
}

impl TimeUnit {
    /// How many days it has.
    pub const fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
        }
    }

    /// So many days in this unit.
    pub fn of_days(self, days: u32) -> f64 {
        f64::from(days) / self.days()
    }
}

/// What a model knows of a customer at the end of the observation: how often it came back, when last, since when it is a
/// customer, and what coming back brought (RFM as the models of purchases have it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Repeat purchases: days with a purchase after the first, x.
    pub frequency: u32,
    /// Days from the first purchase to the last, t_x: 0 without repeat purchases.
    pub recency: u32,
    /// Days from the first purchase to the end of the observation, T.
    pub age: u32,
    /// What all repeat purchases brought.
    #[serde(with = "rust_decimal::serde::str")]
    pub repeat_value: Decimal,
}
crate::settings::as_json!(History);

impl History {
    /// What is known at the end of a day; `None` where the first purchase came later. What came later is not looked at.
    ///
    /// # Errors
    /// [`Invalid`] when the amounts have more than 28 digits together.
    pub fn of(purchases: &PurchaseDays, end: NaiveDate) -> Result<Option<Self>, Invalid> {
        let Some(((first, _), repeats)) = purchases.until(end).split_first() else {
            return Ok(None);
        };
        let since = |day: NaiveDate| u32::try_from((day - *first).num_days()).unwrap_or(0);
        Ok(Some(Self {
            frequency: u32::try_from(repeats.len()).unwrap_or(u32::MAX),
            recency: repeats.last().map_or(0, |(day, _)| since(*day)),
            age: since(end),
            repeat_value: sum(repeats.iter().map(|(_, amount)| *amount))?,
        }))
    }

    /// What a repeat purchase brought on average; none without one.
    pub fn mean_value(&self) -> Option<f64> {
        if self.frequency == 0 {
            return None;
        }
        self.repeat_value.to_f64().map(|total| total / f64::from(self.frequency))
    }
}

/// The customers a model is fitted to, as it needs them: those with the same history are counted together, so memory grows
/// with the number of different histories, and with repeat buyers (8 bytes each).
///
/// Purchases after the end of the observation do not count, nor do customers whose first purchase came later:
/// [`Cohort::ignored`] tells how many purchases these are.
#[derive(Clone, Debug)]
pub struct Cohort {
    pub(super) end: NaiveDate,
    pub(super) unit: TimeUnit,
    pub(super) customers: u64,
    pub(super) ignored: u64,
    /// Frequency, recency and age, and how many customers have them.
    groups: HashMap<(u32, u32, u32), u32>,
    /// By frequency, what a repeat purchase brought each repeat buyer on average.
    values: BTreeMap<u32, Vec<f64>>,
}

/// Customers of the same history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) frequency: u32,
    pub(super) age: u32,
    pub(super) recency: u32,
    pub(super) customers: u32,
}

impl Cohort {
    /// Nobody yet; observed until the end of a day.
    pub fn new(end: NaiveDate, unit: TimeUnit) -> Self {
        Self {
            end,
            unit,
            customers: 0,
            ignored: 0,
            groups: HashMap::new(),
            values: BTreeMap::new(),
        }
    }

    /// Adds a customer, and tells its history; `None` where it is no customer yet.
    ///
    /// # Errors
    /// [`Invalid`] when its amounts have more than 28 digits together.
    pub fn add(&mut self, purchases: &PurchaseDays) -> Result<Option<History>, Invalid> {
        let history = History::of(purchases, self.end)?;
        self.ignored += (purchases.days().len() - purchases.until(self.end).len()) as u64;
        if let Some(history) = &history {
            self.add_history(history);
        }
        Ok(history)
    }

    /// Adds a customer whose history is known already.
    pub fn add_history(&mut self, history: &History) {
        self.customers += 1;
        let key = (history.frequency, history.age, history.recency);
        *self.groups.entry(key).or_default() += 1;
        if let Some(mean) = history.mean_value() {
            self.values.entry(history.frequency).or_default().push(mean);
        }
    }

    /// Notes that so many purchases came after the end of the observation.
    pub const fn ignore(&mut self, purchases: u64) {
        self.ignored += purchases;
    }

    /// How many customers.
    pub const fn customers(&self) -> u64 {
        self.customers
    }

    /// How many purchases after the end of the observation were left out.
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// How many customers came back.
    pub fn repeaters(&self) -> u64 {
        self.values.values().map(|means| means.len() as u64).sum()
    }

    /// In order: frequency, age, recency.
    pub(super) fn groups(&self) -> Vec<Group> {
        let group = |(&(frequency, age, recency), &customers): (&(u32, u32, u32), &u32)| Group {
            frequency,
            age,
            recency,
            customers,
        };
        let mut groups: Vec<_> = self.groups.iter().map(group).collect();
        groups.sort_unstable();
        groups
    }

    /// Frequency and mean value of each repeat buyer, in order.
    pub(super) fn values(&self) -> Vec<(u32, f64)> {
        let mut values = Vec::with_capacity(self.values.values().map(Vec::len).sum());
        for (frequency, means) in &self.values {
            let mut means = means.clone();
            means.sort_unstable_by(f64::total_cmp);
            values.extend(means.into_iter().map(|mean| (*frequency, mean)));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(number)
    }

    #[test]
    fn a_history_counts_what_came_after_the_first() {
        let days = [(0, 9), (7, 4), (21, 5), (60, 99)].map(|(d, a)| (day(d), Decimal::from(a)));
        let days = PurchaseDays::of(days.to_vec()).unwrap();
        let history = History::of(&days, day(30)).unwrap().unwrap();
        let expected = History { frequency: 2, recency: 21, age: 30, repeat_value: 9.into() };
        assert_eq!(history, expected);
        assert_eq!(history.mean_value(), Some(4.5));
        assert_eq!(TimeUnit::Week.of_days(history.recency), 3.0);
    }

    #[test]
    fn future_transactions_do_not_count_and_are_told() {
        let mut cohort = Cohort::new(day(30), TimeUnit::Day);
        let of = |days: &[u64]| {
            PurchaseDays::of(days.iter().map(|d| (day(*d), Decimal::ONE)).collect()).unwrap()
        };
        assert_eq!(cohort.add(&of(&[0, 31, 40])).unwrap().unwrap().frequency, 0);
        assert_eq!(cohort.add(&of(&[35])).unwrap(), None);
        assert_eq!(cohort.add(&of(&[30])).unwrap().unwrap().age, 0);
        assert_eq!((cohort.customers(), cohort.repeaters(), cohort.ignored()), (2, 0, 3));
        assert_eq!(cohort.add(&of(&[])).unwrap(), None);
    }

    #[test]
    fn the_same_history_is_counted_once() {
        let mut cohort = Cohort::new(day(30), TimeUnit::Day);
        let history = |age| History { frequency: 0, recency: 0, age, repeat_value: 0.into() };
        for age in [9, 4, 9] {
            cohort.add_history(&history(age));
        }
        let groups: Vec<_> = cohort.groups().iter().map(|g| (g.age, g.customers)).collect();
        assert_eq!(groups, [(4, 1), (9, 2)]);
    }
}
