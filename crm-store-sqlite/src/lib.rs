//! SQLite under [`crm_core`]: on rusqlite, with one writer and group commit.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use crm_core::{customer::{Customer, CustomerKind}, kernel::*, store::Store};
//! use crm_store_sqlite::{SqliteStore, system_ports};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("crm.db");
//! let store = SqliteStore::open(&path, system_ports()).await?;
//! store.migrate().await?;
//!
//! let scope = Scope::new(TenantId(uuid::Uuid::from_u128(1)), Actor::new("anna")?);
//! let mut work = store.begin(scope).await?;
//! let id = Id::new(work.next_id());
//! work.insert(Customer::new(id, CustomerKind::Organisation, "Acme")).await?;
//! work.commit().await?;
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Within the host's own transaction, on its own connection, the same verbs work on what
//! [`SqliteStore::join`] gives; nothing lasts until the host commits.
//!
//! It needs a tokio runtime with time and, for slow commits and long reads, its blocking threads. Never
//! hold two units of work in one task: the second waits for the first.

mod dialect;
mod engine;
mod error;
mod session;
mod store;
mod values;

pub use crm_store_sql::{Migration, SystemClock, SystemIds, system_ports};
pub use rusqlite;
pub use store::{SqliteOptions, SqliteStore, join, migrations, tables};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
