//! What each strategy compares.

use crate::kernel::{Money, Value};

use super::{
    Candidate, Choice, Deal, Excluded, Figure, Missing, Strategy, Wins, candidate::MAX_WEIGHT,
    required::number,
};

/// How many deals weigh as much as the rate of all together.
const PRIOR_DEALS: u64 = 10;

/// What a strategy wants to know of all together.
#[derive(Default)]
pub(super) struct OfAll {
    /// Whether all weights are 0.
    pub(super) weights_all_zero: bool,
    highest_limit: Option<u32>,
    such: Deal,
    wins: (u64, u64),
    mixed: bool,
}

impl OfAll {
    pub(super) fn new<'c>(
        strategy: Strategy,
        such: Deal,
        all: impl Iterator<Item = &'c Candidate> + Clone,
    ) -> Self {
        let mut of_all = Self { such, ..Self::default() };
        match strategy {
            Strategy::WeightedRoundRobin => {
                of_all.weights_all_zero = all.clone().all(|one| one.weight == 0);
            }
            Strategy::LeastLoaded => {
                of_all.highest_limit = all.filter_map(|one| one.open.most).max();
            }
            Strategy::BestRecord => {
                let wins = all.filter_map(|one| one.wins.get(&such));
                of_all.wins = wins.fold((0, 0), |(won, decided), one| {
                    (won + u64::from(one.won), decided + u64::from(one.decided))
                });
            }
            Strategy::HighestQuotaLeft => {
                let mut currencies = all.filter_map(|one| one.quota_left.map(Money::currency));
                let first = currencies.next();
                of_all.mixed = currencies.any(|other| Some(other) != first);
            }
            Strategy::RoundRobin | Strategy::BestSkill => {}
        }
        of_all
    }

    /// Somebody's figure, and their rank by it: the least is the best.
    pub(super) fn figure(
        &self,
        choice: &Choice,
        one: &Candidate,
        has_it: bool,
    ) -> Result<(Figure, i128), Excluded> {
        match choice.strategy {
            Strategy::RoundRobin => Ok((Figure::Weight(1), 0)),
            Strategy::WeightedRoundRobin if self.weights_all_zero => Ok((Figure::Weight(1), 0)),
            Strategy::WeightedRoundRobin if one.weight == 0 => Err(Excluded::NoWeight),
            Strategy::WeightedRoundRobin => Ok((Figure::Weight(one.weight.min(MAX_WEIGHT)), 0)),
            Strategy::LeastLoaded => {
                let has = one.open.has.ok_or(Excluded::Unknown(Missing::Open))?;
                let after = i128::from(has) + i128::from(!has_it);
                let limit = one.open.most.or(self.highest_limit).unwrap_or(1).max(1);
                Ok((Figure::Load(one.open), (after << 32) / i128::from(limit)))
            }
            Strategy::BestSkill => {
                let level = |skill| u32::from(one.skills.get(skill).copied().unwrap_or(0));
                let sum = choice.needs.skills.keys().map(level).sum();
                Ok((Figure::Levels(sum), -i128::from(sum)))
            }
            Strategy::BestRecord => {
                let wins = one.wins.get(&self.such).ok_or(Excluded::Unknown(Missing::Wins))?;
                let wins = *wins;
                let rate = self.smoothed(wins);
                Ok((Figure::Record(wins, rate), -i128::from(rate)))
            }
            Strategy::HighestQuotaLeft => {
                let left = one.quota_left.ok_or(Excluded::Unknown(Missing::Quota))?;
                if self.mixed {
                    return Err(Excluded::Currencies);
                }
                Ok((Figure::Quota(left), -number(&Value::Money(left)).unwrap_or_default()))
            }
        }
    }

    /// (won + m p) / (decided + m), in millionths, with p the rate of all; a half where nothing was decided.
    fn smoothed(&self, wins: Wins) -> u32 {
        let (won, decided) = match self.wins {
            (_, 0) => (1, 2),
            rate => rate,
        };
        let prior = u128::from(PRIOR_DEALS);
        let (won, decided) = (u128::from(won.min(decided)), u128::from(decided));
        let above = u128::from(wins.won.min(wins.decided)) * decided + prior * won;
        let below = (u128::from(wins.decided) + prior) * decided;
        u32::try_from(above * 1_000_000 / below).unwrap_or(u32::MAX)
    }
}
