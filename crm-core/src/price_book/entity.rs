use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    kernel::{
        Criteria, Currency, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row,
        RowError, Value, text,
    },
};

/// Prices in one currency, for a time, for some customers or all.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceBook {
    /// Its id.
    pub id: Id<PriceBook>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is called; unique for the tenant.
    pub name: String,
    /// The currency of all its prices: for ever.
    pub currency: Currency,
    /// Whether it is in use.
    pub active: bool,
    /// The first day it holds; without it, from ever.
    pub valid_from: Option<NaiveDate>,
    /// The last day it holds; without it, for ever.
    pub valid_to: Option<NaiveDate>,
    /// Which of several that hold is asked first: the highest. The standard book has 0.
    pub priority: i64,
    /// Whom it is for.
    pub customers: PricedFor,
    /// Anything else.
    pub notes: Option<String>,
}

/// Which customers a price book is for. One for everybody also holds where no customer is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PricedFor(pub Criteria<Customer>);
crate::settings::as_json!(PricedFor);

impl PricedFor {
    /// For all of them.
    pub const fn everybody() -> Self {
        Self(Criteria::everything())
    }
}

impl PriceBook {
    /// A book in use, for everybody, for ever.
    pub fn new(id: Id<Self>, name: impl Into<String>, currency: Currency) -> Self {
        Self {
            id,
            name: name.into(),
            currency,
            external_id: None,
            active: true,
            valid_from: None,
            valid_to: None,
            priority: 0,
            customers: PricedFor::everybody(),
            notes: None,
        }
    }

    /// Whether it is for all customers.
    pub const fn is_for_everybody(&self) -> bool {
        self.customers.0.is_everything()
    }
}

/// Its id.
pub static ID: Field<PriceBook, Id<PriceBook>> = Field::new("id", |b| b.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<PriceBook, String> =
    Field::optional("external_id", |b| Value::opt_text(&b.external_id));
/// What it is called; unique for the tenant.
pub static NAME: Field<PriceBook, String> = Field::new("name", |b| Value::text(&b.name));
/// The currency of all its prices: for ever.
pub static CURRENCY: Field<PriceBook, Currency> =
    Field::new("currency", |b| b.currency.into_value());
/// Whether it is in use.
pub static ACTIVE: Field<PriceBook, bool> = Field::new("active", |b| b.active.into_value());
/// The first day it holds; without it, from ever.
pub static VALID_FROM: Field<PriceBook, NaiveDate> =
    Field::optional("valid_from", |b| Value::opt(b.valid_from));
/// The last day it holds; without it, for ever.
pub static VALID_TO: Field<PriceBook, NaiveDate> =
    Field::optional("valid_to", |b| Value::opt(b.valid_to));
/// Which of several that hold is asked first: the highest.
pub static PRIORITY: Field<PriceBook, i64> = Field::new("priority", |b| b.priority.into_value());
/// Whom it is for.
pub static CUSTOMERS: Field<PriceBook, PricedFor> =
    Field::new("customers", |b| Value::json(&b.customers));
/// Anything else.
pub static NOTES: Field<PriceBook, String> =
    Field::optional_long("notes", |b| Value::opt_text(&b.notes));

impl Entity for PriceBook {
    const KIND: &'static str = "price_book";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        CURRENCY.spec(),
        ACTIVE.spec(),
        VALID_FROM.spec(),
        VALID_TO.spec(),
        PRIORITY.spec(),
        CUSTOMERS.spec(),
        NOTES.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id", "name"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            currency: row.take(&CURRENCY)?,
            active: row.take(&ACTIVE)?,
            valid_from: row.opt(&VALID_FROM)?,
            valid_to: row.opt(&VALID_TO)?,
            priority: row.take(&PRIORITY)?,
            customers: row.take(&CUSTOMERS)?,
            notes: row.opt(&NOTES)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        if let (Some(from), Some(to)) = (self.valid_from, self.valid_to)
            && to < from
        {
            let reason = format!("{to} is before {from}, the first day it holds: set a later day");
            return Err(Invalid::field::<Self>("valid_to", reason));
        }
        let wrong = |wrong: Invalid| {
            Invalid::field::<Self>("customers", format!("{}: {}", wrong.field, wrong.reason))
        };
        self.customers.0.check().map_err(wrong)
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        if self.currency == next.currency {
            return Ok(());
        }
        let why = "its prices are in this currency: make another book";
        Err(Refused::new(Self::KIND, self.currency.code(), next.currency.code(), why))
    }
}
