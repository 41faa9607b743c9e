use rust_decimal::Decimal;
use serde::Serialize;

use crate::{customer::Customer, opportunity::Opportunity};

use super::{Feature, FieldWeights, Tally, WinModel};

/// The lowest probability that a model gives, in per cent: nothing is lost before it is lost.
pub const LOWEST: Decimal = Decimal::ONE;
/// The highest probability that a model gives, in per cent: nothing is won before it is won.
pub const HIGHEST: Decimal = Decimal::from_parts(99, 0, 0, false, 0);

/// How likely an opportunity is won, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WinScore {
    /// In per cent, with two decimals at the most: from [`LOWEST`] to [`HIGHEST`].
    pub probability: Decimal,
    /// What it would be if nothing were known of it: the share won of all that the model has seen.
    pub base: Decimal,
    /// What raised or lowered it, the strongest first. Fields that moved nothing are left out.
    pub reasons: Vec<WinReason>,
}

/// What a field did to a score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WinReason {
    /// Which field.
    pub feature: Feature,
    /// What the opportunity has there: text, or an id as text; none where it is empty.
    pub value: Option<String>,
    /// By how much it moved the log odds. These add up to the log odds of the score, above those of the base rate.
    pub log_odds: f64,
    /// By how many per cent points it moved the probability from where the reasons before it had brought it. These add up
    /// to the probability, above the base, to the last digit.
    pub points: Decimal,
    /// How many closed opportunities with this value the model has seen.
    pub closed: u64,
}

impl WinModel {
    /// How likely an opportunity is won, and why. `customer` is the one it names: needed where the model looks at fields
    /// of customers.
    ///
    /// Naive Bayes: the log odds of the base rate, and what each field adds to them.
    pub fn score(&self, deal: &Opportunity, customer: Option<&Customer>) -> WinScore {
        score(&self.fields.0, self.tally(), |feature| feature.of(deal, customer))
    }

    /// What it gives to an opportunity of which nothing is known, in per cent: the share won of all that it has seen.
    pub fn base(&self) -> Decimal {
        percent(prior(self.tally()))
    }

    /// What it gives to an opportunity of which nothing else is known than one value.
    pub fn alone(&self, field: &FieldWeights, value: Option<&str>) -> Decimal {
        percent(prior(self.tally()) + field.log_odds(value, self.tally()))
    }
}

pub(super) fn score(
    fields: &[FieldWeights],
    all: Tally,
    value: impl Fn(&Feature) -> Option<String>,
) -> WinScore {
    let moved = fields.iter().map(|field| {
        let value = value(&field.feature);
        let log_odds = field.log_odds(value.as_deref(), all);
        let closed = field.tally(value.as_deref()).unwrap_or_default().closed();
        let feature = field.feature.clone();
        WinReason { feature, value, log_odds, points: Decimal::ZERO, closed }
    });
    let mut reasons: Vec<_> = moved.filter(|reason| reason.log_odds != 0.0).collect();
    // Equally strong ones stay in the order of the fields.
    reasons.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
    let mut log_odds = prior(all);
    let base = percent(log_odds);
    let mut probability = base;
    for reason in &mut reasons {
        log_odds += reason.log_odds;
        let next = percent(log_odds);
        reason.points = (next - probability).normalize();
        probability = next;
    }
    WinScore { probability, base, reasons }
}

pub(super) fn prior(all: Tally) -> f64 {
    (all.won as f64 / all.lost as f64).ln()
}

/// Log odds as a probability in per cent, within bounds.
pub(super) fn percent(log_odds: f64) -> Decimal {
    let share = 100.0 / (1.0 + (-log_odds).exp());
    Decimal::try_from(share).unwrap_or_default().round_dp(2).clamp(LOWEST, HIGHEST).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::win_model::weights::Counts;

    fn field(feature: Feature, counts: &[(&str, u64, u64)]) -> FieldWeights {
        let one = |(value, won, lost): &(&str, u64, u64)| {
            (Some((*value).to_owned()), Tally { won: *won, lost: *lost })
        };
        FieldWeights::fit(feature, counts.iter().map(one).collect::<Counts>())
    }

    fn scored(product: &str, industry: &str) -> WinScore {
        let fields = [
            field(Feature::Product, &[("a", 8, 2), ("b", 2, 8)]),
            field(Feature::Industry, &[("x", 7, 3), ("y", 3, 7)]),
        ];
        score(&fields, Tally { won: 10, lost: 10 }, |feature| match feature {
            Feature::Product => Some(product.to_owned()),
            _ => Some(industry.to_owned()),
        })
    }

    #[test]
    fn a_score_by_hand() {
        // Odds 1 · 3 · (7 + 3.0909/2)/(3 + 3.0909/2): 3 · 1.88 = 5.64.
        let told = scored("a", "x");
        assert_eq!((told.base, told.probability), (50.into(), "84.94".parse().unwrap()));
        let points: Vec<_> = told.reasons.iter().map(|r| r.points.to_string()).collect();
        assert_eq!(points, ["25", "9.94"]);
        assert_eq!(scored("a", "y").probability.to_string(), "61.48");
        assert_eq!(scored("b", "y").probability.to_string(), "15.06");
    }

    #[test]
    fn what_was_never_seen_is_neutral() {
        let told = scored("new", "other");
        assert_eq!((told.probability, told.reasons.len()), (50.into(), 0));
    }

    #[test]
    fn no_score_is_0_or_100_and_points_still_add_up() {
        let sure: Vec<_> = Feature::PLAIN
            .iter()
            .map(|feature| field(feature.clone(), &[("a", 90_000, 10), ("b", 10, 90_000)]))
            .collect();
        for (value, bound) in [("a", HIGHEST), ("b", LOWEST)] {
            let told = score(&sure, Tally { won: 90_010, lost: 90_010 }, |_| Some(value.into()));
            assert_eq!(told.probability, bound);
            let sum: Decimal = told.reasons.iter().map(|reason| reason.points).sum();
            assert_eq!(told.base + sum, bound);
        }
        assert_eq!((percent(f64::INFINITY), percent(f64::NEG_INFINITY)), (HIGHEST, LOWEST));
    }
}
