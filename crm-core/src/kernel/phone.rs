use serde::{Deserialize, Serialize};

use super::{FieldType, Kind, Value, from_json_text, text_enum};

text_enum! {
    /// What a phone number is for.
    pub enum PhoneKind {
        /// At work.
        Work = "work",
        /// In the pocket.
        Mobile = "mobile",
        /// At home.
        Home = "home",
        /// The number of the house, at its reception.
        Main = "main",
        /// A fax.
        Fax = "fax",
        /// Anything else.
        Other = "other",
    }
}

/// A phone number as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// What it is for.
    pub kind: PhoneKind,
    /// The number.
    pub number: String,
}

/// The phone numbers of somebody, the first to try first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phones(pub Vec<Phone>);

impl FieldType for Phones {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}
