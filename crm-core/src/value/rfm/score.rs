use crate::{
    kernel::Invalid,
    value::units::{Exact, to_units},
};

use super::policy::Scale;

/// Where scores 2 to 5 begin, among figures in units of 10^-4 of which larger is better; none where nobody has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scorer([Option<i64>; 4]);

impl Scorer {
    /// For those who have these figures. A threshold times `sign` is a figure.
    pub(super) fn of(scale: &Scale, figures: Vec<i64>, sign: i64) -> Result<Self, Invalid> {
        let thresholds = match scale {
            Scale::Quintiles => return Ok(Self::quintiles(figures)),
            Scale::Thresholds(thresholds) => thresholds,
        };
        let mut begins = [None; 4];
        for (begin, Exact(threshold)) in begins.iter_mut().zip(thresholds) {
            *begin = Some(to_units(*threshold)?.saturating_mul(sign));
        }
        Ok(Self(begins))
    }

    fn quintiles(mut figures: Vec<i64>) -> Self {
        radsort::sort(&mut figures);
        let mut begins = [None; 4];
        let mut worse = 0;
        for group in figures.chunk_by(|one, other| one == other) {
            // The middle of the tie group stands at (2 · worse + equal) / 2n: in which fifth is that?
            let fifth = (5 * (2 * worse + group.len())).div_ceil(2 * figures.len());
            for (begin, score) in begins.iter_mut().zip(2..) {
                if score <= fifth && begin.is_none() {
                    *begin = group.first().copied();
                }
            }
            worse += group.len();
        }
        Self(begins)
    }

    /// From 1 to 5.
    pub(super) fn score(&self, figure: i64) -> u8 {
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
        assert_eq!(scores(&[1, 2]), [2, 4]);
        // Six of ten bought once: they are the lower 60 %, whose middle is in the second fifth.
        assert_eq!(scores(&[1, 1, 1, 1, 1, 1, 2, 3, 4, 5]), [2, 2, 2, 2, 2, 2, 4, 4, 5, 5]);
    }

    proptest! {
        #[test]
        fn equal_figures_have_equal_scores_and_the_middle_of_a_tie_decides(
            figures in prop::collection::vec(-3..12_i64, 1..60),
        ) {
            for (figure, score) in figures.iter().zip(scores(&figures)) {
                let worse = figures.iter().filter(|other| *other < figure).count();
                let equal = figures.iter().filter(|other| *other == figure).count();
                // Fifths of the middle, (worse + equal / 2) / n.
                let middle = 10 * worse + 5 * equal;
                let n = 2 * figures.len();
                let score = usize::from(score);
                prop_assert!((score - 1) * n < middle && middle <= score * n);
            }
        }
    }
}
