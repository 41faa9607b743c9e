//! Where records stand that form a tree: none above itself.

use std::collections::HashSet;

use crm_core::{
    Result,
    kernel::{CYCLE, Entity, Invalid, Stored, Value},
};
use uuid::Uuid;

use crate::{
    Param, Reach, Session, SqlType,
    catalog::{Catalog, Table},
    read::{ids_among, table},
};

/// So many records are locked with one statement.
const AT_ONCE: usize = 1_000;

/// Whether a record may stand below another: not below itself, nor will it when others who tie at
/// the same time are done. It stays locked, and so does all that stands above it.
pub(crate) async fn stands_in_tree<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    changed: &Stored<E>,
) -> Result<()> {
    let Some(field) = E::FIELDS.iter().find(|f| E::TREE == Some(f.name)) else { return Ok(()) };
    let (before, after) = ((field.get)(changed.original()), (field.get)(changed));
    let Value::Uuid(parent) = after else { return Ok(()) };
    if before == after {
        return Ok(());
    }
    let table = table::<E>(catalog)?;
    stand_below::<E>(session, table, tenant, field.name, &[changed.id().uuid()], parent).await
}

/// Whether records may stand below another, as [`stands_in_tree`] says.
pub(crate) async fn stand_below<E: Entity>(
    session: &mut dyn Session,
    table: &Table,
    tenant: &Param<'static>,
    field: &'static str,
    ids: &[Uuid],
    parent: Uuid,
) -> Result<()> {
    let mut locked = Vec::new();
    loop {
        let standing = standing::<E>(session, table, tenant, ids).await?;
        let mut path = Vec::new();
        let mut next = Some(parent);
        while let Some(id) = next {
            if standing.contains(&id) || path.contains(&id) {
                return Err(Invalid::field::<E>(field, CYCLE).into());
            }
            path.push(id);
            next = above::<E>(session, table, tenant, field, id).await?;
        }
        path.extend(ids);
        path.sort();
        path.dedup();
        if path == locked {
            return Ok(());
        }
        lock(session, table, tenant, &path).await?;
        locked = path;
    }
}

/// Which of the records stand in the tree themselves: one that was merged stands where its survivor
/// stands, whatever it names as above it.
async fn standing<E: Entity>(
    session: &mut dyn Session,
    table: &Table,
    tenant: &Param<'static>,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>> {
    let Some(survivor) = E::SURVIVOR else { return Ok(ids.iter().copied().collect()) };
    let unmerged = format!("AND {survivor} IS NULL");
    let mut standing = HashSet::new();
    for some in ids.chunks(AT_ONCE) {
        for row in ids_among(session, &table.name, tenant, some, &unmerged).await?.each() {
            if let [Value::Uuid(id)] = row {
                standing.insert(*id);
            }
        }
    }
    Ok(standing)
}

/// The record above another, or the one that it was merged into.
async fn above<E: Entity>(
    session: &mut dyn Session,
    table: &Table,
    tenant: &Param<'static>,
    column: &str,
    id: Uuid,
) -> Result<Option<Uuid>> {
    let mark = session.dialect().mark();
    let name = &table.name;
    let above = match E::SURVIVOR {
        Some(survivor) => format!("COALESCE({survivor}, {column})"),
        None => column.to_owned(),
    };
    let sql = format!("SELECT {above} FROM {name} WHERE tenant_id = {mark}1 AND id = {mark}2");
    let params = vec![tenant.clone(), Param::uuid(id)];
    let rows = session.query(&sql, params, &[SqlType::Uuid], Reach::Short).await?;
    Ok(match rows.first() {
        Some(Value::Uuid(id)) => Some(id),
        _ => None,
    })
}

/// Locks records in the order of their ids, so that nobody waits for somebody who waits for them.
async fn lock(
    session: &mut dyn Session,
    table: &Table,
    tenant: &Param<'static>,
    ids: &[Uuid],
) -> Result<()> {
    let locked = format!("ORDER BY id{}", session.dialect().for_change());
    for some in ids.chunks(AT_ONCE) {
        ids_among(session, &table.name, tenant, some, &locked).await?;
    }
    Ok(())
}
