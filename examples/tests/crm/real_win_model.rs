//! The win model on the real seller's house: the same on both databases, and as a plain computation from the file has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};

use crate::{House, real_data};

const SPLIT: &str = "2017-10-01";

/// A row of the file, with the account's sector.
struct Deal {
    id: String,
    agent: String,
    product: String,
    account: String,
    sector: String,
    opened: String,
    closed: String,
    stage: String,
}

type Read = fn(&Deal) -> String;

/// As the command names them, and as they stand in the file.
const FIELDS: [(&str, Read); 5] = [
    ("owner", |deal| deal.agent.clone()),
    ("product", |deal| deal.product.clone()),
    ("customer", |deal| deal.account.clone()),
    ("industry", |deal| deal.sector.clone()),
    ("opened_quarter_month", |deal| {
        let month: usize = deal.opened.get(5..7).map_or(0, |month| month.parse().unwrap());
        if month == 0 { "(none)".to_owned() } else { ((month - 1) % 3 + 1).to_string() }
    }),
];

impl Deal {
    fn all(folder: &Path) -> Vec<Self> {
        let rows = |file: &str| {
            let path = folder.join("crm-sales-opportunities").join(file);
            let mut file = csv::Reader::from_path(path).unwrap();
            file.records().map(Result::unwrap).collect::<Vec<_>>()
        };
        let sectors: BTreeMap<_, _> =
            rows("accounts.csv").iter().map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
        let none = |text: &str| if text.is_empty() { "(none)" } else { text }.to_owned();
        let deals = rows("sales_pipeline.csv");
        let deal = |row: &csv::StringRecord| Self {
            id: row[0].to_owned(),
            agent: none(&row[1]),
            product: none(&row[2].replace("GTXPro", "GTX Pro")),
            account: none(&row[3]),
            sector: sectors.get(&row[3]).cloned().unwrap_or_else(|| "(none)".to_owned()),
            opened: row[5].to_owned(),
            closed: row[6].to_owned(),
            stage: row[4].to_owned(),
        };
        deals.iter().map(deal).collect()
    }

    fn is_won(&self) -> bool {
        self.stage == "Won"
    }

    fn is_open(&self) -> bool {
        self.closed.is_empty()
    }
}

/// A field of the model by its definition.
struct Field {
    read: Read,
    counts: BTreeMap<String, (f64, f64)>,
    smoothing: Option<f64>,
}

/// The model by its definition, over these fields of the list above.
struct Plain {
    won: f64,
    lost: f64,
    fields: Vec<Field>,
}

impl Plain {
    fn of(deals: &[&Deal], names: &[&str]) -> Self {
        let won = deals.iter().filter(|deal| deal.is_won()).count() as f64;
        let n = deals.len() as f64;
        let p = won / n;
        let fields = FIELDS.iter().filter(|(name, _)| names.contains(name)).map(|(_, read)| {
            let mut counts: BTreeMap<_, (f64, f64)> = BTreeMap::new();
            for deal in deals {
                let (won, lost) = counts.entry(read(deal)).or_default();
                *(if deal.is_won() { won } else { lost }) += 1.0;
            }
            let size = |(won, lost): &(f64, f64)| won + lost;
            let spread: f64 = counts.values().map(|c| size(c) * (c.0 / size(c) - p).powi(2)).sum();
            let squares: f64 = counts.values().map(|c| size(c).powi(2)).sum();
            let k = counts.len() as f64 - 1.0;
            let likeness = (spread / (p * (1.0 - p)) - k) / (n - squares / n - k);
            let smoothing = (likeness > 0.0).then(|| (1.0 / likeness - 1.0).max(2.0));
            Field { read: *read, counts, smoothing }
        });
        Self { won, lost: n - won, fields: fields.collect() }
    }

    fn base(&self) -> f64 {
        rounded(self.won / (self.won + self.lost))
    }

