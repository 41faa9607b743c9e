use std::sync::Arc;

use async_trait::async_trait;
use crm_core::{
    Error,
    kernel::{KeptAmounts, Value},
};
use crm_store_sql::{
    BulkInsert, BulkUpdate, Dialect, Param, Reach, Rows, Session, SessionError, SqlType, Union,
};
use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Row, Transaction,
    postgres::{PgArguments, PgRow},
};

use crate::{
    arguments::{arguments, read},
    bulk,
    dialect::{Postgres, element},
    error::{argument, commit, error, is_refusal},
    known::{Known, LARGE},
};

/// A connection within a transaction of ours, or within a savepoint in the host's.
pub(crate) struct PostgresSession<'c> {
    transaction: Transaction<'c, sqlx::Postgres>,
    prepared: bool,
    known: Arc<Known>,
    /// A statement failed or was given up: the server would take a commit for a rollback, and say
    /// that all is well.
    spoiled: bool,
    /// Tables that many rows were put into.
    filled: Vec<String>,
}

impl<'c> PostgresSession<'c> {
    pub(crate) const fn new(
        transaction: Transaction<'c, sqlx::Postgres>,
        prepared: bool,
        known: Arc<Known>,
    ) -> Self {
        Self { transaction, prepared, known, spoiled: false, filled: Vec::new() }
    }

    async fn rows(&mut self, sql: String, params: Vec<Param<'_>>) -> Result<Vec<PgRow>, Error> {
        let arguments = arguments(params).map_err(argument)?;
        self.start()?;
        let rows = statement(sql, arguments, self.prepared)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(error)?;
        self.spoiled = false;
        Ok(rows)
    }

    /// Before each statement: the session counts as spoiled until the statement is over.
    fn start(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.spoiled, true) {
            return Err(Error::Unavailable {
                what: "an earlier statement of this unit of work failed or was given up: nothing \
                       of it is written, run it again"
                    .to_owned(),
                retryable: true,
                source: None,
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Session for PostgresSession<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        &Postgres
    }

    async fn query(
        &mut self,
        sql: &str,
        params: Vec<Param<'_>>,
        columns: &[SqlType],
        _reach: Reach,
    ) -> Result<Rows, Error> {
        let rows = self.rows(sql.to_owned(), params).await?;
        let mut answer =
            Rows { width: columns.len(), values: Vec::with_capacity(rows.len() * columns.len()) };
        for row in &rows {
            for (at, sql_type) in columns.iter().enumerate() {
                answer.values.push(read(row, at, *sql_type).map_err(error)?);
            }
        }
        Ok(answer)
    }

    async fn amounts(&mut self, sql: &str, params: Vec<Param<'_>>) -> Result<KeptAmounts, Error> {
        let arguments = arguments(params).map_err(argument)?;
        self.start()?;
        let mut answer = KeptAmounts::default();
        let statement = statement(sql.to_owned(), arguments, self.prepared);
        let mut rows = statement.fetch(&mut *self.transaction);
        while let Some(row) = rows.try_next().await.map_err(error)? {
            let whose = row.try_get(0).map_err(error)?;
            match row.try_get(1).map_err(error)? {
                Some(units) => answer.plain.push((whose, units)),
                None => answer.other.push(whose),
            }
        }
        drop(rows);
        self.spoiled = false;
        Ok(answer)
    }

    async fn execute(&mut self, sql: &str, params: Vec<Param<'_>>) -> Result<u64, SessionError> {
        let arguments = arguments(params).map_err(argument)?;
        self.start()?;
        let done = statement(sql.to_owned(), arguments, self.prepared)
            .execute(&mut *self.transaction)
            .await;
        let done = done.map_err(error)?;
        self.spoiled = false;
        Ok(done.rows_affected())
    }

    async fn insert_bulk(
        &mut self,
        insert: &BulkInsert,
        tenant: Param<'static>,
        values: Vec<Value<'static>>,
    ) -> Result<(), SessionError> {
        self.start()?;
        let large = values.len() / insert.types.len().max(1) >= LARGE;
        if !insert.refusable {
            let done = insert_rows(&mut self.transaction, insert, &tenant, &values, self.prepared);
            done.await?.map_err(error)?;
            self.spoiled = false;
            self.filled.extend(large.then(|| insert.table.clone()));
            return Ok(());
        }
        // A refused statement spoils the transaction up to the last savepoint.
        let mut inner = self.transaction.begin().await.map_err(error)?;
        let done = match insert_rows(&mut inner, insert, &tenant, &values, self.prepared).await? {
            Ok(()) => {
                inner.commit().await.map_err(error)?;
                self.filled.extend(large.then(|| insert.table.clone()));
                Ok(())
            }
            Err(refused) if is_refusal(&refused) => {
                inner.rollback().await.map_err(error)?;
                Err(SessionError::Constraint)
            }
            Err(other) => return Err(error(other).into()),
        };
        self.spoiled = false;
        done
    }

    async fn update_bulk(
        &mut self,
        update: &BulkUpdate,
        tenant: Param<'static>,
        values: Vec<Value<'static>>,
    ) -> Result<(), SessionError> {
        self.start()?;
        let mut inner = self.transaction.begin().await.map_err(error)?;
        let (width, mut all) = (update.types.len().max(1), true);
        for rows in bulk::chunks(&values, width) {
            let columns = bulk::columns(&update.types, tenant.clone(), rows).map_err(argument)?;
            let done =
                statement(update.sql.clone(), columns, self.prepared).execute(&mut *inner).await;
            all = match done {
                Ok(done) => done.rows_affected() == (rows.len() / width) as u64,
                Err(refused) if is_refusal(&refused) => false,
                Err(other) => return Err(error(other).into()),
            };
            if !all {
                break;
            }
        }
        let ended = if all { inner.commit().await } else { inner.rollback().await };
        ended.map_err(error)?;
        self.spoiled = false;
        if all { Ok(()) } else { Err(SessionError::Constraint) }
    }

    fn union(&mut self) -> Option<&mut dyn Union> {
        Some(self)
    }

    async fn commit(mut self: Box<Self>) -> Result<(), Error> {
        self.start()?;
        self.transaction.commit().await.map_err(commit)?;
        self.known.after_commit(self.filled).await;
        Ok(())
    }
}

#[async_trait]
impl Union for PostgresSession<'_> {
    fn type_name(&self, sql_type: SqlType) -> &'static str {
        element(sql_type)
    }

