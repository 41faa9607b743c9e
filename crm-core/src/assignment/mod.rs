//! Who gets a record, and why.
//!
//! A [`RuleSet`] is an ordered list of rules for one kind of record, as data. Each [`Rule`] says which records of which
//! customers it is for, on which days, and has one or several [`Choice`]s: whom it names ([`Target`]), how one of
//! them is chosen ([`Strategy`]) and what that one must be able to do ([`Needs`]). They are tried in order, so that all but the
//! first are its fallbacks: a fallback has a strategy, needs and a cursor of its own, like the first. [`assign`] tries the rules
//! in their order; the first that matches and finds somebody who is there, has room and can do what is
//! needed decides. Where a rule matches and finds nobody, it says whether the next is tried ([`Then`]).
//!
//! Everything is given: the [`Roster`] of [`Candidate`]s with their figures, the [`Cursors`] that keep whose
//! turn it is, the day. A decision changes none of it. It comes with a [`Trace`] of figures, which is put into words
//! when somebody asks ([`Decision::explain`], [`Decision::account`]), and with the cursor that it moves; carrying it out is up to the
//! caller, so that a dry run is the same call. A [`Batch`] carries each decision out on its own copies before it makes
//! the next.
//!
//! - **Every strategy respects** absence, limits and needs. Who is left out is in the trace, with the reason. A limit whose figure is
//!   not known cannot be respected: that person is left out too, and it says so. A figure that a strategy compares
//!   and that is not known leaves out; it is never taken for nought.
//! - **Who has the record already** is not too full for it, and does not get one more by it.
//! - **Nobody is chosen for their id.** Turns stay within one of the shares ([`Cursor`] says exactly what holds, and what nobody could
//!   promise); ties of all other strategies go to who has waited longest in the same cursor. A cursor that gave nothing yet begins with the
//!   first of a queue, or of a team in the order of ids, and that of each further choice with the same target one seat further: many rules that
//!   give little each feed nobody first. The cursors of one choice for several territories begin alike, and those of another kind of record
//!   begin anew.
//! - **Who is not there has no say**: weights, limits, currencies and records of wins are compared among those at work.
//! - **A lead is asked as the customer it becomes**: a rule's criteria on customers and territories hold of what is known of it.
//! - **A territory is given with the record** ([`Subject::territory`]): this module does not look for it.
//! - **On stores** rules are [`AssignmentRules`], and whose turn it is an [`AssignmentCursor`] for each choice. [`Assignments`]
//!   gathers the roster, decides, holds the cursor and where limits matter the people, decides again on what it holds, and gives
//!   the record with the trace. [`dry_run`] stops before that.
//! - **Cost.** A [`RuleIndex`] looks up what rules ask for and asks in full only those that are left; then it looks at each
//!   person whom the deciding rule names; a [`Batch`] does that once, and then only where figures changed. Tests of the tenant's own fields read JSON and are slow: a rule that has nothing
//!   else to be filed under is asked each time.

mod adding;
mod assigned;
pub mod assignment_cursor;
pub mod assignment_rules;
mod batch;
#[cfg(test)]
mod batch_tests;
mod candidate;
mod carry_out;
mod column;
mod cursor;
#[cfg(test)]
mod cursor_tests;
mod decide;
mod deciding;
mod dry_run;
mod exclude;
mod explain;
mod figures;
mod house;
mod index;
#[cfg(test)]
mod index_tests;
mod names;
mod required;
mod roster;
mod rule;
#[cfg(test)]
mod rule_tests;
mod service;
mod standing;
mod strategy;
mod such;
mod target;
#[cfg(test)]
mod tests;
mod trace;
mod words;
mod workload;

pub(crate) use adding::{Coming, give, is_asked};
pub use assigned::Assigned;
pub use assignment_cursor::AssignmentCursor;
pub use assignment_rules::{AssignmentRules, KindRules};
pub use batch::Batch;
pub use candidate::{Availability, Candidate, Load, MAX_WEIGHT, Wins};
pub(crate) use carry_out::Held;
pub use cursor::{Cursor, Seat, Turn};
pub use decide::{CursorChange, Cursors, Subject, assign};
pub(crate) use deciding::Deciding;
pub use dry_run::{Assignment, AssignmentOutcome, Which, dry_run, dry_run_all};
pub use explain::{Account, CandidateAccount, ChoiceAccount, RuleAccount};
pub use index::RuleIndex;
pub use names::in_words;
pub use roster::Roster;
pub use rule::{Known, Rule, RuleSet, Then};
pub use service::{AssignedPage, Assignments};
pub use such::{Alike, Deal, SizeBand};
pub use target::{Choice, Needs, Strategy, Target};
pub use trace::{
    Because, Decision, Excluded, Figure, Limit, Missing, Outcome, Seen, Trace, Tried, TriedChoice,
};
pub use workload::{PersonLoad, Workload, workload};
