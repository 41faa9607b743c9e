//! What of a lead goes where: pure.

use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    kernel::{Custom, Entity, Field, Id, Invalid, PhoneKind, Phones, Tags, Value, with_value},
    opportunity::Opportunity,
    settings::Settings,
};

use super::{Lead, NewOpportunity, entity::says};

impl Lead {
    /// What the customer is that it becomes.
    pub(super) fn kind(&self) -> CustomerKind {
        match says(&self.company) {
            Some(_) => CustomerKind::Organisation,
            None => CustomerKind::Person,
        }
    }

    /// As a customer of whom all is known that is known of the lead: for looking for duplicates, and for where it belongs.
    pub(crate) fn as_customer(&self) -> Customer {
        let kind = self.kind();
        let name = says(&self.company).unwrap_or(self.called());
        Customer {
            phones: self.phones.clone(),
            email: self.email.clone(),
            website: self.website.clone(),
            tax_number: self.tax_number.clone(),
            street: self.street.clone(),
            postcode: self.postcode.clone(),
            city: self.city.clone(),
            region: self.region.clone(),
            country: self.country,
            industry: self.industry.clone(),
            employees: self.employees.filter(|_| kind == CustomerKind::Organisation),
            source: self.source.clone(),
            owner_id: self.owner_id,
            tags: self.tags.clone(),
            notes: self.notes.clone(),
            ..Customer::new(Id::new(self.id.uuid()), kind, name)
        }
    }

    /// Whether a person is known who is not the customer itself.
    pub(super) fn names_a_contact(&self, customer: CustomerKind) -> bool {
        customer == CustomerKind::Organisation && says(&self.name).is_some()
    }

    /// The customer it becomes, which is of this kind. The e-mail address and mobile phones of somebody at a company
    /// are theirs, not the company's; all other numbers are of both.
    pub(super) fn new_customer(
        &self,
        id: Id<Customer>,
        kind: CustomerKind,
        rules: &Settings,
    ) -> Customer {
        let mut new = self.as_customer();
        if self.names_a_contact(kind) {
            new.email = None;
            new.phones.0.retain(|phone| phone.kind != PhoneKind::Mobile);
        }
        let accepted = |(name, value): &(&String, &_)| {
            rules.custom_fields.accepts(Customer::KIND, name, value)
        };
        let own = self.custom.0.iter().filter(accepted);
        new.custom = Custom(own.map(|(name, value)| (name.clone(), value.clone())).collect());
        Customer { id, ..new }
    }

    /// The contact it becomes.
    pub(super) fn new_contact(
        &self,
        id: Id<Contact>,
        customer: Option<Id<Customer>>,
        rules: &Settings,
    ) -> Contact {
        Contact {
            customer_id: customer,
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            title: self.title.clone(),
            phones: self.phones.clone(),
            email: self.email.clone(),
            tags: self.tags.clone(),
            custom: self.declared::<Contact>(rules),
            ..Contact::new(id, says(&self.name).unwrap_or_default())
        }
    }

    /// Puts what is known of the lead into a new opportunity.
    pub(super) fn tell(
        &self,
        opportunity: &mut Opportunity,
        asked: &NewOpportunity,
        rules: &Settings,
    ) {
        opportunity.product_id = self.product_id;
        opportunity.owner_id = self.owner_id;
        opportunity.amount = asked.amount.or(self.amount);
        opportunity.opened_on = asked.opened_on;
        opportunity.expected_close = asked.expected_close;
        opportunity.source.clone_from(&self.source);
        opportunity.tags = self.tags.clone();
        opportunity.custom = self.declared::<Opportunity>(rules);
    }

    /// Those of the tenant's own fields that are declared for another kind as well.
    fn declared<E: Entity>(&self, rules: &Settings) -> Custom {
        let declared = rules.custom_fields.of(E::KIND);
        let own = self.custom.0.iter().filter(|(name, value)| {
            declared.iter().any(|field| field.name == **name)
                && rules.custom_fields.accepts(E::KIND, name, value)
        });
        Custom(own.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// A customer that is there, with what the lead knows where it says nothing; nothing is overwritten.
/// Whose it is and how far it has come are not the lead's matter.
pub(super) fn filled_customer(there: &Customer, new: &Customer) -> Result<Customer, Invalid> {
    use crate::customer as c;
    let texts = [
        &c::EMAIL,
        &c::WEBSITE,
        &c::TAX_NUMBER,
        &c::STREET,
        &c::POSTCODE,
        &c::CITY,
        &c::REGION,
        &c::INDUSTRY,
        &c::SOURCE,
    ];
    // An address is one thing: that of the lead is taken whole, or not at all.
    let lives = [&c::STREET, &c::POSTCODE, &c::CITY, &c::REGION].map(|field| field.spec().name);
    let has_address =
        [&there.street, &there.postcode, &there.city].into_iter().any(|t| says(t).is_some());
    let mut filled = there.clone();
    for field in texts {
        if !(has_address && lives.contains(&field.spec().name)) {
            filled = fill(filled, new, field)?;
        }
    }
    if !has_address {
        filled.country = filled.country.or(new.country);
    }
    filled.employees = filled.employees.or(new.employees);
    add_phones(&mut filled.phones, &new.phones);
    add_tags(&mut filled.tags, &new.tags);
    Ok(filled)
}

/// A contact that is there, with what the lead knows where they say nothing.
pub(super) fn filled_contact(there: &Contact, new: &Contact) -> Result<Contact, Invalid> {
    use crate::contact as c;
    let mut filled = there.clone();
    for field in [&c::GIVEN_NAME, &c::FAMILY_NAME, &c::TITLE, &c::EMAIL] {
        filled = fill(filled, new, field)?;
    }
    filled.customer_id = filled.customer_id.or(new.customer_id);
    add_phones(&mut filled.phones, &new.phones);
    add_tags(&mut filled.tags, &new.tags);
    Ok(filled)
}

fn fill<E: Entity>(there: E, new: &E, field: &'static Field<E, String>) -> Result<E, Invalid> {
    let (field, value) = (field.spec(), (field.spec().get)(new));
    if !(field.get)(&there).is_nothing() || value.is_nothing() {
        return Ok(there);
    }
    let value: Value<'static> = value.into_owned();
    with_value(&there, field, &value)
}

fn add_phones(there: &mut Phones, new: &Phones) {
    let digits = |number: &str| number.chars().filter(char::is_ascii_digit).collect::<String>();
    for phone in &new.0 {
        if !there.0.iter().any(|known| digits(&known.number) == digits(&phone.number)) {
            there.0.push(phone.clone());
        }
    }
}

fn add_tags(there: &mut Tags, new: &Tags) {
    there.0.extend(new.0.iter().cloned());
}
