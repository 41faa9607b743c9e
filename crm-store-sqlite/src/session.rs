use async_trait::async_trait;
use crm_core::{
    Error,
    kernel::{KeptAmounts, Value},
};
use crm_store_sql::{
    BulkInsert, BulkUpdate, Dialect, Param, Reach, Rows, Session, SessionError, SqlType, Union,
};
use rusqlite::Connection;

use crate::{
    dialect::Sqlite,
    engine::{EngineError, Joined, ReadLease, WriteLease},
    error,
    values::{bind, bind_values, read},
};

/// So many rows are inserted in the caller's task.
const SHORT_BULK: usize = 32;

/// A connection within a transaction: the writer, a reader, or the host's.
pub(crate) struct SqliteSession<L> {
    lease: L,
    /// Whether every statement may take its time.
    long: bool,
}

impl<L> SqliteSession<L> {
    pub(crate) const fn new(lease: L) -> Self {
        Self { lease, long: false }
    }

    /// For changes of the schema.
    pub(crate) const fn for_migration(lease: L) -> Self {
        Self { lease, long: true }
    }
}

/// A hold on a connection.
pub(crate) trait Lease: Send {
    /// In the caller's task.
    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError>;
    /// Where it may take its time.
    fn with_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T, EngineError>> + Send;
    /// Makes it last.
    fn commit(self) -> impl Future<Output = Result<(), EngineError>> + Send;
}

#[async_trait]
impl<L: Lease> Session for SqliteSession<L> {
    fn dialect(&self) -> &'static dyn Dialect {
        &Sqlite
    }

    async fn query(
        &mut self,
        sql: &str,
        params: Vec<Param<'_>>,
        columns: &[SqlType],
        reach: Reach,
    ) -> Result<Rows, Error> {
        let answer = match reach {
            Reach::Short => self.lease.with(|c| query(c, sql, &params, columns)),
            Reach::Long => {
                let (sql, columns) = (sql.to_owned(), columns.to_vec());
                let params: Vec<_> = params.into_iter().map(Param::into_owned).collect();
                self.lease.with_blocking(move |c| query(c, &sql, &params, &columns)).await
            }
        };
        answer.map_err(error::engine)
    }

    async fn amounts(&mut self, sql: &str, params: Vec<Param<'_>>) -> Result<KeptAmounts, Error> {
        let (sql, params): (_, Vec<_>) =
            (sql.to_owned(), params.into_iter().map(Param::into_owned).collect());
        let answer = self.lease.with_blocking(move |c| amounts(c, &sql, &params)).await;
        answer.map_err(error::engine)
    }

    async fn execute(&mut self, sql: &str, params: Vec<Param<'_>>) -> Result<u64, SessionError> {
        if !self.long {
            return self.lease.with(|c| execute(c, sql, &params)).map_err(error::session);
        }
        let sql = sql.to_owned();
        let params: Vec<_> = params.into_iter().map(Param::into_owned).collect();
        let done = self.lease.with_blocking(move |c| execute(c, &sql, &params)).await;
        done.map_err(error::session)
    }

    async fn insert_bulk(
        &mut self,
        insert: &BulkInsert,
        tenant: Param<'static>,
        values: Vec<Value<'static>>,
    ) -> Result<(), SessionError> {
        let answer = if values.len() / insert.types.len().max(1) <= SHORT_BULK {
            self.lease.with(|c| insert_bulk(c, insert, &tenant, &values))
        } else {
            let insert = insert.clone();
            self.lease.with_blocking(move |c| insert_bulk(c, &insert, &tenant, &values)).await
        };
        answer.map_err(error::session)
    }

    async fn update_bulk(
        &mut self,
        update: &BulkUpdate,
        tenant: Param<'static>,
        values: Vec<Value<'static>>,
    ) -> Result<(), SessionError> {
        let all = if values.len() / update.types.len().max(1) <= SHORT_BULK {
            self.lease.with(|c| update_bulk(c, update, &tenant, &values))
        } else {
            let update = update.clone();
            self.lease.with_blocking(move |c| update_bulk(c, &update, &tenant, &values)).await
        };
        let all = all.map_err(error::session)?;
        if all { Ok(()) } else { Err(SessionError::Constraint) }
    }

    /// A statement is no way to go here: each question has its own.
    fn union(&mut self) -> Option<&mut dyn Union> {
        None
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.lease.commit().await.map_err(error::engine)
    }
}

