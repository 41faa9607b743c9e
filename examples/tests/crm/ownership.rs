//! Pools, claims, handovers, and whose a customer was.

use serde_json::{Value, json};

use crate::House;

const POOLS: &str = r#"[
    {"name": "Open sea", "rules": {"cap": 2, "masked": ["name"], "wait_days": 30,
     "recycling": [{"name": "stale", "silent_days": 90}]}},
    {"name": "Retail", "active": false, "rules": {"when": {"field": "industry", "value": "retail"}}}
]"#;

fn house(house: House) -> House {
    house.fill();
    let file = house.file("pools.json", POOLS);
    let told = house.json(&["pool", "--set", &file]);
    assert_eq!(told, json!({"new": 2, "changed": 0, "unchanged": 0}));
    house
}

/// The same words from both, where ids and times are none.
fn without_ids(mut json: Value) -> Value {
    fn walk(json: &mut Value) {
        match json {
            Value::Object(members) => {
                for name in ["id", "at", "handover"] {
                    if members.get(name).is_some_and(Value::is_string) {
                        members.insert(name.to_owned(), json!("…"));
                    }
                }
                members.values_mut().for_each(walk);
            }
            Value::Array(list) => list.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut json);
    json
}

#[test]
fn pools_are_set_shown_and_claimed_from() {
    let houses = [House::sqlite(), House::postgres()].map(house);
    let told = houses.each_ref().map(|house| {
        let pools = house.json(&["pool"]);
        // What is shown can be set again, and changes nothing.
        let file = house.file("again.json", pools.to_string());
        let again = house.json(&["pool", "--set", &file]);
        assert_eq!(again, json!({"new": 0, "changed": 0, "unchanged": 2}));
        let shown = house.json(&["pool", "show", "Open sea"]);
        let names: Vec<_> =
            shown["customers"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
        assert_eq!(names, vec!["***"; 6]);
        // Nor does any other list of customers, before somebody has claimed them.
        let names = |args: &[&str], list: &str| -> Vec<Value> {
            let told = house.json(args);
            let all = told[list].as_array().unwrap();
            let customers = all.iter().filter(|one| one["kind"] != "contact");
            customers.map(|one| one["name"].clone()).collect()
        };
        assert_eq!(names(&["list", "customers"], "items"), vec!["***"; 6]);
        let said = house.run(&["list", "customers"]);
        assert!(said.out.contains("***") && !said.out.contains("Acme"), "{}", said.out);
        let found = names(&["search", "acme"], "hits");
        assert!(!found.is_empty() && found.iter().all(|name| name == "***"), "{found:?}");
        let said = house.run(&["pool", "show", "Retail"]);
        assert_eq!(said.out.trim(), "Nothing lies in Retail.");

        let claim =
            |customer, who: &str| ["claim", "Open sea", customer, "--by", who].map(str::to_owned);
        let claim = |customer, who| {
            let args = claim(customer, who);
            house.run(&args.each_ref().map(String::as_str))
        };
        let said = claim("Acme Bakeries", "Anna Snow");
        assert_eq!(
            said.out.trim(),
            "Anna Snow has Acme Bakeries now, from Open sea.",
            "{}",
            said.err
        );
        let shown = names(&["list", "customers"], "items");
        let shown: Vec<_> = shown.iter().filter(|name| *name != "***").collect();
        assert_eq!(shown, ["Acme Bakeries"], "once it is somebody's");
        let said = claim("Acme Bakeries", "Anna Snow");
        assert_eq!(said.out.trim(), "Anna Snow has Acme Bakeries already.");
        let said = claim("Acme Bakeries", "Ben Ford");
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains("Anna Snow has it since 20"), "{}", said.err);
        claim("Acme Group", "Anna Snow");
        let said = claim("Blue Freight", "Anna Snow");
        assert!(said.err.contains("they have 2 customers, and 2 is the most here"), "{}", said.err);
        let said = claim("Blue Freight", "Nobody");
        assert!(said.err.contains("there is no colleague \"Nobody\""), "{}", said.err);

        // Much later nobody has spoken with them.
        let recycle = ["pool", "recycle", "Open sea", "--as-of", "2999-01-01"];
        let dry = house.json(&[&recycle[..], &["--dry-run"]].concat());
        let done = house.json(&recycle);
        assert_eq!((&dry["returned"], &dry["seen"]), (&done["returned"], &done["seen"]));
        assert_eq!(done["returned"].as_array().unwrap().len(), 2);
        assert_eq!(house.json(&recycle)["returned"], json!([]));
        let owners = house.json(&["owners", "Acme Bakeries"]);
        let verbs: Vec<_> =
            owners["owners"].as_array().unwrap().iter().map(|o| &o["verb"]).collect();
        assert_eq!(verbs, ["claimed", "recycled"]);
        let table = house.run(&["owners", "Acme Bakeries"]).out;
        let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in
            ["Anna Snow", "from Open sea", "to Open sea: stale: no interaction for 90 days"]
        {
            assert!(table.contains(words), "{words}: {table}");
        }
        let timeline = house.run(&["timeline", "Acme Bakeries", "--kind", "ownership"]).out;
        assert!(timeline.contains("nobody → Anna Snow claimed by crm"), "{timeline}");
        let mut returned = done["returned"].as_array().unwrap().clone();
        returned.sort_by_key(|one| one["customer"]["name"].to_string());
        without_ids(json!({"pools": pools, "returned": returned, "owners": owners}))
    });
    assert_eq!(told[0], told[1]);
    insta::assert_json_snapshot!("pools", told[0]);
}

#[test]
fn a_handover_does_what_its_preview_says() {
    let houses = [House::sqlite(), House::postgres()].map(house);
    let told = houses.each_ref().map(|house| {
        house.json(&["claim", "Open sea", "Acme Bakeries", "--by", "Anna Snow"]);
        let open = ["opportunity", "open", "Acme Bakeries", "20 tills", "--owner", "Anna Snow"];
        house.json(&[&open[..], &["--amount", "2000 USD"]].concat());
        let plan = r#"{"rules": [{"when": {"field": "industry", "value": "retail"}, "to": ["Ben Ford"]}],
                       "others": ["Ben Ford"]}"#;
        let plan = house.file("plan.json", plan);
        let args = ["handover", "Anna Snow", "--plan", &plan, "--reason", "she left"];
        let preview = house.json(&[&args[..], &["--preview"]].concat());
        assert_eq!(preview["to"][0]["customers"], 1);
        // Without successors: what there is, in numbers and money.
        let alone = house.json(&["handover", "Anna Snow", "--preview"]);
        assert_eq!(alone["has"]["customers"], preview["to"][0]["customers"]);
        assert_eq!(alone["has"]["open"], preview["to"][0]["open"]);
        assert_ne!(alone["has"]["open"], json!([]));
        assert_eq!(house.json(&["handover", "Anna Snow", "--preview"]), alone, "nothing is changed");
        let table = house.run(&["handover", "Anna Snow", "--preview"]).out;
        assert!(table.contains("Name who gets it with --to or --plan"), "{table}");
        let said = house.run(&["handover", "Anna Snow"]);
        assert_eq!(said.code, Some(2), "{}", said.out);
        let done = house.json(&[&args[..], &["--at-once", "1"]].concat());
        assert_eq!(done["left"], 0);
        for what in ["name", "customers", "opportunities", "tasks", "leads"] {
            assert_eq!(done["to"][0][what], preview["to"][0][what], "{what}");
        }
        let said = house.run(&[&args[..], &["--preview"]].concat());
        assert_eq!(said.out.trim(), "Anna Snow has nothing to hand over.");
        let owners = house.json(&["owners", "Acme Bakeries"]);
        assert_eq!(owners["owners"][1]["why"], "she left");
        let said = house.run(&["handover", "Anna Snow", "--to", "Anna Snow"]);
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains("nobody hands over to themselves"), "{}", said.err);
        let said = house.run(&["handover", "Anna Snow", "--to", "Ben Ford", "--at-once", "0"]);
        assert_eq!(said.code, Some(1));
        without_ids(json!({"preview": preview, "done": done}))
    });
    assert_eq!(told[0], told[1]);
    insta::assert_json_snapshot!("handover", told[0]);
}

