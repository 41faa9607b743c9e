//! The real seller's open opportunities without an account, given out by rules, the same on both databases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    House, real_data,
    real_house::{both, list},
    real_territories::plan_of_offices,
};

const WITHOUT_ACCOUNT: &str =
    r#"{"all":[{"field":"customer_id","op":"empty"},{"field":"status","value":"open"}]}"#;

/// How many each agent takes on.
type Limits = BTreeMap<String, u64>;

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
    let deals = rows("sales_pipeline.csv");
    let won =
        |name: &str| deals.iter().filter(|deal| &deal[1] == name && &deal[4] == "Won").count();
    let open: Vec<_> =
        deals.iter().filter(|deal| &deal[4] == "Prospecting" || &deal[4] == "Engaging").collect();
    let without = open.iter().filter(|deal| deal[3].is_empty()).count();
    assert_eq!((offices.len(), without), (35, 1_425));

    // An agent takes on 70, one more for every five deals that they won, and 100 at the most: in each office more than it has. One
    // takes on less than they have with an account.
    let (newest, _) = offices.iter().next_back().unwrap();
    let limit = |name: &String| match won(name) as u64 {
        _ if name == newest => 20,
        won => (70 + won / 5).min(100),
    };
    let limits: Limits = offices.keys().map(|name| (name.clone(), limit(name))).collect();
    let staff = limits
        .iter()
        .map(|(name, most)| json!({"name": name, "capacity": {"open_opportunities": most}}));
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
            "choices": [{"target": {"territory_members": {"territory": office}}, "strategy": "least_loaded"}],
        })
    };
    let rules = ["Central", "East", "West"].map(rule);
    let rules =
        json!([{"name": "Offices", "rules": {"opportunity": {"rules": rules}}}]).to_string();
    let [first, _] = &houses;
    let (staff, rules) = (first.file("staff.json", staff), first.file("rules.json", rules));
    let plan = first.file("plan.json", plan_of_offices(&folder).to_string());
    // What has no account lies in no territory: the rules name those of the office.
    let aligned = both(&houses, &["territories", "align", &plan, "--day", "2017-12-31"]);
    assert_eq!(aligned["members"], offices.len());
    both(&houses, &["staff", "--set", &staff]);
    let told = both(&houses, &["rules", "--set", &rules]);
    assert_eq!(told, json!({"new": 1, "changed": 0, "unchanged": 0}));
    // What is shown can be set again.
    let shown = first.file("shown.json", both(&houses, &["rules"]).to_string());
    let told = both(&houses, &["rules", "--set", &shown]);
    assert_eq!(told, json!({"new": 0, "changed": 0, "unchanged": 1}));
    let told = first.run(&["rules"]).out;
    assert!(told.contains("who works in the") && !told.contains("not there"), "{told}");

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
    assert_eq!(proposed["balance"], given["balance"]);
    let balance = |when: &str, what: &str| given["balance"][when][what].as_u64().unwrap();
    assert!(balance("after", "most") < balance("before", "most"), "{}", given["balance"]);
    assert!(balance("after", "least") > balance("before", "least"), "{}", given["balance"]);
    for one in list(&given, "items") {
        read_in_words(one, &offices, &limits);
    }
    let moved = list(&given, "items").iter().find(|one| one["from"] != one["to"]).unwrap();
    let key = moved["name"].as_str().unwrap().rsplit(['(', ')']).nth(1).unwrap();
    for house in &houses {
        let said = house.run(&["owners", key, "--kind", "opportunity", "--explain"]);
        let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            moved["why"].as_str().unwrap(),
            "chosen: ",
            "could have got it: ",
            &format!("of {} open opportunities", limits[moved["to"]["name"].as_str().unwrap()]),
        ] {
            assert!(text.contains(words), "{words}: {} {}", said.out, said.err);
        }
    }

    let after = both(&houses, &["workload"]);
    let is = loads(&after, &offices);
    for (office, agents) in &is {
        let sum = |loads: &Loads| loads[office].values().sum::<u64>();
        assert_eq!(sum(&is), sum(&was), "{office} keeps its own");
        for (name, count) in agents {
            // What has an account is not asked about, and stays.
            let theirs = open.iter().filter(|deal| &deal[1] == name && !deal[3].is_empty());
            let stays = theirs.count() as u64;
            let most = limits[name];
            assert!(*count <= most.max(stays), "{name} has {count}, {stays} of them before");
            if stays >= most {
                assert_eq!(*count, stays, "{name} is full and gets none");
            }
            // Whoever has one that was given is no fuller than anybody else in the office would be with it.
            for (other, has) in agents.iter().filter(|(other, has)| **has < limits[*other]) {
                let fuller = *count * limits[other] > (*has + 1) * most;
                assert!(*count == stays || !fuller, "{name} has {count} and {other} {has}");
            }
        }
    }
    let balance = |workload: &Value| {
        let figures = &workload["open_opportunities"];
        [&figures["most"], &figures["median"]].map(|figure| figure.as_u64().unwrap())
    };
    let ([most, median], [then, middle]) = (balance(&before), balance(&after));
    assert_eq!(most, was.values().flat_map(BTreeMap::values).copied().max().unwrap());
    // These are what the README tells.
    assert_eq!(([most, median], [then, middle]), ([194, 65], [88, 62]));
    assert!(then <= middle + middle / 2, "{then} and {middle}: nobody stands out");
}

