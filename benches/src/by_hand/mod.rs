//! Reading customers and interactions as a program would that has no library between itself and
//! its driver: one statement, one pass over the columns, the same values in the end.

mod interaction;
pub mod postgres;
pub mod sqlite;

pub use interaction::Interaction;

/// The columns of a customer, its version first.
macro_rules! customer_columns {
    () => {
        "version, id, external_id, kind, name, category, industry, phones, fax, email, website, \
         tax_number, street, postcode, city, region, country, employees, yearly_revenue, \
         yearly_revenue_currency, parent_id, source, owner_id, lifecycle_stage, tags, custom, notes, \
         contact_person, addresses, archived_at, incomplete_since, missing, completeness, merged_into, \
         tier, tier_reason, value, value_currency, value_class"
    };
}
/// The columns of an interaction, its version first.
macro_rules! interaction_columns {
    () => {
        "version, id, external_id, customer_id, contact_id, opportunity_id, staff_id, channel, \
         direction, happened_at, minutes, place, subject, content, outcome, next_step, \
         next_step_due, next_step_owner_id, status, closed_at, closed_by, \
         incomplete_since, missing, completeness, participants, recorded_at, late"
    };
}
use {customer_columns, interaction_columns};
