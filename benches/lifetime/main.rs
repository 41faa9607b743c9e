//! How long models of lifetime value take to fit and to predict, and how much memory many customers need.

mod peer;

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use chrono::{Days, NaiveDate};
use crm_benches::{Arguments, Result, Series, Size, load, peak, run, start_peak, table};
use crm_core::lifetime::{
    Cohort, Fit, History, Model, Outlook, PurchaseModel, TimeUnit, by_customer, fit,
    ordered_by_customer,
};
use peer::Peer;
use rust_decimal::Decimal;

const ABOUT: &str = "\
LIFETIME: models of lifetime value, fitted to the whole of CDNOW (until 1997-09-30, in weeks), and what they predict.
Each round fits and predicts once by each side, by turns; one core. A prediction is P(alive) and expected purchases
within 52 weeks; \"each anew\" computes every customer by itself, \"together\" once for all of a frequency and an age.
lifetimes is a Python package: `--python PATH`, see benches/peers/lifetimes_fit.py; without it its columns stay empty.
";

const END: &str = "1997-09-30";
const HORIZON: f64 = 52.0;

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let end: NaiveDate = END.parse()?;
    let data = arguments
        .word("--data")
        .map_or(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let file = data.join("cdnow/CDNOW_master.txt");
    let real = file.is_file() && arguments.size != Size::Smoke;
    let rows: Vec<_> = if real { read(&file)? } else { made_up(end, 600).collect() };
    let what = if real { "CDNOW" } else { "made up: its figures mean nothing" };

    let started = Instant::now();
    let mut cohort = Cohort::new(end, TimeUnit::Week);
    let mut histories = Vec::new();
    for customer in by_customer(rows) {
        histories.extend(cohort.add(&customer?.1)?);
    }
    println!(
        "Workload: {} customers, {what}; load {}. Their histories took {:.1} ms.\n",
        histories.len(),
        load(),
        started.elapsed().as_secs_f64() * 1e3,
    );

    let folder = arguments.folder()?;
    let mut peer = match arguments.word("--python") {
        Some(python) => Some(Peer::start(python, folder.path(), &histories)?),
        None => None,
    };
    match &peer {
        Some(peer) => println!("Beside it: {}.\n", peer.version),
        None => println!("lifetimes was not asked: no `--python` was given.\n"),
    }
    let rounds = arguments.size.pick(1, 3, 7);
    let mut lines = Vec::new();
    for model in [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd, Model::GammaGamma] {
        let known = matches!(model, Model::BgNbd | Model::ParetoNbd);
        lines.push(compare(model, &cohort, &histories, peer.as_mut().filter(|_| known), rounds)?);
    }
    let head = [
        "model",
        "fit, ms",
        "lifetimes, ms",
        "times as fast",
        "each anew, ns",
        "together, ns",
        "lifetimes, ns",
    ];
    println!("{}\n", table(&head).add_rows(lines));

    let many = arguments.number("--customers")?;
    many_customers(end, many.unwrap_or(arguments.size.pick(1_000, 1_000_000, 10_000_000)))
}

/// A line of the table. Both sides must come to the same log-likelihood.
fn compare(
    model: Model,
    cohort: &Cohort,
    histories: &[History],
    mut peer: Option<&mut Peer>,
    rounds: usize,
) -> Result<Vec<String>> {
    let [mut ours, mut theirs, mut anew, mut together, mut told] =
        [(); 5].map(|()| Series::default());
    for _ in 0..rounds {
        let started = Instant::now();
        let found = fit(model, cohort)?;
        ours.push(started.elapsed().as_secs_f64() * 1e3);
        if let Some(purchases) = found.purchases() {
            anew.push(per_customer(histories, |history| one(&purchases, history)));
            let mut outlook = Outlook::new(purchases, TimeUnit::Week, HORIZON, 0.0)?;
            together.push(per_customer(histories, |history| outlook.of(history).purchases));
        }
        if let Some(peer) = peer.as_deref_mut() {
            let answer = peer.fit(model.as_str())?;
            theirs.push(answer.fit_ms);
            told.push(answer.prediction_ns);
            same(&found, answer.parameters)?;
        }
    }
    let cell = |series: &Series, decimals: usize| {
        if series.median().is_nan() { String::new() } else { series.with_range(decimals) }
    };
    Ok(vec![
        model.to_string(),
        cell(&ours, 2),
        cell(&theirs, 0),
        cell(&theirs.over(&ours), 0),
        cell(&anew, 0),
        cell(&together, 0),
        cell(&told, 0),
    ])
}

