//! What must hold for keys and comparisons of any text whatever.

use crm_core::{
    customer::{Customer, CustomerKind},
    duplicate::{
        Identity, MAX_TERMS, Mailboxes, check_email, compare, domain_key, name_key, name_nearness,
        phone_key, scan, sorted_words, tax_key, terms,
    },
    kernel::{Country, Id, Phone, PhoneKind, Phones, TenantId},
    settings::Settings,
};
use proptest::{option, prelude::*};
use uuid::Uuid;

/// Parts that keys are made of, and anything.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![
            "acme", "Müller", "GmbH", "& Co. KG", "S.A.", "Ltd", " ", "-", ".", "(", ")", "（",
            "）", "北京", "华美", "有限公司", "集团", "株式会社", "(株)", "주식회사", "ООО", "und",
            "y", "e", "+49", "030", "901820", "00", "12", "@", "www.", ".com", "http://", "/",
            "DE123456789", "VAT", "91350100M000100Y43", "Ａｃｍｅ", "ß", "İ", "'", "公", "司",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..7).prop_map(|parts| parts.concat())
}

fn country() -> impl Strategy<Value = Option<Country>> {
    let codes = vec!["DE", "CN", "US", "IT", "GB", "GR", "CH", "JP", "RU"];
    option::of(prop::sample::select(codes)).prop_map(|code| code.and_then(|c| c.parse().ok()))
}

prop_compose! {
    fn customer()(
        person in any::<bool>(),
        name in text(),
        phones in prop::collection::vec(text(), 0..3),
        email in option::of(prop_oneof![text(), Just("anna@acme.example".to_owned())]),
        website in option::of(prop_oneof![text(), Just("acme.example".to_owned())]),
        tax_number in option::of(text()),
        postcode in option::of(text()),
        city in option::of(text()),
        country in country(),
    ) -> Customer {
        let kind = if person { CustomerKind::Person } else { CustomerKind::Organisation };
        let mut made = Customer::new(Id::new(Uuid::nil()), kind, name);
        let phone = |number| Phone { kind: PhoneKind::Work, number };
        made.phones = Phones(phones.into_iter().map(phone).collect());
        (made.email, made.website, made.tax_number) = (email, website, tax_number);
        (made.postcode, made.city, made.country) = (postcode, city, country);
        made
    }
}

fn identity(customer: &Customer) -> Identity {
    Identity::of(customer, &Settings::standard(Settings::id_of(TenantId(Uuid::nil()))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_key_of_a_key_is_that_key(text in text(), country in country()) {
        let name = name_key(&text);
        prop_assert_eq!(name_key(&name), name.clone());
        let sorted = sorted_words(&name);
        prop_assert_eq!(sorted_words(&sorted), sorted);
        if let Some(domain) = domain_key(&text) {
            prop_assert_eq!(domain_key(&domain), Some(domain));
        }
        if let Some(number) = tax_key(&text, country) {
            prop_assert_eq!(tax_key(&number, country), Some(number));
        }
        if let Some(number) = phone_key(&text, country) {
            prop_assert_eq!(phone_key(&number, country), Some(number));
        }
        for mailboxes in [
            Mailboxes::default(),
            Mailboxes { plus_is_same: true, gmail_dots_are_same: true },
        ] {
            if let Ok(address) = check_email(&text, mailboxes) {
                prop_assert_eq!(check_email(&address, mailboxes), Ok(address));
            }
        }
    }

    #[test]
    fn the_order_of_two_does_not_matter(one in customer(), other in customer()) {
        let (one, other) = (identity(&one), identity(&other));
        prop_assert_eq!(compare(&one, &other), compare(&other, &one));
        let score = compare(&one, &other).score;
        prop_assert!((0.0..=1.0).contains(&score), "{}", score);
    }

    #[test]
    fn names_are_between_nothing_in_common_and_the_same(one in text(), other in text()) {
        let (one, other) = (name_key(&one), name_key(&other));
        let near = name_nearness(&one, &other);
        prop_assert!((0.0..=1.0).contains(&near), "{}", near);
        prop_assert_eq!(near == 1.0, one == other);
    }

    #[test]
    fn a_scan_finds_what_a_comparison_of_each_with_each_finds(
        customers in prop::collection::vec(customer(), 0..9),
    ) {
        let identities: Vec<_> = customers.iter().map(identity).enumerate().collect();
        let policy = Default::default();
        let mut expected = Vec::new();
        for (at, (_, one)) in identities.iter().enumerate() {
            prop_assert!(terms(one).len() <= MAX_TERMS);
            for (other_at, (_, other)) in identities.iter().enumerate().skip(at + 1) {
                let likeness = compare(one, other);
                // Without names only what shares a term is a candidate, and that is enough.
                let named = !one.name.is_empty() && !other.name.is_empty();
                let shares = terms(one).iter().any(|term| terms(other).contains(term));
                if likeness.is_possible(&policy) && (named || shares) {
                    expected.push((at, other_at, likeness));
                }
            }
        }
        let found: Vec<_> = scan(&identities, &policy)
            .pairs
            .into_iter()
            .map(|pair| (pair.one, pair.other, pair.likeness))
            .collect();
        prop_assert_eq!(found, expected);
    }
}
