//! `crm clv`: what customers will still bring.

mod csv;
mod picture;
mod show;
pub(crate) mod words;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    customer::Customer,
    kernel::{Currency, Id, Scope},
    lifetime::{
        BestOutlooks, CustomerOutlook, LifetimeQuestion, LifetimeReport, Model, TimeUnit, Together,
        lifetime,
    },
    store::{ReadUnit, Store},
};
use serde_json::json;

use crate::{
    csv_file::Target,
    db::Db,
    failure::Failure,
    find,
    output::Out,
    place::Place,
    value::asked::ask_for_currency,
    when::{AsOf, day},
};
use words::{Horizon, horizon, rate};

/// So many customers are shown to people.
const SHOWN: usize = 20;

/// `crm clv`
#[derive(Debug, Args)]
#[command(
    after_help = "The purchases of all customers are read, a model is fitted to them, and each customer is told by it: \
                  the\nprobability that it still is one, purchases to expect until the horizon, and, by a model of what \
                  purchases\nbring (Gamma-Gamma), what they are worth today. Data that carry no model are refused, with \
                  the reason.\nPurchases are the revenue of orders and returns; those of a day are one.\n\n\
                  Examples:\n  crm clv --horizon 52w\n  \
                  crm clv --model pareto-nbd --as-of 1998-06-30 --calibrate-to 1997-09-30 --horizon 39w --svg clv.svg"
)]
pub(crate) struct ClvOf {
    /// bg-nbd, mbg-nbd or pareto-nbd: how often customers purchase, and until when; gamma-gamma: what a purchase brings.
    #[arg(long, value_name = "MODEL", default_value_t = Model::BgNbd)]
    model: Model,
    #[command(flatten)]
    when: AsOf,
    /// Fits the model to what was known at the end of this day, and compares it with what came since, until --as-of.
    #[arg(long, value_name = "DAY", value_parser = day)]
    calibrate_to: Option<NaiveDate>,
    /// In which time is counted: day or week.
    #[arg(long, value_name = "UNIT", default_value_t = TimeUnit::Week)]
    unit: TimeUnit,
    /// How far to look ahead: 52w, or 365d.
    #[arg(long, value_name = "TIME", default_value = "52w", value_parser = horizon)]
    horizon: Horizon,
    /// By how much later purchases count less, a year: 10%, or 0.1.
    #[arg(long, value_name = "RATE", default_value = "10%", value_parser = rate)]
    discount: f64,
    /// In this currency, other amounts by the rates of their days (`crm rate`); needed where there are several.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// At most so many customers, the most valuable first. [default: 20; in JSON none, as each database has ids of its own]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Writes all customers into this file, in the order of their ids, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draws whether the model told right, as SVG into this file: purchases week by week, and by frequency with --calibrate-to.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl ClvOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let question = self.question()?;
        let csv = self.csv.as_deref().map(|path| Target::new(path, db, out)).transpose()?;
        let svg = self.svg.as_deref().map(|path| Place::new("--svg", path, db, &[])).transpose()?;
        if svg.is_some() && self.model == Model::GammaGamma {
            let what =
                "--svg: gamma-gamma knows no time in which purchases come; draw another model";
            return Err(Failure::Asked(what.to_owned()));
        }
        let unit = &mut *store.read(scope).await?;
        let report = lifetime(unit, &question).await.map_err(ask_for_currency)?;
        if let Some(svg) = &svg {
            picture::write(&report, svg)?;
        }
        if let Some(csv) = csv {
            return csv::write(unit, &report, csv, out).await;
        }
        let most = self.limit.unwrap_or(if out.json { 0 } else { SHOWN });
        let (best, together) = best(unit, &report, most).await?;
        let names = find::customers(unit, best.iter().map(|one| one.customer)).await?;
        if !out.json {
            return show::show(&report, &best, &together, &names, self.horizon, out);
        }
        let mut told = json!(report);
        told["together"] = json!(together);
        told["best"] = best
            .iter()
            .map(|one| {
                let mut told = json!(one);
                told["customer"] = find::told(&names, one.customer);
                told
            })
            .collect();
        out.json(&told)
    }

    fn question(&self) -> Result<LifetimeQuestion, Failure> {
        Ok(LifetimeQuestion {
            model: self.model,
            unit: self.unit,
            as_of: self.when.day()?,
            calibrate_to: self.calibrate_to,
            horizon_days: self.horizon.days,
            discount: self.discount,
            currency: self.currency,
        })
    }
}

async fn best(
    unit: &mut dyn ReadUnit,
    report: &LifetimeReport,
    most: usize,
) -> Result<(Vec<CustomerOutlook<Id<Customer>>>, Together), Failure> {
    let mut best = BestOutlooks::new(most, report.currency);
    let mut pages = report.outlooks(unit).await?;
    while let Some(page) = pages.next(unit).await? {
        let added = page.into_iter().try_for_each(|outlook| best.add(outlook));
        added.map_err(crm_core::Error::from)?;
    }
    Ok(best.finish())
}
