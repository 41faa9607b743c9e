use serde::{Deserialize, Serialize};

use super::{Country, FieldType, Kind, Value, from_json_text, text_enum};

text_enum! {
    /// What an address is for.
    pub enum AddressKind {
        /// Where invoices go.
        Billing = "billing",
        /// Where goods go.
        Shipping = "shipping",
        /// Where one goes to meet them.
        Visiting = "visiting",
        /// Where letters go.
        Postal = "postal",
        /// Anything else.
        Other = "other",
    }
}

/// An address as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// What it is for.
    pub kind: AddressKind,
    /// Street and number, or post box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// The postcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// The town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The state, province or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

impl Address {
    /// An address of which nothing is known yet.
    pub const fn new(kind: AddressKind) -> Self {
        Self { kind, street: None, postcode: None, city: None, region: None, country: None }
    }
}

/// The addresses of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Addresses(pub Vec<Address>);

impl FieldType for Addresses {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}
