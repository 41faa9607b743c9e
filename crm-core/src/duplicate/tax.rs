use crate::kernel::{Country, Invalid, folded};

use super::{tax_china::is_chinese_number, tax_europe::EuropeanVat};

/// A tax number in its one form: capital letters and digits, and the letters of the country before
/// it where the number is one for European VAT: `DE123456789`. `country` is the one of whoever
/// has it.
///
/// What is checked: numbers for VAT that say their country in the EU, Northern Ireland, Great
/// Britain, Switzerland or Norway (their form, as the EU's VIES describes it); Chinese numbers of
/// 18 characters (their check character, GB 32100-2015, and GB 11643-1999 for a person). Any other
/// number is taken as it is.
///
/// ```
/// use crm_core::duplicate::check_tax_number;
///
/// let (germany, china) = (Some("DE".parse()?), Some("CN".parse()?));
/// assert_eq!(check_tax_number("123 456 789", germany)?, "DE123456789");
/// assert_eq!(check_tax_number("DE 123.456.789", None)?, "DE123456789");
/// assert!(check_tax_number("DE 12345678", germany).is_err());
/// assert!(check_tax_number("91350100M000100Y44", china).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Invalid`] when it cannot be such a number, or has no four digits.
pub fn check_tax_number(text: &str, country: Option<Country>) -> Result<String, Invalid> {
    let wrong = |why: String| Invalid::new("tax number", "tax_number", why);
    let Some(plain) = plain(text) else {
        return Err(wrong(
            "a tax number has 4 digits or more, and not more than 30 letters and digits: write it \
             like DE123456789"
                .into(),
        ));
    };
    let code = country.map(Country::code);
    if let Some(vat) = EuropeanVat::saying_its_country(&plain, code) {
        return vat.number().ok_or_else(|| {
            let (prefix, example) = (vat.prefix(), vat.example());
            wrong(format!("a number for VAT that begins with {prefix} looks like {example}"))
        });
    }
    if let Some(vat) = code.and_then(|code| EuropeanVat::of_country(&plain, code)) {
        // A number that is none for VAT may be another one of that country's tax office.
        return Ok(vat.number().unwrap_or(plain));
    }
    if code == Some("CN") && plain.len() == 18 && !is_chinese_number(&plain) {
        return Err(wrong(
            "its check character is wrong (GB 32100-2015, GB 11643-1999): look for a mistyped \
             one; it looks like 91350100M000100Y43"
                .into(),
        ));
    }
    Ok(plain)
}

/// A tax number as it is compared: [`check_tax_number`]'s form where it has one, else its letters
/// and digits. Nothing for what cannot be anybody's: less than four digits, or one sign again
/// and again.
pub fn tax_key(text: &str, country: Option<Country>) -> Option<String> {
    check_tax_number(text, country).ok().or_else(|| plain(text))
}

/// What people write before a number, to say what it is.
const LABELS: [&str; 15] = [
    "USTIDNR",
    "USTID",
    "UIDNR",
    "UID",
    "STNR",
    "VATREGNO",
    "VATNUMBER",
    "VATNO",
    "VATID",
    "VAT",
    "TAXNO",
    "TAXID",
    "NTVA",
    "TVA",
    "PIVA",
];

fn plain(text: &str) -> Option<String> {
    // No number is longer; what follows is not read.
    let start: String = text.chars().take(200).collect();
    let all = folded(&start);
    let mut all: String = all.chars().filter(char::is_ascii_alphanumeric).collect();
    all.make_ascii_uppercase();
    let mut rest = all.as_str();
    while let Some(after) = LABELS.iter().find_map(|label| rest.strip_prefix(label)) {
        rest = after;
    }
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let first = rest.bytes().next()?;
    let one_again_and_again = rest.bytes().all(|sign| sign == first);
    (digits >= 4 && rest.len() <= 30 && !one_again_and_again).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Option<Country> {
        code.parse().ok()
    }

    #[test]
    fn numbers_come_in_one_form() {
        for (given, from, expected) in [
            ("DE 123 456 789", "", "DE123456789"),
            ("de123456789", "DE", "DE123456789"),
            ("USt-IdNr.: DE123456789", "DE", "DE123456789"),
            ("123456789", "DE", "DE123456789"),
            ("12/345/67890", "DE", "1234567890"),
            ("ATU12345678", "AT", "ATU12345678"),
            ("U12345678", "AT", "ATU12345678"),
            ("GR123456789", "", "EL123456789"),
            ("123456789", "GR", "EL123456789"),
            ("NL123456789B01", "", "NL123456789B01"),
            ("FR K7 399 859 412", "", "FRK7399859412"),
            ("ES B-1234567-8", "ES", "ESB12345678"),
            ("CHE-123.456.789 MWST", "CH", "CHE123456789"),
            ("GB 123 4567 89", "", "GB123456789"),
            ("NO 123 456 789 MVA", "NO", "NO123456789"),
            ("91350100M000100Y43", "CN", "91350100M000100Y43"),
            ("91350100m000100y43", "CN", "91350100M000100Y43"),
            ("11010519491231002X", "CN", "11010519491231002X"),
            ("110105491231002", "CN", "110105491231002"),
            ("12-3456789", "US", "123456789"),
            // Letters of a country, but not of this one.
            ("DE1234", "CN", "DE1234"),
            ("SE-202-A7", "", "SE202A7"),
        ] {
            let found = check_tax_number(given, country(from));
            assert_eq!(found.as_deref(), Ok(expected), "{given} {from}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_and_still_compared_if_it_says_something() {
        for (given, from, key) in [
            ("DE12345678", "DE", Some("DE12345678")),
            ("DE12345678", "", Some("DE12345678")),
            ("DE1234", "DE", Some("DE1234")),
            ("DE1234", "", Some("DE1234")),
            ("DE12", "DE", None),
            ("DE12", "", None),
            ("91350100M000100Y44", "CN", Some("91350100M000100Y44")),
            ("11010519491231002Y", "CN", Some("11010519491231002Y")),
            ("unknown", "DE", None),
            ("", "", None),
            ("0000000", "US", None),
            ("no. 123", "", None),
        ] {
            let refused = check_tax_number(given, country(from));
            assert!(refused.is_err(), "{given}: {refused:?}");
            assert_eq!(tax_key(given, country(from)).as_deref(), key, "{given}");
        }
    }

    #[test]
    fn the_refusal_has_an_example_that_is_accepted() {
        for (given, from, example) in [
            ("DE12", "DE", "DE123456789"),
            ("DE 1234", "", "DE123456789"),
            ("ATU1234", "AT", "ATU12345678"),
            ("NL 12345", "NL", "NL123456789B01"),
            ("IE12345", "IE", "IE1A23456A"),
            ("91350100M000100Y44", "CN", "91350100M000100Y43"),
        ] {
            let refused = check_tax_number(given, country(from)).unwrap_err();
            assert!(refused.reason.ends_with(&format!("like {example}")), "{refused}");
            assert_eq!(check_tax_number(example, country(from)).as_deref(), Ok(example));
        }
    }
}
