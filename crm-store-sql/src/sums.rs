use crm_core::{
    Error, Result,
    kernel::{Entity, Invalid, Sum, Sums, Value},
};

use crate::{
    Param, Reach, Session, SqlType, catalog::Catalog, criteria::Where, read::table, rows::join,
};

/// The groups, in the order of their keys and currencies: the meaning is
/// [`crm_core::kernel::fold`].
pub(crate) async fn sums<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    sums: &Sums<E>,
) -> Result<Vec<Sum>> {
    sums.check()?;
    let table = table::<E>(catalog)?;
    let dialect = session.dialect();
    let found = Where::new(table, dialect, tenant.clone(), &sums.criteria);

    let mut keys: Vec<&str> = Vec::new();
    let mut order = Vec::new();
    let mut types = Vec::new();
    let mut widths = Vec::new();
    for field in &sums.by {
        let columns = table.columns_named::<E>(field.name);
        widths.push(columns.len());
        types.extend(columns.iter().map(|c| c.sql_type));
        keys.extend(columns.iter().map(|c| c.name.as_str()));
        // Money is ordered by its currency first.
        order.extend(columns.iter().rev().map(|c| c.name.as_str()));
    }
    let amount = sums.amount.map(|f| table.columns_named::<E>(f.name)).unwrap_or_default();
    if let [_, currency] = amount {
        keys.push(&currency.name);
        order.push(&currency.name);
        types.push(SqlType::Text);
    }
    let mut select: Vec<String> = keys.iter().map(|k| (*k).to_owned()).collect();
    select.push("count(*)".to_owned());
    types.push(SqlType::Integer);
    if let [amount, _] = amount {
        let (sql, sum_types) = dialect.sum(&amount.name);
        select.push(sql);
        types.extend(sum_types);
    }
    let mut sql = format!("SELECT {} FROM {}{}", select.join(", "), table.name, found.sql);
    if !keys.is_empty() {
        let order: Vec<_> = order.iter().map(|c| format!("{c} ASC NULLS FIRST")).collect();
        // Which rows are meant is found by their own index, not by that of the groups.
        let all = sums.criteria.is_everything();
        let group = keys.iter().map(|k| if all { (*k).to_owned() } else { dialect.unindexed(k) });
        let group: Vec<_> = group.collect();
        sql.push_str(&format!(" GROUP BY {}", group.join(", ")));
        if sums.at_least > 1 {
            let least = i64::try_from(sums.at_least).unwrap_or(i64::MAX);
            sql.push_str(&format!(" HAVING count(*) >= {least}"));
        }
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
        if let Some(most) = sums.first {
            sql.push_str(&format!(" LIMIT {most}"));
        }
    }

    let mut rows = session.query(&sql, found.params, &types, Reach::Long).await?;
    let corrupt = |column: &str, reason: String| Error::Corrupt {
        table: table.name.clone(),
        row: "a sum".to_owned(),
        column: column.to_owned(),
        reason,
    };
    let mut groups = Vec::new();
    for mut row in rows.each() {
        let mut key = Vec::with_capacity(widths.len());
        for (field, width) in sums.by.iter().zip(&widths) {
            let (columns, rest) = row.split_at_mut_checked(*width).unwrap_or_default();
            key.push(join(columns).map_err(|reason| corrupt(field.name, reason))?);
            row = rest;
        }
        let (codes, row) =
            row.split_at_checked(usize::from(!amount.is_empty())).unwrap_or_default();
        let currency = match codes {
            [Value::Text(code)] => {
                Some(code.parse().map_err(|e| corrupt("currency", format!("{e}")))?)
            }
            _ => None,
        };
        let Some((Value::Integer(count), parts)) = row.split_first() else { continue };
        if *count == 0 || count.unsigned_abs() < sums.at_least || sums.first == Some(0) {
            continue;
        }
        let sum = match amount {
            [_, _] => dialect.read_sum(parts).ok_or_else(|| {
                let field = sums.amount.map_or("amount", |f| f.name);
                Error::Invalid(Invalid::field::<E>(field, "the sum is beyond 28 digits"))
            })?,
            _ => rust_decimal::Decimal::ZERO,
        };
        groups.push(Sum { key, currency, count: count.unsigned_abs(), amount: sum.normalize() });
    }
    Ok(groups)
}