    fn start_of_day(&self, column: &str) -> String {
        format!("CAST({column} AS timestamp) AT TIME ZONE 'UTC'")
    }

    fn is_among(&self, column: &str, select: &str) -> String {
        format!("{column} = ANY (ARRAY({select}))")
    }

    async fn query(
        &mut self,
        sql: String,
        params: Vec<Param<'_>>,
        lists: &[Vec<(usize, SqlType)>],
    ) -> Result<Vec<Rows>, Error> {
        let rows = self.rows(sql, params).await?;
        let mut of = Vec::with_capacity(rows.len());
        for row in &rows {
            match read(row, 0, SqlType::Integer).map_err(error)? {
                Value::Integer(list) => of.push(usize::try_from(list).unwrap_or(usize::MAX)),
                _ => of.push(usize::MAX),
            }
        }
        let answer = |(list, columns): (usize, &Vec<_>)| {
            let many = of.iter().filter(|of| **of == list).count();
            Rows { width: columns.len(), values: Vec::with_capacity(many * columns.len()) }
        };
        let mut answers: Vec<_> = lists.iter().enumerate().map(answer).collect();
        for (row, list) in rows.iter().zip(of) {
            let (Some(columns), Some(answer)) = (lists.get(list), answers.get_mut(list)) else {
                continue;
            };
            for (at, sql_type) in columns {
                answer.values.push(read(row, *at, *sql_type).map_err(error)?);
            }
        }
        Ok(answers)
    }
}

async fn insert_rows(
    connection: &mut PgConnection,
    insert: &BulkInsert,
    tenant: &Param<'static>,
    values: &[Value<'static>],
    prepared: bool,
) -> Result<Result<(), sqlx::Error>, Error> {
    for rows in bulk::chunks(values, insert.types.len()) {
        let columns = bulk::columns(&insert.types, tenant.clone(), rows).map_err(argument)?;
        let done = statement(insert.sql.clone(), columns, prepared).execute(&mut *connection).await;
        if let Err(failed) = done {
            return Ok(Err(failed));
        }
    }
    Ok(Ok(()))
}

/// Every text comes from this library: names of tables and columns, operators, numbered parameters.
fn statement(
    sql: String,
    arguments: PgArguments,
    prepared: bool,
) -> sqlx::query::Query<'static, sqlx::Postgres, PgArguments> {
    sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(prepared)
}
