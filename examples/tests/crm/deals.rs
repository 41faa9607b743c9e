//! Opportunities worked by hand: pipelines, prices, steps, and who is there already.

use serde_json::{Value, json};

use crate::House;

/// A house with its sample files, a pipeline with gates, and prices in euro.
fn house(house: House) -> House {
    house.fill();
    let made = house.json(&["pipeline", "create", "--preset", "tender"]);
    assert_eq!(made["name"], "Tender");
    house.json(&["prices", "create", "Standard", "--currency", "EUR"]);
    let retail = r#"{"field":"industry","value":"retail"}"#;
    let partners =
        ["prices", "create", "Retailers", "--currency", "EUR", "--priority", "5", "--for", retail];
    house.json(&partners);
    let prices = "product,price,from,tax_rate,max_discount\nTill One,100,,19,10\nTill One,90,10,19,10\n\
                  Till Ten,5,,,\nTill Pro,x,,,\n";
    let file = house.file("prices.csv", prices);
    let told = house.json(&["prices", "import", "Standard", &file]);
    assert_eq!((&told["set"], &told["refused"]), (&json!(2), &json!(2)));
    assert_eq!(told["refusals"][0]["line"], 4);
    house.json(&["prices", "set", "Retailers", "Till One", "80", "--from", "5"]);
    house
}

fn quote(house: &House, more: &[&str]) -> Value {
    house.json(&[&["prices", "quote", "Till One", "--currency", "EUR"], more].concat())["price"]
        .clone()
}

#[test]
fn an_opportunity_is_worked_by_hand() {
    for house in [House::sqlite(), House::postgres()].map(house) {
        // What it costs, and why.
        assert_eq!(quote(&house, &[])["unit_price"]["amount"], "100.00");
        let ten = quote(&house, &["--quantity", "10"]);
        assert_eq!(
            (&ten["unit_price"]["amount"], &ten["source"]["book"]["name"]),
            (&json!("90.00"), &json!("Standard"))
        );
        let partner = quote(&house, &["--quantity", "5", "--customer", "Acme Bakeries"]);
        assert_eq!(partner["source"]["book"]["name"], "Retailers");
        let said = house.run(&["prices", "quote", "Till One", "--currency", "JPY"]);
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains("no price book has \"Till One\" in JPY"), "{}", said.err);

        let open = ["opportunity", "open", "Acme Bakeries", "20 tills", "--pipeline", "Tender"];
        let more = ["--product", "Till One", "--owner", "Anna Snow", "--opened-on", "2017-12-01"];
        let opened = house.json(&[&open[..], &more].concat());
        assert_eq!((&opened["stage"], &opened["already_there"]), (&json!("published"), &json!([])));
        // A second one with the same customer for the same product: who is there is told.
        let open = ["opportunity", "open", "Acme Bakeries", "tills again", "--pipeline", "Tender"];
        let second =
            house.json(&[&open[..], &["--product", "Till One", "--owner", "Ben Ford"]].concat());
        assert_eq!(second["already_there"][0]["owner"], "Anna Snow");
        let conflicts = house.json(&["conflicts"]);
        assert_eq!(conflicts["conflicts"][0]["opportunities"][1]["owner"]["name"], "Ben Ford");
        for who in ["Anna Snow", "Ben Ford"] {
            let tasks = house.json(&["tasks", "--owner", who]);
            let other = if who == "Anna Snow" { "tills again" } else { "20 tills" };
            let titles = tasks["tasks"].to_string();
            assert!(titles.contains(other), "{who}: {titles}");
        }

        // Gates are told at once, and met one by one.
        let said = house.run(&["opportunity", "advance", "20 tills", "submitted"]);
        assert_eq!(said.code, Some(1));
        for what in ["skipping stages", "Deadline known", "Priced", "Bid approved"] {
            assert!(said.err.contains(what), "{what}: {}", said.err);
        }
        house.json(&[
            "opportunity",
            "revise",
            "20 tills",
            "--expected-close",
            "2018-03-31",
            "--probability",
            "15",
        ]);
        let there =
            house.json(&["opportunity", "advance", "20 tills", "bidding", "--reason", "we can"]);
        assert_eq!(
            (&there["stage"], &there["probability_source"]),
            (&json!("bidding"), &json!("manual"))
        );
        let line = [
            "opportunity",
            "line",
            "20 tills",
            "Till One",
            "--quantity",
            "20",
            "--currency",
            "EUR",
        ];
        let priced = house.json(&line);
        assert_eq!((&priced["amount"], &priced["currency"]), (&json!("1600.00"), &json!("EUR")));
        let said = house.run(&["opportunity", "line", "20 tills", "Till Pro", "--currency", "USD"]);
        assert!(said.err.contains("lines[1].unit_price: USD beside EUR"), "{}", said.err);
        let shown = house.json(&["opportunity", "show", "20 tills"]);
        let submitted =
            shown["next"].as_array().unwrap().iter().find(|one| one["stage"] == "submitted");
        assert_eq!(submitted.unwrap()["unmet"][0]["gate"], "Bid approved");
        assert_eq!(submitted.unwrap()["unmet"].as_array().unwrap().len(), 1);
        house.json(&["opportunity", "approve", "20 tills", "Bid approved", "--by", "Ben Ford"]);
        house.json(&["opportunity", "advance", "20 tills", "submitted"]);

        let said = house.run(&[
            "opportunity",
            "lose",
            "20 tills",
            "--on",
            "2017-12-31",
            "--reason",
            "weather",
        ]);
        assert!(said.err.contains("price, quality, formal"), "{}", said.err);
        let lost = [
            "opportunity",
            "lose",
            "20 tills",
            "--on",
            "2017-12-31",
            "--reason",
            "price",
            "--competitor",
            "Rival",
        ];
        assert_eq!(house.json(&lost)["status"], "lost");
        let said = house.run(&["opportunity", "reopen", "20 tills", "bidding"]);
        assert!(said.err.contains("does not reopen"), "{}", said.err);
        let shown = house.json(&["opportunity", "show", "20 tills"]);
        let kinds: Vec<_> =
            shown["moves"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
        assert_eq!(
            json!(kinds),
            json!(["opened", "revised", "advanced", "revised", "advanced", "lost"])
        );
        assert_eq!(
            (&shown["totals"]["net"]["amount"], &shown["competitor"]),
            (&json!("1600.00"), &json!("Rival"))
        );
        assert_eq!(house.json(&["conflicts"])["conflicts"], json!([]), "one of them is over");
    }
}

#[test]
fn people_read_tables() {
    let house = house(House::sqlite());
    house.json(&["opportunity", "open", "Acme Bakeries", "tills", "--pipeline", "Tender"]);
    for (args, says) in [
        (&["pipeline"][..], "Published → Bidding"),
        (&["pipeline", "presets"], "Negotiation"),
        (&["pipeline", "show", "Tender"], "going back: with reason"),
        (&["prices", "list"], "Retailers"),
        (&["prices", "list", "Standard"], "Till One"),
        (
            &["prices", "quote", "Till One", "--currency", "EUR"],
            "Till One: 100.00 EUR (Standard, from 0 on)",
        ),
        (&["opportunity", "show", "tills"], "bidding: Deadline known: fill in: expected_close"),
        (&["conflicts"], "No two open opportunities"),
    ] {
        let said = house.run(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(said.out.contains(says), "{args:?}: {}", said.out);
    }
}
