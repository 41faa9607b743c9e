use crate::kernel::{
    Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError, Value, text,
};

/// Something that is sold.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Its id.
    pub id: Id<Product>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is called.
    pub name: String,
    /// The group of products it belongs to.
    pub category: Option<String>,
    /// What one of it is: piece, hour, licence.
    pub unit: Option<String>,
    /// The price before any discount.
    pub list_price: Option<Money>,
    /// Whether it is sold now.
    pub active: bool,
}

impl Product {
    /// A product that is sold now.
    pub fn new(id: Id<Self>, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            active: true,
            external_id: None,
            category: None,
            unit: None,
            list_price: None,
        }
    }
}

/// Its id.
pub static ID: Field<Product, Id<Product>> = Field::new("id", |p| p.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Product, String> =
    Field::optional("external_id", |p| Value::opt_text(&p.external_id));
/// What it is called.
pub static NAME: Field<Product, String> = Field::new("name", |p| Value::text(&p.name));
/// The group of products it belongs to.
pub static CATEGORY: Field<Product, String> =
    Field::optional("category", |p| Value::opt_text(&p.category));
/// What one of it is: piece, hour, licence.
pub static UNIT: Field<Product, String> = Field::optional("unit", |p| Value::opt_text(&p.unit));
/// The price before any discount.
pub static LIST_PRICE: Field<Product, Money> =
    Field::optional("list_price", |p| Value::opt(p.list_price));
/// Whether it is sold now.
pub static ACTIVE: Field<Product, bool> = Field::new("active", |p| p.active.into_value());

impl Entity for Product {
    const KIND: &'static str = "product";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        CATEGORY.spec(),
        UNIT.spec(),
        LIST_PRICE.spec(),
        ACTIVE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            category: row.opt(&CATEGORY)?,
            unit: row.opt(&UNIT)?,
            list_price: row.opt(&LIST_PRICE)?,
            active: row.take(&ACTIVE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
