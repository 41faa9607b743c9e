//! Values as SQLite keeps them.

use crm_core::kernel::{Timestamp, Value};
use crm_store_sql::{Param, SqlType};
use rusqlite::{
    Row, Statement, ToSql,
    types::{ToSqlOutput, Value as Owned, ValueRef},
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Binds parameters, the first to `?1`.
pub(crate) fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    let mut values = params.iter().map(|param| &param.value);
    bind_values(statement, 1, &mut values)
}

/// Binds values, the first to `?first`.
pub(crate) fn bind_values<'v>(
    statement: &mut Statement<'_>,
    first: usize,
    values: &mut dyn Iterator<Item = &'v Value<'v>>,
) -> rusqlite::Result<()> {
    for (i, value) in values.enumerate() {
        statement.raw_bind_parameter(first + i, Bound(value))?;
    }
    Ok(())
}

/// A value of a row. What is none of its type comes back as SQLite has it, and is refused where it
/// can be named.
pub(crate) fn read(
    row: &Row<'_>,
    at: usize,
    sql_type: SqlType,
) -> rusqlite::Result<Value<'static>> {
    Ok(match (row.get_ref(at)?, sql_type) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(n @ 0..=1), SqlType::Bool) => Value::Bool(n == 1),
        (ValueRef::Integer(n), SqlType::Decimal) => Value::Decimal(Decimal::new(n, 4).normalize()),
        (ValueRef::Integer(n), SqlType::Timestamp) => {
            Timestamp::from_micros(n).map_or(Value::Integer(n), Value::Timestamp)
        }
        (ValueRef::Integer(n), _) => Value::Integer(n),
        (ValueRef::Blob(bytes), _) => match Uuid::from_slice(bytes) {
            Ok(uuid) => Value::Uuid(uuid),
            Err(_) => Value::Text(format!("{bytes:?}").into()),
        },
        (ValueRef::Text(bytes), sql_type) => match (std::str::from_utf8(bytes), sql_type) {
            (Ok(text), SqlType::Date) => match text.parse() {
                Ok(day) => Value::Date(day),
                Err(_) => Value::Text(text.to_owned().into()),
            },
            (Ok(text), SqlType::Json) => Value::Json(text.to_owned().into()),
            (Ok(text), _) => Value::Text(text.to_owned().into()),
            // Of the wrong type on purpose, whatever the type is.
            (Err(_), SqlType::Json) => {
                Value::Text(String::from_utf8_lossy(bytes).into_owned().into())
            }
            (Err(_), _) => Value::Json(String::from_utf8_lossy(bytes).into_owned().into()),
        },
        (ValueRef::Real(n), _) => Value::Text(n.to_string().into()),
    })
}

struct Bound<'v>(&'v Value<'v>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Bool(v) => ToSqlOutput::Owned(Owned::Integer((*v).into())),
            Value::Integer(v) => ToSqlOutput::Owned(Owned::Integer(*v)),
            Value::Decimal(v) => ToSqlOutput::Owned(Owned::Integer(units(*v))),
            Value::Text(v) | Value::Json(v) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
            Value::Uuid(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v.as_bytes())),
            Value::Date(v) => ToSqlOutput::Owned(Owned::Text(v.to_string())),
            Value::Timestamp(v) => ToSqlOutput::Owned(Owned::Integer(v.micros())),
            _ => ToSqlOutput::Owned(Owned::Null),
        })
    }
}

/// Units of 10^-4. What a store is given has passed its checks, so it fits.
fn units(mut number: Decimal) -> i64 {
    number.rescale(4);
    i64::try_from(number.mantissa()).unwrap_or(i64::MAX)
}