    /// From 0 to 1, as it is told: in per cent with two decimals.
    fn score(&self, deal: &Deal) -> f64 {
        let p = self.won / (self.won + self.lost);
        let logit = |p: f64| (p / (1.0 - p)).ln();
        let mut log_odds = logit(p);
        for field in &self.fields {
            let seen = field.counts.get(&(field.read)(deal));
            if let (Some((won, lost)), Some(m)) = (seen, field.smoothing) {
                log_odds += logit((won + m * p) / (won + lost + m)) - logit(p);
            }
        }
        rounded(1.0 / (1.0 + (-log_odds).exp()))
    }
}

fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// The area under the ROC curve, pair by pair, the Brier score, and that of the base rate.
fn judged(plain: &Plain, later: &[&Deal]) -> [String; 3] {
    let scores: Vec<_> = later.iter().map(|deal| (plain.score(deal), deal.is_won())).collect();
    let of = |won: bool| scores.iter().filter(move |score| score.1 == won).map(|score| score.0);
    let (mut right, mut pairs) = (0.0, 0.0);
    for won in of(true) {
        for lost in of(false) {
            pairs += 1.0;
            right += f64::from(u8::from(won > lost)) + f64::from(u8::from(won == lost)) / 2.0;
        }
    }
    let brier = |say: &dyn Fn(f64) -> f64| {
        let each =
            scores.iter().map(|(score, won)| (say(*score) - f64::from(u8::from(*won))).powi(2));
        each.sum::<f64>() / scores.len() as f64
    };
    let base = plain.base();
    [right / pairs, brier(&|score| score), brier(&|_| base)].map(|figure| format!("{figure:.6}"))
}

fn filled(unchecked: &str) -> Option<([House; 2], Vec<Deal>)> {
    let folder = real_data::folder(unchecked)?;
    let houses = [House::sqlite(), House::postgres()];
    for house in &houses {
        assert!(real_data::sales(house, &folder).iter().all(|report| report["refused"] == 0));
    }
    Some((houses, Deal::all(&folder)))
}

/// Asks both; the answer of the first. Ids differ.
fn both(houses: &[House; 2], args: &[&str]) -> Value {
    let [sqlite, postgres] = houses.each_ref().map(|house| {
        let mut answer = house.json(args);
        forget_ids(&mut answer);
        answer
    });
    assert_eq!(postgres, sqlite, "{args:?}");
    sqlite
}

fn forget_ids(json: &mut Value) {
    match json {
        Value::Object(members) => members.values_mut().for_each(forget_ids),
        Value::Array(list) => list.iter_mut().for_each(forget_ids),
        Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => *json = json!("[id]"),
        _ => {}
    }
}

fn list<'j>(json: &'j Value, key: &str) -> &'j Vec<Value> {
    json[key].as_array().unwrap()
}

