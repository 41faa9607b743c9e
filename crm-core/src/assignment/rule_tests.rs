//! Rules as data.

use serde_json::json;
use uuid::Uuid;

use super::{Cursors, Known, RuleSet, Target, tests::staff};
use crate::{kernel::Id, lead::Lead};

#[test]
fn a_target_that_names_no_territory_is_written_as_it_always_was() {
    let of = |json: serde_json::Value| serde_json::from_value::<Target>(json).unwrap();
    let own = json!({"territory_members": {"role": "owner"}});
    let members = |territory| Target::TerritoryMembers { role: Some("owner".into()), territory };
    assert_eq!((of(own.clone()), json!(members(None))), (members(None), own));
    let id = Id::new(Uuid::from_u128(7));
    let named = json!({"territory_members": {"role": "owner", "territory": id}});
    assert_eq!((of(named.clone()), json!(members(Some(id)))), (members(Some(id)), named));
}

#[test]
fn rules_are_data_and_say_what_is_wrong() {
    let good = serde_json::json!({"rules": [{
        "name": "Chinese retail", "when": {"field": "industry", "value": "retail"},
        "customer": {"field": "employees", "op": "ge", "value": 10}, "from": "2027-01-01",
        "choices": [
            {"target": {"team": {"unit": Uuid::from_u128(5), "below": true}}, "strategy": "best_skill",
             "needs": {"skills": {"retail": 3}, "languages": ["zh"]}},
            {"target": {"queue": {"name": "all", "people": [Uuid::from_u128(1)]}}},
            {"target": "keep"},
        ],
        "then": "continue",
    }]});
    let rules = RuleSet::<Lead>::from_json(&good).unwrap();
    let again = serde_json::to_value(&rules).unwrap();
    assert_eq!(RuleSet::<Lead>::from_json(&again).unwrap(), rules);

    let mut known = Known::default();
    known.units.insert(Id::new(Uuid::from_u128(5)));
    let error = rules.check_names(&known).unwrap_err();
    assert_eq!(error.field, "rules[0] \"Chinese retail\", choices[1].target");
    known.staff.insert(staff(0));
    assert_eq!(rules.check_names(&known), Ok(()));

    let broken = |path: &str, value: serde_json::Value| {
        let mut json = good.clone();
        *json.pointer_mut(path).unwrap() = value;
        RuleSet::<Lead>::from_json(&json).unwrap_err().to_string()
    };
    for (path, value, told) in [
        ("/rules/0/when/field", "idustry".into(), "no field"),
        ("/rules/0/choices", serde_json::json!([]), "names nobody"),
        (
            "/rules/0/choices/1/target/queue/people",
            serde_json::json!([]),
            "is empty: name somebody",
        ),
        ("/rules/0/choices/0/needs/skills/retail", 9.into(), "levels are from 1 to 5"),
        ("/rules/0/choices/0/strategy", "random".into(), "strategy"),
        ("/rules/0/then", "perhaps".into(), "then"),
        ("/rules/0/name", " ".into(), "give it a name"),
        ("/rules/0", serde_json::json!({"name": "x", "chioces": []}), "chioces"),
        ("/rules", serde_json::json!(3), "write"),
    ] {
        let error = broken(path, value);
        assert!(error.contains(told), "{path}: {error}");
    }
}

#[test]
fn cursors_are_data_that_is_looked_at() {
    let good = serde_json::json!({"rule": {"0": {"turns": 2, "seats": [
        {"staff": Uuid::from_u128(1), "credit": 5, "last": 1},
        {"staff": Uuid::from_u128(2), "credit": -5, "last": 2},
    ]}}});
    let cursors: Cursors = serde_json::from_value(good.clone()).unwrap();
    assert_eq!(serde_json::to_value(&cursors).unwrap(), good);
    // Where it begins, if not with the first seat.
    let mut later = good.clone();
    later["rule"]["0"]["first"] = 7.into();
    let cursors: Cursors = serde_json::from_value(later.clone()).unwrap();
    assert_eq!(serde_json::to_value(&cursors).unwrap(), later);
    for (place, value) in [("credit", i64::MAX), ("credit", 6), ("last", 3)] {
        let mut bad = good.clone();
        bad["rule"]["0"]["seats"][0][place] = value.into();
        assert!(serde_json::from_value::<Cursors>(bad).is_err(), "{place} {value}");
    }
}
