//! Rows from files, into records.
