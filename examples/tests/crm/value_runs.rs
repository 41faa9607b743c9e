//! Runs, tiers and what moved between them, as a colleague asks for them.

use serde_json::{Value, json};

use crate::house::House;

/// Two customers, a year of two quarters, and what tiers ask for.
fn filled(house: &House) {
    let shop = house.file(
        "shop.csv",
        "customer,date,revenue,cost\n\
         Acme,2017-02-01,900 EUR,500 EUR\nBookshop,2017-02-02,100 EUR,60 EUR\nCorner,2017-03-01,20 EUR,15 EUR\n\
         Acme,2017-05-01,80 EUR,40 EUR\nBookshop,2017-05-02,990 EUR,400 EUR\n",
    );
    house.json(&["import", "transactions", &shop, "--create-customers"]);
    let rules = house.file(
        "rules.json",
        json!({"value_policies": {"version": "2017", "tiers": {"currency": "EUR", "tiers": [
            {"name": "gold", "any": [{"value_at_least": "300"}]}, {"name": "standard"},
        ]}}})
        .to_string(),
    );
    house.json(&["settings", "--set", &rules]);
}

const FIRST: [&str; 6] = ["--from", "2017-01-01", "--to", "2017-03-31", "--as-of", "2017-03-31"];
const SECOND: [&str; 6] = ["--from", "2017-04-01", "--to", "2017-06-30", "--as-of", "2017-06-30"];

fn with<'a>(command: &[&'a str], days: [&'a str; 6], more: &[&'a str]) -> Vec<&'a str> {
    command.iter().chain(&days).chain(more).copied().collect()
}

#[test]
fn a_run_is_kept_and_told_again() {
    let house = House::sqlite();
    filled(&house);
    let by = ["value", "--by", "margin"];
    let told = house.json(&with(&by, FIRST, &["--save", "q1", "--top", "1"]));
    assert_eq!((&told["total"], &told["customers"]), (&json!("445.00"), &json!(3)));
    assert_eq!(told["run"]["lines"], 3);
    let best = &told["best"][0];
    assert_eq!((&best["customer"]["name"], &best["class"]), (&json!("Acme"), &json!("A")));
    assert_eq!(
        best["reasons"]["class"],
        "It brings 400.00 EUR, 89.8876 % of the total, rank 1 of 3: class A, as nobody brings more."
    );
    let again = house.json(&with(&by, FIRST, &["--save", "q1", "--top", "1"]));
    assert_eq!(again, told, "the same run answers");
    let csv = || house.run(&with(&by, FIRST, &["--save", "q1", "--csv", "-"])).out;
    let kept = csv();
    let more =
        house.file("more.csv", "customer,date,revenue,cost\nAcme,2017-03-15,500 EUR,1 EUR\n");
    house.json(&["import", "transactions", &more]);
    assert_eq!(csv(), kept, "the figures of the run, not those of today");
    let refused = house.run(&with(&by, SECOND, &["--save", "q1"]));
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("another run called q1"), "{}", refused.err);
    let runs = house.json(&["list", "value_runs"]);
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(1), "{runs}");
}

#[test]
fn a_run_keeps_classes_alone() {
    let house = House::sqlite();
    filled(&house);
    let by = ["value", "--by", "margin"];
    let wide = house.json(&with(&by, FIRST, &["--save", "q1"]));
    let narrow = house.json(&with(&by, FIRST, &["--save", "q1-classes", "--classes-only"]));
    for figure in ["customers", "total", "classes", "gini", "fifths"] {
        assert_eq!(narrow[figure], wide[figure], "{figure}");
    }
    assert_eq!(narrow["run"]["detail"], "classes");
    assert_eq!((&narrow["standings"], &narrow["tiers"]), (&json!([]), &json!([])));
    let page = house.folder.path().join("page.html");
    let files = ["--classes-only", "--html", page.to_str().unwrap()];
    let said = house.run(&with(&by, FIRST, &[&["--save", "q1-classes"], &files[..]].concat()));
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("Kept as q1-classes, with 3 customers."), "{}", said.out);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("The top fifth") && !page.contains("The best customers"), "{page}");
    house.json(&with(&by, SECOND, &["--save", "q2"]));
    house.json(&with(&by, SECOND, &["--save", "q2-classes", "--classes-only"]));
    let [wide, narrow] = [["q1", "q2"], ["q1-classes", "q2-classes"]]
        .map(|[was, is]| house.json(&["migration", was, is, "--by", "class"]));
    assert_eq!(narrow, wide, "who moved");
    for (asked, why) in [
        (vec!["migration", "q1-classes", "q2", "--by", "tier"], "keeps classes, and no tier"),
        (with(&by, FIRST, &["--classes-only"]), "--save"),
        (with(&by, FIRST, &["--save", "x", "--classes-only", "--csv", "-"]), "cannot be used with"),
    ] {
        let refused = house.run(&asked);
        assert!(refused.code != Some(0) && refused.err.contains(why), "{asked:?}: {}", refused.err);
    }
}

