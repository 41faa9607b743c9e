//! Many decisions, one after another.

use chrono::NaiveDate;

use crate::kernel::Entity;

use super::{Cursors, Decision, Roster, RuleIndex, Subject, decide::decide, standing::Standings};

/// Decisions one after another, in the order in which records are given: each counts in the figures and cursors that the next
/// one is decided by. They are the same as [`assign`](super::assign) makes one by one, when what each says is
/// carried out before the next. Memory does not grow with the number of records; say in which order they come
/// (as they came in, by id), for it has a say in who gets what.
///
/// It keeps how the people stand whom choices name, and looks again only at those whom a decision gave something to or took it
/// from. A trace shares what is kept: one that is dropped before the next record costs nothing.
pub struct Batch<'a, E: Entity> {
    rules: &'a RuleIndex<E>,
    day: NaiveDate,
    roster: Roster,
    cursors: Cursors,
    standings: Standings,
}

impl<'a, E: Entity> Batch<'a, E> {
    /// Begins with these figures and cursors. They are copies: whoever only wants to see what would be forgets the batch.
    pub fn new(rules: &'a RuleIndex<E>, roster: Roster, cursors: Cursors, day: NaiveDate) -> Self {
        Self { rules, day, roster, cursors, standings: Standings::default() }
    }

    /// Decides about the next record.
    pub fn assign(&mut self, subject: &Subject<'_, E>) -> Decision {
        let owner = subject.owner.and_then(|owner| self.roster.place(owner));
        // Who has it already is not too full for it.
        owner.into_iter().for_each(|owner| self.standings.changed(owner));
        let Self { rules, day, roster, cursors, standings } = self;
        let decision = decide(rules, roster, standings, cursors, subject, *day);
        if let Some(to) = decision.to() {
            roster.moved(subject.owner, to, subject.worth);
            roster.place(to).into_iter().for_each(|to| standings.changed(to));
        }
        owner.into_iter().for_each(|owner| standings.changed(owner));
        decision
    }

    /// Decides about all these, each when it is asked for.
    pub fn assign_all<'s>(
        &mut self,
        subjects: impl IntoIterator<Item = Subject<'s, E>>,
    ) -> impl Iterator<Item = Decision> {
        subjects.into_iter().map(|subject| self.assign(&subject))
    }

    /// The figures as they are by now.
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The figures and cursors after all of it.
    pub fn end(self) -> (Roster, Cursors) {
        (self.roster, self.cursors)
    }
}
