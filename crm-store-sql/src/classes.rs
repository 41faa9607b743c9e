//! What runs with classes keep of customers: narrow rows beside the run, by its id and theirs.

use crm_core::{
    Error, Result,
    customer::Customer,
    kernel::{Entity, Id, Invalid, Value, check_limit},
    value::{CustomerClass, ValueClass, of_units, to_units},
    value_run::ValueRun,
};

use crate::{
    BulkInsert, Dialect, Param, Reach, Rows, Session, SessionError, SqlType,
    catalog::{Catalog, qualified},
};

const TABLE: &str = "value_run_class";
const COLUMNS: [(&str, SqlType); 4] = [
    ("run_id", SqlType::Uuid),
    ("customer_id", SqlType::Uuid),
    ("value", SqlType::Decimal),
    ("class", SqlType::Text),
];
/// So many customers are looked up with one statement.
const AT_ONCE: usize = 1_000;

/// How they are written.
pub(crate) fn insert(schema: Option<&str>, dialect: &dyn Dialect) -> BulkInsert {
    let constants = [("tenant_id", format!("{}1", dialect.mark()))];
    BulkInsert::new(qualified(schema, TABLE), &constants, &COLUMNS, true, dialect)
}

/// Keeps them, or none where one is there already.
pub(crate) async fn keep(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    run: Id<ValueRun>,
    classes: Vec<CustomerClass>,
) -> Result<()> {
    let mut values = Vec::with_capacity(classes.len() * COLUMNS.len());
    for CustomerClass { customer, units, class } in classes {
        values.extend([
            Value::Uuid(run.uuid()),
            Value::Uuid(customer.uuid()),
            Value::Decimal(of_units(units.into())),
            Value::text(class.as_str()),
        ]);
    }
    match session.insert_bulk(&catalog.classes, tenant.clone(), values).await {
        Err(SessionError::Constraint) => {
            Err(Error::Duplicate { entity: ValueRun::KIND, field: "customer_id" })
        }
        answer => Ok(answer?),
    }
}

/// Those after a customer.
pub(crate) async fn after(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    run: Id<ValueRun>,
    (after, limit): (Option<Id<Customer>>, u32),
) -> Result<Vec<CustomerClass>> {
    check_limit("run_classes", limit)?;
    let mark = session.dialect().mark();
    let mut params = vec![tenant.clone(), Param::uuid(run.uuid()), Param::integer(limit.into())];
    let mut condition = String::new();
    if let Some(after) = after {
        params.push(Param::uuid(after.uuid()));
        condition = format!(" AND customer_id > {mark}4");
    }
    let rest = format!("{condition} ORDER BY customer_id LIMIT {mark}3");
    read(session, catalog, &rest, params).await
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
    let mut found = Vec::new();
    for some in customers.chunks(AT_ONCE) {
        let mut params = vec![tenant.clone(), Param::uuid(run.uuid())];
        let ids: Vec<_> = some.iter().map(|id| Value::Uuid(id.uuid())).collect();
        let these = dialect.one_of("customer_id", true, SqlType::Uuid, &ids, &mut |param| {
            params.push(param);
            format!("{}{}", dialect.mark(), params.len())
        });
        found.extend(read(session, catalog, &format!(" AND {these}"), params).await?);
    }
    found.sort_by_key(|one| one.customer);
    found.dedup();
    Ok(found)
}

/// The tenant and the run are the first parameters.
async fn read(
    session: &mut dyn Session,
    catalog: &Catalog,
    rest: &str,
    params: Vec<Param<'static>>,
) -> Result<Vec<CustomerClass>> {
    let mark = session.dialect().mark();
    let sql = format!(
        "SELECT customer_id, value, class FROM {} WHERE tenant_id = {mark}1 AND run_id = {mark}2{rest}",
        catalog.classes.table
    );
    let types = [SqlType::Uuid, SqlType::Decimal, SqlType::Text];
    let mut rows: Rows = session.query(&sql, params, &types, Reach::Long).await?;
    rows.each().map(|row| Ok(one(row)?)).collect()
}

fn one(row: &[Value<'static>]) -> Result<CustomerClass, Invalid> {
    let unreadable = || Invalid::new("value_run", "class", "a row of it cannot be read");
    let [Value::Uuid(customer), Value::Decimal(value), Value::Text(class)] = row else {
        return Err(unreadable());
    };
    let class: ValueClass = class.parse().map_err(|_| unreadable())?;
    Ok(CustomerClass { customer: Id::new(*customer), units: to_units(*value)?, class })
}
