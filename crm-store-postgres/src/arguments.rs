//! Values on their way to and from PostgreSQL.

use chrono::{DateTime, NaiveDate, Utc};
use crm_core::kernel::{Timestamp, Value};
use crm_store_sql::{Param, SqlType};
use rust_decimal::Decimal;
use sqlx::{
    Arguments, Decode, Encode, Postgres, Row, Type, ValueRef,
    encode::IsNull,
    error::BoxDynError,
    postgres::{
        PgArgumentBuffer, PgArguments, PgHasArrayType, PgRow, PgTypeInfo, PgValueFormat,
        PgValueRef, types::Oid,
    },
};
use uuid::Uuid;

/// The parameters of a statement.
pub(crate) fn arguments(params: Vec<Param<'_>>) -> Result<PgArguments, BoxDynError> {
    let mut all = PgArguments::default();
    for Param { sql_type, value } in params {
        match (sql_type, value) {
            (_, Value::Bool(v)) => all.add(v)?,
            (_, Value::Integer(v)) => all.add(v)?,
            (_, Value::Decimal(v)) => all.add(v)?,
            (_, Value::Text(v)) => all.add(v.as_ref())?,
            (_, Value::Json(v)) => all.add(JsonText(v.into_owned()))?,
            (_, Value::Uuid(v)) => all.add(v)?,
            (_, Value::Date(v)) => all.add(v)?,
            (_, Value::Timestamp(v)) => all.add(v.to_datetime())?,
            (SqlType::Bool, _) => all.add(None::<bool>)?,
            (SqlType::Integer, _) => all.add(None::<i64>)?,
            (SqlType::Decimal, _) => all.add(None::<Decimal>)?,
            (SqlType::Json, _) => all.add(None::<JsonText>)?,
            (SqlType::Uuid, _) => all.add(None::<Uuid>)?,
            (SqlType::Date, _) => all.add(None::<NaiveDate>)?,
            (SqlType::Timestamp, _) => all.add(None::<DateTime<Utc>>)?,
            (_, _) => all.add(None::<&str>)?,
        }
    }
    Ok(all)
}

/// A value of a row.
pub(crate) fn read(
    row: &PgRow,
    at: usize,
    sql_type: SqlType,
) -> Result<Value<'static>, sqlx::Error> {
    fn get<'r, T: Decode<'r, Postgres> + Type<Postgres>>(
        row: &'r PgRow,
        at: usize,
        value: impl FnOnce(T) -> Value<'static>,
    ) -> Result<Value<'static>, sqlx::Error> {
        Ok(row.try_get::<Option<T>, _>(at)?.map_or(Value::Null, value))
    }
    match sql_type {
        SqlType::Bool => get(row, at, Value::Bool),
        SqlType::Integer => get(row, at, Value::Integer),
        SqlType::Decimal => get(row, at, |v: Decimal| Value::Decimal(v.normalize())),
        SqlType::Json => get(row, at, |v: JsonText| Value::Json(v.0.into())),
        SqlType::Uuid => get(row, at, Value::Uuid),
        SqlType::Date => get(row, at, Value::Date),
        // What is no instant of ours comes back as text, and is refused where it can be named.
        SqlType::Timestamp => get(row, at, |v: DateTime<Utc>| {
            Timestamp::try_from(v)
                .map_or_else(|_| Value::Text(v.to_string().into()), Value::Timestamp)
        }),
        _ => get(row, at, |v: String| Value::Text(v.into())),
    }
}

/// JSON as text, kept as `jsonb`.
pub(crate) struct JsonText(pub(crate) String);

const JSONB: Oid = Oid(3802);
const JSONB_ARRAY: Oid = Oid(3807);
/// The first byte of `jsonb` in the binary format.
const JSONB_VERSION: u8 = 1;

impl Type<Postgres> for JsonText {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(JSONB)
    }
}

impl PgHasArrayType for JsonText {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(JSONB_ARRAY)
    }
}

impl Encode<'_, Postgres> for JsonText {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(JSONB_VERSION);
        buffer.extend(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl<'r> Decode<'r, Postgres> for JsonText {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.is_null() {
            return Err("an empty value is not JSON".into());
        }
        let text = match value.format() {
            PgValueFormat::Text => value.as_str()?,
            PgValueFormat::Binary => match value.as_bytes()? {
                [JSONB_VERSION, text @ ..] => std::str::from_utf8(text)?,
                _ => return Err("this version of jsonb is not known".into()),
            },
        };
        Ok(Self(text.to_owned()))
    }
}
