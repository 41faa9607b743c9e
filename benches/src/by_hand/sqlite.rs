//! On rusqlite.

use crm_core::{
    customer::Customer,
    interaction::InteractionState,
    kernel::{Id, Money, TenantId, Timestamp},
};
use crm_store_sqlite::rusqlite::{Connection, OpenFlags, Row, config::DbConfig, params};
use rust_decimal::Decimal;
use std::path::Path;
use uuid::Uuid;

use super::{Interaction, customer_columns, interaction_columns};
use crate::Result;

const CUSTOMER: &str =
    concat!("SELECT ", customer_columns!(), " FROM crm_customer WHERE tenant_id = ?1 AND id = ?2");
const NEWEST: &str = concat!(
    "SELECT ",
    interaction_columns!(),
    " FROM crm_interaction WHERE tenant_id = ?1 AND customer_id = ?2 ",
    "ORDER BY happened_at DESC, id DESC LIMIT 50"
);

/// Opens a file as the store does: the same journal, durability, cache and statement cache.
///
/// # Errors
/// What SQLite answers.
pub fn open(path: &Path, cache_kib: i64) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// A customer and its version.
///
/// # Errors
/// What SQLite answers, and a value that is none of its type.
pub fn customer(
    connection: &Connection,
    tenant: TenantId,
    id: Id<Customer>,
) -> Result<Option<(u64, Customer)>> {
    let mut statement = connection.prepare_cached(CUSTOMER)?;
    let mut rows = statement.query(params![tenant.0.as_bytes(), id.uuid().as_bytes()])?;
    match rows.next()? {
        Some(row) => Ok(Some((row.get::<_, i64>(0)?.try_into()?, customer_of(row)?))),
        None => Ok(None),
    }
}

/// The newest 50 interactions of a customer, each with its version.
///
/// # Errors
/// What SQLite answers, and a value that is none of its type.
pub fn newest(
    connection: &Connection,
    tenant: TenantId,
    id: Id<Customer>,
) -> Result<Vec<(u64, Interaction)>> {
    let mut statement = connection.prepare_cached(NEWEST)?;
    let mut rows = statement.query(params![tenant.0.as_bytes(), id.uuid().as_bytes()])?;
    let mut list = Vec::with_capacity(50);
    while let Some(row) = rows.next()? {
        list.push((row.get::<_, i64>(0)?.try_into()?, interaction_of(row)?));
    }
    Ok(list)
}

fn customer_of(row: &Row<'_>) -> Result<Customer> {
    let country = row.get_ref(16)?.as_str_or_null()?;
    Ok(Customer {
        id: id(row, 1)?,
        external_id: row.get(2)?,
        kind: row.get_ref(3)?.as_str()?.parse()?,
        name: row.get(4)?,
        category: row.get(5)?,
        industry: row.get(6)?,
        phones: serde_json::from_str(row.get_ref(7)?.as_str()?)?,
        fax: row.get(8)?,
        email: row.get(9)?,
        website: row.get(10)?,
        tax_number: row.get(11)?,
        street: row.get(12)?,
        postcode: row.get(13)?,
        city: row.get(14)?,
        region: row.get(15)?,
        country: country.map(str::parse).transpose()?,
        employees: row.get(17)?,
        yearly_revenue: money(row, 18)?,
        parent_id: opt_id(row, 20)?,
        source: row.get(21)?,
        owner_id: opt_id(row, 22)?,
        lifecycle_stage: row.get(23)?,
        tags: serde_json::from_str(row.get_ref(24)?.as_str()?)?,
        custom: serde_json::from_str(row.get_ref(25)?.as_str()?)?,
        notes: row.get(26)?,
        contact_person: row.get(27)?,
        addresses: serde_json::from_str(row.get_ref(28)?.as_str()?)?,
        archived_at: opt_time(row, 29)?,
        incomplete_since: opt_time(row, 30)?,
        missing: serde_json::from_str(row.get_ref(31)?.as_str()?)?,
        completeness: row.get(32)?,
        merged_into: opt_id(row, 33)?,
        tier: row.get(34)?,
        tier_reason: row.get(35)?,
        value: money(row, 36)?,
        value_class: row.get::<_, Option<String>>(38)?.map(|text| text.parse()).transpose()?,
    })
}

/// An interaction of a row of its columns, its version first.
///
/// # Errors
/// For a value that is none of its type.
pub fn interaction_of(row: &Row<'_>) -> Result<Interaction> {
    let due = row.get_ref(16)?.as_str_or_null()?;
    let state = match row.get_ref(18)?.as_str()? {
        "open" => InteractionState::Open,
        "closed" => {
            InteractionState::Closed { at: Timestamp::from_micros(row.get(19)?)?, by: row.get(20)? }
        }
        other => return Err(format!("{other:?} is no status").into()),
    };
    Ok(Interaction {
        id: id(row, 1)?,
        external_id: row.get(2)?,
        customer_id: id(row, 3)?,
        contact_id: opt_id(row, 4)?,
        opportunity_id: opt_id(row, 5)?,
        staff_id: opt_id(row, 6)?,
        channel: row.get_ref(7)?.as_str()?.parse()?,
        direction: row.get_ref(8)?.as_str()?.parse()?,
        happened_at: Timestamp::from_micros(row.get(9)?)?,
        minutes: row.get(10)?,
        place: row.get(11)?,
        subject: row.get(12)?,
        content: row.get(13)?,
        outcome: row.get(14)?,
        next_step: row.get(15)?,
        next_step_due: due.map(str::parse).transpose()?,
        next_step_owner_id: opt_id(row, 17)?,
        state,
        incomplete_since: opt_time(row, 21)?,
        missing: serde_json::from_str(row.get_ref(22)?.as_str()?)?,
        completeness: row.get(23)?,
        participants: serde_json::from_str(row.get_ref(24)?.as_str()?)?,
        recorded_at: opt_time(row, 25)?,
        late: row.get(26)?,
    })
}

fn id<E>(row: &Row<'_>, at: usize) -> Result<Id<E>> {
    Ok(Id::new(Uuid::from_bytes(row.get(at)?)))
}

fn opt_id<E>(row: &Row<'_>, at: usize) -> Result<Option<Id<E>>> {
    Ok(row.get::<_, Option<[u8; 16]>>(at)?.map(|bytes| Id::new(Uuid::from_bytes(bytes))))
}

fn opt_time(row: &Row<'_>, at: usize) -> Result<Option<Timestamp>> {
    let micros = row.get::<_, Option<i64>>(at)?;
    Ok(micros.map(Timestamp::from_micros).transpose()?)
}

fn money(row: &Row<'_>, at: usize) -> Result<Option<Money>> {
    let (Some(units), Some(code)) =
        (row.get::<_, Option<i64>>(at)?, row.get_ref(at + 1)?.as_str_or_null()?)
    else {
        return Ok(None);
    };
    Ok(Some(Money::new(Decimal::new(units, 4), code.parse()?)?))
}
