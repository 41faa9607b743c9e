use clap::Args;
use crm_core::{
    pipeline_report::{LeaderboardRow, leaderboard},
    store::ReadUnit,
};
use serde_json::json;

use super::{
    CellOf, PeriodOf, SelectOf, answer, called, cell::Line, days, heading, part, total,
    velocity::Of, worth,
};
use crate::{failure::Failure, output::Out};

/// `crm leaderboard`
#[derive(Debug, Args)]
#[command(
    after_help = "What was decided counts on the day it was closed; open is what was so as of the day.\n\
                  A shared opportunity counts for each of its co-owners, with their share of its amount; a team has all that \
                  is\nowned or shared in it and in the units below it, each opportunity once.\n\n\
                  Examples:\n  crm leaderboard --from 2017-10-01 --to 2018-01-01\n  \
                  crm leaderboard --from 2017-10-01 --to 2018-01-01 --cell 'Anna Snelling:won'"
)]
pub(crate) struct LeaderboardOf {
    #[command(flatten)]
    when: PeriodOf,
    #[command(flatten)]
    which: SelectOf,
    /// A line for each.
    #[arg(long, value_enum, default_value = "owner")]
    by: Of,
    #[command(flatten)]
    cell: CellOf,
}

impl LeaderboardOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let question = self.when.question(self.which.criteria(unit).await?)?;
        let rows = leaderboard(unit, &question, &self.by.groups()).await?;
        if self.cell.list(unit, rows.iter().map(listed).collect(), out).await? {
            return Ok(());
        }
        if out.json {
            return out.json(&self.cell.json(answer(&question, json!({"rows": rows}))));
        }
        out.line(heading(&question))?;
        if rows.is_empty() {
            return out.line("Nothing was decided in these days, and nothing is open.");
        }
        let line = |(at, row): (usize, &LeaderboardRow)| {
            let [won, amount] = total(&row.won);
            let [open, _] = total(&row.open);
            vec![
                (at + 1).to_string(),
                called(row.name.as_deref(), self.by == Of::Whole, "nobody"),
                won,
                amount,
                row.lost.count.to_string(),
                part(row.win_rate),
                worth(&row.average_deal),
                days(row.cycle.as_deref(), |days| days.average.to_string()),
                open,
            ]
        };
        let header = ["", "", "Won", "Amount", "Lost", "Rate", "Average", "Days", "Open"];
        out.table(&header, 2, rows.iter().enumerate().map(line))
    }
}

fn listed(row: &LeaderboardRow) -> Line<'_> {
    let (won, lost, open) = (&row.won.query, &row.lost.query, &row.open.query);
    let mut figures = vec![("won", won.clone()), ("lost", lost.clone()), ("open", open.clone())];
    figures.extend(row.cycle.as_ref().map(|cycle| ("cycle", cycle.query.clone())));
    Line { key: row.key.as_deref(), name: row.name.as_deref(), figures }
}
