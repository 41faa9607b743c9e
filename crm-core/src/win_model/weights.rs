use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::kernel::Invalid;

use super::Feature;

/// How many opportunities were won, and how many lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Won.
    pub won: u64,
    /// Lost.
    pub lost: u64,
}

/// A tally for each value of a field.
pub(super) type Counts = BTreeMap<Option<String>, Tally>;

/// What a model knows of a field: counts, and how far they are to be believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldWeights {
    /// Which field.
    pub feature: Feature,
    /// With how many opportunities of the base rate the counts of each value are mixed (the `m` of the m-estimate), at
    /// least 2. Without it the values differ no more than by chance: the field has no say.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub smoothing: Option<Decimal>,
    /// How much of the outcome the field alone tells, from 0 to 1: the uncertainty coefficient (Theil 1970).
    #[serde(with = "rust_decimal::serde::str")]
    pub tells: Decimal,
    /// What was counted, in the order of the values.
    pub values: Vec<ValueCount>,
    /// How many values more there were: rare ones, or words too few share. They are as good as never seen.
    pub left_out: u64,
}

/// How often opportunities with a value were won and lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueCount {
    /// The value: text, or an id as text; none where the field was empty.
    pub value: Option<String>,
    /// Won.
    pub won: u64,
    /// Lost.
    pub lost: u64,
}

/// Of each field, values of at most so many characters together are kept, with what belongs to them.
const ROOM: usize = 100_000;
/// What a value takes beside its own characters.
const BESIDE: usize = 58;
/// Words are kept that so many closed opportunities share: fewer might tell of a person.
const SHARED: u64 = 5;
/// The least smoothing: as much as Laplace's rule of succession.
const LEAST: f64 = 2.0;
/// Beyond it a field has no say that could be told.
const MOST: f64 = 1e9;

impl Tally {
    /// Won and lost together.
    pub const fn closed(self) -> u64 {
        self.won.saturating_add(self.lost)
    }

    pub(super) const fn add(&mut self, other: Self) {
        self.won = self.won.saturating_add(other.won);
        self.lost = self.lost.saturating_add(other.lost);
    }

    /// The share that was won: 0 to 1.
    pub(super) fn rate(self) -> f64 {
        self.won as f64 / self.closed() as f64
    }
}

impl FieldWeights {
    /// From what was counted.
    pub(super) fn fit(feature: Feature, counts: Counts) -> Self {
        let (smoothing, tells) = (smoothing(&counts), tells(&counts));
        let mut kept: Vec<_> = counts.into_iter().collect();
        let all = kept.len();
        if feature.is_free_text() {
            kept.retain(|(value, tally)| value.is_none() || tally.closed() >= SHARED);
        }
        // Most often seen first, until the room is full.
        kept.sort_by(|(a, x), (b, y)| y.closed().cmp(&x.closed()).then(a.cmp(b)));
        let mut room = ROOM;
        kept.retain(|(value, _)| {
            // As it is written, with what is escaped in it.
            let written = serde_json::to_string(value).unwrap_or_default();
            let needs = BESIDE + written.chars().count();
            let left = room.checked_sub(needs);
            room = left.unwrap_or(0);
            left.is_some()
        });
        kept.sort_by(|(a, _), (b, _)| a.cmp(b));
        let left_out = (all - kept.len()) as u64;
        let count =
            |(value, Tally { won, lost }): (Option<String>, Tally)| ValueCount { value, won, lost };
        Self { feature, smoothing, tells, values: kept.into_iter().map(count).collect(), left_out }
    }

    /// What was counted of a value.
    pub fn tally(&self, value: Option<&str>) -> Option<Tally> {
        let at = self.values.binary_search_by(|one| one.value.as_deref().cmp(&value)).ok()?;
        self.values.get(at).map(|one| Tally { won: one.won, lost: one.lost })
    }

