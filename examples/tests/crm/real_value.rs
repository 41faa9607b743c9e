//! What customers bring in both real houses, the same on both databases.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    House, real_data,
    real_house::{both, list},
};

/// A house on each database, in one tenant.
fn houses(fill: impl Fn(&House)) -> [House; 2] {
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    let houses = [sqlite, postgres];
    houses.iter().for_each(fill);
    houses
}

fn decimal(json: &Value) -> Decimal {
    json.as_str().unwrap().parse().unwrap()
}

/// Tiers by what they bring, so that tiers can be told.
fn tiers(house: &House, currency: &str, gold: &str) {
    let rules = json!({"value_policies": {"tiers": {"currency": currency, "tiers": [
        {"name": "gold", "any": [{"value_at_least": gold}]}, {"name": "standard"},
    ]}}});
    let rules = house.file("rules.json", rules.to_string());
    house.json(&["settings", "--set", &rules]);
}

#[test]
fn the_shop_s_customers_are_judged_as_its_files_say() {
    let unchecked =
        "runs over the CDNOW shop: classes, 8/2/2, scores, tiers, moves, on both databases";
    let Some(folder) = real_data::folder(unchecked) else { return };
    let houses = houses(|house| {
        assert_eq!(real_data::shop(house, &folder, false)["refused"], 0);
        tiers(house, "USD", "100");
    });
    // By the file alone.
    let text = std::fs::read_to_string(folder.join("cdnow/CDNOW_master.txt")).unwrap();
    let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.contains("customer_id")) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [customer, .., date, _, value] = words[..] else { panic!("{line}") };
        if date.starts_with("1997") {
            *sums.entry(customer).or_default() += value.parse::<Decimal>().unwrap();
        }
    }
    let mut values: Vec<_> = sums.values().copied().collect();
    values.sort_by(|one, other| other.cmp(one));
    let total: Decimal = values.iter().sum();
    let year = ["--from", "1997-01-01", "--to", "1997-12-31", "--as-of", "1998-06-30"];
    let told =
        both(&houses, &[&["value", "--by", "revenue"], &year[..], &["--save", "1997"]].concat());
    assert_eq!(told["customers"], values.len());
    assert_eq!(decimal(&told["total"]), total);
    let (mut a, mut before) = (0, Decimal::ZERO);
    while before < total * Decimal::new(8, 1) {
        before += values[a];
        a += 1;
    }
    // Whoever brings the same as the last of them is in A too.
    a = values.iter().filter(|value| **value >= values[a - 1]).count();
    assert_eq!(told["classes"][0]["customers"], a);
    let fifth = values.len().div_ceil(5);
    let top: Decimal = values.iter().take(fifth).sum();
    assert_eq!(decimal(&told["fifths"]["top"]["value"]), top);
    assert_eq!(list(&told, "lorenz").len(), 101);
    // Of whoever stands at rank 1, all is told, in both the same but for the id.
    let best = both(&houses, &[&["value", "--by", "revenue"], &year[..], &["--top", "1"]].concat());
    assert_eq!(decimal(&best["best"][0]["value"]), values[0]);
    let scores = both(&houses, &[&["rfm"], &year[..]].concat());
    assert_eq!(scores["customers"], values.len());
    let of_all: u64 =
        list(&scores, "grid").iter().map(|cell| cell["customers"].as_u64().unwrap()).sum();
    assert_eq!(of_all, values.len() as u64);
    let profit =
        both(&houses, &[&["value", "--by", "profit", "--cut", "70,90"], &year[..]].concat());
    assert_eq!(profit["total"], told["total"], "nothing has a cost");
    assert!(list(&profit, "notes").len() >= 2, "and that is told: {profit}");
    let gold = values.iter().filter(|value| **value >= Decimal::ONE_HUNDRED).count();
    let shown = both(&houses, &[&["tiers", "--by", "revenue"], &year[..]].concat());
    assert_eq!(
        (&shown["tiers"][0]["customers"], &shown["would_change"]),
        (&json!(gold), &json!(values.len()))
    );
    let half = ["--from", "1998-01-01", "--to", "1998-06-30", "--as-of", "1998-06-30"];
    let second =
        both(&houses, &[&["value", "--by", "revenue", "--save", "1998"], &half[..]].concat());
    // Each gets a tier, and what it brought with it; nobody a second time.
    let apply = [&["tiers", "--by", "revenue", "--apply", "--save", "tiers"], &half[..]].concat();
    for changed in [second["customers"].clone(), json!(0)] {
        let counts = houses.each_ref().map(|house| house.json(&apply)["changed"].clone());
        assert_eq!(counts, [changed.clone(), changed], "both databases");
    }
    let expect = ["value", "--by", "revenue", "--expect", "bg-nbd", "--horizon", "52w"];
    let told = both(&houses, &[&expect[..], &year[..]].concat());
    assert_eq!(told["lifetime"]["fitted"]["converged"], true);
    assert_eq!(told["customers"], values.len());
    let moved = both(&houses, &["migration", "1997", "1998"]);
    let left: u64 = list(&moved, "cells")
        .iter()
        .filter(|cell| cell["after"].is_null())
        .map(|cell| cell["customers"].as_u64().unwrap())
        .sum();
    assert!(left > 1_000, "most of them never came back: {moved}");
    // Runs that keep classes alone say the same of classes, and of who moved.
    let narrow = |name: &'static str, days: &[&'static str; 6]| {
        let more = ["--save", name, "--classes-only"];
        both(&houses, &[&["value", "--by", "revenue"], &days[..], &more].concat())
    };
    let (before, after) = (narrow("1997-classes", &year), narrow("1998-classes", &half));
    for (narrow, wide) in [(&before, &told), (&after, &second)] {
        for figure in ["customers", "total", "classes", "gini", "lorenz", "fifths", "top"] {
            assert_eq!(narrow[figure], wide[figure], "{figure}");
        }
    }
    let by_classes = both(&houses, &["migration", "1997-classes", "1998-classes"]);
    for figure in ["cells", "groups"] {
        assert_eq!(by_classes[figure], moved[figure], "{figure}");
    }
}

