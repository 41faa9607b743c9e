//! Addenda: what was written to a closed interaction afterwards.

use crate::{
    customer::Customer,
    kernel::{
        ERASED, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError,
        Timestamp, Value, text::required,
    },
};

use super::Interaction;

/// What corrects or completes a closed interaction: only ever added, under its author's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addendum {
    /// Its id.
    pub id: Id<Addendum>,
    /// To which interaction.
    pub interaction_id: Id<Interaction>,
    /// The interaction's customer.
    pub customer_id: Id<Customer>,
    /// What is to be added.
    pub text: String,
    /// When it was written.
    pub written_at: Timestamp,
    /// Who wrote it.
    pub written_by: String,
}

/// Its id.
pub static ID: Field<Addendum, Id<Addendum>> = Field::new("id", |a| a.id.into_value());
/// To which interaction.
pub static INTERACTION_ID: Field<Addendum, Id<Interaction>> =
    Field::new("interaction_id", |a| a.interaction_id.into_value());
/// The interaction's customer.
pub static CUSTOMER_ID: Field<Addendum, Id<Customer>> =
    Field::new("customer_id", |a| a.customer_id.into_value());
/// What is to be added.
pub static TEXT: Field<Addendum, String> =
    Field::long("text", |a: &Addendum| Value::text(&a.text)).personal_as(ERASED);
/// When it was written.
pub static WRITTEN_AT: Field<Addendum, Timestamp> =
    Field::new("written_at", |a| a.written_at.into_value());
/// Who wrote it.
pub static WRITTEN_BY: Field<Addendum, String> =
    Field::new("written_by", |a| Value::text(&a.written_by));

impl Entity for Addendum {
    const KIND: &'static str = "addendum";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        INTERACTION_ID.spec(),
        CUSTOMER_ID.spec(),
        TEXT.spec(),
        WRITTEN_AT.spec(),
        WRITTEN_BY.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            interaction_id: row.take(&INTERACTION_ID)?,
            customer_id: row.take(&CUSTOMER_ID)?,
            text: row.take(&TEXT)?,
            written_at: row.take(&WRITTEN_AT)?,
            written_by: row.take(&WRITTEN_BY)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        required::<Self>("text", &self.text)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "what was added is not changed afterwards: add another one";
        Err(Refused::new(Self::KIND, "written", "changed", why))
    }
}
