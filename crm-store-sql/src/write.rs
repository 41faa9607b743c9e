use std::collections::{BTreeMap, BTreeSet, HashSet};

use crm_core::{
    Error, Result,
    kernel::{
        Entity, FieldSpec, Id, KeptEntity, Stored, Value, changed_fields, check, created_fields,
        updated_fields,
    },
};
use uuid::Uuid;

use crate::{
    BulkUpdate, Param, Reach, Session, SessionError, SqlType,
    catalog::{Catalog, Table, exists},
    changes::Entry,
    read::{get, ids_among, table},
    rows::{params, spread, values},
    tree::stands_in_tree,
};

/// So many ids are asked for at once.
const AT_ONCE: usize = 100;

/// Adds a record; gives the entry for the change log.
pub(crate) async fn insert<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    entity: E,
) -> Result<(Stored<E>, Entry)> {
    check(&entity)?;
    all_there(session, catalog, tenant, entity.also_names()).await?;
    let table = table::<E>(catalog)?;
    let mut all = Vec::with_capacity(table.columns.len() + 1);
    all.push(tenant.clone());
    params(table, &entity, &mut all);
    match session.execute(&table.insert, all).await {
        Ok(1) => {
            let entry = Entry::new::<E>(entity.id(), 1, "created", created_fields(&entity));
            Ok((Stored::loaded(entity, 1), entry))
        }
        Ok(_) | Err(SessionError::Constraint) => {
            Err(why_not(session, catalog, tenant, &entity, true, &[]).await?)
        }
        Err(SessionError::Other(error)) => Err(error),
    }
}

/// Adds records, or none of them; gives the entries for the change log.
pub(crate) async fn insert_all<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    entities: Vec<E>,
) -> Result<(Vec<Stored<E>>, Vec<Entry>)> {
    let table = table::<E>(catalog)?;
    let mut all = Vec::with_capacity(entities.len() * table.columns.len());
    for entity in &entities {
        check(entity)?;
    }
    no_forward_reference(&entities)?;
    let listed: HashSet<_> = entities.iter().map(|e| (E::KIND, e.id().uuid())).collect();
    let named = entities.iter().flat_map(Entity::also_names);
    all_there(session, catalog, tenant, named.filter(|name| !listed.contains(name))).await?;
    for entity in &entities {
        values(table, entity, &mut all);
    }
    match session.insert_bulk(&table.bulk, tenant.clone(), all).await {
        Ok(()) => {}
        Err(SessionError::Constraint) => {
            for (at, entity) in entities.iter().enumerate() {
                let before = entities.get(..at).unwrap_or_default();
                if let Some(error) = refusal(session, catalog, tenant, entity, true, before).await?
                {
                    return Err(error);
                }
            }
            return Err(SessionError::Constraint.into());
        }
        Err(SessionError::Other(error)) => return Err(error),
    }
    let entry = |e: &E| Entry::new::<E>(e.id(), 1, "created", created_fields(e));
    let entries = entities.iter().map(entry).collect();
    Ok((entities.into_iter().map(|e| Stored::loaded(e, 1)).collect(), entries))
}

/// Writes the fields of a record that changed, which was checked; gives the entry for the change
/// log.
pub(crate) async fn update<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    changed: Stored<E>,
) -> Result<(Stored<E>, Entry)> {
    if changed.also_names() != changed.original().also_names() {
        all_there(session, catalog, tenant, changed.also_names()).await?;
    }
    stands_in_tree(session, catalog, tenant, &changed).await?;
    overwrite(session, catalog, tenant, changed).await
}

/// Writes the fields that changed, whatever the record permits.
pub(crate) async fn overwrite<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    changed: Stored<E>,
) -> Result<(Stored<E>, Entry)> {
    let table = table::<E>(catalog)?;
    let (sql, all) = update_statement(session, catalog, table, tenant, &changed);
    match session.execute(&sql, all).await {
        Ok(1) => {
            let fields = updated_fields(changed.original(), &*changed);
            let (event, version) = (changed.event().to_owned(), changed.version() + 1);
            let entry = Entry::new::<E>(changed.id(), version, event, fields);
            Ok((changed.written(), entry))
        }
        Ok(_) | Err(SessionError::Constraint) => {
            match get::<E>(session, catalog, tenant, changed.id()).await? {
                None => Err(Error::missing(changed.id())),
                Some(stored) if stored.version() != changed.version() => {
                    Err(Error::conflict(changed.id(), Some(stored.version())))
                }
                Some(_) => Err(why_not(session, catalog, tenant, &*changed, false, &[]).await?),
            }
        }
        Err(SessionError::Other(error)) => Err(error),
    }
}

