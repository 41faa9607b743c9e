use clap::Args;
use crm_core::{
    kernel::Cursor,
    pipeline_report::{CellItem, CellPage, ListQuery},
    store::ReadUnit,
};
use serde_json::{Value, json};

use super::worth;
use crate::{
    failure::Failure,
    output::{Out, short},
};

/// How much of a list.
#[derive(Debug, Args)]
pub(crate) struct PageOf {
    /// At most so many in the list.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: u32,
    /// Goes on after the page that ended with this cursor.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl PageOf {
    pub(crate) fn after(&self) -> Option<Cursor> {
        self.after.as_deref().map(Cursor::new)
    }
}

/// The opportunities behind a figure.
#[derive(Debug, Args)]
pub(crate) struct CellOf {
    /// Lists the opportunities of one figure, such as 'Anna Snelling:won': a row is called as in the table, or by its id.
    #[arg(long, value_name = "ROW:FIGURE")]
    cell: Option<String>,
    #[command(flatten)]
    page: PageOf,
    /// With each figure of JSON the question that lists its opportunities.
    #[arg(long)]
    queries: bool,
}

/// A line of a table, and the figures in it that can be listed.
pub(super) struct Line<'r> {
    pub(super) key: Option<&'r str>,
    pub(super) name: Option<&'r str>,
    pub(super) figures: Vec<(&'static str, ListQuery)>,
}

impl CellOf {
    /// Tells of the figure that is asked for; whether one is.
    pub(super) async fn list(
        &self,
        unit: &mut dyn ReadUnit,
        lines: Vec<Line<'_>>,
        out: Out,
    ) -> Result<bool, Failure> {
        let Some(cell) = &self.cell else { return Ok(false) };
        let (row, figure) = cell.rsplit_once(':').unwrap_or(("All", cell));
        let called = |line: &Line<'_>| match line.key {
            Some(_) => line.name == Some(row),
            None => ["All", "nobody", "-"].contains(&row),
        };
        // An id is one row's, a name may be several's.
        let by_key: Vec<_> = lines.iter().filter(|line| line.key == Some(row)).collect();
        let found = if by_key.is_empty() {
            lines.iter().filter(|line| called(line)).collect()
        } else {
            by_key
        };
        let line = match found.as_slice() {
            [line] => line,
            [] => {
                let why = format!("--cell: there is no row {row:?} in this report");
                return Err(Failure::Asked(why));
            }
            several => {
                let ids: Vec<_> = several.iter().map(|line| line.key.unwrap_or("-")).collect();
                let (count, ids) = (several.len(), ids.join(", "));
                let why = format!(
                    "--cell: {count} rows are called {row:?}: write one of their ids, {ids}"
                );
                return Err(Failure::Asked(why));
            }
        };
        let Some((_, query)) = line.figures.iter().find(|(name, _)| *name == figure) else {
            let known: Vec<_> = line.figures.iter().map(|(name, _)| *name).collect();
            let known = known.join(", ");
            return Err(Failure::Asked(format!("--cell: write ROW:FIGURE; figures are {known}")));
        };
        let page = query.page(unit, self.page.limit, self.page.after()).await?;
        tell(cell, &page, out)?;
        Ok(true)
    }

    /// A report as JSON, with questions where they are asked for.
    pub(super) fn json(&self, mut report: Value) -> Value {
        if !self.queries {
            without_queries(&mut report);
        }
        report
    }
}

/// What people do not ask for.
pub(super) fn without_queries(json: &mut Value) {
    match json {
        Value::Object(members) => {
            members.remove("query");
            members.values_mut().for_each(without_queries);
        }
        Value::Array(list) => list.iter_mut().for_each(without_queries),
        _ => {}
    }
}

/// A page of the opportunities of a figure.
pub(crate) fn tell(cell: &str, page: &CellPage, out: Out) -> Result<(), Failure> {
    if out.json {
        let item = |item: &CellItem| {
            let deal = &item.opportunity;
            json!({
                "id": deal.id, "external_id": deal.external_id, "name": deal.name,
                "stage": deal.stage(), "status": deal.state().status(),
                "owner_id": deal.owner_id, "amount": item.amount,
            })
        };
        let items: Vec<_> = page.items.iter().map(item).collect();
        return out.json(&json!({"cell": cell, "items": items, "next": page.next}));
    }
    if page.items.is_empty() {
        return out.line("There is nothing to list.");
    }
    let rows = page.items.iter().map(|item| {
        let deal = &item.opportunity;
        let amount = item.amount.map(|money| (money.currency(), money.amount()));
        vec![
            deal.external_id.clone().unwrap_or_else(|| deal.id.to_string()),
            short(&deal.name, 40),
            deal.stage().to_owned(),
            worth(&amount.into_iter().collect()),
        ]
    });
    out.table(&["Opportunity", "", "Stage now", "Amount"], 3, rows)?;
    match &page.next {
        Some(cursor) => out.line(format!("There are more: --after {cursor}")),
        None => Ok(()),
    }
}
