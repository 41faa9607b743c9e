//! The real seller's open opportunities without an account, given out by rules, the same on both databases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    House, real_data,
    real_house::{both, list},
};

const LIMIT: u64 = 100;
const WITHOUT_ACCOUNT: &str =
    r#"{"all":[{"field":"customer_id","op":"empty"},{"field":"status","value":"open"}]}"#;

/// For each office the open opportunities of its agents.
type Loads = BTreeMap<String, BTreeMap<String, u64>>;

fn loads(workload: &Value, offices: &BTreeMap<String, String>) -> Loads {
    let mut all = Loads::new();
    for person in list(workload, "people") {
        let name = person["name"].as_str().unwrap();
        if let Some(office) = offices.get(name) {
            let open = person["has"]["opportunities"].as_u64().unwrap();
            all.entry(office.clone()).or_default().insert(name.to_owned(), open);
        }
    }
    all
}

#[test]
fn open_opportunities_without_an_account_are_given_out_by_office() {
    let unchecked =
        "assignment of the real house's open opportunities, and the balance before and after";
    let Some(folder) = real_data::folder(unchecked) else { return };
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    let houses = [sqlite, postgres];
    for house in &houses {
        real_data::sales(house, &folder);
    }
    let rows = |file: &str| {
        let path = folder.join("crm-sales-opportunities").join(file);
        let mut file = csv::Reader::from_path(path).unwrap();
        file.records().map(Result::unwrap).collect::<Vec<_>>()
    };
    let offices: BTreeMap<String, String> = rows("sales_teams.csv")
        .iter()
        .map(|agent| (agent[0].to_owned(), agent[2].to_owned()))
        .collect();
    let open: Vec<_> = rows("sales_pipeline.csv")
        .into_iter()
        .filter(|deal| &deal[4] == "Prospecting" || &deal[4] == "Engaging")
        .collect();
    let without = open.iter().filter(|deal| deal[3].is_empty()).count();
    assert_eq!(offices.len(), 35);

    // Everybody takes on as much; one has more than they take on already.
    let (newest, _) = offices.iter().next_back().unwrap();
    let staff = offices.keys().map(|name| {
        let most = if name == newest { 20 } else { LIMIT };
        json!({"name": name, "capacity": {"open_opportunities": most}})
    });
    let staff = json!({"staff": staff.collect::<Vec<_>>()}).to_string();
    let ids: BTreeMap<String, String> =
        list(&houses[0].json(&["list", "staff", "--limit", "100"]), "items")
            .iter()
            .map(|one| {
                (one["name"].as_str().unwrap().to_owned(), one["id"].as_str().unwrap().to_owned())
            })
            .collect();
    let rule = |office: &str| {
        let theirs: Vec<_> =
            offices.iter().filter(|(_, of)| *of == office).map(|(name, _)| &ids[name]).collect();
        json!({
            "name": format!("Stays in {office}"),
            "when": {"field": "owner_id", "op": "in", "value": theirs},
            "choices": [{"target": {"team": {"unit": office, "below": true}}, "strategy": "least_loaded"}],
        })
    };
    let rules = ["Central", "East", "West"].map(rule);
    let rules =
        json!([{"name": "Offices", "rules": {"opportunity": {"rules": rules}}}]).to_string();
    let [first, _] = &houses;
    let (staff, rules) = (first.file("staff.json", staff), first.file("rules.json", rules));
    both(&houses, &["staff", "--set", &staff]);
    let told = both(&houses, &["rules", "--set", &rules]);
    assert_eq!(told, json!({"new": 1, "changed": 0, "unchanged": 0}));
    // What is shown can be set again.
    let shown = first.file("shown.json", both(&houses, &["rules"]).to_string());
    let told = both(&houses, &["rules", "--set", &shown]);
    assert_eq!(told, json!({"new": 0, "changed": 0, "unchanged": 1}));

    let before = both(&houses, &["workload"]);
    let was = loads(&before, &offices);
    let mut said = Loads::new();
    for (name, office) in &offices {
        let theirs = open.iter().filter(|deal| &deal[1] == name).count() as u64;
        said.entry(office.clone()).or_default().insert(name.clone(), theirs);
    }
    assert_eq!(was, said, "as the files say");
    let kept = both(&houses, &["assign", "--kind", "opportunity", "--where", WITHOUT_ACCOUNT]);
    assert_eq!(kept["items"], json!([]), "all have an owner, and keep it");

    let asked =
        ["assign", "--kind", "opportunity", "--again", "--explain", "--where", WITHOUT_ACCOUNT];
    let proposed = both(&houses, &[&asked[..], &["--dry-run"]].concat());
    assert_eq!(both(&houses, &["workload"]), before, "nothing moved");
    let given = both(&houses, &asked);
    assert_eq!(
        (given["items"].as_array().unwrap().len(), &given["unassigned"]),
        (without, &json!(0))
    );
    assert_eq!(proposed["items"], given["items"], "record for record");
    assert_eq!(proposed["shares"], given["shares"]);

    let after = both(&houses, &["workload"]);
    let is = loads(&after, &offices);
    for (office, agents) in &is {
        let sum = |loads: &Loads| loads[office].values().sum::<u64>();
        assert_eq!(sum(&is), sum(&was), "{office} keeps its own");
        for (name, count) in agents {
            // What has an account is not asked about, and stays.
            let theirs = open.iter().filter(|deal| &deal[1] == name && !deal[3].is_empty());
            let stays = theirs.count() as u64;
            let most = if name == newest { 20 } else { LIMIT };
            assert!(*count <= most.max(stays), "{name} has {count}, {stays} of them before");
            if stays >= most {
                assert_eq!(*count, stays, "{name} is full and gets none");
            }
        }
    }
    let balance = |workload: &Value| {
        let figures = &workload["open_opportunities"];
        [&figures["most"], &figures["median"]].map(|figure| figure.as_u64().unwrap())
    };
    let ([most, median], [then, middle]) = (balance(&before), balance(&after));
    assert_eq!(most, was.values().flat_map(BTreeMap::values).copied().max().unwrap());
    println!(
        "open opportunities: the most loaded {most}, the median {median}; after: {then}, {middle}"
    );
    assert!(then * median < most * middle, "{most}/{median} before, {then}/{middle} after");
    assert!(then <= middle + middle / 2, "{then} and {middle}: nobody stands out");
}