/// Writes the fields that changed of records, which were checked, all of them or none; gives the entries for the change log.
/// Nothing where they have to be written one by one: they change different fields, or what has more to be asked than whether it is there,
/// or the store refuses one of them.
pub(crate) async fn update_all<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    changed: Vec<Stored<E>>,
    differing: &[usize],
) -> Result<Option<(Vec<Stored<E>>, Vec<Entry>)>> {
    let table = table::<E>(catalog)?;
    let fields = || differing.iter().filter_map(|at| E::FIELDS.get(*at));
    let asked = |name| E::UNIQUE.contains(&name) || E::TREE == Some(name);
    if fields().any(|field| asked(field.name)) {
        return Ok(None);
    }
    let columns = differing.iter().flat_map(|at| table.columns_of(*at));
    let columns: Vec<_> = columns.map(|one| (one.name.as_str(), one.sql_type)).collect();
    let mut types = vec![SqlType::Uuid, SqlType::Integer];
    types.extend(columns.iter().map(|(_, sql_type)| *sql_type));
    let mut all = Vec::with_capacity(changed.len() * types.len());
    for one in &changed {
        let version = i64::try_from(one.version()).unwrap_or(i64::MAX);
        all.extend([Value::Uuid(one.id().uuid()), Value::Integer(version)]);
        for at in differing {
            let Some(field) = E::FIELDS.get(*at) else { continue };
            let push = |_, value: Value<'_>| all.push(value.into_owned());
            spread(table.columns_of(*at), (field.get)(one), push);
        }
    }
    let sql = session.dialect().bulk_update(&table.name, &columns);
    match session.update_bulk(&BulkUpdate { types, sql }, tenant.clone(), all).await {
        Ok(()) => {}
        Err(SessionError::Constraint) => return Ok(None),
        Err(SessionError::Other(error)) => return Err(error),
    }
    let entry = |one: &Stored<E>| {
        let fields = changed_fields(one.original(), &**one, differing);
        Entry::new::<E>(one.id(), one.version() + 1, one.event().to_owned(), fields)
    };
    let entries = changed.iter().map(entry).collect();
    Ok(Some((changed.into_iter().map(Stored::written).collect(), entries)))
}

/// Adds to rows that are kept what came to them; they stand in the order of their keys.
pub(crate) async fn add_up<E: KeptEntity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    rows: &[E],
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let table = table::<E>(catalog)?;
    let mut all = Vec::with_capacity(rows.len() * table.columns.len());
    for row in rows {
        values(table, row, &mut all);
    }
    Ok(session.insert_bulk(&table.bulk, tenant.clone(), all).await?)
}

/// Whether a record is there.
pub(crate) async fn is_there(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    kind: &'static str,
    id: Uuid,
) -> Result<bool> {
    let found = holder(session, &catalog.name(kind), tenant, "id", &Value::Uuid(id)).await?;
    Ok(found.is_some())
}

