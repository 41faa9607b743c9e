use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    kernel::{Pairs, Result, Sum, Sums, Value, six_decimals},
    opportunity::{AMOUNT, Funnel, Opportunity, STAGE, StageKind, from_sums},
    stage_move::{AMOUNT_BEFORE, FROM_STAGE, OPPORTUNITY_ID, STAYED_DAYS, StageMove},
    store::{Insights, Linked, ReadUnit, expect},
};

use super::{
    DayCounts, DaySummary, FunnelQuestion, Measure, Total,
    cell::{Cell, Part},
    listing::MOST,
    period::kept,
    total::share,
};

/// How opportunities come through a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunnelReport {
    /// The pipeline's name.
    pub pipeline: String,
    /// The first day of the period.
    pub from: NaiveDate,
    /// The first day after it.
    pub to: NaiveDate,
    /// The day as of which it is.
    pub as_of: NaiveDate,
    /// Its stages, in order.
    pub stages: Vec<StageReport>,
}

/// What became of those that came into a stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageReport {
    /// The stage's key.
    pub key: String,
    /// The stage's name.
    pub stage: String,
    /// What it means to be in it.
    pub kind: StageKind,
    /// Its figures, one of each [`Measure`], in their order.
    pub cells: Vec<Cell>,
    /// Which part of those that came in left for the stage that came next when they left ([`Measure::Next`]); who skipped it
    /// is in [`Measure::Onward`] alone. None where nobody came in, nor of a stage that decides.
    #[serde(serialize_with = "six_decimals")]
    pub to_next: Option<Decimal>,
    /// Which part of those that came in was won when the day was over ([`Measure::BecameWon`]).
    #[serde(serialize_with = "six_decimals")]
    pub to_won: Option<Decimal>,
    /// In whole days, how long those stays were that began in the period and were over by the day. Each stay counts:
    /// who came twice stayed twice.
    pub stayed: Option<DaySummary>,
}

impl StageReport {
    /// One of its figures.
    pub fn total(&self, measure: Measure) -> &Total {
        static NOTHING: Total = Total { count: 0, amounts: BTreeMap::new() };
        let cell = self.cells.iter().find(|cell| cell.measure == measure);
        cell.map_or(&NOTHING, |cell| &cell.total)
    }
}

/// Answers a [`FunnelQuestion`]. A store adds up all ways of leaving in one go, for all stages.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such pipeline, [`crate::Error::Invalid`] for criteria that do not fit, or a
/// day that no store can keep.
pub async fn funnel_report(
    unit: &mut (dyn ReadUnit + '_),
    question: &FunnelQuestion,
) -> Result<FunnelReport> {
    kept(question.as_of)?;
    let pipeline = expect(unit, question.pipeline).await?.into_inner();
    let mut totals: BTreeMap<(Measure, String), Total> = BTreeMap::new();
    for (measures, sums) in question.at_once() {
        for sum in Linked::<StageMove, Opportunity>::pair_sums(unit, sums).await? {
            let Some(stage) = stage(&sum) else { continue };
            for (measure, counts) in measures.iter().zip(sum.key.iter().skip(1)) {
                if *counts == Value::Bool(true) {
                    totals.entry((*measure, stage.clone())).or_default().add(&sum)?;
                }
            }
        }
    }
    for (measure, sums) in [
        (Measure::BecameWon, were_won(unit, question).await?),
        (Measure::InStage, in_stage(unit, question).await?),
    ] {
        for sum in sums {
            if let Some(stage) = stage(&sum) {
                totals.entry((measure, stage)).or_default().add(&sum)?;
            }
        }
    }
    let stayed = stays(unit, question).await?;
    let stages = pipeline.stages.0.iter().map(|stage| {
        let cell = |measure: &Measure| Cell {
            measure: *measure,
            total: totals.get(&(*measure, stage.key.clone())).cloned().unwrap_or_default(),
        };
        let mut report = StageReport {
            key: stage.key.clone(),
            stage: stage.name.clone(),
            kind: stage.kind,
            cells: Measure::ALL.iter().map(cell).collect(),
            to_next: None,
            to_won: None,
            stayed: stayed.get(&stage.key).and_then(DayCounts::summary),
        };
        let entered = report.total(Measure::Entered).count;
        report.to_won = share(report.total(Measure::BecameWon).count, entered);
        if stage.kind == StageKind::Open {
            report.to_next = share(report.total(Measure::Next).count, entered);
        }
        report
    });
    let stages = stages.collect();
    let period = question.period;
    let (from, to, as_of) = (period.from(), period.to(), question.as_of);
    Ok(FunnelReport { pipeline: pipeline.name, from, to, as_of, stages })
}

/// The funnel as [`crate::opportunity::funnel`] has it, as it stood when the day of the question was over.
///
/// # Errors
/// As [`funnel_report`].
pub async fn funnel_as_of(
    unit: &mut (dyn ReadUnit + '_),
    question: &FunnelQuestion,
) -> Result<Funnel> {
    kept(question.as_of)?;
    let pipeline = expect(unit, question.pipeline).await?;
    Ok(from_sums(&pipeline, &in_stage(unit, question).await?))
}

/// What stood in each stage: what has not moved since, and what moved since as it was before.
async fn in_stage(unit: &mut (dyn ReadUnit + '_), question: &FunnelQuestion) -> Result<Vec<Sum>> {
    let mut all = Vec::new();
    for part in question.parts(Measure::InStage, None) {
        all.append(&mut match part {
            Part::Moved(_) | Part::WereWon(_) => Vec::new(),
            Part::Were(pairs) => {
                unit.pair_sums(pairs.each().of(&AMOUNT_BEFORE).by(&FROM_STAGE)).await?
            }
            Part::Are(criteria) => {
                let sums = Sums::of(&AMOUNT).by(&STAGE).matching(criteria);
                Insights::<Opportunity>::sums(unit, sums).await?
            }
        });
    }
    Ok(all)
}

/// Of each cohort what was won when the day was over and is not so by what is now: some at a time, for no sum joins two
/// moves of one opportunity.
async fn were_won(unit: &mut (dyn ReadUnit + '_), question: &FunnelQuestion) -> Result<Vec<Sum>> {
    let (were_won, mut all, mut after) = (question.were_won(), Vec::new(), None);
    loop {
        let (found, next) = were_won.found(unit, MOST, after).await?;
        if !found.is_empty() {
            let these = found.iter().map(|one| one.opportunity.id).collect();
            all.append(&mut unit.pair_sums(question.came(these)).await?);
        }
        if next.is_none() {
            return Ok(all);
        }
        after = next;
    }
}

/// How long the stays were, for each stage.
async fn stays(
    unit: &mut (dyn ReadUnit + '_),
    question: &FunnelQuestion,
) -> Result<BTreeMap<String, DayCounts>> {
    let pairs = Pairs::by(&OPPORTUNITY_ID).naming(question.leaving(None));
    let sums = pairs.named(question.filter.clone()).each().by(&FROM_STAGE).by(&STAYED_DAYS);
    let mut stayed: BTreeMap<String, DayCounts> = BTreeMap::new();
    for sum in Linked::<StageMove, Opportunity>::pair_sums(unit, sums).await? {
        if let Some(stage) = stage(&sum) {
            stayed.entry(stage).or_default().add(&sum);
        }
    }
    Ok(stayed)
}

fn stage(sum: &Sum) -> Option<String> {
    match sum.key.first() {
        Some(Value::Text(key)) => Some(key.to_string()),
        _ => None,
    }
}
