//! What runs refuse, and how moves between many groups are told.

use serde_json::{Value, json};

use crate::house::House;

const FIRST: [&str; 4] = ["--to", "2017-03-31", "--as-of", "2017-03-31"];
const SECOND: [&str; 4] = ["--to", "2017-06-30", "--as-of", "2017-06-30"];
const BY: [&str; 3] = ["value", "--by", "revenue"];

/// Two runs of a house without tiers.
fn kept() -> House {
    let house = House::sqlite();
    let shop = house.file(
        "shop.csv",
        "customer,date,revenue\nAcme,2017-02-01,900 EUR\nBookshop,2017-02-02,100 EUR\n\
         Corner,2017-03-01,20 EUR\nBookshop,2017-05-02,990 EUR\n",
    );
    house.json(&["import", "transactions", &shop, "--create-customers"]);
    house.json(&[&BY[..], &FIRST, &["--save", "q1"]].concat());
    house.json(&[&BY[..], &SECOND, &["--save", "q2"]].concat());
    house
}

#[test]
fn moves_between_many_groups_are_told_line_by_line() {
    let house = kept();
    let asked = ["migration", "q1", "q2", "--by", "segment"];
    let told = house.json(&asked);
    let cells = told["cells"].as_array().unwrap().iter();
    let mut expected: Vec<_> = cells.filter_map(|cell| cell["customers"].as_u64()).collect();
    expected.retain(|customers| *customers > 0);
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let said = house.run(&asked).out;
    let rows = said.lines().filter_map(|line| line.split_whitespace().last()?.parse().ok());
    assert_eq!(rows.collect::<Vec<u64>>(), expected, "{said}");
    assert!(!said.contains('_') && !said.contains("From / to"), "{said}");
    let said = house.run(&["migration", "q1", "q2", "--by", "standing"]).out;
    assert!(said.contains("From / to") && said.contains("to win"), "{said}");
}

#[test]
fn moves_between_tiers_need_tiers() {
    let refused = kept().run(&["migration", "q1", "q2", "--by", "tier"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    for words in ["neither run q1 nor run q2 has a tier", "value_policies.tiers", "--by class"] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
}

#[test]
fn a_run_that_is_kept_has_a_name() {
    let house = kept();
    for name in ["", " "] {
        for command in [&BY[..], &["tiers", "--apply"]] {
            let refused = house.run(&[command, &["--save", name]].concat());
            assert_eq!(refused.code, Some(2), "{command:?}: {}", refused.out);
            assert!(refused.err.contains("has a name"), "{command:?}: {}", refused.err);
        }
    }
}

#[test]
fn where_the_house_expects_what_cannot_be_told_the_way_out_is_named() {
    let house = House::sqlite();
    let once = house.file("once.csv", "customer,date,revenue\nAcme,2017-02-01,900 EUR\n");
    house.json(&["import", "transactions", &once, "--create-customers"]);
    let rules = json!({"value_policies": {
        "version": "1",
        "lifetime": {"model": "bg-nbd", "horizon_days": 364},
        "tiers": {"currency": "EUR", "tiers": [
            {"name": "gold", "any": [{"value_at_least": "50"}]}, {"name": "basic"},
        ]},
    }});
    house.json(&["settings", "--set", &house.file("rules.json", rules.to_string())]);
    let tiers = ["tiers", "--by", "revenue"];
    for command in [&BY[..], &[&BY[..], &["--save", "x"]].concat(), &tiers] {
        let asked = [command, &FIRST].concat();
        let refused = house.run(&[&asked[..], &["--json"]].concat());
        assert_eq!(refused.code, Some(1), "{asked:?}");
        let error = &serde_json::from_str::<Value>(&refused.err).unwrap()["error"];
        assert_eq!(error["kind"], "refused", "{error}");
        let message = error["message"].as_str().unwrap();
        for words in ["one-time buyers", "value_policies.lifetime", "--no-expect"] {
            assert!(message.contains(words), "{asked:?}: {message}");
        }
        house.json(&[&asked[..], &["--no-expect"]].concat());
    }
    let refused = house.run(&[&BY[..], &FIRST, &["--expect", "bg-nbd"]].concat());
    assert!(!refused.err.contains("--no-expect"), "{}", refused.err);
}

#[test]
fn a_missing_rate_is_told_with_what_sets_it() {
    let house = kept();
    for command in [&BY[..], &["rfm"], &["clv"]] {
        let refused = house.run(&[command, &["--currency", "USD"]].concat());
        assert_eq!(refused.code, Some(1), "{command:?}");
        for words in ["`crm rate set EUR USD RATE --on 2017-", "--currency"] {
            assert!(refused.err.contains(words), "{command:?}: {}", refused.err);
        }
    }
}

#[test]
fn the_policies_in_the_readme_can_be_set() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, rest) = readme.split_once("```json\n{\"value_policies\"").unwrap();
    let (policies, _) = rest.split_once("```").unwrap();
    let house = House::sqlite();
    house.fill();
    let file = house.file("policies.json", format!("{{\"value_policies\"{policies}"));
    house.json(&["settings", "--set", &file]);
    let told = house.json(&["settings"]);
    assert_eq!(told["value_policies"]["tiers"]["tiers"][0]["name"], "gold", "{told}");
}
