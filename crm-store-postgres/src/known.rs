use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use sqlx::{AssertSqlSafe, Executor, PgPool};

/// From so many rows on, a table should have statistics.
pub(crate) const LARGE: usize = 500;

/// The tables of which the server knows how they are filled.
///
/// Without statistics the server takes any index that begins with the tenant for a key, also in the
/// cached plans that check references: an import into an empty database then takes twenty times as
/// long, until the server looks by itself, which may be a minute later.
#[derive(Debug)]
pub(crate) struct Known {
    pool: PgPool,
    tables: Mutex<HashSet<String>>,
}

impl Known {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, tables: Mutex::default() }
    }

    /// After a commit: has the tables looked at that were filled and never looked at. It only makes
    /// things faster, so nobody is told when it fails.
    pub(crate) async fn after_commit(&self, filled: Vec<String>) {
        for table in filled {
            let new =
                self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(table.clone());
            if new {
                let _ = self.analyze(&table).await;
            }
        }
    }

    async fn analyze(&self, table: &str) -> Result<(), sqlx::Error> {
        let Some(mut connection) = self.pool.try_acquire() else { return Ok(()) };
        // Before PostgreSQL 14 a table that was never looked at has 0 here.
        let known = "SELECT reltuples > 0 FROM pg_class WHERE oid = to_regclass($1)";
        let known: Option<bool> = sqlx::query_scalar(known)
            .bind(table)
            .persistent(false)
            .fetch_optional(&mut *connection)
            .await?;
        if known == Some(false) {
            connection.execute(AssertSqlSafe(format!("ANALYZE {table}"))).await?;
        }
        Ok(())
    }
}
