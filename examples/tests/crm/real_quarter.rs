//! Who won what in a quarter of the real seller, and how fast: by an independent fold over the file, as of several days, the
//! same on both databases.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    House,
    real_house::both,
    real_pipeline::{Deal, Said, day, days, filled, listed, share, total},
};

/// What was won and lost in a period as of a day, by a key of the deals; what was open then.
fn decided<'d>(
    said: &'d Said,
    ((from, to), as_of): ((NaiveDate, NaiveDate), NaiveDate),
    key: impl Fn(&'d Deal) -> Option<String>,
) -> BTreeMap<Option<String>, [Vec<&'d Deal>; 3]> {
    let mut groups: BTreeMap<_, [Vec<&Deal>; 3]> = BTreeMap::new();
    for deal in &said.deals {
        let closed = deal.closed.is_some_and(|day| from <= day && day < to && day <= as_of);
        // The 500 that prospect came when they were imported.
        let came = deal.engaged.map_or(as_of == day("2999-12-31"), |day| day <= as_of);
        let open = came && deal.closed.is_none_or(|day| day > as_of);
        let place = match deal.stage.as_str() {
            "Won" if closed => 0,
            "Lost" if closed => 1,
            _ if open => 2,
            _ => continue,
        };
        groups.entry(key(deal)).or_default()[place].push(deal);
    }
    groups
}

fn cycle(won: &[&Deal]) -> Value {
    days(won.iter().map(|deal| (deal.closed.unwrap() - deal.engaged.unwrap()).num_days()).collect())
}

/// What makes the row of a deal.
type Key<'k> = &'k dyn Fn(&Deal) -> Option<String>;

/// A quarter: when it was over, in its middle, and as all of it is known now.
const QUARTER: [&str; 4] = ["--from", "2017-07-01", "--to", "2017-10-01"];
const DAYS: [&str; 3] = ["2017-09-30", "2017-08-15", "2999-12-31"];

fn quarter(as_of: &str) -> ((NaiveDate, NaiveDate), NaiveDate) {
    ((day("2017-07-01"), day("2017-10-01")), day(as_of))
}

fn ask(houses: &[House; 2], command: &[&str], as_of: &str) -> Vec<Value> {
    let found = both(houses, &[command, &QUARTER, &["--as-of", as_of]].concat());
    assert_eq!(found["as_of"], as_of);
    found["rows"].as_array().unwrap().clone()
}

fn name(row: &Value) -> Option<String> {
    row["name"].as_str().map(str::to_owned)
}

