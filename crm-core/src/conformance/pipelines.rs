//! Pipelines are data with versions: changing one rewrites no history.

use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::{
    kernel::{Entity, ErrorKind, Id},
    opportunity::{
        Allowance, ForecastCategory, Need, Opportunity, OpportunityStatus, ProbabilitySource,
        Stage, StageKind,
    },
    pipeline::Pipeline,
    store::{ChangeLog, expect},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    gates::moves,
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_changed_pipeline_rewrites_no_history,
        a_stage_in_use_keeps_its_key_and_kind,
        a_probability_never_decides,
        presets_are_whole,
        an_opportunity_begins_only_where_gates_are_met
    ]
}

async fn a_changed_pipeline_rewrites_no_history(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let (id, on) = (setting.pipeline.id, day("2017-12-31")?);
    let mut work = case.begin().await?;
    let mut won = Opportunity::open(case.id(), "won", &setting.pipeline)?;
    won.customer_id = Some(setting.customers[0]);
    let mut engaged = Opportunity::open(case.id(), "engaged", &setting.pipeline)?;
    engaged.customer_id = Some(setting.customers[0]);
    let [won, engaged] = [won.clone(), engaged.clone()].map(|one| one.id);
    for name in ["won", "engaged"] {
        let mut one =
            Opportunity::open(if name == "won" { won } else { engaged }, name, &setting.pipeline)?;
        one.customer_id = Some(setting.customers[0]);
        work.opportunities().open(one).await?;
    }
    work.opportunities().advance(engaged, "engaging", None).await?;
    work.opportunities().advance(won, "engaging", None).await?;
    work.opportunities().win(won, on, Some("price".into())).await?;
    work.commit().await?;

    let mut work = case.begin().await?;
    let mut before = Vec::new();
    for id in [won, engaged] {
        before.push((expect(&mut *work, id).await?, moves(&mut *work, id).await?));
    }
    let stored = expect(&mut *work, id).await?;
    let changed = stored.edit(|pipeline| {
        let stages = &mut pipeline.stages.0;
        stages[0].name = "First talk".into();
        stages[1].name = "In talks".into();
        stages[1].probability = Decimal::from(35);
        stages[1].gates.push(crate::opportunity::Gate::new("Priced", Need::Lines(1)));
        stages[2].gates.push(crate::opportunity::Gate::new(
            "Close known",
            Need::Fields(vec!["expected_close".into()]),
        ));
        stages.insert(1, Stage::new("between", "Between", StageKind::Open, 20));
        pipeline.rules.skip = Allowance::Refused;
        pipeline.rules.win_reasons.required = true;
    });
    work.update(changed).await?;
    work.commit().await?;

    let mut work = case.begin().await?;
    for ((deal, steps), id) in before.iter().zip([won, engaged]) {
        same("the opportunity", &expect(&mut *work, id).await?, deal)?;
        same("its moves", &moves(&mut *work, id).await?, steps)?;
    }
    // From now on the new rules hold: what is in a stage stays there, what comes is asked.
    let unmet = crate::opportunity::OpportunityEvent::win(on);
    let unmet = work.opportunities().unmet(engaged, &unmet).await?;
    let gates: Vec<_> = unmet.iter().filter_map(|one| one.gate.as_deref()).collect();
    same("asked of a win", gates, vec!["Close known"])?;
    same("and a reason", unmet.len(), 2)?;
    let back = work.opportunities().advance(engaged, "prospecting", None).await?;
    same("the default of today", back.probability, Some(10.into()))?;
    let answer = work.opportunities().advance(engaged, "engaging", None).await;
    let said = fails("past the new stage", answer, ErrorKind::Refused)?.to_string();
    claim(said.contains("Priced") && said.contains("skipping"), said)?;
    // What the pipeline was stands in the change log, version by version.
    let versions = ChangeLog::history(&mut *work, Pipeline::KIND, id.uuid(), 0, 10).await?;
    same("versions", versions.len(), 2)?;
    let stages = versions[1].fields.iter().find(|field| field.field == "stages");
    let Some(stages) = stages else { return Err(Failure::new("no stages in the log")) };
    let name = |json: &Json| json[0]["name"].as_str().map(str::to_owned);
    same("from", name(&stages.from), Some("Prospecting".into()))?;
    same("to", name(&stages.to), Some("First talk".into()))
}

