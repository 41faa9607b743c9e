use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use crm_core::{
    exchange_rate::{self, ExchangeRate},
    kernel::{Criteria, Currency, Scope},
    store::{Read, ReadUnit, Store, run},
};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    failure::Failure,
    output::{Out, counted},
    when,
};

/// `crm rate`
#[derive(Debug, Args)]
#[command(
    after_help = "A rate holds from its day on, until a later one of the same pair; it is not turned round.\n\n\
                  Example:\n  crm rate set EUR USD 1.1993 --on 2017-12-29\n  crm rate import rates.csv   (columns: date, from, to, rate)"
)]
pub(crate) struct RateOf {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sets how much of one currency a unit of another is worth from a day on.
    Set(Set),
    /// Lists rates, the newest first.
    List(ListOf),
    /// Reads rates from a CSV file with the columns date, from, to, rate: all of it, or nothing.
    Import(ImportOf),
}

#[derive(Debug, Args)]
struct Set {
    /// From which currency.
    from: Currency,
    /// Into which.
    to: Currency,
    /// So much for one unit.
    rate: Decimal,
    /// The day.
    #[arg(long, value_name = "DAY", value_parser = when::day)]
    on: NaiveDate,
    /// Who says so.
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
}

#[derive(Debug, Args)]
struct ListOf {
    /// Only into this currency.
    #[arg(long, value_name = "CODE")]
    to: Option<Currency>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
}

#[derive(Debug, Args)]
struct ImportOf {
    /// The file.
    file: PathBuf,
}

/// A line of a file.
#[derive(Clone, serde::Deserialize)]
struct Line {
    date: NaiveDate,
    from: Currency,
    to: Currency,
    rate: String,
    source: Option<String>,
}

impl RateOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.what {
            What::Set(set) => set.run(store, scope, out).await,
            What::List(list) => list.run(&mut *store.read(scope.clone()).await?, out).await,
            What::Import(import) => import.run(store, scope, out).await,
        }
    }
}

impl Set {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let (from, to, on, rate) = (self.from, self.to, self.on, self.rate);
        let set = run(store, scope, |work| {
            let source = self.source.clone();
            Box::pin(async move { work.exchange_rates().set(from, to, on, rate, source).await })
        });
        let set = set.await?;
        if out.json {
            return out.json(&as_json(&set));
        }
        out.line(format!("From {on} on, 1 {from} is {} {to}.", set.rate()))
    }
}

impl ListOf {
    async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let asked = self.to.map_or_else(Criteria::everything, |to| exchange_rate::TO.eq(to));
        let query = asked.query().descending(&exchange_rate::DATE).limit(self.limit);
        let rates = Read::<ExchangeRate>::find(unit, query).await?.items;
        if out.json {
            let rates: Vec<_> = rates.iter().map(|rate| as_json(rate)).collect();
            return out.json(&json!({"rates": rates}));
        }
        let rows = rates.iter().map(|rate| {
            let source = rate.source.clone().unwrap_or_default();
            let (from, to) = (rate.from.to_string(), rate.to.to_string());
            vec![rate.date.to_string(), from, to, source, rate.rate().to_string()]
        });
        if rates.is_empty() {
            return out.line("There are no rates: `crm rate set` sets one.");
        }
        out.table(&["From", "Of", "Into", "Source", "Rate"], 4, rows)
    }
}

impl ImportOf {
    async fn run(&self, store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
        let wrong = |what: String| Failure::File { path: self.file.clone(), what };
        let mut file =
            csv::Reader::from_path(&self.file).map_err(|error| wrong(error.to_string()))?;
        let mut lines = Vec::new();
        for line in file.deserialize::<Line>() {
            lines.push(line.map_err(|error| wrong(error.to_string()))?);
        }
        let mut rates = Vec::with_capacity(lines.len());
        for (at, line) in lines.into_iter().enumerate() {
            let unreadable = |_| wrong(format!("line {}: {:?} is no rate", at + 2, line.rate));
            let rate = Decimal::from_str_exact(line.rate.trim()).map_err(unreadable)?;
            rates.push((line, rate));
        }
        let set = run(store, scope, |work| {
            let rates = rates.clone();
            Box::pin(async move {
                let mut changed = 0_u64;
                for (line, rate) in rates {
                    let mut verbs = work.exchange_rates();
                    verbs.set(line.from, line.to, line.date, rate, line.source).await?;
                    changed += 1;
                }
                Ok(changed)
            })
        });
        let read = set.await?;
        if out.json {
            return out.json(&json!({"read": read}));
        }
        out.line(format!("{}.", counted(read, "rate is set", "rates are set")))
    }
}

fn as_json(rate: &ExchangeRate) -> serde_json::Value {
    json!({
        "date": rate.date, "from": rate.from, "to": rate.to, "rate": rate.rate().to_string(),
        "source": rate.source,
    })
}
