use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::BTreeSet,
    fmt::{self, Write},
    str::FromStr,
};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Country, Currency, Entity, Id, Money, Timestamp};

/// What sort of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Yes or no.
    Bool,
    /// A whole number of 64 bits.
    Integer,
    /// An exact number with at most four decimals, below 10^14 in size.
    Decimal,
    /// An amount with its currency.
    Money,
    /// Text, ordered by code point.
    Text,
    /// An id.
    Uuid,
    /// A day.
    Date,
    /// An instant.
    Timestamp,
    /// A structured value of its own, kept as JSON.
    Json,
    /// A set of words.
    Tags,
    /// A tenant's own fields.
    Custom,
}

/// One value of a field, owned or borrowed from its entity.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing is there.
    Null,
    /// Of [`Kind::Bool`].
    Bool(bool),
    /// Of [`Kind::Integer`].
    Integer(i64),
    /// Of [`Kind::Decimal`].
    Decimal(Decimal),
    /// Of [`Kind::Money`].
    Money(Money),
    /// Of [`Kind::Text`].
    Text(Cow<'a, str>),
    /// Of [`Kind::Uuid`].
    Uuid(Uuid),
    /// Of [`Kind::Date`].
    Date(NaiveDate),
    /// Of [`Kind::Timestamp`].
    Timestamp(Timestamp),
    /// Of [`Kind::Json`], [`Kind::Tags`] and [`Kind::Custom`]: JSON text.
    Json(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// Text, borrowed.
    pub const fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Text that may be absent, borrowed.
    pub fn opt_text(text: &'a Option<String>) -> Self {
        text.as_deref().map_or(Self::Null, Self::text)
    }

    /// A typed value that may be absent.
    pub fn opt<T: FieldType>(value: Option<T>) -> Self {
        match value {
            Some(value) => value.into_value(),
            None => Self::Null,
        }
    }

    /// A structured value as JSON text.
    pub fn json(value: &impl Serialize) -> Self {
        // Serialising our own maps, lists and strings cannot fail; a null would be refused on read.
        Self::Json(serde_json::to_string(value).unwrap_or_default().into())
    }

    /// Whether nothing is there.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it says nothing: nothing is there, or a blank text, or an empty list.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Json(json) => matches!(json.as_ref(), "[]" | "{}" | "null"),
            _ => false,
        }
    }

    /// The same value, owned.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(v) => Value::Bool(v),
            Self::Integer(v) => Value::Integer(v),
            Self::Decimal(v) => Value::Decimal(v),
            Self::Money(v) => Value::Money(v),
            Self::Text(v) => Value::Text(v.into_owned().into()),
            Self::Uuid(v) => Value::Uuid(v),
            Self::Date(v) => Value::Date(v),
            Self::Timestamp(v) => Value::Timestamp(v),
            Self::Json(v) => Value::Json(v.into_owned().into()),
        }
    }

    /// How two values of one kind compare; `None` where they do not: nothing with anything, and
    /// amounts in two currencies.
    pub fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Self::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
            (Self::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
            (Self::Money(a), Value::Money(b)) => a.partial_cmp(b),
            (Self::Text(a), Value::Text(b)) | (Self::Json(a), Value::Json(b)) => Some(a.cmp(b)),
            (Self::Uuid(a), Value::Uuid(b)) => Some(a.cmp(b)),
            (Self::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Self::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// The order of lists: nothing first, amounts by currency code and then by size.
    pub fn sort_order(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Self::Null, Value::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            (Self::Money(a), Value::Money(b)) => {
                (a.currency(), a.amount()).cmp(&(b.currency(), b.amount()))
            }
            _ => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }

    /// As JSON: numbers with decimals as strings, times in RFC 3339, nothing as `null`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut text = String::new();
        self.write_json(&mut text);
        serde_json::from_str(&text).unwrap_or(serde_json::Value::Null)
    }

    /// Appends what [`Value::to_json`] is, as text.
    pub(crate) fn write_json(&self, out: &mut String) {
        // Writing to a string does not fail.
        let _ = match self {
            Self::Null => out.write_str("null"),
            Self::Bool(v) => write!(out, "{v}"),
            Self::Integer(v) => write!(out, "{v}"),
            Self::Decimal(v) => write!(out, "\"{}\"", v.normalize()),
            Self::Money(v) => {
                let (amount, currency) = (v.amount_text(), v.currency());
                write!(out, "{{\"amount\":\"{amount}\",\"currency\":\"{currency}\"}}")
            }
            Self::Text(v) => {
                out.push_str(&serde_json::Value::from(v.as_ref()).to_string());
                Ok(())
            }
            Self::Uuid(v) => write!(out, "\"{v}\""),
            Self::Date(v) => write!(out, "\"{v}\""),
            Self::Timestamp(v) => write!(out, "\"{v}\""),
            Self::Json(v) => out.write_str(v),
        };
    }

    /// A value of `kind` from JSON, as [`Value::to_json`] writes it. An amount may also be text,
    /// `"4821.00 USD"`.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn from_json(kind: Kind, json: &serde_json::Value) -> Result<Value<'static>, String> {
        use serde_json::Value as J;
        match (kind, json) {
            (_, J::Null) => Ok(Value::Null),
            (Kind::Bool, J::Bool(v)) => Ok(Value::Bool(*v)),
            (Kind::Integer, J::Number(v)) if v.is_i64() => {
                Ok(Value::Integer(v.as_i64().unwrap_or_default()))
            }
            (Kind::Decimal, J::Number(v)) => Self::parse(kind, &v.to_string()),
            (Kind::Money, J::Object(_)) => {
                Money::deserialize(json).map(Value::Money).map_err(|e| e.to_string())
            }
            (Kind::Json | Kind::Tags | Kind::Custom, v) => Ok(Value::Json(v.to_string().into())),
            (Kind::Bool | Kind::Integer, v) => Err(format!("{v} is not {}", kind.words())),
            (_, J::String(text)) => Self::parse(kind, text),
            (_, v) => Err(format!("{v} is not {}", kind.words())),
        }
    }

    /// A value of `kind` from text: what people and files write.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn parse(kind: Kind, text: &str) -> Result<Value<'static>, String> {
        let wrong = || format!("{text:?} is not {}", kind.words());
        match kind {
            Kind::Bool => text.parse().map(Value::Bool).map_err(|_| wrong()),
            Kind::Integer => text.parse().map(Value::Integer).map_err(|_| wrong()),
            Kind::Decimal => {
                let number = Decimal::from_str_exact(text).map_err(|_| wrong())?;
                super::money::storable(number).map(Value::Decimal).map_err(|e| e.to_string())
            }
            Kind::Money => Money::from_str(text).map(Value::Money).map_err(|e| e.to_string()),
            Kind::Text => Ok(Value::Text(text.to_owned().into())),
            Kind::Uuid => Uuid::parse_str(text).map(Value::Uuid).map_err(|_| wrong()),
            Kind::Date => text.parse().map(Value::Date).map_err(|_| wrong()),
            Kind::Timestamp => text.parse().map(Value::Timestamp).map_err(|_| wrong()),
            Kind::Json | Kind::Tags | Kind::Custom => Ok(Value::Json(text.to_owned().into())),
        }
    }

    pub(crate) fn unexpected(&self, wanted: &str) -> String {
        format!("{wanted} was expected, {self:?} found")
    }
}