async fn a_stage_in_use_keeps_its_key_and_kind(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, setting.pipeline.id).await?;
    let gone = stored.clone().edit(|one| drop(one.stages.0.remove(0)));
    let said = fails("a stage taken away", work.update(gone).await, ErrorKind::Refused)?;
    claim(said.to_string().contains("prospecting"), said.to_string())?;
    let other = stored.clone().edit(|one| one.stages.0[0].key = "other".into());
    fails("another key", work.update(other).await, ErrorKind::Refused)?;
    let lost = stored.edit(|one| {
        one.stages.0[1].kind = StageKind::Lost;
    });
    fails("another kind", work.update(lost).await, ErrorKind::Refused).map(drop)
}

async fn a_probability_never_decides(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut deal = Opportunity::open(case.id(), "a deal", &setting.pipeline)?;
    deal.customer_id = Some(setting.customers[0]);
    let id: Id<Opportunity> = work.opportunities().open(deal).await?.id;
    let set = |percent: i64| move |o: &mut Opportunity| o.probability = Some(percent.into());
    for percent in [0, 100, 37] {
        let deal = work.opportunities().revise(id, None, set(percent)).await?;
        same("open at any", deal.state().status(), OpportunityStatus::Open)?;
        same("whose it is", deal.probability_source, ProbabilitySource::Manual)?;
    }
    let deal = work.opportunities().advance(id, "engaging", None).await?;
    same("kept", (deal.probability, deal.stage()), (Some(37.into()), "engaging"))?;
    let deal = work.opportunities().win(id, day("2017-12-31")?, None).await?;
    let was = (deal.state().status(), deal.probability, deal.probability_source);
    same("won", was, (OpportunityStatus::Won, Some(37.into()), ProbabilitySource::Manual))?;
    for percent in [0, 100] {
        let deal = work.opportunities().revise(id, None, set(percent)).await?;
        same("won at any", deal.state().status(), OpportunityStatus::Won)?;
    }
    let deal = work
        .opportunities()
        .revise(id, None, |o| o.probability_source = ProbabilitySource::Model)
        .await?;
    same("by a model", deal.probability_source, ProbabilitySource::Model)?;
    let answer = work.opportunities().revise(id, None, set(101)).await;
    let said = fails("above 100", answer, ErrorKind::Invalid)?.to_string();
    claim(said.contains("probability"), said)
}

/// Each preset can be kept, says of every stage how likely it is won and how sure a forecast is of it, and, but for the bare
/// one, how long it takes and when it is idle.
async fn presets_are_whole(case: &Case) -> Held {
    let mut work = case.begin().await?;
    for pipeline in
        [Pipeline::sales(case.id()), Pipeline::b2b(case.id()), Pipeline::tender(case.id())]
    {
        let name = pipeline.name.clone();
        let bare = name == "Sales";
        let mut last = Decimal::ZERO;
        for stage in &pipeline.stages.0 {
            let what = format!("{name}, {}", stage.name);
            let (percent, category) = match stage.kind {
                StageKind::Won => (Decimal::ONE_HUNDRED, ForecastCategory::Closed),
                StageKind::Lost => (Decimal::ZERO, ForecastCategory::Omitted),
                StageKind::Open => {
                    claim(stage.probability > last, format!("{what}: later is likelier"))?;
                    last = stage.probability;
                    claim(bare || stage.expected_days.is_some(), format!("{what}: how long"))?;
                    claim(bare || stage.idle_days.is_some(), format!("{what}: when idle"))?;
                    continue;
                }
            };
            same(&what, (stage.probability, stage.forecast_category()), (percent, category))?;
        }
        let gates = pipeline.stages.0.iter().flat_map(|stage| &stage.gates).count();
        claim(bare == (gates == 0), format!("{name} has gates"))?;
        work.insert(pipeline).await?;
    }
    Ok(())
}

async fn an_opportunity_begins_only_where_gates_are_met(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut pipeline = Pipeline::sales(case.id());
    pipeline.name = "Guarded".into();
    pipeline.stages.0[0].needs_customer = true;
    pipeline.stages.0[0] =
        pipeline.stages.0[0].clone().gate("Source known", Need::Fields(vec!["source".into()]));
    let pipeline = work.insert(pipeline).await?;
    let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
    let answer = work.opportunities().open(deal.clone()).await;
    let said = fails("to begin", answer, ErrorKind::Refused)?.to_string();
    claim(said.contains("Source known") && said.contains("customer"), said)?;
    deal.source = Some("fair".into());
    deal.customer_id = Some(setting.customers[0]);
    let opened = work.opportunities().open(deal.clone()).await?;
    // Sent again, it is the answer to what was asked then.
    work.opportunities().revise(opened.id, None, |o| o.source = None).await?;
    same("sent again", work.opportunities().open(deal).await?.id, opened.id)
}
