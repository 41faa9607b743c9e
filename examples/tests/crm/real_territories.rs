//! Territories of the real seller's offices, the same on both databases.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};

use crate::{
    House, real_data,
    real_house::{both, list},
};

const DAY: [&str; 2] = ["--day", "2017-12-31"];
const CENTRAL: [&str; 3] = ["technolgy", "medical", "marketing"];
const EAST: [&str; 3] = ["retail", "finance", "entertainment"];
const WEST: [&str; 2] = ["software", "telecommunications"];

/// An account, and the money of its won deals in the last quarter, in dollars.
struct Account {
    name: String,
    sector: String,
    home: bool,
    won: u64,
}

struct Said {
    accounts: Vec<Account>,
    /// The agents of each office.
    offices: BTreeMap<String, Vec<String>>,
    transactions: String,
}

impl Said {
    fn read(folder: &Path) -> Self {
        let rows = |file: &str| {
            let path = folder.join("crm-sales-opportunities").join(file);
            let mut file = csv::Reader::from_path(path).unwrap();
            file.records().map(Result::unwrap).collect::<Vec<_>>()
        };
        let mut won: BTreeMap<String, u64> = BTreeMap::new();
        let mut transactions = "external_id,customer,date,revenue\n".to_owned();
        for deal in rows("sales_pipeline.csv").iter().filter(|row| &row[4] == "Won") {
            let [id, account, date, value] = [0, 3, 6, 7].map(|at| &deal[at]);
            transactions += &format!("{id},{account},{date},{value}\n");
            if ("2017-10-01".."2017-12-31").contains(&date) {
                *won.entry(account.to_owned()).or_default() += value.parse::<u64>().unwrap();
            }
        }
        let accounts = rows("accounts.csv").into_iter().map(|row| Account {
            name: row[0].to_owned(),
            sector: row[1].to_owned(),
            home: &row[5] == "United States",
            won: won.get(&row[0]).copied().unwrap_or_default(),
        });
        let accounts = accounts.collect();
        let mut offices: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for agent in rows("sales_teams.csv") {
            offices.entry(agent[2].to_owned()).or_default().push(agent[0].to_owned());
        }
        Self { accounts, offices, transactions }
    }

    fn of(&self, belongs: impl Fn(&Account) -> bool) -> Vec<&Account> {
        self.accounts.iter().filter(|one| belongs(one)).collect()
    }

    /// The offices, by sector at home; what is abroad is West's.
    fn plan(&self, central: &[&str], east: &[&str], west: &[&str]) -> Value {
        let home = |sectors: &[&str]| {
            json!({"all": [
                {"field": "country", "value": "US"},
                {"field": "industry", "op": "in", "value": sectors},
            ]})
        };
        let abroad = json!({"any": [{"field": "country", "op": "ne", "value": "US"}, home(west)]});
        let all = [("Central", home(central)), ("East", home(east)), ("West", abroad)];
        let all = all.map(|(office, criteria)| {
            let staff = self.offices[office].iter().map(|name| json!({"staff": name}));
            json!({"name": office, "criteria": criteria, "members": staff.collect::<Vec<_>>()})
        });
        json!({"territories": all})
    }
}

/// Who belongs where by the first plan.
fn office(one: &Account) -> Option<&'static str> {
    let sector = one.sector.as_str();
    match one.home {
        false => Some("West"),
        true if CENTRAL.contains(&sector) => Some("Central"),
        true if EAST.contains(&sector) => Some("East"),
        true if WEST.contains(&sector) => Some("West"),
        true => None,
    }
}

/// A plan of a territory for each office, in which its agents work.
pub(crate) fn plan_of_offices(folder: &Path) -> Value {
    Said::read(folder).plan(&CENTRAL, &EAST, &WEST)
}

