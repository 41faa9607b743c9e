use crate::House;

#[test]
fn every_incomplete_record_is_in_the_table() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        house.json(&["settings", "--preset", "publishing-house"]);
        let mut text = String::from("name,owner\n");
        (0..2_500).for_each(|n| text.push_str(&format!("\"House, {n}\",Ben Ford\n")));
        house.json(&["import", "customers", &house.file("many.csv", text)]);
        house.json(&["record", "Acme Group", "--channel", "phone", "--staff", "Ben Ford"]);

        let file = house.folder.path().join("all.csv").display().to_string();
        // Those that were there before are not incomplete until they are looked at again.
        assert_eq!(house.json(&["inspect", "--csv", &file])["written"], 2_501);
        let all = house.json(&["inspect", "--recheck", "--csv", &file]);
        assert_eq!(all["written"], 2_507);
        let mut table = csv::Reader::from_path(&file).unwrap();
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2_507);
        let of = |kind: &str| rows.iter().filter(|row| &row[0] == kind).count();
        assert_eq!((of("customer"), of("interaction")), (2_506, 1));
        let lacks = "category contact_person fax industry phones postcode street";
        let house_7 = rows.iter().find(|row| &row[2] == "House, 7").unwrap();
        assert_eq!((&house_7[4], &house_7[5], &house_7[7]), ("Ben Ford", lacks, "12"));
        let mut ids: Vec<_> = rows.iter().map(|row| row[1].to_owned()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2_507, "none is there twice");

        let said =
            house.run(&["inspect", "--owner", "Ben Ford", "--entity", "customers", "--csv", "-"]);
        assert_eq!((said.code, said.out.lines().count()), (Some(0), 2_501), "{}", said.err);
        let left: Vec<_> = std::fs::read_dir(house.folder.path()).unwrap().collect();
        assert!(left.iter().all(|one| !one.as_ref().unwrap().path().ends_with(".part")));
    }
}

#[test]
fn the_inspection_is_paged_and_counted() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        house.json(&["settings", "--preset", "publishing-house"]);
        let (mut names, mut after) = (Vec::new(), None::<String>);
        let first = house.json(&["inspect", "--recheck", "--entity", "customers"]);
        assert_eq!(
            first["rechecked"][0],
            serde_json::json!({"entity": "customers", "seen": 6, "changed": 6})
        );
        assert_eq!(first["by_staff"][0]["customers"], 6);
        loop {
            let mut args = vec!["inspect", "--entity", "customers", "--limit", "2"];
            if let Some(cursor) = &after {
                args.extend(["--after", cursor]);
            }
            let page = house.json(&args);
            let items = page["incomplete"].as_array().unwrap();
            names.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        let all = first["incomplete"].as_array().unwrap().iter();
        assert_eq!(names, all.map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>());
        assert_eq!(names.len(), 6);
        let again = house.json(&["inspect", "--recheck"]);
        assert_eq!(again["rechecked"][0]["changed"], 0, "nothing is new the second time");
    }
}
