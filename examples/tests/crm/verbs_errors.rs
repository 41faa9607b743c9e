use serde_json::Value;

use crate::{House, errors::refused, house::run};

#[test]
fn what_the_small_verbs_refuse() {
    const RULES: &str = r#"{"lifecycle": {"initial": "lead",
        "stages": [{"key": "lead", "name": "Lead"}, {"key": "buys", "name": "Customer"}, {"key": "lost", "name": "Lost"}],
        "moves": [{"from": "lead", "to": "buys"}]}}"#;
    let told = [House::sqlite(), House::postgres()].map(|house| {
        house.fill();
        house.json(&["settings", "--set", &house.file("rules.json", RULES)]);
        house.json(&["import", "customers", &house.file("new.csv", "name\nGlass House\n")]);
        let open =
            house.json(&["record", "Acme Group", "--channel", "phone", "--next-step", "ask"]);
        let open = open["id"].as_str().unwrap();
        house.json(&["record", "Acme Group", "--channel", "chat", "--close", "--subject", "Shut"]);
        house.json(&["contact", "add", "Acme Group", "Ben Ford"]);
        let (before, _) = house.log(None);
        let add = |more: &[&str]| refused(&house, &[&["contact", "add"], more].concat());
        let record = |more: &[&str]| {
            refused(&house, &[&["record", "Acme Group", "--channel", "phone"], more].concat())
        };
        let mut told = vec![
            refused(&house, &["addendum", "Nothing", "more"]),
            refused(&house, &["addendum", open, "more"]),
            refused(&house, &["addendum", "Shut", " "]),
            add(&["Nobody", "Ann"]),
            add(&["Acme Group", " "]),
            add(&["Acme Group", "Ann", "--email", "ann@"]),
            add(&["Acme Group", "Ann", "--phone", "call me"]),
            refused(&house, &["contact", "list", "Nobody"]),
            refused(&house, &["family", "Nobody"]),
            refused(&house, &["stage", "Nobody", "lead"]),
            refused(&house, &["stage", "Glass House", "leed"]),
            refused(&house, &["stage", "Glass House", "Lost"]),
            refused(&house, &["tasks", "done", "nothing"]),
            refused(&house, &["tasks", "move", "nothing", "--due", "2018-01-05"]),
            record(&["--contact", "Nobody"]),
            record(&["--opportunity", "Nothing"]),
            record(&["--with", "Nobody"]),
        ];
        let both = record(&["--with", "Ben Ford"]);
        assert!(both.starts_with("a contact (") && both.ends_with("name one by the id"), "{both}");
        assert_eq!(house.log(None).0, before, "nothing is half done");
        let done = house.json(&["tasks", "done", "ask"]);
        assert_eq!(house.json(&["tasks", "done", "ask"]), done, "sent again, it answers the same");
        let moved = refused(&house, &["tasks", "move", "ask", "--due", "2018-01-05"]);
        told.push({
            let (begin, rest) = moved.split_once(" at ").unwrap();
            format!("{begin} at [time]{}", rest.split_once(',').map_or("", |(_, end)| end))
        });
        let twice: Vec<_> = (0..2)
            .map(|_| {
                house.json(&["record", "Acme Group", "--channel", "phone", "--next-step", "two"])
            })
            .collect();
        let said = refused(&house, &["tasks", "done", "two"]);
        let named = |one: &Value| said.contains(one["task_id"].as_str().unwrap());
        assert!(
            said.starts_with("several tasks are called \"two\"") && twice.iter().all(named),
            "{said}"
        );
        told.join("\n").replace(open, "[open]")
    });
    assert_eq!(told[0], told[1]);
    insta::assert_snapshot!(told[0]);
}

#[test]
fn words_that_the_small_verbs_do_not_know_end_with_2() {
    for args in [
        &["addendum", "x"][..],
        &["contact"],
        &["contact", "add", "Acme Group"],
        &["contact", "add", "Acme Group", "Ann", "--role", "king"],
        &["family"],
        &["stage", "Acme Group"],
        &["tasks", "done"],
        &["tasks", "move", "ask"],
        &["tasks", "move", "ask", "--due", "tomorrow"],
        &["tasks", "move", "ask", "--due", "2018-01-05", "--no-day"],
        &["tasks", "--late", "done", "ask"],
    ] {
        let said = run(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
    }
}
