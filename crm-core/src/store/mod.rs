//! The ports: what a store does for the domain.
//!
//! A host begins a unit, calls verbs on it, and commits it; dropping it undoes everything. The
//! typed id picks the repository: `unit.get(customer_id)`, `unit.insert(opportunity)`.

mod batch;
mod custodian;
mod entities;
mod one_by_one;
mod ports;
mod run;
mod support;

pub use batch::{Answers, AnyQuery, Asked, Batch, Dated, Named, Question};
pub(crate) use custodian::CUSTODIAN;
pub use custodian::Custodian;
pub use one_by_one::one_by_one;
pub use ports::{
    Amounts, Append, Batches, ChangeLog, Custody, Insights, KeepRunClasses, Linked, Read, ReadUnit,
    Repository, RunClasses, Store, Terms, UnitOfWork,
};
pub(crate) use run::run_while;
pub use run::{Work, run};
pub(crate) use support::{Boxed, began_otherwise};
pub use support::{ensure, every, expect, find_one};
