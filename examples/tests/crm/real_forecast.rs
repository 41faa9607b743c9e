//! The forecast of the real seller's house: the same on both databases, and every figure by a plain look at the file.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use crate::{House, real_data};

const DAYS: [&str; 2] = ["2017-12-31", "2017-06-30"];

/// A line of the file.
struct Deal {
    agent: String,
    product: String,
    won: bool,
    engaged: String,
    closed: String,
    /// Whole dollars.
    value: Option<i64>,
}

/// Of whom, when, in which category, in which currency: how many, and cents that they are worth and that
/// are expected.
type Figures = BTreeMap<(String, String, &'static str, bool), [i64; 3]>;

struct Said {
    deals: Vec<Deal>,
    office: BTreeMap<String, String>,
}

impl Said {
    fn read(folder: &Path) -> Self {
        let rows = |file: &str| {
            let path = folder.join("crm-sales-opportunities").join(file);
            let mut file = csv::Reader::from_path(path).unwrap();
            file.records().map(Result::unwrap).collect::<Vec<_>>()
        };
        let deals = rows("sales_pipeline.csv").into_iter().map(|row| Deal {
            agent: row[1].to_owned(),
            product: row[2].replace("GTXPro", "GTX Pro"),
            won: &row[4] == "Won",
            engaged: row[5].to_owned(),
            closed: row[6].to_owned(),
            value: row[7].parse().ok(),
        });
        let office = rows("sales_teams.csv").into_iter();
        let office = office.map(|row| (row[0].to_owned(), row[2].to_owned())).collect();
        Self { deals: deals.collect(), office }
    }

    /// What the definition says: a deal counts from the day it was engaged, as pipeline at half its value and without a
    /// date; from the day it was won in that month; once it is lost not at all. When prospects began nobody knows: they are there
    /// since they were read in.
    fn forecast(
        &self,
        as_of: &str,
        row: impl Fn(&Deal) -> String,
        period: impl Fn(&str) -> String,
    ) -> Figures {
        let mut figures = Figures::new();
        for deal in &self.deals {
            let decided = !deal.closed.is_empty() && deal.closed.as_str() <= as_of;
            let engaged = !deal.engaged.is_empty() && deal.engaged.as_str() <= as_of;
            let cents = deal.value.unwrap_or(0) * 100;
            let (when, category, expected) = match (decided, deal.won) {
                (true, true) => (period(&deal.closed), "closed", cents),
                (true, false) => continue,
                (false, _) if engaged => ("no_date".to_owned(), "pipeline", cents / 2),
                (false, _) => continue,
            };
            let sum = figures.entry((row(deal), when, category, deal.value.is_some())).or_default();
            for (sum, more) in sum.iter_mut().zip([1, cents, expected]) {
                *sum += more;
            }
        }
        figures
    }
}

fn houses(unchecked: &str) -> Option<([House; 2], Said)> {
    let folder = real_data::folder(unchecked)?;
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    let houses = [sqlite, postgres];
    for house in &houses {
        let reports = real_data::sales_with(house, &folder, &["--set", "decided_from=engaging"]);
        assert!(reports.iter().all(|report| report["refused"] == 0), "{reports:?}");
    }
    Some((houses, Said::read(&folder)))
}

/// Asks both; the answer of the first. Ids are new in each.
fn both(houses: &[House; 2], args: &[&str]) -> Value {
    let [sqlite, postgres] = houses.each_ref().map(|house| house.json(args));
    assert_eq!(without_ids(postgres), without_ids(sqlite.clone()), "{args:?}");
    sqlite
}

fn without_ids(mut json: Value) -> Value {
    match &mut json {
        Value::Object(members) => {
            members.values_mut().for_each(|one| *one = without_ids(one.take()))
        }
        Value::Array(list) => list.iter_mut().for_each(|one| *one = without_ids(one.take())),
        Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => return json!("[id]"),
        _ => {}
    }
    json
}

fn cents(json: &Value) -> i64 {
    let text = json.as_str().unwrap();
    let (whole, rest) = text.split_once('.').unwrap_or((text, "00"));
    assert_eq!(rest.len(), 2, "{text}");
    whole.parse::<i64>().unwrap() * 100 + rest.parse::<i64>().unwrap()
}

fn told<'j>(rows: impl IntoIterator<Item = (String, &'j Value)>) -> Figures {
    let mut figures = Figures::new();
    for (name, cells) in rows {
        for cell in cells.as_array().unwrap() {
            let priced = cell["currency"] == "USD";
            assert!(priced || cell["currency"].is_null(), "{cell}");
            let amounts = ["amount", "weighted"].map(|key| match priced {
                true => cents(&cell[key]),
                false => cell[key].as_str().unwrap().parse().unwrap(),
            });
            let category = ["closed", "pipeline", "commit", "best_case", "omitted"];
            let category = category.into_iter().find(|one| cell["category"] == **one).unwrap();
            let period = cell["period"].as_str().unwrap().to_owned();
            let figure = [cell["count"].as_i64().unwrap(), amounts[0], amounts[1]];
            let key = (name.clone(), period, category, priced);
            assert_eq!(figures.insert(key, figure), None, "a figure twice: {cell}");
        }
    }
    figures
}

