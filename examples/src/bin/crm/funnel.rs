use clap::Args;
use crm_core::{
    kernel::{Id, Query},
    opportunity::{
        self, Funnel,
        pipeline::{self, Pipeline},
    },
    store::{Read, ReadUnit, find_one},
};

use crate::{
    failure::Failure,
    output::{Out, bar, grouped},
};

/// `crm funnel`
#[derive(Debug, Args)]
pub(crate) struct FunnelOf {
    /// Of this pipeline, by name; else of the first that is in use.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

impl FunnelOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let Some(id) = pipeline(unit, self.pipeline.as_deref()).await? else {
            if out.json {
                return out.json(&serde_json::json!({"pipeline": null, "stages": []}));
            }
            return out.line(
                "There are no opportunities yet: `crm import opportunities FILE` reads some.",
            );
        };
        let funnel = opportunity::funnel(unit, id).await?;
        if out.json { out.json(&funnel) } else { show(&funnel, out) }
    }
}

/// The pipeline of this name; without one, the first that is in use.
pub(crate) async fn pipeline(
    unit: &mut dyn ReadUnit,
    name: Option<&str>,
) -> Result<Option<Id<Pipeline>>, Failure> {
    let Some(name) = name else {
        return Ok(find_one(unit, pipeline::ACTIVE.eq(true)).await?.map(|found| found.id));
    };
    if let Some(found) = find_one(unit, pipeline::NAME.eq(name)).await? {
        return Ok(Some(found.id));
    }
    let all = Read::<Pipeline>::find(unit, Query::all().order_by(&pipeline::NAME)).await?;
    let names: Vec<_> = all.items.iter().map(|pipeline| pipeline.name.as_str()).collect();
    Err(Failure::Asked(format!("there is no pipeline {name:?}; there are: {}", names.join(", "))))
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