#[test]
fn tiers_are_shown_then_given_and_moves_are_told() {
    let house = House::sqlite();
    filled(&house);
    let tiers = ["tiers", "--by", "margin"];
    let shown = house.json(&with(&tiers, FIRST, &[]));
    assert_eq!(shown["would_change"], 3);
    let tier_of = |house: &House, name: &str| {
        let criteria = json!({"field": "name", "value": name}).to_string();
        let found = house.json(&["list", "customers", "--where", &criteria]);
        found["items"][0]["tier"].clone()
    };
    assert_eq!(tier_of(&house, "Acme"), Value::Null, "only shown");
    let first = house.json(&with(&tiers, FIRST, &["--apply", "--save", "q1"]));
    assert_eq!((&first["changed"], tier_of(&house, "Acme")), (&json!(3), json!("gold")));
    let again = house.json(&["tiers", "--apply", "--run", "q1"]);
    assert_eq!(again["changed"], 0, "applied twice");
    house.json(&with(&tiers, SECOND, &["--apply", "--save", "q2"]));
    assert_eq!(tier_of(&house, "Acme"), "standard");
    assert_eq!(tier_of(&house, "Bookshop"), "gold");
    let moved = house.json(&["migration", "q1", "q2", "--by", "tier", "--top", "5"]);
    assert_eq!((&moved["moved"], &moved["stayed"]), (&json!(2), &json!(1)));
    let reasons: Vec<_> = moved["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["moved"].as_str().unwrap())
        .collect();
    assert!(reasons.contains(&"rose") && reasons.contains(&"fell"), "{moved}");
    let said = house.run(&["migration", "q1", "q2"]);
    assert!(said.out.contains("From / to") && said.out.contains("moved"), "{}", said.out);
    let said = house.run(&["migration", "q1", "q9"]);
    assert!(said.err.contains("there is no run q9"), "{}", said.err);
}

#[test]
fn scores_and_tables_for_people() {
    let house = House::sqlite();
    filled(&house);
    let told = house.json(&with(&["rfm"], FIRST, &[]));
    assert_eq!(told["customers"], 3);
    let count: u64 =
        told["segments"].as_array().unwrap().iter().map(|s| s["customers"].as_u64().unwrap()).sum();
    assert_eq!(count, 3);
    for command in [&["value", "--by", "profit"][..], &["rfm"], &["tiers"]] {
        let said = house.run(&with(command, FIRST, &[]));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{command:?}");
        assert!(said.out.contains("Acme"), "{}", said.out);
    }
    let said = house.run(&with(&["value", "--by", "revenue"], FIRST, &["--csv", "-"]));
    assert_eq!(said.out.lines().count(), 4, "{}", said.out);
    assert!(said.out.contains(",Acme,") && said.out.contains("rank 1 of 3"), "{}", said.out);
    let plan = house.file(
        "plan.json",
        json!({"value_policies": {"class_plan": {"currency": "EUR", "targets": [
            {"group": "A", "customers": 1, "value": "1000"},
        ]}}})
        .to_string(),
    );
    house.json(&["settings", "--set", &plan]);
    let by = with(&["value", "--by", "revenue"], FIRST, &[]);
    let told = house.json(&by);
    assert_eq!(told["plan"]["classes"][0]["more_value"], "-100.00");
    let said = house.run(&by);
    assert!(said.out.contains("100.00 EUR less than planned"), "{}", said.out);
    let told = house.json(&with(&["value", "--by", "revenue"], FIRST, &["--cut-count", "1,2"]));
    let classes: Vec<_> =
        told["classes"].as_array().unwrap().iter().map(|one| &one["customers"]).collect();
    assert_eq!(classes, [&json!(1), &json!(1), &json!(1)]);
    let turned = [
        "value",
        "--by",
        "revenue",
        "--from",
        "2017-05-01",
        "--to",
        "2017-04-01",
        "--as-of",
        "2017-06-01",
    ];
    let said = house.run(&turned);
    assert!(said.err.contains("turned round"), "{}", said.err);
    let said = house.run(&["value", "--by", "revenue", "--cut", "95,80"]);
    assert!(said.err.contains("not beyond"), "{}", said.err);
}

#[test]
fn a_page_has_what_is_planned_or_why_that_cannot_be_told() {
    let house = House::sqlite();
    filled(&house);
    let page = house.folder.path().join("page.html").display().to_string();
    let told = |currency: &str, more: &[&str]| {
        let plan = json!({"value_policies": {"class_plan": {"currency": currency, "targets": [
            {"group": "A", "customers": 1, "value": "1000"},
        ]}}});
        house.json(&["settings", "--set", &house.file("plan.json", plan.to_string())]);
        let by = with(&["value", "--by", "revenue"], FIRST, more);
        house.json(&[&by[..], &["--html", &page]].concat());
        (house.run(&by).out, std::fs::read_to_string(&page).unwrap())
    };
    let (said, written) = told("EUR", &[]);
    for told in [&said, &written] {
        assert!(told.contains("100.00 EUR less than planned"), "{told}");
    }
    let (said, written) = told("USD", &["--top", "0"]);
    for told in [&said, &written] {
        assert!(told.contains("USD") && !told.contains("less than planned"), "{told}");
    }
    assert!(!said.contains("Best customers"), "no table is without rows: {said}");
    let (said, _) = told("EUR", &["--save", "narrow", "--classes-only"]);
    assert!(!said.contains("Standing") && !said.contains("Best customers"), "{said}");
}
