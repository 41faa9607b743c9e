//! The office's commands on the real seller's house, the same on both databases.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::{Value, json};

use crate::{House, real_data};

const DAY: &str = "2017-12-31";
/// Merged into another one and back: customers stand below it.
pub(crate) const OTHER: &str = "Acme Corporation";
const SURVIVOR: &str = "Hottechi";

/// What the files say.
pub(crate) struct Said {
    pub(crate) accounts: Vec<String>,
    /// For each opportunity: agent, account, stage.
    pub(crate) deals: Vec<[String; 3]>,
    /// Whom each account is given to: who has most of its opportunities.
    pub(crate) owners: BTreeMap<String, String>,
    below: usize,
}

impl Said {
    fn read(folder: &Path) -> Self {
        let rows = |file: &str| {
            let mut file =
                csv::Reader::from_path(folder.join("crm-sales-opportunities").join(file));
            file.as_mut().unwrap().records().map(Result::unwrap).collect::<Vec<_>>()
        };
        let accounts = rows("accounts.csv");
        let below = accounts.iter().filter(|row| &row[6] == OTHER).count();
        let accounts = accounts.iter().map(|row| row[0].to_owned()).collect();
        let deals = rows("sales_pipeline.csv");
        let deals: Vec<_> =
            deals.iter().map(|row| [1, 3, 4].map(|at| row[at].to_owned())).collect();
        let mut counts: BTreeMap<_, BTreeMap<&str, usize>> = BTreeMap::new();
        for [agent, account, _] in deals.iter().filter(|[_, account, _]| !account.is_empty()) {
            *counts.entry(account.clone()).or_default().entry(agent).or_default() += 1;
        }
        let most = |agents: BTreeMap<&str, usize>| {
            agents.into_iter().max_by_key(|(_, count)| *count).unwrap().0.to_owned()
        };
        let owners = counts.into_iter().map(|(account, agents)| (account, most(agents))).collect();
        Self { accounts, deals, owners, below }
    }

    fn deals_of(&self, account: &str) -> usize {
        self.deals.iter().filter(|[_, of, _]| of == account).count()
    }

    pub(crate) fn open_deals(&self, agent: &str) -> usize {
        let open = |stage: &str| stage == "Prospecting" || stage == "Engaging";
        self.deals.iter().filter(|[by, _, stage]| by == agent && open(stage)).count()
    }

    pub(crate) fn accounts_of(&self, agent: &str) -> u64 {
        self.owners.values().filter(|owner| *owner == agent).count() as u64
    }
}

/// The house with account managers, its rules, and what happened on two days.
fn fill(house: &House, folder: &Path, said: &Said) -> String {
    assert!(real_data::sales(house, folder).iter().all(|report| report["refused"] == 0));
    let rows: String = said.owners.iter().map(|(one, by)| format!("{one},{by}\n")).collect();
    let owners = house.file("owners.csv", format!("name,owner\n{rows}"));
    assert_eq!(house.json(&["import", "customers", &owners])["changed"], 85);
    assert_eq!(house.json(&["settings", "--preset", "publishing-house"])["changed"], true);
    let agent = said.owners[OTHER].clone();
    let complete =
        "--place there --content desks --outcome asked --next-step answer --due 2017-12-30";
    for (customer, at, more) in
        [(OTHER, "2017-12-29T09:00:00Z", complete), (SURVIVOR, "2017-12-30T09:00:00Z", "")]
    {
        let begin = ["record", customer, "--channel", "phone", "--at", at, "--staff", &agent];
        house.json(&begin.into_iter().chain(more.split_whitespace()).collect::<Vec<_>>());
    }
    agent
}

/// Without what is new each time: ids, cursors, and times of today.
pub(crate) fn redacted(mut json: Value) -> Value {
    fn redact(json: &mut Value) {
        match json {
            Value::Object(members) => {
                members.iter_mut().filter(|(name, _)| *name == "next").for_each(|(_, one)| {
                    *one = json!(one.is_null());
                });
                members.values_mut().for_each(redact);
            }
            Value::Array(list) => list.iter_mut().for_each(redact),
            Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => *json = json!("[id]"),
            Value::String(text)
                if text.contains('T') && text.ends_with('Z') && &text[..3] == "202" =>
            {
                *json = json!("[time]");
            }
            _ => {}
        }
    }
    redact(&mut json);
    json
}

/// Asks both; the answer of the first.
pub(crate) fn both(houses: &[House; 2], args: &[&str]) -> Value {
    let [sqlite, postgres] = houses.each_ref().map(|house| house.json(args));
    assert_eq!(redacted(postgres), redacted(sqlite.clone()), "{args:?}");
    sqlite
}

pub(crate) fn filled(unchecked: &str) -> Option<([House; 2], Said, String)> {
    let folder = real_data::folder(unchecked)?;
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    let (houses, said) = ([sqlite, postgres], Said::read(&folder));
    let agents = houses.each_ref().map(|house| fill(house, &folder, &said));
    let [agent, _] = agents;
    Some((houses, said, agent))
}

