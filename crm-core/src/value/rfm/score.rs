use crate::{
    kernel::Invalid,
    value::units::{Exact, to_units},
};

use super::policy::Scale;

/// Where scores 2 to 5 begin, among figures in units of 10^-4 of which larger is better; none where nobody has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::value) struct Scorer([Option<i64>; 4]);

impl Scorer {
    /// For those who have these figures. A threshold times `sign` is a figure.
    pub(in crate::value) fn of(
        scale: &Scale,
        mut figures: Vec<i64>,
        sign: i64,
    ) -> Result<Self, Invalid> {
        if *scale == Scale::Quintiles {
            radsort::sort(&mut figures);
        }
        let groups = figures.chunk_by(|one, other| one == other);
        let groups = groups.filter_map(|group| Some((*group.first()?, group.len() as u64)));
        Self::of_groups(scale, groups, figures.len() as u64, sign)
    }

    /// The same, of figures in ascending order with how many have each; so many have one.
    pub(in crate::value) fn of_groups(
        scale: &Scale,
        groups: impl Iterator<Item = (i64, u64)>,
        all: u64,
        sign: i64,
    ) -> Result<Self, Invalid> {
        let thresholds = match scale {
            Scale::Quintiles => return Ok(Self::quintiles(groups, all)),
            Scale::Thresholds(thresholds) => thresholds,
        };
        let mut begins = [None; 4];
        for (begin, Exact(threshold)) in begins.iter_mut().zip(thresholds) {
            *begin = Some(to_units(*threshold)?.saturating_mul(sign));
        }
        Ok(Self(begins))
    }

    fn quintiles(groups: impl Iterator<Item = (i64, u64)>, all: u64) -> Self {
        let mut begins = [None; 4];
        let mut worse = 0;
        for (figure, equal) in groups {
            let fifth = match (worse, all - worse - equal) {
                (0, better) if better > 0 => 1,
                (worse, 0) if worse > 0 => 5,
                // The middle of the tie group stands at (2 · worse + equal) / 2n: in which fifth is that?
                _ => (5 * (2 * worse + equal)).div_ceil(2 * all),
            };
            for (begin, score) in begins.iter_mut().zip(2..) {
                if score <= fifth && begin.is_none() {
                    *begin = Some(figure);
                }
            }
            worse += equal;
        }
        Self(begins)
    }

    /// From 1 to 5.
    pub(in crate::value) fn score(&self, figure: i64) -> u8 {
        self.0
            .iter()
            .fold(1, |score, begin| score + u8::from(begin.is_some_and(|begin| figure >= begin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scores(figures: &[i64]) -> Vec<u8> {
        let scorer = Scorer::of(&Scale::Quintiles, figures.to_vec(), 1).unwrap();
        figures.iter().map(|figure| scorer.score(*figure)).collect()
    }

    #[test]
    fn fifths_ties_and_few() {
        assert_eq!(scores(&[1, 2, 3, 4, 5]), [1, 2, 3, 4, 5]);
        assert_eq!(scores(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
        assert_eq!(scores(&[7]), [3]);
        assert_eq!(scores(&[7; 9]), [3; 9]);
        assert_eq!(scores(&[1, 2]), [1, 5]);
        // Six of ten bought once: nobody bought less. The middle of those who bought twice is in the second fifth from above.
        assert_eq!(scores(&[1, 1, 1, 1, 1, 1, 2, 3, 4, 5]), [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]);
        assert_eq!(scores(&[1, 2, 2, 3, 3, 3, 3, 3, 3]), [1, 2, 2, 5, 5, 5, 5, 5, 5]);
    }

    proptest! {
        #[test]
        fn the_middle_of_a_tie_decides_between_the_least_and_the_most(
            figures in prop::collection::vec(-3..12_i64, 1..60),
        ) {
            for (figure, score) in figures.iter().zip(scores(&figures)) {
                let worse = figures.iter().filter(|other| *other < figure).count();
                let equal = figures.iter().filter(|other| *other == figure).count();
                // Fifths of the middle, (worse + equal / 2) / n.
                let middle = 10 * worse + 5 * equal;
                let n = 2 * figures.len();
                let score = usize::from(score);
                if equal < figures.len() && (worse == 0 || worse + equal == figures.len()) {
                    prop_assert_eq!(score, if worse == 0 { 1 } else { 5 });
                    continue;
                }
                prop_assert!((score - 1) * n < middle && middle <= score * n);
            }
        }
    }
}
