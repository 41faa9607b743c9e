use crate::kernel::{
    Country, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId,
    Value,
};

/// The rules of a tenant's house. There is one record for each tenant, under [`Settings::id_of`];
/// without it, the rules are those of [`Settings::standard`].
///
/// Stores read it before they write what rules have a say in; a change of it holds for what is
/// written from then on.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Its id.
    pub id: Id<Settings>,
    /// What the house is called.
    pub name: Option<String>,
    /// The country of phone numbers that do not say theirs.
    pub default_country: Option<Country>,
}

impl Settings {
    /// The id of a tenant's one record.
    pub fn id_of(tenant: TenantId) -> Id<Self> {
        Id::derived(tenant, "settings")
    }

    /// No rules.
    pub const fn standard(id: Id<Self>) -> Self {
        Self { id, name: None, default_country: None }
    }
}

/// Its id.
pub static ID: Field<Settings, Id<Settings>> = Field::new("id", |s| s.id.into_value());
/// What the house is called.
pub static NAME: Field<Settings, String> = Field::optional("name", |s| Value::opt_text(&s.name));
/// The country of phone numbers that do not say theirs.
pub static DEFAULT_COUNTRY: Field<Settings, Country> =
    Field::optional("default_country", |s| Value::opt(s.default_country));

impl Entity for Settings {
    const KIND: &'static str = "settings";
    const FIELDS: &'static [&'static FieldSpec<Self>] =
        &[ID.spec(), NAME.spec(), DEFAULT_COUNTRY.spec()];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            name: row.opt(&NAME)?,
            default_country: row.opt(&DEFAULT_COUNTRY)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
