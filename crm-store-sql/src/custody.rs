//! What is done to records of whatever state: filing under another, erasing.

use crm_core::{
    Error, Result,
    kernel::{
        Criteria, Entity, FieldSpec, Id, Invalid, MAX_LIMIT, Op, Stored, Test, Value, check,
        erased, redacted_change, updated_fields,
    },
};
use uuid::Uuid;

use crate::{
    Param, Reach, Session, SqlType, Table,
    catalog::Catalog,
    changes::{self, Entry},
    criteria::Where,
    read::{get, table},
    rows, tree, write,
};

/// So many records are filed with one statement.
const AT_ONCE: usize = 1_000;

/// The records as they are, locked until the transaction ends: against all that names them, or only against changes.
pub(crate) async fn hold<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    mut ids: Vec<Id<E>>,
    for_change: bool,
) -> Result<Vec<Stored<E>>> {
    ids.sort();
    ids.dedup();
    let table = table::<E>(catalog)?;
    let mut held = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let Some(id) = E::FIELDS.first() else { continue };
        let values = some.iter().map(|id| Value::Uuid(id.uuid())).collect();
        let criteria = Criteria::<E>::OneOf(id, values);
        let dialect = session.dialect();
        let found = Where::new(table, dialect, tenant.clone(), &criteria);
        let lock = if for_change { dialect.for_change() } else { dialect.for_update() };
        let sql = format!("SELECT id FROM {}{} ORDER BY id{lock}", table.name, found.sql);
        session.query(&sql, found.params, &[SqlType::Uuid], Reach::Long).await?;
    }
    // Read once they are locked: what others committed meanwhile counts.
    for id in ids {
        held.extend(get(session, catalog, tenant, id).await?);
    }
    Ok(held)
}

/// What was filed under another.
pub(crate) struct Refiled<E> {
    /// Which records.
    pub(crate) ids: Vec<Id<E>>,
    /// The entries for the change log.
    pub(crate) entries: Vec<Entry>,
    /// The records as they were, where they count for figures that are kept.
    pub(crate) tallied: Vec<E>,
}

/// Files records under another.
pub(crate) async fn refile<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    field: &'static FieldSpec<E>,
    ids: &[Id<E>],
    (from, to): (Option<Uuid>, Option<Uuid>),
) -> Result<Refiled<E>> {
    let table = table::<E>(catalog)?;
    let Some(kind) = field.refers_to else {
        return Err(Invalid::field::<E>(field.name, "it names no record").into());
    };
    match to {
        Some(id) if !write::is_there(session, catalog, tenant, kind, id).await? => {
            return Err(Error::Missing { entity: kind, id });
        }
        None if !field.nullable => {
            return Err(Invalid::field::<E>(field.name, "it must not be empty").into());
        }
        _ => {}
    }
    if let Some(above) = to.filter(|_| E::TREE == Some(field.name)) {
        let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
        tree::stand_below::<E>(session, table, tenant, field.name, &ids, above).await?;
    }
    let place = |id: Option<Uuid>| id.map_or(Value::Null, Value::Uuid);
    let fields =
        format!("{{\"{}\":[{},{}]}}", field.name, place(from).to_json(), place(to).to_json());
    let mut refiled = Refiled { ids: Vec::new(), entries: Vec::new(), tallied: Vec::new() };
    for some in ids.chunks(AT_ONCE) {
        let Some(id) = E::FIELDS.first().copied() else { continue };
        let criteria = Criteria::<E>::All(vec![
            Criteria::OneOf(id, some.iter().map(|id| Value::Uuid(id.uuid())).collect()),
            match from {
                Some(id) => Criteria::Test(Test { field, op: Op::Eq, value: Value::Uuid(id) }),
                None => Criteria::Empty(field),
            },
        ]);
        let dialect = session.dialect();
        let locked = Locked::<E>::find(session, table, tenant, &criteria).await?;
        for (id, version) in &locked.versions {
            refiled.ids.push(*id);
            refiled.entries.push(Entry::new::<E>(*id, version + 1, "refiled", fields.clone()));
        }
        refiled.tallied.extend(locked.tallied);
        // Those that were found, not those that come to lie there meanwhile.
        let ids = locked.versions.iter().map(|(id, _)| Value::Uuid(id.uuid())).collect();
        let criteria = Criteria::<E>::OneOf(id, ids);
        let mut found = Where::new(table, dialect, tenant.clone(), &criteria);
        let to = found.bind(Param::new(SqlType::Uuid, place(to)));
        let sql = format!(
            "UPDATE {} SET version = version + 1, {} = {to}{}",
            table.name, field.name, found.sql
        );
        session.execute(&sql, found.params).await?;
    }
    Ok(refiled)
}