pub(crate) fn list<'j>(json: &'j Value, key: &str) -> &'j Vec<Value> {
    json[key].as_array().unwrap()
}

#[test]
fn the_evening_inspection_names_every_account_manager() {
    let unchecked = "the inspection of the real house: counts by account manager, and the table";
    let Some((houses, said, agent)) = filled(unchecked) else { return };
    let found = both(&houses, &["inspect", "--recheck", "--limit", "100"]);
    assert_eq!(found["rechecked"][0], json!({"entity": "customers", "seen": 85, "changed": 85}));
    assert_eq!((list(&found, "incomplete").len(), &found["next"]), (85, &Value::Null));
    let managers: BTreeSet<_> = said.owners.values().collect();
    let mut total = 0;
    for count in list(&found, "by_staff") {
        let name = count["staff"]["name"].as_str().unwrap();
        assert_eq!(count["customers"], said.accounts_of(name), "{name}");
        let open = u64::from(name == agent);
        assert_eq!(count["interactions"], open, "{name}: the one without an outcome");
        total += count["customers"].as_u64().unwrap();
        let theirs = both(&houses, &["inspect", "--owner", name, "--limit", "100"]);
        assert_eq!(list(&theirs, "incomplete").len() as u64, said.accounts_of(name));
    }
    assert_eq!((total, list(&found, "by_staff").len()), (85, managers.len()));

    let tables = houses.each_ref().map(|house| {
        let file = house.folder.path().join("incomplete.csv").display().to_string();
        assert_eq!(house.json(&["inspect", "--csv", &file])["written"], 86);
        let mut table = csv::Reader::from_path(&file).unwrap();
        let rows = table.records().map(Result::unwrap);
        rows.map(|row| [0, 2, 4, 5].map(|at| row[at].to_owned())).collect::<BTreeSet<_>>()
    });
    assert_eq!(tables[0], tables[1]);
    assert_eq!(tables[0].len(), 86);
    for [kind, name, owner, _] in tables[0].iter().filter(|row| row[0] == "customer") {
        assert_eq!(said.owners.get(name), Some(owner), "{kind} {name}");
    }
}

#[test]
fn a_day_of_an_agent_is_ranked_and_closed() {
    let unchecked = "the working day and the end of the day in the real house";
    let Some((houses, said, agent)) = filled(unchecked) else { return };
    let workday = || both(&houses, &["workday", &agent, "--day", DAY, "--limit", "10000"]);
    let kinds = |day: &Value| {
        let one =
            |item: &Value| (item["kind"].as_str().unwrap().to_owned(), item["urgency"].clone());
        list(day, "items").iter().map(one).collect::<Vec<_>>()
    };
    let before = kinds(&workday());
    let urgent = |kind: &str, points: u64| (kind.to_owned(), json!(points));
    let drafts = [urgent("draft", 100), urgent("draft", 95)];
    assert_eq!(before[0], urgent("task", 110), "one day late");
    assert_eq!(before[1..3], drafts);
    let open = said.open_deals(&agent);
    assert!(open > 0);
    assert_eq!(before[3..], vec![urgent("opportunity", 60); open]);
    let other = said.owners.values().find(|owner| **owner != agent).unwrap();
    let theirs = both(&houses, &["workday", other, "--day", DAY, "--limit", "10000"]);
    assert_eq!(list(&theirs, "items").len(), said.open_deals(other), "nothing of another's");

    let closed = both(&houses, &["close-day", "--day", DAY]);
    assert_eq!(list(&closed, "closed").len(), 1);
    let left = &list(&closed, "left")[0];
    assert_eq!(left["customer"]["name"], SURVIVOR);
    assert_eq!(left["missing"], json!(["place", "content", "outcome", "next_step"]));
    assert_eq!(kinds(&workday())[..2], [before[0].clone(), drafts[1].clone()]);
    let again = both(&houses, &["close-day", "--day", DAY]);
    assert_eq!((list(&again, "closed").len(), list(&again, "left").len()), (0, 1));
}

#[test]
fn the_history_of_an_account_is_whole() {
    let unchecked = "the timeline of a real account, page by page";
    let Some((houses, said, _)) = filled(unchecked) else { return };
    let all = both(&houses, &["timeline", OTHER, "--limit", "1000"]);
    let entries = list(&all, "entries");
    let of = |kind: &str| entries.iter().filter(|entry| entry["what"] == kind).count();
    assert_eq!((of("stage_move"), of("interaction"), of("task")), (said.deals_of(OTHER), 1, 1));
    let changes = (of("change"), of("ownership"));
    assert_eq!(changes, (1, 1), "it was imported, and got an account manager");
    assert!(entries.is_sorted_by_key(|entry| std::cmp::Reverse(entry["at"].as_str().unwrap())));
    for house in &houses {
        let (mut paged, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut args = vec!["timeline", OTHER, "--limit", "30"];
            args.extend(after.iter().flat_map(|cursor| ["--after", cursor]));
            let page = house.json(&args);
            paged.extend(list(&page, "entries").iter().cloned());
            match page["next"].as_str() {
                Some(cursor) => after = Some(cursor.to_owned()),
                None => break,
            }
        }
        assert_eq!(paged, *list(&house.json(&["timeline", OTHER, "--limit", "1000"]), "entries"));
        assert_eq!(paged.len(), entries.len());
    }
}

