//! Whether what somebody types in can be what it is given as.

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{Country, Entity, Invalid, Phones},
    lead::Lead,
    settings::Settings,
    staff_member::StaffMember,
};

use super::{Mailboxes, check_email, check_tax_number, phone::is_phone};

/// Refuses a customer whose e-mail address, phone, fax or tax number cannot be one. A number that
/// cannot be dialled from here is no reason, nor is what it had `before`.
pub(crate) fn check_customer(
    before: Option<&Customer>,
    new: &Customer,
    rules: &Settings,
) -> Result<(), Invalid> {
    let country = new.country.or(rules.default_country);
    phones::<Customer>(before.map(|was| &was.phones), &new.phones, country)?;
    let fax = news(before.map(|was| &was.fax), &new.fax);
    phone::<Customer>("fax", fax, country)?;
    email::<Customer>(news(before.map(|was| &was.email), &new.email))?;
    match news(before.map(|was| &was.tax_number), &new.tax_number) {
        Some(text) => told::<Customer, _>("tax_number", text, check_tax_number(text, country)),
        None => Ok(()),
    }
}

/// Refuses a lead whose e-mail address, phone or tax number cannot be one, unless it had that `before`.
pub(crate) fn check_lead(
    before: Option<&Lead>,
    new: &Lead,
    rules: &Settings,
) -> Result<(), Invalid> {
    let country = new.country.or(rules.default_country);
    phones::<Lead>(before.map(|was| &was.phones), &new.phones, country)?;
    email::<Lead>(news(before.map(|was| &was.email), &new.email))?;
    match news(before.map(|was| &was.tax_number), &new.tax_number) {
        Some(text) => told::<Lead, _>("tax_number", text, check_tax_number(text, country)),
        None => Ok(()),
    }
}

/// Refuses a new contact whose e-mail address or phone number cannot be one.
pub(crate) fn check_contact(new: &Contact, rules: &Settings) -> Result<(), Invalid> {
    phones::<Contact>(None, &new.phones, rules.default_country)?;
    email::<Contact>(news(None, &new.email))
}

/// Refuses a colleague whose e-mail address or phone number cannot be one.
pub(crate) fn check_staff(
    before: Option<&StaffMember>,
    new: &StaffMember,
    rules: &Settings,
) -> Result<(), Invalid> {
    let number = news(before.map(|was| &was.phone), &new.phone);
    phone::<StaffMember>("phone", number, rules.default_country)?;
    email::<StaffMember>(news(before.map(|was| &was.email), &new.email))
}

fn phones<E: Entity>(
    before: Option<&Phones>,
    phones: &Phones,
    country: Option<Country>,
) -> Result<(), Invalid> {
    let known = |number: &str| {
        before.is_some_and(|before| before.0.iter().any(|phone| phone.number == number))
    };
    let mut new = phones.0.iter().map(|phone| phone.number.as_str()).filter(|one| !known(one));
    new.try_for_each(|number| phone::<E>("phones", Some(number), country))
}

fn phone<E: Entity>(
    field: &'static str,
    text: Option<&str>,
    country: Option<Country>,
) -> Result<(), Invalid> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) if !is_phone(text, country) => {
            let start = start(text);
            let reason = format!("{start:?} is no phone number: write it like +49 30 901820");
            Err(Invalid::field::<E>(field, reason))
        }
        _ => Ok(()),
    }
}

fn email<E: Entity>(text: Option<&str>) -> Result<(), Invalid> {
    match text {
        Some(text) => told::<E, _>("email", text, check_email(text, Mailboxes::default())),
        None => Ok(()),
    }
}

/// What is said, and was not there before.
fn news<'t>(before: Option<&Option<String>>, now: &'t Option<String>) -> Option<&'t str> {
    let now = now.as_deref().filter(|text| !text.trim().is_empty())?;
    (before.and_then(|before| before.as_deref()) != Some(now)).then_some(now)
}

/// The same reason, of the entity's field, with what was said.
fn told<E: Entity, T>(
    field: &'static str,
    text: &str,
    found: Result<T, Invalid>,
) -> Result<(), Invalid> {
    let of_field =
        |error: Invalid| Invalid::field::<E>(field, format!("{:?}: {}", start(text), error.reason));
    found.map(drop).map_err(of_field)
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}
