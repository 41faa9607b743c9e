use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Tally;

/// How well a model did on opportunities that it had not seen: those decided after the ones it was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// What the model that is judged was trained on: decided before the split.
    pub trained: Tally,
    /// What it was judged by: decided from the split on.
    pub tested: Tally,
    /// How often one that was won had a higher score than one that was lost: the area under the ROC curve, as the
    /// Mann–Whitney statistic, ties counting half (Hanley and McNeil 1982, Radiology 143). 0.5 is no better than a coin.
    #[serde(with = "rust_decimal::serde::str")]
    pub auc: Decimal,
    /// The mean square of probability minus outcome (Brier 1950, Monthly Weather Review 78): lower is better.
    #[serde(with = "rust_decimal::serde::str")]
    pub brier: Decimal,
    /// The same for somebody who always says the base rate of what the model was trained on.
    #[serde(with = "rust_decimal::serde::str")]
    pub base_brier: Decimal,
    /// By tenths of what was judged, from the lowest scores to the highest. What has one score stays together, so there
    /// may be fewer than ten.
    pub calibration: Vec<Calibration>,
}

/// What a model said of opportunities with like scores, and what came of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The lowest score, in per cent.
    #[serde(with = "rust_decimal::serde::str")]
    pub lowest: Decimal,
    /// The highest score, in per cent.
    #[serde(with = "rust_decimal::serde::str")]
    pub highest: Decimal,
    /// How many.
    pub count: u64,
    /// The mean score, in per cent.
    #[serde(with = "rust_decimal::serde::str")]
    pub predicted: Decimal,
    /// The share that was won, in per cent.
    #[serde(with = "rust_decimal::serde::str")]
    pub observed: Decimal,
}

/// How many were won and lost for each score: at most 9,801 of them, however many opportunities.
#[derive(Debug, Default)]
pub(super) struct Scores(BTreeMap<Decimal, Tally>);

/// So many groups has the table of calibration at the most.
const GROUPS: u64 = 10;

impl Scores {
    pub(super) fn add(&mut self, probability: Decimal, tally: Tally) {
        self.0.entry(probability).or_default().add(tally);
    }

    pub(super) fn tally(&self) -> Tally {
        self.0.values().fold(Tally::default(), |mut sum, tally| {
            sum.add(*tally);
            sum
        })
    }

    /// `base` is the base rate in per cent; of both outcomes there is one at least.
    pub(super) fn evaluate(&self, trained: Tally, base: Decimal) -> Evaluation {
        Evaluation {
            trained,
            tested: self.tally(),
            auc: self.auc(),
            brier: self.brier(|score| score),
            base_brier: self.brier(|_| base),
            calibration: self.calibration(),
        }
    }

    fn auc(&self) -> Decimal {
        let (mut lost_below, mut twice) = (0u128, 0u128);
        for Tally { won, lost } in self.0.values() {
            let (won, lost) = (u128::from(*won), u128::from(*lost));
            twice += won * (2 * lost_below + lost);
            lost_below += lost;
        }
        let all = self.tally();
        let pairs = 2 * u128::from(all.won) * u128::from(all.lost);
        // Rounded half up to six decimals, in whole numbers.
        let millionths = (twice * 2_000_000 + pairs).checked_div(2 * pairs).unwrap_or_default();
        Decimal::new(i64::try_from(millionths).unwrap_or_default(), 6).normalize()
    }

    fn brier(&self, said: impl Fn(Decimal) -> Decimal) -> Decimal {
        let squares: Decimal = self
            .0
            .iter()
            .map(|(score, tally)| {
                let likely = said(*score) / Decimal::ONE_HUNDRED;
                let unlikely = Decimal::ONE - likely;
                let (won, lost) = (Decimal::from(tally.won), Decimal::from(tally.lost));
                won * unlikely * unlikely + lost * likely * likely
            })
            .sum();
        ratio(squares, self.tally().closed(), 6)
    }

