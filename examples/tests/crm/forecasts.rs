//! `crm forecast`, `crm target` and `crm rate`, on both databases.

use serde_json::{Value, json};

use crate::House;

const DAY: &str = "2017-12-31";

/// Two opportunities of one colleague, one of them in euros.
fn filled(house: &House) {
    let staff = house.file("staff.csv", "name,org_unit\nAnna,North\nBoss,\n");
    house.json(&["import", "staff", &staff]);
    let customers = house.file("customers.csv", "name\nAcme\n");
    house.json(&["import", "customers", &customers]);
    let deals = "external_id,name,customer,owner,stage,opened_on,closed_on,expected_close,amount,currency\n\
        o1,desks,Acme,Anna,won,2017-10-01,2017-12-10,,1000,USD\n\
        o2,chairs,Acme,Anna,engaging,2017-11-01,,2018-01-20,100.01,EUR\n\
        o3,lamps,Acme,Anna,engaging,2017-11-01,,2017-12-01,10,USD\n";
    let deals = house.file("deals.csv", deals);
    let report = house.json(&["import", "opportunities", &deals]);
    assert_eq!(report["refused"], 0, "{report}");
}

fn cells(rows: &Value) -> Vec<String> {
    let told = rows.as_array().unwrap().iter().map(|cell| {
        let word = |key: &str| cell[key].as_str().unwrap_or("-").to_owned();
        let words = ["period", "category", "currency", "amount", "weighted"].map(word);
        words.join(" ")
    });
    told.collect()
}

#[test]
fn a_forecast_is_shown_converted_and_set_against_targets() {
    for house in [House::sqlite(), House::postgres()] {
        filled(&house);
        let apart = house.json(&["forecast", "--as-of", DAY]);
        let expected = [
            "2017-12 closed USD 1000.00 1000.00",
            "2018-01 pipeline EUR 100.01 50.01",
            "overdue pipeline USD 10.00 5.00",
        ];
        assert_eq!(cells(&apart["total"]), expected);
        assert_eq!(apart["rows"][0]["name"], "Anna");
        let refused = house.run(&["forecast", "--as-of", DAY, "--currency", "USD", "--json"]);
        assert_eq!(refused.code, Some(1));
        let error: Value = serde_json::from_str(&refused.err).unwrap();
        assert_eq!(error["error"]["kind"], "no_rate", "{error}");

        house.json(&["rate", "set", "EUR", "USD", "1.1993", "--on", "2017-12-29"]);
        let rates = house.file("rates.csv", "date,from,to,rate\n2018-01-02,EUR,USD,1.2065\n");
        assert_eq!(house.json(&["rate", "import", &rates])["read"], 1);
        let listed = house.json(&["rate", "list"]);
        assert_eq!(listed["rates"].as_array().unwrap().len(), 2);
        let together = house.json(&["forecast", "--as-of", DAY, "--currency", "USD"]);
        assert_eq!(cells(&together["total"])[1], "2018-01 pipeline USD 119.94 59.98");

        let set = ["target", "set", "2000 USD", "--of", "2017-10-01", "--period", "quarter"];
        house.json(&[&set[..], &["--unit", "North"]].concat());
        let wrong = house.run(&[&set[..], &["--fiscal-year-start", "2"]].concat());
        assert!(wrong.err.contains("not the first day"), "{}", wrong.err);
        let adjust = "--category closed --of 2017-12-01 --staff Anna --by Boss --reason rumours";
        let words: Vec<_> =
            ["forecast", "adjust", "900 USD"].into_iter().chain(adjust.split(' ')).collect();
        house.json(&words);
        let told = house.json(&["forecast", "--as-of", DAY]);
        let target = &told["targets"][0];
        assert_eq!((&target["name"], &target["attained"]), (&json!("North"), &json!("0.500000")));
        let adjusted = &told["adjustments"][0];
        assert_eq!(
            (&adjusted["computed"], &adjusted["adjusted"]["amount"]),
            (&json!("1000.00"), &json!("900.00"))
        );
        let listed = &house.json(&["target", "list", "--as-of", DAY])["targets"][0];
        assert_eq!((&listed["closed"], &listed["gap"]), (&json!("1000.00"), &json!("1000.00")));
        // Beside a forecast is what belongs to what is asked for.
        for (more, targets, adjustments) in [
            (&["--staff", "Anna"][..], 0, 1),
            (&["--staff", "Boss"], 0, 0),
            (&["--unit", "North"], 1, 1),
            (&["--pipeline", "Sales"], 0, 0),
            // In the quarter and in the month, which began before it.
            (&["--from", "2017-12-20"], 1, 1),
            (&["--from", "2018-01-01"], 0, 0),
        ] {
            let told = house.json(&[&["forecast", "--as-of", DAY], more].concat());
            let count = |key: &str| told[key].as_array().unwrap().len();
            assert_eq!(
                (count("targets"), count("adjustments")),
                (targets, adjustments),
                "{more:?}"
            );
        }
        for args in [&["forecast", "--as-of", DAY][..], &["target", "list"]] {
            let shown = house.run(args).out;
            assert!(shown.contains(" Period "), "{shown}");
            assert!(!shown.contains("Fiscal"), "{shown}");
        }

        let shown = house.run(&["forecast", "--as-of", DAY, "--weighted"]);
        for word in ["2018-01", "overdue", "50.01 EUR", "North", "50.0 %", "rumours"] {
            assert!(shown.out.contains(word), "{word}: {}", shown.out);
        }
        let compared = house.run(&["forecast", "compare", "2017-11-30", DAY]);
        assert!(
            compared.out.contains("before") && compared.out.contains("new"),
            "{}",
            compared.out
        );
        let judged = house.run(&["forecast", "accuracy", "--as-of", DAY]);
        assert!(judged.out.contains("2017-12") && judged.out.contains("moves"), "{}", judged.out);
        let taken = house.run(&["forecast", "snapshot", "--day", DAY]);
        assert!(taken.out.contains("3 opportunities"), "{}", taken.out);

        // A rate that an adjustment lacks is named; the targets stay.
        let words = words.iter().map(|word| if *word == "900 USD" { "900 JPY" } else { *word });
        house.json(&words.collect::<Vec<_>>());
        let told = house.json(&["forecast", "--as-of", DAY]);
        assert_eq!(told["targets"][0]["attained"], "0.500000", "{told}");
        assert_eq!(
            (&told["adjustments"], &told["missing_rates"]["targets"]),
            (&json!([]), &Value::Null)
        );
        let missing = told["missing_rates"]["adjustments"].as_str().unwrap();
        for word in ["USD", "JPY", DAY] {
            assert!(missing.contains(word), "{missing}");
        }
        let shown = house.run(&["forecast", "--as-of", DAY]);
        assert!(shown.out.contains("adjustments are not shown") && shown.out.contains("North"));
    }
}

