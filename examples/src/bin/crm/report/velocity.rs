use clap::{Args, ValueEnum};
use crm_core::{
    pipeline_report::{GroupBy, Velocity, velocity},
    store::ReadUnit,
};
use serde_json::json;

use super::{CellOf, PeriodOf, SelectOf, answer, called, cell::Line, days, heading, part, worth};
use crate::{
    failure::Failure,
    output::{Out, grouped},
};

/// Whom a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    Owner,
    Team,
    Whole,
}

impl Of {
    pub(crate) const fn groups(self) -> GroupBy {
        match self {
            Self::Owner => GroupBy::Owner,
            Self::Team => GroupBy::Team,
            Self::Whole => GroupBy::Whole,
        }
    }
}

/// `crm velocity`
#[derive(Debug, Args)]
#[command(
    after_help = "A day brings: opportunities that were worked on (decided in the period, or open as of the day) × \
                  average\namount of what was won × win rate ÷ average days from the beginning to the win.\n\n\
                  Example:\n  crm velocity --from 2017-10-01 --to 2018-01-01 --by team"
)]
pub(crate) struct VelocityOf {
    #[command(flatten)]
    when: PeriodOf,
    #[command(flatten)]
    which: SelectOf,
    /// A line for each.
    #[arg(long, value_enum, default_value = "whole")]
    by: Of,
    #[command(flatten)]
    cell: CellOf,
}

impl VelocityOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let question = self.when.question(self.which.criteria(unit).await?)?;
        let rows = velocity(unit, &question, &self.by.groups()).await?;
        if self.cell.list(unit, rows.iter().map(listed).collect(), out).await? {
            return Ok(());
        }
        if out.json {
            return out.json(&self.cell.json(answer(&question, json!({"rows": rows}))));
        }
        out.line(heading(&question))?;
        let line = |row: &Velocity| {
            vec![
                called(row.name.as_deref(), self.by == Of::Whole, "nobody"),
                grouped(row.opportunities),
                worth(&row.average_deal),
                part(row.win_rate),
                days(row.cycle.as_deref(), |days| days.average.to_string()),
                worth(&row.per_day),
            ]
        };
        let header = ["", "Worked on", "Average deal", "Win rate", "Days", "A day"];
        out.table(&header, 1, rows.iter().map(line))
    }
}

fn listed(row: &Velocity) -> Line<'_> {
    let mut figures = vec![
        ("opportunities", row.worked_on()),
        ("won", row.won.query.clone()),
        ("lost", row.lost.query.clone()),
        ("open", row.open.query.clone()),
    ];
    figures.extend(row.cycle.as_ref().map(|cycle| ("cycle", cycle.query.clone())));
    Line { key: row.key.as_deref(), name: row.name.as_deref(), figures }
}
