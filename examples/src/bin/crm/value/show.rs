use crm_core::{kernel::Money, value::Basis, value_run_line::ValueRunLine};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, bar, counted, grouped, percent, short, wrapped},
};

use super::Told;

/// So wide are sentences.
const WIDE: usize = 100;

pub(super) fn nothing(basis: Basis, out: Out) -> Result<(), Failure> {
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

/// The classes, 8/2/2, and the best customers with their reasons.
pub(crate) fn show(told: &Told, names: &find::Customers, out: Out) -> Result<(), Failure> {
    let (run, totals) = (&told.run, &told.totals);
    let currency = run.currency;
    let all = Decimal::from(totals.customers.max(1));
    let rows = totals.classes.iter().map(|one| {
        let share = totals.total > Decimal::ZERO;
        let share = share.then(|| one.value / totals.total);
        vec![
            one.group.to_string(),
            bar(number(share.unwrap_or_default()), 1.0, 30),
            grouped(one.customers),
            percent(&(Decimal::from(one.customers) / all).to_string()),
            format!("{} {currency}", grouped(told.amount(one.value))),
            share_text(share),
        ]
    });
    out.table(&["Class", "Share of the value", "Customers", "of all", "Value", "of all"], 2, rows)?;
    out.line(format!(
        "{} {} {currency}; the best 20 % of them bring {}.",
        counted(totals.customers, "customer brings", "customers bring"),
        grouped(told.amount(totals.total)),
        share_text(told.top_share())
    ))?;
    if let Some(gini) = totals.gini {
        out.line(format!(
            "Gini coefficient: {gini} (0: all bring the same; 1: one brings everything)."
        ))?;
    }
    out.line(wrapped(&totals.fifths.reason, WIDE))?;
    for note in &totals.notes {
        out.line(wrapped(note, WIDE))?;
    }
    let standings = totals.standings.iter().filter(|one| one.customers > 0).map(|one| {
        let value = format!("{} {currency}", grouped(told.amount(one.value)));
        vec![one.group.to_string().replace('_', " "), grouped(one.customers), value]
    });
    out.table(&["Standing", "Customers", "Value"], 1, standings)?;
    let rows = told.best.iter().map(|line| best(told, line, names));
    out.table(&["", "Best customers", "Class", "Value"], 3, rows)?;
    for line in told.best.iter().take(3) {
        let reasons = line.reasons(run).map_err(crm_core::Error::from)?;
        for reason in reasons.class.into_iter().chain(reasons.standing) {
            out.line(wrapped(&format!("{}: {reason}", short(name(names, line), 40)), WIDE))?;
        }
    }
    if told.saved {
        let name = run.name.clone().unwrap_or_else(|| run.id.to_string());
        let lines = counted(run.lines, "customer", "customers");
        out.line(format!("Kept as {name}, with {lines}."))?;
    }
    Ok(())
}

fn best(told: &Told, line: &ValueRunLine, names: &find::Customers) -> Vec<String> {
    let value = line.value.map(Money::amount).unwrap_or_default();
    vec![
        line.rank.map(|rank| rank.to_string()).unwrap_or_default(),
        short(name(names, line), 50),
        line.class.map(|class| class.to_string()).unwrap_or_default(),
        format!("{} {}", grouped(told.amount(value)), told.run.currency),
    ]
}

fn name<'n>(names: &'n find::Customers, line: &ValueRunLine) -> &'n str {
    names.get(&line.customer_id).map_or("somebody", |customer| customer.name.as_str())
}

fn number(share: Decimal) -> f64 {
    share.to_string().parse().unwrap_or_default()
}

/// A share, which there is none of where the total is not above nothing.
fn share_text(share: Option<Decimal>) -> String {
    share.map_or_else(|| "no share".to_owned(), |share| percent(&share.to_string()))
}
