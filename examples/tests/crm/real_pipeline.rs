//! The figures of the real seller's pipeline, by an independent fold over the file, the same on both databases.
//!
//! The file says of each opportunity the day on which it was engaged and the day on which it was decided. It was engaging
//! from the first day on, and won or lost from the second one on. The 500 that prospect have no day: they came when they
//! were imported.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{House, real_data, real_house::both};

const AS_OF: &str = "2017-12-31";

/// A row of the file.
#[derive(Clone)]
pub(crate) struct Deal {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) product: String,
    pub(crate) account: String,
    pub(crate) stage: String,
    pub(crate) engaged: Option<NaiveDate>,
    pub(crate) closed: Option<NaiveDate>,
    pub(crate) value: Option<Decimal>,
}

/// What the files say.
pub(crate) struct Said {
    pub(crate) deals: Vec<Deal>,
    /// The office of each agent, the sector of each account.
    pub(crate) office: BTreeMap<String, String>,
    pub(crate) sector: BTreeMap<String, String>,
}

impl Said {
    fn read(folder: &Path) -> Self {
        let rows = |file: &str| {
            let file = folder.join("crm-sales-opportunities").join(file);
            let mut file = csv::Reader::from_path(file).unwrap();
            file.records().map(Result::unwrap).collect::<Vec<_>>()
        };
        let day = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let deals = rows("sales_pipeline.csv");
        let deal = |row: &csv::StringRecord| Deal {
            id: row[0].into(),
            agent: row[1].into(),
            product: if &row[2] == "GTXPro" { "GTX Pro".into() } else { row[2].into() },
            account: row[3].into(),
            stage: row[4].into(),
            engaged: day(&row[5]),
            closed: day(&row[6]),
            value: (!row[7].is_empty()).then(|| row[7].parse().unwrap()),
        };
        let two = |file, key: usize, value: usize| {
            let all = rows(file);
            all.iter().map(|row| (row[key].to_owned(), row[value].to_owned())).collect()
        };
        Self {
            deals: deals.iter().map(deal).collect(),
            office: two("sales_teams.csv", 0, 2),
            sector: two("accounts.csv", 0, 1),
        }
    }

