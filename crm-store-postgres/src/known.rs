use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use crm_core::Result;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::error::error;

/// From so many rows on, a table should have statistics.
const LARGE: usize = 500;

/// The tables of which the server knows how they are filled.
///
/// Without statistics the server takes any index that begins with the tenant for a key, also in the
/// cached plans that check references: an import into an empty database then takes twenty times as
/// long, until the server looks by itself, which may be a minute later.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashSet<String>>);

impl Known {
    /// After an insert of many rows: has the table looked at, if it never was.
    pub(crate) async fn after_insert(
        &self,
        connection: &mut PgConnection,
        table: &str,
        rows: usize,
    ) -> Result<()> {
        if rows < LARGE
            || !self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(table.into())
        {
            return Ok(());
        }
        let never: Option<bool> =
            sqlx::query_scalar("SELECT reltuples < 0 FROM pg_class WHERE oid = to_regclass($1)")
                .bind(table)
                .persistent(false)
                .fetch_optional(&mut *connection)
                .await
                .map_err(error)?;
        if never == Some(true) {
            let analyze = AssertSqlSafe(format!("ANALYZE {table}"));
            connection.execute(analyze).await.map_err(error)?;
        }
        Ok(())
    }
}
