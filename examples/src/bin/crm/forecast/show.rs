use std::collections::BTreeMap;

use crm_core::{
    forecast::{Cell, Figure, Forecast, ForecastBy, ForecastRequest},
    kernel::Currency,
    opportunity::ForecastCategory,
};
use rust_decimal::Decimal;

use crate::{
    failure::Failure,
    output::{Out, grouped, short, told},
};

pub(super) const fn by(by: ForecastBy) -> &'static str {
    match by {
        ForecastBy::Owner => "owner",
        ForecastBy::Team => "team",
        ForecastBy::Product => "product",
        ForecastBy::Category => "category",
    }
}

const CATEGORIES: [ForecastCategory; 4] = [
    ForecastCategory::Pipeline,
    ForecastCategory::BestCase,
    ForecastCategory::Commit,
    ForecastCategory::Closed,
];

/// First by period, then by row; in each line the categories, which a total adds up. What is omitted is not shown.
pub(super) fn show(
    request: &ForecastRequest,
    found: &Forecast,
    weighted: bool,
    out: Out,
) -> Result<(), Failure> {
    let what = if weighted { "what is expected" } else { "what it is worth" };
    out.line(format!("As of {}, {what}", request.as_of))?;
    if found.cells.is_empty() {
        return out.line("There is nothing to forecast.");
    }
    let label = |cell: &Cell| match cell.bucket.label(request.fiscal_year) {
        label if label == "no_date" => "without a date".to_owned(),
        label => label,
    };
    let header = |first| [first, "Deals", "Pipeline", "Best case", "Commit", "Closed", "Total"];
    let mut lines: Lines = BTreeMap::new();
    for cell in &found.cells {
        add(&mut lines, (cell.bucket, label(cell)), cell, weighted);
    }
    let rows = lines.iter().map(|((place, currency), line)| row(&place.1, *currency, line));
    out.table(&header("Period"), 1, rows)?;
    if request.by == ForecastBy::Category {
        return Ok(());
    }
    let mut lines: Lines<(usize, String)> = BTreeMap::new();
    for (at, row) in found.rows.iter().enumerate() {
        let name = short(row.name.as_deref().unwrap_or("-"), 30);
        let name = format!("{}{name}", "  ".repeat(row.level));
        for cell in &row.cells {
            add(&mut lines, (at, name.clone()), cell, weighted);
        }
    }
    let rows = lines.iter().map(|((place, currency), line)| row(&place.1, *currency, line));
    let first = match request.by {
        ForecastBy::Team => "Unit, with those below it",
        ForecastBy::Product => "Product",
        _ => "Owner",
    };
    out.table(&header(first), 1, rows)
}

type Lines<P = (crm_core::forecast::Bucket, String)> =
    BTreeMap<(P, Option<Currency>), BTreeMap<ForecastCategory, (i64, Decimal)>>;

fn add<P: Ord>(lines: &mut Lines<P>, place: P, cell: &Cell, weighted: bool) {
    let Figure { count, amount, weighted: expected, .. } = cell.figure;
    let line = lines.entry((place, cell.currency)).or_default();
    let sum = line.entry(cell.category).or_default();
    sum.0 += count;
    sum.1 = sum.1.saturating_add(if weighted { expected } else { amount });
}

fn row(
    name: &str,
    currency: Option<Currency>,
    line: &BTreeMap<ForecastCategory, (i64, Decimal)>,
) -> Vec<String> {
    let of = |category| line.get(&category).copied().unwrap_or_default();
    let all = CATEGORIES.map(of);
    let count: i64 = all.iter().map(|sum| sum.0).sum();
    let total = all.iter().fold(Decimal::ZERO, |total, sum| total.saturating_add(sum.1));
    let cell = |sum: Decimal| if sum.is_zero() { String::new() } else { told(sum, currency) };
    let code = currency.map_or("", |currency| currency.code());
    let mut cells = vec![name.to_owned(), grouped(count)];
    cells.extend(all.iter().map(|sum| cell(sum.1)));
    cells.push(format!("{} {code}", told(total, currency)).trim_end().to_owned());
    cells
}
