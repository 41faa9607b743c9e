use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use thiserror::Error;

/// A country of ISO 3166-1, kept as its two letters.
///
/// Parses the two letters, the three letters, the standard's English name, or the short name that
/// people write.
///
/// ```
/// use crm_core::kernel::Country;
/// for text in ["US", "USA", "United States", "united states of america"] {
///     assert_eq!(text.parse::<Country>()?.code(), "US");
/// }
/// assert!("Philipines".parse::<Country>().is_err());
/// # Ok::<(), crm_core::kernel::CountryError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Country(&'static str);

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Country {
    /// The two letters, `US`.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// The English name in the standard.
    pub fn name(self) -> &'static str {
        rust_iso3166::from_alpha2(self.0).map_or(self.0, |country| country.name)
    }
}

/// Short names that people write and the standard does not have.
const SHORT_NAMES: [(&str, &str); 22] = [
    ("bolivia", "BO"),
    ("britain", "GB"),
    ("czech republic", "CZ"),
    ("great britain", "GB"),
    ("holland", "NL"),
    ("iran", "IR"),
    ("ivory coast", "CI"),
    ("korea", "KR"),
    ("laos", "LA"),
    ("macau", "MO"),
    ("moldova", "MD"),
    ("netherlands", "NL"),
    ("north korea", "KP"),
    ("russia", "RU"),
    ("south korea", "KR"),
    ("syria", "SY"),
    ("taiwan", "TW"),
    ("tanzania", "TZ"),
    ("turkey", "TR"),
    ("united kingdom", "GB"),
    ("united states", "US"),
    ("vietnam", "VN"),
];

impl FromStr for Country {
    type Err = CountryError;
    fn from_str(text: &str) -> Result<Self, CountryError> {
        let folded = text.trim().to_lowercase();
        let found = match folded.len() {
            2 => rust_iso3166::from_alpha2(&folded.to_uppercase()).map(|c| c.alpha2),
            3 => rust_iso3166::from_alpha3(&folded.to_uppercase()).map(|c| c.alpha2),
            _ => {
                SHORT_NAMES.iter().find(|(name, _)| *name == folded).map(|(_, code)| *code).or_else(
                    || {
                        rust_iso3166::ALL
                            .iter()
                            .find(|c| c.name.to_lowercase() == folded)
                            .map(|c| c.alpha2)
                    },
                )
            }
        };
        found.map(Self).ok_or_else(|| CountryError(text.chars().take(80).collect()))
    }
}
impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0.to_owned()
    }
}

/// Not a country.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a country of ISO 3166-1 (write US, USA or United States)")]
pub struct CountryError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_name_leads_to_a_country_of_the_standard() {
        for (name, code) in SHORT_NAMES {
            assert!(rust_iso3166::from_alpha2(code).is_some(), "{name}");
        }
    }
}
