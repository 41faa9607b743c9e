//! In which order records are listed, and what leads to them.

use std::collections::BTreeSet;

use crm_core::kernel::{Criteria, Entity, Op, OrderBy, Query, Test};

use crate::{Dialect, catalog::Table};

/// ` ORDER BY` this order; `unindexed` where other columns lead to the rows.
pub(crate) fn by<E: Entity>(
    table: &Table,
    order: &[OrderBy<E>],
    unindexed: Option<&dyn Dialect>,
) -> String {
    let mut sql = String::new();
    for by in order {
        for column in table.columns_named::<E>(by.field.name).iter().rev() {
            sql.push_str(if sql.is_empty() { " ORDER BY " } else { ", " });
            match unindexed {
                Some(dialect) => sql.push_str(&dialect.unindexed(&column.name)),
                None => sql.push_str(&column.name),
            }
            sql.push_str(match (column.nullable, by.descending) {
                (false, false) => "",
                (false, true) => " DESC",
                (true, false) => " ASC NULLS FIRST",
                (true, true) => " DESC NULLS LAST",
            });
        }
    }
    sql
}

/// Whether an index leads to few rows that are better sorted than found by walking along the order.
pub(crate) fn led_elsewhere<E: Entity>(table: &Table, query: &Query<E>) -> bool {
    let by = &table.indexes.in_other_order;
    among_others(&query.criteria) || (query.order.is_empty() && names_one(by, &query.criteria))
}

/// Whether records are asked for that name one of several others: their index leads to few rows.
fn among_others<E: Entity>(criteria: &Criteria<E>) -> bool {
    match criteria {
        Criteria::All(list) => list.iter().any(among_others),
        Criteria::OneOf(field, _) => field.refers_to.is_some() && field.name != "id",
        _ => false,
    }
}

/// Whether records are asked for that name another by one of these columns.
pub(crate) fn names_one<E: Entity>(by: &BTreeSet<&str>, criteria: &Criteria<E>) -> bool {
    match criteria {
        Criteria::All(list) => list.iter().any(|one| names_one(by, one)),
        Criteria::Test(Test { field, op: Op::Eq, .. }) => by.contains(field.name),
        _ => false,
    }
}
