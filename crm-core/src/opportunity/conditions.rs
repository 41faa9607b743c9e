//! What stands against a step that an opportunity's state allows.

use crate::kernel::Refused;

use super::{
    Allowance, Evidence, Gate, Opportunity, OpportunityEvent, OpportunityState, Stage, StageKind,
    Unmet, pipeline::Pipeline,
};

impl Opportunity {
    /// Rules and gates that a step into this stage does not meet.
    pub(super) fn unmet_in(
        &self,
        pipeline: &Pipeline,
        stage: &Stage,
        event: &OpportunityEvent,
        known: &Evidence,
    ) -> Vec<Unmet> {
        let rule = |what: String| Unmet { gate: None, what };
        let mut unmet: Vec<_> =
            self.against_rules(pipeline, stage, event).into_iter().map(rule).collect();
        let gates = self.gates_before(pipeline, stage);
        unmet.extend(gates.into_iter().filter_map(|gate| gate.unmet(self, known)));
        unmet
    }

    /// The gates that stand between it and a stage of its pipeline.
    pub(super) fn gates_before<'p>(&self, pipeline: &'p Pipeline, stage: &Stage) -> Vec<&'p Gate> {
        let from = match self.state {
            OpportunityState::Open => Some(self.stage.as_str()),
            _ => self.decided_from.as_deref(),
        };
        pipeline.gates_on_the_way(from, stage)
    }

    fn against_rules(
        &self,
        pipeline: &Pipeline,
        stage: &Stage,
        event: &OpportunityEvent,
    ) -> Vec<String> {
        let rules = &pipeline.rules;
        let mut against = Vec::new();
        if self.customer_id.is_none() {
            if stage.kind == StageKind::Won {
                against.push("it is won with somebody: name the customer first".to_owned());
            } else if stage.needs_customer {
                against.push("this stage needs a customer: name one first".to_owned());
            }
        }
        let (allowance, what) = match event {
            OpportunityEvent::Reopen { .. } => (rules.reopen, "reopening"),
            _ => pipeline.allowance(&self.stage, stage),
        };
        let silent = event.reason().is_none_or(|text| text.trim().is_empty());
        match allowance {
            Allowance::Refused => against.push(match pipeline.next_stages(&self.stage) {
                _ if matches!(event, OpportunityEvent::Reopen { .. }) => {
                    "this pipeline does not reopen what is decided".to_owned()
                }
                next if next.is_empty() => format!("this pipeline does not allow {what}"),
                next => format!(
                    "this pipeline does not allow {what}: from {} it goes to {}",
                    self.stage,
                    next.join(", ")
                ),
            }),
            Allowance::WithReason if silent => {
                against.push(format!("{what} needs a reason: say why"));
            }
            _ => {}
        }
        match event {
            OpportunityEvent::Win { reason, .. } => {
                against.extend(rules.win_reasons.objection(reason.as_deref(), "win"));
            }
            OpportunityEvent::Lose { reason, competitor, .. } => {
                against.extend(rules.loss_reasons.objection(reason.as_deref(), "lose"));
                let named = competitor.as_ref().is_some_and(|text| !text.trim().is_empty());
                if rules.competitor_required && !named {
                    against.push("say who won it instead".to_owned());
                }
            }
            _ => {}
        }
        against
    }

    /// Whether it may begin in a stage.
    pub(super) fn may_begin(
        &self,
        stage: &Stage,
        gates: &[&Gate],
        known: &Evidence,
    ) -> Result<(), Refused> {
        let mut unmet: Vec<_> = gates.iter().filter_map(|gate| gate.unmet(self, known)).collect();
        if stage.needs_customer && self.customer_id.is_none() {
            let what = "this stage needs a customer: name one first".to_owned();
            unmet.push(Unmet { gate: None, what });
        }
        self.refuse_unmet(&stage.key, &unmet)
    }

    pub(super) fn refuse_unmet(&self, to: &str, unmet: &[Unmet]) -> Result<(), Refused> {
        let told = |one: &Unmet| match &one.gate {
            Some(gate) => format!("{gate}: {}", one.what),
            None => one.what.clone(),
        };
        match unmet {
            [] => Ok(()),
            [one] => Err(self.refused(to, told(one))),
            many => {
                let all: Vec<_> = many.iter().map(told).collect();
                let why = format!("{} conditions are not met: {}", many.len(), all.join("; "));
                Err(self.refused(to, why))
            }
        }
    }
}
