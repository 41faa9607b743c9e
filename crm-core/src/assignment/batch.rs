//! Many decisions, one after another.

use chrono::NaiveDate;

use crate::kernel::Entity;

use super::{Cursors, Decision, Roster, RuleIndex, Subject, decide::decide};

/// Decisions one after another, in the order in which records are given: each counts in the figures and cursors that the next
/// one is decided by. They are the same as [`assign`](super::assign) makes one by one, when what each says is
/// carried out before the next. Memory does not grow with the number of records; say in which order they come
/// (as they came in, by id), for it has a say in who gets what.
pub struct Batch<'a, E: Entity> {
    rules: &'a RuleIndex<E>,
    day: NaiveDate,
    roster: Roster,
    cursors: Cursors,
}

impl<'a, E: Entity> Batch<'a, E> {
    /// Begins with these figures and cursors. They are copies: whoever only wants to see what would be forgets the batch.
    pub const fn new(
        rules: &'a RuleIndex<E>,
        roster: Roster,
        cursors: Cursors,
        day: NaiveDate,
    ) -> Self {
        Self { rules, day, roster, cursors }
    }

    /// Decides about the next record.
    pub fn assign(&mut self, subject: &Subject<'_, E>) -> Decision {
        let decision = decide(self.rules, &self.roster, &mut self.cursors, subject, self.day);
        if let Some(to) = decision.to() {
            self.roster.moved(subject.owner, to, subject.worth);
        }
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
