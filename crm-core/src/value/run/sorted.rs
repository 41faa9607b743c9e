/// Values in order, with what they come to: where each one stands without a place of its own.
pub(super) struct Sorted {
    /// The smallest first.
    values: Vec<i64>,
    /// What all come to from each step on.
    from: Vec<i128>,
}

/// Every so many values their sum is kept.
const STEP: usize = 64;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// One more than there are who bring more.
    pub(super) rank: u64,
    /// How many bring it.
    pub(super) tied: u64,
    /// What those bring together who bring more.
    pub(super) before: i128,
}

impl Place {
    /// With those who bring it.
    pub(super) fn through(&self, value: i64) -> i128 {
        self.before + i128::from(self.tied) * i128::from(value)
    }
}

impl Sorted {
    pub(super) fn of(mut values: Vec<i64>) -> Self {
        // In place: a radix sort takes as much memory again.
        values.sort_unstable();
        let steps = values.len().div_ceil(STEP);
        let mut from = vec![0; steps + 1];
        let mut sum = 0;
        for (at, some) in values.chunks(STEP).enumerate().rev() {
            sum += some.iter().map(|value| i128::from(*value)).sum::<i128>();
            if let Some(step) = from.get_mut(at) {
                *step = sum;
            }
        }
        Self { values, from }
    }

    pub(super) fn ascending(&self) -> &[i64] {
        &self.values
    }

    pub(super) fn place(&self, value: i64) -> Place {
        let through = self.values.partition_point(|other| *other <= value);
        let below = self.values.partition_point(|other| *other < value);
        Place {
            rank: (self.values.len() - through) as u64 + 1,
            tied: (through - below) as u64,
            before: self.sum_from(through),
        }
    }

    /// What the best so many bring together.
    pub(super) fn best(&self, customers: u64) -> i128 {
        let many = usize::try_from(customers).unwrap_or(usize::MAX).min(self.values.len());
        self.sum_from(self.values.len() - many)
    }

    fn sum_from(&self, at: usize) -> i128 {
        let step = at.div_ceil(STEP);
        let end = (step * STEP).min(self.values.len());
        let some = self.values.get(at..end).unwrap_or_default();
        let rest = self.from.get(step).copied().unwrap_or_default();
        rest + some.iter().map(|value| i128::from(*value)).sum::<i128>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::{Cuts, Ranking};

    proptest! {
        #[test]
        fn a_value_stands_where_the_ranking_has_it(
            values in prop::collection::vec(-40..90_i64, 1..400),
        ) {
            let ranking = Ranking::of(&values, &Cuts::default()).unwrap();
            let sorted = Sorted::of(values.clone());
            for ranked in ranking.iter() {
                let place = sorted.place(ranked.value);
                let (rank, tied, before) = (ranked.rank, ranked.tied, ranked.before);
                prop_assert_eq!(place, Place { rank, tied, before });
                prop_assert_eq!(place.through(ranked.value), ranked.through());
            }
            for many in [0, 1, values.len() / 5, values.len(), values.len() + 1] {
                prop_assert_eq!(sorted.best(many as u64), ranking.best(many));
            }
        }
    }
}
