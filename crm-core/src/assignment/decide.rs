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
    Because, Cursor, Decision, Outcome, Roster, Rule, RuleIndex, Strategy, Target, Then, Trace,
    Tried, TriedChoice,
    strategy::{Compared, compare},
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
}

/// Every [`Cursor`] of a set of rules: by the rule's name and the place of the choice in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursors(BTreeMap<String, BTreeMap<usize, Cursor>>);

/// A cursor as it is after a decision: [`Cursors::set`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorChange {
    /// The name of the rule.
    pub rule: String,
    /// The place of the choice in it.
    pub choice: usize,
    /// The cursor from now on.
    pub cursor: Cursor,
}

/// Decides who gets a record on a day, and which cursor that moves. It changes nothing itself, so
/// that a dry run is this without what follows: [`Cursors::set`], [`Roster::gave`] and [`Roster::lost`].
///
/// Rules are tried in their order. The first that matches and finds somebody decides; one that
/// matches and finds nobody goes on to the next where it says so ([`Then`]).
pub fn assign<E: Entity>(
    rules: &RuleIndex<E>,
    roster: &Roster,
    cursors: &Cursors,
    subject: &Subject<'_, E>,
    day: NaiveDate,
) -> (Decision, Option<CursorChange>) {
    let mut one = One { cursors, change: None };
    let decision = decide(rules, roster, &mut one, subject, day);
    (decision, one.change)
}

/// Where the cursor comes from that a decision moves; asked for once at the most.
pub(super) trait Turns {
    fn cursor(&mut self, rule: &str, choice: usize) -> &mut Cursor;
}

pub(super) fn decide<E: Entity>(
    rules: &RuleIndex<E>,
    roster: &Roster,
    turns: &mut impl Turns,
    subject: &Subject<'_, E>,
    day: NaiveDate,
) -> Decision {
    let mut tried = Vec::new();
    let mut outcome = Outcome::Unassigned { because: Because::NoRuleMatches };
    for (place, rule) in rules.matching(subject, day) {
        let (choices, found) = try_rule(rule, place, roster, turns, subject);
        tried.push(Tried { rule: place, choices });
        outcome =
            found.unwrap_or(Outcome::Unassigned { because: Because::NobodyCan { rule: place } });
        if found.is_some() || rule.then == Then::Stop {
            break;
        }
    }
    let others = rules.rules().len() - tried.len();
    Decision { outcome, trace: Trace { day, tried, others } }
}

fn try_rule<E: Entity>(
    rule: &Rule<E>,
    place: usize,
    roster: &Roster,
    turns: &mut impl Turns,
    subject: &Subject<'_, E>,
) -> (Vec<TriedChoice>, Option<Outcome>) {
    let mut tried = Vec::with_capacity(1);
    for (number, choice) in rule.choices.iter().enumerate() {
        if choice.target == Target::Keep {
            tried.push(TriedChoice::default());
            return (tried, Some(Outcome::Kept { rule: place }));
        }
        let pool = roster.pool(&choice.target, subject);
        let Compared { members, weights, best, weights_all_zero } =
            compare(choice, roster, &pool.members, subject.owner);
        let by_turns =
            matches!(choice.strategy, Strategy::RoundRobin | Strategy::WeightedRoundRobin);
        let somebody = members.iter().any(|seen| seen.verdict.is_ok());
        let all = roster.candidates();
        let staff = |at: &usize| all.get(*at).map(|one| one.staff);
        let chosen = somebody
            .then(|| {
                let cursor = turns.cursor(&rule.name, number);
                cursor.seat(pool.members.iter().filter_map(staff));
                if by_turns { cursor.take(&weights) } else { cursor.rotate(best.iter().copied()) }
            })
            .flatten();
        let to = chosen.and_then(|turn| staff(pool.members.get(turn.seat)?));
        let strangers = pool.strangers;
        tried.push(TriedChoice { members, strangers, weights_all_zero, chosen });
        if let Some(to) = to {
            return (tried, Some(Outcome::Assigned { to, rule: place, choice: number }));
        }
    }
    (tried, None)
}

/// A copy of the one cursor that is asked for.
struct One<'a> {
    cursors: &'a Cursors,
    change: Option<CursorChange>,
}

impl Turns for One<'_> {
    fn cursor(&mut self, rule: &str, choice: usize) -> &mut Cursor {
        let cursor = self.cursors.get(rule, choice).cloned().unwrap_or_default();
        &mut self.change.insert(CursorChange { rule: rule.to_owned(), choice, cursor }).cursor
    }
}

impl Turns for Cursors {
    fn cursor(&mut self, rule: &str, choice: usize) -> &mut Cursor {
        self.0.entry(rule.to_owned()).or_default().entry(choice).or_default()
    }
}

impl Cursors {
    /// The cursor of a choice, if it ever had a turn.
    pub fn get(&self, rule: &str, choice: usize) -> Option<&Cursor> {
        self.0.get(rule)?.get(&choice)
    }

    /// What a decision changed.
    pub fn set(&mut self, change: CursorChange) {
        self.0.entry(change.rule).or_default().insert(change.choice, change.cursor);
    }
}

impl Extend<CursorChange> for Cursors {
    /// [`Cursors::set`] of each.
    fn extend<T: IntoIterator<Item = CursorChange>>(&mut self, changes: T) {
        changes.into_iter().for_each(|change| self.set(change));
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
        Self { record, customer: None, owner: None, territory: None, worth: None }
    }

    /// The same, of this customer.
    #[must_use]
    pub const fn of(mut self, customer: &'a Customer) -> Self {
        self.customer = Some(customer);
        self
    }
}