#[test]
fn a_handover_goes_by_the_assignment_rules() {
    for house in [House::sqlite(), House::postgres()].map(house) {
        let rules = r#"[{"name": "Customers", "rules": {"customer": {"rules": [
            {"name": "Shops", "when": {"field": "industry", "value": "retail"},
             "choices": [{"strategy": "round_robin",
             "target": {"queue": {"name": "Two", "people": ["Anna Snow", "Ben Ford"]}}}]}]}}}]"#;
        let rules = house.file("rules.json", rules);
        house.json(&["rules", "--set", &rules]);
        for customer in ["Acme Bakeries", "Blue Freight"] {
            house.json(&["claim", "Open sea", customer, "--by", "Anna Snow"]);
        }
        let open = ["opportunity", "open", "Acme Bakeries", "20 tills", "--owner", "Anna Snow"];
        house.json(&[&open[..], &["--amount", "2000 USD"]].concat());
        let said = house.run(&["handover", "Anna Snow", "--by-rules", "--preview"]);
        assert_eq!(said.code, Some(2), "without --to: {}", said.err);
        let args = ["handover", "Anna Snow", "--by-rules", "--to", "Cid Lake"];
        let preview = house.json(&[&args[..], &["--preview"]].concat());
        let plan = house.file("plan.json", r#"{"by_rules": true, "others": ["Cid Lake"]}"#);
        let planned = house.json(&["handover", "Anna Snow", "--plan", &plan, "--preview"]);
        assert_eq!(planned, preview, "a plan says the same");
        let said = house.run(&[&args[..], &["--preview"]].concat()).out;
        assert!(said.contains("3 records of Anna Snow would go"), "{said}");
        let done = house.json(&[&args[..], &["--at-once", "1"]].concat());
        assert_eq!(done["left"], 0);
        let counts = |told: &Value| {
            let to = told["to"].as_array().unwrap().iter();
            let one = |to: &Value| {
                (to["name"].clone(), to["customers"].clone(), to["opportunities"].clone())
            };
            to.map(one).collect::<Vec<_>>()
        };
        let expected = [("Ben Ford", 1, 1), ("Cid Lake", 1, 0)]
            .map(|(name, customers, deals)| (json!(name), json!(customers), json!(deals)));
        assert_eq!(counts(&preview), expected);
        assert_eq!(counts(&done), expected, "as it was foreseen");
        assert_eq!(preview["to"][0]["open"][0]["amount"], "2000.00");
        let said = house.run(&["owners", "Acme Bakeries", "--explain"]);
        let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            "by the rule “Shops”",
            "left out: hands over what they have",
            "round robin: their turn",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let said = house.run(&["owners", "Blue Freight"]).out;
        let text = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.contains("to nobody: Nobody, because the only rule does not match."),
            "{text}"
        );
    }
}