/// Records that nobody else changes until the transaction ends.
struct Locked<E> {
    versions: Vec<(Id<E>, u64)>,
    /// The records themselves, where they count for figures that are kept.
    tallied: Vec<E>,
}

impl<E: Entity> Locked<E> {
    async fn find(
        session: &mut dyn Session,
        table: &Table,
        tenant: &Param<'static>,
        criteria: &Criteria<E>,
    ) -> Result<Self> {
        let dialect = session.dialect();
        let found = Where::new(table, dialect, tenant.clone(), criteria);
        let rest = format!("{} ORDER BY id{}", found.sql, dialect.for_update());
        if E::TALLIED {
            let sql = format!("{}{rest}", table.select);
            let rows = session.query(&sql, found.params, &table.types, Reach::Long).await?;
            let records = rows::records::<E>(table, rows)?;
            let versions = records.iter().map(|one| (one.id(), one.version())).collect();
            return Ok(Self {
                versions,
                tallied: records.into_iter().map(Stored::into_inner).collect(),
            });
        }
        let sql = format!("SELECT id, version FROM {}{rest}", table.name);
        let types = [SqlType::Uuid, SqlType::Integer];
        let mut rows = session.query(&sql, found.params, &types, Reach::Long).await?;
        let mut versions = Vec::new();
        for row in rows.each() {
            let [Value::Uuid(found), Value::Integer(version)] = row else { continue };
            versions.push((Id::new(*found), u64::try_from(*version).unwrap_or_default()));
        }
        Ok(Self { versions, tallied: Vec::new() })
    }
}

/// Erases what tells of a person; the entries of the record must have been written. The entry for
/// the change log.
pub(crate) async fn erase<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    id: Id<E>,
    only: Option<&'static FieldSpec<E>>,
) -> Result<(Stored<E>, Entry)> {
    let before = get(session, catalog, tenant, id).await?.ok_or_else(|| Error::missing(id))?;
    let after = erased(&*before, only)?;
    check(&after)?;
    let fields = updated_fields(&*before, &after);
    let changed = before.edit(|entity| *entity = after);
    let (stored, mut entry) = write::overwrite(session, catalog, tenant, changed).await?;
    redact::<E>(session, catalog, tenant, id, only, |_| true).await?;
    entry.describe("erased", changes::redacted::<E>(&fields, only));
    Ok((stored, entry))
}

/// Erases what tells of a person from entries of a record; they must have been written.
pub(crate) async fn redact<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    id: Id<E>,
    only: Option<&FieldSpec<E>>,
    which: impl Fn(u64) -> bool + Send,
) -> Result<()> {
    let mark = session.dialect().mark();
    let sql = format!(
        "UPDATE {} SET fields = {mark}5 WHERE tenant_id = {mark}1 AND entity_id = {mark}2 AND \
         entity = {mark}3 AND version = {mark}4",
        catalog.changes.table
    );
    let mut after = 0;
    loop {
        let page = changes::history(session, catalog, tenant, E::KIND, id.uuid(), after, MAX_LIMIT);
        let page = page.await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.version;
        for change in page.iter().filter(|change| which(change.version)) {
            let redacted = redacted_change::<E>(change, only);
            if redacted == *change {
                continue;
            }
            let fields = redacted.write_fields();
            let params = vec![
                tenant.clone(),
                Param::uuid(id.uuid()),
                Param::text(E::KIND),
                Param::integer(i64::try_from(change.version).unwrap_or(i64::MAX)),
                Param::new(SqlType::Json, Value::Json(fields.into())),
            ];
            session.execute(&sql, params).await?;
        }
    }
}
