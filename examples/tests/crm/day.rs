use std::{
    io::Write,
    process::{Command, Stdio},
};

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::House;

const RULES: &str = r#"{
  "name": "Reading House",
  "rhythm": [{"when": {"field": "category", "value": "dealer"}, "days": 30}, {"days": 90}],
  "completeness": {
    "customer": [{"fields": {"phones": "list", "website": "want"}}],
    "interaction": [{"fields": {"outcome": "list", "place": "want"}}]
  }
}"#;

impl House {
    /// The sample, account managers, rules, and what happened at the end of the year.
    fn with_a_day(&self) {
        self.fill();
        let owners = "name,owner,category\nAcme Bakeries,Anna Snow,dealer\nBlue Freight,Anna Snow,library\n\
                      Cedar Labs,Anna Snow,dealer\n";
        self.json(&["import", "customers", &self.file("owners.csv", owners)]);
        assert_eq!(
            self.json(&["settings", "--set", &self.file("rules.json", RULES)])["changed"],
            true
        );
        for record in [
            &[
                "Acme Bakeries",
                "--channel",
                "email",
                "--direction",
                "inbound",
                "--content",
                "please call",
                "--at",
                "2017-12-27T16:00:00Z",
                "--staff",
                "Anna Snow",
                "--next-step",
                "call them",
                "--due",
                "2017-12-28",
                "--outcome",
                "a promise",
            ][..],
            &[
                "Acme Bakeries",
                "--channel",
                "phone",
                "--at",
                "2017-12-30T09:00:00Z",
                "--staff",
                "Anna Snow",
            ],
            &[
                "Blue Freight",
                "--channel",
                "visit",
                "--at",
                "2017-08-31T09:00:00Z",
                "--staff",
                "Ben Ford",
                "--outcome",
                "they think",
                "--place",
                "there",
                "--minutes",
                "30",
                "--subject",
                "Tills",
                "--next-step",
                "think too",
                "--owner",
                "Cid Lake",
            ],
        ] {
            self.json(&[&["record"], record].concat());
        }
    }

    fn plain(&self, args: &[&str]) -> Value {
        let mut answer = self.json(args);
        redact(&mut answer);
        // The newest come first, and which of them that is changes with their ids.
        if let Some(list) = answer["incomplete"].as_array_mut() {
            list.sort_by_key(|one| one["name"].to_string());
        }
        answer
    }
}

/// Without what is new each time.
fn redact(json: &mut Value) {
    match json {
        Value::Object(members) => {
            for (name, one) in members {
                if ["since", "created_at", "recorded_at"].contains(&name.as_str())
                    && one.is_string()
                {
                    *one = json!("[time]");
                } else {
                    redact(one);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(redact),
        Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => *json = json!("[id]"),
        _ => {}
    }
}

#[test]
fn both_stores_give_the_same_day() {
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    sqlite.with_a_day();
    postgres.with_a_day();
    let today = "2017-12-31";
    let questions: [(&str, &[&str]); 10] = [
        ("settings", &["settings"]),
        ("recheck", &["inspect", "--recheck"]),
        ("inspect_anna", &["inspect", "--owner", "Anna Snow", "--entity", "interactions"]),
        ("workday", &["workday", "Anna Snow", "--day", today]),
        ("tasks", &["tasks", "--day", today]),
        ("tasks_late", &["tasks", "--late", "--owner", "Anna Snow", "--day", today]),
        ("close_day_ben", &["close-day", "--day", "2017-12-30", "--staff", "Ben Ford"]),
        ("close_day", &["close-day", "--day", "2017-12-30"]),
        ("close_day_again", &["close-day", "--day", "2017-12-30"]),
        ("workday_after", &["workday", "Anna Snow", "--day", today]),
    ];
    for (name, args) in questions {
        let answer = sqlite.plain(args);
        assert_eq!(postgres.plain(args), answer, "{name}");
        assert_json_snapshot!(name, answer);
    }
}

#[test]
fn a_day_ends_where_the_house_is() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        // In Shanghai that is on the 31st.
        let at = "2017-12-30T16:30:00Z";
        house.json(&["record", "Acme Group", "--channel", "chat", "--at", at]);
        let close = |day: &str, offset: &str| {
            let answer = house.json(&["close-day", "--day", day, "--utc-offset", offset]);
            answer["closed"].as_array().unwrap().len()
        };
        assert_eq!(close("2017-12-30", "+08:00"), 0);
        assert_eq!(close("2017-12-29", "-05:00"), 0);
        assert_eq!(close("2017-12-31", "+08:00"), 1);
    }
}

#[test]
fn what_is_recorded_twice_is_recorded_once() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        let id = uuid::Uuid::now_v7().to_string();
        let at = "2017-12-30T09:00:00+08:00";
        let args =
            ["record", "Acme Group", "--channel", "phone", "--at", at, "--id", &id, "--close"];
        let first = house.json(&args);
        assert_eq!((&first["id"], &first["status"]), (&json!(id), &json!("closed")));
        assert_eq!(house.json(&args), first);
        assert_eq!(house.json(&["list", "interactions"])["items"].as_array().unwrap().len(), 1);
        let other = house.run(&[&args[..], &["--content", "something else"]].concat());
        assert_eq!(other.code, Some(1));
        assert_eq!(other.err, "crm: another interaction has this id already\n");
    }
}

