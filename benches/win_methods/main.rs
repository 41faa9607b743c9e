//! Which method says best what will be won: the library's, naive Bayes without shrinking, logistic regression.

mod methods;
mod rows;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use chrono::NaiveDate;
use crm_benches::{Arguments, Result, Size, run, table};
use crm_core::{
    kernel::{Actor, Id, Scope, TenantId},
    store::Store,
    win_model::{Evaluation, Feature, Training},
};
use crm_store_sqlite::{SqliteStore, system_ports};
use uuid::Uuid;

use methods::{judge, laplace, logistic};
use rows::{FIELDS, House, Row};

const ABOUT: &str = "\
WIN METHODS: what each method says of opportunities decided from a day on, when it has seen those decided before.
AUC: 0.5 is a coin, 1 is never wrong. Brier score: lower is better, and the base rate is what everybody can say.
Naive Bayes with Laplace's rule and logistic regression (smartcore, ridge penalty) are computed here, from the same rows.
";

/// What the methods are compared on.
const USUAL: [&str; 4] = ["owner", "product", "customer", "industry"];
const SPLITS: [&str; 4] = ["2017-07-01", "2017-09-01", "2017-10-01", "2017-11-01"];
const PENALTIES: [f64; 3] = [1.0, 10.0, 100.0];

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let mut words = arguments.rest.iter();
    let given = words.find(|word| *word == "--data").and_then(|_| words.next());
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = given.map_or(beside, PathBuf::from).join("crm-sales-opportunities");
    let real = data.is_dir() && arguments.size != Size::Smoke;
    let rows = if real { rows::real(&data)? } else { rows::made_up()? };
    let what = if real { "the real data set" } else { "made up: its figures mean nothing" };
    println!("Workload: {} closed opportunities, {what}.\n", rows.len());

    let folder = arguments.folder()?;
    let store = SqliteStore::open(&folder.path().join("house.db"), system_ports()).await?;
    store.migrate().await?;
    let scope = Scope::new(TenantId(Uuid::from_u128(1)), Actor::new("bench")?);
    let house = House::fill(&store, scope, &rows).await?;

    let mut lines = Vec::new();
    for split in SPLITS {
        let split: NaiveDate = split.parse()?;
        let seen: Vec<_> = rows.iter().filter(|row| row.closed < split).collect();
        let later: Vec<_> = rows.iter().filter(|row| row.closed >= split).collect();
        let ours = trained(&store, &house, &USUAL, split).await?;
        lines.push(line(split, "base rate", "0.5000", &format!("{:.5}", ours.base_brier)));
        lines.push(told(split, "this library's", &ours));
        lines.push(judged(split, "naive Bayes, Laplace", &laplace(&seen, &later, &USUAL), &later));
        for penalty in PENALTIES {
            let name = format!("logistic, ridge {penalty}");
            lines.push(judged(split, &name, &logistic(&seen, &later, &USUAL, penalty)?, &later));
        }
    }
    println!("{}\n", table(&["method", "from", "AUC", "Brier"]).add_rows(lines));

    let mut lines = Vec::new();
    for field in FIELDS {
        for split in SPLITS {
            let split: NaiveDate = split.parse()?;
            let ours = trained(&store, &house, &[field], split).await?;
            lines.push(told(split, field, &ours));
        }
    }
    println!("This library's method, one field alone:\n");
    println!("{}", table(&["field", "from", "AUC", "Brier"]).add_rows(lines));
    Ok(())
}

/// What the library says of its own model.
async fn trained(
    store: &SqliteStore,
    house: &House,
    fields: &[&str],
    split: NaiveDate,
) -> Result<Evaluation> {
    let features: Result<Vec<Feature>, _> = fields.iter().map(|field| field.parse()).collect();
    let mut training = Training::new(house.pipeline, "2017-12-31".parse()?);
    (training.features, training.split) = (features?, Some(split));
    let mut work = store.begin(house.scope.clone()).await?;
    let id = Id::new(work.next_id());
    let model = work.win_models().train(id, &training).await?;
    Ok(model.evaluation.clone())
}

fn told(split: NaiveDate, name: &str, told: &Evaluation) -> Vec<String> {
    line(split, name, &format!("{:.4}", told.auc), &format!("{:.5}", told.brier))
}

fn judged(split: NaiveDate, name: &str, scores: &[f64], later: &[&Row]) -> Vec<String> {
    let (auc, brier) = judge(scores, later);
    line(split, name, &format!("{auc:.4}"), &format!("{brier:.5}"))
}

fn line(split: NaiveDate, name: &str, auc: &str, brier: &str) -> Vec<String> {
    vec![name.to_owned(), split.to_string(), auc.to_owned(), brier.to_owned()]
}
