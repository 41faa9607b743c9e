//! Rules, what they would do, what they do, and how full everybody is.

use serde_json::{Value, json};

use crate::House;

const RULES: &str = r#"[{"name": "Customers", "rules": {"customer": {"rules": [
    {"name": "All", "choices": [{"strategy": "round_robin",
     "target": {"queue": {"name": "Two", "people": ["Anna Snow", "Ben Ford"]}}}]}]}}}]"#;

#[test]
fn rules_are_set_tried_and_carried_out() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        let said = house.run(&["rules"]);
        assert!(said.out.contains("There are no rules yet"), "{} {}", said.out, said.err);
        let strange = house.file("strange.json", RULES.replace("Ben Ford", "Nobody"));
        let said = house.run(&["rules", "--set", &strange]);
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains("there is no colleague \"Nobody\""), "{}", said.err);
        let typo =
            RULES.replace(r#""choices""#, r#""when": {"field": "nam", "value": "x"}, "choices""#);
        let typo = house.file("typo.json", typo);
        let said = house.run(&["rules", "--set", &typo]);
        assert!(said.err.contains("All") && said.err.contains("nam"), "{}", said.err);

        let rules = house.file("rules.json", RULES);
        let said = house.run(&["rules", "--set", &rules]);
        assert!(said.out.contains("1 new, 0 changed"), "{} {}", said.out, said.err);
        let said = house.run(&["rules"]);
        for part in ["Customers (customer)", "Two (2 people), round robin", "always"] {
            assert!(said.out.contains(part), "{}", said.out);
        }
        let asked = ["assign", "--kind", "customer", "--again", "--limit", "4"];
        let said = house.run(&[&asked[..], &["--dry-run", "--explain"]].concat());
        for part in [
            "because rule “All” matches all",
            "round robin: their turn",
            "4 records: would be 4 given",
        ] {
            assert!(said.out.contains(part), "{} {}", said.out, said.err);
        }
        let proposed = house.json(&[&asked[..], &["--dry-run"]].concat());
        let given = house.json(&asked);
        assert_eq!(proposed["items"], given["items"], "record for record");
        assert_eq!(given["shares"], json!({"Anna Snow": 2, "Ben Ford": 2}));
        let name = given["items"].as_array().unwrap().iter().find(|one| one["from"] != one["to"]);
        if let Some(name) = name.and_then(|one| one["name"].as_str()) {
            let owners = house.json(&["owners", name]);
            let last = owners["owners"].as_array().unwrap().last().unwrap().clone();
            assert_eq!(
                (&last["verb"], &last["why"]),
                (&json!("assigned"), &json!("by the rule “All”"))
            );
            assert!(last["trace"]["text"].as_str().unwrap().contains("round robin"), "{last}");
        }
        // The history tells in words, of whatever kind of record.
        if let Some(name) = name.and_then(|one| one["name"].as_str()) {
            let said = house.run(&["owners", name, "--explain"]);
            let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
            for words in [
                "because rule “All” matches all; round robin: their turn",
                "chosen: weight 1",
                "could have got it: weight 1",
            ] {
                assert!(text.contains(words), "{words}: {} {}", said.out, said.err);
            }
        }
        // A limit says that there are more, and where to go on.
        let few = ["assign", "--kind", "customer", "--again", "--limit", "2"];
        let told = house.json(&few);
        assert_eq!((told["items"].as_array().unwrap().len(), &told["more"]), (2, &json!(true)));
        let next = told["next"].as_str().unwrap();
        // From there on a dry run tells what is then done, also where only some are asked about.
        let some = r#"{"field": "employees", "op": "ge", "value": 30}"#;
        for criteria in [&[][..], &["--where", some]] {
            let few = ["assign", "--kind", "customer", "--again", "--limit", "2"];
            let first = house.json(&[&few[..], criteria].concat());
            let next = first["next"].as_str().unwrap();
            let rest = [&few[..], criteria, &["--after", next]].concat();
            let proposed = house.json(&[&rest[..], &["--dry-run"]].concat());
            let given = house.json(&rest);
            assert_eq!(given["items"].as_array().unwrap().len(), 2, "{given}");
            for told in ["items", "more", "next", "shares"] {
                assert_eq!(proposed[told], given[told], "{told}, record for record");
            }
        }
        let rest = house.json(&["assign", "--kind", "customer", "--again", "--after", next]);
        assert_eq!((&rest["more"], &rest["next"]), (&json!(false), &Value::Null));
        let customers = house.json(&["list", "customers", "--limit", "100"]);
        let all = customers["items"].as_array().unwrap().len();
        assert_eq!(rest["items"].as_array().unwrap().len(), all - 2, "none twice, none left");
        let said = house.run(&few);
        assert!(said.out.contains("There are more: go on with --after "), "{}", said.out);
        let said = house.run(&[&few[..], &["--dry-run"]].concat());
        assert!(
            said.out.contains("2 records: would be") && said.out.contains("There are more"),
            "{}",
            said.out
        );
        let load = house.json(&["workload"]);
        let all: u64 = load["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["has"]["customers"].as_u64().unwrap())
            .sum();
        assert!(all >= 4, "{load}");
        let said = house.run(&["workload"]);
        assert!(said.out.contains("The most loaded has"), "{} {}", said.out, said.err);
        assert_ne!(load["open_opportunities"], Value::Null);
    }
}
