use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{FieldType, Kind, Value, from_json_text};

/// A tenant's own fields on a record: a name and a value each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Custom(pub BTreeMap<String, CustomValue>);

/// The value of a tenant's own field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomValue {
    /// Yes or no.
    Flag(bool),
    /// An exact number.
    Number(#[serde(with = "rust_decimal::serde::str")] Decimal),
    /// Text.
    Text(String),
    /// A day.
    Date(NaiveDate),
}

impl FieldType for Custom {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}
