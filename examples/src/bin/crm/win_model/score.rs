use clap::Args;
use crm_core::{
    kernel::{Criteria, Id, Scope},
    opportunity::{self, OpportunityStatus},
    store::{ReadUnit, Store, run},
    win_model::{Scored, ScoresWritten, ValueNames, WinModel, likeliest},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{OfPipeline, last, report::percent};
use crate::{
    failure::Failure,
    find,
    import::Progress,
    output::{Out, counted, grouped, short},
};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crm win-model score --owner 'Anna Snelling'\n  crm win-model score --write --step 2"
)]
pub(crate) struct Score {
    #[command(flatten)]
    pipeline: OfPipeline,
    /// Only those of this colleague: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Gives every open opportunity of the pipeline its score as its probability, but for those that somebody gave one by
    /// hand.
    #[arg(long)]
    write: bool,
    /// Only where the score has changed by so many per cent points.
    #[arg(long, default_value_t = Decimal::ONE, value_name = "POINTS", requires = "write")]
    step: Decimal,
}

/// So many opportunities are in one unit.
const PAGE: u32 = 1_000;

impl Score {
    pub(super) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (model, owner) = {
            let mut unit = store.read(scope.clone()).await?;
            let pipeline = self.pipeline.find(&mut *unit).await?;
            let owner = find::some_staff(&mut *unit, self.owner.as_deref()).await?;
            (last(&mut *unit, pipeline).await?.into_inner(), owner)
        };
        let written = match self.write {
            true => Some(self.write_all(store, scope, &model).await?),
            false => None,
        };
        let wanted =
            owner.map_or_else(Criteria::everything, |one| opportunity::OWNER_ID.eq(one.id));
        let mut unit = store.read(scope.clone()).await?;
        let best = likeliest(&mut *unit, &model, wanted, self.limit).await?;
        show(&mut *unit, &model, &best, written.as_ref(), out).await
    }

    async fn write_all(
        &self,
        store: &dyn Store,
        scope: &Scope,
        model: &WinModel,
    ) -> Result<ScoresWritten, Failure> {
        let open = opportunity::PIPELINE_ID
            .eq(model.pipeline_id)
            .and(opportunity::STATUS.eq(OpportunityStatus::Open));
        let count = {
            let mut unit = store.read(scope.clone()).await?;
            unit.count(open).await?
        };
        let mut progress = Progress::new("opportunities", count);
        let (id, step): (Id<WinModel>, _) = (model.id, self.step);
        let mut sum = ScoresWritten::default();
        loop {
            let after = sum.next.take();
            let done = run(store, scope, |work| {
                let after = after.clone();
                Box::pin(async move { work.win_models().write_scores(id, step, after, PAGE).await })
            });
            let done = done.await?;
            sum.seen += done.seen;
            sum.changed += done.changed;
            sum.manual += done.manual;
            sum.next = done.next;
            progress.advance(done.seen, sum.seen);
            if sum.next.is_none() {
                return Ok(sum);
            }
        }
    }
}

async fn show(
    unit: &mut dyn ReadUnit,
    model: &WinModel,
    best: &[Scored],
    written: Option<&ScoresWritten>,
    out: Out,
) -> Result<(), Failure> {
    let reasons = best.iter().flat_map(|one| &one.score.reasons);
    let values = reasons.map(|reason| (&reason.feature, reason.value.as_deref()));
    let names = ValueNames::of(unit, values).await?;
    if out.json {
        let written = written
            .map(|done| json!({"seen": done.seen, "changed": done.changed, "manual": done.manual}));
        let list: Vec<_> = best.iter().map(|one| as_json(one, &names)).collect();
        return out.json(&json!({
            "model": model.number, "written": written, "opportunities": list,
        }));
    }
    if let Some(done) = written {
        out.line(format!(
            "{} looked at, {} changed; {} by hand stay.",
            counted(done.seen, "open opportunity", "open opportunities"),
            grouped(done.changed),
            grouped(done.manual)
        ))?;
    }
    if best.is_empty() {
        return out.line("No opportunity is open.");
    }
    let rows = best.iter().map(|one| {
        let told = one.score.reasons.iter().map(|reason| reason.words(&names));
        let why: Vec<_> = told.collect();
        let why = if why.is_empty() { "nothing moves it".to_owned() } else { why.join("; ") };
        vec![
            format!("{} %", percent(one.score.probability)),
            short(&one.opportunity.name, 40),
            short(&why, 120),
        ]
    });
    out.table(&["Score", "Opportunity", "Why"], 3, rows)?;
    let base = percent(model.base());
    out.line(format!("Model {}: without a reason it is {base} %.", model.number))
}

fn as_json(one: &Scored, names: &ValueNames) -> Value {
    let deal = &one.opportunity;
    let reasons: Vec<_> = one
        .score
        .reasons
        .iter()
        .map(|reason| {
            json!({
                "field": reason.feature, "value": reason.value,
                "name": names.name(reason.value.as_deref()), "log_odds": reason.log_odds,
                "points": percent(reason.points), "closed": reason.closed,
                "words": reason.words(names),
            })
        })
        .collect();
    json!({
        "id": deal.id, "external_id": deal.external_id, "name": deal.name,
        "score": percent(one.score.probability), "base": percent(one.score.base),
        "probability": deal.probability.map(percent), "source": deal.probability_source,
        "reasons": reasons,
    })
}