fn by_row(answer: &Value, cells: &str) -> Figures {
    let rows = answer["rows"].as_array().unwrap();
    told(rows.iter().map(|row| (row["name"].as_str().unwrap_or("-").to_owned(), &row[cells])))
}

/// The quarter of a year that begins in April, which is called by the year it ends in.
fn fiscal_quarter(day: &str) -> String {
    let (year, month): (i64, i64) = (day[..4].parse().unwrap(), day[5..7].parse().unwrap());
    let into = (month + 12 - 4) % 12;
    let ends = if month >= 4 { year + 1 } else { year };
    format!("FY{ends}-Q{}", into / 3 + 1)
}

#[test]
fn every_figure_of_the_real_forecast_is_that_of_a_plain_look_at_the_file() {
    let unchecked = "every figure of the forecast of the real house, on two days";
    let Some((houses, said)) = houses(unchecked) else { return };
    let month = |day: &str| day[..7].to_owned();
    for as_of in DAYS {
        let forecast = |by: &str| both(&houses, &["forecast", "--as-of", as_of, "--by", by]);
        let owners = forecast("owner");
        let expected = said.forecast(as_of, |deal| deal.agent.clone(), month);
        assert!(expected.len() > 100, "{}", expected.len());
        assert_eq!(by_row(&owners, "cells"), expected, "by owner as of {as_of}");
        let all = said.forecast(as_of, |_| "all".to_owned(), month);
        assert_eq!(told([("all".to_owned(), &owners["total"])]), all, "as of {as_of}");

        let teams = forecast("team");
        let expected = said.forecast(as_of, |deal| said.office[&deal.agent].clone(), month);
        assert_eq!(by_row(&teams, "cells"), expected, "by team as of {as_of}");
        assert_eq!(by_row(&teams, "own"), expected, "no office stands below another");
        let products = forecast("product");
        let expected = said.forecast(as_of, |deal| deal.product.clone(), month);
        assert_eq!(by_row(&products, "cells"), expected, "by product as of {as_of}");
        let categories = forecast("category");
        for (key, figure) in by_row(&categories, "cells") {
            let (category, when, named, priced) = key;
            assert_eq!(category, named);
            assert_eq!(all.get(&("all".to_owned(), when, named, priced)), Some(&figure));
        }
        let quarters = ["--period", "quarter", "--fiscal-year-start", "4"];
        let quarters = both(&houses, &[&["forecast", "--as-of", as_of][..], &quarters].concat());
        let expected = said.forecast(as_of, |deal| deal.agent.clone(), fiscal_quarter);
        assert_eq!(by_row(&quarters, "cells"), expected, "by quarter as of {as_of}");
    }
}

#[test]
fn each_real_figure_lists_its_opportunities() {
    let unchecked =
        "that the question behind each figure of the real forecast lists its opportunities";
    let Some((houses, _)) = houses(unchecked) else { return };
    let answer = houses[0].json(&["forecast", "--as-of", DAYS[0], "--by", "team", "--queries"]);
    let mut checked = 0;
    for row in answer["rows"].as_array().unwrap() {
        let own = row["own"].as_array().unwrap().iter();
        for cell in row["cells"].as_array().unwrap().iter().chain(own).step_by(3) {
            assert_eq!(cell["others"], json!([]), "nothing is shared: {cell}");
            let question = cell["opportunities"].to_string();
            let args = ["list", "opportunities", "--limit", "10000", "--where", &question];
            let list = houses[0].json(&args)["items"].clone();
            let list = list.as_array().unwrap();
            assert_eq!(list.len() as u64, cell["count"], "{cell}");
            let sum: i64 = list
                .iter()
                .filter(|one| !one["amount"].is_null())
                .map(|one| cents(&one["amount"]["amount"]))
                .sum();
            let expected = if cell["currency"].is_null() { 0 } else { cents(&cell["amount"]) };
            assert_eq!(sum, expected, "{cell}");
            checked += 1;
        }
    }
    assert!(checked > 8, "{checked}");
}

