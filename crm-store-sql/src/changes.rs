//! The change log: one row for each insert and update, in the same transaction.

use std::borrow::Cow;

use crm_core::{
    Error, Result,
    kernel::{
        Change, ChangeCursor, ChangePage, Entity, FieldSpec, Id, Invalid, Scope, Timestamp, Value,
        change_cursor, change_position, check_limit, redacted_change,
    },
};
use uuid::Uuid;

use crate::{
    BulkInsert, Dialect, Param, Reach, Rows, Session, SqlType,
    catalog::{Catalog, qualified},
};

/// An entry that is still to be written.
pub(crate) struct Entry {
    entity: &'static str,
    entity_id: Uuid,
    version: u64,
    event: Cow<'static, str>,
    fields: String,
}

impl Entry {
    pub(crate) fn new<E: Entity>(
        id: Id<E>,
        version: u64,
        event: impl Into<Cow<'static, str>>,
        fields: String,
    ) -> Self {
        Self { entity: E::KIND, entity_id: id.uuid(), version, event: event.into(), fields }
    }

    /// Under another name, with other fields.
    pub(crate) fn describe(&mut self, event: &'static str, fields: String) {
        (self.event, self.fields) = (event.into(), fields);
    }

    /// Of which record.
    pub(crate) const fn entity_id(&self) -> Uuid {
        self.entity_id
    }

    /// About how much it is.
    pub(crate) const fn bytes(&self) -> usize {
        self.fields.len()
    }
}

pub(crate) const COLUMNS: [(&str, SqlType); 8] = [
    ("id", SqlType::Uuid),
    ("entity", SqlType::Text),
    ("entity_id", SqlType::Uuid),
    ("version", SqlType::Integer),
    ("actor", SqlType::Text),
    ("at", SqlType::Timestamp),
    ("event", SqlType::Text),
    ("fields", SqlType::Json),
];

/// Histories up to this long are read in the caller's task.
const SHORT_HISTORY: u32 = 100;

/// How entries are written.
pub(crate) fn insert(schema: Option<&str>, dialect: &dyn Dialect) -> BulkInsert {
    let table = qualified(schema, "change");
    let unit = dialect.change_unit(&table, &qualified(schema, "change_clock"));
    let constants = [("tenant_id", format!("{}1", dialect.mark())), ("unit", unit)];
    BulkInsert::new(table, &constants, &COLUMNS, false, dialect)
}

/// Writes entries, in their order.
pub(crate) async fn write(
    session: &mut dyn Session,
    catalog: &Catalog,
    scope: &Scope,
    entries: Vec<(Uuid, Timestamp, Entry)>,
) -> Result<()> {
    let mut values = Vec::with_capacity(entries.len() * COLUMNS.len());
    for (id, at, entry) in entries {
        values.extend([
            Value::Uuid(id),
            Value::text(entry.entity),
            Value::Uuid(entry.entity_id),
            Value::Integer(i64::try_from(entry.version).unwrap_or(i64::MAX)),
            Value::Text(scope.actor.as_str().to_owned().into()),
            Value::Timestamp(at),
            Value::Text(entry.event),
            Value::Json(entry.fields.into()),
        ]);
    }
    let tenant = Param::uuid(scope.tenant.0);
    Ok(session.insert_bulk(&catalog.changes, tenant, values).await?)
}

/// The fields of an entry, without what tells of a person.
pub(crate) fn redacted<E: Entity>(fields: &str, only: Option<&FieldSpec<E>>) -> String {
    let change = Change {
        id: Uuid::nil(),
        entity: E::KIND.into(),
        entity_id: Uuid::nil(),
        version: 0,
        actor: String::new(),
        at: Timestamp::MIN,
        event: "".into(),
        fields: Change::read_fields(fields).unwrap_or_default(),
    };
    redacted_change::<E>(&change, only).write_fields()
}

