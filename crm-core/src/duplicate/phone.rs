use phonenumber::{Mode, PhoneNumber, country};

use crate::kernel::{Country, Invalid, folded};

/// A phone number in the form of ITU-T E.164: `+4930901820`. `country` is where a number that does
/// not say its country belongs.
///
/// Numbering plans are those of libphonenumber.
///
/// ```
/// use crm_core::duplicate::check_phone;
///
/// let germany = Some("DE".parse()?);
/// assert_eq!(check_phone("(030) 90 18 20", germany)?, "+4930901820");
/// assert!(check_phone("(030) 90 18 20", None).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Invalid`] when no such number can be dialled, or its country is not known.
pub fn check_phone(text: &str, country: Option<Country>) -> Result<String, Invalid> {
    let wrong = |why: String| Invalid::new("phone number", "phone", why);
    match parsed(text, country) {
        Some(number) if number.is_valid() => Ok(e164(&number)),
        Some(number) => Err(wrong(format!(
            "there is no such number in the country with the code +{}: look for a digit too many \
             or too few",
            number.code().value()
        ))),
        None if country.is_none() && text.chars().any(|c| c.is_ascii_digit()) => Err(wrong(
            "it does not say its country: write it like +49 30 901820, or set the house's \
             default_country"
                .to_owned(),
        )),
        None => Err(wrong("it is no phone number: write it like +49 30 901820".to_owned())),
    }
}

/// Whether a text is a phone number at all, whether it can be dialled or not: a few digits, and no
/// words but those that stand beside a number. So are a short number, an extension alone and several
/// numbers in one text, which may have no [`phone_key`].
pub(crate) fn is_phone(text: &str, country: Option<Country>) -> bool {
    parsed(text, country).is_some() || is_dialled(text)
}

/// A phone number as it is compared: in [`check_phone`]'s form, whether it can be dialled or not;
/// where its country is not known, its digits without the zeros they begin with. Nothing for what
/// cannot be anybody's: less than six digits, or one digit again and again.
pub fn phone_key(text: &str, country: Option<Country>) -> Option<String> {
    let digits = digits(text)?;
    // Whether it can be dialled would take several times as long to say.
    let known = |text: &str| parsed(text, country).and_then(|number| settled(e164(&number)));
    Some(known(text).or_else(|| known(&digits)).unwrap_or(digits))
}

/// More is no phone number; the parser's time would grow with it.
const MOST_CHARS: usize = 80;

const MOST_READINGS: usize = 4;

/// An emergency number has three.
const FEWEST_DIGITS: usize = 3;

/// What may stand beside the digits of a number, [`folded`].
const WORDS: [&str; 20] = [
    "ext",
    "extn",
    "extension",
    "x",
    "app",
    "apparat",
    "dw",
    "durchwahl",
    "klappe",
    "nst",
    "poste",
    "int",
    "доб",
    "转",
    "分机",
    "tel",
    "phone",
    "mobile",
    "mobil",
    "fax",
];

fn is_dialled(text: &str) -> bool {
    if is_too_long(text) {
        return false;
    }
    let text = folded(text);
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    text.chars().filter(char::is_ascii_digit).count() >= FEWEST_DIGITS
        && words.all(|word| WORDS.contains(&word))
}

fn is_too_long(text: &str) -> bool {
    text.len() > MOST_CHARS * 4 || text.chars().count() > MOST_CHARS
}

fn parsed(text: &str, country: Option<Country>) -> Option<PhoneNumber> {
    if is_too_long(text) {
        return None;
    }
    let text = folded(text);
    // The parser takes a slash for the end of a number that says its country.
    let text = text.trim().replace('/', "-");
    let text = match text.strip_prefix("00") {
        Some(rest) if rest.starts_with(|c: char| matches!(c, '2'..='9')) => format!("+{rest}"),
        _ => text,
    };
    // What says its country follows that country's plan: Italian numbers keep their zero. The
    // countries that share +1 share a plan; which one it is would take long to say.
    let country = match text.strip_prefix('+') {
        Some(rest) if rest.trim_start().starts_with('1') => Some(country::US),
        Some(_) => None,
        None => country.and_then(|c| c.code().parse().ok()),
    };
    phonenumber::parse(country, text).ok()
}

