//! Between entities and rows.

use crm_core::{
    Error,
    kernel::{Entity, Money, Row, Stored, Value},
};

use crate::{Param, Rows, SqlType, Table, catalog::Column};

/// A value as the parameters of its columns.
pub(crate) fn spread<'v>(
    columns: &[Column],
    value: Value<'v>,
    mut push: impl FnMut(SqlType, Value<'v>),
) {
    match (columns, value) {
        ([amount, currency], Value::Money(money)) => {
            push(amount.sql_type, Value::Decimal(money.amount()));
            push(currency.sql_type, Value::text(money.currency().code()));
        }
        ([amount, currency], _) => {
            push(amount.sql_type, Value::Null);
            push(currency.sql_type, Value::Null);
        }
        ([one, ..], value) => push(one.sql_type, value),
        ([], _) => {}
    }
}

/// The parameters of a whole record, after the tenant.
pub(crate) fn params<'e, E: Entity>(table: &Table, entity: &'e E, out: &mut Vec<Param<'e>>) {
    for (i, field) in E::FIELDS.iter().enumerate() {
        spread(table.columns_of(i), (field.get)(entity), |sql_type, value| {
            out.push(Param::new(sql_type, value));
        });
    }
}

/// The values of a whole record, owned.
pub(crate) fn values<E: Entity>(table: &Table, entity: &E, out: &mut Vec<Value<'static>>) {
    for (i, field) in E::FIELDS.iter().enumerate() {
        spread(table.columns_of(i), (field.get)(entity), |_, value| out.push(value.into_owned()));
    }
}

/// The records in rows of the version and all columns.
pub(crate) fn records<E: Entity>(table: &Table, mut rows: Rows) -> Result<Vec<Stored<E>>, Error> {
    let mut records = Vec::with_capacity(rows.values.len() / rows.width.max(1));
    for row in rows.each() {
        records.push(record(table, row)?);
    }
    Ok(records)
}

fn record<E: Entity>(table: &Table, row: &mut [Value<'static>]) -> Result<Stored<E>, Error> {
    let id = match row.get(1) {
        Some(Value::Uuid(id)) => Some(*id),
        _ => None,
    };
    let corrupt = |column: &str, reason: String| Error::Corrupt {
        table: table.name.clone(),
        row: id.map(|id| id.to_string()).unwrap_or_default(),
        column: column.to_owned(),
        reason,
    };
    let Some((Value::Integer(version), columns)) = row.split_first_mut() else {
        return Err(corrupt("version", "it is not a whole number".to_owned()));
    };
    let version =
        u64::try_from(*version).map_err(|_| corrupt("version", "it is negative".to_owned()))?;
    if !table.plain {
        // In place: a field never stands before its first column.
        for (i, field) in E::FIELDS.iter().enumerate() {
            let start = table.starts.get(i).copied().unwrap_or_default();
            let width = table.columns_of(i).len();
            if width == 1 {
                if i != start && start < columns.len() {
                    columns.swap(i, start);
                }
                continue;
            }
            let values = columns.get_mut(start..start + width).unwrap_or_default();
            let joined = join(values).map_err(|reason| corrupt(field.name, reason))?;
            if let Some(place) = columns.get_mut(i) {
                *place = joined;
            }
        }
    }
    let loaded = E::load(&mut Row::new(columns));
    loaded.map(|e| Stored::loaded(e, version)).map_err(|e| corrupt(&e.field, e.reason))
}

/// The value that columns make together.
pub(crate) fn join(columns: &mut [Value<'static>]) -> Result<Value<'static>, String> {
    match columns {
        [one] => Ok(std::mem::replace(one, Value::Null)),
        [Value::Null, Value::Null] => Ok(Value::Null),
        [Value::Decimal(amount), Value::Text(code)] => {
            let money = code
                .parse()
                .map_err(|e| format!("{e}"))
                .and_then(|currency| Money::new(*amount, currency).map_err(|e| e.to_string()));
            money.map(Value::Money)
        }
        other => Err(format!("{other:?} is not an amount with its currency")),
    }
}
