use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    kernel::Cursor,
    opportunity::{self, Funnel, StageKind},
    pipeline::Pipeline,
    pipeline_report::{FunnelQuestion, FunnelReport, Measure, funnel_as_of, funnel_report},
    store::ReadUnit,
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, bar, grouped, short},
    report::{PeriodOf, SelectOf, days, part, worth},
    when::day,
};

/// `crm funnel`
#[derive(Debug, Args)]
#[command(
    after_help = "With days, an owner or the like: who came into each stage in these days, and what became of them by \
                  the day\nas of which is asked. An opportunity counts once in each figure, however often it came.\n\n\
                  Examples:\n  crm funnel --from 2017-07-01 --to 2017-10-01 --as-of 2017-12-31\n  \
                  crm funnel --from 2017-07-01 --to 2017-10-01 --cell engaging:lost"
)]
pub(crate) struct FunnelOf {
    #[command(flatten)]
    when: PeriodOf,
    #[command(flatten)]
    which: SelectOf,
    /// As it stood when this day was over. [default: the last day of the period, or today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<NaiveDate>,
    /// Lists the opportunities of one figure: entered, in_stage, forward, back, won, lost, transferred, next,
    /// onward or became_won.
    #[arg(long, value_name = "STAGE:FIGURE")]
    cell: Option<String>,
    /// At most so many in the list.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Goes on after the page that ended with this cursor.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl FunnelOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let Some(Pipeline { id, .. }) =
            find::some_pipeline(unit, self.which.pipeline.as_deref()).await?
        else {
            if out.json {
                return out.json(&json!({"pipeline": null, "stages": []}));
            }
            return out.line(
                "There are no opportunities yet: `crm import opportunities FILE` reads some.",
            );
        };
        let asks = self.when.asks() || self.which.asks();
        if !asks && self.as_of.is_none() && self.cell.is_none() {
            let funnel = opportunity::funnel(unit, id).await?;
            return if out.json { out.json(&funnel) } else { show(&funnel, out) };
        }
        let period = self.when.period(self.as_of)?;
        let as_of = self.as_of.unwrap_or_else(|| self.when.last());
        let filter = self.which.filter(unit).await?;
        let question = FunnelQuestion::new(id, period).as_of(as_of).filter(filter);
        if let Some(cell) = &self.cell {
            return self.list(unit, &question, cell, out).await;
        }
        let report = funnel_report(unit, &question).await?;
        if !out.json {
            return through(&report, out);
        }
        let funnel = funnel_as_of(unit, &question).await?;
        out.json(&json!({
            "pipeline": report.pipeline, "stages": funnel.stages,
            "from": report.from, "to": report.to, "as_of": report.as_of, "cohorts": report.stages,
        }))
    }
}

impl FunnelOf {
    async fn list(
        &self,
        unit: &mut dyn ReadUnit,
        question: &FunnelQuestion,
        cell: &str,
        out: Out,
    ) -> Result<(), Failure> {
        let known = || {
            let all: Vec<_> = Measure::ALL.iter().map(|one| one.as_str()).collect();
            Failure::Asked(format!("--cell: write STAGE:FIGURE; figures are {}", all.join(", ")))
        };
        let (stage, measure) = cell.rsplit_once(':').ok_or_else(known)?;
        let measure = measure.parse::<Measure>().map_err(|_| known())?;
        let after = self.after.as_deref().map(Cursor::new);
        let page = question.cell_page(unit, stage, measure, self.limit, after).await?;
        if out.json {
            let item = |item: &crm_core::pipeline_report::CellItem| {
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
        match page.next {
            Some(cursor) => out.line(format!("There are more: --after {cursor}")),
            None => Ok(()),
        }
    }
}

/// How many came through.
fn through(report: &FunnelReport, out: Out) -> Result<(), Failure> {
    out.line(format!(
        "{}: who came into a stage from {} on, before {}, as of {}",
        short(&report.pipeline, 40),
        report.from,
        report.to,
        report.as_of
    ))?;
    let rows = report.stages.iter().map(|stage| {
        let count = |measure| grouped(stage.total(measure).count);
        let open = |text: String| if stage.kind == StageKind::Open { text } else { "-".to_owned() };
        vec![
            short(&stage.stage, 16),
            count(Measure::InStage),
            worth(&stage.total(Measure::InStage).amounts),
            count(Measure::Entered),
            open(count(Measure::Forward)),
            count(Measure::Back),
            open(count(Measure::Won)),
            open(count(Measure::Lost)),
            part(stage.to_next),
            part(stage.to_won),
            days(stage.stayed.as_ref(), |days| format!("{} / {}", days.median, days.percentile_90)),
        ]
    });
    let header = [
        "Stage", "In it", "Amount", "Came in", "On", "Back", "Won", "Lost", "To next", "To won",
        "Days",
    ];
    out.table(&header, 1, rows)?;
    out.line("Days: half of the stays that are over were not longer, and nine of ten.")
}

pub(crate) fn show(funnel: &Funnel, out: Out) -> Result<(), Failure> {
    let most = funnel.stages.iter().map(|line| line.count).max().unwrap_or_default();
    let rows = funnel.stages.iter().map(|line| {
        let currency = line.currency.map_or("", |currency| currency.code());
        vec![
            line.stage.clone(),
            bar(line.count as f64, most as f64, 30),
            grouped(line.count),
            format!("{} {currency}", grouped(&line.amount)).trim_end().to_owned(),
        ]
    });
    out.table(&["Stage", &funnel.pipeline, "Opportunities", "Amount"], 2, rows)
}
