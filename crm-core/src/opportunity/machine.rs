//! The transitions of an opportunity: pure, each consumes the state it leaves.

use chrono::NaiveDate;

use crate::kernel::{Custom, Id, Invalid, Refused, Result, Tags};

use super::{
    Opportunity, OpportunityState, ProbabilitySource, Stage, StageKind, pipeline::Pipeline,
};

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
            expected_close: None,
            source: None,
            next_step: None,
            tags: Tags::default(),
            custom: Custom::default(),
            notes: None,
        };
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

    /// Goes on, or back, to another open stage.
    ///
    /// # Errors
    /// [`Refused`] when it is won or lost, is in that stage already, or lacks the customer that the
    /// stage needs; [`Invalid`] when the pipeline has no such open stage.
    pub fn advance(mut self, pipeline: &Pipeline, to: &str) -> Result<Self> {
        let stage = self.stage_of(pipeline, to)?;
        if !matches!(self.state, OpportunityState::Open) {
            return Err(self.refused(to, "it is decided: reopen it first").into());
        }
        if stage.kind != StageKind::Open {
            let why = "this stage decides it: win or lose it instead";
            return Err(self.refused(to, why).into());
        }
        if self.stage == to {
            return Err(self.refused(to, "it is there already").into());
        }
        self.enter_checked(stage)?;
        Ok(self)
    }

    /// Wins it.
    ///
    /// # Errors
    /// [`Refused`] when it is not open, or has no customer.
    pub fn win(
        mut self,
        pipeline: &Pipeline,
        on: NaiveDate,
        reason: Option<String>,
    ) -> Result<Self> {
        let stage = self.decided(pipeline, StageKind::Won)?;
        if self.customer_id.is_none() {
            let why = "it is won with somebody: name the customer first";
            return Err(self.refused(&stage.key, why).into());
        }
        self.enter_checked(stage)?;
        self.state = OpportunityState::Won { on, reason };
        Ok(self)
    }

    /// Loses it.
    ///
    /// # Errors
    /// [`Refused`] when it is not open.
    pub fn lose(
        mut self,
        pipeline: &Pipeline,
        on: NaiveDate,
        reason: Option<String>,
        competitor: Option<String>,
    ) -> Result<Self> {
        let stage = self.decided(pipeline, StageKind::Lost)?;
        self.enter_checked(stage)?;
        self.state = OpportunityState::Lost { on, reason, competitor };
        Ok(self)
    }

    /// Opens it again, in an open stage.
    ///
    /// # Errors
    /// [`Refused`] when it is open, [`Invalid`] when the pipeline has no such open stage.
    pub fn reopen(mut self, pipeline: &Pipeline, to: &str) -> Result<Self> {
        let stage = self.stage_of(pipeline, to)?;
        if matches!(self.state, OpportunityState::Open) {
            return Err(self.refused(to, "it is open").into());
        }
        if stage.kind != StageKind::Open {
            return Err(self.refused(to, "it is reopened in an open stage").into());
        }
        self.enter_checked(stage)?;
        self.state = OpportunityState::Open;
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

    fn decided<'p>(&self, pipeline: &'p Pipeline, kind: StageKind) -> Result<&'p Stage> {
        let Some(stage) = pipeline.stages.first(kind) else {
            let why = format!("the pipeline {:?} has no stage for it", pipeline.name);
            return Err(self.refused(kind.as_str(), why).into());
        };
        self.stage_of(pipeline, &stage.key)?;
        if !matches!(self.state, OpportunityState::Open) {
            return Err(self.refused(&stage.key, "it is decided: reopen it first").into());
        }
        Ok(stage)
    }

    pub(super) fn enter_checked(&mut self, stage: &Stage) -> Result<(), Refused> {
        if stage.needs_customer && self.customer_id.is_none() {
            return Err(self.refused(&stage.key, "this stage needs a customer: name one first"));
        }
        self.enter(stage);
        Ok(())
    }

    /// A manual or computed probability stays what it is while the opportunity is open.
    fn enter(&mut self, stage: &Stage) {
        self.stage.clone_from(&stage.key);
        if self.probability_source == ProbabilitySource::Stage {
            self.probability = Some(stage.probability.normalize());
        }
    }

    pub(super) fn refused(&self, to: &str, why: impl Into<String>) -> Refused {
        Refused::new("opportunity", self.stage.clone(), to, why)
    }
}
