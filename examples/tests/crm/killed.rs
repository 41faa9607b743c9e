//! A process that is killed in the middle of its work: the same call goes on to the end.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::House;

/// So many customers: enough that a process is killed long before it is done.
const MANY: u64 = 1_500;

/// Staff, and customers that are all Anna Snow's.
fn house(house: House) -> House {
    house.fill();
    let rows: Vec<_> = (0..MANY).map(|n| format!("House {n},Anna Snow\n")).collect();
    let file = house.file("more.csv", format!("name,owner\n{}", rows.concat()));
    house.json(&["import", "customers", &file]);
    let pools =
        r#"[{"name": "Open sea", "rules": {"recycling": [{"name": "stale", "silent_days": 90}]}}]"#;
    let file = house.file("pools.json", pools);
    house.json(&["pool", "--set", &file]);
    house
}

fn start(house: &House, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_crm"))
        .args(["--db", &house.db, "--tenant", house.tenant(), "--json"])
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How many customers somebody has, or nobody.
fn customers_of(house: &House, who: &str) -> u64 {
    let counts = house.json(&["workload"]);
    let people = counts["people"].as_array().unwrap();
    let one = people.iter().find(|one| one["name"] == who);
    one.map_or(0, |one| one["has"]["customers"].as_u64().unwrap())
}

/// Starts it, kills it (SIGKILL) once `done` of a question is more than nothing, and tells how much was done by then.
fn killed_on_the_way(house: &House, args: &[&str], done: impl Fn(&House) -> u64) -> u64 {
    let mut child = start(house, args);
    let began = Instant::now();
    while done(house) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "{args:?} ended before it was killed");
        assert!(began.elapsed() < Duration::from_secs(120), "{args:?} did nothing");
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "{args:?} was done before it was killed");
    done(house)
}

/// Who had it from whom, by which verb, as often as that was told of all customers.
fn told(house: &House, verb: &str) -> Vec<u64> {
    (0..MANY)
        .step_by(37)
        .map(|n| {
            let owners = house.json(&["owners", &format!("House {n}")]);
            let owners = owners["owners"].as_array().unwrap();
            owners.iter().filter(|one| one["verb"] == verb).count() as u64
        })
        .collect()
}

#[test]
fn a_handover_whose_process_is_killed_goes_on_with_the_same_call() {
    for house in [House::sqlite(), House::postgres()].map(house) {
        let all = customers_of(&house, "Anna Snow");
        assert!(all >= MANY, "{all}");
        let before = customers_of(&house, "Ben Ford");
        let args =
            ["handover", "Anna Snow", "--to", "Ben Ford", "--reason", "she left", "--at-once", "3"];
        let done = |house: &House| customers_of(house, "Ben Ford") - before;
        let went = killed_on_the_way(&house, &args, done);
        assert!(went > 0 && went < all, "{went} of {all} went before it was killed");
        assert_eq!(customers_of(&house, "Anna Snow"), all - went, "none is lost on the way");
        // The very same call; it says what went in all, not since.
        let said = house.json(&args);
        assert_eq!((&said["left"], &said["to"][0]["customers"]), (&json!(0), &json!(all)));
        assert_eq!((customers_of(&house, "Anna Snow"), done(&house)), (0, all), "{}", house.db);
        assert!(told(&house, "handed_over").iter().all(|times| *times == 1), "each went once");
        let again = house.json(&["handover", "Anna Snow", "--to", "Ben Ford", "--preview"]);
        assert_eq!(again["to"], Value::Array(Vec::new()), "nothing stays behind");
    }
}

#[test]
fn a_recycling_whose_process_is_killed_goes_on_with_the_same_call() {
    for house in [House::sqlite(), House::postgres()].map(house) {
        let all = customers_of(&house, "Anna Snow");
        let dry = ["pool", "recycle", "Open sea", "--as-of", "2999-01-01", "--dry-run"];
        let due = house.json(&dry)["returned"].as_array().unwrap().len() as u64;
        assert!(due >= MANY, "{due}");
        let args = ["pool", "recycle", "Open sea", "--as-of", "2999-01-01", "--at-once", "3"];
        let done = |house: &House| all - customers_of(house, "Anna Snow");
        let went = killed_on_the_way(&house, &args, done);
        assert!(went > 0 && went < due, "{went} of {due} came back before it was killed");
        let said = house.json(&args);
        let rest = said["returned"].as_array().unwrap().len() as u64;
        assert_eq!(rest + went, due, "what came back before does not do so again");
        assert_eq!(customers_of(&house, "Anna Snow"), 0, "{}", house.db);
        assert!(told(&house, "recycled").iter().all(|times| *times == 1), "each came back once");
        assert_eq!(house.json(&args)["returned"], Value::Array(Vec::new()), "and never again");
    }
}
