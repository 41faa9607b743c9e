//! SQLite store of `crm-core`: one writer with group commit, a pool of readers.

mod engine;
