//! Who may get what a rule matches.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    kernel::{Id, text_enum},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    territory::Territory,
};

use super::Alike;

/// A target and how one of its people is chosen. A rule has one or several, tried in order: those after the first are its
/// fallbacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The people.
    pub target: Target,
    /// How one of them is chosen.
    #[serde(default)]
    pub strategy: Strategy,
    /// What the one must be able to do, by whatever strategy.
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
    /// In what decided deals are like the record whose wins [`Strategy::BestRecord`] compares; where it says nothing,
    /// in pipeline and size. What a record does not have (a lead a pipeline, a customer an amount) is not asked.
    #[serde(default = "Alike::usual")]
    pub such: BTreeSet<Alike>,
}

/// Whom a rule names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Target {
    /// One person.
    Person(Id<StaffMember>),
    /// Those of an org unit.
    Team {
        /// The unit.
        unit: Id<OrgUnit>,
        /// Those of the units below it too.
        #[serde(default)]
        below: bool,
    },
    /// Those who work in a territory that day; nobody does in one that does not count that day.
    TerritoryMembers {
        /// Only those with this role there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
        /// In this one, wherever the record lies; none is the record's own. Where a re-alignment ended it, it is the one that is
        /// called the same and counts that day, if that is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        territory: Option<Id<Territory>>,
    },
    /// A list of people under a name.
    Queue {
        /// What it is called.
        name: String,
        /// Who is in it.
        people: Vec<Id<StaffMember>>,
    },
    /// The account manager of the record's customer.
    AccountManager,
    /// Nobody new: the record stays with whom it is. Of one that nobody has it names nobody, and what comes next is tried.
    Keep,
}

text_enum! {
    /// How one of several is chosen. Ties go to who has waited longest, by the choice's
    /// [`Cursor`](super::Cursor): never by id, nor by who came first.
    #[derive(Default)]
    pub enum Strategy {
        /// In turn, everybody as often.
        #[default]
        RoundRobin = "round_robin",
        /// In turn, in proportion to weights. Where all weights are 0, everybody as often.
        WeightedRoundRobin = "weighted_round_robin",
        /// Who would be the least full, (open + 1) / limit. Who has no limit counts as having the highest one among them.
        LeastLoaded = "least_loaded",
        /// The highest sum of levels over the skills that are needed.
        BestSkill = "best_skill",
        /// The highest rate of wins in such deals ([`Choice::such`]), smoothed towards the rate of all of them together:
        /// (won + 10 p) / (decided + 10), the m-estimate of B. Cestnik, *Estimating probabilities: a
        /// crucial task in machine learning* (ECAI 1990). Ten deals weigh as much as what is
        /// known of all, so that one lucky win is no record.
        BestRecord = "best_record",
        /// Who has the most of their quota left. All of them in one currency.
        HighestQuotaLeft = "highest_quota_left",
    }
}

/// What somebody must be able to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Needs {
    /// Skills, each at this level or above, from 1 to 5.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages, all of them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub languages: BTreeSet<String>,
    /// Regions, all of them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub regions: BTreeSet<String>,
}

impl Target {
    /// Whether there may be several whom it names for a record, who take turns.
    pub const fn takes_turns(&self) -> bool {
        !matches!(self, Self::Person(_) | Self::AccountManager | Self::Keep)
    }

    /// The territory that it names.
    pub(super) const fn territory(&self) -> Option<Id<Territory>> {
        match self {
            Self::TerritoryMembers { territory, .. } => *territory,
            _ => None,
        }
    }

    /// The territory whose people have turns of their own by it: that of the record, where it names these. Those of one that it
    /// names have the turns of the choice.
    pub(super) const fn part(&self, territory: Option<Uuid>) -> Option<Uuid> {
        match self {
            Self::TerritoryMembers { territory: None, .. } => territory,
            _ => None,
        }
    }
}

impl Choice {
    /// A target, by a strategy, without further needs.
    pub fn new(target: Target, strategy: Strategy) -> Self {
        Self { target, strategy, needs: Needs::default(), such: Alike::usual() }
    }

    /// What is wrong with it in itself: where, and what would be right.
    pub(super) fn flaw(&self) -> Option<(&'static str, String)> {
        if let Target::Queue { name, people } = &self.target {
            if people.is_empty() {
                return Some(("target", format!("the queue {name:?} is empty: name somebody")));
            }
            let mut seen = BTreeSet::new();
            if let Some(twice) = people.iter().find(|one| !seen.insert(**one)) {
                return Some(("target", format!("the queue {name:?} has {twice} twice")));
            }
        }
        if let Some((skill, level)) = self.needs.skills.iter().find(|(_, l)| !(1..=5).contains(*l))
        {
            return Some(("needs", format!("{skill} at level {level}: levels are from 1 to 5")));
        }
        if self.strategy == Strategy::BestSkill && self.needs.skills.is_empty() {
            return Some(("needs", "best_skill compares skills: name one or more".to_owned()));
        }
        None
    }
}

impl Needs {
    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        let Self { skills, languages, regions } = self;
        skills.is_empty() && languages.is_empty() && regions.is_empty()
    }
}