impl Kind {
    /// Whether it is kept as JSON: it has no order, and records are not grouped by it.
    pub const fn is_structured(self) -> bool {
        matches!(self, Self::Json | Self::Tags | Self::Custom)
    }

    /// What it is, in words: "a whole number".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Integer => "a whole number",
            Self::Decimal => "a number with at most 4 decimals, such as \"12.5\"",
            Self::Money => "an amount of money, such as \"4821.00 USD\"",
            Self::Text => "text",
            Self::Uuid => "an id (a UUID)",
            Self::Date => "a day, such as \"2017-12-31\"",
            Self::Timestamp => "a time, such as \"2017-12-31T08:00:00Z\"",
            Self::Json => "JSON",
            Self::Tags => "a list of words",
            Self::Custom => "the tenant's own fields",
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(v) => v.fmt(f),
            Self::Integer(v) => v.fmt(f),
            Self::Decimal(v) => v.normalize().fmt(f),
            Self::Money(v) => v.fmt(f),
            Self::Text(v) | Self::Json(v) => f.write_str(v),
            Self::Uuid(v) => v.fmt(f),
            Self::Date(v) => v.fmt(f),
            Self::Timestamp(v) => v.fmt(f),
        }
    }
}

/// A Rust type that a field can hold.
pub trait FieldType: Sized {
    /// The kind it is kept as.
    const KIND: Kind;
    /// The kind of entity it names, if it is an id.
    const REFERS_TO: Option<&'static str>;
    /// As a value.
    fn into_value(self) -> Value<'static>;
    /// From a value that is not [`Value::Null`].
    ///
    /// # Errors
    /// In words, when the value is none of this type.
    fn from_value(value: Value<'static>) -> Result<Self, String>;
}

/// The types that one variant of [`Value`] holds as they are.
macro_rules! plain {
    ($($type:ty, $kind:ident;)+) => {$(
        impl FieldType for $type {
            const KIND: Kind = Kind::$kind;
            const REFERS_TO: Option<&'static str> = None;
            fn into_value(self) -> Value<'static> {
                Value::$kind(self.into())
            }
            fn from_value(value: Value<'static>) -> Result<Self, String> {
                match value {
                    Value::$kind(v) => Ok(v.into()),
                    other => Err(other.unexpected(Kind::$kind.words())),
                }
            }
        }
    )+};
}
plain! {
    bool, Bool;
    i64, Integer;
    Decimal, Decimal;
    Money, Money;
    String, Text;
    NaiveDate, Date;
    Timestamp, Timestamp;
    Uuid, Uuid;
}

