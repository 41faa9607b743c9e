//! `crm clv` and `crm at-risk`, on both databases.

use serde_json::Value;

use crate::House;

const AS_OF: [&str; 2] = ["--as-of", "2025-06-30"];

/// What a coffee roaster sold, made up.
pub(crate) fn roastery(house: &House) {
    let file = format!("{}/data/roastery.csv", env!("CARGO_MANIFEST_DIR"));
    let args = ["import", "transactions", &file, "--set", "currency=EUR", "--create-customers"];
    assert_eq!(house.json(&args)["refused"], 0);
}

/// One house on each database.
pub(crate) fn houses() -> [House; 2] {
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    [sqlite, postgres]
}

/// Asks both, who must answer with the same text, but for ids: each database has its own.
pub(crate) fn both(houses: &[House; 2], args: &[&str]) -> String {
    let [sqlite, postgres] = houses.each_ref().map(|house| {
        let said = house.run(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
        let known = |word: &str| uuid::Uuid::parse_str(word).is_ok_and(|_| word.len() == 36);
        let words = said.out.split('"').map(|word| if known(word) { "[id]" } else { word });
        words.collect::<Vec<_>>().join("\"")
    });
    assert_eq!(sqlite, postgres, "{args:?}");
    sqlite
}

#[test]
fn lifetime_value_is_told_alike_by_both_databases() {
    let houses = houses();
    houses.iter().for_each(roastery);
    let held_out = [&["clv", "--calibrate-to", "2024-12-31"][..], &AS_OF].concat();
    insta::assert_snapshot!(both(&houses, &[&held_out[..], &["--limit", "5"]].concat()));
    let mut json: Value =
        serde_json::from_str(&both(&houses, &[&held_out[..], &["--json"]].concat())).unwrap();
    assert!(!json.to_string().contains("[id]"), "it is the same in every database: {json}");
    let weeks = json["tracking"].as_array_mut().unwrap();
    assert_eq!((weeks.len(), &weeks[77]["date"]), (78, &"2025-06-30".into()));
    weeks.truncate(1);
    insta::assert_json_snapshot!("clv_json", json);
    for model in ["mbg-nbd", "pareto-nbd", "gamma-gamma"] {
        let args = [&["clv", "--model", model, "--json", "--horizon", "364d"][..], &AS_OF].concat();
        let told: Value = serde_json::from_str(&both(&houses, &args)).unwrap();
        assert_eq!((&told["model"], &told["converged"]), (&model.into(), &true.into()), "{told}");
        let purchases = &told["together"]["purchases"];
        assert_eq!(purchases.is_null(), model == "gamma-gamma", "{told}");
    }
    insta::assert_snapshot!(both(&houses, &[&["at-risk", "--limit", "4"][..], &AS_OF].concat()));
}

#[test]
fn all_customers_are_written_as_a_table_and_the_check_is_drawn() {
    let houses = houses();
    houses.iter().for_each(roastery);
    let written = houses.each_ref().map(|house| {
        let path = |name: &str| house.folder.path().join(name).display().to_string();
        let (csv, svg, risk) = (path("clv.csv"), path("clv.svg"), path("risk.csv"));
        let calibrated = ["clv", "--calibrate-to", "2024-12-31", "--svg", &svg, "--csv", &csv];
        let told = house.json(&[&calibrated[..], &AS_OF].concat());
        assert_eq!(told["written"], 90);
        let told = house.json(&[&["at-risk", "--csv", &risk][..], &AS_OF].concat());
        let [csv, svg, risk] = [csv, svg, risk].map(|path| std::fs::read_to_string(path).unwrap());
        assert_eq!(told["written"], risk.lines().count() as u64 - 1);
        // The values add up to what is told of all.
        let report = house.json(&[&["clv", "--limit", "90"][..], &AS_OF].concat());
        let best = report["best"].as_array().unwrap();
        assert_eq!(best.len(), 90);
        let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
        let sum: i64 = best.iter().map(|one| cents(one["value"].as_str().unwrap())).sum();
        assert_eq!(sum, cents(report["together"]["value"].as_str().unwrap()));
        let row = csv.lines().find(|line| line.contains(",Ada Berg,")).unwrap().to_owned();
        (row.split_once(',').unwrap().1.to_owned(), svg)
    });
    assert_eq!(written[0], written[1]);
    let svg = &written[0].1;
    for words in [
        "as they came (line)",
        "as the model expects (dashes, triangles)",
        "end of the observation",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    assert!(svg.contains("stroke-dasharray"), "{svg}");
    assert!(!svg.contains("NaN"), "{svg}");
}

#[test]
fn what_carries_no_model_is_refused_with_the_reason() {
    let told = houses().map(|house| {
        let mut told = Vec::new();
        let mut refused = |args: &[&str]| {
            let said = house.run(args);
            assert_ne!(said.code, Some(0), "{args:?}: {}", said.out);
            let place = house.folder.path().display().to_string();
            told.push(format!("{}: {}", args.join(" "), said.err).replace(&place, "[folder]"));
        };
        let file = |name: &str, rows: &[String]| {
            house.file(name, format!("date,customer,revenue\n{}\n", rows.join("\n")))
        };
        let import = |file: &str, currency: &str| {
            let currency = format!("currency={currency}");
            let args = ["import", "transactions", file, "--set", &currency, "--create-customers"];
            assert_eq!(house.json(&args)["refused"], 0);
        };
        import(&file("none.csv", &[]), "EUR");
        refused(&["clv"]);
        let once: Vec<_> = (1..=20).map(|n| format!("2025-01-{n:02},c{n},5")).collect();
        import(&file("once.csv", &once), "EUR");
        refused(&[&["clv"][..], &AS_OF].concat());
        refused(&["clv", "--as-of", "2024-12-31"]);
        refused(&["clv", "--as-of", "2999-12-31"]);
        refused(&["at-risk", "--as-of", "2999-12-31"]);
        refused(&["at-risk", "--least", "2"]);
        // Who comes more often spends more each time.
        let often = (1..=20).flat_map(|n| {
            (1..=n).map(move |time| format!("2025-03-{time:02},c{n},{}", n * 10 + time % 3))
        });
        import(&file("often.csv", &often.collect::<Vec<_>>()), "EUR");
        refused(&[&["clv", "--model", "gamma-gamma"][..], &AS_OF].concat());
        refused(&[&["clv", "--calibrate-to", "2025-06-30"][..], &AS_OF].concat());
        let svg = house.folder.path().join("x.svg").display().to_string();
        refused(&[&["clv", "--model", "gamma-gamma", "--svg", &svg][..], &AS_OF].concat());
        refused(&[&["clv", "--json", "--csv", "-"][..], &AS_OF].concat());
        // Of purchases it can be told; of what they bring it cannot, and why.
        let told_so = house.json(&[&["clv"][..], &AS_OF].concat());
        assert!(told_so["values"].is_null() && told_so["together"]["value"].is_null());
        let why = told_so["values_refused"].as_str().unwrap();
        assert!(why.contains("go together"), "{why}");
        import(&file("dollars.csv", &["2025-01-01,c1,5".to_owned()]), "USD");
        refused(&[&["clv"][..], &AS_OF].concat());
        refused(&[&["at-risk"][..], &AS_OF].concat());
        told
    });
    assert_eq!(told[0], told[1]);
    insta::assert_snapshot!(told[0].concat());
    let house = House::sqlite();
    for (args, word) in [
        (["--horizon", "39"], "39w or 273d"),
        (["--horizon", "0w"], "39w or 273d"),
        (["--discount", "10"], "10% or 0.1"),
        (["--model", "rfm"], "bg-nbd, mbg-nbd"),
        (["--unit", "month"], "day, week"),
    ] {
        let said = house.run(&[&["clv"][..], &args].concat());
        assert_eq!(said.code, Some(2));
        assert!(said.err.contains(word), "{args:?}: {}", said.err);
    }
}

#[test]
fn columns_are_named_where_a_file_does_not_name_them() {
    for house in [House::sqlite(), House::postgres()] {
        let bare =
            house.file("bare.txt", " 001 x 20250101 5.00\n 002 x 20250102 7.50\n 003 20250103\n");
        let args =
            ["import", "transactions", &bare, "--format", "whitespace", "--set", "currency=EUR"];
        let columns = ["--columns", "customer,note,date,revenue", "--create-customers"];
        let told = house.json(&[&args[..], &columns].concat());
        assert_eq!((&told["new"], &told["refused"]), (&2.into(), &1.into()), "{told}");
        assert_eq!(told["refusals"][0]["reason"], "it has 2 columns, --columns names 4");
        let again = house.json(&[&args[..], &columns].concat());
        assert_eq!(again["unchanged"], 2, "{again}");
        let empty = house.file("empty.txt", "");
        let said = house.run(&["import", "transactions", &empty, "--columns", "customer"]);
        assert!(said.err.contains("it is empty\n"), "{}", said.err);
    }
}
