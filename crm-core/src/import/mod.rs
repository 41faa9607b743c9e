//! Rows from elsewhere — a file, a sheet, another system — become records.
//!
//! The host reads; here a [`Mapping`] says which of its columns are which of our fields, and an
//! [`Importer`] writes batches of [`Row`]s on a unit of work. A row that cannot be is refused with
//! a reason and never stops the others. The same rows again change nothing.

mod anew;
mod batch;
mod build;
mod by_rules;
mod cell;
mod draft;
mod folding;
mod importer;
mod insert;
mod kind;
mod known;
mod mapping;
mod occurrences;
mod place;
mod plan;
mod references;
mod row;
mod slot;
mod subject;
mod taken;
mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_bad_rows;
#[cfg(test)]
mod tests_folding;
#[cfg(test)]
mod tests_given;
#[cfg(test)]
mod tests_identity;

pub use folding::OnDuplicate;
pub use importer::{ImportOptions, Importer};
pub use kind::ImportKind;
pub use mapping::{Mapping, MappingError};
pub use occurrences::{Content, Occurrences};
pub use row::{AssignedReport, Match, Outcome, Report, Row, RowOutcome};
