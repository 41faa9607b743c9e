//! The decision.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{Entity, Id, Money},
    staff_member::StaffMember,
};

use super::{
    Because, Choice, Cursor, Deal, Decision, Outcome, Roster, RuleIndex, Target, Then, Trace,
    Tried, TriedChoice,
    standing::{Standing, Standings, Stands},
};

/// A record that somebody is to get.
#[derive(Debug)]
pub struct Subject<'a, E> {
    /// The record.
    pub record: &'a E,
    /// Its customer; of a customer itself: the customer.
    pub customer: Option<&'a Customer>,
    /// Who has it now.
    pub owner: Option<Id<StaffMember>>,
    /// The territory it lies in.
    pub territory: Option<Uuid>,
    /// What it takes of the quota of who gets it.
    pub worth: Option<Money>,
    /// What it is as a deal.
    pub deal: Deal,
}

/// Every [`Cursor`] of a set of rules: by the rule's name, the place of the choice in it and, where it names who works in
/// the record's territory, that territory. People of two territories do not take turns with each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursors(BTreeMap<String, BTreeMap<Place, Cursor>>);

/// Where in a rule a cursor is: "0", or "0 in" a territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct Place {
    choice: usize,
    territory: Option<Uuid>,
}

/// A cursor as it is after a decision: [`Cursors::set`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorChange {
    /// The name of the rule.
    pub rule: String,
    /// The place of the choice in it.
    pub choice: usize,
    /// Among the people of which territory, where the choice names these.
    pub territory: Option<Uuid>,
    /// The cursor from now on.
    pub cursor: Cursor,
}

/// Decides who gets a record on a day, and which cursor that moves. It changes nothing itself, so
/// that a dry run is this without what follows: [`Cursors::set`], [`Roster::gave`] and [`Roster::lost`].
///
/// Rules are tried in their order. The first that matches and finds somebody decides; one that
/// matches and finds nobody goes on to the next where it says so ([`Then`]). A choice that names one person, or the
/// customer's account manager, has no turns and moves no cursor.
pub fn assign<E: Entity>(
    rules: &RuleIndex<E>,
    roster: &Roster,
    cursors: &Cursors,
    subject: &Subject<'_, E>,
    day: NaiveDate,
) -> (Decision, Option<CursorChange>) {
    let mut one = One { cursors, change: None };
    let decision = decide(rules, roster, &mut Standings::default(), &mut one, subject, day);
    (decision, one.change)
}

/// Where the cursor comes from that a decision moves, or else the new one; asked for once at the most.
pub(super) trait Turns {
    fn cursor(
        &mut self,
        rule: &str,
        choice: usize,
        territory: Option<Uuid>,
        new: Cursor,
    ) -> &mut Cursor;
}

pub(super) fn decide<E: Entity>(
    rules: &RuleIndex<E>,
    roster: &Roster,
    standings: &mut Standings,
    turns: &mut impl Turns,
    subject: &Subject<'_, E>,
    day: NaiveDate,
) -> Decision {
    let mut tried = Vec::new();
    let mut outcome = Outcome::Unassigned { because: Because::NoRuleMatches };
    let mut reached = rules.rules().len();
    for (place, rule) in rules.matching(subject, day) {
        outcome = Outcome::Unassigned { because: Because::NobodyCan { rule: place } };
        let mut choices = Vec::with_capacity(1);
        for (number, choice) in rule.choices.iter().enumerate() {
            if choice.target == Target::Keep {
                choices.push(TriedChoice::default());
                if subject.owner.is_none() {
                    continue;
                }
                outcome = Outcome::Kept { rule: place };
                break;
            }
            let of = (place, number, choice);
            let one = try_choice(rules, roster, standings, turns, of, subject);
            let chosen = one.chosen.and_then(|turn| one.members.get(turn.seat));
            let to = chosen.and_then(|seen| roster.candidates().get(seen.candidate));
            choices.push(one);
            if let Some(to) = to {
                outcome = Outcome::Assigned { to: to.staff, rule: place, choice: number };
                break;
            }
        }
        tried.push(Tried { rule: place, choices });
        if !matches!(outcome, Outcome::Unassigned { .. }) || rule.then == Then::Stop {
            reached = place + 1;
            break;
        }
    }
    let (unmatched, unreached) = (reached - tried.len(), rules.rules().len() - reached);
    Decision { outcome, trace: Trace { day, tried, unmatched, unreached } }
}

