use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use crm_core::{
    Error, Result,
    kernel::{Invalid, Ports, Scope},
    store::{ReadUnit, Store, UnitOfWork},
};
use crm_store_sql::{Catalog, Migration, Session, SqlReadUnit, SqlUnit, check_schema, is_known};
use futures_util::future::{Either, select};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    clock::{self, check_clock},
    dialect::Postgres,
    error::error,
    known::Known,
    session::PostgresSession,
};

/// One snapshot for the whole unit, from its first statement on.
const READ_ONLY: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A connection of ours that was idle for so long is tried before it is used.
const PING_AFTER: Duration = Duration::from_secs(1);

/// How long a connection is waited for: a new one, or one of the pool.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often `migrate` begins again when another process was faster.
const ATTEMPTS: u32 = 10;

/// Keeps the data of many tenants in a PostgreSQL database.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    ports: Ports,
    schema: Option<String>,
    catalog: Arc<Catalog>,
    prepared: bool,
    known: Arc<Known>,
    ready: Arc<AtomicBool>,
}

impl PostgresStore {
    /// On the host's pool.
    pub fn new(pool: PgPool, ports: Ports) -> Self {
        Self {
            known: Arc::new(Known::new(pool.clone())),
            pool,
            ports,
            schema: None,
            catalog: Arc::new(Catalog::new(None, &Postgres)),
            prepared: true,
            ready: Arc::default(),
        }
    }

