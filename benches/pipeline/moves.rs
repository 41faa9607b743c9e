//! One move of an opportunity, as somebody would write it by hand: the record, its pipeline, the
//! gate's interaction, the rules of the house; then the record, the move and their entries in the
//! change log. The same rows as the store writes.

use crm_benches::Result;
use crm_core::{
    kernel::{Id, Money, Timestamp},
    opportunity::{Opportunity, Stages, WEIGHTED_ROUNDING},
    staff_member::StaffMember,
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// What is asked for first; the last columns are read as a store reads them, and not used.
pub(crate) const DEAL: &str = "\
    SELECT version, stage, amount, amount_currency, probability, expected_close, owner_id, \
    customer_id, stage_since, moves, moved_at, id, external_id, name, pipeline_id, status, \
    closed_on, close_reason, competitor, opened_on, contact_id, product_id, probability_source, \
    source, next_step, tags, custom, notes, lines, splits, forecast_category, decided_from, \
    weighted, weighted_currency, forecast_month, cycle_days, shared, itemised, stage_category, \
    counts_as \
    FROM crm_opportunity WHERE tenant_id = $1 AND id = $2";
pub(crate) const PIPELINE: &str = "\
    SELECT stages, version, external_id, name, active, rules FROM crm_pipeline \
    WHERE tenant_id = $1 AND id = $2";
// SQLite would rather go through all that are closed.
pub(crate) const SPOKEN: &str = "\
    SELECT id FROM crm_interaction WHERE tenant_id = $1 AND opportunity_id = $2 \
    AND status || '' = 'closed' LIMIT 1";
pub(crate) const RULES: &str = "SELECT * FROM crm_settings WHERE tenant_id = $1 AND id = $2";
pub(crate) const UPDATE: &str = "\
    UPDATE crm_opportunity SET version = version + 1, stage = $1, probability = $2, weighted = $3, \
    weighted_currency = $4, stage_since = $5, moved_at = $5, moves = $6 \
    WHERE tenant_id = $7 AND id = $8 AND version = $9";
pub(crate) const MOVE: &str = "\
    INSERT INTO crm_stage_move (tenant_id, version, id, opportunity_id, number, kind, \
    from_pipeline_id, pipeline_id, from_stage, to_stage, from_status, to_status, amount_before, \
    amount_before_currency, amount_after, amount_after_currency, probability_before, \
    probability_after, expected_close_before, expected_close_after, owner_before, owner_after, \
    moved_at, moved_by, waived, customer_id, weighted_before, weighted_before_currency, since, \
    entered_at, stayed_days, category_before, category_after, probability_source_before, \
    probability_source_after, course) \
    VALUES ($1, 1, $2, $3, $4, $5, $6, $6, $7, $8, 'open', 'open', $9, $10, $9, $10, $11, $12, \
    $13, $13, $14, $14, $15, $16, '[]', $17, $18, $10, $19, $20, $21, 'pipeline', 'pipeline', \
    'stage', 'stage', $22)";

/// What a move needs of an opportunity.
pub(crate) struct Deal {
    pub(crate) version: i64,
    pub(crate) stage: String,
    pub(crate) amount: Money,
    pub(crate) probability: Decimal,
    pub(crate) expected_close: Option<chrono::NaiveDate>,
    pub(crate) owner: Option<Id<StaffMember>>,
    pub(crate) customer: Uuid,
    pub(crate) stage_since: Timestamp,
    pub(crate) moves: i64,
    pub(crate) moved_at: Timestamp,
}

/// What it becomes.
pub(crate) struct Step {
    pub(crate) kind: &'static str,
    pub(crate) course: &'static str,
    pub(crate) probability: Decimal,
    pub(crate) weighted: Money,
    pub(crate) weighted_before: Money,
    pub(crate) stayed_days: i64,
}

impl Deal {
    /// Whether the gates let it pass is decided here, as the pipeline has them.
    pub(crate) fn step(
        &self,
        stages: &str,
        to: &str,
        spoken: bool,
        now: Timestamp,
    ) -> Result<Step> {
        let stages: Stages = serde_json::from_str(stages)?;
        let stage = stages.get(to).ok_or("no such stage")?;
        let (at, there) = (stages.position(&self.stage), stages.position(to));
        let forward = there > at;
        let gated = forward && !stage.gates.is_empty();
        if gated && (!spoken || self.expected_close.is_none()) {
            return Err("a gate is not met".into());
        }
        let part = |probability: Decimal| {
            self.amount.times(probability / Decimal::ONE_HUNDRED, WEIGHTED_ROUNDING)
        };
        let stayed = now.to_datetime() - self.stage_since.to_datetime();
        Ok(Step {
            kind: if forward { "advanced" } else { "back" },
            course: match forward {
                true if there == at.map(|at| at + 1) => "next",
                true => "ahead",
                false => "back",
            },
            probability: stage.probability,
            weighted: part(stage.probability)?,
            weighted_before: part(self.probability)?,
            stayed_days: stayed.num_days(),
        })
    }

    /// The entry of the record in the change log.
    pub(crate) fn changed(&self, step: &Step, to: &str, now: Timestamp) -> String {
        let currency = self.amount.currency();
        format!(
            "{{\"stage\":[\"{}\",\"{to}\"],\"probability\":[\"{}\",\"{}\"],\
             \"stage_since\":[\"{}\",\"{now}\"],\"moves\":[{},{}],\
             \"weighted\":[{{\"amount\":\"{}\",\"currency\":\"{currency}\"}},\
             {{\"amount\":\"{}\",\"currency\":\"{currency}\"}}],\"moved_at\":[\"{}\",\"{now}\"]}}",
            self.stage,
            self.probability,
            step.probability,
            self.stage_since,
            self.moves,
            self.moves + 1,
            step.weighted_before.amount(),
            step.weighted.amount(),
            self.moved_at
        )
    }

    /// The entry of the move.
    pub(crate) fn created(
        &self,
        step: &Step,
        (id, deal, to): (Uuid, Id<Opportunity>, &str),
        now: Timestamp,
    ) -> String {
        let currency = self.amount.currency();
        let amount = self.amount.amount();
        let owner = self.owner.map(|owner| owner.to_string()).unwrap_or_default();
        let day = self.expected_close.map(|day| day.to_string()).unwrap_or_default();
        format!(
            "{{\"id\":[null,\"{id}\"],\"opportunity_id\":[null,\"{deal}\"],\
             \"number\":[null,{}],\"kind\":[null,\"{}\"],\"from_stage\":[null,\"{}\"],\
             \"to_stage\":[null,\"{to}\"],\"from_status\":[null,\"open\"],\
             \"to_status\":[null,\"open\"],\
             \"amount_before\":[null,{{\"amount\":\"{amount}\",\"currency\":\"{currency}\"}}],\
             \"amount_after\":[null,{{\"amount\":\"{amount}\",\"currency\":\"{currency}\"}}],\
             \"probability_before\":[null,\"{}\"],\"probability_after\":[null,\"{}\"],\
             \"expected_close_before\":[null,\"{day}\"],\"expected_close_after\":[null,\"{day}\"],\
             \"owner_before\":[null,\"{owner}\"],\"owner_after\":[null,\"{owner}\"],\
             \"moved_at\":[null,\"{now}\"],\"moved_by\":[null,\"bench\"],\"waived\":[null,[]],\
             \"customer_id\":[null,\"{}\"],\"since\":[null,\"{}\"],\"entered_at\":[null,\"{}\"],\
             \"stayed_days\":[null,{}],\
             \"category_before\":[null,\"pipeline\"],\"category_after\":[null,\"pipeline\"],\
             \"probability_source_before\":[null,\"stage\"],\
             \"probability_source_after\":[null,\"stage\"],\"course\":[null,\"{}\"],\
             \"weighted_before\":[null,{{\"amount\":\"{}\",\"currency\":\"{currency}\"}}]}}",
            self.moves + 1,
            step.kind,
            self.stage,
            self.probability,
            step.probability,
            self.customer,
            self.moved_at,
            self.stage_since,
            step.stayed_days,
            step.course,
            step.weighted_before.amount()
        )
    }
}
