//! What the SQL stores of [`crm_core`] share: how an entity lies in its table, every statement, the
//! change log and the migrations. Driver-neutral: an adapter is a [`Session`] and a [`Dialect`].
//!
//! Shared code never asks which database it is on. What differs is a method of the dialect, and a
//! law of the conformance suite holds it to the same answers.

mod amounts;
mod batch;
mod catalog;
mod changes;
mod class_page;
mod classes;
mod criteria;
mod custody;
mod dialect;
mod groups;
mod indexes;
mod migrate;
mod order;
mod pairs;
mod read;
mod rows;
mod session;
mod sums;
mod system;
mod terms;
mod tree;
mod unit;
mod write;

pub use catalog::{Catalog, Table};
pub use dialect::Dialect;
pub use migrate::{Migration, check_schema, is_known, migrate, migrations};
pub use session::{
    BulkInsert, BulkUpdate, Param, Reach, Rows, Session, SessionError, SqlType, Union,
};
pub use system::{SystemClock, SystemIds, system_ports};
pub use unit::{SqlReadUnit, SqlUnit};
