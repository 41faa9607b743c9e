use clap::Args;
use crm_core::{
    kernel::{Money, Stored, to_json},
    opportunity::{
        Evidence, Opportunity, OpportunityEvent, OpportunityStatus, Stage, StageKind, Unmet,
        conflicts_of,
    },
    pipeline::Pipeline,
    stage_move::{self, StageMove},
    store::{Read, ReadUnit, expect},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, grouped, short},
    when,
};

/// So many moves are shown.
const MOST_MOVES: u32 = 1_000;

/// `crm opportunity show`
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The opportunity: an id, an external id or a name.
    opportunity: String,
}

/// A step that may come, and what stands against it.
struct Next<'p> {
    stage: &'p Stage,
    unmet: Vec<Unmet>,
}

impl Show {
    pub(super) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let id = find::deal(unit, &self.opportunity).await?.id;
        let deal = expect(unit, id).await?;
        let pipeline = expect(unit, deal.pipeline_id).await?;
        let query = stage_move::OPPORTUNITY_ID.eq(id).query().order_by(&stage_move::NUMBER);
        let moves = Read::<StageMove>::find(unit, query.limit(MOST_MOVES)).await?.items;
        let next = next(unit, &deal, &pipeline).await?;
        let conflicts = conflicts_of(unit, &deal).await?;
        let customer = find::customers(unit, deal.customer_id).await?.into_values().next();
        let owner = find::colleagues(unit, deal.owner_id).await?.into_values().next();
        if out.json {
            let mut told = brief(&deal);
            let next: Vec<_> = next
                .iter()
                .map(|one| json!({"stage": one.stage.key, "kind": one.stage.kind, "unmet": one.unmet}))
                .collect();
            let moves: Vec<_> = moves.iter().map(|step| to_json::<StageMove>(step)).collect();
            let totals = deal.lines.totals().ok().flatten();
            let others = conflicts.iter().flat_map(|one| &one.rivals);
            let others = others.filter(|rival| rival.opportunity_id != id);
            let others: Vec<_> = others.map(|rival| rival.opportunity_id).collect();
            if let Some(members) = told.as_object_mut() {
                for (name, value) in [
                    ("customer", json!(customer.as_ref().map(find::named))),
                    ("owner", json!(owner.map(|one| json!({"id": one.id, "name": one.name})))),
                    ("pipeline", json!({"id": pipeline.id, "name": pipeline.name})),
                    ("lines", json!(deal.lines)),
                    ("totals", json!(totals)),
                    ("splits", json!(deal.splits)),
                    ("moves", json!(moves)),
                    ("next", json!(next)),
                    ("in_conflict_with", json!(others)),
                ] {
                    members.insert(name.to_owned(), value);
                }
            }
            return out.json(&told);
        }
        super::tell(&deal, out)?;
        let name = |name: Option<String>| name.unwrap_or_else(|| "nobody".to_owned());
        let (customer, owner) = (name(customer.map(|c| c.name)), name(owner.map(|o| o.name)));
        out.line(format!(
            "{} · {customer} · {owner} · {} %, from the {}",
            pipeline.name,
            deal.probability.map_or_else(|| "?".to_owned(), |p| p.normalize().to_string()),
            deal.probability_source,
        ))?;
        lines(&deal, out)?;
        history(&moves, out)?;
        for one in &next {
            let told = match one.unmet.as_slice() {
                [] => "may come next".to_owned(),
                unmet => unmet.iter().map(words).collect::<Vec<_>>().join("; "),
            };
            out.line(format!("{}: {told}", one.stage.key))?;
        }
        match conflicts.len() {
            0 => Ok(()),
            many => out.line(format!(
                "{}: others are there with the same; `crm conflicts` shows them.",
                counted(many, "conflict", "conflicts")
            )),
        }
    }
}

/// What it is now, for programs.
pub(super) fn brief(deal: &Stored<Opportunity>) -> Value {
    let state = deal.state();
    json!({
        "id": deal.id, "external_id": deal.external_id, "name": deal.name,
        "stage": deal.stage(), "status": state.status(), "closed_on": state.closed_on(),
        "close_reason": state.reason(), "competitor": state.competitor(),
        "amount": deal.amount.map(Money::amount_text), "currency": deal.amount.map(Money::currency),
        "probability": deal.probability, "probability_source": deal.probability_source,
        "expected_close": deal.expected_close, "forecast_category": deal.forecast_category,
        "next_step": deal.next_step, "stage_since": deal.stage_since(), "version": deal.version(),
    })
}

/// The steps that its state allows, each with what stands against it.
async fn next<'p>(
    unit: &mut dyn ReadUnit,
    deal: &Opportunity,
    pipeline: &'p Pipeline,
) -> Result<Vec<Next<'p>>, Failure> {
    let on = when::now().date();
    let open = deal.state().status() == OpportunityStatus::Open;
    let mut next = Vec::new();
    for stage in &pipeline.stages.0 {
        let (to, reason) = (stage.key.clone(), None);
        let event = match (stage.kind, open) {
            (StageKind::Open, true) => OpportunityEvent::Advance { to, reason },
            (StageKind::Open, false) => OpportunityEvent::Reopen { to, reason },
            (StageKind::Won, _) => OpportunityEvent::Win { on, to: Some(to), reason },
            _ => OpportunityEvent::Lose { on, to: Some(to), reason, competitor: None },
        };
        let from = if open { Some(deal.stage()) } else { deal.decided_from() };
        let gates = pipeline.gates_on_the_way(from, stage);
        let known = Evidence::gather(unit, deal, &gates).await?;
        if let Ok(unmet) = deal.unmet(pipeline, &event, &known) {
            next.push(Next { stage, unmet });
        }
    }
    Ok(next)
}

fn lines(deal: &Opportunity, out: Out) -> Result<(), Failure> {
    let Ok(Some(totals)) = deal.lines.totals() else { return Ok(()) };
    let rows = deal.lines.0.iter().zip(&totals.lines).map(|(line, total)| {
        vec![
            short(&line.text, 36),
            line.quantity.normalize().to_string(),
            grouped(line.unit_price.amount_text()),
            line.discount.normalize().to_string(),
            line.tax_rate.normalize().to_string(),
            grouped(total.net.amount_text()),
        ]
    });
    out.table(&["Line", "Quantity", "Price", "Discount %", "Tax %", "Net"], 1, rows)?;
    let [net, tax, gross] =
        [totals.net, totals.tax, totals.gross].map(|sum| grouped(sum.amount_text()));
    out.line(format!("{net} and {tax} tax: {gross} {}", totals.net.currency()))
}

fn history(moves: &[Stored<StageMove>], out: Out) -> Result<(), Failure> {
    let rows = moves.iter().map(|step| {
        let amount = step.amount_after.map_or_else(String::new, |amount| {
            format!("{} {}", grouped(amount.amount_text()), amount.currency())
        });
        vec![
            step.moved_at.date().to_string(),
            step.kind.to_string(),
            match &step.from_stage {
                Some(from) if *from != step.to_stage => format!("{from} → {}", step.to_stage),
                _ => step.to_stage.clone(),
            },
            short(&step.moved_by, 16),
            short(step.reason.as_deref().unwrap_or(""), 30),
            amount,
        ]
    });
    out.table(&["On", "", "Stage", "By", "Why", "Amount"], 5, rows)
}

fn words(unmet: &Unmet) -> String {
    match &unmet.gate {
        Some(gate) => format!("{gate}: {}", unmet.what),
        None => unmet.what.clone(),
    }
}
