//! The rules of the house, as data.

use crm_core::{
    customer::{self, Customer, CustomerKind},
    interaction::{Channel, Direction, Interaction},
    kernel::{Custom, CustomValue, Entity, ErrorKind, Id, Phone, PhoneKind, Timestamp},
    settings::{
        CompletenessPolicy, CompletenessRule, ContactRhythm, Demand, Lifecycle, RhythmRule,
        Settings, completeness,
    },
};
use serde_json::json;
use uuid::Uuid;

#[test]
fn what_is_written_is_read() {
    let json = json!({
        "name": "Nordlicht", "default_country": "DE",
        "completeness": {
            "customer": [
                {"when": {"field": "kind", "op": "eq", "value": "organisation"},
                 "fields": {"industry": "refuse", "custom.size": "list"}},
                {"fields": {"email": "want"}},
            ],
            "interaction": [{"fields": {"outcome": "list"}}],
        },
        "lifecycle": {
            "stages": [{"key": "lead", "name": "Anfrage"}, {"key": "customer", "name": "Kunde"}],
            "initial": "lead", "moves": [{"from": "lead", "to": "customer"}],
        },
        "custom_fields": {"customer": [
            {"name": "size", "type": "number", "required": true},
            {"name": "colour", "type": "choice", "choices": ["red", "blue"]},
        ]},
        "rhythm": [
            {"when": {"field": "custom.size", "op": "ge", "value": {"number": "12.5"}}, "days": 14},
            {"days": 90},
        ],
        "late_after_hours": 24, "duplicates": {
            "certain": 0.95, "possible": 0.5, "on_insert": "warn", "noise_limit": 50,
            "plus_is_same": true, "gmail_dots_are_same": false, "mask_refusals": false,
        },
        "conflicts": "category", "leads": {"disqualify_reasons": ["no budget", "预算"]},
        "value_policies": {
            "version": "2018", "cuts": {"count": {"a": 10, "b": 50}},
            "standing": {"important_percent": "10", "to_win": {"amount": "500"}, "dispensable_below": "-1"},
            "rfm": {"scales": {"recency": "quintiles", "frequency": "quintiles", "monetary": "quintiles"},
                "categories": {}, "segments": [
                    {"name": "all", "recency": [1, 5], "frequency": [1, 5], "monetary": [1, 5]},
                ]},
            "service": null,
            "tiers": {"tiers": [{"name": "gold", "any": [{"classes": ["A"]}]}, {"name": "standard", "any": []}],
                "currency": null, "margin_percent": "10", "drop_after": 2, "rise_after": 1},
        },
    });
    let rules = Settings::from_json(id(), &json).unwrap();
    assert_eq!(rules.to_json(), json);
    assert_eq!(Settings::from_json(id(), &rules.to_json()).unwrap(), rules);
    let standard = Settings::standard(id());
    assert_eq!(Settings::from_json(id(), &json!({})).unwrap(), standard);
    assert_eq!(Settings::from_json(id(), &standard.to_json()).unwrap(), standard);
}

#[test]
fn the_presets_and_the_default_are_sound() {
    let mut rules = Settings::standard(id());
    rules.completeness = CompletenessPolicy::publishing_house();
    rules.lifecycle = Some(Lifecycle::default());
    assert_eq!(crm_core::kernel::check(&rules), Ok(()));
}

#[test]
fn errors_name_the_place() {
    let error = |json| Settings::from_json(id(), &json).unwrap_err().to_string();
    let rule = |rule| error(json!({"completeness": {"customer": [rule]}}));
    insta::assert_snapshot!(
        [
            error(json!([])),
            error(json!({"default_country": "Atlantis"})),
            error(json!({"lifecycle": {"stages": "lead"}})),
            rule(json!({"fields": ["name"]})),
            rule(json!({"when": {"field": "sise", "value": 1}, "fields": {}})),
            rule(json!({"when": {"all": [{"field": "employees", "value": "many"}]}, "fields": {}})),
            rule(json!({"fields": {"sise": "list"}})),
            rule(json!({"fields": {"name": "must"}})),
        ]
        .join("\n")
    );
}

