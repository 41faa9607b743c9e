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
        assert!(given["balance"]["after"]["most"].is_u64(), "{given}");
        assert_eq!(proposed["balance"], given["balance"]);
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

const LEAD_RULES: &str = r#"[{"name": "Leads", "rules": {"lead": {"rules": [
    {"name": "North", "when": {"field": "region", "value": "north"}, "choices": [{"strategy": "round_robin",
     "target": {"queue": {"name": "Two", "people": ["Anna Snow", "Ben Ford"]}}}]}]}}}]"#;

#[test]
fn leads_of_a_file_are_given_while_they_are_imported() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        let file = |name: &str, rows: &str| {
            house.file(name, format!("external_id,company,region,email,owner\n{rows}"))
        };
        let first = file("first.csv", "w1,Lake,north,,\n");
        let said = house.run(&["import", "leads", &first, "--assign"]);
        let nobody =
            "0 of the new ones assigned by the rules, 1 without an owner: there are no rules (1)";
        assert!(said.out.contains(nobody), "{} {}", said.out, said.err);
        let rules = house.file("rules.json", LEAD_RULES);
        house.json(&["rules", "--set", &rules]);

        let rows = "l1,One,north,,\nl2,Two,south,,\nl3,Three,north,no address,\nl4,Four,north,,\n\
                    l5,Five,north,,Ben Ford\nl6,Six,north,,\n";
        let leads = file("leads.csv", rows);
        let told = house.json(&["import", "leads", &leads, "--assign"]);
        let figures = ["read", "new", "refused", "assigned"].map(|name| told[name].as_u64());
        assert_eq!(figures, [6, 5, 1, 3].map(Some), "{told}");
        assert_eq!(told["unassigned"], json!({"no rule matches": 1}));
        let whose = || {
            let owners = ["l1", "l2", "l4", "l5", "l6"].map(|name| {
                let shown = house.json(&["owners", name, "--kind", "lead"]);
                let last = shown["owners"].as_array().unwrap().last().cloned();
                last.map_or(Value::Null, |step| json!([step["to"], step["verb"]]))
            });
            json!(owners)
        };
        let expected = whose();
        let [one, two, four, five, six] = [0, 1, 2, 3, 4].map(|n| expected[n].clone());
        assert_eq!((&one[1], &two), (&json!("assigned"), &Value::Null), "{expected}");
        assert_ne!(one[0], four[0], "in turn");
        assert_eq!((&one, &five[1]), (&six, &Value::Null), "{expected}");
        let shown = house.json(&["owners", "l1", "--kind", "lead"]);
        let text = shown["owners"][0]["trace"]["text"].as_str().unwrap();
        assert!(text.contains("because rule “North” matched (region north)"), "{shown}");

        // Again, and with other words: nobody gets or loses anything.
        let again = house.run(&["import", "leads", &leads, "--assign"]);
        assert!(again.out.contains("5 unchanged"), "{} {}", again.out, again.err);
        assert!(again.out.contains("0 of the new ones assigned"), "{}", again.out);
        assert_eq!(whose(), expected);
        let changed = file("changed.csv", "l2,Two,north,,\nl4,Four,south,,\n");
        let told = house.json(&["import", "leads", &changed, "--assign"]);
        assert_eq!((&told["changed"], &told["assigned"]), (&json!(2), &json!(0)), "{told}");
        assert_eq!(whose(), expected);
        // What is left is given as always.
        let told = house.json(&["assign", "--kind", "lead"]);
        let given = told["items"].as_array().unwrap().iter().filter(|one| !one["to"].is_null());
        assert_eq!(given.count(), 2, "the first and what came to the north: {told}");

        let staff = house.file("staff.csv", "name\nZoe\n");
        let said = house.run(&["import", "staff", &staff, "--assign"]);
        assert_eq!(said.code, Some(1), "{} {}", said.out, said.err);
        assert!(said.err.contains("--assign: rules give leads, customers"), "{}", said.err);
    }
}
