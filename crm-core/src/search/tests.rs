use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    kernel::{Id, Phone, PhoneKind, Phones},
};

use super::{MAX_TERMS, Reason, SearchQuery, Searchable, terms_of};

#[test]
fn what_cannot_be_searched_for_says_what_to_do() {
    for (text, says) in [
        ("", "write letters or digits"),
        ("  \t", "write letters or digits"),
        ("-.,@ ·", "write letters or digits"),
        ("x", "write two or more"),
        ("7.", "write two or more"),
        (&"x".repeat(201), "search for less"),
        (&"xy ".repeat(25), "search for fewer"),
    ] {
        let refused = SearchQuery::parse(text).unwrap_err();
        assert_eq!((refused.entity, refused.field.as_str()), ("search", "text"));
        assert!(refused.reason.contains(says), "{text:?}: {refused}");
    }
    for text in ["王", "ab", "a b", "カ", "김"] {
        assert!(SearchQuery::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn a_contact_is_found_by_each_of_its_names() {
    let mut contact = Contact::new(Id::new(Uuid::from_u128(1)), "A. Huber");
    contact.given_name = Some("Änne".into());
    contact.family_name = Some("Huber-Weiß".into());
    contact.phones = Phones(vec![Phone { kind: PhoneKind::Mobile, number: "0171 2345678".into() }]);
    for (text, reason) in [
        ("a. huber", Some(Reason::ExactName)),
        ("huber", Some(Reason::NameInOrder)),
        ("weiss anne", Some(Reason::Name)),
        ("weiss 1712345678", Some(Reason::Phone)),
        ("01712345678", Some(Reason::ExactKey)),
        ("weiss xaver", None),
    ] {
        let query = SearchQuery::parse(text).unwrap();
        assert_eq!(query.rank(&contact).map(|rank| rank.reason), reason, "{text}");
        assert!(reason.is_none() || has_the_terms(&query, &contact), "{text}");
    }
}

#[test]
fn a_long_name_leaves_room_for_a_phone_number() {
    for sign in ["北", "x ", "x-", "\u{64B}ا"] {
        let mut long = customer(&(0..250).map(|n| format!("{sign}{n}")).collect::<String>());
        long.phones =
            Phones(vec![Phone { kind: PhoneKind::Work, number: "+86 13812345678".into() }]);
        assert!(terms_of(&long).len() <= MAX_TERMS);
        assert!(has_the_terms(&SearchQuery::parse("13812345678").unwrap(), &long), "{sign}");
    }
}

#[test]
fn a_contact_person_is_found() {
    let mut firm = customer("Lakeside Library");
    firm.contact_person = Some("Änne Huber".into());
    for (text, found) in [("anne huber", true), ("huber lakeside", true), ("xaver", false)] {
        let query = SearchQuery::parse(text).unwrap();
        assert_eq!(query.rank(&firm).is_some(), found, "{text}");
        assert!(!found || has_the_terms(&query, &firm), "{text}");
    }
}

#[test]
fn very_many_tags_cut_nothing_but_tags() {
    let mut firm = customer("Zebra Zoo Ältere");
    firm.tags = (0..200).map(|n| format!("tag{n:03}")).collect();
    firm.email = Some("z@zz.example".into());
    firm.contact_person = Some("Zoë Zysk".into());
    firm.external_id = Some("Z-99".into());
    firm.city = Some("Zürich".into());
    let number = "+86 13812345678".to_owned();
    firm.phones = Phones(vec![Phone { kind: PhoneKind::Work, number }]);
    assert_eq!(terms_of(&firm).len(), MAX_TERMS);
    for (text, found) in [
        ("zebra zoo", true),
        ("aeltere", true),
        ("zysk", true),
        ("z@zz.example", true),
        ("Z-99", true),
        ("13812345678", true),
        ("zurich", true),
        ("tag000", true),
        ("tag080", true),
        ("tag199", false),
    ] {
        assert_eq!(has_the_terms(&SearchQuery::parse(text).unwrap(), &firm), found, "{text}");
    }
}

proptest! {
    #[test]
    fn anything_finds_itself(name in "[ -*,-~À-ʯͰ-ӿא-ي가-깋あ-ヺ一-丸]{1,40}") {
        let customer = customer(&name);
        if let Ok(query) = SearchQuery::parse(&name) {
            prop_assert!(query.rank(&customer).is_some(), "{:?}", query);
            prop_assert!(has_the_terms(&query, &customer), "{:?}", query);
        }
    }

    #[test]
    fn what_ranks_has_the_terms_to_be_found(
        name in "[ab0-3 .@'北京大]{1,24}",
        email in "[ab0-3.北]{1,6}@[ab0-3.京]{1,8}",
        phone in "[+]?[0-3 ]{1,14}",
        number in "[ab0-3 -]{1,14}",
        text in "[ab0-3 +.@'-北京大]{1,8}",
    ) {
        let mut customer = customer(&name);
        customer.email = Some(email);
        customer.phones = Phones(vec![Phone { kind: PhoneKind::Work, number: phone }]);
        customer.external_id = Some(number);
        if let Ok(query) = SearchQuery::parse(&text) {
            prop_assert!(!query.tests().is_empty());
            if query.rank(&customer).is_some() {
                prop_assert!(has_the_terms(&query, &customer), "{:?} {:?}", query, terms_of(&customer));
            }
        }
    }

    #[test]
    fn nothing_is_too_odd(name in any::<String>(), text in any::<String>()) {
        let customer = customer(&name);
        prop_assert!(terms_of(&customer).len() <= MAX_TERMS);
        let found = SearchQuery::parse(&text).ok().and_then(|query| Some((query.rank(&customer)?, query)));
        prop_assert!(found.is_none_or(|(_, query)| has_the_terms(&query, &customer)));
    }
}

fn customer(name: &str) -> Customer {
    Customer::new(Id::new(Uuid::from_u128(1)), CustomerKind::Organisation, name)
}

fn has_the_terms<E: Searchable>(query: &SearchQuery, record: &E) -> bool {
    let terms = terms_of(record);
    query.tests().iter().all(|test| terms.iter().any(|term| test.passes(term)))
}
