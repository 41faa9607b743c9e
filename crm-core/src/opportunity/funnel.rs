use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    Result,
    kernel::{Currency, Id, Sum, Sums, Value, amount_text},
    store::{Insights, ReadUnit, expect},
};

use super::{AMOUNT, Opportunity, PIPELINE_ID, STAGE, StageKind, pipeline::Pipeline};

/// How many opportunities and how much money stand in each stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Funnel {
    /// The pipeline's name.
    pub pipeline: String,
    /// Its stages in order; a stage with several currencies has a line for each.
    pub stages: Vec<FunnelStage>,
}

/// A line of the funnel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunnelStage {
    /// The stage's name.
    pub stage: String,
    /// What it means to be in it.
    pub kind: StageKind,
    /// How many opportunities.
    pub count: u64,
    /// What they are worth together, with the currency's decimals.
    pub amount: String,
    /// The currency; `None` where no amount of the stage has one.
    pub currency: Option<Currency>,
}

/// The funnel of a pipeline, as it stands.
///
/// Opportunities without an amount count in the line of the pipeline's only currency. Where the
/// pipeline has several currencies they have a line of their own.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such pipeline.
pub async fn funnel(unit: &mut (dyn ReadUnit + '_), pipeline: Id<Pipeline>) -> Result<Funnel> {
    let pipeline = expect(unit, pipeline).await?.into_inner();
    let sums = Sums::of(&AMOUNT).by(&STAGE).matching(PIPELINE_ID.eq(pipeline.id));
    let sums = Insights::<Opportunity>::sums(unit, sums).await?;
    Ok(from_sums(&pipeline, &sums))
}

/// The lines of a funnel, of sums for each stage. Several of one stage and currency are one.
pub(crate) fn from_sums(pipeline: &Pipeline, sums: &[Sum]) -> Funnel {
    let mut currencies: Vec<_> = sums.iter().filter_map(|sum| sum.currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let only = match currencies.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let mut stages = Vec::new();
    for stage in &pipeline.stages.0 {
        let mut lines: Vec<(Option<Currency>, u64, Decimal)> = Vec::new();
        let of_stage = sums.iter().filter(|sum| sum.key == [Value::text(&stage.key)]);
        for sum in of_stage {
            let currency = sum.currency.or(only);
            match lines.iter_mut().find(|line| line.0 == currency) {
                Some(line) => {
                    line.1 += sum.count;
                    line.2 += sum.amount;
                }
                None => lines.push((currency, sum.count, sum.amount)),
            }
        }
        if lines.is_empty() {
            lines.push((only, 0, Decimal::ZERO));
        }
        stages.extend(lines.into_iter().map(|(currency, count, amount)| FunnelStage {
            stage: stage.name.clone(),
            kind: stage.kind,
            count,
            amount: currency.map_or_else(|| amount.to_string(), |c| amount_text(amount, c)),
            currency,
        }));
    }
    Funnel { pipeline: pipeline.name.clone(), stages }
}
