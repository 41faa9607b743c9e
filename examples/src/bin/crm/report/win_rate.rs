use clap::{Args, ValueEnum};
use crm_core::{
    customer::{self, Customer},
    kernel::{Currency, Entity},
    pipeline_report::{GroupBy, SizeBands, WinRate, win_rates},
    store::ReadUnit,
};
use rust_decimal::Decimal;
use serde_json::json;

use super::{CellOf, PeriodOf, SelectOf, answer, called, cell::Line, heading, part, worth};
use crate::{
    failure::Failure,
    output::{Out, bar, grouped},
};

/// `crm win-rate`
#[derive(Debug, Args)]
#[command(after_help = "Won, divided by won and lost, of what was closed in the period.\n\n\
                  Examples:\n  crm win-rate --by owner --from 2017-10-01 --to 2018-01-01\n  \
                  crm win-rate --by tier\n  crm win-rate --by customer-field --field industry\n  \
                  crm win-rate --by size --bands 500,1000,5000 --currency USD")]
pub(crate) struct WinRateOf {
    #[command(flatten)]
    when: PeriodOf,
    #[command(flatten)]
    which: SelectOf,
    /// A line for each.
    #[arg(long, value_enum, default_value = "whole")]
    by: By,
    /// Of which field of the customer: category, industry, country.
    #[arg(long, value_name = "FIELD", default_value = "category")]
    field: String,
    /// Where sizes are cut.
    #[arg(long, value_name = "AMOUNTS", value_delimiter = ',')]
    bands: Vec<Decimal>,
    /// In which currency.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    #[command(flatten)]
    cell: CellOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Whole,
    Owner,
    Team,
    Product,
    Source,
    Tier,
    CustomerField,
    Size,
}

impl WinRateOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let by = self.groups()?;
        let question = self.when.question(self.which.criteria(unit).await?)?;
        let rows = win_rates(unit, &question, &by).await?;
        if self.cell.list(unit, rows.iter().map(listed).collect(), out).await? {
            return Ok(());
        }
        if out.json {
            return out.json(&self.cell.json(answer(&question, json!({"rows": rows}))));
        }
        out.line(heading(&question))?;
        let line = |row: &WinRate| {
            let rate = row.rate.map_or(0.0, |rate| rate.to_string().parse().unwrap_or(0.0));
            let by_value = row.rate_by_value.iter();
            let by_value = by_value.map(|(code, share)| format!("{} {code}", part(Some(*share))));
            vec![
                called(row.name.as_deref(), self.by == By::Whole, "-"),
                bar(rate, 1.0, 20),
                part(row.rate),
                grouped(row.won.count),
                grouped(row.lost.count),
                worth(&row.won.amounts),
                by_value.collect::<Vec<_>>().join(", "),
            ]
        };
        let header = ["", "Win rate", "", "Won", "Lost", "Won amount", "By value"];
        out.table(&header, 2, rows.iter().map(line))
    }

    fn groups(&self) -> Result<GroupBy, Failure> {
        Ok(match self.by {
            By::Whole => GroupBy::Whole,
            By::Owner => GroupBy::Owner,
            By::Team => GroupBy::Team,
            By::Product => GroupBy::Product,
            By::Source => GroupBy::Source,
            By::Tier => GroupBy::CustomerField(customer::TIER.spec()),
            By::CustomerField => {
                let found = Customer::FIELDS.iter().copied().find(|one| one.name == self.field);
                GroupBy::CustomerField(found.ok_or_else(|| {
                    let known: Vec<_> = Customer::FIELDS.iter().map(|field| field.name).collect();
                    Failure::Asked(format!(
                        "--field: a customer has no field {:?}; it has: {}",
                        self.field,
                        known.join(", ")
                    ))
                })?)
            }
            By::Size => {
                let currency = self.currency.ok_or_else(|| {
                    Failure::Asked("--by size needs --bands and their --currency".to_owned())
                })?;
                let bands = SizeBands::new(currency, self.bands.clone());
                GroupBy::Size(bands.map_err(crm_core::Error::from)?)
            }
        })
    }
}

fn listed(row: &WinRate) -> Line<'_> {
    let figures = vec![("won", row.won.query.clone()), ("lost", row.lost.query.clone())];
    Line { key: row.key.as_deref(), name: row.name.as_deref(), figures }
}
