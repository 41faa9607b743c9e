//! The transitions of an opportunity: pure, each consumes the state it leaves.

use chrono::{Duration, NaiveDate};

use crate::kernel::{Custom, Id, Invalid, Refused, Result, Tags, Timestamp};

use super::{
    Evidence, Opportunity, OpportunityEvent, OpportunityState, OpportunityStatus,
    ProbabilitySource, Stage, StageKind, Unmet,
    figures::Figures,
    lines::Lines,
    pipeline::Pipeline,
    splits::Splits,
    stage_move::{Course, MoveKind},
    steps::{Step, Steps},
};

const DECIDED: &str = "it is decided: reopen it first";

impl Opportunity {
    /// An open opportunity in a pipeline's first open stage.
    ///
    /// # Errors
    /// [`Refused`] when the pipeline is not in use, or has no open stage.
    pub fn open(
        id: Id<Self>,
        name: impl Into<String>,
        pipeline: &Pipeline,
    ) -> Result<Self, Refused> {
        if !pipeline.active {
            let why = format!("the pipeline {:?} is not in use any more", pipeline.name);
            return Err(Refused::new("opportunity", "new", "open", why));
        }
        let Some(stage) = pipeline.stages.first(StageKind::Open) else {
            let why = format!("the pipeline {:?} has no open stage", pipeline.name);
            return Err(Refused::new("opportunity", "new", "open", why));
        };
        let mut new = Self {
            id,
            name: name.into(),
            pipeline_id: pipeline.id,
            stage: String::new(),
            state: OpportunityState::Open,
            probability: None,
            probability_source: ProbabilitySource::Stage,
            external_id: None,
            opened_on: None,
            customer_id: None,
            contact_id: None,
            product_id: None,
            owner_id: None,
            amount: None,
            lines: Lines::default(),
            splits: Splits::default(),
            forecast_category: None,
            expected_close: None,
            source: None,
            next_step: None,
            tags: Tags::default(),
            custom: Custom::default(),
            notes: None,
            decided_from: None,
            stage_since: None,
            stage_category: None,
            moves: 0,
            figures: Figures::default(),
            steps: Steps::default(),
        };
        new.step_begins(Step::new(MoveKind::Opened));
        new.enter(stage);
        Ok(new)
    }

    /// The key of the stage it is in.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// Open, won or lost, with what belongs to it.
    pub const fn state(&self) -> &OpportunityState {
        &self.state
    }

    /// Of one that is decided: the key of the stage it was decided from, where that is known.
    pub fn decided_from(&self) -> Option<&str> {
        self.decided_from.as_deref()
    }

    /// Since when it is in its stage; none where it is not stored yet.
    pub const fn stage_since(&self) -> Option<Timestamp> {
        self.stage_since
    }

    /// How many moves are kept of it.
    pub const fn moves(&self) -> i64 {
        self.moves
    }

    /// The last step was taken at this time: for what happened before it came here.
    #[must_use]
    pub fn taken_at(mut self, at: Timestamp) -> Self {
        self.date_last_step(at);
        self
    }

    /// What happens to it next. Everything that stands against it is told at once.
    ///
    /// # Errors
    /// [`Refused`] when its state, the pipeline's rules or a gate forbid it: the reason lists all that is not met.
    /// [`Invalid`] when the pipeline has no such stage, or for a decision before the day it began.
    pub fn step(
        mut self,
        pipeline: &Pipeline,
        event: &OpportunityEvent,
        known: &Evidence,
    ) -> Result<Self> {
        let stage = self.target(pipeline, event)?;
        let unmet = self.unmet_in(pipeline, stage, event, known);
        self.refuse_unmet(&stage.key, &unmet)?;
        self.go(pipeline, stage, event, Step::new(MoveKind::Advanced));
        self.began_first(None)?;
        Ok(self)
    }

    /// What stands against a step that its state allows: rules of the pipeline, and gates.
    ///
    /// # Errors
    /// [`Refused`] and [`Invalid`] when its state does not allow it, or there is no such stage.
    pub fn unmet(
        &self,
        pipeline: &Pipeline,
        event: &OpportunityEvent,
        known: &Evidence,
    ) -> Result<Vec<Unmet>> {
        let stage = self.target(pipeline, event)?;
        Ok(self.unmet_in(pipeline, stage, event, known))
    }