    fn calibration(&self) -> Vec<Calibration> {
        let all = self.tally().closed();
        let mut groups: Vec<Group> = Vec::new();
        let mut before = 0;
        for (score, tally) in &self.0 {
            let starts = before * GROUPS >= groups.len() as u64 * all;
            match groups.last_mut().filter(|_| !starts) {
                Some(group) => group.add(*score, *tally),
                None => groups.push(Group::new(*score, *tally)),
            }
            before += tally.closed();
        }
        groups.into_iter().map(Group::told).collect()
    }
}

struct Group {
    lowest: Decimal,
    highest: Decimal,
    tally: Tally,
    scores: Decimal,
}

impl Group {
    fn new(score: Decimal, tally: Tally) -> Self {
        Self { lowest: score, highest: score, tally, scores: score * Decimal::from(tally.closed()) }
    }

    fn add(&mut self, score: Decimal, tally: Tally) {
        self.highest = score;
        self.scores += score * Decimal::from(tally.closed());
        self.tally.add(tally);
    }

    fn told(self) -> Calibration {
        let count = self.tally.closed();
        Calibration {
            lowest: self.lowest,
            highest: self.highest,
            count,
            predicted: ratio(self.scores, count, 2),
            observed: ratio(Decimal::from(self.tally.won) * Decimal::ONE_HUNDRED, count, 2),
        }
    }
}

fn ratio(part: Decimal, whole: u64, decimals: u32) -> Decimal {
    let ratio = part.checked_div(Decimal::from(whole)).unwrap_or_default();
    ratio.round_dp(decimals).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(all: &[(i64, u64, u64)]) -> Scores {
        let mut scores = Scores::default();
        for (score, won, lost) in all {
            scores.add(Decimal::from(*score), Tally { won: *won, lost: *lost });
        }
        scores
    }

    fn judged(all: &[(i64, u64, u64)], base: i64) -> [String; 3] {
        let told = scores(all).evaluate(Tally::default(), base.into());
        [told.auc, told.brier, told.base_brier].map(|figure| figure.to_string())
    }

    #[test]
    fn figures_by_hand() {
        // Lost at 20 and 60, won at 40 and 80: of four pairs three stand right.
        // (0.2² + 0.6² + 0.6² + 0.2²) / 4 = 0.2.
        let some = [(20, 0, 1), (40, 1, 0), (60, 0, 1), (80, 1, 0)];
        assert_eq!(judged(&some, 50), ["0.75", "0.2", "0.25"]);
    }

    #[test]
    fn ties_count_half_and_the_best_and_worst_are_1_and_0() {
        assert_eq!(judged(&[(60, 3, 2)], 60), ["0.5", "0.24", "0.24"]);
        assert_eq!(judged(&[(10, 0, 2), (90, 3, 0)], 60)[0], "1");
        assert_eq!(judged(&[(10, 2, 0), (90, 0, 3)], 60)[0], "0");
        // Won at 50 and 70, lost at 50: ½ + 1 of two pairs.
        assert_eq!(judged(&[(50, 1, 1), (70, 1, 0)], 60)[0], "0.75");
        // Two of three pairs.
        assert_eq!(judged(&[(1, 0, 2), (2, 1, 0), (3, 0, 1)], 60)[0], "0.666667");
    }

    #[test]
    fn calibration_by_tenths_keeps_ties_together() {
        let ten: Vec<_> =
            (1..=20).map(|n| (n * 4, u64::from(n > 10), u64::from(n <= 10))).collect();
        let table = scores(&ten).calibration();
        assert_eq!(table.len(), 10);
        assert!(table.iter().all(|row| row.count == 2));
        let (first, last) = (&table[0], &table[9]);
        assert_eq!([first.lowest, first.highest, first.predicted], [4, 8, 6].map(Decimal::from));
        assert_eq!((first.observed, last.observed), (0.into(), 100.into()));

        let tied = scores(&[(30, 1, 9), (50, 40, 40), (60, 7, 3)]).calibration();
        let rows: Vec<_> = tied.iter().map(|row| (row.count, row.observed)).collect();
        assert_eq!(rows, [(10, 10.into()), (80, 50.into()), (10, 70.into())]);
        assert_eq!(scores(&[(61, 6, 4)]).calibration().len(), 1);
    }
}
