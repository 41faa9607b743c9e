//! PostgreSQL under [`crm_core`]: on sqlx, with the host's pool or within its open transaction.
//!
//! Any PostgreSQL from version 13 on, also behind PgBouncer in transaction mode (with
//! [`PostgresStore::without_prepared_statements`] where it is older than 1.21). The host's sqlx
//! brings the runtime and TLS: switch on `runtime-tokio` or another, and what the server needs.
//!
//! ```
//! use crm_core::{customer::{Customer, CustomerKind}, kernel::*, store::Store};
//! use crm_store_postgres::{PostgresStore, sqlx, system_ports};
//!
//! // A shop writes an order of its own and the customer in one transaction.
//! async fn checkout(pool: &sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
//!     let store = PostgresStore::new(pool.clone(), system_ports());
//!     let scope = Scope::new(TenantId(uuid::Uuid::from_u128(1)), Actor::new("checkout")?);
//!     let mut transaction = pool.begin().await?;
//!     sqlx::query("INSERT INTO shop_order (number) VALUES (1)").execute(&mut *transaction).await?;
//!     let mut work = store.join(&mut transaction, scope).await?;
//!     let id = Id::new(work.next_id());
//!     work.insert(Customer::new(id, CustomerKind::Person, "Ann")).await?;
//!     work.commit().await?;
//!     transaction.commit().await?;
//!     Ok(())
//! }
//! ```

mod arguments;
mod bulk;
mod clock;
mod dialect;
mod error;
mod known;
mod session;
mod store;

pub use crm_store_sql::{Migration, SystemClock, SystemIds, system_ports};
pub use sqlx;
pub use store::PostgresStore;
