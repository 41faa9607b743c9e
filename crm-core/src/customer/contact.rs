//! Contacts: the people at customers.

use chrono::NaiveDate;

use crate::{
    customer::Customer,
    duplicate,
    kernel::{
        Addresses, Custom, ERASED, Entity, Field, FieldSpec, FieldType, Id, Invalid, Phones,
        Refused, Row, RowError, Tags, Term, Timestamp, Value, is_erased, text, text_enum,
    },
    search,
    settings::{Settings, judge_archivable},
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
    /// Their addresses, for what they are.
    pub addresses: Addresses,
    /// When they were put away; they are left out of the daily work.
    pub archived_at: Option<Timestamp>,
    /// Since when something is missing that the house asks for.
    pub incomplete_since: Option<Timestamp>,
    /// The names of fields that are missing though the house asks for them.
    pub missing: Tags,
    /// How complete the record is, in per cent; 100 where nothing is asked for.
    pub completeness: i64,
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
            addresses: Addresses::default(),
            archived_at: None,
            incomplete_since: None,
            missing: Tags::default(),
            completeness: 100,
        }
    }
}

/// Their id.
pub static ID: Field<Contact, Id<Contact>> = Field::new("id", |c| c.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Contact, String> =
    Field::optional("external_id", |c: &Contact| Value::opt_text(&c.external_id)).personal();
/// Where they work, or whom they speak for.
pub static CUSTOMER_ID: Field<Contact, Id<Customer>> =
    Field::optional("customer_id", |c| Value::opt(c.customer_id));
/// Their name, as it is shown.
pub static NAME: Field<Contact, String> =
    Field::new("name", |c: &Contact| Value::text(&c.name)).personal_as(ERASED);
/// Their given name.
pub static GIVEN_NAME: Field<Contact, String> =
    Field::optional("given_name", |c: &Contact| Value::opt_text(&c.given_name)).personal();
/// Their family name.
pub static FAMILY_NAME: Field<Contact, String> =
    Field::optional("family_name", |c: &Contact| Value::opt_text(&c.family_name)).personal();
/// Their job title.
pub static TITLE: Field<Contact, String> =
    Field::optional("title", |c: &Contact| Value::opt_text(&c.title)).personal();
/// Their department.
pub static DEPARTMENT: Field<Contact, String> =
    Field::optional("department", |c: &Contact| Value::opt_text(&c.department)).personal();
/// Their part in the decision to buy.
pub static ROLE: Field<Contact, DecisionRole> = Field::optional("role", |c| Value::opt(c.role));
/// Their phone numbers.
pub static PHONES: Field<Contact, Phones> =
    Field::new("phones", |c: &Contact| Value::json(&c.phones)).personal_as("[]");
/// Their e-mail address.
pub static EMAIL: Field<Contact, String> =
    Field::optional("email", |c: &Contact| Value::opt_text(&c.email)).personal();
/// The language to write to them in, as a BCP 47 tag.
pub static LANGUAGE: Field<Contact, String> =
    Field::optional("language", |c| Value::opt_text(&c.language));
/// Their birthday.
pub static BIRTHDAY: Field<Contact, NaiveDate> =
    Field::optional("birthday", |c: &Contact| Value::opt(c.birthday)).personal();
/// Words put on them.
pub static TAGS: Field<Contact, Tags> =
    Field::new("tags", |c: &Contact| Value::json(&c.tags)).personal_as("[]");
/// The tenant's own fields.
pub static CUSTOM: Field<Contact, Custom> =
    Field::new("custom", |c: &Contact| Value::json(&c.custom)).personal_as("{}");
/// Anything else.
pub static NOTES: Field<Contact, String> =
    Field::optional_long("notes", |c: &Contact| Value::opt_text(&c.notes)).personal();
/// Their addresses, for what they are.
pub static ADDRESSES: Field<Contact, Addresses> =
    Field::new("addresses", |c: &Contact| Value::json(&c.addresses)).personal_as("[]");
/// When they were put away.
pub static ARCHIVED_AT: Field<Contact, Timestamp> =
    Field::optional("archived_at", |c| Value::opt(c.archived_at));
/// Since when something is missing that the house asks for.
pub static INCOMPLETE_SINCE: Field<Contact, Timestamp> =
    Field::optional("incomplete_since", |c: &Contact| Value::opt(c.incomplete_since))
        .derived()
        .personal();
/// The names of fields that are missing though the house asks for them.
pub static MISSING: Field<Contact, Tags> =
    Field::new("missing", |c: &Contact| Value::json(&c.missing)).derived().personal_as("[]");
/// How complete the record is, in per cent; 100 where nothing is asked for.
pub static COMPLETENESS: Field<Contact, i64> =
    Field::new("completeness", |c: &Contact| c.completeness.into_value())
        .derived()
        .personal_as("100");

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
        ADDRESSES.spec(),
        ARCHIVED_AT.spec(),
        INCOMPLETE_SINCE.spec(),
        MISSING.spec(),
        COMPLETENESS.spec(),
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
            addresses: row.take(&ADDRESSES)?,
            archived_at: row.opt(&ARCHIVED_AT)?,
            incomplete_since: row.opt(&INCOMPLETE_SINCE)?,
            missing: row.take(&MISSING)?,
            completeness: row.take(&COMPLETENESS)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)
    }

    fn terms(&self, rules: &Settings) -> Vec<Term> {
        // One that was erased is not found, and like no other.
        if is_erased(self) {
            return Vec::new();
        }
        let searched = self.archived_at.is_none();
        let mut terms = if searched { search::terms_of(self) } else { Vec::new() };
        terms.extend(duplicate::terms_of_contact(self, rules));
        terms
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }

    const RULED: bool = true;

    fn settle(
        &mut self,
        before: Option<&Self>,
        rules: &Settings,
        now: Timestamp,
    ) -> crate::Result<()> {
        rules.custom_fields.settle::<Self>(&self.custom, before.map(|before| &before.custom))?;
        let stored = before.map(|b| (b, b.incomplete_since, b.archived_at.is_some()));
        let (asked, archived) = (&rules.completeness.contact, self.archived_at.is_some());
        let found = judge_archivable(asked, self, archived, stored, now)?;
        self.incomplete_since = found.since;
        self.missing = found.missing;
        self.completeness = found.percent;
        Ok(())
    }
}
