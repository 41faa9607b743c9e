//! The small verbs: addenda, contacts, families, tasks, stages.

use serde_json::{Value, json};

use crate::House;

fn houses() -> [House; 2] {
    [House::sqlite(), House::postgres()].map(|house| {
        house.fill();
        house
    })
}

fn contact(house: &House, name: &str, more: &[&str]) -> Value {
    house.json(&[&["contact", "add", "Acme Bakeries", name], more].concat())
}

#[test]
fn a_correction_stands_beside_what_is_closed() {
    for house in houses() {
        let at = ["--channel", "phone", "--at", "2017-12-30T09:00:00Z", "--subject", "Desks"];
        let said = house.json(&[&["record", "Acme Group", "--close"], &at[..]].concat());
        let interaction = said["id"].as_str().unwrap();
        let before = house.json(&["list", "interactions"])["items"].clone();
        let id = "0190b7f4-0000-7000-8000-00000000000d";
        let add = |of: &str| {
            let words = ["addendum", of, "It was 40, not 14", "--id", id, "--actor", "Anna Snow"];
            house.json(&words)
        };
        let added = add(interaction);
        assert_eq!((&added["id"], &added["interaction"]), (&json!(id), &said["id"]));
        assert_eq!(
            (&added["written_by"], &added["customer"]["name"]),
            (&json!("Anna Snow"), &json!("Acme Group"))
        );
        assert_eq!(add("Desks"), added, "sent again, by its subject");
        assert_eq!(house.json(&["list", "interactions"])["items"], before, "closed is closed");
        let listed = house.json(&["list", "addenda"]);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(listed["items"][0]["written_by"], "Anna Snow");
        let told = house.json(&["timeline", "Acme Group", "--kind", "addendum"]);
        assert_eq!(told["entries"][0]["record"]["text"], "It was 40, not 14");
    }
}

#[test]
fn people_at_a_customer_have_a_part_in_the_decision() {
    for house in houses() {
        let id = "0190b7f4-0000-7000-8000-00000000000c";
        let ann = ["--role", "decision-maker", "--title", "Head", "--email", "ann@acme.example"];
        let ann = [&ann[..], &["--phone", "+49 30 901820", "--phone", "+49 30 901821", "--id", id]];
        let added = contact(&house, "Ann Lee", &ann.concat());
        assert_eq!((&added["id"], &added["role"]), (&json!(id), &json!("decision_maker")));
        assert_eq!(added["phones"][1], json!({"kind": "work", "number": "+49 30 901821"}));
        assert_eq!(contact(&house, "Ann Lee", &ann.concat()), added, "sent again");
        contact(&house, "Bob Ray", &["--role", "gatekeeper", "--department", "Purchasing"]);
        let list = house.json(&["contact", "list", "Acme Bakeries"]);
        let there = list["contacts"].as_array().unwrap();
        let told: Vec<_> = there.iter().map(|one| [&one["name"], &one["role"]]).collect();
        assert_eq!(json!(told), json!([["Ann Lee", "decision_maker"], ["Bob Ray", "gatekeeper"]]));
        assert_eq!(there[1]["works_there"], true);
        let customers = house.json(&["list", "customers", "--order", "name"]);
        let mut bakeries = customers["items"].as_array().unwrap().iter();
        let bakeries = bakeries.find(|one| one["name"] == "Acme Bakeries").unwrap();
        assert_eq!(bakeries["contact_person"], "Ann Lee", "it had none");
        let found = house.json(&["search", "901821"]);
        assert_eq!(found["hits"][0]["name"], "Ann Lee");
    }
}

