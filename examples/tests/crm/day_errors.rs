use crate::{House, errors::refused, house::run};

#[test]
fn people_records_and_places_that_are_not_there() {
    let (sqlite, postgres) = (House::sqlite(), House::postgres());
    let told = [&sqlite, &postgres].map(|house| {
        house.fill();
        let twins = house.file("twins.csv", "name,external_id\nTwin,t1\nTwin,t2\n");
        house.json(&["import", "customers", &twins]);
        let (before, _) = house.log(None);
        let folder = house.folder.path().display().to_string();
        let no_folder = house.folder.path().join("no/x.csv").display().to_string();
        let nobody = ["--staff", "Nobody"];
        let told = [
            refused(house, &["workday", "Nobody"]),
            refused(house, &["workday", "Anna Snow", "--limit", "0"]),
            refused(house, &["tasks", "--owner", "Nobody"]),
            refused(house, &["tasks", "--limit", "0"]),
            refused(house, &["tasks", "--ical", &folder]),
            refused(house, &["tasks", "--ical", &no_folder]),
            refused(house, &["close-day", "--staff", "Nobody"]),
            refused(house, &["close-day", "--day", "9999-12-31"]),
            refused(house, &["close-day", "--day=-5000-01-01"]),
            refused(house, &["inspect", "--owner", "Nobody", "--recheck"]),
            refused(house, &["inspect", "--after", "x"]),
            refused(house, &["inspect", "--csv", &folder]),
            refused(house, &["record", "Nobody", "--channel", "phone"]),
            refused(
                house,
                &[&["record", "Acme Group", "--channel", "phone"], &nobody[..]].concat(),
            ),
            refused(house, &["record", "Acme Group", "--channel", "phone", "--minutes=-1"]),
        ];
        let twin = refused(house, &["record", "Twin", "--channel", "phone"]);
        assert!(
            twin.starts_with("several customers are called \"Twin\"; name one by its id: "),
            "{twin}"
        );
        assert_eq!(house.log(None).0, before, "nothing is half done");
        told.join("\n")
    });
    assert_eq!(told[0], told[1]);
    insta::assert_snapshot!(told[0]);
}

#[test]
fn rules_that_cannot_be() {
    let (sqlite, postgres) = (House::sqlite(), House::postgres());
    let told = [&sqlite, &postgres].map(|house| {
        house.fill();
        let before = house.json(&["settings"]);
        let set = |text: &str| refused(house, &["settings", "--set", &house.file("r.json", text)]);
        let missing = house.folder.path().join("none.json").display().to_string();
        let told = [
            refused(house, &["settings", "--set", &missing]),
            set("{\"name\": "),
            set("[]"),
            set(r#"{"colour": "red"}"#),
            set(r#"{"rhythm": [{"days": 30}, {"days": "often"}]}"#),
            set(r#"{"rhythm": [{"days": 0}]}"#),
            set(r#"{"completeness": {"interaction": [{"fields": {"plaec": "list"}}]}}"#),
            set(r#"{"completeness": {"interaction": [{"fields": {"place": "must"}}]}}"#),
            set(r#"{"default_country": "Atlantis"}"#),
        ];
        assert_eq!(house.json(&["settings"]), before, "nothing is changed");
        told.join("\n")
    });
    assert_eq!(told[0], told[1]);
    insta::assert_snapshot!(told[0]);
}

#[test]
fn a_house_that_refuses_names_what_is_missing() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        let rules = r#"{"completeness": {"interaction": [{"fields": {"place": "refuse", "outcome": "list"}}]}}"#;
        house.json(&["settings", "--set", &house.file("rules.json", rules)]);
        let told =
            refused(&house, &["record", "Acme Group", "--channel", "phone", "--next-step", "call"]);
        assert!(told.starts_with("interaction, place: the house accepts no interaction"), "{told}");
        assert!(told.ends_with("also missing: outcome"), "{told}");
        assert_eq!(house.json(&["list", "tasks"])["items"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn a_day_that_cannot_be_understood_ends_with_2() {
    for args in [
        &["workday", "Anna Snow", "--day", "yesterday"][..],
        &["close-day", "--day", "2017-02-30"],
        &["close-day", "--utc-offset", "8"],
        &["tasks", "--day", "31.12.2017"],
        &["record", "Acme Group"],
        &["record", "Acme Group", "--channel", "telepathy"],
        &["record", "Acme Group", "--channel", "phone", "--due", "2017-12-31"],
        &["record", "Acme Group", "--channel", "phone", "--at", "noon"],
        &["inspect", "--entity", "cars"],
        &["settings", "--preset", "zoo"],
        &["settings", "--preset", "none", "--set", "x.json"],
        &["workday"],
    ] {
        let said = run(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {}", said.err);
    }
}
