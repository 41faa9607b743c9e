//! `crm at-risk`: who is about to leave.

use std::path::PathBuf;

use clap::Args;
use crm_core::{
    customer::Customer,
    kernel::{Currency, Id, Scope},
    lifetime::{AtRisk, AtRiskReport, Watch, at_risk},
    store::{ReadUnit, Store},
    value::{Basis, value_currency},
};
use serde_json::json;

use crate::{
    csv_file::{CsvFile, Target},
    db::Db,
    failure::Failure,
    find::{self, Customers},
    output::{Out, counted, grouped, short, wrapped},
    value::asked::ask_for_currency,
    when::AsOf,
};

/// So many customers are named at once.
const PAGE: usize = 1_000;

const HEADER: [&str; 12] = [
    "customer",
    "external_id",
    "name",
    "value_at_risk",
    "currency",
    "purchases",
    "first_purchase",
    "last_purchase",
    "usual_days",
    "silent_days",
    "chance",
    "sentence",
];

/// `crm at-risk`
#[derive(Debug, Args)]
#[command(
    after_help = "Each customer is judged by its own rhythm; no model is needed. What is at risk is what it brings in a \
                  year.\n\nExamples:\n  crm at-risk\n  crm at-risk --as-of 1998-06-30 --unlikely 0.01 --csv at-risk.csv"
)]
pub(crate) struct AtRiskOf {
    #[command(flatten)]
    when: AsOf,
    /// In this currency, other amounts by the rates of their days (`crm rate`); needed where there are several.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// A silence less likely than this is a warning.
    #[arg(long, value_name = "CHANCE", default_value_t = 0.05)]
    unlikely: f64,
    /// A silence less likely than this comes too late for a warning: such customers are counted, not listed.
    #[arg(long, value_name = "CHANCE", default_value_t = 0.001)]
    gone: f64,
    /// So many purchases at least make a rhythm.
    #[arg(long, value_name = "N", default_value_t = 4)]
    least: u32,
    /// At most so many.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Writes all of them into this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

impl AtRiskOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let as_of = self.when.day()?;
        let csv = self.csv.as_deref().map(|path| Target::new(path, db, out)).transpose()?;
        let unit = &mut *store.read(scope).await?;
        let currency = value_currency(unit, Basis::Revenue, self.currency);
        let currency = currency.await.map_err(ask_for_currency)?;
        let Some(currency) = currency else { return nothing(csv, out) };
        let Self { unlikely, gone, least: least_purchases, .. } = *self;
        let watch = Watch { as_of, unlikely, gone, least_purchases, currency };
        let report = at_risk(unit, &watch).await?;
        if let Some(csv) = csv {
            return write(unit, &report, csv, out).await;
        }
        let listed = report.at_risk.get(..self.limit).unwrap_or(&report.at_risk);
        let names = find::customers(unit, listed.iter().map(|one| one.customer)).await?;
        if out.json {
            tell(&report, listed, &names, out)
        } else {
            show(&report, listed, &names, out)
        }
    }
}

fn nothing(csv: Option<Target>, out: Out) -> Result<(), Failure> {
    if let Some(csv) = csv {
        return CsvFile::create(csv, &HEADER)?.finish("customer is", "customers are", out);
    }
    if out.json {
        return out.json(&json!({"customers": 0, "listed": 0, "at_risk": []}));
    }
    out.line("There are no purchases yet: `crm import transactions FILE` reads some.")
}

fn tell(
    report: &AtRiskReport<Id<Customer>>,
    listed: &[AtRisk<Id<Customer>>],
    names: &Customers,
    out: Out,
) -> Result<(), Failure> {
    // Those who are not listed need no words.
    let value_at_risk = report.value_at_risk.clone();
    let mut told = json!(AtRiskReport { at_risk: Vec::new(), value_at_risk, ..*report });
    told["at_risk_customers"] = json!(report.at_risk.len());
    told["at_risk"] = listed
        .iter()
        .map(|one| {
            let mut told = json!(one);
            told["customer"] = find::told(names, one.customer);
            told
        })
        .collect();
    out.json(&told)
}

fn show(
    report: &AtRiskReport<Id<Customer>>,
    listed: &[AtRisk<Id<Customer>>],
    names: &Customers,
    out: Out,
) -> Result<(), Failure> {
    let AtRiskReport { as_of, currency, .. } = report;
    out.line(format!(
        "{} of {} silent beyond their own rhythm, as of {as_of}: {} {currency} a year at risk.",
        grouped(report.at_risk.len()),
        counted(report.customers, "customer is", "customers are"),
        grouped(&report.value_at_risk),
    ))?;
    let note = format!(
        "About {:.0} would be by chance alone. {} too few purchases for a rhythm; {} silent for so long that it is no early warning.",
        report.by_chance,
        counted(report.too_few, "customer has", "customers have"),
        counted(report.gone, "customer is", "customers are"),
    );
    out.line(wrapped(&note, 100))?;
    for (rank, one) in (1..).zip(listed) {
        let name = names.get(&one.customer).map(|customer| short(&customer.name, 50));
        out.line(format!(
            "\n{rank:>3}  {}  {} {currency} a year",
            name.unwrap_or_else(|| one.customer.to_string()),
            grouped(one.value_at_risk()),
        ))?;
        out.line(format!("     {}", wrapped(&one.sentence(), 95).replace('\n', "\n     ")))?;
    }
    if listed.len() < report.at_risk.len() {
        out.line("\nThere are more: --limit N shows more, --csv FILE writes them all.")?;
    }
    Ok(())
}

async fn write(
    unit: &mut dyn ReadUnit,
    report: &AtRiskReport<Id<Customer>>,
    csv: Target,
    out: Out,
) -> Result<(), Failure> {
    let mut file = CsvFile::create(csv, &HEADER)?;
    for some in report.at_risk.chunks(PAGE) {
        let names = find::customers(unit, some.iter().map(|one| one.customer)).await?;
        for one in some {
            let (id, external_id, name) = find::cells(&names, one.customer);
            file.row(&[
                &id,
                external_id,
                name,
                &one.value_at_risk(),
                report.currency.code(),
                &one.purchases.to_string(),
                &one.first_purchase.to_string(),
                &one.last_purchase.to_string(),
                &format!("{:.1}", one.usual_days),
                &one.silent_days.to_string(),
                &format!("{:.6}", one.chance),
                &one.sentence(),
            ])?;
        }
    }
    file.finish("customer is", "customers are", out)
}
