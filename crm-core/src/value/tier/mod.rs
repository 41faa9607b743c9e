//! Tiers: what a house calls its customers, and does not change at every swing of the figures.

mod policy;
#[cfg(test)]
mod tests;
mod words;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Invalid, text_enum};

use super::{Standing, ValueClass, units::Exact};

pub use policy::{Tier, TierPolicy, TierTest};
use words::asks;

/// What is known of a customer when its tier is decided. What is not known meets nothing that asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TierFigures {
    /// Its class.
    pub class: Option<ValueClass>,
    /// Its RFM segment.
    pub segment: Option<String>,
    /// Its standing.
    pub standing: Option<Standing>,
    /// Its scores of recency, frequency and monetary value.
    pub scores: Option<[u8; 3]>,
    /// What it brings.
    pub value: Option<Decimal>,
    /// What is to be expected of it.
    pub expected: Option<Decimal>,
    /// The currency of both; needed where the policy has amounts.
    pub currency: Option<Currency>,
}

/// The tier a customer is in, and for how many periods in a row it has not fitted: what the next decision needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierState {
    /// The tier.
    pub tier: String,
    /// So many periods in a row it has not met what the tier asks for.
    #[serde(default)]
    pub periods_below: u32,
    /// So many periods in a row it has met what a better tier asks for.
    #[serde(default)]
    pub periods_above: u32,
    /// The best tier that it was good enough for in each of these periods; the best of the last one where this is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rises_to: Option<String>,
}
crate::settings::as_json!(TierState);

text_enum! {
    /// What became of a customer's tier.
    pub enum TierChange {
        /// It has one for the first time.
        New = "new",
        /// It has a better one.
        Rose = "rose",
        /// It has a worse one.
        Dropped = "dropped",
        /// It has the same, and meets what that asks for.
        Stayed = "stayed",
        /// It has the same, though it does not meet what that asks for.
        Held = "held",
        /// It has the same, and has met what a better one asks for, not yet often enough.
        Rising = "rising",
    }
}

/// A customer's tier, decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TierDecision {
    /// The tier before; none at first.
    pub before: Option<String>,
    /// The tier from now on.
    pub after: String,
    /// What became of it.
    pub change: TierChange,
    /// What the next decision needs.
    pub state: TierState,
    /// Why, in words.
    pub reason: String,
}