fn e164(number: &PhoneNumber) -> String {
    number.format().mode(Mode::E164).to_string()
}

/// The number that is read from what was read. A text that is nearly a number keeps some of what
/// is dialled before it at the first reading; letters are digits to the parser; few may be left.
fn settled(mut number: String) -> Option<String> {
    for _ in 0..MOST_READINGS {
        digits(&number)?;
        let again = e164(&parsed(&number, None)?);
        if again == number {
            return Some(number);
        }
        number = again;
    }
    None
}

fn digits(text: &str) -> Option<String> {
    let all: String = folded(text).chars().filter(char::is_ascii_digit).collect();
    let significant = all.trim_start_matches('0');
    let mut different = significant.bytes();
    let first = different.next()?;
    let one_again_and_again = different.all(|digit| digit == first);
    // E.164 has 15 at the most; an extension may follow.
    ((6..=20).contains(&significant.len()) && !one_again_and_again).then(|| significant.to_owned())
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
            ("(030) 90 18 20", "DE", Some("+4930901820")),
            ("0049 (0)30 901820", "DE", Some("+4930901820")),
            ("+49 30 901820", "CN", Some("+4930901820")),
            ("+49/30-901820", "", Some("+4930901820")),
            ("010-8888 1234", "CN", Some("+861088881234")),
            ("+1 (212) 555-0123 x12", "DE", Some("+12125550123")),
            ("tel:+86-10-8888-1234", "", Some("+861088881234")),
            ("8 (495) 123-45-67", "RU", Some("+74951234567")),
            ("+39 06 698 12345", "DE", Some("+390669812345")),
            ("06 698 12345", "IT", Some("+390669812345")),
            ("0039 06 698 12345", "CN", Some("+390669812345")),
            ("001 212 555 0123", "DE", Some("+12125550123")),
            ("011 49 30 901820", "US", Some("+4930901820")),
            ("１３８ １２３４ ５６７８", "CN", Some("+8613812345678")),
            // Not to be dialled, or from nowhere.
            ("030 901820", "", Some("30901820")),
            ("030 / 90-18-20", "", Some("30901820")),
            ("0999 123456", "US", Some("+10999123456")),
            ("Anna: 030 901820", "DE", Some("+4930901820")),
            ("", "DE", None),
            ("12345", "DE", None),
            ("000000000", "DE", None),
            ("111 1111 1111", "CN", None),
            ("none", "DE", None),
            // What is dialled before the number leaves too little of it.
            ("120000ß", "CN", Some("120000")),
        ] {
            assert_eq!(phone_key(given, country(from)).as_deref(), expected, "{given} {from}");
        }
    }

    #[test]
    fn what_is_dialled_is_a_phone_number_whether_anybody_is_known_by_it_or_not() {
        for given in [
            "88888888",
            "95588",
            "4711",
            "110",
            "+49 30 901820 / +49 30 901821",
            "+49 30 9018200 / +49 30 9018210",
            "030 901820 Durchwahl 12",
            "Tel. (030) 90 18 20, App. 4",
            "010-8888 1234 转 12",
            "８８８８",
        ] {
            assert!(is_phone(given, None), "{given}");
        }
        for given in ["", "12", "none", "call me", "see page 4711", "n/a", &"1".repeat(81)] {
            assert!(!is_phone(given, None), "{given}");
        }
        for nobodys in ["88888888", "95588", "4711", "+49 30 9018200 / +49 30 9018210"] {
            assert_eq!(phone_key(nobodys, None), None, "{nobodys}");
        }
    }

    #[test]
    fn the_strict_check_says_what_is_wrong() {
        for (given, from, part) in [
            ("030 901820", "", "default_country"),
            ("12", "DE", "+49"),
            ("010-8888 12345678", "CN", "+86"),
            ("abc", "DE", "no phone number"),
            ("", "", "no phone number"),
            (&"+".repeat(100_000), "DE", "no phone number"),
        ] {
            let refused = check_phone(given, country(from)).unwrap_err();
            assert!(refused.reason.contains(part), "{refused}");
        }
    }
}
