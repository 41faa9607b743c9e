//! Pools, claims and handovers in the real seller's house, the same on both databases.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    House, real_data,
    real_house::{both, filled, list},
};

const POOLS: &str = r#"[{"name": "Shops", "rules": {
    "when": {"field": "industry", "value": "retail"}, "picks_per_day": 2, "wait_days": 30, "masked": ["employees"],
    "recycling": [{"name": "stale", "silent_days": 90, "when": {"field": "industry", "value": "retail"}}]}}]"#;

/// The accounts of a sector, as the file says.
fn of_sector(sector: &str) -> BTreeSet<String> {
    let folder = real_data::folder("accounts by sector").unwrap();
    let file = csv::Reader::from_path(folder.join("crm-sales-opportunities/accounts.csv"));
    let rows = file.unwrap().records().map(Result::unwrap).collect::<Vec<_>>();
    rows.iter().filter(|row| &row[1] == sector).map(|row| row[0].to_owned()).collect()
}

fn names(json: &Value, key: &str, of: &str) -> BTreeSet<String> {
    let name = |one: &Value| one.pointer(of).unwrap().as_str().unwrap().to_owned();
    list(json, key).iter().map(name).collect()
}

fn refused(houses: &[House; 2], args: &[&str], words: &str) {
    for house in houses {
        let said = house.run(args);
        assert_eq!(said.code, Some(1), "{args:?}: {}", said.out);
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}

#[test]
fn shops_nobody_speaks_with_come_back_and_are_claimed() {
    let unchecked = "recycling, the pool and claims in the real house";
    let Some((houses, said, _)) = filled(unchecked) else { return };
    let [first, _] = &houses;
    let pools = first.file("pools.json", POOLS);
    both(&houses, &["pool", "--set", &pools]);
    for house in &houses {
        let table = house.run(&["pool"]).out;
        for words in [
            "Shops has those with industry retail.",
            "Shops shows employees here only once a customer is taken.",
            "Shops takes back: stale: no interaction for 90 days; of those with industry retail.",
        ] {
            assert!(table.contains(words), "{words}: {table}");
        }
    }
    let shops: BTreeSet<_> =
        of_sector("retail").into_iter().filter(|name| said.owners.contains_key(name)).collect();
    assert!(shops.len() > 10, "{shops:?}");
    let recycle = ["pool", "recycle", "Shops", "--as-of", "2999-01-01"];
    let dry = both(&houses, &[&recycle[..], &["--dry-run"]].concat());
    assert_eq!(names(&dry, "returned", "/customer/name"), shops);
    for one in list(&dry, "returned") {
        let owner = &said.owners[one["customer"]["name"].as_str().unwrap()];
        assert_eq!(one["owner"]["name"], json!(owner));
    }
    assert_eq!(both(&houses, &recycle)["returned"], dry["returned"], "as it was told");
    assert_eq!(both(&houses, &recycle)["returned"], json!([]));
    let shown = both(&houses, &["pool", "show", "Shops"]);
    assert_eq!(names(&shown, "customers", "/name"), shops);
    assert!(
        list(&shown, "customers").iter().all(|one| one["employees"].is_null()),
        "they are hidden"
    );

    // Two a day, none that was one's own a short time ago, and none that somebody else has.
    let all: Vec<_> = shops.iter().map(String::as_str).collect();
    let own = |name: &str| said.owners[name].as_str();
    let agent = said.deals.iter().map(|[agent, ..]| agent.as_str());
    let agent = agent.filter(|agent| all.iter().all(|shop| own(shop) != *agent)).min().unwrap();
    for shop in &all[..2] {
        let told = both(&houses, &["claim", "Shops", shop, "--by", agent]);
        assert_eq!((&told["owner"]["name"], &told["claimed"]), (&json!(agent), &json!(true)));
    }
    refused(&houses, &["claim", "Shops", all[2], "--by", agent], "and 2 a day is the most");
    refused(&houses, &["claim", "Shops", all[2], "--by", own(all[2])], "it was theirs until 20");
    let other = own(all[2]);
    refused(
        &houses,
        &["claim", "Shops", all[0], "--by", other],
        &format!("{agent} has it since 20"),
    );
    let owners = both(&houses, &["owners", all[0]]);
    let verbs: Vec<_> = list(&owners, "owners").iter().map(|one| &one["verb"]).collect();
    let [.., recycled, claimed] = verbs.as_slice() else { panic!("{owners}") };
    assert_eq!((recycled, claimed), (&&json!("recycled"), &&json!("claimed")));
    for house in &houses {
        let table = house.run(&["owners", all[0]]).out;
        for words in ["Since (UTC)", "taken back", "to Shops: stale", agent, "from Shops"] {
            assert!(table.contains(words), "{words}: {table}");
        }
    }
    let load = both(&houses, &["workload"]);
    let has = list(&load, "people").iter().find(|one| one["name"] == agent).unwrap();
    assert_eq!(has["has"]["customers"], said.accounts_of(agent) + 2);
}

/// What somebody has, of each kind.
fn has(houses: &[House; 2], name: &str) -> Value {
    let load = both(houses, &["workload"]);
    list(&load, "people")
        .iter()
        .find(|one| one["name"] == name)
        .map_or(Value::Null, |one| one["has"].clone())
}

#[test]
fn everything_of_an_agent_goes_to_colleagues() {
    let unchecked = "the handover of an agent of the real house";
    let Some((houses, said, agent)) = filled(unchecked) else { return };
    let preview = both(&houses, &["handover", &agent, "--preview"]);
    let has_now = preview["has"].clone();
    let (customers, open) = (said.accounts_of(&agent), said.open_deals(&agent) as u64);
    assert!(customers > 0 && open > 0);
    assert_eq!(
        (&has_now["customers"], &has_now["opportunities"]),
        (&json!(customers), &json!(open))
    );
    assert_eq!((&has_now["tasks"], &has_now["open"]), (&json!(1), &json!([])));
    assert_eq!(preview["left"], customers + open + 1);

    let others: BTreeSet<_> =
        said.deals.iter().map(|[by, ..]| by).filter(|by| **by != agent).collect();
    let [one, two]: [&String; 2] =
        others.into_iter().take(2).collect::<Vec<_>>().try_into().unwrap();
    let before = [one, two].map(|name| has(&houses, name));
    let words = ["handover", &agent, "--to", one, "--to", two, "--reason", "she left"];
    let would = both(&houses, &[&words[..], &["--preview"]].concat());
    let done = both(&houses, &[&words[..], &["--at-once", "50"]].concat());
    assert_eq!((&done["left"], list(&done, "to").len()), (&json!(0), 2));
    let sum = |told: &Value, of: &str| {
        list(told, "to").iter().map(|one| one[of].as_u64().unwrap()).sum::<u64>()
    };
    for kind in ["customers", "opportunities", "tasks", "leads"] {
        for (told, was) in list(&done, "to").iter().zip(list(&would, "to")) {
            assert_eq!((&told["name"], &told[kind]), (&was["name"], &was[kind]), "{kind}");
        }
        assert_eq!(json!(sum(&done, kind)), has_now[kind], "nothing is lost: {kind}");
    }
    for (told, was) in list(&done, "to").iter().zip(before) {
        let now = has(&houses, told["name"].as_str().unwrap());
        for kind in ["customers", "opportunities", "tasks", "leads"] {
            let expected = was[kind].as_u64().unwrap() + told[kind].as_u64().unwrap();
            assert_eq!(now[kind], expected, "{kind} of {}", told["name"]);
        }
    }
    assert_eq!(
        has(&houses, &agent),
        json!({"customers": 0, "opportunities": 0, "leads": 0, "tasks": 0})
    );
    for house in &houses {
        let said = house.run(&["handover", &agent, "--preview"]);
        assert_eq!(said.out.trim(), format!("{agent} has nothing to hand over."), "{}", said.err);
    }
    let account = said.owners.iter().find(|(_, owner)| **owner == agent).unwrap().0;
    let owners = both(&houses, &["owners", account]);
    let last = list(&owners, "owners").last().unwrap();
    assert_eq!((&last["verb"], &last["why"]), (&json!("handed_over"), &json!("she left")));
}