    fn these(&self, holds: impl Fn(&&Deal) -> bool) -> Vec<&Deal> {
        self.deals.iter().filter(holds).collect()
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn filled(unchecked: &str) -> Option<([House; 2], Said)> {
    let folder = real_data::folder(unchecked)?;
    let (mut sqlite, postgres) = (House::sqlite(), House::postgres());
    sqlite.set_tenant(&postgres);
    let houses = [sqlite, postgres];
    for house in &houses {
        let more = ["--set", "decided_from=engaging"];
        let reports = real_data::sales_with(house, &folder, &more);
        assert!(reports.iter().all(|report| report["refused"] == 0), "{reports:?}");
    }
    Some((houses, Said::read(&folder)))
}

/// How many, and what they are worth.
pub(crate) fn total(deals: &[&Deal]) -> Value {
    let values: Vec<_> = deals.iter().filter_map(|deal| deal.value).collect();
    let amounts = match values.as_slice() {
        [] => json!({}),
        some => json!({"USD": format!("{:.2}", some.iter().sum::<Decimal>())}),
    };
    json!({"count": deals.len(), "amounts": amounts})
}

pub(crate) fn share(part: usize, whole: usize) -> Value {
    if whole == 0 {
        return Value::Null;
    }
    let exact = Decimal::from(part) / Decimal::from(whole);
    let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    json!(format!("{:.6}", exact.round_dp_with_strategy(6, strategy)))
}

/// By the definitions: how many days at the most half of these took, and nine of ten.
pub(crate) fn days(mut days: Vec<i64>) -> Value {
    days.sort_unstable();
    if days.is_empty() {
        return Value::Null;
    }
    let (count, sum) = (days.len(), days.iter().sum::<i64>());
    let average = Decimal::from(sum) / Decimal::from(count);
    let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    let average = average.round_dp_with_strategy(2, strategy).normalize();
    json!({
        "count": count, "total": sum, "average": average.to_string(),
        "median": days[count.div_ceil(2) - 1], "percentile_90": days[(count * 9).div_ceil(10) - 1],
        "longest": days[count - 1],
    })
}

/// Every figure of the funnel, of the deals that count.
fn funnel(deals: &[&Deal], from: NaiveDate, to: NaiveDate, as_of: NaiveDate) -> Value {
    let in_period = |day: Option<NaiveDate>| day.is_some_and(|day| from <= day && day < to);
    let seen = |day: Option<NaiveDate>| day.is_some_and(|day| day <= as_of);
    let pick = |holds: &dyn Fn(&Deal) -> bool| -> Vec<&Deal> {
        deals.iter().copied().filter(|deal| holds(deal)).collect()
    };
    let is = |deal: &Deal, stage: &str| deal.stage == stage && seen(deal.closed);
    let none: Vec<&Deal> = Vec::new();
    let stage = |key: &str, name: &str, kind: &str, cells: [&Vec<&Deal>; 10], stays: Vec<i64>| {
        const MEASURES: [&str; 10] = [
            "entered",
            "in_stage",
            "forward",
            "back",
            "won",
            "lost",
            "transferred",
            "next",
            "onward",
            "became_won",
        ];
        let cell = |(measure, deals): (&str, &Vec<&Deal>)| {
            let total = total(deals);
            json!({"measure": measure, "count": total["count"], "amounts": total["amounts"]})
        };
        let entered = cells[0].len();
        let to_next = if kind == "open" { share(cells[7].len(), entered) } else { Value::Null };
        json!({
            "key": key, "stage": name, "kind": kind,
            "cells": MEASURES.into_iter().zip(cells).map(cell).collect::<Vec<_>>(),
            "to_next": to_next, "to_won": share(cells[9].len(), entered), "stayed": days(stays),
        })
    };
    let engaged =
        pick(&|deal| deal.stage != "Prospecting" && in_period(deal.engaged) && seen(deal.engaged));
    let engaging = pick(&|deal| {
        deal.stage != "Prospecting" && seen(deal.engaged) && !is(deal, "Won") && !is(deal, "Lost")
    });
    let of = |stage: &str| -> Vec<&Deal> {
        engaged.iter().copied().filter(|deal| is(deal, stage)).collect()
    };
    let (won, lost) = (of("Won"), of("Lost"));
    let stays = won.iter().chain(&lost);
    let stays = stays.map(|deal| (deal.closed.unwrap() - deal.engaged.unwrap()).num_days());
    let stays = stays.collect();
    let decided = |stage: &str| pick(&|deal| is(deal, stage) && in_period(deal.closed));
    let standing = |stage: &str| pick(&|deal| is(deal, stage));
    let (won_then, lost_then) = (decided("Won"), decided("Lost"));
    let n = &none;
    json!([
        stage("prospecting", "Prospecting", "open", [n, n, n, n, n, n, n, n, n, n], Vec::new()),
        stage(
            "engaging",
            "Engaging",
            "open",
            [&engaged, &engaging, n, n, &won, &lost, n, &won, &won, &won],
            stays
        ),
        stage(
            "won",
            "Won",
            "won",
            [&won_then, &standing("Won"), n, n, n, n, n, n, n, &won_then],
            Vec::new()
        ),
        stage(
            "lost",
            "Lost",
            "lost",
            [&lost_then, &standing("Lost"), n, n, n, n, n, n, n, n],
            Vec::new()
        ),
    ])
}

#[test]
fn every_figure_of_the_funnel_is_what_a_fold_over_the_file_says() {
    let unchecked = "the funnel over time of the real house, every figure of it";
    let Some((houses, said)) = filled(unchecked) else { return };
    let agent = said.deals[0].agent.clone();
    let central = |deal: &&Deal| said.office[&deal.agent] == "Central";
    let pro = |deal: &&Deal| deal.product == "GTX Pro";
    let criteria = r#"{"field":"amount","op":"present"}"#;
    let all = ("2016-01-01", "2018-01-01", AS_OF);
    let questions: [(_, Vec<&Deal>, &[&str]); 8] = [
        (all, said.these(|_| true), &[]),
        (("2017-04-01", "2017-07-01", AS_OF), said.these(|_| true), &[]),
        (("2017-04-01", "2017-07-01", "2017-09-30"), said.these(|_| true), &[]),
        (("2017-07-01", "2018-01-01", "2017-08-15"), said.these(|_| true), &[]),
        (all, said.these(|deal| deal.agent == agent), &["--owner", &agent]),
        (all, said.these(central), &["--team", "Central"]),
        (("2017-01-01", "2017-10-01", AS_OF), said.these(pro), &["--product", "GTX Pro"]),
        (all, said.these(|deal| deal.value.is_some()), &["--where", criteria]),
    ];
    for ((from, to, as_of), deals, which) in questions {
        assert!(deals.len() > 100, "{which:?}");
        let args = ["funnel", "--from", from, "--to", to, "--as-of", as_of];
        let found = both(&houses, &[&args[..], which].concat());
        let expected = funnel(&deals, day(from), day(to), day(as_of));
        assert_eq!(found["cohorts"], expected, "{args:?} {which:?}");
        let standing: Vec<_> = found["stages"].as_array().unwrap().iter().collect();
        for (line, stage) in standing.iter().zip(expected.as_array().unwrap()) {
            assert_eq!(line["count"], stage["cells"][1]["count"], "{args:?} {which:?}");
        }
    }
    // As of the day of the import those are there that nobody knows the day of.
    let now = both(&houses, &["funnel", "--as-of", "2999-12-31"]);
    let counts: Vec<_> = now["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [500, 1_589, 4_238, 2_473]);
    let plain = both(&houses, &["funnel"]);
    assert_eq!(plain["stages"], now["stages"]);
}

/// The opportunities behind a figure, page by page.
pub(crate) fn listed(house: &House, args: &[&str], cell: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut args = [args, &["--cell", cell, "--limit", "500"]].concat();
        args.extend(after.iter().flat_map(|cursor| ["--after", cursor]));
        let page = house.json(&args);
        let ids = page["items"].as_array().unwrap().iter();
        found.extend(ids.map(|item| item["external_id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(cursor) => after = Some(cursor.to_owned()),
            None => return found,
        }
    }
}

#[test]
fn a_figure_of_the_funnel_leads_to_its_opportunities() {
    let unchecked = "the opportunities of figures of the real funnel, page by page";
    let Some((houses, said)) = filled(unchecked) else { return };
    let (from, to) = (day("2017-04-01"), day("2017-07-01"));
    let cohort = |deal: &&Deal| deal.engaged.is_some_and(|day| from <= day && day < to);
    let standing = |deal: &&Deal| {
        let then = day("2017-06-30");
        deal.stage != "Prospecting"
            && deal.engaged.is_some_and(|day| day <= then)
            && deal.closed.is_none_or(|day| day > then)
    };
    let lost = said.these(|deal| cohort(deal) && deal.stage == "Lost");
    for (cell, as_of, expected) in [
        ("engaging:lost", AS_OF, lost),
        ("engaging:entered", AS_OF, said.these(cohort)),
        ("engaging:in_stage", "2017-06-30", said.these(standing)),
    ] {
        let expected: BTreeSet<_> = expected.iter().map(|deal| deal.id.as_str()).collect();
        assert!(expected.len() > 100, "{cell}");
        for house in &houses {
            let args = ["funnel", "--from", "2017-04-01", "--to", "2017-07-01", "--as-of", as_of];
            let found = listed(house, &args, cell);
            assert_eq!(found.len(), expected.len(), "{cell}");
            assert!(found.iter().all(|id| expected.contains(id.as_str())), "{cell}");
        }
    }
}

#[test]
fn what_is_stuck_is_listed_once_with_its_reason() {
    let unchecked = "what is stuck in the real house";
    let Some((houses, said)) = filled(unchecked) else { return };
    let found = both(&houses, &["stuck", "--as-of", AS_OF, "--limit", "10000"]);
    let engaging = said.these(|deal| deal.stage == "Engaging");
    assert_eq!((&found["open"], &found["stuck"]), (&total(&engaging), &total(&engaging)));
    let items = found["items"].as_array().unwrap();
    let ids: BTreeSet<_> = items.iter().map(|item| item["external_id"].as_str().unwrap()).collect();
    let expected: BTreeSet<_> = engaging.iter().map(|deal| deal.id.as_str()).collect();
    assert_eq!(ids, expected);
    assert!(items.iter().all(|item| item["reasons"] == json!(["no next step"])));
    // Of equals the one first that is longest in its stage.
    let engaged: BTreeMap<_, _> =
        engaging.iter().map(|deal| (deal.id.as_str(), deal.engaged)).collect();
    assert!(items.iter().map(|item| engaged[item["external_id"].as_str().unwrap()]).is_sorted());
    let slipped = both(&houses, &["slipped"]);
    assert_eq!(slipped["rows"][0]["slipped"]["opportunities"], 0, "an import puts nothing off");
    // On a day in summer that was open which is decided now, too.
    let day = day("2017-07-15");
    let then = |deal: &&Deal| {
        deal.engaged.is_some_and(|on| on <= day) && deal.closed.is_none_or(|on| on > day)
    };
    let open = said.these(then);
    let found = both(&houses, &["stuck", "--as-of", "2017-07-15", "--limit", "10000"]);
    assert_eq!((&found["open"], &found["stuck"]), (&total(&open), &total(&open)));
    let items = found["items"].as_array().unwrap();
    let ids: BTreeSet<_> = items.iter().map(|item| item["external_id"].as_str().unwrap()).collect();
    assert_eq!(ids, open.iter().map(|deal| deal.id.as_str()).collect());
    assert!(open.iter().any(|deal| deal.stage == "Won"));
    assert!(items.iter().all(|item| item["stage"] == "engaging"));
}
