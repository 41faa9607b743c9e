//! What decided that a record changes its owner.

use std::{borrow::Cow, sync::Arc};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::kernel::{FieldType, Kind, Value};

/// What decided something, as JSON; an empty object where nothing did. It is text, made once: an owner's history is written more
/// often than it is read.
#[derive(Clone, Debug)]
pub struct Trace(Arc<str>);

impl Trace {
    /// What this says, if it is an object as JSON; else nothing.
    pub fn of(what: &impl Serialize) -> Self {
        match serde_json::to_string(what) {
            Ok(text) if text.starts_with('{') => Self(text.into()),
            _ => Self::default(),
        }
    }

    /// The same, which says this under this name.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<Json>) -> Self {
        let mut members = self.members();
        members.insert(name.to_owned(), value.into());
        Self::of(&members)
    }

    /// What it says under a name.
    pub fn get(&self, name: &str) -> Option<Json> {
        self.members().remove(name)
    }

    /// All that it says.
    pub fn members(&self) -> Map<String, Json> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    pub(super) fn value(&self) -> Value<'_> {
        Value::Json(Cow::Borrowed(&self.0))
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl PartialEq for Trace {
    /// They say the same, in whatever order.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.members() == other.members()
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members().serialize(serializer)
    }
}

impl FieldType for Trace {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        self.value().into_owned()
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        let members: Map<String, Json> = crate::kernel::from_json_text(value)?;
        Ok(Self::of(&members))
    }
}