#[test]
fn every_account_is_found_and_is_there_once() {
    let unchecked = "that each of the 85 accounts is found by its name, and none is there twice";
    let Some((houses, said, _)) = filled(unchecked) else { return };
    for name in &said.accounts {
        let found = both(&houses, &["search", name]);
        assert_eq!(list(&found, "hits")[0]["name"], name.as_str(), "{found}");
        let start: String = name.to_uppercase().chars().take(4).collect();
        let found = both(&houses, &["search", &start, "--limit", "85"]);
        assert!(list(&found, "hits").iter().any(|hit| hit["name"] == name.as_str()), "{found}");
    }
    let found = both(&houses, &["duplicates"]);
    assert_eq!(
        (&found["counts"]["groups"], &found["counts"]["customers_too_many"]),
        (&json!(0), &json!(0))
    );
    for house in &houses {
        let file = house.folder.path().join("twins.csv").display().to_string();
        house.json(&["duplicates", "--csv", &file]);
        let table = fs::read_to_string(file).unwrap();
        assert!(table.lines().skip(1).all(|line| line.starts_with(',')), "a group: {table}");
    }
}

/// Everything that a merge may touch, but for versions.
fn everything(house: &House) -> Vec<Value> {
    let kinds = ["customers", "opportunities", "stage_moves", "interactions", "tasks", "staff"];
    let mut lists: Vec<_> = kinds
        .iter()
        .map(|kind| {
            let args = ["list", kind, "--order", "id", "--limit", "10000"];
            let mut list = house.json(&args)["items"].clone();
            list.as_array_mut().unwrap().iter_mut().for_each(|one| one["version"] = Value::Null);
            list
        })
        .collect();
    assert_eq!(lists[1].as_array().unwrap().len(), 8_800);
    lists.extend(
        [&["funnel"][..], &["value", "--by", "won"], &["search", "acme"]].map(|a| house.json(a)),
    );
    lists
}

fn assert_same(houses: &[House; 2], before: &[Vec<Value>; 2], what: &str) {
    for (house, before) in houses.iter().zip(before) {
        for (now, was) in everything(house).iter().zip(before) {
            // Only where they differ: there are thousands.
            let pairs = [now, was].map(|list| list.as_array().cloned().unwrap_or_default());
            let [now_list, was_list] = &pairs;
            let other = now_list.iter().zip(was_list).find(|(now, was)| now != was);
            assert_eq!(other, None, "{what}");
            assert!(now == was, "{what}");
        }
    }
}

#[test]
fn two_accounts_are_merged_and_all_is_as_before() {
    let unchecked = "a merge of two real accounts, its preview, and that it is undone";
    let Some((houses, said, _)) = filled(unchecked) else { return };
    both(&houses, &["inspect", "--recheck"]);
    let before = houses.each_ref().map(everything);
    let preview = both(&houses, &["merge", SURVIVOR, OTHER, "--preview"]);
    assert_same(&houses, &before, "nothing is done");
    let deals = said.deals_of(OTHER);
    let moves = json!([
        {"entity": "customer", "field": "parent_id", "count": said.below},
        {"entity": "interaction", "field": "customer_id", "count": 1},
        {"entity": "opportunity", "field": "customer_id", "count": deals},
        {"entity": "owner_change", "field": "customer_id", "count": 1},
        {"entity": "stage_move", "field": "customer_id", "count": deals},
        {"entity": "task", "field": "customer_id", "count": 1},
    ]);
    assert_eq!(preview["moves"], moves);

    let id = "0190b7f4-0000-7000-8000-000000000085";
    let merged = both(&houses, &["merge", SURVIVOR, OTHER, "--id", id]);
    assert_eq!(merged["moved"], moves, "what the preview said");
    let value = both(&houses, &["value", "--by", "won"]);
    assert_eq!((&value["customers"], &value["total"]), (&json!(84), &json!("10005534.00")));
    let family = both(&houses, &["family", OTHER]);
    assert_eq!(family["merged_from"]["name"], OTHER);
    assert_eq!(list(&family, "family").len(), 1 + said.below);
    let own = &list(&family, "family")[0]["own"];
    assert_eq!(own["opportunities"], deals + said.deals_of(SURVIVOR));

    both(&houses, &["unmerge", id]);
    assert_same(&houses, &before, "all is as it was");
    let family = both(&houses, &["family", OTHER]);
    let own = &list(&family, "family")[0]["own"];
    assert_eq!((&family["merged_from"], &own["opportunities"]), (&Value::Null, &json!(deals)));
}
