use clap::Args;
use crm_core::{kernel::Money, pipeline_report::coverage, store::ReadUnit};
use serde_json::json;

use super::{CellOf, PeriodOf, SelectOf, answer, cell::Line, heading, total, worth};
use crate::{failure::Failure, output::Out};

/// `crm coverage`
#[derive(Debug, Args)]
#[command(
    after_help = "What is open and expected to close in the period, divided by what is left of the target.\n\n\
                  Example:\n  crm coverage --target '3000000 USD' --from 2017-10-01 --to 2018-01-01"
)]
pub(crate) struct CoverageOf {
    /// What is to be won, such as '3000000 USD'.
    #[arg(long, value_name = "AMOUNT")]
    target: Money,
    #[command(flatten)]
    when: PeriodOf,
    #[command(flatten)]
    which: SelectOf,
    #[command(flatten)]
    cell: CellOf,
}

impl CoverageOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let question = self.when.question(self.which.criteria(unit).await?)?;
        let found = coverage(unit, &question, self.target).await?;
        let figures = vec![("won", found.won.query.clone()), ("open", found.open.query.clone())];
        if self.cell.list(unit, vec![Line { key: None, name: None, figures }], out).await? {
            return Ok(());
        }
        if out.json {
            return out.json(&self.cell.json(answer(&question, json!(found))));
        }
        out.line(heading(&question))?;
        let ([won, won_amount], [open, open_amount]) = (total(&found.won), total(&found.open));
        let currency = self.target.currency();
        let left = worth(&[(currency, found.left.amount())].into());
        let times =
            found.coverage.map_or("reached".to_owned(), |times| format!("{times:.2} times"));
        let rows = [
            ["Target", "", &worth(&[(currency, self.target.amount())].into())],
            ["Won", &won, &won_amount],
            ["Left", "", &left],
            ["Open", &open, &open_amount],
            ["Covered", "", &times],
        ];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        out.table(&["", "Opportunities", "Amount"], 1, rows)?;
        if found.other_currencies.is_empty() {
            return Ok(());
        }
        out.line(format!("Not counted: {}", worth(&found.other_currencies)))
    }
}
