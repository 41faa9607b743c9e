use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use crm_core::{
    Result,
    kernel::{Invalid, Ports, Scope},
    store::{ReadUnit, Store, UnitOfWork},
};
use crm_store_sql::{Catalog, Migration, Session, SqlReadUnit, SqlUnit, check_schema, is_known};
use rusqlite::Connection;

use crate::{
    dialect::Sqlite,
    engine::{Engine, Joined, OpenMode, Options, Synchronous},
    error,
    session::SqliteSession,
};

/// Keeps the data of many tenants in one SQLite file.
///
/// One connection writes, with a commit for all who queued meanwhile; a few others read beside it.
/// Cheap to clone.
#[derive(Clone)]
pub struct SqliteStore {
    engine: Engine,
    ports: Ports,
    ready: Arc<AtomicBool>,
}

/// How a SQLite file is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    ports: Ports,
    engine: Options,
}

impl SqliteOptions {
    /// Four readers, every commit on the disk before it is acknowledged, a unit of work rolled back
    /// after 5 seconds, a locked file waited for 5 seconds, the file made when it is not there.
    pub fn new(ports: Ports) -> Self {
        Self { ports, engine: Options::default() }
    }

    /// How many units may read at the same time.
    #[must_use]
    pub const fn readers(mut self, readers: usize) -> Self {
        self.engine.readers = readers;
        self
    }

    /// Acknowledges a commit before it is on the disk (`synchronous=NORMAL`): after a power cut
    /// the last ones may be missing, the file is sound.
    #[must_use]
    pub const fn relaxed_durability(mut self) -> Self {
        self.engine.synchronous = Synchronous::Normal;
        self
    }

    /// How long a unit of work may hold the writer while another one of this store waits for it; then it
    /// is rolled back, and told so.
    #[must_use]
    pub const fn hold_limit(mut self, limit: Duration) -> Self {
        self.engine.hold_limit = limit;
        self
    }

    /// How long to wait while another program writes to the file.
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.engine.busy_timeout = timeout;
        self
    }

    /// How many units one commit may be for; 1 is a commit for each.
    #[must_use]
    pub const fn group_limit(mut self, units: usize) -> Self {
        self.engine.group_limit = units;
        self
    }

    /// Fails when the file is not there, instead of making it.
    #[must_use]
    pub const fn must_exist(mut self) -> Self {
        self.engine.mode = OpenMode::MustExist;
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    /// [`crm_core::Error::Unavailable`] when it cannot be opened, cannot be written to, or is not a
    /// database. It is not changed then.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore> {
        let engine = Engine::open(path.as_ref(), self.engine).await.map_err(error::engine)?;
        Ok(SqliteStore { engine, ports: self.ports, ready: Arc::default() })
    }
}