#[test]
fn tasks_are_a_calendar() {
    for house in [House::sqlite(), House::postgres()] {
        house.with_a_day();
        let file = house.folder.path().join("tasks.ics").display().to_string();
        assert_eq!(house.json(&["tasks", "--ical", &file])["written"], 2);
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches("BEGIN:VTODO\r\n").count(), 2);
        assert!(
            text.contains("SUMMARY:call them\r\n") && text.contains("DUE;VALUE=DATE:20171228\r\n"),
            "{text}"
        );
        let said = house.run(&["tasks", "--owner", "Cid Lake", "--ical", "-"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        assert!(
            said.out.contains("SUMMARY:think too\r\n") && !said.out.contains("call them"),
            "{}",
            said.out
        );
    }
}

#[test]
fn rules_come_back_as_they_were_given() {
    let house = House::sqlite();
    house.fill();
    let rules = house.json(&["settings"]);
    assert_eq!(house.json(&["settings", "--preset", "publishing-house"])["changed"], true);
    let asked = &house.json(&["settings"])["completeness"];
    assert_eq!(asked["customer"][0]["fields"]["fax"], "list");
    assert_eq!(house.json(&["settings", "--preset", "publishing-house"])["changed"], false);
    // From standard input.
    let mut child = Command::new(env!("CARGO_BIN_EXE_crm"))
        .args(["--db", &house.db, "settings", "--set", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(rules.to_string().as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(answer, json!({"changed": true, "settings": rules}));
    assert_eq!(house.json(&["settings"]), rules);
}

#[test]
fn the_new_kinds_are_listed() {
    let house = House::sqlite();
    house.with_a_day();
    let items = |kind: &str| house.json(&["list", kind])["items"].as_array().unwrap().len();
    assert_eq!((items("tasks"), items("settings"), items("addenda")), (2, 1, 0));
}

#[test]
fn people_get_tables_of_a_day() {
    let house = House::sqlite();
    house.with_a_day();
    let csv = house.file("long.csv", format!("name,owner\n{},Anna Snow\n", "图书馆".repeat(60)));
    house.json(&["import", "customers", &csv]);
    for (args, shows) in [
        (&["workday", "Anna Snow", "--day", "2017-12-31"][..], "3 days late"),
        (&["tasks", "--day", "2017-12-31"], "3 days late"),
        (&["inspect", "--recheck"], "Customers: 7 records looked at"),
        (&["inspect", "--entity", "interactions"], "outcome"),
        (&["inspect", "--nobody"], "(nobody's)"),
        (&["timeline", "Acme Bakeries"], "please call → a promise, Anna Snow"),
        (&["timeline", "Acme Bakeries", "--kind", "ownership"], "nobody → Anna Snow edited by crm"),
        (&["timeline", "Acme Bakeries", "--kind", "task"], "call them, due 2017-12-28, Anna Snow"),
        (&["inspect", "--entity", "contacts"], "nothing is incomplete"),
        (&["close-day", "--day", "2017-12-31"], "1 incomplete one is left open"),
        (&["settings"], "completeness.customer[0].fields.phones"),
        (&["settings", "--preset", "none"], "crm inspect --recheck"),
        (&["record", "Acme Group", "--channel", "phone"], "Recorded with Acme Group; it is open"),
    ] {
        let said = house.run(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(said.out.contains(shows), "{args:?}: {}", said.out);
        assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    }
}

#[test]
fn every_command_shows_an_example() {
    for command in ["workday", "tasks", "record", "close-day", "inspect", "settings"] {
        let said = crate::house::run(&[command, "--help"]);
        assert!(
            said.out.contains("Example") && said.out.contains(&format!("crm {command} ")),
            "{}",
            said.out
        );
    }
}
