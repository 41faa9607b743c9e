use clap::{Args, ValueEnum};
use crm_core::{
    customer::Customer,
    kernel::{Currency, Id},
    store::{Read, ReadUnit},
    value::{Basis, Pareto, value_by},
};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    failure::Failure,
    output::{Out, bar, counted, grouped, percent, short},
};

/// `crm value`
#[derive(Debug, Args)]
pub(crate) struct ValueOf {
    /// What counts: won opportunities, or the revenue of transactions.
    #[arg(long, value_enum)]
    by: By,
    /// In this currency; needed where there are several.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Won,
    Revenue,
}

impl ValueOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let basis = match self.by {
            By::Won => Basis::Won,
            By::Revenue => Basis::Revenue,
        };
        let answer = value_by(unit, basis, self.currency).await.map_err(ask_for_currency)?;
        let Some(answer) = answer else { return nothing(basis, out) };
        if out.json { out.json(&answer) } else { show(unit, &answer, 10, out).await }
    }
}

fn nothing(basis: Basis, out: Out) -> Result<(), Failure> {
    if !out.json {
        return out.line(match basis {
            Basis::Won => "No opportunity with an amount is won yet: there is nothing to add up.",
            _ => "There are no transactions yet: there is nothing to add up.",
        });
    }
    out.json(&json!({
        "customers": 0,
        "total": "0",
        "currency": null,
        "classes": [],
        "top_20_percent_share": "0.000000"
    }))
}

/// The classes, and the best customers.
pub(crate) async fn show(
    unit: &mut dyn ReadUnit,
    answer: &Pareto<Id<Customer>>,
    best: usize,
    out: Out,
) -> Result<(), Failure> {
    let rows = answer.classes.iter().map(|class| {
        let share = class.share_of_value;
        vec![
            class.class.to_string(),
            bar(share.map_or(0.0, |share| share.to_string().parse().unwrap_or_default()), 1.0, 30),
            grouped(class.customers),
            percent(&class.share_of_customers.to_string()),
            format!("{} {}", grouped(&class.value), answer.currency),
            share_text(share),
        ]
    });
    out.table(&["Class", "Share of the value", "Customers", "of all", "Value", "of all"], 2, rows)?;
    out.line(format!(
        "{} {} {}; the best 20 % of them bring {}.",
        counted(answer.customers, "customer brings", "customers bring"),
        grouped(&answer.total),
        answer.currency,
        share_text(answer.top_20_percent_share)
    ))?;
    for note in &answer.notes {
        out.line(note)?;
    }
    let mut rows = Vec::new();
    for ranked in answer.rows().take(best) {
        let customer = Read::<Customer>::get(unit, *ranked.customer).await?;
        let name = customer.map_or_else(|| ranked.customer.to_string(), |found| found.name.clone());
        let value = crm_core::kernel::Money::new(ranked.value, answer.currency)
            .map_or_else(|_| ranked.value.to_string(), |money| money.amount_text());
        rows.push(vec![
            ranked.rank.to_string(),
            short(&name, 50),
            ranked.class.to_string(),
            format!("{} {}", grouped(value), answer.currency),
        ]);
    }
    out.table(&["", "Best customers", "Class", "Value"], 3, rows)
}

/// A share, which there is none of where the total is not above nothing.
fn share_text(share: Option<Decimal>) -> String {
    share.map_or_else(|| "no share".to_owned(), |share| percent(&share.to_string()))
}

fn ask_for_currency(error: crm_core::Error) -> Failure {
    match error {
        crm_core::Error::Invalid(invalid) if invalid.reason.contains("name one of them") => {
            Failure::Asked(format!("{} with --currency", invalid.reason))
        }
        crm_core::Error::Invalid(invalid) if invalid.field == "currency" => {
            Failure::Asked(invalid.reason)
        }
        other => other.into(),
    }
}
