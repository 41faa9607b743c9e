use crate::{
    kernel::{
        Addresses, Country, Custom, ERASED, Field, FieldType, Id, Money, Phones, Tags, Timestamp,
        Value,
    },
    staff_member::StaffMember,
    value::ValueClass,
};

use super::{Customer, CustomerKind};

/// Its id.
pub static ID: Field<Customer, Id<Customer>> = Field::new("id", |c| c.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Customer, String> =
    Field::optional("external_id", |c: &Customer| Value::opt_text(&c.external_id)).personal();
/// An organisation or a person.
pub static KIND: Field<Customer, CustomerKind> = Field::new("kind", |c| c.kind.into_value());
/// Its name.
pub static NAME: Field<Customer, String> =
    Field::new("name", |c: &Customer| Value::text(&c.name)).personal_as(ERASED);
/// The kind of customer it is for this house: dealer, library, school.
pub static CATEGORY: Field<Customer, String> =
    Field::optional("category", |c| Value::opt_text(&c.category));
/// The industry it works in.
pub static INDUSTRY: Field<Customer, String> =
    Field::optional("industry", |c| Value::opt_text(&c.industry));
/// Its phone numbers.
pub static PHONES: Field<Customer, Phones> =
    Field::new("phones", |c: &Customer| Value::json(&c.phones)).personal_as("[]");
/// Its fax number.
pub static FAX: Field<Customer, String> =
    Field::optional("fax", |c: &Customer| Value::opt_text(&c.fax)).personal();
/// Its e-mail address.
pub static EMAIL: Field<Customer, String> =
    Field::optional("email", |c: &Customer| Value::opt_text(&c.email)).personal();
/// Its website.
pub static WEBSITE: Field<Customer, String> =
    Field::optional("website", |c: &Customer| Value::opt_text(&c.website)).personal();
/// Its tax or VAT number.
pub static TAX_NUMBER: Field<Customer, String> =
    Field::optional("tax_number", |c: &Customer| Value::opt_text(&c.tax_number)).personal();
/// Street and number, or post box.
pub static STREET: Field<Customer, String> =
    Field::optional("street", |c: &Customer| Value::opt_text(&c.street)).personal();
/// Its postcode.
pub static POSTCODE: Field<Customer, String> =
    Field::optional("postcode", |c: &Customer| Value::opt_text(&c.postcode)).personal();
/// Its town.
pub static CITY: Field<Customer, String> =
    Field::optional("city", |c: &Customer| Value::opt_text(&c.city)).personal();
/// Its state, province or county.
pub static REGION: Field<Customer, String> =
    Field::optional("region", |c: &Customer| Value::opt_text(&c.region)).personal();
/// Its country.
pub static COUNTRY: Field<Customer, Country> =
    Field::optional("country", |c| Value::opt(c.country));
/// How many people work there.
pub static EMPLOYEES: Field<Customer, i64> =
    Field::optional("employees", |c| Value::opt(c.employees));
/// What it turns over in a year.
pub static YEARLY_REVENUE: Field<Customer, Money> =
    Field::optional("yearly_revenue", |c| Value::opt(c.yearly_revenue));
/// The customer it belongs to.
pub static PARENT_ID: Field<Customer, Id<Customer>> =
    Field::optional("parent_id", |c| Value::opt(c.parent_id));
/// Where it came from: fair, web, referral.
pub static SOURCE: Field<Customer, String> =
    Field::optional("source", |c: &Customer| Value::opt_text(&c.source)).personal();
/// Its account manager; without one it is free.
pub static OWNER_ID: Field<Customer, Id<StaffMember>> =
    Field::optional("owner_id", |c| Value::opt(c.owner_id));
/// How far it has come with us: lead, prospect, customer, dormant, lost.
pub static LIFECYCLE_STAGE: Field<Customer, String> =
    Field::new("lifecycle_stage", |c: &Customer| Value::text(&c.lifecycle_stage)).filled();
/// Words put on it.
pub static TAGS: Field<Customer, Tags> =
    Field::new("tags", |c: &Customer| Value::json(&c.tags)).personal_as("[]");
/// The tenant's own fields.
pub static CUSTOM: Field<Customer, Custom> =
    Field::new("custom", |c: &Customer| Value::json(&c.custom)).personal_as("{}");
/// Anything else.
pub static NOTES: Field<Customer, String> =
    Field::optional_long("notes", |c: &Customer| Value::opt_text(&c.notes)).personal();
/// Whom to talk to there, by name.
pub static CONTACT_PERSON: Field<Customer, String> =
    Field::optional("contact_person", |c: &Customer| Value::opt_text(&c.contact_person)).personal();
/// Its addresses, for what they are.
pub static ADDRESSES: Field<Customer, Addresses> =
    Field::new("addresses", |c: &Customer| Value::json(&c.addresses)).personal_as("[]");
/// When it was put away.
pub static ARCHIVED_AT: Field<Customer, Timestamp> =
    Field::optional("archived_at", |c| Value::opt(c.archived_at));
/// Since when something is missing that the house asks for.
pub static INCOMPLETE_SINCE: Field<Customer, Timestamp> =
    Field::optional("incomplete_since", |c: &Customer| Value::opt(c.incomplete_since))
        .derived()
        .personal();
/// The names of fields that are missing though the house asks for them.
pub static MISSING: Field<Customer, Tags> =
    Field::new("missing", |c: &Customer| Value::json(&c.missing)).derived().personal_as("[]");
/// How complete it is, in per cent; 100 where nothing is asked for.
pub static COMPLETENESS: Field<Customer, i64> =
    Field::new("completeness", |c: &Customer| c.completeness.into_value())
        .derived()
        .personal_as("100");
/// The customer that it was merged into, where it leads to from then on.
pub static MERGED_INTO: Field<Customer, Id<Customer>> =
    Field::optional("merged_into", |c| Value::opt(c.merged_into));
/// Its tier.
pub static TIER: Field<Customer, String> = Field::optional("tier", |c| Value::opt_text(&c.tier));
/// Why it is in that tier, in words.
pub static TIER_REASON: Field<Customer, String> =
    Field::optional_long("tier_reason", |c| Value::opt_text(&c.tier_reason));
/// What it brought by the run that gave it its tier.
pub static VALUE: Field<Customer, Money> = Field::optional("value", |c| Value::opt(c.value));
/// Its class by that run.
pub static VALUE_CLASS: Field<Customer, ValueClass> =
    Field::optional("value_class", |c| Value::opt(c.value_class));