    /// By how much a value moves the log odds of winning away from those of the base rate.
    ///
    /// `logit((won + m·p) / (closed + m)) − logit(p)`, with the base rate `p`: the m-estimate (Cestnik 1990, "Estimating
    /// probabilities: a crucial task in machine learning") as a weight of evidence (Good 1950). 0 for a value never seen.
    pub fn log_odds(&self, value: Option<&str>, all: Tally) -> f64 {
        let (Some(tally), Some(m)) = (self.tally(value), self.smoothing) else { return 0.0 };
        let m = m.to_f64().unwrap_or(MOST);
        let base = all.rate();
        let won = tally.won as f64 + m * base;
        let lost = tally.lost as f64 + m * (1.0 - base);
        let moved = (won / lost).ln() - (base / (1.0 - base)).ln();
        if moved.is_finite() { moved } else { 0.0 }
    }
}

/// Beyond it a field tells what can only be known once it is decided.
const LEAK: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

impl FieldWeights {
    /// Refuses a field that tells more than half of the outcome by itself: it is written when the outcome is known.
    pub(super) fn refuse_leak(&self) -> Result<(), Invalid> {
        if self.tells <= LEAK {
            return Ok(());
        }
        let reason = format!(
            "{} alone tells {} % of the outcome: it seems to be written once that is known, as an amount that is 0 where \
             it was lost. Leave it out",
            self.feature,
            (self.tells * Decimal::ONE_HUNDRED).round_dp(0)
        );
        Err(Invalid::new("win_model", "fields", reason))
    }
}

/// How much chance alone would make values differ, against how much they do: the parameter of a beta-binomial
/// distribution by its moments (Kleinman 1973, "Proportions with extraneous variance", J. Am. Stat. Assoc. 68), each value
/// weighted by how often it was seen. `None` where they differ no more than by chance.
pub(super) fn smoothing(counts: &Counts) -> Option<Decimal> {
    let all = total(counts);
    let (n, base) = (all.closed() as f64, all.rate());
    let seen = || counts.values().filter(|tally| tally.closed() > 0);
    let degrees = seen().count() as f64 - 1.0;
    let spread: f64 = seen().map(|t| t.closed() as f64 * (t.rate() - base).powi(2)).sum();
    let squares: f64 = seen().map(|t| (t.closed() as f64).powi(2)).sum();
    let likeness = (spread / (base * (1.0 - base)) - degrees) / (n - squares / n - degrees);
    let m = (1.0 / likeness - 1.0).max(LEAST);
    let told = likeness > 0.0 && m < MOST;
    Decimal::try_from(m).ok().filter(|_| told).map(|m| m.round_dp(4).normalize())
}

/// How much of the outcome a field alone tells: the uncertainty coefficient (Theil 1970), mutual information over
/// entropy, less what chance adds to it (Miller 1955: values − 1 over twice the records). Only values seen five times or more
/// are looked at: of a value that is seen once, anything is told.
pub(super) fn tells(counts: &Counts) -> Decimal {
    let often: Counts = counts
        .iter()
        .filter(|(_, tally)| tally.closed() >= SHARED)
        .map(|(value, tally)| (value.clone(), *tally))
        .collect();
    let all = total(&often);
    let n = all.closed() as f64;
    let within: f64 = often.values().map(|t| t.closed() as f64 / n * entropy(*t)).sum();
    let chance = (often.len() as f64 - 1.0) / (2.0 * n);
    let told = (entropy(all) - within - chance) / entropy(all);
    let told = if told.is_finite() { told.clamp(0.0, 1.0) } else { 0.0 };
    Decimal::try_from(told).unwrap_or_default().round_dp(6).normalize()
}

pub(super) fn total(counts: &Counts) -> Tally {
    counts.values().fold(Tally::default(), |mut sum, tally| {
        sum.add(*tally);
        sum
    })
}