    /// On a pool of its own, of ten connections.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the URL is wrong or nobody answers there.
    pub async fn connect(url: &str, ports: Ports) -> Result<Self> {
        let options: PgConnectOptions = url.parse().map_err(error)?;
        let place = format!(
            "{}:{}, database {}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or("(none)")
        );
        // A ping before each use would cost a quarter. After a restart of the server, though, every
        // connection that was idle is broken.
        let pool = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
        let pool = pool.before_acquire(|connection, used| {
            Box::pin(async move {
                if used.idle_for >= PING_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
        let pool = pool.acquire_timeout(PATIENCE).connect_lazy_with(options.clone());
        // A pool alone would go on trying where a connection is refused; a connection alone would
        // wait for ever where nobody answers.
        let alone = PgConnection::connect_with(&options);
        let first = match select(pin!(alone), pin!(pool.acquire())).await {
            Either::Left((alone, _)) => alone.map(drop),
            Either::Right((pooled, _)) => pooled.map(drop),
        };
        first.map_err(|e| match error(e) {
            Error::Unavailable { what, retryable, source } => {
                Error::Unavailable { what: format!("{place}: {what}"), retryable, source }
            }
            other => other,
        })?;
        Ok(Self::new(pool, ports))
    }

    /// With its tables in this schema of the database, instead of where connections look first.
    ///
    /// # Errors
    /// [`Invalid`] when it is not a plain name: small letters, digits and `_`, at most 63.
    pub fn in_schema(mut self, schema: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts = schema.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        if !starts || schema.len() > 63 || !schema.chars().all(plain) {
            let reason = format!("{schema:?} is not a name of small letters, digits and _");
            return Err(Invalid::new("PostgreSQL", "schema", reason));
        }
        self.catalog = Arc::new(Catalog::new(Some(schema), &Postgres));
        self.schema = Some(schema.to_owned());
        self.ready = Arc::default();
        Ok(self)
    }

    /// Without prepared statements that outlive their use: for poolers that do not know them.
    #[must_use]
    pub const fn without_prepared_statements(mut self) -> Self {
        self.prepared = false;
        self
    }

    /// Brings the schema to the version this library knows. Safe when several processes do it at
    /// once; does nothing when there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Schema`] when the database is newer; it is not changed then.
    pub async fn migrate(&self) -> Result<()> {
        // Who only uses the tables needs no right to make any.
        if self.is_migrated().await? {
            return Ok(());
        }
        let mut attempt = 1;
        loop {
            match self.migrate_once().await {
                Err(error) if error.is_retryable() && attempt < ATTEMPTS => attempt += 1,
                done => return done,
            }
        }
    }

    /// The steps of the schema in PostgreSQL's words, for hosts that run them with a tool of their
    /// own.
    pub fn migrations(&self) -> Vec<Migration> {
        crm_store_sql::migrations(&self.catalog, &Postgres)
    }

    /// Every table of an entity with its columns, in order: for tools that compare schemas.
    pub fn tables(&self) -> Vec<(String, Vec<String>)> {
        self.catalog.tables()
    }

    /// A unit of work on the host's own connection, within its open transaction: nothing lasts
    /// until the host commits, and all of it is gone when the host rolls back.
    ///
    /// # Errors
    /// [`Error::Invalid`] when no transaction was begun on it with sqlx.
    pub async fn join<'c>(
        &self,
        connection: &'c mut PgConnection,
        scope: Scope,
    ) -> Result<Box<dyn UnitOfWork + 'c>> {
        if !connection.is_in_transaction() {
            let reason = "it has no open transaction to join: begin one first";
            return Err(Invalid::new("join", "connection", reason).into());
        }
        let savepoint = connection.begin().await.map_err(error)?;
        let session = PostgresSession::new(savepoint, self.prepared, self.known.clone());
        Ok(Box::new(SqlUnit::new(session, self.catalog.clone(), scope, self.ports.clone())))
    }

    /// Once after the data of another server was restored into this one (from a dump, or by logical
    /// replication), before anybody writes: lets the change log go on from where it was, so that
    /// followers with an old cursor miss nothing. Does nothing where there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Unavailable`] as any statement.
    pub async fn after_restore(&self) -> Result<()> {
        let mut transaction = self.pool.begin().await.map_err(error)?;
        for statement in clock::go_on(&self.catalog) {
            transaction.execute(AssertSqlSafe(statement)).await.map_err(error)?;
        }
        transaction.commit().await.map_err(error)
    }

    /// The pool.
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    async fn is_migrated(&self) -> Result<bool> {
        let transaction = self.pool.begin_with(READ_ONLY).await.map_err(error)?;
        let mut session = PostgresSession::new(transaction, false, self.known.clone());
        is_known(check_schema(&mut session, &self.catalog).await)
    }

    async fn migrate_once(&self) -> Result<()> {
        let mut transaction = self.pool.begin().await.map_err(error)?;
        if let Some(schema) = &self.schema {
            // Making one needs a right that its owner may not have.
            let there: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
                .bind(schema)
                .fetch_one(&mut *transaction)
                .await
                .map_err(error)?;
            if !there {
                let create = AssertSqlSafe(format!("CREATE SCHEMA \"{schema}\""));
                sqlx::query(create).execute(&mut *transaction).await.map_err(error)?;
            }
        }
        let mut session = PostgresSession::new(transaction, false, self.known.clone());
        crm_store_sql::migrate(&mut session, &self.catalog, self.ports.clock.now()).await?;
        Box::new(session).commit().await
    }

    /// Asks once whether the schema is the one this library knows, and its change log this server's.
    async fn ready(&self, session: &mut dyn Session, scope: &Scope) -> Result<()> {
        if !self.ready.load(Relaxed) {
            check_schema(session, &self.catalog).await?;
            check_clock(session, &self.catalog, scope).await?;
            self.ready.store(true, Relaxed);
        }
        Ok(())
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self, scope: Scope) -> Result<Box<dyn UnitOfWork + '_>> {
        let transaction = self.pool.begin().await.map_err(error)?;
        let mut session = PostgresSession::new(transaction, self.prepared, self.known.clone());
        self.ready(&mut session, &scope).await?;
        let (catalog, ports) = (self.catalog.clone(), self.ports.clone());
        Ok(Box::new(SqlUnit::new(session, catalog, scope, ports)))
    }

    async fn read(&self, scope: Scope) -> Result<Box<dyn ReadUnit + '_>> {
        let transaction = self.pool.begin_with(READ_ONLY).await.map_err(error)?;
        let mut session = PostgresSession::new(transaction, self.prepared, self.known.clone());
        self.ready(&mut session, &scope).await?;
        Ok(Box::new(SqlReadUnit::new(session, self.catalog.clone(), scope)))
    }
}