#[test]
fn an_interaction_names_who_was_there_and_what_it_was_about() {
    for house in houses() {
        let ann = contact(&house, "Ann Lee", &[]);
        let bob = contact(&house, "Bob Ray", &[]);
        // One of the same name elsewhere is not meant.
        house.json(&["contact", "add", "Blue Freight", "Ann Lee"]);
        let deals = "external_id,name,customer,stage\nB1,Ovens,Acme Bakeries,Prospecting\n";
        house.json(&["import", "opportunities", &house.file("deals.csv", deals)]);
        let people = ["--contact", "Ann Lee", "--with", "Bob Ray", "--with", "Ben Ford"];
        let begin = ["record", "Acme Bakeries", "--channel", "visit", "--opportunity", "Ovens"];
        let said = house.json(&[&begin[..], &people].concat());
        assert_eq!(
            (&said["contact"]["id"], &said["opportunity"]["name"]),
            (&ann["id"], &json!("Ovens"))
        );
        let with = said["with"].as_array().unwrap();
        assert_eq!((&with[0]["id"], &with[0]["kind"]), (&bob["id"], &json!("contact")));
        assert_eq!(
            (&with[1]["name"], &with[1]["kind"]),
            (&json!("Ben Ford"), &json!("staff_member"))
        );
        let kept = &house.json(&["list", "interactions"])["items"][0];
        assert_eq!(
            (&kept["contact_id"], &kept["opportunity_id"]),
            (&ann["id"], &said["opportunity"]["id"])
        );
        let both = json!({"contacts": [bob["id"]], "staff": [with[1]["id"]]});
        assert_eq!(kept["participants"], both);
        let by_id = ann["id"].as_str().unwrap();
        let said =
            house.json(&["record", "Blue Freight", "--channel", "phone", "--contact", by_id]);
        assert_eq!(said["contact"]["id"], ann["id"]);
    }
}

#[test]
fn a_family_has_the_figures_of_all_below() {
    let told = houses().map(|house| {
        let parents = "name,parent\nAcme Group,\nBlue Freight,Acme Bakeries\n";
        house.json(&["import", "customers", &house.file("parents.csv", parents)]);
        let bought = "customer,date,revenue\nBlue Freight,2017-01-01,5.50 EUR\nAcme Group,2017-01-02,7 USD\n";
        house.json(&["import", "transactions", &house.file("bought.csv", bought)]);
        let family = house.json(&["family", "Acme Group"]);
        let lines = family["family"].as_array().unwrap();
        let names: Vec<_> = lines.iter().map(|one| json!([one["level"], one["name"]])).collect();
        assert_eq!(json!(names), json!([[0, "Acme Group"], [1, "Acme Bakeries"], [2, "Blue Freight"]]));
        assert_eq!(lines[0]["total"]["revenue"], json!({"EUR": "5.50", "USD": "7.00"}));
        assert_eq!(lines[1]["own"]["revenue"], json!({}));
        assert_eq!(lines[1]["total"]["revenue"], json!({"EUR": "5.50"}));
        let count = |figures: &str| -> Vec<u64> {
            lines.iter().map(|one| one[figures]["opportunities"].as_u64().unwrap()).collect()
        };
        let (own, total) = (count("own"), count("total"));
        assert_eq!(total, [own.iter().sum(), own[1] + own[2], own[2]]);
        assert!(own[1] > 0 && own[2] > 0, "{own:?}");
        assert_eq!(lines[2]["parent"], lines[1]["id"]);
        let said = house.run(&["family", "Acme Group"]);
        assert!(said.out.contains("· · Blue Freight"), "{}", said.out);
        house.run(&["family", "Acme Group"]).out
    });
    assert_eq!(told[0], told[1]);
    insta::assert_snapshot!(told[0]);
}