impl<E: Entity> FieldType for Id<E> {
    const KIND: Kind = Kind::Uuid;
    const REFERS_TO: Option<&'static str> = Some(E::KIND);
    fn into_value(self) -> Value<'static> {
        Value::Uuid(self.uuid())
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        match value {
            Value::Uuid(v) => Ok(Self::new(v)),
            other => Err(other.unexpected("an id")),
        }
    }
}

/// Types kept as the text they print and parse.
macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl FieldType for $type {
            const KIND: Kind = Kind::Text;
            const REFERS_TO: Option<&'static str> = None;
            fn into_value(self) -> Value<'static> {
                Value::Text(self.code().into())
            }
            fn from_value(value: Value<'static>) -> Result<Self, String> {
                match value {
                    Value::Text(text) => text.parse().map_err(|e: <$type as FromStr>::Err| e.to_string()),
                    other => Err(other.unexpected("text")),
                }
            }
        }
    )+};
}
as_text!(Country, Currency);

/// Words somebody put on a record, as a set: no order, none twice.
///
/// Search finds a record by about a hundred of them at the most, the first in the order of their
/// letters (`search::terms_of`); questions by field know them all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(pub BTreeSet<String>);

impl<T: Into<String>> FromIterator<T> for Tags {
    fn from_iter<I: IntoIterator<Item = T>>(words: I) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }
}

impl FieldType for Tags {
    const KIND: Kind = Kind::Tags;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}

/// A structured value read back from its JSON text.
pub(crate) fn from_json_text<T: for<'de> Deserialize<'de>>(
    value: Value<'static>,
) -> Result<T, String> {
    match value {
        Value::Json(text) => serde_json::from_str(&text).map_err(|e| e.to_string()),
        other => Err(other.unexpected("JSON")),
    }
}
