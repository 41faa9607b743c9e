//! Inserts of many rows: an array for each column, in chunks. About half as many a second as
//! `COPY`, and seven times as many as row by row.

use crm_core::kernel::Value;
use crm_store_sql::{BulkInsert, Param, SqlType};
use sqlx::{Arguments, error::BoxDynError, postgres::PgArguments};

use crate::arguments::{JsonText, arguments};

/// So many rows go in one statement.
pub(crate) const CHUNK: usize = 2_000;

/// The parameters: the tenant, then an array for each column.
pub(crate) fn columns(
    insert: &BulkInsert,
    tenant: Param<'static>,
    rows: &[Value<'static>],
) -> Result<PgArguments, BoxDynError> {
    let mut all = arguments(vec![tenant])?;
    let width = insert.types.len().max(1);
    for (at, sql_type) in insert.types.iter().enumerate() {
        let column = rows.iter().skip(at).step_by(width);
        match sql_type {
            SqlType::Bool => all.add(list(column, |v| match v {
                Value::Bool(v) => Some(*v),
                _ => None,
            }))?,
            SqlType::Integer => all.add(list(column, |v| match v {
                Value::Integer(v) => Some(*v),
                _ => None,
            }))?,
            SqlType::Decimal => all.add(list(column, |v| match v {
                Value::Decimal(v) => Some(*v),
                _ => None,
            }))?,
            SqlType::Uuid => all.add(list(column, |v| match v {
                Value::Uuid(v) => Some(*v),
                _ => None,
            }))?,
            SqlType::Date => all.add(list(column, |v| match v {
                Value::Date(v) => Some(*v),
                _ => None,
            }))?,
            SqlType::Timestamp => all.add(list(column, |v| match v {
                Value::Timestamp(v) => Some(v.to_datetime()),
                _ => None,
            }))?,
            SqlType::Json => all.add(list(column, |v| match v {
                Value::Json(v) => Some(JsonText(v.to_string())),
                _ => None,
            }))?,
            _ => all.add(list(column, |v| match v {
                Value::Text(v) => Some(v.as_ref()),
                _ => None,
            }))?,
        }
    }
    Ok(all)
}

fn list<'v, T>(
    column: impl Iterator<Item = &'v Value<'static>>,
    value: impl Fn(&'v Value<'static>) -> Option<T>,
) -> Vec<Option<T>> {
    column.map(value).collect()
}