impl SqliteStore {
    /// Opens a file with [`SqliteOptions::new`].
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>, ports: Ports) -> Result<Self> {
        SqliteOptions::new(ports).open(path).await
    }

    /// Brings the schema to the version this library knows. Safe when several processes do it at
    /// once; does nothing when there is nothing to do.
    ///
    /// # Errors
    /// [`crm_core::Error::Schema`] when the database is newer; it is not changed then.
    pub async fn migrate(&self) -> Result<()> {
        if self.is_migrated().await? {
            return Ok(());
        }
        match self.migrate_once().await {
            // Another process had the file all the time, and may have done it.
            Err(busy) if busy.is_retryable() => {
                if self.is_migrated().await? {
                    Ok(())
                } else {
                    Err(busy)
                }
            }
            done => done,
        }
    }

    /// A unit of work on the host's own connection, within its open transaction: nothing lasts
    /// until the host commits, and all of it is gone when the host rolls back.
    ///
    /// # Errors
    /// As [`join`].
    pub fn join<'c>(
        &self,
        connection: &'c mut Connection,
        scope: Scope,
    ) -> Result<Box<dyn UnitOfWork + 'c>> {
        join(connection, scope, &self.ports)
    }

    /// How many units of work were committed, and by how many commits.
    pub fn commits(&self) -> (u64, u64) {
        self.engine.groups()
    }

    /// Reads only, so that it need not wait for who writes.
    async fn is_migrated(&self) -> Result<bool> {
        let lease = self.engine.read().await.map_err(error::engine)?;
        is_known(check_schema(&mut SqliteSession::new(lease), catalog()).await)
    }

    async fn migrate_once(&self) -> Result<()> {
        let lease = self.engine.write().await.map_err(error::engine)?;
        let mut session = SqliteSession::for_migration(lease.unlimited());
        crm_store_sql::migrate(&mut session, catalog(), self.ports.clock.now()).await?;
        Box::new(session).commit().await
    }

    /// Asks once whether the schema is the one this library knows.
    async fn ready(&self, session: &mut dyn Session) -> Result<()> {
        if !self.ready.load(Relaxed) {
            check_schema(session, catalog()).await?;
            self.ready.store(true, Relaxed);
        }
        Ok(())
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self, scope: Scope) -> Result<Box<dyn UnitOfWork + '_>> {
        let lease = self.engine.write().await.map_err(error::engine)?;
        let mut session = SqliteSession::new(lease);
        self.ready(&mut session).await?;
        Ok(Box::new(SqlUnit::new(session, catalog().clone(), scope, self.ports.clone())))
    }

    async fn read(&self, scope: Scope) -> Result<Box<dyn ReadUnit + '_>> {
        let lease = self.engine.read().await.map_err(error::engine)?;
        let mut session = SqliteSession::new(lease);
        self.ready(&mut session).await?;
        Ok(Box::new(SqlReadUnit::new(session, catalog().clone(), scope)))
    }
}

/// A unit of work on a host's connection, for a host that opens its files itself: as
/// [`SqliteStore::join`].
///
/// The connection needs the schema ([`migrations`]).
///
/// # Errors
/// [`crm_core::Error::Invalid`] when no transaction is open, the connection does not watch over
/// references (`PRAGMA foreign_keys = ON`, which has no effect within a transaction), or the database
/// does not keep texts as UTF-8.
pub fn join<'c>(
    connection: &'c mut Connection,
    scope: Scope,
    ports: &Ports,
) -> Result<Box<dyn UnitOfWork + 'c>> {
    let mut joined = Joined::join(connection).map_err(error::engine)?;
    let watched = joined.with(|c| c.pragma_query_value(None, "foreign_keys", |row| row.get(0)));
    if !watched.map_err(error::engine)? {
        let reason = "it does not watch over references: run `PRAGMA foreign_keys = ON` on it \
                      before the transaction begins";
        return Err(Invalid::new("join", "connection", reason).into());
    }
    let encoding: String = joined
        .with(|c| c.pragma_query_value(None, "encoding", |row| row.get(0)))
        .map_err(error::engine)?;
    if encoding != "UTF-8" {
        let reason = "its database does not keep texts as UTF-8, which all stores order alike";
        return Err(Invalid::new("join", "connection", reason).into());
    }
    let session = SqliteSession::new(joined);
    Ok(Box::new(SqlUnit::new(session, catalog().clone(), scope, ports.clone())))
}

/// The steps of the schema in SQLite's words, for hosts that run them with a tool of their own.
pub fn migrations() -> Vec<Migration> {
    crm_store_sql::migrations(catalog(), &Sqlite)
}

/// Every table of an entity with its columns, in order: for tools that compare schemas.
pub fn tables() -> Vec<(String, Vec<String>)> {
    catalog().tables()
}

fn catalog() -> &'static Arc<Catalog> {
    static CATALOG: OnceLock<Arc<Catalog>> = OnceLock::new();
    CATALOG.get_or_init(|| Arc::new(Catalog::new(None, &Sqlite)))
}