fn one(model: &PurchaseModel, history: &History) -> f64 {
    let (x, age) = (f64::from(history.frequency), TimeUnit::Week.of_days(history.age));
    let alive = model.alive(x, TimeUnit::Week.of_days(history.recency), age);
    alive * model.while_alive(x, age, HORIZON)
}

fn per_customer(histories: &[History], mut predict: impl FnMut(&History) -> f64) -> f64 {
    let started = Instant::now();
    let sum: f64 = histories.iter().map(&mut predict).sum();
    black_box(sum);
    started.elapsed().as_secs_f64() * 1e9 / histories.len() as f64
}

/// The surface of Pareto/NBD is flat: theirs is within a hundredth part of ours.
fn same(ours: &Fit, theirs: [f64; 4]) -> Result {
    for ((name, ours), theirs) in ours.parameters.iter().zip(theirs) {
        if (ours / theirs - 1.0).abs() > 0.01 {
            return Err(format!("{name} is {ours} here, and {theirs} by lifetimes").into());
        }
    }
    Ok(())
}

/// All of a large base, customer after customer as a store gives them: grouped, fitted, predicted.
fn many_customers(end: NaiveDate, customers: usize) -> Result {
    let before = start_peak();
    let started = Instant::now();
    let mut cohort = Cohort::new(end, TimeUnit::Week);
    for customer in ordered_by_customer(made_up(end, customers)) {
        cohort.add(&customer?.1)?;
    }
    let grouped = started.elapsed();
    let found = fit(Model::BgNbd, &cohort)?;
    let fitted = started.elapsed() - grouped;
    let values = fit(Model::GammaGamma, &cohort)?;
    drop(cohort);
    let purchases = found.purchases().ok_or("it predicts nothing")?;
    let mut outlook = Outlook::new(purchases, TimeUnit::Week, HORIZON, 0.1)?;
    let mut sum = 0.0;
    for customer in ordered_by_customer(made_up(end, customers)) {
        let history = History::of(&customer?.1, end)?;
        sum += history.map_or(0.0, |history| outlook.of(&history).discounted_purchases);
    }
    let memory =
        peak().zip(before).map_or("unknown".to_owned(), |(peak, b)| format!("{:.0} MB", peak - b));
    println!(
        "{customers} customers, made up: histories in {:.1} s, BG/NBD in {:.2} s, all in {:.1} s, {memory} more at the peak; \
         {sum:.0} purchases expected, {} with values.",
        grouped.as_secs_f64(),
        fitted.as_secs_f64(),
        started.elapsed().as_secs_f64(),
        values.customers,
    );
    Ok(())
}

type Row = (u32, NaiveDate, Decimal);

/// Customers who began within four years, in their order: some came back, some of these left.
fn made_up(end: NaiveDate, customers: usize) -> impl Iterator<Item = Row> {
    (0..customers as u32).flat_map(move |customer| {
        let mut seed = u64::from(customer);
        let mut draw = move |below: u64| {
            seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            (mixed ^ (mixed >> 31)) % below
        };
        let mut age = 1 + draw(1_460);
        let usual = 10 + draw(300);
        let leaves = 1 + draw(9);
        let mut rows = Vec::new();
        loop {
            let day = end.checked_sub_days(Days::new(age)).unwrap_or(end);
            rows.push((customer, day, Decimal::new(500 + draw(9_000) as i64, 2)));
            age = age.saturating_sub(1 + draw(2 * usual));
            if age == 0 || draw(10) < leaves {
                return rows;
            }
        }
    })
}

fn read(file: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in fs::read_to_string(file)?.lines().skip(1) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [customer, date, _, value] = words[..] else {
            return Err(format!("{line:?} is no purchase").into());
        };
        let date = NaiveDate::parse_from_str(date, "%Y%m%d")?;
        rows.push((customer.parse()?, date, value.parse()?));
    }
    Ok(rows)
}