#[test]
fn the_win_model_of_the_real_house_equals_a_plain_computation() {
    let unchecked = "the win model of the real house: counts, AUC, Brier score, scores";
    let Some((houses, deals)) = filled(unchecked) else { return };
    let closed: Vec<_> = deals.iter().filter(|deal| !deal.is_open()).collect();
    let (earlier, later): (Vec<_>, Vec<_>) =
        closed.iter().copied().partition(|deal| deal.closed.as_str() < SPLIT);
    let all: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
    for names in [&all[..], &all[..4], &all[4..]] {
        let fields = names.join(",");
        let split = ["--as-of", "2017-12-31", "--split", SPLIT, "--fields", &fields];
        let told = both(&houses, &[&["win-model", "train"][..], &split].concat());
        assert_eq!((&told["won"], &told["lost"]), (&json!(4_238), &json!(2_473)));
        assert_eq!((&told["since"], &told["base"]), (&json!("2017-03-01"), &json!("63.15")));
        let plain = Plain::of(&closed, names);
        for (field, folded) in list(&told, "fields").iter().zip(&plain.fields) {
            let counted: BTreeMap<_, _> = list(field, "values")
                .iter()
                .map(|one| {
                    let both = (one["won"].as_f64().unwrap(), one["lost"].as_f64().unwrap());
                    (one["name"].as_str().unwrap().to_owned(), both)
                })
                .collect();
            assert_eq!(counted, folded.counts, "{}", field["field"]);
            let kept = field["smoothing"].as_str().map(|m| m.parse::<f64>().unwrap());
            match (kept, folded.smoothing) {
                (Some(kept), Some(folded)) => assert!((kept - folded).abs() < 1e-3),
                (kept, folded) => assert_eq!(kept, folded, "{}", field["field"]),
            }
        }
        let judge = &told["evaluation"];
        let [auc, brier, base] = judged(&Plain::of(&earlier, names), &later);
        assert_eq!((&judge["auc"], &judge["brier"]), (&json!(auc), &json!(brier)), "{fields}");
        assert_eq!(judge["base_brier"], base);
        let sizes = [&judge["trained"], &judge["tested"]]
            .map(|size| size["won"].as_u64().unwrap() + size["lost"].as_u64().unwrap());
        assert_eq!(sizes, [earlier.len() as u64, later.len() as u64]);
        let table = list(judge, "calibration").iter().map(|row| row["count"].as_u64().unwrap());
        assert_eq!(table.sum::<u64>(), later.len() as u64);
    }
    let shown = both(&houses, &["win-model", "show", "--number", "1"]);
    assert_eq!((&shown["model"], list(&shown, "fields").len()), (&json!(1), 5), "the first stays");
}

#[test]
fn the_scores_of_the_real_house_are_written_once() {
    let unchecked = "the scores of the real house's open opportunities";
    let Some((houses, deals)) = filled(unchecked) else { return };
    let names: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
    let fields = names.join(",");
    both(&houses, &["win-model", "train", "--as-of", "2017-12-31", "--fields", &fields]);
    let closed: Vec<_> = deals.iter().filter(|deal| !deal.is_open()).collect();
    let plain = Plain::of(&closed, &names);
    let open: BTreeMap<_, _> = deals
        .iter()
        .filter(|deal| deal.is_open())
        .map(|deal| (deal.id.as_str(), format!("{:.2}", plain.score(deal) * 100.0)))
        .collect();
    let before = houses.each_ref().map(|house| house.json(&["funnel"]));
    let score = ["win-model", "score", "--limit", "10000"];
    let told = both(&houses, &score);
    let told: BTreeMap<_, _> = list(&told, "opportunities")
        .iter()
        .map(|one| {
            (one["external_id"].as_str().unwrap(), one["score"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(told, open);
    assert!(told.values().collect::<BTreeSet<_>>().len() > 1, "they differ");

    let write = [&score[..], &["--write", "--step", "0"]].concat();
    for changed in [2_089, 0] {
        let done = both(&houses, &write);
        let written = json!({"seen": 2_089, "changed": changed, "manual": 0});
        assert_eq!(done["written"], written);
        for one in list(&done, "opportunities") {
            assert_eq!((&one["probability"], &one["source"]), (&one["score"], &json!("model")));
        }
    }
    let after = houses.each_ref().map(|house| house.json(&["funnel"]));
    assert_eq!(after, before, "no status changes");
    let leads =
        both(&houses, &["win-model", "score", "--owner", "Darcel Schlecht", "--limit", "5"]);
    assert_eq!(list(&leads, "opportunities").len(), 5);
}

#[test]
fn the_amount_of_the_real_house_tells_the_outcome_and_is_refused() {
    let unchecked = "that a model must not look at the amounts of the real house";
    let Some((houses, _)) = filled(unchecked) else { return };
    for house in &houses {
        let fields = "product,amount:1000 USD/5000 USD";
        let args = ["win-model", "train", "--as-of", "2017-12-31", "--fields", fields];
        let said = house.run(&args);
        assert_eq!(said.code, Some(1), "{}", said.out);
        assert!(said.err.contains("amount") && said.err.contains("of the outcome"), "{}", said.err);
        let said = house.run(&["win-model", "score"]);
        assert!(said.err.contains("no model is trained yet"), "{}", said.err);
    }
}
