use clap::Args;
use crm_core::{
    opportunity::{self, Funnel, StageKind},
    pipeline_report::{FunnelQuestion, FunnelReport, Measure, funnel_as_of, funnel_report},
    store::ReadUnit,
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, bar, grouped, list, short},
    report::{PageOf, PeriodOf, SelectOf, days, part, tell, worth},
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
    /// Lists the opportunities of one figure: entered, in_stage, forward, back, won, lost, transferred, next,
    /// onward or became_won.
    #[arg(long, value_name = "STAGE:FIGURE")]
    cell: Option<String>,
    #[command(flatten)]
    page: PageOf,
    /// With each figure of JSON the question that lists its opportunities: of all days, where none are named.
    #[arg(long)]
    queries: bool,
}

impl FunnelOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let Some(pipeline) = find::some_pipeline(unit, self.which.pipeline.as_deref()).await?
        else {
            if out.json {
                return out.json(&json!({"pipeline": null, "stages": []}));
            }
            return out.line(
                "There are no opportunities yet: `crm import opportunities FILE` reads some.",
            );
        };
        let queries = self.queries && out.json;
        let asks = queries || self.when.asks() || self.which.asks();
        let id = pipeline.id;
        if !asks && self.cell.is_none() {
            let funnel = opportunity::funnel(unit, id).await?;
            return if out.json { out.json(&funnel) } else { show(&funnel, out) };
        }
        let (period, as_of) = (self.when.period()?, self.when.as_of());
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
        let mut cohorts = json!(report.stages);
        for (stage, told) in report.stages.iter().zip(list(&mut cohorts)).filter(|_| queries) {
            for (cell, told) in stage.cells.iter().zip(list(&mut told["cells"])) {
                let query = question.cell_query(&pipeline, &stage.key, cell.measure)?;
                told["query"] = json!(query);
            }
        }
        out.json(&json!({
            "pipeline": report.pipeline, "stages": funnel.stages,
            "from": report.from, "to": report.to, "as_of": report.as_of, "cohorts": cohorts,
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
        let page =
            question.cell_page(unit, stage, measure, self.page.limit, self.page.after()).await?;
        tell(cell, &page, out)
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
