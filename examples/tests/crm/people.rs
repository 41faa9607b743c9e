//! People and territories of the sample house.

use serde_json::{Value, json};

use crate::House;

fn list<'j>(json: &'j Value, key: &str) -> &'j Vec<Value> {
    json[key].as_array().unwrap()
}

/// Two who work here.
fn two(house: &House) -> [String; 2] {
    let staff = house.json(&["list", "staff", "--order", "name"]);
    let names: Vec<_> = list(&staff, "items").iter().map(|one| one["name"].clone()).collect();
    [0, 1].map(|at| names[at].as_str().unwrap().to_owned())
}

#[test]
fn people_are_set_from_a_file_and_say_when_they_work() {
    let house = House::sqlite();
    house.fill();
    let [one, other] = two(&house);
    let people = json!({
        "calendars": [{
            "name": "Berlin", "time_zone": "Europe/Berlin",
            "hours": {"friday": [{"from": "09:00", "to": "17:00"}]},
            "holidays": {"2018-01-05": "closed"}
        }],
        "staff": [{
            "name": one, "calendar": "Berlin", "skills": {"tenders": 4}, "languages": ["de"],
            "weight": 2, "capacity": {"customers": 40}
        }]
    });
    let file = house.file("people.json", people.to_string());
    assert_eq!(house.json(&["staff", "--set", &file]), json!({"calendars": 1, "staff": 1}));
    assert_eq!(house.json(&["staff", "--set", &file]), json!({"calendars": 1, "staff": 1}));
    let of = |at: &str, name: &str| {
        let all = house.json(&["staff", "--at", at]);
        list(&all, "staff").iter().find(|found| found["name"] == name).unwrap().clone()
    };
    let at_work = of("2017-12-29T15:59:00Z", &one);
    assert_eq!(at_work["availability"], "available");
    assert_eq!((&at_work["skills"]["tenders"], &at_work["weight"]), (&json!(4), &json!(2)));
    assert_eq!(at_work["capacity"], json!({"customers": 40}));
    let away = of("2017-12-29T16:00:00Z", &one);
    let until = json!({
        "why": "off_hours", "until": "2018-01-12T08:00:00Z", "back_on": "2018-01-12", "deputy": null
    });
    assert_eq!(away["availability"]["away"], until, "the holiday lies between");
    assert_eq!(of("2017-12-31T03:00:00Z", &other)["weight"], 1);
    let table = house.run(&["staff", "--at", "2017-12-29T16:00:00Z"]).out;
    assert!(table.contains("2018-01-12 09:00") && table.contains("40 customers"), "{table}");

    let wrong =
        json!({"calendars": [{"name": "Never", "time_zone": "Europe/Berlin", "hours": {}}]});
    let file = house.file("never.json", wrong.to_string());
    let said = house.run(&["staff", "--set", &file]);
    assert!(said.code == Some(1) && said.err.contains("nobody ever works"), "{}", said.err);
    let wrong = json!({"calendars": [{"name": "X", "time_zone": "Berlin", "hours": {}}]});
    let file = house.file("zone.json", wrong.to_string());
    let said = house.run(&["staff", "--set", &file]);
    assert!(
        said.code == Some(1) && said.err.contains("write it like Europe/Berlin"),
        "{}",
        said.err
    );

    // What the importer reads follows from the fields.
    let rows =
        format!("name,languages,regions,weight,calendar\n{other},\"en;fr\",north,0,Berlin\n");
    let file = house.file("more.csv", rows);
    assert_eq!(house.json(&["import", "staff", &file])["changed"], 1);
    let read = of("2017-12-29T16:00:00Z", &other);
    let [languages, regions, calendar] = ["languages", "regions", "calendar"].map(|key| &read[key]);
    assert_eq!((languages, regions), (&json!(["en", "fr"]), &json!(["north"])));
    assert_eq!((&read["weight"], calendar), (&json!(0), &json!("Berlin")));
}

#[test]
fn a_deputy_has_the_work_of_who_is_away() {
    let house = House::sqlite();
    house.fill();
    let [other, one] = two(&house);
    let for_one = |who: &str, day: &str| {
        let items = house.json(&["workday", who, "--day", day, "--limit", "1000"]);
        let items = list(&items, "items").clone();
        items.into_iter().filter(|item| !item["on_behalf_of"].is_null()).count()
    };
    let own = house.json(&["workday", &one, "--day", "2017-12-31", "--limit", "1000"]);
    let own = list(&own, "items").len();
    assert!(own > 0, "{one} has something to do");
    let words = ["--from", "2017-12-30", "--to", "2017-12-31", "--deputy", &other];
    let added = house.json(&[&["absence", "add", &one], &words[..]].concat());
    assert_eq!(for_one(&other, "2017-12-31"), own);
    assert_eq!((for_one(&other, "2017-12-29"), for_one(&other, "2018-01-01")), (0, 0));
    let table = house.run(&["workday", &other, "--day", "2017-12-31"]).out;
    assert!(table.contains(&format!("for {one}: ")), "{table}");
    let away = house.json(&["absence", "list", "--day", "2017-12-31"]);
    assert_eq!(list(&away, "absences")[0]["acting"], json!(other));
    let id = added["id"].as_str().unwrap();
    house.json(&["absence", "end", id, "2017-12-30"]);
    assert_eq!(for_one(&other, "2017-12-31"), 0, "back earlier");
    let said = house.run(&["absence", "add", &one, "--from", "2018-01-01", "--deputy", &one]);
    assert!(said.code == Some(1) && said.err.contains("stands in for themselves"), "{}", said.err);
}

#[test]
fn a_plan_for_territories_that_is_wrong_is_told() {
    let house = House::sqlite();
    house.fill();
    for (plan, words) in [
        (
            json!({"territories": [{"name": "A", "criteria": {"field": "sise", "value": 1}}]}),
            "no field \"sise\"",
        ),
        (json!({"territories": [{"name": "A", "parent": "B"}]}), "no territory \"B\""),
        (
            json!({"territories": [{"name": "A", "members": [{"staff": "Zoe"}]}]}),
            "no colleague \"Zoe\"",
        ),
    ] {
        let file = house.file("plan.json", plan.to_string());
        for verb in ["preview", "align"] {
            let said = house.run(&["territories", verb, &file]);
            assert!(said.code == Some(1) && said.err.contains(words), "{verb}: {}", said.err);
        }
    }
    assert_eq!(house.json(&["territories"])["territories"], json!([]));
}
