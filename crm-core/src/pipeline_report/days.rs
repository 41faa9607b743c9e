use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::kernel::{Sum, Value, ratio};

/// How many took how many days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayCounts(pub BTreeMap<i64, u64>);

/// What some numbers of days come to, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DaySummary {
    /// How many.
    pub count: u64,
    /// All days together.
    pub total: i64,
    /// The mean, rounded half up to two decimals.
    #[serde(with = "rust_decimal::serde::str")]
    pub average: Decimal,
    /// At most this number: half of them.
    pub median: i64,
    /// At most this number: nine of ten.
    pub percentile_90: i64,
    /// The most.
    pub longest: i64,
}

impl DayCounts {
    /// Adds groups of a store's, whose last key is a number of days. Those without one are not counted.
    pub(super) fn add(&mut self, sum: &Sum) {
        if let Some(Value::Integer(days)) = sum.key.last() {
            self.add_days(*days, sum.count);
        }
    }

    /// Adds all of another one.
    pub(super) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(days, count)| self.add_days(*days, *count));
    }

    /// Adds some that took so many days.
    pub(super) fn add_days(&mut self, days: i64, count: u64) {
        let counted = self.0.entry(days).or_default();
        *counted = counted.saturating_add(count);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |all, count| all.saturating_add(*count))
    }

    /// The smallest number of days that at least this part of them does not exceed: the nearest rank, definition 1
    /// of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996). It is
    /// always a number of days that one of them took.
    ///
    /// ```
    /// use crm_core::pipeline_report::DayCounts;
    /// let days = DayCounts([(1, 5), (3, 4), (90, 1)].into());
    /// assert_eq!((days.percentile(50), days.percentile(90), days.percentile(91)), (Some(1), Some(3), Some(90)));
    /// ```
    pub fn percentile(&self, percent: u8) -> Option<i64> {
        let all = u128::from(self.count());
        let rank = (u128::from(percent.min(100)) * all).div_ceil(100).max(1);
        let mut so_far = 0;
        self.0.iter().find_map(|(days, count)| {
            so_far += u128::from(*count);
            (so_far >= rank).then_some(*days)
        })
    }

    /// What they come to; none where there are none.
    pub fn summary(&self) -> Option<DaySummary> {
        let count = self.count();
        let total = self.0.iter().map(|(days, count)| i128::from(*days) * i128::from(*count));
        let total = total.fold(0, i128::saturating_add);
        let exact = Decimal::try_from_i128_with_scale(total, 0).ok()?;
        Some(DaySummary {
            count,
            total: i64::try_from(total).ok()?,
            average: ratio(exact, count.into(), 2)?,
            median: self.percentile(50)?,
            percentile_90: self.percentile(90)?,
            longest: *self.0.keys().next_back()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_one_of_them() {
        // Every list of up to seven days: by the definition, on the sorted list.
        for list in
            (1..=7_usize).flat_map(|n| (0..3_i64.pow(n.try_into().unwrap())).map(move |c| (n, c)))
        {
            let mut days: Vec<i64> =
                (0..list.0).map(|i| list.1 / 3_i64.pow(i.try_into().unwrap()) % 3).collect();
            days.sort_unstable();
            let mut counts = DayCounts::default();
            days.iter().for_each(|day| counts.add_days(*day, 1));
            for percent in [1, 50, 90, 100] {
                let rank = (days.len() * usize::from(percent)).div_ceil(100);
                assert_eq!(
                    counts.percentile(percent),
                    Some(days[rank - 1]),
                    "{percent} of {days:?}"
                );
            }
        }
    }

    #[test]
    fn of_nothing_there_is_no_summary() {
        assert_eq!(DayCounts::default().summary(), None);
        let one = DayCounts([(-3, 2), (4, 1)].into()).summary().unwrap();
        assert_eq!(
            (one.total, one.average.to_string().as_str(), one.median, one.longest),
            (-2, "-0.67", -3, 4)
        );
    }
}
