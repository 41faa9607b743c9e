//! Inserts of many rows: an array for each column, in chunks. About half as many a second as
//! `COPY`, and seven times as many as row by row.

use std::borrow::Cow;

use crm_core::kernel::Value;
use crm_store_sql::{Param, SqlType};
use sqlx::{Arguments, error::BoxDynError, postgres::PgArguments};

use crate::arguments::{JsonText, arguments};

/// So many rows go in one statement at the most.
const MOST_ROWS: usize = 2_000;
/// So many bytes of text, if that is more than one row: a message has its limits.
const MOST_BYTES: usize = 8 << 20;

/// The rows that go in one statement each.
pub(crate) fn chunks<'r>(
    mut values: &'r [Value<'static>],
    width: usize,
) -> impl Iterator<Item = &'r [Value<'static>]> {
    let width = width.max(1);
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let rows = values
            .chunks(width)
            .take(MOST_ROWS)
            .take_while(|row| {
                let first = bytes == 0;
                bytes += row.iter().map(size).sum::<usize>() + 1;
                first || bytes <= MOST_BYTES
            })
            .count();
        let (chunk, rest) = values.split_at_checked(rows * width).unwrap_or((values, &[]));
        values = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}

const fn size(value: &Value<'static>) -> usize {
    match value {
        Value::Text(Cow::Borrowed(text)) | Value::Json(Cow::Borrowed(text)) => text.len(),
        Value::Text(Cow::Owned(text)) | Value::Json(Cow::Owned(text)) => text.len(),
        _ => 16,
    }
}

/// The parameters: the tenant, then an array for each column.
pub(crate) fn columns(
    types: &[SqlType],
    tenant: Param<'static>,
    rows: &[Value<'static>],
) -> Result<PgArguments, BoxDynError> {
    let mut all = arguments(vec![tenant])?;
    let width = types.len().max(1);
    for (at, sql_type) in types.iter().enumerate() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_have_whole_rows_and_bounded_size() {
        let large = "x".repeat(MOST_BYTES / 3);
        let row = || [Value::Integer(1), Value::Text(large.clone().into())];
        let values: Vec<_> = (0..7).flat_map(|_| row()).collect();
        let sizes: Vec<_> = chunks(&values, 2).map(<[_]>::len).collect();
        assert_eq!(sizes, [4, 4, 4, 2]);
        let small = vec![Value::Null; 2 * MOST_ROWS + 2];
        let sizes: Vec<_> = chunks(&small, 2).map(<[_]>::len).collect();
        assert_eq!(sizes, [2 * MOST_ROWS, 2]);
    }
}
