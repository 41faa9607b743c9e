//! What runs with classes keep of customers: pages beside the run, by its id and the last customer of each.

use crm_core::{
    Error, Result,
    customer::Customer,
    kernel::{Id, Value, check_limit},
    value::CustomerClass,
    value_run::ValueRun,
};

use crate::{
    BulkInsert, Dialect, Param, Reach, Session, SqlType,
    catalog::{Catalog, qualified},
    class_page,
};

const TABLE: &str = "value_run_classes";
const COLUMNS: [(&str, SqlType); 4] = [
    ("run_id", SqlType::Uuid),
    ("last_id", SqlType::Uuid),
    ("first_id", SqlType::Uuid),
    ("classes", SqlType::Text),
];
/// So many pages are read with one statement.
const AT_ONCE: usize = 50;

/// How they are written.
pub(crate) fn insert(schema: Option<&str>, dialect: &dyn Dialect) -> BulkInsert {
    let constants = [("tenant_id", format!("{}1", dialect.mark()))];
    BulkInsert::new(qualified(schema, TABLE), &constants, &COLUMNS, true, dialect)
}

/// Keeps them after those that are there, or none where they do not follow on them.
pub(crate) async fn keep(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    run: Id<ValueRun>,
    classes: &[CustomerClass],
) -> Result<()> {
    let params = vec![tenant.clone(), Param::uuid(run.uuid())];
    let rest = " ORDER BY last_id DESC LIMIT 1";
    let last = ids(session, catalog, rest, params, Reach::Short).await?.pop();
    CustomerClass::follow(last, classes)?;
    let mut values = Vec::with_capacity(classes.len().div_ceil(class_page::MOST) * COLUMNS.len());
    for page in classes.chunks(class_page::MOST) {
        let ends = page.first().zip(page.last());
        values.extend(ends.into_iter().flat_map(|(first, last)| {
            [
                Value::Uuid(run.uuid()),
                Value::Uuid(last.customer.uuid()),
                Value::Uuid(first.customer.uuid()),
                Value::Text(class_page::pack(page).into()),
            ]
        }));
    }
    Ok(session.insert_bulk(&catalog.classes, tenant.clone(), values).await?)
}

/// Those after a customer.
pub(crate) async fn after(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    run: Id<ValueRun>,
    (mut after, limit): (Option<Id<Customer>>, u32),
) -> Result<Vec<CustomerClass>> {
    check_limit("run_classes", limit)?;
    let (mark, limit) = (session.dialect().mark(), limit as usize);
    // One more, as the first page may end soon after.
    let pages = limit / class_page::MOST + 2;
    let mut found = Vec::new();
    loop {
        let mut params = vec![tenant.clone(), Param::uuid(run.uuid())];
        params.push(Param::integer(i64::try_from(pages).unwrap_or(i64::MAX)));
        let condition = after.map(|after| {
            params.push(Param::uuid(after.uuid()));
            format!(" AND last_id > {mark}4")
        });
        let rest = format!("{} ORDER BY last_id LIMIT {mark}3", condition.unwrap_or_default());
        let read = self::pages(session, catalog, &rest, params).await?;
        let all = read.len() < pages;
        for page in read {
            let from = page.partition_point(|one| Some(one.customer) <= after);
            found.extend(page.into_iter().skip(from).take(limit - found.len()));
        }
        after = found.last().map(|one| one.customer);
        if all || found.len() == limit {
            return Ok(found);
        }
    }
}

/// Those of these customers.
pub(crate) async fn of(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    run: Id<ValueRun>,
    customers: &[Id<Customer>],
) -> Result<Vec<CustomerClass>> {
    let dialect = session.dialect();
    let mark = dialect.mark();
    let mut asked = customers.to_vec();
    asked.sort_unstable();
    let (Some(least), Some(most)) = (asked.first(), asked.last()) else { return Ok(Vec::new()) };
    let whose = [run.uuid(), least.uuid(), most.uuid()].map(Param::uuid);
    let params = std::iter::once(tenant.clone()).chain(whose).collect();
    let rest = format!(" AND last_id >= {mark}3 AND first_id <= {mark}4 ORDER BY last_id");
    let ends = ids(session, catalog, &rest, params, Reach::Long).await?;
    let page_of = |id: &Id<Customer>| ends.get(ends.partition_point(|end| end < id)).copied();
    let mut needed: Vec<_> = asked.iter().filter_map(page_of).collect();
    needed.dedup();
    let mut found = Vec::new();
    for some in needed.chunks(AT_ONCE) {
        let mut params = vec![tenant.clone(), Param::uuid(run.uuid())];
        let some: Vec<_> = some.iter().map(|id| Value::Uuid(id.uuid())).collect();
        let these = dialect.one_of("last_id", true, SqlType::Uuid, &some, &mut |param| {
            params.push(param);
            format!("{mark}{}", params.len())
        });
        let rest = format!(" AND {these} ORDER BY last_id");
        for page in pages(session, catalog, &rest, params).await? {
            found.extend(page.into_iter().filter(|one| asked.binary_search(&one.customer).is_ok()));
        }
    }
    Ok(found)
}

/// Pages. The tenant and the run are the first parameters.
async fn pages(
    session: &mut dyn Session,
    catalog: &Catalog,
    rest: &str,
    params: Vec<Param<'static>>,
) -> Result<Vec<Vec<CustomerClass>>> {
    let sql = select("classes", session, catalog, rest);
    let rows = session.query(&sql, params, &[SqlType::Text], Reach::Long).await?;
    let page = |value: &Value<'_>| match value {
        Value::Text(page) => Ok(class_page::unpack(page)?),
        _ => Err(class_page::unreadable().into()),
    };
    rows.values.iter().map(page).collect()
}

/// The last customers of pages.
async fn ids(
    session: &mut dyn Session,
    catalog: &Catalog,
    rest: &str,
    params: Vec<Param<'static>>,
    reach: Reach,
) -> Result<Vec<Id<Customer>>> {
    let sql = select("last_id", session, catalog, rest);
    let rows = session.query(&sql, params, &[SqlType::Uuid], reach).await?;
    let id = |value: &Value<'_>| match value {
        Value::Uuid(id) => Ok(Id::new(*id)),
        _ => Err(Error::from(class_page::unreadable())),
    };
    rows.values.iter().map(id).collect()
}

fn select(column: &str, session: &dyn Session, catalog: &Catalog, rest: &str) -> String {
    let mark = session.dialect().mark();
    let table = &catalog.classes.table;
    format!("SELECT {column} FROM {table} WHERE tenant_id = {mark}1 AND run_id = {mark}2{rest}")
}
