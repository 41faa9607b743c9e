//! The value at which a cumulative sum crosses a limit, in linear time and without sorting.
//!
//! Values are counted into buckets that keep their order: 32 to each power of two at first, so that an outlier does not
//! push all others into one, then 1,024 of equal width within the bucket in which the limit is crossed, until one
//! value is left there. Each round looks at that bucket's values alone.

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

use crate::value::units::as_text;

/// How many customers, and what they bring together, in units of 10^-4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::value) struct Tally {
    pub(in crate::value) customers: u64,
    #[serde(with = "as_text")]
    pub(in crate::value) units: i128,
}

impl Tally {
    /// So many who bring so much each.
    pub(in crate::value) fn each(customers: u64, value: i64) -> Self {
        Self { customers, units: i128::from(customers) * i128::from(value) }
    }
}
impl Add for Tally {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { customers: self.customers + other.customers, units: self.units + other.units }
    }
}
impl Sub for Tally {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { customers: self.customers - other.customers, units: self.units - other.units }
    }
}

/// What is summed up towards a limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::value) enum Weight {
    Value,
    Customers,
}

impl Weight {
    pub(super) fn of(self, tally: Tally) -> i128 {
        match self {
            Self::Value => tally.units,
            Self::Customers => tally.customers.into(),
        }
    }
}

/// The customers at a limit: all who bring one value, and what stands before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::value) struct Crossing {
    /// The smallest value before which less than the limit stands.
    pub(in crate::value) value: i64,
    /// Those who bring more.
    pub(in crate::value) before: Tally,
    /// Those who bring it.
    pub(in crate::value) here: Tally,
}

impl Crossing {
    /// With those who bring it.
    pub(in crate::value) fn through(&self) -> Tally {
        self.before + self.here
    }
}

/// Values, counted once for any number of limits.
pub(in crate::value) struct Selection<'v> {
    values: &'v [i64],
    buckets: Vec<Tally>,
}

impl<'v> Selection<'v> {
    pub(in crate::value) fn of(values: &'v [i64]) -> Self {
        Self { values, buckets: count(values, 2 * HALF, bucket) }
    }

    pub(in crate::value) fn positive(&self) -> Tally {
        sum(self.buckets.get(HALF + 1..))
    }

    pub(in crate::value) fn zero(&self) -> u64 {
        self.buckets.get(HALF).map_or(0, |zero| zero.customers)
    }

    pub(in crate::value) fn negative(&self) -> Tally {
        sum(self.buckets.get(..HALF))
    }

    /// Where the sum, best first, reaches the limit; none where there is nobody, or the limit is nothing. A limit of
    /// value is at most the total.
    pub(in crate::value) fn crossing(&self, weight: Weight, limit: i128) -> Option<Crossing> {
        let (at, mut before) = cross(&self.buckets, weight, limit)?;
        let mut left: Vec<i64> =
            self.values.iter().copied().filter(|value| bucket(*value) == at).collect();
        loop {
            let (low, high) = (*left.iter().min()?, *left.iter().max()?);
            if low == high {
                let here = Tally::each(left.len() as u64, low);
                return Some(Crossing { value: low, before, here });
            }
            let above = |value: i64| value.wrapping_sub(low) as u64;
            let shift = (u64::BITS - above(high).leading_zeros()).saturating_sub(FINE);
            let finer = |value: i64| (above(value) >> shift) as usize;
            let buckets = count(&left, 1 << FINE, finer);
            let (at, more) = cross(&buckets, weight, limit - weight.of(before))?;
            before = before + more;
            left.retain(|value| finer(*value) == at);
        }
    }
}

/// Buckets to a power of two, as a power of two.
const COARSE: u32 = 5;
/// Buckets of a round within a bucket, as a power of two.
const FINE: u32 = 10;
/// Buckets for one sign.
const HALF: usize = ((i64::BITS - COARSE) as usize) << COARSE;

/// The bucket of a value among 2 × HALF: those of negative values first, zero alone in the bucket HALF.
fn bucket(value: i64) -> usize {
    let negative = value < 0;
    let size = (if negative { !value } else { value }) as u64;
    let power = (size | (1 << (COARSE - 1))).ilog2();
    let mantissa = (size >> power.saturating_sub(COARSE)) & ((1 << COARSE) - 1);
    let above = (((power + 1 - COARSE) as usize) << COARSE) + mantissa as usize;
    if negative { HALF - 1 - above } else { HALF + above }
}

fn count(values: &[i64], buckets: usize, bucket: impl Fn(i64) -> usize) -> Vec<Tally> {
    let mut counted = vec![Tally::default(); buckets];
    for value in values {
        if let Some(tally) = counted.get_mut(bucket(*value)) {
            tally.customers += 1;
            tally.units += i128::from(*value);
        }
    }
    counted
}

/// The last bucket, best first, before which less than the limit stands, and what stands before it.
fn cross(buckets: &[Tally], weight: Weight, limit: i128) -> Option<(usize, Tally)> {
    let mut found = None;
    let mut before = Tally::default();
    for (at, tally) in buckets.iter().enumerate().rev().filter(|(_, tally)| tally.customers > 0) {
        if weight.of(before) >= limit {
            break;
        }
        found = Some((at, before));
        before = before + *tally;
    }
    found
}

fn sum(buckets: Option<&[Tally]>) -> Tally {
    buckets.unwrap_or_default().iter().fold(Tally::default(), |sum, one| sum + *one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_keep_the_order_and_zero_is_alone() {
        assert_eq!(bucket(0), HALF);
        assert_eq!((bucket(1), bucket(-1)), (HALF + 1, HALF - 1));
        assert_eq!((bucket(i64::MIN), bucket(i64::MAX)), (0, 2 * HALF - 1));
        let mut values: Vec<i64> = (0..63)
            .flat_map(|power| {
                let one = 1_i64 << power;
                [one - 1, one, one + 1, one + one / 3, -one, -one - 1, -one + one / 3]
            })
            .collect();
        values.sort_unstable();
        let buckets: Vec<_> = values.iter().map(|value| bucket(*value)).collect();
        assert!(buckets.is_sorted());
    }

    proptest! {
        #[test]
        fn it_finds_what_a_walk_finds(
            values in prop::collection::vec(prop_oneof![-5..50_i64, any::<i64>(), -10_000..1_000_000_i64], 0..200),
            limit in 1..60_i128,
        ) {
            let mut sorted = values.clone();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            // A limit of value is told as a part of the total, and is at most that.
            let total: i128 = values.iter().map(|v| i128::from(*v)).sum();
            for (weight, limit) in [(Weight::Customers, limit), (Weight::Value, total / 60 * limit)] {
                if limit <= 0 {
                    continue;
                }
                let mut before = Tally::default();
                let mut expected = None;
                for group in sorted.chunk_by(|a, b| a == b) {
                    if weight.of(before) >= limit {
                        break;
                    }
                    let here = Tally::each(group.len() as u64, group[0]);
                    expected = Some(Crossing { value: group[0], before, here });
                    before = before + here;
                }
                prop_assert_eq!(Selection::of(&values).crossing(weight, limit), expected);
            }
        }
    }
}
