use clap::Args;
use crm_core::{
    pipeline_report::{LeaderboardRow, leaderboard},
    store::ReadUnit,
};
use serde_json::json;

use super::{PeriodOf, SelectOf, called, days, part, total, velocity::Of, worth};
use crate::{failure::Failure, output::Out};

/// `crm leaderboard`
#[derive(Debug, Args)]
#[command(
    after_help = "What was decided counts on the day it was closed; open is what was so when the period was over.\n\
                  A team has all that is owned in it and in the units below it.\n\n\
                  Example:\n  crm leaderboard --from 2017-10-01 --to 2018-01-01"
)]
pub(crate) struct LeaderboardOf {
    #[command(flatten)]
    when: PeriodOf,
    #[command(flatten)]
    which: SelectOf,
    /// A line for each.
    #[arg(long, value_enum, default_value = "owner")]
    by: Of,
}

impl LeaderboardOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let period = self.when.period(None)?;
        let filter = self.which.criteria(unit).await?;
        let rows = leaderboard(unit, period, &self.by.groups(), &filter).await?;
        if out.json {
            return out.json(&json!({"from": period.from(), "to": period.to(), "rows": rows}));
        }
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
                days(row.cycle.as_ref(), |days| days.average.to_string()),
                open,
            ]
        };
        let header = ["", "", "Won", "Amount", "Lost", "Rate", "Average", "Days", "Open"];
        out.table(&header, 2, rows.iter().enumerate().map(line))
    }
}