#[test]
fn who_won_what_in_a_quarter_is_what_the_file_says() {
    let unchecked = "the leaderboard of the real house";
    let Some((houses, said)) = filled(unchecked) else { return };
    // Of the period by itself it is as when that was over.
    let [over, ..] = DAYS;
    let plain = both(&houses, &[&["leaderboard"], &QUARTER[..]].concat());
    assert_eq!(plain["rows"], json!(ask(&houses, &["leaderboard"], over)));
    let keys: [(&str, Key<'_>); 3] = [
        ("owner", &|deal| Some(deal.agent.clone())),
        ("team", &|deal| said.office.get(&deal.agent).cloned()),
        ("whole", &|_| None),
    ];
    for as_of in DAYS {
        for (by, key) in keys {
            let expected = decided(&said, quarter(as_of), key);
            let board = ask(&houses, &["leaderboard", "--by", by], as_of);
            assert_eq!(board.len(), expected.len(), "{by} {as_of}");
            for row in &board {
                let [won, lost, open] = &expected[&name(row)];
                let found =
                    (&row["won"], &row["lost"], &row["open"], &row["cycle"], &row["win_rate"]);
                let rate = share(won.len(), won.len() + lost.len());
                let expected = (&total(won), &total(lost), &total(open), &cycle(won), &rate);
                assert_eq!(found, expected, "{by} {as_of} {row}");
            }
            let amount = |row: &Value| {
                row["won"]["amounts"]["USD"].as_str().map(|text| text.parse::<Decimal>().unwrap())
            };
            assert!(board.is_sorted_by_key(|row| std::cmp::Reverse(amount(row))));
        }
    }
}

#[test]
fn which_part_was_won_in_a_quarter_is_what_the_file_says() {
    let unchecked = "win rates of the real house";
    let Some((houses, said)) = filled(unchecked) else { return };
    let band = |deal: &Deal| {
        let value = deal.value?;
        let bands = [(500, "below 500 USD"), (5_000, "500 to 5000 USD")];
        let band = bands.iter().find(|(limit, _)| value < Decimal::from(*limit));
        Some(band.map_or("from 5000 USD", |(_, name)| name).to_owned())
    };
    let keys: [(&[&str], Key<'_>); 6] = [
        (&["--by", "whole"], &|_| None),
        (&["--by", "owner"], &|deal| Some(deal.agent.clone())),
        (&["--by", "team"], &|deal| said.office.get(&deal.agent).cloned()),
        (&["--by", "product"], &|deal| Some(deal.product.clone())),
        (&["--by", "customer-field", "--field", "industry"], &|deal| {
            said.sector.get(&deal.account).cloned()
        }),
        (&["--by", "size", "--bands", "500,5000", "--currency", "USD"], &band),
    ];
    for as_of in DAYS {
        for (args, key) in keys {
            let mut expected = decided(&said, quarter(as_of), key);
            // Only what was decided counts here; and in no band is what has no amount.
            expected.retain(|key, [won, lost, _]| {
                won.len() + lost.len() > 0 && (args[1] != "size" || key.is_some())
            });
            let rows = ask(&houses, &[&["win-rate"], args].concat(), as_of);
            assert_eq!(rows.len(), expected.len(), "{args:?} {as_of}");
            for row in &rows {
                let name = name(row).map(|name| name.replace(".00", ""));
                let [won, lost, _] = &expected[&name];
                assert_eq!(
                    (&row["won"], &row["lost"]),
                    (&total(won), &total(lost)),
                    "{args:?} {row}"
                );
                assert_eq!(row["rate"], share(won.len(), won.len() + lost.len()), "{args:?} {row}");
            }
        }
    }
}

#[test]
fn what_a_day_of_a_quarter_brings_is_what_the_file_says() {
    let unchecked = "the velocity and coverage of the real house";
    let Some((houses, said)) = filled(unchecked) else { return };
    for as_of in DAYS {
        let keys: [(&str, Key<'_>); 3] = [
            ("whole", &|_| None),
            ("owner", &|deal| Some(deal.agent.clone())),
            ("team", &|deal| said.office.get(&deal.agent).cloned()),
        ];
        for (by, key) in keys {
            let expected = decided(&said, quarter(as_of), key);
            let lines = ask(&houses, &["velocity", "--by", by], as_of);
            assert_eq!(lines.len(), expected.len(), "{by} {as_of}");
            for line in &lines {
                let [won, lost, open] = &expected[&name(line)];
                let found = (&line["won"], &line["lost"], &line["open"], &line["cycle"]);
                let told = (&total(won), &total(lost), &total(open), &cycle(won));
                assert_eq!(found, told, "{by} {as_of} {line}");
                let worked = won.len() + lost.len() + open.len();
                assert_eq!(line["opportunities"], worked);
                if won.is_empty() {
                    continue;
                }
                let amount: Decimal = won.iter().filter_map(|deal| deal.value).sum();
                let took: i64 = won
                    .iter()
                    .map(|deal| (deal.closed.unwrap() - deal.engaged.unwrap()).num_days())
                    .sum();
                let [n, w, l] = [worked, won.len(), lost.len()].map(Decimal::from);
                // Opportunities × average deal × win rate ÷ average days.
                let per_day = n * (amount / w) * (w / (w + l)) / (Decimal::from(took) / w);
                let found: Decimal = line["per_day"]["USD"].as_str().unwrap().parse().unwrap();
                assert!((found - per_day).abs() < Decimal::new(1, 3), "{found} {per_day}");
            }
        }
        let whole = decided(&said, quarter(as_of), |_| None);
        let [won, ..] = &whole[&None];
        let args = ["coverage", "--target", "5000000 USD", "--as-of", as_of];
        let found = both(&houses, &[&args[..], &QUARTER].concat());
        assert_eq!(found["won"], total(won), "{as_of}");
        // The file does not say when the others are expected to be decided.
        assert_eq!(found["open"], total(&[]), "{as_of}");
    }
}

#[test]
fn a_figure_of_a_quarter_leads_to_its_opportunities() {
    let unchecked = "the opportunities of figures of the real leaderboard, velocity and win rates, page by page";
    let Some((houses, said)) = filled(unchecked) else { return };
    let agent = said.deals[0].agent.clone();
    for as_of in DAYS {
        let by_agent = decided(&said, quarter(as_of), |deal| Some(deal.agent.clone()));
        let by_sector =
            decided(&said, quarter(as_of), |deal| said.sector.get(&deal.account).cloned());
        let [won, lost, open] = &by_agent[&Some(agent.clone())];
        let retail = &by_sector[&Some("retail".to_owned())][1];
        let all: Vec<_> = by_agent.values().flatten().flatten().copied().collect();
        let by_field = ["win-rate", "--by", "customer-field", "--field", "industry"];
        let cases: [(&[&str], String, &[&Deal]); 5] = [
            (&["leaderboard"], format!("{agent}:won"), won),
            (&["leaderboard"], format!("{agent}:open"), open),
            (&["velocity", "--by", "owner"], format!("{agent}:lost"), lost),
            (&["velocity"], "All:opportunities".to_owned(), &all),
            (&by_field, "retail:lost".to_owned(), retail),
        ];
        for (command, cell, expected) in cases {
            let expected: BTreeSet<_> = expected.iter().map(|deal| deal.id.clone()).collect();
            assert!(!expected.is_empty(), "{command:?} {cell} {as_of}");
            for house in &houses {
                let args = [command, &QUARTER, &["--as-of", as_of]].concat();
                let found = listed(house, &args, &cell);
                assert_eq!(found.len(), expected.len(), "{command:?} {cell} {as_of}");
                assert_eq!(
                    found.into_iter().collect::<BTreeSet<_>>(),
                    expected,
                    "{command:?} {cell}"
                );
            }
        }
    }
    // A program gets the question itself, where it asks.
    let args = [&["leaderboard", "--queries"], &QUARTER[..]].concat();
    let row = &both(&houses, &args)["rows"][0];
    let lists = row["won"]["query"].as_array().unwrap();
    assert_eq!(lists.len(), 4, "alone and shared, as it is and as it was");
    assert!(lists.iter().all(|list| list["where"].is_object()), "{row}");
}