#[test]
fn the_offices_of_the_real_house_are_territories() {
    let unchecked = "territories of the real house: overlaps, gaps, and what a re-alignment moves";
    let Some(folder) = real_data::folder(unchecked) else { return };
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    let (houses, said) = ([sqlite, postgres], Said::read(&folder));
    let [first, _] = &houses;
    let plan = first.file("plan.json", said.plan(&CENTRAL, &EAST, &WEST).to_string());
    let won = first.file("won.csv", &said.transactions);
    for house in &houses {
        real_data::sales(house, &folder);
        let read = house.json(&["import", "transactions", &won, "--set", "currency=USD"]);
        assert_eq!(read["refused"], 0, "{read}");
    }
    let ask = |words: &[&str]| both(&houses, &[&["territories"], words, &DAY].concat());
    assert_eq!(ask(&["align", &plan])["members"], 35);

    let tree = ask(&[]);
    for one in list(&tree, "territories") {
        let name = one["name"].as_str().unwrap();
        let customers = said.of(|account| office(account) == Some(name)).len();
        assert_eq!((&one["customers"], customers > 10), (&json!(customers), true), "{name}");
        let members: BTreeSet<_> =
            list(one, "members").iter().map(|member| member["name"].as_str().unwrap()).collect();
        assert_eq!(members, said.offices[name].iter().map(String::as_str).collect(), "{name}");
    }
    let checked = ask(&["check"]);
    assert_eq!((&checked["customers"], &checked["overlaps"]), (&json!(85), &json!([])));
    assert_eq!(checked["members"], json!([]), "somebody works in each");
    let nowhere: BTreeSet<_> =
        said.of(|one| office(one).is_none()).into_iter().map(|one| one.name.as_str()).collect();
    assert!(!nowhere.is_empty() && nowhere.len() <= 20, "{nowhere:?}");
    let gap = &checked["gap"];
    assert_eq!((&gap["customers"], &gap["first"]), (&json!(nowhere.len()), &json!(nowhere)));
    let criteria = gap["where"].to_string();
    let listed = both(&houses, &["list", "customers", "--where", &criteria]);
    assert_eq!(list(&listed, "items").len(), nowhere.len(), "the list behind the figure");

    // West takes what is medical at home over from Central, and East what belonged nowhere.
    let east = [&EAST[..], &["services", "employment"]].concat();
    let west = [&WEST[..], &["medical"]].concat();
    let then = said.plan(&["technolgy", "marketing"], &east, &west);
    let then = first.file("then.json", then.to_string());
    let preview = ask(&["preview", &then, "--from", "2017-10-01"]);
    let moved = |from: Option<&str>, to: &str, accounts: &[&Account]| {
        let won: u64 = accounts.iter().map(|one| one.won).sum();
        assert!(won > 0, "{from:?} to {to}");
        let figures =
            json!({"customers": accounts.len(), "revenue": {"USD": won.to_string()}, "open": {}});
        json!({"from": from, "to": to, "figures": figures})
    };
    let medical = said.of(|one| one.home && one.sector == "medical");
    let newly = said.of(|one| office(one).is_none());
    let moves = [moved(None, "East", &newly), moved(Some("Central"), "West", &medical)];
    assert_eq!(preview["moves"], json!(moves));
    assert_eq!(list(&preview, "members").len(), 35, "everybody gains or loses");
    assert_eq!(ask(&["check"]), checked, "nothing was written");

    // With Central keeping it, both claim it.
    let both_claim = said.plan(&CENTRAL, &EAST, &west);
    let both_claim = first.file("both.json", both_claim.to_string());
    ask(&["align", &both_claim]);
    let checked = ask(&["check"]);
    let [overlap] = list(&checked, "overlaps").as_slice() else { panic!("{checked}") };
    assert_eq!(overlap["customers"], medical.len());
    let criteria = overlap["where"].to_string();
    let listed = both(&houses, &["list", "customers", "--where", &criteria]);
    let names = |all: &[&Account]| all.iter().map(|one| one.name.clone()).collect::<BTreeSet<_>>();
    let listed = list(&listed, "items").iter().map(|one| one["name"].as_str().unwrap().to_owned());
    assert_eq!(listed.collect::<BTreeSet<_>>(), names(&medical));
}
