use crm_core::value::Basis;
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    csv_file::{CsvFile, Target},
    failure::Failure,
    find,
    output::{Out, bar, counted, wrapped},
    page::Places,
};

use super::{
    Told, csv,
    tables::{best, classes, gini_words, groups, name, plans, share_text},
};

/// So wide are sentences.
const WIDE: usize = 100;

/// A house where nothing counts yet: a table has no rows, and there is nothing to draw.
pub(super) fn nothing(
    basis: Basis,
    csv: Option<Target>,
    places: Option<&Places>,
    out: Out,
) -> Result<(), Failure> {
    let why = match basis {
        Basis::Won => "No opportunity with an amount is won yet: there is nothing to add up.",
        _ => "There are no transactions yet: there is nothing to add up.",
    };
    places.map_or(Ok(()), |places| places.nothing(why))?;
    if let Some(csv) = csv {
        return CsvFile::create(csv, &csv::HEADER)?.finish("customer is", "customers are", out);
    }
    if !out.json {
        return out.line(why);
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
    let rows = classes(told).into_iter().zip(&totals.classes).map(|(cells, one)| {
        let share = number(told.share(one.value).unwrap_or_default());
        let [class, rest @ ..] = cells;
        [class, bar(share, 1.0, 30)].into_iter().chain(rest).collect()
    });
    out.table(&["Class", "Share of the value", "Customers", "of all", "Value", "of all"], 2, rows)?;
    out.line(format!(
        "{} {}; the best 20 % of them bring {}.",
        counted(totals.customers, "customer brings", "customers bring"),
        told.money(totals.total),
        share_text(told.top_share())
    ))?;
    if let Some(gini) = totals.gini {
        out.line(format!("Gini coefficient: {gini} ({}).", gini_words(told)))?;
    }
    out.line(wrapped(&totals.fifths.reason, WIDE))?;
    for note in &totals.notes {
        out.line(wrapped(note, WIDE))?;
    }
    let standings = groups(told, &totals.standings);
    if !standings.is_empty() {
        out.table(&["Standing", "Customers", "Value"], 1, standings)?;
    }
    planned(told, out)?;
    if !told.best.is_empty() {
        let rows = told.best.iter().map(|line| best(told, line, names));
        out.table(&["", "Best customers", "Class", "Value"], 3, rows)?;
    }
    for line in told.best.iter().take(3) {
        let reasons = line.reasons(run).map_err(crm_core::Error::from)?;
        for reason in reasons.class.into_iter().chain(reasons.standing) {
            out.line(wrapped(&format!("{}: {reason}", name(names, line)), WIDE))?;
        }
    }
    told.kept().map_or(Ok(()), |kept| out.line(kept))
}

/// What there is of what the house plans for its classes and tiers (`crm settings`, value_policies).
pub(super) fn planned(told: &Told, out: Out) -> Result<(), Failure> {
    plans(told).iter().try_for_each(|plan| out.line(wrapped(plan, WIDE)))
}

fn number(share: Decimal) -> f64 {
    share.to_string().parse().unwrap_or_default()
}
