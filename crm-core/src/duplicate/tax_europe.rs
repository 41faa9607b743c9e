/// A number for European VAT: whose, and what follows the letters of the country.
pub(super) struct EuropeanVat<'n> {
    prefix: &'static str,
    forms: &'static [&'static str],
    rest: &'n str,
}

/// What may follow the prefix: `9` is a digit, `A` a letter, `X` either, anything else itself.
/// Source: European Commission, VIES, "What is the format of a VAT number"; Switzerland, Norway
/// and Great Britain from their own authorities.
const FORMS: [(&str, &[&str]); 32] = [
    ("AT", &["U99999999"]),
    ("BE", &["0999999999", "1999999999"]),
    ("BG", &["999999999", "9999999999"]),
    ("CHE", &["999999999"]),
    ("CY", &["99999999A"]),
    ("CZ", &["99999999", "999999999", "9999999999"]),
    ("DE", &["999999999"]),
    ("DK", &["99999999"]),
    ("EE", &["999999999"]),
    ("EL", &["999999999"]),
    ("ES", &["X9999999A", "A9999999X"]),
    ("FI", &["99999999"]),
    ("FR", &["XX999999999"]),
    ("GB", &["999999999", "999999999999", "GD999", "HA999"]),
    ("HR", &["99999999999"]),
    ("HU", &["99999999"]),
    ("IE", &["9X99999A", "9999999AA"]),
    ("IT", &["99999999999"]),
    ("LT", &["999999999", "999999999999"]),
    ("LU", &["99999999"]),
    ("LV", &["99999999999"]),
    ("MT", &["99999999"]),
    ("NL", &["999999999B99"]),
    ("NO", &["999999999"]),
    ("PL", &["9999999999"]),
    ("PT", &["999999999"]),
    (
        "RO",
        &["9999999999", "999999999", "99999999", "9999999", "999999", "99999", "9999", "999", "99"],
    ),
    ("SE", &["999999999999"]),
    ("SI", &["99999999"]),
    ("SK", &["9999999999"]),
    ("XI", &["999999999", "999999999999", "GD999", "HA999"]),
    ("GR", &["999999999"]),
];

impl<'n> EuropeanVat<'n> {
    /// A number that begins with the letters of a country. Where they are not those of `country`,
    /// only what has the right form counts: other countries' numbers may begin with letters too.
    pub(super) fn saying_its_country(number: &'n str, country: Option<&str>) -> Option<Self> {
        let (prefix, forms) = FORMS.iter().find(|(prefix, _)| number.starts_with(prefix))?;
        let found = Self::new(prefix, forms, number.strip_prefix(prefix)?);
        let is_here = country.is_none_or(|code| prefix_of(code) == found.prefix);
        let digits = found.rest.bytes().filter(u8::is_ascii_digit).count();
        let is_meant = country.is_some() || digits >= 5 || digits == found.rest.len();
        ((is_here && is_meant) || found.number().is_some()).then_some(found)
    }

    /// A number without them, of somebody in `country`.
    pub(super) fn of_country(number: &'n str, country: &str) -> Option<Self> {
        let own = prefix_of(country);
        let (prefix, forms) = FORMS.iter().find(|(prefix, _)| *prefix == own)?;
        Some(Self::new(prefix, forms, number))
    }

    fn new(prefix: &'static str, forms: &'static [&'static str], rest: &'n str) -> Self {
        let after = match prefix {
            "CHE" => &["MWST", "TVA", "IVA", "VAT", "HR"][..],
            "NO" => &["MVA"][..],
            _ => &[],
        };
        let rest = after.iter().find_map(|word| rest.strip_suffix(word)).unwrap_or(rest);
        Self { prefix: if prefix == "GR" { "EL" } else { prefix }, forms, rest }
    }

    /// The letters of the country.
    pub(super) const fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// What a number looks like, its digits counted from 1.
    pub(super) fn example(&self) -> String {
        let mut digits = "1234567890".chars().cycle();
        let form = self.forms.first().copied().unwrap_or_default();
        let signs = form.chars().map(|sign| match sign {
            '9' => digits.next().unwrap_or(sign),
            'X' => 'A',
            exactly => exactly,
        });
        self.prefix.chars().chain(signs).collect()
    }

    /// The whole number, if it has the right form.
    pub(super) fn number(&self) -> Option<String> {
        let fits = self.forms.iter().any(|form| fits(self.rest, form));
        fits.then(|| format!("{}{}", self.prefix, self.rest))
    }
}

fn prefix_of(country: &str) -> &str {
    match country {
        "GR" => "EL",
        "CH" | "LI" => "CHE",
        other => other,
    }
}

fn fits(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(sign, wanted)| match wanted {
            b'9' => sign.is_ascii_digit(),
            b'A' => sign.is_ascii_uppercase(),
            b'X' => sign.is_ascii_alphanumeric(),
            exactly => sign == exactly,
        })
}
