//! On sqlx.

use chrono::{DateTime, Utc};
use crm_core::{
    customer::Customer,
    interaction::InteractionState,
    kernel::{Id, Money, TenantId, Timestamp},
};
use rust_decimal::Decimal;
use sqlx::{
    PgConnection, Row,
    postgres::PgRow,
    types::{Json, Uuid},
};

use super::{Interaction, customer_columns, interaction_columns};
use crate::Result;

const CUSTOMER: &str =
    concat!("SELECT ", customer_columns!(), " FROM crm_customer WHERE tenant_id = $1 AND id = $2");
const NEWEST: &str = concat!(
    "SELECT ",
    interaction_columns!(),
    " FROM crm_interaction WHERE tenant_id = $1 AND customer_id = $2 ",
    "ORDER BY happened_at DESC, id DESC LIMIT 50"
);

/// A customer and its version.
///
/// # Errors
/// What PostgreSQL answers, and a value that is none of its type.
pub async fn customer(
    connection: &mut PgConnection,
    tenant: TenantId,
    id: Id<Customer>,
) -> Result<Option<(u64, Customer)>> {
    let query = sqlx::query(CUSTOMER).bind(tenant.0).bind(id.uuid());
    match query.fetch_optional(connection).await? {
        Some(row) => Ok(Some((row.try_get::<i64, _>(0)?.try_into()?, customer_of(&row)?))),
        None => Ok(None),
    }
}

/// The newest 50 interactions of a customer, each with its version.
///
/// # Errors
/// What PostgreSQL answers, and a value that is none of its type.
pub async fn newest(
    connection: &mut PgConnection,
    tenant: TenantId,
    id: Id<Customer>,
) -> Result<Vec<(u64, Interaction)>> {
    let query = sqlx::query(NEWEST).bind(tenant.0).bind(id.uuid());
    let rows = query.fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((row.try_get::<i64, _>(0)?.try_into()?, interaction_of(row)?)))
        .collect()
}

fn customer_of(row: &PgRow) -> Result<Customer> {
    Ok(Customer {
        id: Id::new(row.try_get(1)?),
        external_id: row.try_get(2)?,
        kind: row.try_get::<&str, _>(3)?.parse()?,
        name: row.try_get(4)?,
        category: row.try_get(5)?,
        industry: row.try_get(6)?,
        phones: row.try_get::<Json<_>, _>(7)?.0,
        fax: row.try_get(8)?,
        email: row.try_get(9)?,
        website: row.try_get(10)?,
        tax_number: row.try_get(11)?,
        street: row.try_get(12)?,
        postcode: row.try_get(13)?,
        city: row.try_get(14)?,
        region: row.try_get(15)?,
        country: row.try_get::<Option<&str>, _>(16)?.map(str::parse).transpose()?,
        employees: row.try_get(17)?,
        yearly_revenue: money(row, 18)?,
        parent_id: opt_id(row, 20)?,
        source: row.try_get(21)?,
        owner_id: opt_id(row, 22)?,
        lifecycle_stage: row.try_get(23)?,
        tags: row.try_get::<Json<_>, _>(24)?.0,
        custom: row.try_get::<Json<_>, _>(25)?.0,
        notes: row.try_get(26)?,
        contact_person: row.try_get(27)?,
        addresses: row.try_get::<Json<_>, _>(28)?.0,
        archived_at: opt_time(row, 29)?,
        incomplete_since: opt_time(row, 30)?,
        missing: row.try_get::<Json<_>, _>(31)?.0,
        completeness: row.try_get(32)?,
        merged_into: opt_id(row, 33)?,
        tier: row.try_get(34)?,
        tier_reason: row.try_get(35)?,
        value: money(row, 36)?,
        value_class: row.try_get::<Option<&str>, _>(38)?.map(str::parse).transpose()?,
    })
}

/// An interaction of a row of its columns, its version first.
///
/// # Errors
/// For a value that is none of its type.
pub fn interaction_of(row: &PgRow) -> Result<Interaction> {
    let state = match row.try_get::<&str, _>(18)? {
        "open" => InteractionState::Open,
        "closed" => InteractionState::Closed { at: time(row, 19)?, by: row.try_get(20)? },
        other => return Err(format!("{other:?} is no status").into()),
    };
    Ok(Interaction {
        id: Id::new(row.try_get(1)?),
        external_id: row.try_get(2)?,
        customer_id: Id::new(row.try_get(3)?),
        contact_id: opt_id(row, 4)?,
        opportunity_id: opt_id(row, 5)?,
        staff_id: opt_id(row, 6)?,
        channel: row.try_get::<&str, _>(7)?.parse()?,
        direction: row.try_get::<&str, _>(8)?.parse()?,
        happened_at: time(row, 9)?,
        minutes: row.try_get(10)?,
        place: row.try_get(11)?,
        subject: row.try_get(12)?,
        content: row.try_get(13)?,
        outcome: row.try_get(14)?,
        next_step: row.try_get(15)?,
        next_step_due: row.try_get(16)?,
        next_step_owner_id: opt_id(row, 17)?,
        state,
        incomplete_since: opt_time(row, 21)?,
        missing: row.try_get::<Json<_>, _>(22)?.0,
        completeness: row.try_get(23)?,
        participants: row.try_get::<Json<_>, _>(24)?.0,
        recorded_at: opt_time(row, 25)?,
        late: row.try_get(26)?,
    })
}

fn opt_id<E>(row: &PgRow, at: usize) -> Result<Option<Id<E>>> {
    Ok(row.try_get::<Option<Uuid>, _>(at)?.map(Id::new))
}

fn time(row: &PgRow, at: usize) -> Result<Timestamp> {
    Ok(row.try_get::<DateTime<Utc>, _>(at)?.try_into()?)
}

fn opt_time(row: &PgRow, at: usize) -> Result<Option<Timestamp>> {
    let time = row.try_get::<Option<DateTime<Utc>>, _>(at)?;
    Ok(time.map(Timestamp::try_from).transpose()?)
}

fn money(row: &PgRow, at: usize) -> Result<Option<Money>> {
    let amount: Option<Decimal> = row.try_get(at)?;
    let code: Option<&str> = row.try_get(at + 1)?;
    let (Some(amount), Some(code)) = (amount, code) else { return Ok(None) };
    Ok(Some(Money::new(amount, code.parse()?)?))
}
