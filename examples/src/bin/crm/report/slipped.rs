use clap::{Args, ValueEnum};
use crm_core::{
    pipeline_report::{Slippage, SlippageBy, slippage},
    store::ReadUnit,
};
use serde_json::json;

use super::{CellOf, PeriodOf, SelectOf, answer, called, cell::Line, days, heading};
use crate::{
    failure::Failure,
    output::{Out, grouped},
};

/// `crm slipped`
#[derive(Debug, Args)]
#[command(
    after_help = "Counts each time that the expected close of an open opportunity was put off in the period.\n\n\
                  Example:\n  crm slipped --by owner --from 2017-10-01 --to 2018-01-01"
)]
pub(crate) struct SlippedOf {
    #[command(flatten)]
    when: PeriodOf,
    #[command(flatten)]
    which: SelectOf,
    /// A line for each: who owned it then, in which stage it was.
    #[arg(long, value_enum, default_value = "whole")]
    by: By,
    #[command(flatten)]
    cell: CellOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Whole,
    Owner,
    Stage,
}

impl SlippedOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let by = match self.by {
            By::Whole => SlippageBy::Whole,
            By::Owner => SlippageBy::Owner,
            By::Stage => SlippageBy::Stage,
        };
        let question = self.when.question(self.which.criteria(unit).await?)?;
        let rows = slippage(unit, &question, by).await?;
        if self.cell.list(unit, rows.iter().map(listed).collect(), out).await? {
            return Ok(());
        }
        if out.json {
            return out.json(&self.cell.json(answer(&question, json!({"rows": rows}))));
        }
        out.line(heading(&question))?;
        let line = |row: &Slippage| {
            let slipped = row.slipped.days.as_ref();
            vec![
                called(row.name.as_deref(), self.by == By::Whole, "nobody"),
                grouped(row.slipped.opportunities),
                grouped(row.slipped.times()),
                days(slipped, |days| grouped(days.total)),
                days(slipped, |days| days.average.to_string()),
                days(slipped, |days| days.median.to_string()),
                grouped(row.brought_forward.times()),
            ]
        };
        let header = ["", "Opportunities", "Times", "Days", "Average", "Median", "Brought forward"];
        out.table(&header, 1, rows.iter().map(line))
    }
}

fn listed(row: &Slippage) -> Line<'_> {
    let figures = vec![
        ("slipped", row.slipped.query.clone()),
        ("brought_forward", row.brought_forward.query.clone()),
    ];
    Line { key: row.key.as_deref(), name: row.name.as_deref(), figures }
}