#[test]
fn figures_of_reports_are_asked_for_and_told_alike() {
    for house in [House::sqlite(), House::postgres()] {
        filled(&house);
        // Without days a funnel has its questions too.
        let told = house.json(&["funnel", "--queries"]);
        let cell = &told["cohorts"][0]["cells"][0];
        assert!(cell["query"].is_array(), "{told}");
        assert!(house.json(&["funnel"])["cohorts"].is_null());
        // Of two who are called the same the id is asked for.
        let staff = house.file("more.csv", "external_id,name,org_unit\nx2,Anna,North\n");
        house.json(&["import", "staff", &staff]);
        house.json(&["opportunity", "revise", "o3", "--owner", "x2"]);
        let board = house.json(&["leaderboard"]);
        let ids: Vec<_> = board["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["key"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), 2, "{board}");
        let refused = house.run(&["leaderboard", "--cell", "Anna:open"]);
        assert_ne!(refused.code, Some(0), "{}", refused.out);
        for id in ids {
            assert!(refused.err.contains(id), "{}", refused.err);
            let cell = format!("{id}:open");
            let listed = house.json(&["leaderboard", "--cell", &cell]);
            assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
        }
        // Shares have six decimals, amounts those of their currency.
        assert_eq!(board["rows"][0]["win_rate"], "1.000000", "{board}");
        assert_eq!(board["rows"][0]["average_deal"]["USD"], "1000.00", "{board}");
        let covered = house.json(&["coverage", "--target", "1500 USD"]);
        assert_eq!(covered["left"], "500.00", "{covered}");
        assert_eq!(covered["coverage"], "0.020000", "{covered}");
    }
}

#[test]
fn each_figure_of_a_forecast_gives_its_opportunities() {
    for house in [House::sqlite(), House::postgres()] {
        filled(&house);
        for as_of in [DAY, "2017-11-15"] {
            let told = house.json(&["forecast", "--as-of", as_of, "--by", "team", "--queries"]);
            let row = &told["rows"][0];
            assert_eq!(row["name"], "North", "{told}");
            let mut listed = 0;
            for cells in [&told["total"], &row["cells"], &row["own"]] {
                for cell in cells.as_array().unwrap() {
                    let question = cell["opportunities"].to_string();
                    let list = house.json(&["list", "opportunities", "--where", &question]);
                    let whole = list["items"].as_array().unwrap().len();
                    let others = cell["others"].as_array().unwrap();
                    assert_eq!((whole + others.len()) as u64, cell["count"], "{cell}");
                    listed += whole;
                }
            }
            assert!(listed >= 3, "{as_of}: {told}");
        }
        // What has changed since is told by what it was.
        house.json(&["opportunity", "revise", "chairs", "--amount", "300 EUR"]);
        let told = house.json(&["forecast", "--as-of", DAY, "--by", "category", "--queries"]);
        let cells = told["total"].as_array().unwrap();
        let cell = cells.iter().find(|cell| cell["currency"] == "EUR").unwrap();
        let question = cell["opportunities"].to_string();
        let list = house.json(&["list", "opportunities", "--where", &question]);
        assert_eq!((&list["items"], &cell["count"]), (&json!([]), &json!(1)), "{cell}");
        let others = cell["others"].as_array().unwrap();
        assert_eq!((others.len(), &others[0]["amount"]), (1, &json!("100.01")), "{cell}");
    }
}
