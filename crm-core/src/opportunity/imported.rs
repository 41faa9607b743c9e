use chrono::NaiveDate;

use crate::kernel::{Result, Timestamp};

use super::{
    Opportunity, OpportunityState, StageKind,
    pipeline::Pipeline,
    stage_move::MoveKind,
    steps::{Step, Steps},
};

/// When and why an opportunity was decided in another system; nothing where it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The day.
    pub on: Option<NaiveDate>,
    /// The key of the stage it was in before, where that is known. It was in it since the day it
    /// began.
    pub from: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who won it instead.
    pub competitor: Option<String>,
}

impl Opportunity {
    /// The same as a new one, which it stays when it is made of the values of its fields.
    pub(crate) fn begun(mut self) -> Self {
        if !self.takes_steps() {
            self.step_begins(Step::new(MoveKind::Opened));
        }
        self
    }

    /// A new opportunity in the stage it has in another system, open or decided, whatever steps led
    /// there: what is history is not asked for by gates. It moved on the day it was closed, else on
    /// the day it began, else when it is stored.
    ///
    /// It can be added, and not be put over one that is stored: that one moves by its verbs, and a row of a file that
    /// tells of it again ([`mod@crate::import`]).
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when the pipeline has no such stage or it was decided before it began, [`crate::Error::Refused`] when
    /// it is stored already, the stage needs a customer, a decided one has no day, or an open one has a decision.
    pub fn imported(self, pipeline: &Pipeline, stage: &str, decision: Decision) -> Result<Self> {
        if !self.takes_steps() {
            let why =
                "it is kept here: it moves by its verbs, and no imported state is put over it";
            return Err(self.refused(stage, why).into());
        }
        self.told(pipeline, stage, decision)
    }

    /// The same, also of one that is stored: for the import, which is told of it again by a row of a file.
    pub(crate) fn told(
        mut self,
        pipeline: &Pipeline,
        stage: &str,
        decision: Decision,
    ) -> Result<Self> {
        let stage = self.stage_of(pipeline, stage)?;
        let Decision { on, from, reason, competitor } = decision;
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
        if stage.needs_customer && self.customer_id.is_none() {
            let why = "this stage needs a customer: name one first";
            return Err(self.refused(&stage.key, why).into());
        }
        let decided = stage.kind != StageKind::Open;
        let from = from.filter(|_| decided).map(|key| pipeline.stage(&key).cloned()).transpose()?;
        if let Some(from) = from.as_ref().filter(|from| from.kind != StageKind::Open) {
            let why = format!("{:?} is not an open stage: it was not decided from there", from.key);
            return Err(self.refused(&stage.key, why).into());
        }
        let new = self.takes_steps();
        if !new && self.stage == stage.key && self.state == state {
            return Ok(self);
        }
        let start = |day: Option<NaiveDate>| day.and_then(|day| Timestamp::start_of(day).ok());
        let began = if new { start(self.opened_on) } else { None };
        if new {
            self.steps = Steps::default();
            if let (Some(from), Some(began)) = (&from, began) {
                self.step_begins(Step { at: Some(began), ..Step::new(MoveKind::Imported) });
                self.enter(from);
            }
        }
        let at = start(state.closed_on()).or(began);
        let reason = state.reason().map(str::to_owned);
        let was_open = !new && self.state == OpportunityState::Open;
        let from = from.map(|from| from.key).or_else(|| was_open.then(|| self.stage.clone()));
        let comes_from = !new || self.takes_steps();
        let course = if comes_from { pipeline.course(&self.stage, stage) } else { None };
        let told_again = !new;
        let step = Step { at, reason, course, told_again, ..Step::new(MoveKind::Imported) };
        self.step_begins(step);
        self.decided_from = from.filter(|_| decided);
        self.enter(stage);
        self.state = state;
        self.began_first(None)?;
        Ok(self)
    }
}
