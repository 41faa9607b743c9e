//! Contacts: the people at customers.

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{
        Custom, Entity, Field, FieldSpec, FieldType, Id, Invalid, Phones, Refused, Row, RowError,
        Tags, Value, text, text_enum,
    },
};

text_enum! {
    /// Somebody's part in a customer's decision to buy.
    pub enum DecisionRole {
        /// Decides.
        DecisionMaker = "decision_maker",
        /// Signs and pays.
        Buyer = "buyer",
        /// Is asked.
        Influencer = "influencer",
        /// Speaks for us inside.
        Champion = "champion",
        /// Will work with it.
        User = "user",
        /// Lets others through or not.
        Gatekeeper = "gatekeeper",
    }
}

/// A person to talk to at a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// Their id.
    pub id: Id<Contact>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// Where they work, or whom they speak for.
    pub customer_id: Option<Id<Customer>>,
    /// Their name, as it is shown.
    pub name: String,
    /// Their given name.
    pub given_name: Option<String>,
    /// Their family name.
    pub family_name: Option<String>,
    /// Their job title.
    pub title: Option<String>,
    /// Their department.
    pub department: Option<String>,
    /// Their part in the decision to buy.
    pub role: Option<DecisionRole>,
    /// Their phone numbers.
    pub phones: Phones,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The language to write to them in, as a BCP 47 tag.
    pub language: Option<String>,
    /// Their birthday.
    pub birthday: Option<NaiveDate>,
    /// Words put on them.
    pub tags: Tags,
    /// The tenant's own fields.
    pub custom: Custom,
    /// Anything else.
    pub notes: Option<String>,
}

impl Contact {
    /// A person of whom only the name is known.
    pub fn new(id: Id<Self>, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            phones: Phones::default(),
            tags: Tags::default(),
            custom: Custom::default(),
            external_id: None,
            customer_id: None,
            given_name: None,
            family_name: None,
            title: None,
            department: None,
            role: None,
            email: None,
            language: None,
            birthday: None,
            notes: None,
        }
    }
}

/// Their id.
pub static ID: Field<Contact, Id<Contact>> = Field::new("id", |c| c.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Contact, String> =
    Field::optional("external_id", |c| Value::opt_text(&c.external_id));
/// Where they work, or whom they speak for.
pub static CUSTOMER_ID: Field<Contact, Id<Customer>> =
    Field::optional("customer_id", |c| Value::opt(c.customer_id));
/// Their name, as it is shown.
pub static NAME: Field<Contact, String> = Field::new("name", |c| Value::text(&c.name));
/// Their given name.
pub static GIVEN_NAME: Field<Contact, String> =
    Field::optional("given_name", |c| Value::opt_text(&c.given_name));
/// Their family name.
pub static FAMILY_NAME: Field<Contact, String> =
    Field::optional("family_name", |c| Value::opt_text(&c.family_name));
/// Their job title.
pub static TITLE: Field<Contact, String> = Field::optional("title", |c| Value::opt_text(&c.title));
/// Their department.
pub static DEPARTMENT: Field<Contact, String> =
    Field::optional("department", |c| Value::opt_text(&c.department));
/// Their part in the decision to buy.
pub static ROLE: Field<Contact, DecisionRole> = Field::optional("role", |c| Value::opt(c.role));
/// Their phone numbers.
pub static PHONES: Field<Contact, Phones> = Field::new("phones", |c| Value::json(&c.phones));
/// Their e-mail address.
pub static EMAIL: Field<Contact, String> = Field::optional("email", |c| Value::opt_text(&c.email));
/// The language to write to them in, as a BCP 47 tag.
pub static LANGUAGE: Field<Contact, String> =
    Field::optional("language", |c| Value::opt_text(&c.language));
/// Their birthday.
pub static BIRTHDAY: Field<Contact, NaiveDate> =
    Field::optional("birthday", |c| Value::opt(c.birthday));
/// Words put on them.
pub static TAGS: Field<Contact, Tags> = Field::new("tags", |c| Value::json(&c.tags));
/// The tenant's own fields.
pub static CUSTOM: Field<Contact, Custom> = Field::new("custom", |c| Value::json(&c.custom));
/// Anything else.
pub static NOTES: Field<Contact, String> =
    Field::optional_long("notes", |c| Value::opt_text(&c.notes));

impl Entity for Contact {
    const KIND: &'static str = "contact";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        CUSTOMER_ID.spec(),
        NAME.spec(),
        GIVEN_NAME.spec(),
        FAMILY_NAME.spec(),
        TITLE.spec(),
        DEPARTMENT.spec(),
        ROLE.spec(),
        PHONES.spec(),
        EMAIL.spec(),
        LANGUAGE.spec(),
        BIRTHDAY.spec(),
        TAGS.spec(),
        CUSTOM.spec(),
        NOTES.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            customer_id: row.opt(&CUSTOMER_ID)?,
            name: row.take(&NAME)?,
            given_name: row.opt(&GIVEN_NAME)?,
            family_name: row.opt(&FAMILY_NAME)?,
            title: row.opt(&TITLE)?,
            department: row.opt(&DEPARTMENT)?,
            role: row.opt(&ROLE)?,
            phones: row.take(&PHONES)?,
            email: row.opt(&EMAIL)?,
            language: row.opt(&LANGUAGE)?,
            birthday: row.opt(&BIRTHDAY)?,
            tags: row.take(&TAGS)?,
            custom: row.take(&CUSTOM)?,
            notes: row.opt(&NOTES)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
