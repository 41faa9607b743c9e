use crm_core::{
    customer::Customer,
    kernel::{Criteria, Cursor, Entity, Id, MAX_LIMIT, Scope},
    opportunity::Opportunity,
    pipeline::Pipeline,
    store::{Read, Store, UnitOfWork},
};
use crm_store_postgres::PostgresStore;
use crm_store_sqlite::{SqliteStore, rusqlite};
use sqlx::{AssertSqlSafe, Connection as _, Executor};
use std::{path::Path, time::Duration};

use crate::{db::Opened, failure::Failure};

/// What there is before the host's transaction, within it and after it.
pub(super) struct Seen {
    pub(super) before: Count,
    /// Of the change log only what is about the new opportunity.
    pub(super) within: Count,
    pub(super) after: Count,
}

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) opportunities: u64,
    /// Rows of the host's own table.
    pub(super) orders: u64,
    /// Entries of the change log.
    pub(super) log: u64,
}

/// What the host and the library do together.
struct Deal<'a> {
    scope: &'a Scope,
    customer: Id<Customer>,
    pipeline: &'a Pipeline,
    /// The host's own table.
    table: String,
}

/// A transaction of the host, on its own connection and with its own table, that the library joins
/// and the host rolls back.
pub(super) async fn rolled_back(
    opened: &Opened,
    scope: &Scope,
    customer: Id<Customer>,
    pipeline: &Pipeline,
) -> Result<Seen, Failure> {
    let table = format!("demo_order_{}", uuid::Uuid::now_v7().simple());
    let deal = Deal { scope, customer, pipeline, table };
    match opened {
        Opened::Sqlite(store, path) => deal.on_sqlite(store, path).await,
        Opened::Postgres(store) => deal.on_postgres(store).await,
    }
}

impl Deal<'_> {
    async fn on_sqlite(&self, store: &SqliteStore, path: &Path) -> Result<Seen, Failure> {
        let table = &self.table;
        let mut host = rusqlite::Connection::open(path).map_err(host_failed)?;
        host.busy_timeout(Duration::from_secs(5)).map_err(host_failed)?;
        let start =
            format!("PRAGMA foreign_keys = ON; CREATE TABLE {table} (number INTEGER NOT NULL)");
        host.execute_batch(&start).map_err(host_failed)?;
        let count = format!("SELECT count(*) FROM {table}");
        let orders = |host: &rusqlite::Connection| -> Result<u64, Failure> {
            let orders = host.query_row(&count, [], |row| row.get::<_, i64>(0));
            Ok(u64::try_from(orders.map_err(host_failed)?).unwrap_or_default())
        };
        let (opportunities, log) = self.count(store).await?;
        let before = Count { opportunities, log, orders: orders(&host)? };

        let begin = format!("BEGIN IMMEDIATE; INSERT INTO {table} VALUES (77)");
        host.execute_batch(&begin).map_err(host_failed)?;
        let (opportunities, log) = self.win(store.join(&mut host, self.scope.clone())?).await?;
        let within = Count { opportunities, log, orders: orders(&host)? };
        host.execute_batch("ROLLBACK").map_err(host_failed)?;

        let (opportunities, log) = self.count(store).await?;
        let after = Count { opportunities, log, orders: orders(&host)? };
        host.execute_batch(&format!("DROP TABLE {table}")).map_err(host_failed)?;
        Ok(Seen { before, within, after })
    }

    async fn on_postgres(&self, store: &PostgresStore) -> Result<Seen, Failure> {
        let table = &self.table;
        let mut host = store.pool().acquire().await.map_err(host_failed)?;
        let create = AssertSqlSafe(format!("CREATE TABLE {table} (number bigint NOT NULL)"));
        host.execute(create).await.map_err(host_failed)?;
        let count = format!("SELECT count(*) FROM {table}");
        let orders = || sqlx::query_scalar::<_, i64>(AssertSqlSafe(count.clone()));
        let counted = |orders: i64| u64::try_from(orders).unwrap_or_default();
        let (opportunities, log) = self.count(store).await?;
        let rows = orders().fetch_one(&mut *host).await.map_err(host_failed)?;
        let before = Count { opportunities, log, orders: counted(rows) };

        let mut transaction = host.begin().await.map_err(host_failed)?;
        let insert = AssertSqlSafe(format!("INSERT INTO {table} VALUES (77)"));
        transaction.execute(insert).await.map_err(host_failed)?;
        let work = store.join(&mut transaction, self.scope.clone()).await?;
        let (opportunities, log) = self.win(work).await?;
        let rows = orders().fetch_one(&mut *transaction).await.map_err(host_failed)?;
        let within = Count { opportunities, log, orders: counted(rows) };
        transaction.rollback().await.map_err(host_failed)?;

        let (opportunities, log) = self.count(store).await?;
        let rows = orders().fetch_one(&mut *host).await.map_err(host_failed)?;
        let after = Count { opportunities, log, orders: counted(rows) };
        let drop = AssertSqlSafe(format!("DROP TABLE {table}"));
        host.execute(drop).await.map_err(host_failed)?;
        Ok(Seen { before, within, after })
    }

    /// Opens, advances and wins an opportunity; what the unit sees then.
    async fn win(&self, mut work: Box<dyn UnitOfWork + '_>) -> Result<(u64, u64), Failure> {
        let mut new = Opportunity::open(Id::new(work.next_id()), "A big order", self.pipeline)
            .map_err(crm_core::Error::from)?;
        new.customer_id = Some(self.customer);
        let opened = work.opportunities().open(new).await?;
        work.opportunities().advance(opened.id, "engaging", None).await?;
        work.opportunities().win(opened.id, super::house::TODAY, None).await?;
        let all = Criteria::<Opportunity>::everything();
        let opportunities = Read::<Opportunity>::count(&mut *work, all).await?;
        let log = work.history(Opportunity::KIND, opened.id.uuid(), 0, MAX_LIMIT).await?.len();
        // The host has the last word.
        work.commit().await?;
        Ok((opportunities, log as u64))
    }

    /// Opportunities, and entries of the change log.
    async fn count(&self, store: &dyn Store) -> Result<(u64, u64), Failure> {
        let mut unit = store.read(self.scope.clone()).await?;
        let opportunities = unit.count(Criteria::<Opportunity>::everything()).await?;
        let (mut log, mut after) = (0, None::<Cursor>);
        loop {
            let page = unit.changes(after, MAX_LIMIT).await?;
            log += page.changes.len() as u64;
            if page.changes.len() < MAX_LIMIT as usize {
                return Ok((opportunities, log));
            }
            after = page.next;
        }
    }
}

fn host_failed(error: impl std::fmt::Display) -> Failure {
    Failure::Asked(format!("the host's own transaction: {error}"))
}
