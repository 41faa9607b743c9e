//! The fields of a lead.

use chrono::NaiveDate;

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{
        Country, Custom, ERASED, Field, FieldSpec, FieldType, Id, Money, Phones, Tags, Timestamp,
        Value,
    },
    opportunity::Opportunity,
    product::Product,
    staff_member::StaffMember,
};

use super::{Lead, LeadStatus, Qualification, Rating};

/// Its id.
pub static ID: Field<Lead, Id<Lead>> = Field::new("id", |l| l.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Lead, String> =
    Field::optional("external_id", |l: &Lead| Value::opt_text(&l.external_id)).personal();
/// The person, as they are called.
pub static NAME: Field<Lead, String> =
    Field::optional("name", |l: &Lead| Value::opt_text(&l.name)).personal_as(ERASED).filled();
/// Their given name.
pub static GIVEN_NAME: Field<Lead, String> =
    Field::optional("given_name", |l: &Lead| Value::opt_text(&l.given_name)).personal();
/// Their family name.
pub static FAMILY_NAME: Field<Lead, String> =
    Field::optional("family_name", |l: &Lead| Value::opt_text(&l.family_name)).personal();
/// Their job title.
pub static TITLE: Field<Lead, String> =
    Field::optional("title", |l: &Lead| Value::opt_text(&l.title)).personal();
/// The company.
pub static COMPANY: Field<Lead, String> =
    Field::optional("company", |l: &Lead| Value::opt_text(&l.company)).personal();
/// The industry it works in.
pub static INDUSTRY: Field<Lead, String> =
    Field::optional("industry", |l| Value::opt_text(&l.industry));
/// How many people work there.
pub static EMPLOYEES: Field<Lead, i64> = Field::optional("employees", |l| Value::opt(l.employees));
/// The e-mail address.
pub static EMAIL: Field<Lead, String> =
    Field::optional("email", |l: &Lead| Value::opt_text(&l.email)).personal();
/// The phone numbers.
pub static PHONES: Field<Lead, Phones> =
    Field::new("phones", |l: &Lead| Value::json(&l.phones)).personal_as("[]");
/// The website.
pub static WEBSITE: Field<Lead, String> =
    Field::optional("website", |l: &Lead| Value::opt_text(&l.website)).personal();
/// The tax or VAT number.
pub static TAX_NUMBER: Field<Lead, String> =
    Field::optional("tax_number", |l: &Lead| Value::opt_text(&l.tax_number)).personal();
/// Street and number, or post box.
pub static STREET: Field<Lead, String> =
    Field::optional("street", |l: &Lead| Value::opt_text(&l.street)).personal();
/// The postcode.
pub static POSTCODE: Field<Lead, String> =
    Field::optional("postcode", |l: &Lead| Value::opt_text(&l.postcode)).personal();
/// The town.
pub static CITY: Field<Lead, String> =
    Field::optional("city", |l: &Lead| Value::opt_text(&l.city)).personal();
/// The state, province or county.
pub static REGION: Field<Lead, String> =
    Field::optional("region", |l: &Lead| Value::opt_text(&l.region)).personal();
/// The country.
pub static COUNTRY: Field<Lead, Country> = Field::optional("country", |l| Value::opt(l.country));
/// Where it came from: fair, web, referral.
pub static SOURCE: Field<Lead, String> =
    Field::optional("source", |l: &Lead| Value::opt_text(&l.source)).personal();
/// Which fair, page or campaign that was, or who referred them.
pub static CAMPAIGN: Field<Lead, String> =
    Field::optional("campaign", |l: &Lead| Value::opt_text(&l.campaign)).personal();
/// How promising it is, from 0 to 100.
pub static SCORE: Field<Lead, i64> = Field::optional("score", |l| Value::opt(l.score));
/// Who or what gave the score.
pub static SCORE_BY: Field<Lead, String> =
    Field::optional("score_by", |l| Value::opt_text(&l.score_by));
/// How promising it is, at a glance.
pub static RATING: Field<Lead, Rating> = Field::optional("rating", |l| Value::opt(l.rating));
/// What is known of whether it is worth it.
pub static QUALIFICATION: Field<Lead, Qualification> =
    Field::new("qualification", |l: &Lead| Value::json(&l.qualification)).personal_as("{}");
/// Who works on it.
pub static OWNER_ID: Field<Lead, Id<StaffMember>> =
    Field::optional("owner_id", |l| Value::opt(l.owner_id));
/// What they are interested in.
pub static PRODUCT_ID: Field<Lead, Id<Product>> =
    Field::optional("product_id", |l| Value::opt(l.product_id));
/// What it may be worth.
pub static AMOUNT: Field<Lead, Money> = Field::optional("amount", |l| Value::opt(l.amount));
/// When it came in: when it is stored, unless it says so.
pub static RECEIVED_AT: Field<Lead, Timestamp> =
    Field::optional("received_at", |l: &Lead| Value::opt(l.received_at)).filled();
/// Words put on it.
pub static TAGS: Field<Lead, Tags> =
    Field::new("tags", |l: &Lead| Value::json(&l.tags)).personal_as("[]");
/// The tenant's own fields.
pub static CUSTOM: Field<Lead, Custom> =
    Field::new("custom", |l: &Lead| Value::json(&l.custom)).personal_as("{}");
/// Anything else.
pub static NOTES: Field<Lead, String> =
    Field::optional_long("notes", |l: &Lead| Value::opt_text(&l.notes)).personal();
/// How far it has come.
pub static STATUS: Field<Lead, LeadStatus> =
    Field::new("status", |l| l.state.status().into_value());
/// When it was converted or disqualified.
pub static DECIDED_AT: Field<Lead, Timestamp> =
    Field::optional("decided_at", |l| Value::opt(l.state.decided_at()));
/// Who converted or disqualified it.
pub static DECIDED_BY: Field<Lead, String> =
    Field::optional("decided_by", |l| l.state.decided_by().map_or(Value::Null, Value::text));
/// Why it was disqualified.
pub static REASON: Field<Lead, String> = Field::optional("reason", |l: &Lead| {
    l.state.reason().filter(|reason| !reason.is_empty()).map_or(Value::Null, Value::text)
})
.personal();
/// The customer that it became.
pub static CUSTOMER_ID: Field<Lead, Id<Customer>> =
    Field::optional("customer_id", |l| Value::opt(l.state.customer()));
/// The contact that it became.
pub static CONTACT_ID: Field<Lead, Id<Contact>> =
    Field::optional("contact_id", |l| Value::opt(l.state.contact()));
/// The opportunity that it became.
pub static OPPORTUNITY_ID: Field<Lead, Id<Opportunity>> =
    Field::optional("opportunity_id", |l| Value::opt(l.state.opportunity()));
/// How often it came back after it was disqualified.
pub static RECYCLED: Field<Lead, i64> = Field::new("recycled", |l| l.recycled.into_value());
/// The day to take it up again, since it came back.
pub static RECALL_ON: Field<Lead, NaiveDate> =
    Field::optional("recall_on", |l| Value::opt(l.recall_on));

pub(super) const ALL: &[&FieldSpec<Lead>] = &[
    ID.spec(),
    EXTERNAL_ID.spec(),
    NAME.spec(),
    GIVEN_NAME.spec(),
    FAMILY_NAME.spec(),
    TITLE.spec(),
    COMPANY.spec(),
    INDUSTRY.spec(),
    EMPLOYEES.spec(),
    EMAIL.spec(),
    PHONES.spec(),
    WEBSITE.spec(),
    TAX_NUMBER.spec(),
    STREET.spec(),
    POSTCODE.spec(),
    CITY.spec(),
    REGION.spec(),
    COUNTRY.spec(),
    SOURCE.spec(),
    CAMPAIGN.spec(),
    SCORE.spec(),
    SCORE_BY.spec(),
    RATING.spec(),
    QUALIFICATION.spec(),
    OWNER_ID.spec(),
    PRODUCT_ID.spec(),
    AMOUNT.spec(),
    RECEIVED_AT.spec(),
    TAGS.spec(),
    CUSTOM.spec(),
    NOTES.spec(),
    STATUS.spec(),
    DECIDED_AT.spec(),
    DECIDED_BY.spec(),
    REASON.spec(),
    CUSTOMER_ID.spec(),
    CONTACT_ID.spec(),
    OPPORTUNITY_ID.spec(),
    RECYCLED.spec(),
    RECALL_ON.spec(),
];