impl TierPolicy {
    /// Decides a customer's tier for a period. Who meets what a better tier asks for rises, at once unless the policy
    /// says otherwise: then to the best tier that it was good enough for in each of so many periods in a row. Who does not meet what its tier asks for drops at once when an amount is below the margin in each of the
    /// tier's tests; else it is held, and drops after so many such periods in a row. What is not an amount (a class, a
    /// segment, scores), and an amount that is not known, has no margin: only periods count. Who drops goes to the best tier
    /// whose test it passes.
    ///
    /// ```
    /// use crm_core::{kernel::Currency, value::{TierChange, TierFigures, TierPolicy}};
    /// let policy: TierPolicy = serde_json::from_str(r#"{"currency": "EUR", "tiers": [
    ///     {"name": "gold", "any": [{"value_at_least": "1000"}]},
    ///     {"name": "standard"}
    /// ]}"#)?;
    /// let worth = |value: i64| TierFigures {
    ///     value: Some(value.into()), currency: Some(Currency::EUR), ..TierFigures::default()
    /// };
    /// let gold = policy.decide(None, &worth(1_000))?;
    /// let held = policy.decide(Some(&gold.state), &worth(950))?;
    /// assert_eq!((held.after.as_str(), held.change), ("gold", TierChange::Held));
    /// let dropped = policy.decide(Some(&held.state), &worth(899))?;
    /// assert_eq!((dropped.after.as_str(), dropped.change), ("standard", TierChange::Dropped));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`] names the field of the policy, or says that its currency is not that of the figures.
    pub fn decide(
        &self,
        previous: Option<&TierState>,
        figures: &TierFigures,
    ) -> Result<TierDecision, Invalid> {
        self.check()?;
        self.one_currency(figures)?;
        // The last takes everybody.
        let best = self.tiers.iter().position(|tier| {
            tier.any.is_empty() || tier.any.iter().any(|test| test.passes(figures))
        });
        let best = best.unwrap_or_default();
        let held = previous.and_then(|state| {
            let at = self.tiers.iter().position(|tier| tier.name == state.tier)?;
            Some((at, state))
        });
        let name = |at: usize| self.tiers.get(at).map(|tier| tier.name.clone()).unwrap_or_default();
        let asked =
            |at: usize| self.tiers.get(at).map(|tier| asks(tier, figures)).unwrap_or_default();
        let settled = |at, change, reason| (at, change, 0, 0, reason);
        let mut rises_to = None;
        let (at, change, periods_below, periods_above, reason) = match held {
            None => {
                let gone =
                    previous.map(|state| format!("There is no tier {} any more. ", state.tier));
                let gone = gone.unwrap_or_default();
                settled(
                    best,
                    TierChange::New,
                    format!("{gone}It begins in {}, which {}.", name(best), asked(best)),
                )
            }
            Some((at, _)) if at == best => settled(
                at,
                TierChange::Stayed,
                format!("It stays in {}, which {}.", name(at), asked(at)),
            ),
            Some((at, state)) if best < at => {
                let (above, needed) = (state.periods_above.saturating_add(1), self.rise_after);
                let named = |to: &String| self.tiers.iter().position(|tier| tier.name == *to);
                let so_far = state.rises_to.as_ref().filter(|_| state.periods_above > 0);
                // In an earlier period it was good enough for less.
                let to =
                    so_far.and_then(named).filter(|to| *to < at).map_or(best, |to| to.max(best));
                let (now, better, wants) = (name(at), name(to), asked(to));
                if above >= needed {
                    settled(
                        to,
                        TierChange::Rose,
                        format!("It rises from {now} to {better}, which {wants}."),
                    )
                } else {
                    let reason = format!(
                        "It stays in {now}: for {above} of the {needed} periods in a row after which it rises to {better}, which {wants}."
                    );
                    rises_to = Some(better);
                    (at, TierChange::Rising, 0, above, reason)
                }
            }
            Some((at, state)) => {
                let below = state.periods_below.saturating_add(1);
                let (now, worse, wants) = (name(at), name(best), asked(at));
                let Exact(margin) = self.margin_percent;
                let near = self
                    .tiers
                    .get(at)
                    .is_some_and(|tier| tier.any.iter().any(|test| test.is_near(figures, margin)));
                let drops = |why: String| {
                    let reason = format!("It drops from {now} to {worse}: {now} {wants}, {why}.");
                    settled(best, TierChange::Dropped, reason)
                };
                match self.drop_after {
                    _ if !near => {
                        drops(format!("and that is missed by more than the margin of {margin} %"))
                    }
                    Some(1) => drops("and that is not met".to_owned()),
                    Some(most) if below >= most => {
                        drops(format!("and that was not met for {below} periods in a row"))
                    }
                    most => {
                        let until = match most {
                            Some(most) => format!(
                                "; this is period {below} of {most} in a row after which it drops"
                            ),
                            None => String::new(),
                        };
                        let reason = format!(
                            "It is held in {now}, which {wants}: that is not met, but not missed by more than the margin of {margin} %{until}."
                        );
                        (at, TierChange::Held, below, 0, reason)
                    }
                }
            }
        };
        let after = name(at);
        let state = TierState { tier: after.clone(), periods_below, periods_above, rises_to };
        let before = previous.map(|state| state.tier.clone());
        Ok(TierDecision { before, after, change, state, reason })
    }

    fn one_currency(&self, figures: &TierFigures) -> Result<(), Invalid> {
        match (self.currency, figures.currency) {
            (Some(asked), Some(given)) if asked != given => {
                let reason = format!(
                    "the figures are in {given} and the policy in {asked}: convert them by a dated rate first"
                );
                Err(Invalid::new("tier_figures", "currency", reason))
            }
            (Some(asked), None) if figures.value.or(figures.expected).is_some() => {
                let reason = format!("the policy is in {asked}: name the currency of the figures");
                Err(Invalid::new("tier_figures", "currency", reason))
            }
            _ => Ok(()),
        }
    }
}

impl TierTest {
    /// Whether all that it asks for is met.
    fn passes(&self, figures: &TierFigures) -> bool {
        let reaches = |asked: Option<Exact>, given: Option<Decimal>| {
            asked.is_none_or(|Exact(asked)| given.is_some_and(|given| given >= asked))
        };
        is_one_of(&self.classes, figures.class.as_ref())
            && is_one_of(&self.segments, figures.segment.as_ref())
            && is_one_of(&self.standings, figures.standing.as_ref())
            && self.scores_at_least.is_none_or(|asked| {
                figures.scores.is_some_and(|given| {
                    given.iter().zip(asked).all(|(given, asked)| *given >= asked)
                })
            })
            && reaches(self.value_at_least, figures.value)
            && reaches(self.expected_at_least, figures.expected)
    }

    /// Whether no amount is below the margin.
    fn is_near(&self, figures: &TierFigures, margin: Decimal) -> bool {
        let near = |asked: Option<Exact>, given: Option<Decimal>| match (asked, given) {
            (Some(Exact(asked)), Some(given)) => {
                given >= asked - asked.abs() * margin / Decimal::ONE_HUNDRED
            }
            _ => true,
        };
        near(self.value_at_least, figures.value) && near(self.expected_at_least, figures.expected)
    }
}

fn is_one_of<T: PartialEq>(asked: &[T], given: Option<&T>) -> bool {
    asked.is_empty() || given.is_some_and(|given| asked.contains(given))
}