#[test]
fn the_real_house_is_compared_and_its_forecasts_are_judged() {
    let unchecked = "snapshots of the real house, what changed between them, and accuracy by month";
    let Some((houses, said)) = houses(unchecked) else { return };
    let [late, early] = DAYS;
    let compared = || both(&houses, &["forecast", "compare", early, late]);
    let from_moves = compared();
    for day in [early, late, early] {
        let taken = both(&houses, &["forecast", "snapshot", "--day", day]);
        let all = said.forecast(day, |_| String::new(), |day| day[..7].to_owned());
        let counted: i64 = all.values().map(|figure| figure[0]).sum();
        assert_eq!(taken["lines"], counted, "{day}");
    }
    assert_eq!(compared(), from_moves, "snapshots say what the moves say");
    let count = |kind: &str| {
        let changes = from_moves["changes"].as_array().unwrap();
        let of = changes.iter().find(|change| change["kind"] == kind);
        of.map_or(0, |change| change["opportunities"].as_u64().unwrap())
    };
    let there = |deal: &Deal, day: &str| !deal.engaged.is_empty() && deal.engaged.as_str() <= day;
    let decided = |deal: &Deal, day: &str| !deal.closed.is_empty() && deal.closed.as_str() <= day;
    let of = |which: &dyn Fn(&Deal) -> bool| said.deals.iter().filter(|d| which(d)).count() as u64;
    let was_open = |deal: &Deal| there(deal, early) && !decided(deal, early);
    assert_eq!(count("won"), of(&|d| was_open(d) && decided(d, late) && d.won));
    assert_eq!(count("lost"), of(&|d| was_open(d) && decided(d, late) && !d.won));
    let counts = |deal: &Deal| there(deal, late) && (!decided(deal, late) || deal.won);
    assert_eq!(count("new"), of(&|d| !there(d, early) && counts(d)));
    let figures = |json: &Value| -> BTreeMap<(String, String), i64> {
        let told = json.as_array().unwrap().iter().filter(|one| !one["currency"].is_null());
        told.map(|one| {
            let sign = if one["amount"].as_str().unwrap().starts_with('-') { -1 } else { 1 };
            let amount = one["amount"].as_str().unwrap().trim_start_matches('-');
            (
                (one["category"].to_string(), one["currency"].to_string()),
                sign * cents(&json!(amount)),
            )
        })
        .collect()
    };
    let mut sum = figures(&from_moves["before"]);
    for change in from_moves["changes"].as_array().unwrap() {
        for (key, amount) in figures(&change["figures"]) {
            *sum.entry(key).or_default() += amount;
        }
    }
    // A category in which nothing is left has no figure.
    sum.retain(|_, amount| *amount != 0);
    let mut after = figures(&from_moves["after"]);
    after.retain(|_, amount| *amount != 0);
    assert_eq!(sum, after, "what was and what changed is what is");

    let months = both(&houses, &["forecast", "accuracy", "--as-of", late, "--from", "2017-01-01"]);
    let mut won: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    for deal in said.deals.iter().filter(|deal| deal.won) {
        let sum = won.entry(deal.closed[..7].to_owned()).or_default();
        *sum = [sum[0] + 1, sum[1] + deal.value.unwrap() * 100];
    }
    let told = months["months"].as_array().unwrap().iter().map(|month| {
        // Nobody said when what is open would close: nothing was forecast of any month.
        assert_eq!((&month["expected"], &month["accuracy"]), (&json!("0.00"), &Value::Null));
        let closed = &month["closed"];
        let told = [closed["count"].as_i64().unwrap(), cents(&closed["amount"])];
        (month["month"].as_str().unwrap().to_owned(), told)
    });
    assert_eq!(told.collect::<BTreeMap<_, _>>(), won);
}