fn entropy(tally: Tally) -> f64 {
    let part = |some: u64| match some as f64 / tally.closed() as f64 {
        share if share > 0.0 => -share * share.ln(),
        _ => 0.0,
    };
    part(tally.won) + part(tally.lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, u64, u64)]) -> Counts {
        let one = |(value, won, lost): &(&str, u64, u64)| {
            (Some((*value).to_owned()), Tally { won: *won, lost: *lost })
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn the_smoothing_by_hand() {
        // p = 1/2, n = 20, two values of ten. Spread 10·0.3² + 10·0.3² = 1.8, over 1/4: 7.2; less one degree: 6.2.
        // 20 − 200/20 − 1 = 9. Likeness 6.2/9, m = 9/6.2 − 1 = 0.4516: as little as is allowed.
        assert_eq!(smoothing(&counts(&[("a", 8, 2), ("b", 2, 8)])), Some(2.into()));
        // Spread 10·0.2²·2 = 0.8, over 1/4: 3.2; 2.2/9; m = 9/2.2 − 1 = 3.0909.
        let some = smoothing(&counts(&[("a", 7, 3), ("b", 3, 7)]));
        assert_eq!(some, Some(Decimal::new(30_909, 4)));
    }

    #[test]
    fn what_differs_no_more_than_by_chance_has_no_say() {
        let same = counts(&[("a", 5, 5), ("b", 6, 4)]);
        assert_eq!(smoothing(&same), None);
        for one_sided in [&[][..], &[("a", 5, 5)], &[("a", 0, 5), ("b", 0, 3)], &[("a", 3, 0)]] {
            assert_eq!(smoothing(&counts(one_sided)), None, "{one_sided:?}");
        }
        let weights = FieldWeights::fit(Feature::Product, same);
        assert_eq!(weights.log_odds(Some("a"), Tally { won: 11, lost: 9 }).abs(), 0.0);
    }

    #[test]
    fn a_weight_by_hand() {
        let all = Tally { won: 10, lost: 10 };
        let weights = FieldWeights::fit(Feature::Product, counts(&[("a", 8, 2), ("b", 2, 8)]));
        // (8 + 2·½) / (2 + 2·½) = 3
        assert!((weights.log_odds(Some("a"), all) - 3f64.ln()).abs() < 1e-12);
        assert!((weights.log_odds(Some("b"), all) + 3f64.ln()).abs() < 1e-12);
        assert_eq!(weights.log_odds(Some("never seen"), all).abs(), 0.0);
        assert_eq!(weights.log_odds(None, all).abs(), 0.0);
    }

    #[test]
    fn what_tells_the_outcome_is_seen() {
        assert!(tells(&counts(&[("0", 0, 40), ("1000", 60, 0)])) > Decimal::new(9, 1));
        assert!(tells(&counts(&[("a", 30, 30), ("b", 20, 20)])) < Decimal::new(1, 2));
        // ln 2 − (−0.8 ln 0.8 − 0.2 ln 0.2) = 0.192745, less 1/40, over ln 2.
        assert_eq!(tells(&counts(&[("a", 8, 2), ("b", 2, 8)])), Decimal::new(242_005, 6));
        let unique: Vec<_> = (0..100).map(|n| (n.to_string(), n % 2)).collect();
        let unique: Vec<_> = unique.iter().map(|(id, won)| (id.as_str(), *won, 1 - won)).collect();
        assert_eq!(tells(&counts(&unique)), Decimal::ZERO);
    }

    #[test]
    fn words_that_few_share_and_rare_values_are_left_out() {
        let few = || counts(&[("fair", 5, 3), ("my neighbour Ann", 1, 0)]);
        let kept = FieldWeights::fit(Feature::Source, few());
        assert_eq!((kept.values.len(), kept.left_out), (1, 1));
        assert_eq!(FieldWeights::fit(Feature::Product, few()).values.len(), 2);
        let many: Vec<_> = (0..2_000).map(|n| format!("{n:040}")).collect();
        let many: Vec<_> = many.iter().map(|id| (id.as_str(), 1, 1)).chain([("z", 9, 9)]).collect();
        let kept = FieldWeights::fit(Feature::Customer, counts(&many));
        assert_eq!((kept.values.len(), kept.left_out), (1_000, 1_001));
        assert_eq!(kept.tally(Some("z")), Some(Tally { won: 9, lost: 9 }));
    }
}
