use chrono::NaiveDate;

use crate::kernel::{Actor, Id, Result, Timestamp};

use super::{
    Opportunity, OpportunityState, StageKind,
    pipeline::Pipeline,
    stage_move::{MoveKind, StageMove},
};

/// When and why an opportunity was decided in another system; nothing where it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The day.
    pub on: Option<NaiveDate>,
    /// Why.
    pub reason: Option<String>,
    /// Who won it instead.
    pub competitor: Option<String>,
}

impl Opportunity {
    /// The opportunity in the stage it has in another system, open or decided, whatever steps led
    /// there.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when the pipeline has no such stage, [`crate::Error::Refused`] when
    /// the stage needs a customer, a decided one has no day, or an open one has a decision.
    pub fn imported(
        mut self,
        pipeline: &Pipeline,
        stage: &str,
        decision: Decision,
    ) -> Result<Self> {
        let stage = self.stage_of(pipeline, stage)?;
        let Decision { on, reason, competitor } = decision;
        let state = match (stage.kind, on) {
            (StageKind::Open, None) if reason.is_none() && competitor.is_none() => {
                OpportunityState::Open
            }
            (StageKind::Open, _) => {
                let why = "an open opportunity has no day or reason of its end";
                return Err(self.refused(&stage.key, why).into());
            }
            (_, None) => {
                let why = format!("{} opportunities need the day they were closed", stage.kind);
                return Err(self.refused(&stage.key, why).into());
            }
            (StageKind::Won, Some(_)) if self.customer_id.is_none() => {
                let why = "it is won with somebody: name the customer";
                return Err(self.refused(&stage.key, why).into());
            }
            (StageKind::Won, Some(_)) if competitor.is_some() => {
                let why = "an opportunity that we won was not won by a competitor";
                return Err(self.refused(&stage.key, why).into());
            }
            (StageKind::Won, Some(on)) => OpportunityState::Won { on, reason },
            (StageKind::Lost, Some(on)) => OpportunityState::Lost { on, reason, competitor },
        };
        self.enter_checked(stage)?;
        self.state = state;
        Ok(self)
    }
}

impl StageMove {
    /// The step of an opportunity that came in from elsewhere: on the day it was closed, else, for
    /// a new one, on the day it began, else now.
    pub fn imported(
        id: Id<Self>,
        before: Option<&Opportunity>,
        after: &Opportunity,
        now: Timestamp,
        by: &Actor,
    ) -> Self {
        let began = if before.is_none() { after.opened_on } else { None };
        let day = after.state.closed_on().or(began);
        let at = day.and_then(|day| Timestamp::start_of(day).ok()).unwrap_or(now);
        Self {
            reason: after.state.reason().map(str::to_owned),
            ..Self::between(id, before, after, MoveKind::Imported, at, by)
        }
    }
}