fn query(
    connection: &Connection,
    sql: &str,
    params: &[Param<'_>],
    columns: &[SqlType],
) -> rusqlite::Result<Rows> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    let mut answer = Rows { width: columns.len(), values: Vec::new() };
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        answer.values.reserve(columns.len());
        for (at, sql_type) in columns.iter().enumerate() {
            answer.values.push(read(row, at, *sql_type)?);
        }
    }
    Ok(answer)
}

fn amounts(
    connection: &Connection,
    sql: &str,
    params: &[Param<'_>],
) -> rusqlite::Result<KeptAmounts> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    let mut answer = KeptAmounts::default();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let Value::Uuid(whose) = read(row, 0, SqlType::Uuid)? else { continue };
        match row.get(1)? {
            Some(units) => answer.plain.push((whose, units)),
            None => answer.other.push(whose),
        }
    }
    Ok(answer)
}

fn execute(connection: &Connection, sql: &str, params: &[Param<'_>]) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    statement.raw_execute().map(|rows| rows as u64)
}

/// All rows, or none where one may be refused.
fn insert_bulk(
    connection: &Connection,
    insert: &BulkInsert,
    tenant: &Param<'static>,
    values: &[Value<'static>],
) -> rusqlite::Result<()> {
    if !insert.refusable {
        return insert_rows(connection, insert, tenant, values);
    }
    let inserted = || insert_rows(connection, insert, tenant, values).map(|()| true);
    all_or_none(connection, inserted).map(drop)
}

/// Whether all rows were there as it is said; if not, none is changed.
fn update_bulk(
    connection: &Connection,
    update: &BulkUpdate,
    tenant: &Param<'static>,
    values: &[Value<'static>],
) -> rusqlite::Result<bool> {
    all_or_none(connection, || {
        let mut statement = connection.prepare_cached(&update.sql)?;
        for row in values.chunks(update.types.len().max(1)) {
            bind(&mut statement, std::slice::from_ref(tenant))?;
            bind_values(&mut statement, 2, &mut row.iter())?;
            if statement.raw_execute()? != 1 {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Undoes what fails, or says that it was not all.
fn all_or_none(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<bool>,
) -> rusqlite::Result<bool> {
    connection.prepare_cached("SAVEPOINT crm_bulk")?.raw_execute()?;
    let done = work();
    if !matches!(done, Ok(true)) && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO crm_bulk")?.raw_execute()?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE crm_bulk")?.raw_execute()?;
    }
    done
}

/// A prepared statement row by row: as fast as any other way here.
fn insert_rows(
    connection: &Connection,
    insert: &BulkInsert,
    tenant: &Param<'static>,
    values: &[Value<'static>],
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&insert.sql)?;
    for row in values.chunks(insert.types.len().max(1)) {
        bind(&mut statement, std::slice::from_ref(tenant))?;
        bind_values(&mut statement, 2, &mut row.iter())?;
        statement.raw_execute()?;
    }
    Ok(())
}

impl Lease for WriteLease {
    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        Self::with(self, work)
    }
    async fn with_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, EngineError> {
        Self::with_blocking(self, work).await
    }
    async fn commit(self) -> Result<(), EngineError> {
        Self::commit(self).await
    }
}

impl Lease for ReadLease {
    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        Self::with(self, work)
    }
    async fn with_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, EngineError> {
        Self::with_blocking(self, work).await
    }
    async fn commit(self) -> Result<(), EngineError> {
        Ok(())
    }
}

/// The host's connection stays in the host's task.
impl Lease for Joined<'_> {
    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        Self::with(self, work)
    }
    async fn with_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, EngineError> {
        Self::with(self, work)
    }
    async fn commit(self) -> Result<(), EngineError> {
        Self::commit(self)
    }
}
