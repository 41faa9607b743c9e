//! Who could get a record, as plain figures.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    kernel::{Id, Money},
    org_unit::OrgUnit,
    staff_member::StaffMember,
};

use super::Deal;

/// Somebody who could get a record, with all figures of the day that strategies ask for. What is not known is `None`:
/// a stated state, never nought.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Who it is.
    pub staff: Id<StaffMember>,
    /// Their name, as it is shown.
    pub name: String,
    /// Whether they are there.
    pub availability: Availability,
    /// Their unit, and those above it up to the top.
    pub units: Vec<Id<OrgUnit>>,
    /// The territories that they work in, with their role in each.
    pub territories: Vec<(Uuid, String)>,
    /// Their part of turns by weight, at most [`MAX_WEIGHT`]; 0 gets nothing by weight.
    pub weight: u32,
    /// How many records of the kind they have that are open.
    pub open: Load,
    /// How many they were given today.
    pub today: Load,
    /// How many they were given this week.
    pub week: Load,
    /// What they can do, from 1 to 5.
    pub skills: BTreeMap<String, u8>,
    /// The languages they speak.
    pub languages: BTreeSet<String>,
    /// The regions they know.
    pub regions: BTreeSet<String>,
    /// How deals of theirs ended, by what such deals are; of others nothing is known.
    pub wins: BTreeMap<Deal, Wins>,
    /// What they still have to bring in: their quota without what they have won, and without what they have open.
    pub quota_left: Option<Money>,
}

/// The largest weight; a larger one counts as this.
pub const MAX_WEIGHT: u32 = 1_000_000;

/// Whether somebody is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Availability {
    /// They are.
    Available,
    /// They are away.
    Away {
        /// Why: leave, sick, training.
        why: String,
        /// The day they are back, if it is known.
        until: Option<NaiveDate>,
        /// Who stands in for them, by name.
        deputy: Option<String>,
    },
    /// They do not work here any more.
    Left,
    /// They hand over what they have: nothing of it comes to them.
    HandsOver,
}

/// How many somebody has, and how many they may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How many there are, if it is known.
    pub has: Option<u32>,
    /// How many there may be; without it there is no limit.
    pub most: Option<u32>,
}

/// How deals ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wins {
    /// Those that were won.
    pub won: u32,
    /// Those that were decided, won ones too.
    pub decided: u32,
}

impl Candidate {
    /// Somebody who is there, of whom nothing else is known.
    pub fn new(staff: Id<StaffMember>, name: impl Into<String>) -> Self {
        Self {
            staff,
            name: name.into(),
            availability: Availability::Available,
            units: Vec::new(),
            territories: Vec::new(),
            weight: 1,
            open: Load::default(),
            today: Load::default(),
            week: Load::default(),
            skills: BTreeMap::new(),
            languages: BTreeSet::new(),
            regions: BTreeSet::new(),
            wins: BTreeMap::new(),
            quota_left: None,
        }
    }

    /// They were given a record that is worth so much of their quota.
    pub(super) fn took(&mut self, worth: Option<Money>) {
        self.open.has = self.open.has.map(|has| has.saturating_add(1));
        self.was_given(1, worth);
    }

    /// They were given so many records, of whatever kind, that are worth so much of their quota.
    pub(super) fn was_given(&mut self, records: u32, worth: Option<Money>) {
        for load in [&mut self.today, &mut self.week] {
            load.has = load.has.map(|has| has.saturating_add(records));
        }
        // What is in another currency, or beyond what money can be, leaves the quota as it is.
        if let (Some(left), Some(worth)) = (self.quota_left, worth) {
            self.quota_left = Some(left.minus(worth).unwrap_or(left));
        }
    }
}

impl Candidate {
    /// They have a record no more that was worth so much of their quota. It stays one that they were given.
    pub(super) fn gave_up(&mut self, worth: Option<Money>) {
        self.open.has = self.open.has.map(|has| has.saturating_sub(1));
        if let (Some(left), Some(worth)) = (self.quota_left, worth) {
            self.quota_left = Some(left.plus(worth).unwrap_or(left));
        }
    }
}

impl Load {
    /// So many, of so many at the most.
    pub const fn of(has: u32, most: u32) -> Self {
        Self { has: Some(has), most: Some(most) }
    }
}