#[test]
fn tasks_are_done_and_moved() {
    for house in houses() {
        for (step, due) in [("call them", "2017-12-28"), ("send it", "2018-01-05")] {
            let begin = ["record", "Acme Group", "--channel", "phone", "--next-step", step];
            house.json(&[&begin[..], &["--due", due]].concat());
        }
        let moved = house.json(&["tasks", "move", "call them", "--due", "2018-01-08"]);
        assert_eq!(
            (&moved["was_due"], &moved["due"]),
            (&json!("2017-12-28"), &json!("2018-01-08"))
        );
        let done = house.json(&[
            "tasks",
            "done",
            "send it",
            "--outcome",
            "they have it",
            "--actor",
            "Anna Snow",
        ]);
        let how = [&done["status"], &done["outcome"], &done["closed_by"], &done["next"]];
        assert_eq!(
            how,
            [&json!("done"), &json!("they have it"), &json!("Anna Snow"), &Value::Null]
        );
        let open = house.json(&["tasks"]);
        assert_eq!(open["tasks"].as_array().unwrap().len(), 1);
        assert_eq!(open["tasks"][0]["due"], "2018-01-08");
        let id = moved["id"].as_str().unwrap();
        assert_eq!(house.json(&["tasks", "move", id, "--no-day"])["due"], Value::Null);
        // Done, it is not meant by its title where another of that title is open.
        let again = ["record", "Acme Group", "--channel", "phone", "--next-step", "send it"];
        let task = house.json(&again)["task_id"].clone();
        assert_eq!(house.json(&["tasks", "done", "send it"])["id"], task);
    }
}

#[test]
fn a_customer_moves_on_in_its_lifecycle() {
    const RULES: &str = r#"{"lifecycle": {"initial": "lead",
        "stages": [{"key": "lead", "name": "Lead"}, {"key": "buys", "name": "Customer"}, {"key": "lost", "name": "Lost"}],
        "moves": [{"from": "lead", "to": "buys"}, {"from": "buys", "to": "lost"}]}}"#;
    for house in houses() {
        house.json(&["settings", "--set", &house.file("rules.json", RULES)]);
        let new = house.file("new.csv", "name\nGlass House\n");
        house.json(&["import", "customers", &new]);
        let moved = house.json(&["stage", "Glass House", "customer"]);
        assert_eq!(
            (&moved["from"], &moved["to"], &moved["next"]),
            (&json!("lead"), &json!("buys"), &json!(["lost"]))
        );
        assert_eq!(house.json(&["stage", "Glass House", "buys"])["changed"], false);
        let told = house.run(&["stage", "Glass House", "Lost"]).out;
        assert_eq!(told, "Glass House: buys → lost.\nNothing comes after that.\n");
    }
}

#[test]
fn people_read_it_in_a_hundred_columns() {
    let [house, _] = houses();
    let long = "图书馆".repeat(40);
    contact(
        &house,
        &long,
        &["--role", "user", "--email", "a.very.long.name.of.somebody@acme.example"],
    );
    let at =
        ["--channel", "phone", "--at", "2017-12-30T09:00:00Z", "--subject", "Desks", "--close"];
    house.json(&[&["record", "Acme Group", "--next-step", &long], &at[..]].concat());
    for (args, shows) in [
        (&["contact", "list", "Acme Bakeries"][..], "user"),
        (&["contact", "list", "Acme Group"], "Nobody is known at Acme Group: `crm contact add`."),
        (&["contact", "add", "Acme Group", "Cy"], "Cy is at Acme Group: "),
        (
            &["addendum", "Desks", &long],
            "Added by crm to the phone of 2017-12-30 with Acme Group: ",
        ),
        (&["family", "Blue Freight"], "No customer stands below it"),
        (&["tasks", "move", &long, "--due", "2018-01-05"], ": no day → 2018-01-05"),
        (&["tasks", "done", &long], "Done: 图书馆"),
        (&["stage", "Blue Freight", "dormant"], "→ dormant."),
        (&["stage", "Blue Freight", "dormant"], "is there already: dormant."),
    ] {
        let said = house.run(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(said.out.contains(shows), "{args:?}: {}", said.out);
        assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    }
    for (command, verb) in [
        ("addendum", ""),
        ("contact", "add"),
        ("contact", "list"),
        ("family", ""),
        ("stage", ""),
        ("tasks", "done"),
        ("tasks", "move"),
    ] {
        let args: Vec<_> =
            [command, verb, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let said = crate::house::run(&args);
        assert!(said.out.contains("Example:\n  crm "), "{args:?}: {}", said.out);
    }
}
