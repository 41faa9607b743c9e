//! Who is to be won, by a model of lifetime value, on both databases.

use serde_json::{Value, json};

use crate::{
    House,
    clv::{both, houses},
};

const AS_OF: [&str; 2] = ["--as-of", "2025-06-30"];

/// What a coffee roaster sold, made up: half of what is sold is the cost of goods, for some customers three times as much.
fn roastery(house: &House, at_a_loss: &[&str]) {
    let text = std::fs::read_to_string(format!("{}/data/roastery.csv", env!("CARGO_MANIFEST_DIR")));
    let mut rows = String::from("date,customer,kind,revenue,cost\n");
    for row in text.unwrap().lines().skip(1) {
        let cells: Vec<_> = row.split(',').collect();
        let cents: i64 = cells[3].replace('.', "").parse().unwrap();
        let cost = if at_a_loss.contains(&cells[1]) { 3 * cents } else { cents / 2 };
        let sign = if cost < 0 { "-" } else { "" };
        let (whole, part) = (cost.abs() / 100, cost.abs() % 100);
        rows.push_str(&format!("{row},{sign}{whole}.{part:02}\n"));
    }
    let file = house.file("shop.csv", rows);
    let args = ["import", "transactions", &file, "--set", "currency=EUR", "--create-customers"];
    assert_eq!(house.json(&args)["refused"], 0);
}

#[test]
fn an_unprofitable_customer_of_whom_much_is_to_be_expected_is_to_be_won() {
    let plain = House::sqlite();
    roastery(&plain, &[]);
    let told = plain.json(&[&["clv", "--horizon", "78w", "--limit", "90"][..], &AS_OF].concat());
    let name = |one: &Value| one["customer"]["name"].as_str().unwrap().to_owned();
    let outlooks = told["best"].as_array().unwrap();
    let (best, least) = (&outlooks[0], &outlooks[89]);
    let (rich, poor) = (name(best), name(least));

    let houses = houses();
    houses.iter().for_each(|house| roastery(house, &[&rich, &poor]));
    let expect = ["--expect", "bg-nbd", "--horizon", "78w", "--expected-margin", "50"];
    let value = [&["value", "--by", "profit"][..], &AS_OF, &expect].concat();
    let said = both(&houses, &[&value[..], &["--top", "5"]].concat());
    let (_, won) = said.split_once("To be won:").unwrap();
    let (won, dispensable) = won.split_once("Dispensable:").unwrap();
    assert!(said.contains("The important:"), "{said}");
    assert!(won.contains(&format!("{rich}: It brings -")) && !won.contains(&poor), "{said}");
    assert!(dispensable.contains(&format!("{poor}: It brings -")), "{said}");
    both(&houses, &[&value[..], &["--json"]].concat());
    for house in &houses {
        let told = house.json(&[&value[..], &["--top", "5", "--save", "half a year"]].concat());
        let first = &told["to_win"][0];
        assert_eq!((name(first), &first["standing"]), (rich.clone(), &json!("to_win")), "{told}");
        let why = first["reasons"]["standing"].as_str().unwrap();
        assert!(why.contains("are to be expected of it: no less than"), "{why}");
        // Half of the lifetime value.
        let cents = |text: &Value| text.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        let half = (cents(&best["value"]) + 1) / 2;
        assert_eq!(cents(&first["expected"]), half, "{first}");
        // The run keeps how it expects, and the model.
        let policy = json!({
            "model": "bg-nbd", "unit": "week", "horizon_days": 546, "discount_percent": "10", "expected_margin": "50",
        });
        let runs = house.json(&["list", "value_runs"]);
        let run = &runs["items"][0];
        assert_eq!(run["policies"]["lifetime"], policy, "{run}");
        assert_eq!(told["lifetime"]["policy"], policy);
        assert_eq!(told["lifetime"]["fitted"], run["totals"]["lifetime"], "{run}");
        assert_eq!(told["lifetime"]["fitted"]["customers"], 90);
        let without = house.json(&[&["value", "--by", "profit"][..], &AS_OF].concat());
        let to_win =
            without["standings"].as_array().unwrap().iter().find(|one| one["group"] == "to_win");
        assert_eq!(to_win.unwrap()["customers"], 0, "without a model nobody is to be won");
    }
}

#[test]
fn what_cannot_be_expected_is_said() {
    let house = House::sqlite();
    let once = house.file("once.csv", "date,customer,revenue\n2025-01-01,Acme,5 EUR\n");
    house.json(&["import", "transactions", &once, "--create-customers"]);
    let value = ["value", "--by", "revenue"];
    for (args, code, word) in [
        (&["--horizon", "52w"][..], 2, "--expect"),
        (&["--expect", "gamma-gamma"], 1, "knows no time"),
        (&["--expect", "bg-nbd", "--expected-margin", "0"], 1, "above 0"),
        (&["--expect", "bg-nbd"], 1, "none of 1 customers has come back"),
    ] {
        let said = house.run(&[&value[..], args].concat());
        assert_eq!(said.code, Some(code), "{args:?}: {}", said.err);
        assert!(said.err.contains(word), "{args:?}: {}", said.err);
    }
}