/// Entries after a cursor.
pub(crate) async fn after(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    cursor: Option<ChangeCursor>,
    limit: u32,
) -> Result<ChangePage> {
    let limit = within(limit)?;
    let (unit, id) = match &cursor {
        Some(cursor) => change_position(cursor)?,
        None => (i64::MIN, Uuid::nil()),
    };
    let mark = session.dialect().mark();
    let horizon = session.dialect().change_horizon(&catalog.name("change_clock"));
    let sql = format!(
        "SELECT unit, {} FROM {} WHERE tenant_id = {mark}1 AND (unit, id) > ({mark}2, {mark}3) \
         AND {horizon} ORDER BY unit, id LIMIT {mark}4",
        names(),
        catalog.changes.table,
    );
    let params = vec![tenant.clone(), Param::integer(unit), Param::uuid(id), Param::integer(limit)];
    let mut types = vec![SqlType::Integer];
    types.extend(COLUMNS.iter().map(|(_, sql_type)| *sql_type));
    let mut rows = session.query(&sql, params, &types, Reach::Long).await?;
    let mut page = ChangePage { changes: Vec::new(), next: cursor };
    for row in rows.each() {
        let Some((Value::Integer(unit), columns)) = row.split_first_mut() else { continue };
        let change = change(&catalog.changes.table, columns)?;
        page.next = Some(change_cursor(*unit, change.id));
        page.changes.push(change);
    }
    Ok(page)
}

/// The entries of one record.
pub(crate) async fn history(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    entity: &'static str,
    id: Uuid,
    after_version: u64,
    limit: u32,
) -> Result<Vec<Change>> {
    let mut params = vec![tenant.clone()];
    let dialect = session.dialect();
    let list = of_record(catalog, dialect, &mut params, (entity, id), after_version, limit)?;
    let sql = format!("SELECT {}{list}", names());
    let types = COLUMNS.map(|(_, sql_type)| sql_type);
    let reach = if limit <= SHORT_HISTORY { Reach::Short } else { Reach::Long };
    read(catalog, session.query(&sql, params, &types, reach).await?)
}

/// What follows the columns to list the entries of one record; its parameters stand behind those
/// given.
pub(crate) fn of_record(
    catalog: &Catalog,
    dialect: &dyn Dialect,
    params: &mut Vec<Param<'static>>,
    (entity, id): (&'static str, Uuid),
    after_version: u64,
    limit: u32,
) -> Result<String> {
    let limit = within(limit)?;
    let (mark, first) = (dialect.mark(), params.len() + 1);
    params.extend([
        Param::uuid(id),
        Param::text(entity),
        Param::integer(i64::try_from(after_version).unwrap_or(i64::MAX)),
        Param::integer(limit),
    ]);
    Ok(format!(
        " FROM {} WHERE tenant_id = {mark}1 AND entity_id = {mark}{first} AND entity = {mark}{} \
         AND version > {mark}{} ORDER BY version LIMIT {mark}{}",
        catalog.changes.table,
        first + 1,
        first + 2,
        first + 3,
    ))
}

/// The entries in rows of all columns.
pub(crate) fn read(catalog: &Catalog, mut rows: Rows) -> Result<Vec<Change>> {
    rows.each().map(|row| change(&catalog.changes.table, row)).collect()
}

fn change(table: &str, row: &mut [Value<'static>]) -> Result<Change> {
    let corrupt = |row: String, column: &str| Error::Corrupt {
        table: table.to_owned(),
        row,
        column: column.to_owned(),
        reason: "it is not what the change log keeps".to_owned(),
    };
    match row {
        [
            Value::Uuid(id),
            Value::Text(entity),
            Value::Uuid(entity_id),
            Value::Integer(version),
            Value::Text(actor),
            Value::Timestamp(at),
            Value::Text(event),
            Value::Json(fields),
        ] => Ok(Change {
            id: *id,
            entity: entity.to_string().into(),
            entity_id: *entity_id,
            version: u64::try_from(*version).map_err(|_| corrupt(id.to_string(), "version"))?,
            actor: actor.to_string(),
            at: *at,
            event: event.to_string().into(),
            fields: Change::read_fields(fields).ok_or_else(|| corrupt(id.to_string(), "fields"))?,
        }),
        other => Err(corrupt(other.first().map(ToString::to_string).unwrap_or_default(), "id")),
    }
}

fn names() -> String {
    COLUMNS.map(|(name, _)| name).join(", ")
}

fn within(limit: u32) -> Result<i64, Invalid> {
    check_limit("changes", limit)?;
    Ok(limit.into())
}
