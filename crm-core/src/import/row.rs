use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    assignment::{Assignment, AssignmentOutcome},
    customer::Customer,
    kernel::Id,
};

/// A row as the host read it, split into the cells of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Where it stands in its file, for reports.
    pub line: u64,
    /// One for each column of the header.
    pub cells: Vec<String>,
    /// How many rows with the same content stand before it: what
    /// [`super::Occurrences::count`] says. 0 where [`super::Importer::content`] is none.
    pub occurrence: u32,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct RowOutcome {
    /// The row's line.
    pub line: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// To whom the rules gave the record that it made, or why to nobody; none where they were not asked.
    pub assignment: Option<Assignment>,
}

/// What may become of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It made a new record.
    New,
    /// Its record says the same already.
    Unchanged,
    /// It changed its record.
    Changed,
    /// It is a customer that was there under another name: it filled what was empty there, if anything,
    /// and made no record.
    Folded(Match),
    /// It made a new record, which may be a customer that was there: somebody should look.
    Doubtful(Match),
    /// Nothing was written for it, for this reason.
    Refused(String),
    /// It names a record of its own kind that is not there yet and may stand below it: give it
    /// again after the others, and in the end after [`super::Importer::settle`].
    Waiting,
}

/// The customer that a row is, or may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// Which one.
    pub customer: Id<Customer>,
    /// What it is called.
    pub name: String,
    /// How likely, and why.
    pub why: String,
}

/// What became of all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many rows there were.
    pub read: u64,
    /// How many made a new record.
    pub new: u64,
    /// How many found their record as they say.
    pub unchanged: u64,
    /// How many changed their record.
    pub changed: u64,
    /// How many were refused.
    pub refused: u64,
    /// How many were taken in by a customer that was there under another name.
    pub folded: u64,
    /// How many of the new records may be a customer that was there: they count as new too.
    pub possible_duplicates: u64,
}

impl Report {
    /// Counts a row, unless it is [`Outcome::Waiting`]: that one comes again.
    pub fn count(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::New => &mut self.new,
            Outcome::Doubtful(_) => {
                self.possible_duplicates += 1;
                &mut self.new
            }
            Outcome::Folded(_) => &mut self.folded,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Changed => &mut self.changed,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::Waiting => return,
        };
        *counter += 1;
        self.read += 1;
    }

    /// Adds another report.
    pub const fn add(&mut self, other: Self) {
        self.read += other.read;
        self.new += other.new;
        self.unchanged += other.unchanged;
        self.changed += other.changed;
        self.refused += other.refused;
        self.folded += other.folded;
        self.possible_duplicates += other.possible_duplicates;
    }
}

/// What the rules decided about new records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AssignedReport {
    /// How many got an owner.
    pub assigned: u64,
    /// How many have none, by the reason ([`Assignment::why_nobody`]).
    pub unassigned: BTreeMap<String, u64>,
}

impl AssignedReport {
    /// Counts what was decided about a row.
    pub fn count(&mut self, row: &RowOutcome) {
        let Some(assignment) = &row.assignment else { return };
        if let AssignmentOutcome::Assigned { .. } = assignment.outcome {
            self.assigned += 1;
        } else if let Some(why) = assignment.why_nobody() {
            *self.unassigned.entry(why).or_default() += 1;
        }
    }
}
