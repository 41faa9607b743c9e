//! A decision, and how it came about: figures only, put into words when somebody asks.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::{
    kernel::{Id, Money},
    staff_member::StaffMember,
};

use super::{Load, Turn, Wins};

/// Who gets a record, and how that came about. Rules and choices are named by their place in the
/// [`RuleIndex`](super::RuleIndex), people within the trace by their place in the [`Roster`](super::Roster).
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Who gets it.
    pub outcome: Outcome,
    /// What was tried.
    pub trace: Trace,
}

/// Who gets a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// This person does.
    Assigned {
        /// Who.
        to: Id<StaffMember>,
        /// The rule that decided.
        rule: usize,
        /// Which of its choices: target and strategy. All but the first are fallbacks.
        choice: usize,
    },
    /// It stays with whom it is, by this rule: somebody has it.
    Kept {
        /// The rule that decided.
        rule: usize,
    },
    /// Nobody does.
    Unassigned {
        /// Why.
        because: Because,
    },
}

/// Why nobody gets a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Because {
    /// No rule matches it that day.
    NoRuleMatches,
    /// Rules match and none of their people can take it; the last of them, after which nothing else was tried.
    NobodyCan {
        /// The last rule that matched.
        rule: usize,
    },
}

/// What was tried for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The day it was decided for.
    pub day: NaiveDate,
    /// The rules that matched, up to the one that decided, in their order.
    pub tried: Vec<Tried>,
    /// How many rules were tried beside these: they do not match.
    pub unmatched: usize,
    /// How many rules come after the one that decided: whether they match was not asked.
    pub unreached: usize,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The rule.
    pub rule: usize,
    /// Its choices, up to the one that found somebody.
    pub choices: Vec<TriedChoice>,
}

/// A choice of a rule that was tried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TriedChoice {
    /// Everybody it names who is in the roster. A [`Batch`](super::Batch) copies them only where the next decision changes
    /// something and this one is still kept.
    pub members: Arc<Vec<Seen>>,
    /// Whom it names and who is not in the roster.
    pub strangers: Vec<Id<StaffMember>>,
    /// Whether all weights are 0, so that everybody counts the same.
    pub weights_all_zero: bool,
    /// Whose turn it is: the place in `members`, and how many were equal but for how long they waited.
    pub chosen: Option<Turn>,
}

/// Somebody who was looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Who, by their place in the roster.
    pub candidate: usize,
    /// Their figure by the strategy, or why they cannot take it.
    pub verdict: Result<Figure, Excluded>,
}

/// What a strategy compares.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Figure {
    /// Their weight in turns.
    Weight(u32),
    /// How much they have.
    Load(Load),
    /// The sum of their levels.
    Levels(u32),
    /// How such deals of theirs ended, and the smoothed rate, in millionths.
    Record(Wins, u32),
    /// What is left of their quota.
    Quota(Money),
}

/// Why somebody cannot take a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Excluded {
    /// They do not work here any more.
    Left,
    /// They hand over what they have.
    HandsOver,
    /// They are away; the roster says until when.
    Away,
    /// They lack a skill: which of the needed ones, and their level, if they have it.
    Skill(usize, Option<u8>),
    /// They lack a language: which of the needed ones.
    Language(usize),
    /// They lack a region: which of the needed ones.
    Region(usize),
    /// They may have none at all.
    NoCapacity(Limit),
    /// They have as many as they may have.
    Full(Limit, Load),
    /// They have a limit, and it is not known how many they have.
    LoadUnknown(Limit),
    /// Their weight is 0, and others' are not.
    NoWeight,
    /// The strategy compares a figure of which nothing is known of them.
    Unknown(Missing),
    /// There are quotas in several currencies, which cannot be compared.
    Currencies,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Open records.
    Open,
    /// New ones in a day.
    Day,
    /// New ones in a week.
    Week,
}

/// A figure that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// How many open records they have.
    Open,
    /// How such deals of theirs ended.
    Wins,
    /// What is left of their quota.
    Quota,
}

impl Trace {
    /// The places of the rules that were tried and do not match, in their order.
    pub fn unmatched(&self) -> impl Iterator<Item = usize> {
        let reached = self.tried.len() + self.unmatched;
        (0..reached).filter(|place| !self.tried.iter().any(|tried| tried.rule == *place))
    }
}

impl Decision {
    /// Who gets it, if somebody does.
    pub const fn to(&self) -> Option<Id<StaffMember>> {
        match self.outcome {
            Outcome::Assigned { to, .. } => Some(to),
            _ => None,
        }
    }
}
