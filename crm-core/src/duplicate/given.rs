//! Whether what somebody types in can be what it is given as.

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{Country, Entity, Invalid, Phones},
    settings::Settings,
};

use super::{Mailboxes, check_email, check_tax_number, phone::is_phone};

/// Refuses a new customer whose e-mail address, phone, fax or tax number cannot be one. A number that
/// cannot be dialled from here is no reason.
pub(crate) fn check_customer(new: &Customer, rules: &Settings) -> Result<(), Invalid> {
    let country = new.country.or(rules.default_country);
    phones::<Customer>(&new.phones, country)?;
    phone::<Customer>("fax", new.fax.as_deref(), country)?;
    email::<Customer>(new.email.as_deref())?;
    match said(new.tax_number.as_deref()) {
        Some(text) => told::<Customer, _>("tax_number", check_tax_number(text, country)),
        None => Ok(()),
    }
}

/// Refuses a new contact whose e-mail address or phone number cannot be one.
pub(crate) fn check_contact(new: &Contact, rules: &Settings) -> Result<(), Invalid> {
    phones::<Contact>(&new.phones, rules.default_country)?;
    email::<Contact>(new.email.as_deref())
}

fn phones<E: Entity>(phones: &Phones, country: Option<Country>) -> Result<(), Invalid> {
    phones.0.iter().try_for_each(|one| phone::<E>("phones", Some(&one.number), country))
}

fn phone<E: Entity>(
    field: &'static str,
    text: Option<&str>,
    country: Option<Country>,
) -> Result<(), Invalid> {
    match said(text) {
        Some(text) if !is_phone(text, country) => {
            let reason = format!("{text:?} is no phone number: write it like +49 30 901820");
            Err(Invalid::field::<E>(field, reason))
        }
        _ => Ok(()),
    }
}

fn email<E: Entity>(text: Option<&str>) -> Result<(), Invalid> {
    match said(text) {
        Some(text) => told::<E, _>("email", check_email(text, Mailboxes::default())),
        None => Ok(()),
    }
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// The same reason, of the entity's field.
fn told<E: Entity, T>(field: &'static str, found: Result<T, Invalid>) -> Result<(), Invalid> {
    found.map(drop).map_err(|error| Invalid::field::<E>(field, error.reason))
}
