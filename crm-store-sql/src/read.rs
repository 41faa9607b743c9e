use crm_core::{
    Error, Result,
    kernel::{Criteria, Entity, Id, Invalid, Kind, Op, OrderBy, Page, Query, Stored, Test, Value},
};
use uuid::Uuid;

use crate::{
    Dialect, Param, Reach, Rows, Session, SqlType,
    catalog::{Catalog, Table},
    criteria::Where,
    order, rows,
};

/// Pages up to this long are read in the caller's task.
const SHORT_PAGE: u32 = 100;

/// The record with this id.
pub(crate) async fn get<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    id: Id<E>,
) -> Result<Option<Stored<E>>> {
    let table = table::<E>(catalog)?;
    let params = vec![tenant.clone(), Param::uuid(id.uuid())];
    let rows = session.query(&table.get, params, &table.types, Reach::Short).await?;
    Ok(rows::records(table, rows)?.pop())
}

/// A page of records.
pub(crate) async fn find<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    query: &Query<E>,
) -> Result<Page<E>> {
    let table = table::<E>(catalog)?;
    let params = vec![tenant.clone()];
    let limit = query.limit.saturating_add(1);
    let (list, params) = listing(table, session.dialect(), params, query, limit)?;
    let sql = format!("{}{list}", table.select);
    let everything = matches!(&query.criteria, Criteria::All(list) if list.is_empty());
    let narrow = (everything && query.order.is_empty()) || narrow(&query.criteria, &query.order);
    let short = (narrow && query.limit <= SHORT_PAGE) || few(&query.criteria);
    let reach = if short { Reach::Short } else { Reach::Long };
    let rows = session.query(&sql, params, &table.types, reach).await?;
    Ok(page(query, rows::records(table, rows)?))
}

/// What follows the table's name to list so many records, and the parameters behind those given.
pub(crate) fn listing<E: Entity>(
    table: &Table,
    dialect: &'static dyn Dialect,
    params: Vec<Param<'static>>,
    query: &Query<E>,
    limit: u32,
) -> Result<(String, Vec<Param<'static>>)> {
    let after = query.check()?;
    let order = query.full_order();
    let mut found = Where::beside(table, dialect, params, &query.criteria);
    if let Some(values) = after {
        found.after(&order, values, &query.criteria);
    }
    let unindexed = order::led_elsewhere(table, query).then_some(dialect);
    let limit = found.bind(Param::integer(limit.into()));
    let order = order::by(table, &order, unindexed);
    let sql = format!("{}{order} LIMIT {limit}", found.sql);
    Ok((sql, found.params))
}

/// The page that these records make: one more than asked for tells whether there is a next one.
pub(crate) fn page<E: Entity>(query: &Query<E>, mut items: Vec<Stored<E>>) -> Page<E> {
    let more = items.len() > query.limit as usize;
    items.truncate(query.limit as usize);
    let next = items.last().filter(|_| more).map(|last| query.cursor_after(last));
    Page { items, next }
}

/// How many records match.
pub(crate) async fn count<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    criteria: &Criteria<E>,
) -> Result<u64> {
    criteria.check()?;
    let table = table::<E>(catalog)?;
    let found = Where::new(table, session.dialect(), tenant.clone(), criteria);
    let sql = format!("SELECT count(*) FROM {}{}", table.name, found.sql);
    let rows = session.query(&sql, found.params, &[SqlType::Integer], Reach::Long).await?;
    match rows.first() {
        Some(Value::Integer(count)) => Ok(count.unsigned_abs()),
        _ => Ok(0),
    }
}

/// Whether at most as many records are asked for, by their ids, as a short page has.
fn few<E: Entity>(criteria: &Criteria<E>) -> bool {
    match criteria {
        Criteria::All(list) => list.iter().any(few),
        Criteria::OneOf(field, ids) => field.name == "id" && ids.len() <= SHORT_PAGE as usize,
        _ => false,
    }
}

/// Whether an index leads to a page at once: the one record with a key, or the records that name
/// another, in the order of their ids or of time.
fn narrow<E: Entity>(criteria: &Criteria<E>, order: &[OrderBy<E>]) -> bool {
    match criteria {
        Criteria::All(list) => list.iter().any(|one| narrow(one, order)),
        Criteria::Test(Test { field, op: Op::Eq, .. }) => {
            let by_time = |by: &OrderBy<E>| matches!(by.field.kind, Kind::Date | Kind::Timestamp);
            field.name == "id"
                || E::UNIQUE.contains(&field.name)
                || (field.refers_to.is_some() && order.first().is_none_or(by_time))
        }
        _ => false,
    }
}

/// The table of an entity that is one of ours.
pub(crate) fn table<E: Entity>(catalog: &Catalog) -> Result<&Table> {
    catalog.table::<E>().ok_or_else(|| {
        Error::Invalid(Invalid::field::<E>("id", "this store does not keep this kind of entity"))
    })
}

/// The ids of records that are there; `rest` follows the condition.
pub(crate) async fn ids_among(
    session: &mut dyn Session,
    table: &str,
    tenant: &Param<'static>,
    ids: &[Uuid],
    rest: &str,
) -> Result<Rows> {
    let dialect = session.dialect();
    let mark = dialect.mark();
    let mut params = vec![tenant.clone()];
    let values: Vec<_> = ids.iter().map(|id| Value::Uuid(*id)).collect();
    let among = dialect.one_of("id", true, SqlType::Uuid, &values, &mut |param| {
        params.push(param);
        format!("{mark}{}", params.len())
    });
    let sql = format!("SELECT id FROM {table} WHERE tenant_id = {mark}1 AND {among} {rest}");
    session.query(&sql, params, &[SqlType::Uuid], Reach::Short).await
}
