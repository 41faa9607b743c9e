use std::fmt;

use serde::Serialize;

use crate::kernel::text_enum;

text_enum! {
    /// What two records are compared by.
    pub enum Key {
        /// The name, without legal form.
        Name = "name",
        /// The tax number.
        TaxNumber = "tax_number",
        /// E-mail addresses.
        Email = "email",
        /// Phone numbers.
        Phone = "phone",
        /// Domains of website and e-mail.
        Domain = "domain",
        /// The postcode.
        Postcode = "postcode",
        /// The town.
        City = "city",
        /// The country.
        Country = "country",
        /// An organisation or a person.
        Kind = "kind",
    }
}

impl Key {
    /// In words: one of them, more of them.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("name", "names"),
            Self::TaxNumber => ("tax number", "tax numbers"),
            Self::Email => ("e-mail address", "e-mail addresses"),
            Self::Phone => ("phone", "phones"),
            Self::Domain => ("domain", "domains"),
            Self::Postcode => ("postcode", "postcodes"),
            Self::City => ("town", "towns"),
            Self::Country => ("country", "countries"),
            Self::Kind => ("kind", "kinds"),
        }
    }
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Agreement {
    /// They are the same, or have one in common.
    Same,
    /// They are nearly so: how near, from 0 to 1.
    Alike(f64),
    /// They are not.
    Other,
}

/// One reason for or against two records being the same.
///
/// ```
/// use crm_core::duplicate::{Agreement, Evidence, Key};
///
/// let phone = Evidence {
///     key: Key::Phone,
///     agreement: Agreement::Same,
///     weight: 17.0,
///     value: Some("+4930901820".into()),
/// };
/// assert_eq!(phone.to_string(), "same phone +4930901820");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// What was compared.
    pub key: Key,
    /// How the values stand to each other.
    pub agreement: Agreement,
    /// The base-2 logarithm of how much likelier this is for the same customer than for two
    /// others: above 0 it speaks for a duplicate.
    pub weight: f64,
    /// The value they have in common.
    pub value: Option<String>,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, more) = self.key.words();
        match self.agreement {
            Agreement::Same => write!(f, "same {one}")?,
            Agreement::Alike(near) => return write!(f, "{more} alike {near:.2}"),
            Agreement::Other => return write!(f, "other {more}"),
        }
        match &self.value {
            Some(value) => write!(f, " {value}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_in_words() {
        let say = |key, agreement, value: Option<&str>| {
            Evidence { key, agreement, weight: 0.0, value: value.map(str::to_owned) }.to_string()
        };
        assert_eq!(say(Key::Name, Agreement::Alike(0.938), None), "names alike 0.94");
        assert_eq!(say(Key::TaxNumber, Agreement::Other, None), "other tax numbers");
        assert_eq!(say(Key::Domain, Agreement::Same, Some("acme.com")), "same domain acme.com");
        assert_eq!(say(Key::Kind, Agreement::Same, None), "same kind");
    }
}
