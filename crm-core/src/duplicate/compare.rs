use super::{
    Agreement, DuplicatePolicy, Evidence, Identity, Key, Likeness,
    weights::{Weighed, weigh},
};

/// How likely two records of a tenant are the same customer, key by key.
///
/// Weights are log-odds after Fellegi and Sunter (1969); a key that only one of them has says
/// nothing. The order of the two does not matter.
///
/// ```
/// use crm_core::{
///     customer::{Customer, CustomerKind},
///     duplicate::{Identity, compare},
///     kernel::{Id, TenantId},
///     settings::Settings,
/// };
/// use uuid::Uuid;
///
/// let settings = Settings::standard(Settings::id_of(TenantId(Uuid::from_u128(1))));
/// let mut one =
///     Customer::new(Id::new(Uuid::from_u128(1)), CustomerKind::Organisation, "ACME Tools Ltd");
/// one.website = Some("https://www.acme.example".into());
/// let mut other =
///     Customer::new(Id::new(Uuid::from_u128(2)), CustomerKind::Organisation, "Acme Tool Limited");
/// other.email = Some("info@acme.example".into());
///
/// let likeness = compare(&Identity::of(&one, &settings), &Identity::of(&other, &settings));
/// assert_eq!(likeness.to_string(), "99 %: names alike 0.98, same domain acme.example");
/// assert_eq!(
///     likeness.masked().to_string(),
///     "a record you may not see agrees in: name, domain"
/// );
/// ```
pub fn compare(one: &Identity, other: &Identity) -> Likeness {
    let mut found = Vec::new();
    let weight = weigh(one, other, f64::NEG_INFINITY, &mut found).unwrap_or(f64::NEG_INFINITY);
    likeness(one, other, weight, &found)
}

/// How likely two records are the same, where that is possible under a policy: [`compare`], which gives
/// up as soon as it cannot be.
pub(crate) fn compare_possible(
    one: &Identity,
    other: &Identity,
    policy: &DuplicatePolicy,
) -> Option<Likeness> {
    let mut found = Vec::new();
    let weight = weigh(one, other, weight_of(policy.possible), &mut found)?;
    Some(likeness(one, other, weight, &found)).filter(|likeness| likeness.is_possible(policy))
}

/// The probability that a sum of weights stands for.
pub(super) fn score(weight: f64) -> f64 {
    1.0 / (1.0 + (-weight).exp2())
}

/// The sum of weights that stands for a probability.
pub(super) fn weight_of(score: f64) -> f64 {
    (score / (1.0 - score)).log2()
}

pub(super) fn likeness(
    one: &Identity,
    other: &Identity,
    weight: f64,
    found: &[Weighed],
) -> Likeness {
    let mut evidence: Vec<Evidence> = found
        .iter()
        .map(|&Weighed { key, agreement, weight }| {
            let value = if agreement == Agreement::Same { value(one, other, key) } else { None };
            Evidence { key, agreement, weight, value }
        })
        .collect();
    evidence.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.key.cmp(&b.key)));
    Likeness { score: score(weight), evidence }
}

/// The value that both have; of several the first in order, whichever record comes first.
fn value(one: &Identity, other: &Identity, key: Key) -> Option<String> {
    let listed = |a: &[Box<str>], b: &[Box<str>]| {
        a.iter().filter(|value| b.contains(value)).min().map(|value| value.to_string())
    };
    match key {
        Key::Name => Some(one.name.to_string()),
        Key::TaxNumber => one.tax_number.as_deref().map(str::to_owned),
        Key::Email => listed(&one.emails, &other.emails),
        Key::Phone => listed(&one.phones, &other.phones),
        Key::Domain => listed(&one.domains, &other.domains),
        Key::Postcode => one.postcode.as_deref().map(str::to_owned),
        Key::City => one.city.as_deref().map(str::to_owned),
        Key::Country => one.country.map(|country| country.code().to_owned()),
        Key::Kind => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{customer::CustomerKind, duplicate::DuplicatePolicy};

    fn firm(name: &str, phone: &str, tax_number: &str, postcode: &str) -> Identity {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        Identity {
            kind: CustomerKind::Organisation,
            country: "DE".parse().ok(),
            name: super::super::name_key(name).into(),
            phones: some(phone).into_iter().collect(),
            emails: Box::default(),
            domains: Box::default(),
            tax_number: some(tax_number),
            postcode: some(postcode),
            city: None,
        }
    }

    #[test]
    fn what_agrees_and_what_does_not_is_weighed() {
        let acme = firm("Acme Maschinenbau GmbH", "+4930901820", "DE123456789", "10115");
        let policy = DuplicatePolicy::default();
        for (other, least, most, words) in [
            (
                firm("ACME Maschinenbau", "+4930901820", "", ""),
                0.99,
                1.0,
                "99 %: same name acme maschinenbau, same phone +4930901820, same country DE",
            ),
            (
                firm("Maschinenbau Acme AG", "", "", "10115"),
                0.95,
                1.0,
                "99 %: names alike 0.98, same postcode 10115, same country DE",
            ),
            (
                firm("Weber Druck KG", "+4930901820", "", ""),
                0.0,
                0.1,
                "0 %: same phone +4930901820, same country DE, other names",
            ),
            (
                firm("Acme Maschinenbau", "", "DE987654321", "10115"),
                0.0,
                0.75,
                "58 %: same name acme maschinenbau, same postcode 10115, same country DE, other \
                 tax numbers",
            ),
            (
                firm("Acme Maschinenbau", "+498912345678", "DE987654321", ""),
                0.0,
                0.1,
                "0 %: same name acme maschinenbau, same country DE, other phones, other tax numbers",
            ),
            (firm("", "", "", ""), 0.0, 0.1, "0 %: same country DE"),
        ] {
            let found = compare(&acme, &other);
            assert_eq!(found.to_string(), words);
            assert!((least..=most).contains(&found.score), "{words}: {}", found.score);
            assert_eq!(found.is_certain(&policy), least >= 0.95, "{words}");
        }
    }

    #[test]
    fn the_masked_form_has_no_value() {
        let one = firm("Acme Maschinenbau GmbH", "+4930901820", "DE123456789", "10115");
        let other = firm("Acme Maschinen GmbH", "+4930901820", "DE987654321", "10117");
        let masked = compare(&one, &other).masked();
        assert_eq!(masked.agree, [Key::Name, Key::Phone, Key::Postcode, Key::Country]);
        let json = serde_json::to_string(&masked).unwrap();
        assert_eq!(json, r#"{"agree":["name","phone","postcode","country"]}"#);
    }
}
