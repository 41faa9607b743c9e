use clap::{Args, ValueEnum};
use crm_core::{
    pipeline_report::{Slippage, SlippageBy, slippage},
    store::ReadUnit,
};
use serde_json::json;

use super::{PeriodOf, SelectOf, called, days};
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Whole,
    Owner,
    Stage,
}

impl SlippedOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let period = self.when.period(None)?;
        let by = match self.by {
            By::Whole => SlippageBy::Whole,
            By::Owner => SlippageBy::Owner,
            By::Stage => SlippageBy::Stage,
        };
        let filter = self.which.criteria(unit).await?;
        let rows = slippage(unit, period, by, &filter).await?;
        if out.json {
            return out.json(&json!({"from": period.from(), "to": period.to(), "rows": rows}));
        }
        let line = |row: &Slippage| {
            let slipped = row.slipped.as_ref();
            vec![
                called(row.name.as_deref(), self.by == By::Whole, "nobody"),
                grouped(row.opportunities),
                grouped(slipped.map_or(0, |days| days.count)),
                days(slipped, |days| grouped(days.total)),
                days(slipped, |days| days.average.to_string()),
                days(slipped, |days| days.median.to_string()),
                grouped(row.brought_forward.as_ref().map_or(0, |days| days.count)),
            ]
        };
        let header = ["", "Opportunities", "Times", "Days", "Average", "Median", "Brought forward"];
        out.table(&header, 1, rows.iter().map(line))
    }
}