/// Whether all is there that records name within structured fields: asked for once for each kind.
async fn all_there(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    named: impl IntoIterator<Item = (&'static str, Uuid)>,
) -> Result<()> {
    let mut kinds: BTreeMap<&'static str, BTreeSet<Uuid>> = BTreeMap::new();
    for (kind, id) in named {
        kinds.entry(kind).or_default().insert(id);
    }
    for (entity, ids) in kinds {
        let ids: Vec<_> = ids.into_iter().collect();
        for some in ids.chunks(AT_ONCE) {
            let found = ids_among(session, &catalog.name(entity), tenant, some, "").await?;
            let missing = |id: &&Uuid| !found.values.contains(&Value::Uuid(**id));
            if let Some(id) = some.iter().find(missing) {
                return Err(Error::Missing { entity, id: *id });
            }
        }
    }
    Ok(())
}

/// A record may name another of the list only where that comes before it. Some databases would
/// look at the end of the statement alone.
fn no_forward_reference<E: Entity>(entities: &[E]) -> Result<()> {
    let own = |field: &&&FieldSpec<E>| field.refers_to == Some(E::KIND) && field.name != "id";
    let fields: Vec<_> = E::FIELDS.iter().filter(own).collect();
    if fields.is_empty() {
        return Ok(());
    }
    let mut later: HashSet<_> = entities.iter().map(|e| e.id().uuid()).collect();
    for entity in entities {
        for field in &fields {
            if let Value::Uuid(id) = (field.get)(entity)
                && later.contains(&id)
            {
                return Err(Error::Missing { entity: E::KIND, id });
            }
        }
        later.remove(&entity.id().uuid());
    }
    Ok(())
}

fn update_statement<'e, E: Entity>(
    session: &dyn Session,
    catalog: &Catalog,
    table: &Table,
    tenant: &Param<'static>,
    changed: &'e Stored<E>,
) -> (String, Vec<Param<'e>>) {
    let dialect = session.dialect();
    let mark = dialect.mark();
    let version = i64::try_from(changed.version()).unwrap_or(i64::MAX);
    let mut all: Vec<Param<'e>> =
        vec![tenant.clone(), Param::uuid(changed.id().uuid()), Param::integer(version)];
    let mut sql = format!("UPDATE {} SET version = version + 1", table.name);
    let mut conditions = String::new();
    for (i, field) in E::FIELDS.iter().enumerate() {
        let value = (field.get)(changed);
        if value == (field.get)(changed.original()) {
            continue;
        }
        let columns = table.columns_of(i);
        if dialect.asks_first() && !value.is_null() {
            let param = all.len() + 1;
            if let Some(kind) = field.refers_to {
                conditions.push_str(" AND ");
                conditions.push_str(&exists(&catalog.name(kind), param, dialect));
            }
            if E::UNIQUE.contains(&field.name) {
                conditions.push_str(&format!(
                    " AND NOT EXISTS (SELECT 1 FROM {} AS other WHERE other.tenant_id = {mark}1 \
                     AND other.{} = {mark}{param} AND other.id <> {mark}2)",
                    table.name, field.name
                ));
            }
        }
        let mut names = columns.iter();
        spread(columns, value, |sql_type, value| {
            all.push(Param::new(sql_type, value));
            if let Some(column) = names.next() {
                sql.push_str(&format!(", {} = {mark}{}", column.name, all.len()));
            }
        });
    }
    sql.push_str(&format!(
        " WHERE tenant_id = {mark}1 AND id = {mark}2 AND version = {mark}3{conditions}"
    ));
    (sql, all)
}

/// Why a write was refused; what is refused by nothing we can see was a race with another unit.
async fn why_not<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    entity: &E,
    new: bool,
    before: &[E],
) -> Result<Error> {
    let found = refusal(session, catalog, tenant, entity, new, before).await?;
    Ok(found.unwrap_or_else(|| SessionError::Constraint.into()))
}

/// Which key is taken or which reference leads nowhere, if any; `before` are records that would be
/// there too.
async fn refusal<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    entity: &E,
    new: bool,
    before: &[E],
) -> Result<Option<Error>> {
    let name = &table::<E>(catalog)?.name;
    let keys = new.then_some("id");
    for key in keys.into_iter().chain(E::UNIQUE.iter().copied()) {
        let Some(field) = E::FIELDS.iter().find(|f| f.name == key) else { continue };
        let value = (field.get)(entity);
        if value.is_null() {
            continue;
        }
        let among = before.iter().any(|b| (field.get)(b) == value);
        if among
            || holder(session, name, tenant, key, &value)
                .await?
                .is_some_and(|id| new || id != entity.id().uuid())
        {
            return Ok(Some(Error::Duplicate { entity: E::KIND, field: field.name }));
        }
    }
    for field in E::FIELDS.iter().filter(|f| f.name != "id") {
        let (Some(kind), Value::Uuid(id)) = (field.refers_to, (field.get)(entity)) else {
            continue;
        };
        let among = kind == E::KIND && before.iter().any(|b| b.id() == Id::new(id));
        let target = catalog.name(kind);
        if !among && holder(session, &target, tenant, "id", &Value::Uuid(id)).await?.is_none() {
            return Ok(Some(Error::Missing { entity: kind, id }));
        }
    }
    Ok(None)
}

/// The id of the row that has this value.
async fn holder(
    session: &mut dyn Session,
    table: &str,
    tenant: &Param<'static>,
    column: &str,
    value: &Value<'_>,
) -> Result<Option<uuid::Uuid>> {
    let mark = session.dialect().mark();
    let sql = format!("SELECT id FROM {table} WHERE tenant_id = {mark}1 AND {column} = {mark}2");
    let sql_type = if matches!(value, Value::Uuid(_)) { SqlType::Uuid } else { SqlType::Text };
    let params = vec![tenant.clone(), Param::new(sql_type, value.clone())];
    let rows = session.query(&sql, params, &[SqlType::Uuid], Reach::Short).await?;
    Ok(match rows.first() {
        Some(Value::Uuid(id)) => Some(id),
        _ => None,
    })
}
