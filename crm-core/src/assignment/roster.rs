//! Everybody who could get something, found by what rules name.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

use uuid::Uuid;

use crate::{
    kernel::{Entity, Id, Invalid, Money},
    org_unit::OrgUnit,
    staff_member::StaffMember,
};

use super::{Candidate, Deal, Subject, Target, Wins};

/// All candidates of a day, found by what rules name. Their order is the one in which people who never had
/// a turn get their first, from the one on with whom the cursor begins.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    candidates: Vec<Candidate>,
    by_staff: HashMap<Id<StaffMember>, usize>,
    in_unit: HashMap<Id<OrgUnit>, Vec<usize>>,
    in_or_below: HashMap<Id<OrgUnit>, Vec<usize>>,
    in_territory: HashMap<Uuid, Vec<usize>>,
    /// What other records are called that conditions name.
    names: HashMap<Uuid, String>,
}

/// Whom a target names.
pub(super) struct Pool<'a> {
    /// Their places in the roster.
    pub(super) members: Cow<'a, [usize]>,
    /// Who is named and not in the roster.
    pub(super) strangers: Vec<Id<StaffMember>>,
}

impl Roster {
    /// These people.
    ///
    /// # Errors
    /// [`Invalid`] when somebody is there twice.
    pub fn new(candidates: Vec<Candidate>) -> Result<Self, Invalid> {
        let mut roster = Self::default();
        for (at, one) in candidates.iter().enumerate() {
            match roster.by_staff.entry(one.staff) {
                Entry::Vacant(free) => free.insert(at),
                Entry::Occupied(_) => {
                    let reason =
                        format!("{} ({}) is there twice: name each once", one.name, one.staff);
                    return Err(Invalid::new("candidates", "staff", reason));
                }
            };
            if let Some(unit) = one.units.first() {
                roster.in_unit.entry(*unit).or_default().push(at);
            }
            for unit in &one.units {
                add_once(roster.in_or_below.entry(*unit).or_default(), at);
            }
            for (territory, _) in &one.territories {
                add_once(roster.in_territory.entry(*territory).or_default(), at);
            }
        }
        roster.candidates = candidates;
        Ok(roster)
    }

    /// The same people, with what other records are called by their ids: explanations name them so.
    #[must_use]
    pub fn with_names(mut self, names: HashMap<Uuid, String>) -> Self {
        self.names = names;
        self
    }

    /// What a colleague or another record is called.
    pub(super) fn called(&self, id: Uuid) -> Option<&str> {
        let staff = self.get(Id::new(id)).map(|one| one.name.as_str());
        staff.or_else(|| self.names.get(&id).map(String::as_str))
    }

    /// Everybody, in order.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Somebody by their id.
    pub fn get(&self, staff: Id<StaffMember>) -> Option<&Candidate> {
        self.candidates.get(self.place(staff)?)
    }

    /// Where somebody is among them.
    pub(super) fn place(&self, staff: Id<StaffMember>) -> Option<usize> {
        self.by_staff.get(&staff).copied()
    }

    /// Somebody was given a record that is worth so much of their quota: their figures go on from there.
    pub fn gave(&mut self, staff: Id<StaffMember>, worth: Option<Money>) {
        if let Some(at) = self.by_staff.get(&staff)
            && let Some(one) = self.candidates.get_mut(*at)
        {
            one.took(worth);
        }
    }

    /// Somebody was given so many records that are no open ones of this kind, and are worth so much of their quota.
    pub(super) fn was_given(&mut self, staff: Id<StaffMember>, records: u32, worth: Option<Money>) {
        if let Some(at) = self.by_staff.get(&staff)
            && let Some(one) = self.candidates.get_mut(*at)
        {
            one.was_given(records, worth);
        }
    }

    /// A record that somebody had, and that is worth so much of their quota, was given to somebody else.
    pub fn lost(&mut self, staff: Id<StaffMember>, worth: Option<Money>) {
        if let Some(at) = self.by_staff.get(&staff)
            && let Some(one) = self.candidates.get_mut(*at)
        {
            one.gave_up(worth);
        }
    }

    /// A record goes from one to another, if it is not theirs already.
    pub(super) fn moved(
        &mut self,
        from: Option<Id<StaffMember>>,
        to: Id<StaffMember>,
        worth: Option<Money>,
    ) {
        if from == Some(to) {
            return;
        }
        if let Some(from) = from {
            self.lost(from, worth);
        }
        self.gave(to, worth);
    }

    /// Sets how such deals of everybody ended: of who is not named none was decided.
    pub(super) fn know_wins(&mut self, such: Deal, wins: &HashMap<Id<StaffMember>, Wins>) {
        for one in &mut self.candidates {
            one.wins.insert(such, wins.get(&one.staff).copied().unwrap_or_default());
        }
    }

    /// Whom a target names for a record.
    pub(super) fn pool<'a, E: Entity>(
        &'a self,
        target: &Target,
        subject: &Subject<'_, E>,
    ) -> Pool<'a> {
        let known = |list: Option<&'a Vec<usize>>| Pool {
            members: Cow::Borrowed(list.map_or(&[][..], Vec::as_slice)),
            strangers: Vec::new(),
        };
        match target {
            Target::Person(id) => self.named([*id]),
            Target::Queue { people, .. } => self.named(people.iter().copied()),
            Target::AccountManager => self.named(subject.customer.and_then(|c| c.owner_id)),
            Target::Team { unit, below: true } => known(self.in_or_below.get(unit)),
            Target::Team { unit, below: false } => known(self.in_unit.get(unit)),
            Target::TerritoryMembers { role, territory } => {
                let territory = territory.map(Id::uuid).or(subject.territory);
                let all = territory.and_then(|id| self.in_territory.get(&id));
                let (Some(role), Some(all), Some(territory)) = (role, all, territory) else {
                    return known(all);
                };
                let has_role = |at: &usize| {
                    self.candidates.get(*at).is_some_and(|one| {
                        one.territories.iter().any(|(id, r)| *id == territory && r == role)
                    })
                };
                let members = all.iter().copied().filter(has_role).collect();
                Pool { members: Cow::Owned(members), strangers: Vec::new() }
            }
            Target::Keep => known(None),
        }
    }

    fn named(&self, people: impl IntoIterator<Item = Id<StaffMember>>) -> Pool<'_> {
        let mut strangers = Vec::new();
        let place = |id| {
            let place = self.by_staff.get(&id).copied();
            if place.is_none() {
                strangers.push(id);
            }
            place
        };
        let members = people.into_iter().filter_map(place).collect();
        Pool { members: Cow::Owned(members), strangers }
    }
}

fn add_once(list: &mut Vec<usize>, at: usize) {
    if list.last() != Some(&at) {
        list.push(at);
    }
}