#[test]
fn the_seller_s_accounts_are_judged_by_what_they_won() {
    let unchecked = "runs over the won deals of the real house, on both databases";
    let Some(folder) = real_data::folder(unchecked) else { return };
    let houses = houses(|house| {
        assert!(real_data::sales(house, &folder).iter().all(|report| report["refused"] == 0));
        tiers(house, "USD", "100000");
    });
    let quarters = [("2017-07-01", "2017-09-30"), ("2017-10-01", "2017-12-31")];
    for (name, (from, to)) in ["q3", "q4"].iter().zip(quarters) {
        let days = ["--from", from, "--to", to, "--as-of", to];
        let told = both(&houses, &[&["value", "--by", "won", "--save", name], &days[..]].concat());
        assert_eq!(told["customers"], 85, "each account won something");
        both(&houses, &[&["rfm", "--by", "won"], &days[..]].concat());
        let tiers = format!("tiers {name}");
        both(
            &houses,
            &[&["tiers", "--by", "won", "--apply", "--save", &tiers], &days[..]].concat(),
        );
    }
    let all = both(&houses, &["value", "--by", "won", "--as-of", "2018-12-31"]);
    assert_eq!(all["total"], "10005534.00");
    for (by, runs) in [("class", ["q3", "q4"]), ("tier", ["tiers q3", "tiers q4"])] {
        let moved = both(&houses, &["migration", runs[0], runs[1], "--by", by]);
        let all = moved["moved"].as_u64().unwrap() + moved["stayed"].as_u64().unwrap();
        assert_eq!(all, 85, "{moved}");
    }
}