    /// The stage that an event leads to, where the state allows the event at all.
    pub(super) fn target<'p>(
        &self,
        pipeline: &'p Pipeline,
        event: &OpportunityEvent,
    ) -> Result<&'p Stage> {
        let open = self.state.status() == OpportunityStatus::Open;
        match event {
            OpportunityEvent::Advance { to, .. } => {
                let stage = self.stage_of(pipeline, to)?;
                let why = if !open {
                    DECIDED
                } else if stage.kind != StageKind::Open {
                    "this stage decides it: win or lose it instead"
                } else if self.stage == *to {
                    "it is there already"
                } else {
                    return Ok(stage);
                };
                Err(self.refused(to, why).into())
            }
            OpportunityEvent::Reopen { to, .. } => {
                let stage = self.stage_of(pipeline, to)?;
                let why = if open {
                    "it is open"
                } else if stage.kind != StageKind::Open {
                    "it is reopened in an open stage"
                } else {
                    return Ok(stage);
                };
                Err(self.refused(to, why).into())
            }
            OpportunityEvent::Win { to, .. } => {
                self.deciding(pipeline, StageKind::Won, to.as_deref())
            }
            OpportunityEvent::Lose { to, .. } => {
                self.deciding(pipeline, StageKind::Lost, to.as_deref())
            }
        }
    }

    /// Takes a step that nothing stands against.
    pub(super) fn go(
        &mut self,
        pipeline: &Pipeline,
        stage: &Stage,
        event: &OpportunityEvent,
        step: Step,
    ) {
        let course = pipeline.course(&self.stage, stage);
        let (kind, state) = match event {
            OpportunityEvent::Advance { .. } => {
                let back = course == Some(Course::Back);
                let kind = if back { MoveKind::Back } else { MoveKind::Advanced };
                (kind, OpportunityState::Open)
            }
            OpportunityEvent::Reopen { .. } => (MoveKind::Reopened, OpportunityState::Open),
            OpportunityEvent::Win { on, reason, .. } => {
                (MoveKind::Won, OpportunityState::Won { on: *on, reason: reason.clone() })
            }
            OpportunityEvent::Lose { on, reason, competitor, .. } => {
                let (reason, competitor) = (reason.clone(), competitor.clone());
                (MoveKind::Lost, OpportunityState::Lost { on: *on, reason, competitor })
            }
        };
        // Why a gate was passed by is told of the move; why it was won or lost, of the opportunity.
        let reason = step.reason.clone().or_else(|| event.reason().map(str::to_owned));
        self.step_begins(Step { kind, reason, course, ..step });
        let decided = state != OpportunityState::Open;
        self.decided_from = decided.then(|| self.stage.clone());
        self.enter(stage);
        self.state = state;
    }

    /// The same opportunity in a stage of another pipeline.
    ///
    /// # Errors
    /// [`Invalid`] when that pipeline has no such stage, [`Refused`] when the stage is of another
    /// kind than the state, or a gate of it is not met.
    pub fn transferred(
        mut self,
        to: &Pipeline,
        stage: &str,
        reason: Option<String>,
        known: &Evidence,
    ) -> Result<Self> {
        let stage = to.stage(stage)?;
        if self.pipeline_id == to.id {
            return Err(self.refused(&stage.key, "it is in this pipeline already").into());
        }
        if !to.active {
            let why = format!("the pipeline {:?} is not in use any more", to.name);
            return Err(self.refused(&stage.key, why).into());
        }
        if stage.kind.as_str() != self.state.status().as_str() {
            let why = format!(
                "it is {} and the stage is {}: map its stage to one of its kind",
                self.state.status(),
                stage.kind
            );
            return Err(self.refused(&stage.key, why).into());
        }
        let unmet: Vec<_> = match self.state {
            OpportunityState::Open => {
                let gates = to.gates_on_the_way(None, stage);
                gates.into_iter().filter_map(|gate| gate.unmet(&self, known)).collect()
            }
            // What was decided was decided by the rules of its pipeline.
            _ => Vec::new(),
        };
        self.refuse_unmet(&stage.key, &unmet)?;
        if stage.needs_customer && self.customer_id.is_none() {
            let why = "this stage needs a customer: name one first";
            return Err(self.refused(&stage.key, why).into());
        }
        self.step_begins(Step { reason, ..Step::new(MoveKind::Transferred) });
        self.pipeline_id = to.id;
        self.enter(stage);
        Ok(self)
    }

    pub(super) fn stage_of<'p>(
        &self,
        pipeline: &'p Pipeline,
        key: &str,
    ) -> Result<&'p Stage, Invalid> {
        if pipeline.id != self.pipeline_id {
            let reason = format!("it goes through another pipeline than {:?}", pipeline.name);
            return Err(Invalid::field::<Self>("pipeline_id", reason));
        }
        pipeline.stage(key)
    }

    fn deciding<'p>(
        &self,
        pipeline: &'p Pipeline,
        kind: StageKind,
        to: Option<&str>,
    ) -> Result<&'p Stage> {
        let first = || pipeline.stages.first(kind).map(|stage| stage.key.as_str());
        let Some(key) = to.or_else(first) else {
            let why = format!("the pipeline {:?} has no stage for it", pipeline.name);
            return Err(self.refused(kind.as_str(), why).into());
        };
        let stage = self.stage_of(pipeline, key)?;
        if self.state.status() != OpportunityStatus::Open {
            return Err(self.refused(key, DECIDED).into());
        }
        if stage.kind != kind {
            let why = format!("this stage is {}, not {kind}", stage.kind);
            return Err(self.refused(key, why).into());
        }
        Ok(stage)
    }

    /// A manual or computed probability stays what it is while the opportunity is open. What the stage says is taken over
    /// as it is now: whoever changes the pipeline later changes nothing that is in it.
    pub(super) fn enter(&mut self, stage: &Stage) {
        self.stage.clone_from(&stage.key);
        self.stage_category = Some(stage.forecast_category());
        if self.probability_source == ProbabilitySource::Stage {
            self.probability = Some(stage.probability.normalize());
        }
    }

    /// A probability that was edited is nobody's default any more.
    pub(super) fn settle_source(&mut self, before: Option<&Self>) {
        let stage = ProbabilitySource::Stage;
        let edited = before.is_some_and(|before| {
            before.probability_source == stage && before.probability != self.probability
        });
        if edited && !self.takes_steps() && self.probability_source == stage {
            self.probability_source = ProbabilitySource::Manual;
        }
    }

    /// What is decided began on that day or before: refuses other days, where one of them is new.
    pub(crate) fn began_first(&self, before: Option<&Self>) -> Result<(), Invalid> {
        let days = |one: &Self| (one.opened_on, one.state.closed_on());
        let (Some(began), Some(closed)) = days(self) else { return Ok(()) };
        if began <= closed || before.is_some_and(|before| days(before) == days(self)) {
            return Ok(());
        }
        let reason = format!(
            "{closed} is before {began}, the day it began (`opened_on`): correct one of them"
        );
        Err(Invalid::field::<Self>("closed_on", reason))
    }

    pub(super) fn refused(&self, to: &str, why: impl Into<String>) -> Refused {
        Refused::new("opportunity", self.stage.clone(), to, why)
    }
}

/// What is decided was decided by today: refuses a day that has not begun anywhere on earth.
pub(crate) fn not_in_the_future(on: Option<NaiveDate>, now: Timestamp) -> Result<(), Invalid> {
    let Some(on) = on else { return Ok(()) };
    let latest = now.to_datetime().checked_add_signed(Duration::hours(14));
    let latest = latest.map_or(NaiveDate::MAX, |latest| latest.date_naive());
    if on <= latest {
        return Ok(());
    }
    let reason = format!("{on} is in the future: what is not decided yet is open");
    Err(Invalid::field::<Opportunity>("closed_on", reason))
}
