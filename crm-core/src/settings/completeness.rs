use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    contact::Contact,
    customer::Customer,
    interaction::Interaction,
    kernel::{Criteria, Entity, Invalid, text_enum},
    lead::Lead,
    opportunity::Opportunity,
};

use super::check::{self, Place};

text_enum! {
    /// How much the house wants a field.
    pub enum Demand {
        /// A new record without it is refused, and so is a change that empties it.
        Refuse = "refuse",
        /// A record without it is accepted, and listed as incomplete.
        List = "list",
        /// It would be good to have: it counts in the score alone.
        Want = "want",
    }
}

/// Which fields of records are asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "E: Entity")]
pub struct CompletenessRule<E: Entity> {
    /// Of which records; without it, of all.
    #[serde(default = "Criteria::everything", skip_serializing_if = "Criteria::is_everything")]
    pub when: Criteria<E>,
    /// By the name of the field, `custom.` and its name for a tenant's own.
    pub fields: BTreeMap<String, Demand>,
}

/// Which fields the house asks for. Every rule that fits a record has a say; where two name the same
/// field, the later one decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompletenessPolicy {
    /// Of customers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customer: Vec<CompletenessRule<Customer>>,
    /// Of contacts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contact: Vec<CompletenessRule<Contact>>,
    /// Of interactions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interaction: Vec<CompletenessRule<Interaction>>,
    /// Of opportunities. They are not listed: what is asked for by [`Demand::List`] counts in the
    /// score alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opportunity: Vec<CompletenessRule<Opportunity>>,
    /// Of leads. They are not listed either.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lead: Vec<CompletenessRule<Lead>>,
}
super::as_json!(CompletenessPolicy);

impl CompletenessPolicy {
    /// Nothing is asked for.
    pub const fn none() -> Self {
        Self {
            customer: Vec::new(),
            contact: Vec::new(),
            interaction: Vec::new(),
            opportunity: Vec::new(),
            lead: Vec::new(),
        }
    }

    /// What a publishing house asks for, and lists in the evening where it is missing. Of customers:
    /// name, category, industry, phone, fax, contact person, postcode and address; of
    /// interactions: time, place, content, outcome and next step.
    pub fn publishing_house() -> Self {
        let customer = [
            "name",
            "category",
            "industry",
            "phones",
            "fax",
            "contact_person",
            "postcode",
            "street",
        ];
        let interaction = ["happened_at", "place", "content", "outcome", "next_step"];
        Self {
            customer: vec![CompletenessRule::all(Demand::List, customer)],
            interaction: vec![CompletenessRule::all(Demand::List, interaction)],
            ..Self::none()
        }
    }

    pub(super) fn check(&self, place: &Place<'_>) -> Result<(), Invalid> {
        rules(&self.customer, &place.member("customer"))?;
        rules(&self.contact, &place.member("contact"))?;
        rules(&self.interaction, &place.member("interaction"))?;
        rules(&self.opportunity, &place.member("opportunity"))?;
        rules(&self.lead, &place.member("lead"))
    }
}

impl<E: Entity> CompletenessRule<E> {
    /// All records need these fields.
    pub fn all<'n>(demand: Demand, fields: impl IntoIterator<Item = &'n str>) -> Self {
        Self::of(Criteria::everything(), demand, fields)
    }

    /// Records that match need these fields.
    pub fn of<'n>(
        when: Criteria<E>,
        demand: Demand,
        fields: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        Self { when, fields: fields.into_iter().map(|name| (name.to_owned(), demand)).collect() }
    }
}

fn rules<E: Entity>(rules: &[CompletenessRule<E>], place: &Place<'_>) -> Result<(), Invalid> {
    for (at, rule) in rules.iter().enumerate() {
        let place = place.item(at);
        check::criteria(&rule.when, &place.member("when"))?;
        for name in rule.fields.keys() {
            check::field::<E>(name, &place.member("fields").member(name))?;
        }
    }
    Ok(())
}
