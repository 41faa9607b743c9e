//! The pure domain and the ports of an embeddable CRM.
//!
//! Customers and contacts, interactions, an opportunity state machine, value by 80/20: as plain
//! types, pure decisions and verbs on a [`store::UnitOfWork`]. A store keeps them: SQLite and
//! PostgreSQL have theirs in crates of their own, [`memory`] is the reference, and a host's own
//! proves itself with the `conformance` suite (a feature).
//!
//! A host begins a unit of work on a store, or joins one to its own open transaction (`join`, of
//! each store), calls verbs on it, and commits. Begin with [`store`], [`customer`] and
//! [`opportunity`].
//!
//! Nothing here does I/O, reads a clock, makes randomness or needs a runtime: time and ids come
//! from the host through [`kernel::Ports`].

pub mod assignment;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod customer;
pub mod duplicate;
pub mod exchange_rate;
pub mod forecast;
pub mod import;
pub mod interaction;
pub mod kernel;
pub mod lead;
pub mod lifetime;
#[cfg(feature = "memory")]
pub mod memory;
pub mod opportunity;
pub mod org;
pub mod ownership;
pub mod pipeline_report;
pub mod price_book;
pub mod product;
pub mod search;
pub mod settings;
pub mod store;
pub mod task;
pub mod territory;
pub mod value;
pub mod win_model;
pub mod workday;

pub use assignment::{assignment_cursor, assignment_rules};
pub use customer::{affiliation, contact, merge, merge_move, relation};
pub use forecast::{forecast_adjustment, forecast_snapshot, snapshot_line, target};
pub use interaction::addendum;
pub use kernel::{Error, ErrorKind, Result};
pub use lead::activity as lead_activity;
pub use opportunity::{approval, pipeline, stage_move};
pub use org::{absence, org_unit, staff_member, working_calendar};
pub use ownership::{handover, helper, owner_change, pool};
pub use price_book::price_book_entry;
pub use territory::member as territory_member;
pub use value::{customer_value, monthly_value, transaction, value_run, value_run_line};
