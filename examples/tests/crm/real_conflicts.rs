//! Who works with the same customer on the same product, in the real seller's house.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use crate::{
    House, real_data,
    real_house::{both, list},
};

/// For each account and product with several open opportunities: the agents, in alphabetical order.
type Expected = BTreeMap<(String, String), Vec<String>>;

/// What the file says, counted by hand.
fn expected(folder: &Path) -> Expected {
    let file = folder.join("crm-sales-opportunities/sales_pipeline.csv");
    let mut file = csv::Reader::from_path(file).unwrap();
    let mut groups = Expected::new();
    for row in file.records().map(Result::unwrap) {
        let [agent, product, account, stage] = [1, 2, 3, 4].map(|at| row[at].to_owned());
        if account.is_empty() || !["Prospecting", "Engaging"].contains(&stage.as_str()) {
            continue;
        }
        let product = if product == "GTXPro" { "GTX Pro".to_owned() } else { product };
        groups.entry((account, product)).or_default().push(agent);
    }
    groups.retain(|_, agents| agents.len() > 1);
    groups.values_mut().for_each(|agents| agents.sort());
    groups
}

fn found(page: &[Value]) -> Expected {
    let text = |json: &Value| json.as_str().unwrap().to_owned();
    let group = |one: &Value| {
        let owners = list(one, "opportunities").iter().map(|rival| text(&rival["owner"]["name"]));
        let mut owners: Vec<_> = owners.collect();
        owners.sort();
        ((text(&one["customer"]["name"]), text(&one["shared"]["product"]["name"])), owners)
    };
    page.iter().map(group).collect()
}

#[test]
fn every_conflict_of_the_real_house_is_listed() {
    let unchecked = "the conflicts of the real house, counted from the file";
    let Some(folder) = real_data::folder(unchecked) else { return };
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    let houses = [sqlite, postgres];
    for house in &houses {
        assert!(real_data::sales(house, &folder).iter().all(|report| report["refused"] == 0));
    }
    let expected = expected(&folder);
    assert!(expected.len() > 100, "{}", expected.len());
    let all = both(&houses, &["conflicts", "--limit", "100000"]);
    assert_eq!(all["next"], Value::Null);
    assert_eq!(list(&all, "conflicts").len(), expected.len(), "none is told twice");
    assert_eq!(found(list(&all, "conflicts")), expected);
    for one in list(&all, "conflicts") {
        let since: Vec<_> = list(one, "opportunities")
            .iter()
            .map(|rival| rival["since"].as_str().unwrap())
            .collect();
        assert!(since.is_sorted(), "{one}");
        assert_eq!(one["since"], since[1]);
    }

    // Page by page they are the same.
    let (mut paged, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut args = vec!["conflicts", "--limit", "30"];
        args.extend(after.iter().flat_map(|id| ["--after", id]));
        let page = houses[0].json(&args);
        paged.extend(list(&page, "conflicts").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(&paged, list(&all, "conflicts"));

    // Everybody who is not the only owner is told once for each pair.
    let pairs = expected.values().map(|agents| {
        let pairs = agents.iter().enumerate().flat_map(|(at, one)| {
            agents.iter().skip(at + 1).map(move |other| usize::from(one != other))
        });
        2 * pairs.sum::<usize>()
    });
    let told = both(&houses, &["conflicts", "--limit", "100000", "--warn"]);
    assert_eq!(told["new_tasks"], pairs.sum::<usize>());
    let again = both(&houses, &["conflicts", "--limit", "100000", "--warn"]);
    assert_eq!(again["new_tasks"], 0);

    // Where products of one series count as one, there are fewer groups, with more in them.
    let rules = houses.each_ref().map(|house| {
        let rules = house.file("rules.json", r#"{"conflicts": "category"}"#);
        house.json(&["settings", "--set", &rules])["changed"].clone()
    });
    assert_eq!(rules, [true, true].map(Value::from));
    let all = both(&houses, &["conflicts", "--limit", "100000"]);
    let shared: BTreeSet<_> = list(&all, "conflicts")
        .iter()
        .map(|one| one["shared"]["category"].as_str().unwrap().to_owned())
        .collect();
    assert!(shared.is_subset(&["GTX", "MG", "GTK"].map(str::to_owned).into()), "{shared:?}");
}