/// Who gets it, by which rule and why, and who is left out, in a sentence: "Anna, because rule “Stays in East” matched (owner
/// Ben); least loaded: 3 of 100 open opportunities; …".
fn read_in_words(one: &Value, offices: &BTreeMap<String, String>, limits: &Limits) {
    let why = one["why"].as_str().unwrap();
    let [from, to] = ["from", "to"].map(|who| one[who]["name"].as_str().unwrap());
    let office = &offices[from];
    assert_eq!(office, &offices[to], "{why}");
    let begins =
        format!("{to}, because rule “Stays in {office}” matched (owner {from}); least loaded: ");
    let rest = why.strip_prefix(&begins).unwrap_or_else(|| panic!("{why}"));
    let (load, rest) = rest.split_once(" open opportunities").unwrap();
    let (has, most) = load.split_once(" of ").unwrap();
    assert_eq!(most.parse(), Ok(limits[to]), "{why}");
    assert!(has.parse::<u64>().unwrap() < limits[to], "{why}");
    let rest = rest.split("; ").skip(1);
    for left_out in rest.map(|words| words.trim_end_matches('.')) {
        let (name, why) = left_out.split_once(" is at the limit of ").unwrap();
        assert_eq!(
            (&offices[name], why.contains(" open opportunities")),
            (office, true),
            "{left_out}"
        );
    }
}

#[test]
fn a_sales_manager_reads_what_the_rules_would_do() {
    let unchecked =
        "the words of crm rules, crm workload and crm assign --explain on the real house";
    let Some(folder) = real_data::folder(unchecked) else { return };
    // The tenant is the same each time, and with it the order of the records.
    let house = House::sqlite();
    real_data::sales(&house, &folder);
    let staff = house.json(&["list", "staff", "--limit", "100", "--order", "name"]);
    let agents = [("Central", "Darcel Schlecht"), ("West", "Vicki Laflamme")];
    let id = |name: &str| {
        list(&staff, "items").iter().find(|one| one["name"] == name).unwrap()["id"].clone()
    };
    let capacity =
        json!({"staff": [{"name": "Anna Snelling", "capacity": {"open_opportunities": 20}}]});
    house.json(&["staff", "--set", &house.file("staff.json", capacity.to_string())]);
    let product = house.json(&["list", "products", "--limit", "100"]);
    let product =
        list(&product, "items").iter().find(|one| one["name"] == "GTK 500").unwrap()["id"].clone();
    let rules = agents.map(|(office, agent)| {
        json!({
            "name": format!("From {agent}"),
            "when": {"field": "owner_id", "value": id(agent)},
            "choices": [{"target": {"team": {"unit": office, "below": true}}, "strategy": "least_loaded"}],
        })
    });
    let dear = json!({
        "name": "GTK to who knows it", "when": {"field": "product_id", "value": product},
        "choices": [{
            "target": {"team": {"unit": "East", "below": true}}, "strategy": "best_skill",
            "needs": {"skills": {"GTK": 3}, "languages": ["en"]}
        }],
        "then": "continue",
    });
    let [one, two] = rules;
    let rules = json!([{"name": "Offices", "rules": {"opportunity": {"rules": [dear, one, two]}}}]);
    house.json(&["rules", "--set", &house.file("rules.json", rules.to_string())]);
    let mut said = ["rules", "workload"].map(|words| house.run(&[words]).out).concat();
    let asked = [
        "assign",
        "--kind",
        "opportunity",
        "--again",
        "--dry-run",
        "--explain",
        "--where",
        WITHOUT_ACCOUNT,
    ];
    let lines = house.run(&asked).out;
    assert!(!lines.contains("-5"), "no id stands for a name: {lines}");
    let lines: Vec<_> = lines.lines().collect();
    let some =
        lines.iter().take(400).filter(|line| line.contains("GTK") || line.contains("rule “From"));
    for line in some.take(8).chain(lines.iter().rev().take(1)) {
        said += &format!("{line}\n");
    }
    insta::assert_snapshot!("manager", said);
}
