use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    kernel::{Country, Phones, folded},
    settings::Settings,
};

use super::{check_email, domain_key, name_key, phone_key, tax_key};

/// What one customer is known by, each in the form it is compared in. It is small: a base of a
/// million fits in memory.
///
/// What cannot be understood gives a weaker key or none, never an error: [`super::check_phone`] and
/// its like refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// An organisation or a person.
    pub kind: CustomerKind,
    /// The country.
    pub country: Option<Country>,
    /// The name: [`name_key`].
    pub name: Box<str>,
    /// Phone and fax numbers, those of contacts too: [`phone_key`].
    pub phones: Box<[Box<str>]>,
    /// E-mail addresses, those of contacts too: [`check_email`].
    pub emails: Box<[Box<str>]>,
    /// Domains of the website and of the addresses: [`domain_key`].
    pub domains: Box<[Box<str>]>,
    /// The tax number: [`tax_key`].
    pub tax_number: Option<Box<str>>,
    /// The postcode: letters and digits.
    pub postcode: Option<Box<str>>,
    /// The town: letters and digits, folded.
    pub city: Option<Box<str>>,
}

impl Identity {
    /// The most phones, e-mail addresses and domains that are kept, of each.
    pub const MOST_OF_EACH: usize = 8;

    /// A customer's, without its contacts.
    pub fn of(customer: &Customer, settings: &Settings) -> Self {
        Self::with_contacts(customer, &[], settings)
    }

    /// A customer's, with what its contacts are reached by, the customer's own first. A contact's
    /// phone numbers are those of the country of its addresses, else of the house, as in
    /// [`super::terms_of_contact`]: not of the customer's.
    pub fn with_contacts(customer: &Customer, contacts: &[Contact], settings: &Settings) -> Self {
        let country = customer.country.or(settings.default_country);
        let mut phones = Keys::default();
        let mut emails = Keys::default();
        let mut domains = Keys::default();
        let all_phones = |phones: &mut Keys, given: &Phones, country| {
            for phone in &given.0 {
                phones.add(phone_key(&phone.number, country));
            }
        };
        all_phones(&mut phones, &customer.phones, country);
        phones.add(customer.fax.as_ref().and_then(|fax| phone_key(fax, country)));
        domains.add(customer.website.as_ref().and_then(|website| domain_key(website)));
        let contacts_emails = contacts.iter().filter_map(|contact| contact.email.as_deref());
        for email in customer.email.as_deref().into_iter().chain(contacts_emails) {
            if let Ok(email) = check_email(email, settings.duplicates.mailboxes()) {
                domains.add(domain_key(&email));
                emails.add(Some(email));
            }
        }
        for contact in contacts {
            all_phones(&mut phones, &contact.phones, country_of(contact, settings));
        }
        Self {
            kind: customer.kind,
            country: customer.country,
            name: name_key(&customer.name).into(),
            phones: phones.0.into(),
            emails: emails.0.into(),
            domains: domains.0.into(),
            tax_number: customer
                .tax_number
                .as_ref()
                .and_then(|number| tax_key(number, country))
                .map(Into::into),
            postcode: customer.postcode.as_deref().and_then(letters_and_digits),
            city: customer.city.as_deref().and_then(letters_and_digits).map(without_city),
        }
    }
}

/// Where a contact's phone number belongs that does not say its country.
pub(super) fn country_of(contact: &Contact, settings: &Settings) -> Option<Country> {
    let at_home = contact.addresses.0.iter().find_map(|address| address.country);
    at_home.or(settings.default_country)
}

#[derive(Default)]
struct Keys(Vec<Box<str>>);

impl Keys {
    fn add(&mut self, key: Option<String>) {
        let Some(key) = key else { return };
        if self.0.len() < Identity::MOST_OF_EACH && !self.0.iter().any(|known| **known == *key) {
            self.0.push(key.into());
        }
    }
}

fn letters_and_digits(text: &str) -> Option<Box<str>> {
    let key: String = folded(text).chars().filter(|c| c.is_alphanumeric()).collect();
    (!key.is_empty()).then(|| key.into())
}

/// 北京市 is 北京.
fn without_city(name: Box<str>) -> Box<str> {
    match name.strip_suffix('市') {
        Some(rest) if rest.chars().nth(1).is_some() => rest.into(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Id, Phone, PhoneKind, TenantId};
    use uuid::Uuid;

    fn settings() -> Settings {
        let mut settings = Settings::standard(Settings::id_of(TenantId(Uuid::nil())));
        settings.default_country = "DE".parse().ok();
        settings
    }

    fn customer(name: &str) -> Customer {
        Customer::new(Id::new(Uuid::nil()), CustomerKind::Organisation, name)
    }

    fn phone(number: &str) -> Phone {
        Phone { kind: PhoneKind::Work, number: number.to_owned() }
    }

    #[test]
    fn every_key_has_its_form() {
        let mut acme = customer("ACME Maschinenbau GmbH");
        acme.phones = Phones(vec![phone("030 901820"), phone("+49 30 901820"), phone("none")]);
        acme.fax = Some("030 901821".into());
        acme.email = Some("Info@Acme.example".into());
        acme.website = Some("https://www.acme.example/de".into());
        acme.tax_number = Some("DE 123 456 789".into());
        acme.postcode = Some("D-10115".into());
        acme.city = Some("Berlin".into());
        let mut anna = Contact::new(Id::new(Uuid::nil()), "Anna");
        anna.email = Some("anna@gmail.com".into());
        anna.phones = Phones(vec![phone("0170 1234567")]);
        let found = Identity::with_contacts(&acme, &[anna], &settings());
        assert_eq!(&*found.name, "acme maschinenbau");
        assert_eq!(
            found.phones.iter().map(|p| &**p).collect::<Vec<_>>(),
            ["+4930901820", "+4930901821", "+491701234567"]
        );
        assert_eq!(
            found.emails.iter().map(|p| &**p).collect::<Vec<_>>(),
            ["info@acme.example", "anna@gmail.com"]
        );
        assert_eq!(found.domains.iter().map(|p| &**p).collect::<Vec<_>>(), ["acme.example"]);
        assert_eq!(found.tax_number.as_deref(), Some("DE123456789"));
        assert_eq!(found.postcode.as_deref(), Some("d10115"));
        assert_eq!(found.city.as_deref(), Some("berlin"));
    }

    #[test]
    fn what_cannot_be_understood_gives_no_key_and_no_error() {
        let mut odd = customer("---");
        odd.phones = Phones(vec![phone("ask Anna"), phone("")]);
        odd.email = Some("at the desk".into());
        odd.website = Some("none yet".into());
        odd.tax_number = Some("applied for".into());
        odd.postcode = Some("-".into());
        odd.city = Some("?".into());
        let found = Identity::of(&odd, &settings());
        let nothing = Identity::of(&customer("---"), &settings());
        assert_eq!(found, nothing);
    }

    #[test]
    fn a_city_in_chinese_may_say_that_it_is_one() {
        for (given, expected) in [("北京市", "北京"), ("北京", "北京"), ("市", "市")] {
            let mut there = customer("x");
            there.city = Some(given.into());
            assert_eq!(Identity::of(&there, &settings()).city.as_deref(), Some(expected));
        }
    }
}
