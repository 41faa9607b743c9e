use std::{cmp::Ordering, collections::BTreeMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{FieldType, Kind, Timestamp, Value, from_json_text, storable};

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
    /// An exact number with at most four decimals, below 10^14 in size.
    Number(#[serde(with = "rust_decimal::serde::str")] Decimal),
    /// Text.
    Text(String),
    /// A day.
    Date(NaiveDate),
}

impl CustomValue {
    /// The word for its type, which it stands under in JSON.
    pub const fn member(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
        }
    }

    /// Whether it is no blank text.
    pub(crate) fn says_something(&self) -> bool {
        !matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// How two values of one type compare; `None` of two types.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Flag(a), Self::Flag(b)) => Some(a.cmp(b)),
            (Self::Number(a), Self::Number(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Whether every store keeps it exactly.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Number(number) => storable(*number).map(drop).map_err(|e| e.to_string()),
            // Text that stands for such a day does not sort.
            Self::Date(day) if Timestamp::start_of(*day).is_err() => {
                Err(format!("{day} is not between the years 1 and 9999"))
            }
            Self::Text(text) if text.contains('\0') => {
                Err("no text has a NUL character".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl From<bool> for CustomValue {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}
impl From<Decimal> for CustomValue {
    fn from(value: Decimal) -> Self {
        Self::Number(value)
    }
}
impl From<i64> for CustomValue {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}
impl From<&str> for CustomValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for CustomValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<NaiveDate> for CustomValue {
    fn from(value: NaiveDate) -> Self {
        Self::Date(value)
    }
}

impl FieldType for Custom {
    const KIND: Kind = Kind::Custom;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}

/// The tenant's own fields of a record, read from their JSON text.
pub(super) fn read(value: &Value<'_>) -> Option<Custom> {
    match value {
        Value::Json(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// Whether every store keeps these fields exactly.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text == "{}" {
        return Ok(());
    }
    let custom: Custom = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let each = |(name, value): (&String, &CustomValue)| {
        value.check().map_err(|reason| format!("{name:?}: {reason}"))
    };
    custom.0.iter().try_for_each(each)
}