#[test]
fn the_score_is_the_share_of_what_is_there_and_what_is_wanted_weighs_half() {
    let mut acme = acme();
    let rules = [
        CompletenessRule::all(Demand::List, ["name", "phones", "custom.size"]),
        CompletenessRule::all(Demand::Want, ["email", "website"]),
    ];
    let score = |acme: &Customer| completeness(&rules, acme).score;
    assert_eq!(score(&acme), 25); // 2 of 8
    acme.email = Some("a@b".into());
    assert_eq!(score(&acme), 37); // 3 of 8
    acme.phones.0.push(Phone { kind: PhoneKind::Work, number: " ".into() });
    assert_eq!(score(&acme), 37, "a phone without a number is none");
    acme.phones.0.push(Phone { kind: PhoneKind::Work, number: "1".into() });
    acme.custom = Custom([("size".to_owned(), CustomValue::Text(" ".into()))].into());
    assert_eq!(score(&acme), 62);
    acme.custom = Custom([("size".to_owned(), CustomValue::Flag(false))].into());
    acme.website = Some("b".into());
    assert_eq!(score(&acme), 100);
    assert_eq!(completeness::<Customer>(&[], &acme).score, 100);
}

#[test]
fn every_rule_that_fits_has_a_say_and_the_later_one_decides() {
    let organisations = customer::KIND.eq(CustomerKind::Organisation);
    let rules = [
        CompletenessRule::all(Demand::Want, ["fax", "city"]),
        CompletenessRule::of(organisations.clone(), Demand::Refuse, ["fax"]),
        CompletenessRule::of(organisations.not(), Demand::List, ["city"]),
    ];
    let missing = |kind| completeness(&rules, &Customer { kind, ..acme() }).missing;
    let of = |field: &str, demand| (field.to_owned(), demand);
    assert_eq!(
        missing(CustomerKind::Organisation),
        [of("fax", Demand::Refuse), of("city", Demand::Want)]
    );
    assert_eq!(missing(CustomerKind::Person), [of("fax", Demand::Want), of("city", Demand::List)]);
}

#[test]
fn the_first_rule_of_the_rhythm_decides() {
    let days = |rules, category: &str| {
        let customer = Customer { category: Some(category.into()), ..acme() };
        ContactRhythm(rules).days_for(&customer)
    };
    let rules = || {
        let key = customer::CATEGORY.eq("key");
        let all = crm_core::kernel::Criteria::everything();
        vec![RhythmRule { when: key, days: 14 }, RhythmRule { when: all, days: 90 }]
    };
    assert_eq!((days(rules(), "key"), days(rules(), "other")), (Some(14), Some(90)));
    assert_eq!(days(vec![], "key"), None);
}

#[test]
fn a_record_settles_by_the_rules() {
    let mut rules = Settings::standard(id());
    rules.completeness.customer = vec![CompletenessRule::all(Demand::List, ["fax"])];
    rules.completeness.interaction = vec![CompletenessRule::all(Demand::Refuse, ["place"])];
    let [early, late] = [1, 2].map(|micros| Timestamp::from_micros(micros).unwrap());
    let mut first = acme();
    first.settle(None, &rules, early).unwrap();
    assert_eq!((first.incomplete_since, first.completeness), (Some(early), 0));
    let mut second = first.clone();
    second.settle(Some(&first), &rules, late).unwrap();
    assert_eq!(second, first);
    second.fax = Some("1".into());
    second.settle(Some(&first), &rules, late).unwrap();
    assert_eq!((second.incomplete_since, second.completeness), (None, 100));
    assert!(second.missing.0.is_empty());

    let customer = Id::new(Uuid::from_u128(2));
    let new = Interaction::new(
        Id::new(Uuid::from_u128(3)),
        customer,
        Channel::Phone,
        Direction::Inbound,
        early,
    );
    let error = new.clone().settle(None, &rules, early).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let actor = crm_core::kernel::Actor::new("anna").unwrap();
    let closed = new.close(early, &actor).unwrap();
    let mut again = closed.clone();
    again.settle(Some(&closed), &rules, late).unwrap();
    assert_eq!(again, closed);
}

#[test]
fn stages_are_renamed_by_their_name() {
    let mut lifecycle = Lifecycle::default();
    lifecycle.stages[0].name = "Anfrage".into();
    assert_eq!(lifecycle.stage("lead").map(|stage| stage.name.as_str()), Some("Anfrage"));
    assert_eq!(lifecycle.next("lead"), ["prospect", "customer", "dormant", "lost"]);
}

fn id() -> Id<Settings> {
    Id::new(Uuid::from_u128(1))
}

fn acme() -> Customer {
    Customer::new(Id::new(Uuid::from_u128(1)), CustomerKind::Organisation, "Acme")
}