fn try_choice<E: Entity>(
    rules: &RuleIndex<E>,
    roster: &Roster,
    standings: &mut Standings,
    turns: &mut impl Turns,
    of: (usize, usize, &Choice),
    subject: &Subject<'_, E>,
) -> TriedChoice {
    let (place, number, choice) = of;
    if !choice.target.takes_turns() {
        let standing = Standing::new(choice, roster, subject);
        return standing.tried(standing.first());
    }
    let (Some(rule), Some(Stands { standing, seated })) =
        (rules.rules().get(place), standings.of(rules, roster, of, subject))
    else {
        return TriedChoice::default();
    };
    if !standing.somebody() {
        return standing.tried(None);
    }
    let (part, new) = (choice.target.part(subject.territory), rules.new_cursor(place, number));
    let cursor = turns.cursor(&rule.name, number, part, new);
    if !std::mem::replace(seated, true) {
        let all = roster.candidates();
        cursor.seat(standing.places().filter_map(|at| Some(all.get(at)?.staff)));
    }
    standing.tried(standing.turn(cursor))
}

/// A copy of the one cursor that is asked for.
struct One<'a> {
    cursors: &'a Cursors,
    change: Option<CursorChange>,
}

impl Turns for One<'_> {
    fn cursor(
        &mut self,
        rule: &str,
        choice: usize,
        territory: Option<Uuid>,
        new: Cursor,
    ) -> &mut Cursor {
        let cursor = self.cursors.get(rule, choice, territory).cloned().unwrap_or(new);
        let rule = rule.to_owned();
        &mut self.change.insert(CursorChange { rule, choice, territory, cursor }).cursor
    }
}

impl Turns for Cursors {
    fn cursor(
        &mut self,
        rule: &str,
        choice: usize,
        territory: Option<Uuid>,
        new: Cursor,
    ) -> &mut Cursor {
        let of_rule = self.0.entry(rule.to_owned()).or_default();
        of_rule.entry(Place { choice, territory }).or_insert(new)
    }
}

impl Cursors {
    /// The cursor of a choice, of a territory where it is about these, if it ever had a turn.
    pub fn get(&self, rule: &str, choice: usize, territory: Option<Uuid>) -> Option<&Cursor> {
        self.0.get(rule)?.get(&Place { choice, territory })
    }

    /// What a decision changed.
    pub fn set(&mut self, change: CursorChange) {
        let place = Place { choice: change.choice, territory: change.territory };
        self.0.entry(change.rule).or_default().insert(place, change.cursor);
    }
}

impl Extend<CursorChange> for Cursors {
    /// [`Cursors::set`] of each.
    fn extend<T: IntoIterator<Item = CursorChange>>(&mut self, changes: T) {
        changes.into_iter().for_each(|change| self.set(change));
    }
}

impl From<Place> for String {
    fn from(Place { choice, territory }: Place) -> Self {
        territory.map_or_else(|| choice.to_string(), |id| format!("{choice} in {id}"))
    }
}

impl TryFrom<String> for Place {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let (choice, territory) = match text.split_once(" in ") {
            Some((choice, id)) => (choice, Some(id.parse().map_err(|e| format!("{id}: {e}"))?)),
            None => (text.as_str(), None),
        };
        let choice = choice.parse().map_err(|e| format!("{choice}: {e}"))?;
        Ok(Self { choice, territory })
    }
}

impl<E> Clone for Subject<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Subject<'_, E> {}

impl<'a, E> Subject<'a, E> {
    /// A record of which nothing else is known.
    pub const fn new(record: &'a E) -> Self {
        let deal = Deal { pipeline: None, size: None, product: None };
        Self { record, customer: None, owner: None, territory: None, worth: None, deal }
    }

    /// The same, of this customer.
    #[must_use]
    pub const fn of(mut self, customer: &'a Customer) -> Self {
        self.customer = Some(customer);
        self
    }
}
