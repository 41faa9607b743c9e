use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{Addresses, Entity},
    lead::Lead,
};

/// What is found by text.
pub trait Searchable: Entity {
    /// The texts it is found by.
    fn searched(&self) -> Searched<'_>;
}

/// The texts a record is found by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Searched<'a> {
    /// Its name.
    pub name: &'a str,
    /// What else it is called.
    pub other_names: Vec<&'a str>,
    /// Its e-mail address.
    pub email: Option<&'a str>,
    /// Its phone and fax numbers, as they were given.
    pub phones: Vec<&'a str>,
    /// Its numbers in other systems and with authorities.
    pub numbers: Vec<&'a str>,
    /// Words put on it.
    pub tags: Vec<&'a str>,
    /// Its town, and those of its other addresses.
    pub cities: Vec<&'a str>,
}

impl Searchable for Customer {
    fn searched(&self) -> Searched<'_> {
        let phones = self.phones.0.iter().map(|phone| phone.number.as_str());
        Searched {
            name: &self.name,
            other_names: self.contact_person.iter().map(String::as_str).collect(),
            email: self.email.as_deref(),
            phones: phones.chain(self.fax.as_deref()).collect(),
            numbers: [&self.external_id, &self.tax_number]
                .into_iter()
                .flatten()
                .map(|n| &**n)
                .collect(),
            tags: self.tags.0.iter().map(String::as_str).collect(),
            cities: self.city.as_deref().into_iter().chain(towns(&self.addresses)).collect(),
        }
    }
}

impl Searchable for Contact {
    fn searched(&self) -> Searched<'_> {
        let names = [&self.given_name, &self.family_name];
        Searched {
            name: &self.name,
            other_names: names.into_iter().flatten().map(|n| &**n).collect(),
            email: self.email.as_deref(),
            phones: self.phones.0.iter().map(|phone| phone.number.as_str()).collect(),
            numbers: self.external_id.as_deref().into_iter().collect(),
            tags: self.tags.0.iter().map(String::as_str).collect(),
            cities: towns(&self.addresses).collect(),
        }
    }
}

impl Searchable for Lead {
    fn searched(&self) -> Searched<'_> {
        let names = [&self.company, &self.given_name, &self.family_name];
        Searched {
            name: self.called(),
            other_names: names.into_iter().flatten().map(|n| &**n).collect(),
            email: self.email.as_deref(),
            phones: self.phones.0.iter().map(|phone| phone.number.as_str()).collect(),
            numbers: [&self.external_id, &self.tax_number]
                .into_iter()
                .flatten()
                .map(|n| &**n)
                .collect(),
            tags: self.tags.0.iter().map(String::as_str).collect(),
            cities: self.city.as_deref().into_iter().collect(),
        }
    }
}

fn towns(addresses: &Addresses) -> impl Iterator<Item = &str> {
    addresses.0.iter().filter_map(|address| address.city.as_deref())
}
