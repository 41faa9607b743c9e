use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    approval::Approval,
    customer::ensure_filed,
    kernel::{Id, Invalid, Refused, Result, Stored, Tags},
    ownership::{Given, OwnerVerb, Why, give},
    pipeline::Pipeline,
    staff_member::StaffMember,
    stage_move::MoveKind,
    store::{Read, Repository, UnitOfWork, ensure, expect},
};

use super::{
    Evidence, Opportunity, OpportunityEvent, OpportunityState, Stage, Unmet, conflict::Presence,
    gather::decisions, steps::Step,
};

/// Somebody lets an opportunity pass gates that it does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Who: one whom the pipeline names among its overriders.
    pub by: Id<StaffMember>,
    /// Why: it is kept with the move.
    pub reason: String,
}

/// The verbs on opportunities, within a unit of work. A store keeps each step as a
/// [`crate::stage_move::StageMove`].
pub struct Opportunities<'w> {
    pub(super) work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Opportunities<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Opens an opportunity; of a customer that was merged, under the survivor. Sent again with the same id, it answers with the first.
    ///
    /// Where others are there already, open with the same customer for the same product, all owners get a task
    /// that says so; [`Opportunities::conflicts`] tells who they are.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when what it names is not there, [`crate::Error::Duplicate`] when
    /// the id is taken by another one, [`crate::Error::Refused`] when a gate of the stage it begins in is not met.
    pub async fn open(&mut self, new: Opportunity) -> Result<Stored<Opportunity>> {
        self.may_begin(&new).await?;
        let opened = ensure_filed(self.work, new).await?;
        self.warn_of(&opened).await?;
        Ok(opened)
    }

    /// Whether the gates of the stage it begins in are met, where it begins here.
    async fn may_begin(&mut self, new: &Opportunity) -> Result<()> {
        if !new.begins() {
            return Ok(());
        }
        let pipeline = expect(self.work, new.pipeline_id).await?;
        let stage = pipeline.stage(new.stage())?;
        let gates = pipeline.gates_on_the_way(None, stage);
        let asks = stage.needs_customer || !gates.is_empty();
        // Sent again, it is what it was asked then.
        if !asks || Read::<Opportunity>::get(self.work, new.id).await?.is_some() {
            return Ok(());
        }
        let known = Evidence::gather(self.work, new, &gates).await?;
        Ok(new.may_begin(stage, &gates, &known)?)
    }

    /// Goes on, or back, to another open stage.
    ///
    /// # Errors
    /// As [`Opportunities::take`].
    pub async fn advance(
        &mut self,
        id: Id<Opportunity>,
        to: &str,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        self.take(id, OpportunityEvent::Advance { to: to.to_owned(), reason }).await
    }

    /// Wins it.
    ///
    /// # Errors
    /// As [`Opportunities::take`].
    pub async fn win(
        &mut self,
        id: Id<Opportunity>,
        on: NaiveDate,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        self.take(id, OpportunityEvent::Win { on, to: None, reason }).await
    }

    /// Loses it.
    ///
    /// # Errors
    /// As [`Opportunities::take`].
    pub async fn lose(
        &mut self,
        id: Id<Opportunity>,
        on: NaiveDate,
        reason: Option<String>,
        competitor: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        self.take(id, OpportunityEvent::Lose { on, to: None, reason, competitor }).await
    }

    /// Opens it again, in an open stage.
    ///
    /// # Errors
    /// As [`Opportunities::take`].
    pub async fn reopen(
        &mut self,
        id: Id<Opportunity>,
        to: &str,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        self.take(id, OpportunityEvent::Reopen { to: to.to_owned(), reason }).await
    }

    /// Takes a step.
    ///
    /// # Errors
    /// As [`Opportunity::step`]; [`crate::Error::Missing`] when there is no such opportunity,
    /// [`crate::Error::Invalid`] when it would be decided in the future, or before the day it began.
    pub async fn take(
        &mut self,
        id: Id<Opportunity>,
        event: OpportunityEvent,
    ) -> Result<Stored<Opportunity>> {
        let Coming { stored, pipeline, known, .. } = self.coming(id, &event).await?;
        let changed = stored.change("moved", |o| o.step(&pipeline, &event, &known))?;
        let written = self.write(changed).await?;
        if matches!(event, OpportunityEvent::Reopen { .. }) {
            self.warn_of(&written).await?;
        }
        Ok(written)
    }

    /// Takes a step though gates are not met. Whom the pipeline lets do that says why; which gates were
    /// passed by is kept with the move.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] when the pipeline does not name them, when there is nothing to
    /// pass by, or a rule that is no gate stands against it; [`crate::Error::Invalid`] without a reason; else as [`Opportunities::take`].
    pub async fn take_over_gates(
        &mut self,
        id: Id<Opportunity>,
        event: OpportunityEvent,
        who: Override,
    ) -> Result<Stored<Opportunity>> {
        let Coming { stored, pipeline, stage, known } = self.coming(id, &event).await?;
        if who.reason.trim().is_empty() {
            let reason = "who lets it pass says why";
            return Err(Invalid::new("opportunity", "override", reason).into());
        }
        if !pipeline.rules.overriders.contains(&who.by) {
            let why = "the pipeline does not name them among those who may let it pass a gate";
            return Err(stored.refused(&stage.key, why).into());
        }
        let unmet = stored.unmet_in(&pipeline, &stage, &event, &known);
        let (gates, rules): (Vec<_>, Vec<_>) =
            unmet.into_iter().partition(|one| one.gate.is_some());
        stored.refuse_unmet(&stage.key, &rules)?;
        if gates.is_empty() {
            let why = "every gate is met: take the step without an override";
            return Err(stored.refused(&stage.key, why).into());
        }
        let step = Step {
            waived: gates.into_iter().filter_map(|one| one.gate).collect::<Tags>(),
            waived_by: Some(who.by),
            reason: Some(who.reason),
            ..Step::new(MoveKind::Advanced)
        };
        let changed = stored.change("moved", |mut o| {
            o.go(&pipeline, &stage, &event, step);
            Ok::<_, crate::Error>(o)
        })?;
        let written = self.write(changed).await?;
        if matches!(event, OpportunityEvent::Reopen { .. }) {
            self.warn_of(&written).await?;
        }
        Ok(written)
    }

    /// What stands against a step that its state allows: for people, before they try.
    ///
    /// # Errors
    /// As [`Opportunity::unmet`], and [`crate::Error::Missing`] when there is none.
    pub async fn unmet(
        &mut self,
        id: Id<Opportunity>,
        event: &OpportunityEvent,
    ) -> Result<Vec<Unmet>> {
        let Coming { stored, pipeline, stage, known } = self.coming(id, event).await?;
        Ok(stored.unmet_in(&pipeline, &stage, event, &known))
    }

    /// Decides about a gate that asks for an approval, for the amount that the opportunity has now.
    /// Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is no such opportunity or colleague,
    /// [`crate::Error::Invalid`] when no gate of its pipeline that asks for one is called so,
    /// [`crate::Error::Duplicate`] when the id is taken by another one.
    pub async fn decide(
        &mut self,
        id: Id<Approval>,
        opportunity: Id<Opportunity>,
        gate: &str,
        by: Id<StaffMember>,
        granted: bool,
        note: Option<String>,
    ) -> Result<Stored<Approval>> {
        let stored = expect(self.work, opportunity).await?;
        let pipeline = expect(self.work, stored.pipeline_id).await?;
        let names = pipeline.approval_gates();
        if !names.contains(&gate) {
            let reason = format!(
                "no gate {gate:?} of {:?} asks for an approval; there are: {}",
                pipeline.name,
                names.join(", ")
            );
            return Err(Invalid::field::<Approval>("gate", reason).into());
        }
        let amount = stored.amount;
        let known = Read::<Approval>::get(self.work, id).await?;
        let (number, decided_at, amount) = match &known {
            Some(first) => (first.number, first.decided_at, first.amount),
            None => {
                let before = decisions(self.work, opportunity).await?;
                let last = before.iter().map(|decision| decision.number).max().unwrap_or(0);
                (last + 1, self.work.now(), amount)
            }
        };
        let approval = Approval {
            id,
            opportunity_id: opportunity,
            number,
            gate: gate.to_owned(),
            granted,
            amount,
            decided_by: by,
            decided_at,
            note,
        };
        ensure(self.work, approval).await
    }

    /// Gives it to another owner, or to nobody. Its owners have a history: [`crate::ownership::ownership_history`].
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, or no such colleague; [`crate::Error::Refused`] when they do not
    /// work here any more.
    pub async fn reassign(
        &mut self,
        id: Id<Opportunity>,
        owner: Option<Id<StaffMember>>,
        why: Why,
    ) -> Result<Stored<Opportunity>> {
        let before = Presence::of(&*expect(self.work, id).await?);
        let given = Given::by(OwnerVerb::giving(owner), owner, why);
        let written = give(self.work, id, given).await?;
        if Presence::of(&written) != before {
            self.warn_of(&written).await?;
        }
        Ok(written)
    }

    /// Writes those that got another owner, and warns of what they come to be in conflict with.
    pub(crate) async fn given(&mut self, given: Vec<Stored<Opportunity>>) -> Result<()> {
        let before: Vec<_> = given.iter().map(|one| Presence::of(one.original())).collect();
        let written = Repository::update_all(self.work, given).await?;
        for (one, before) in written.iter().zip(before) {
            if Presence::of(one) != before {
                self.warn_of(one).await?;
            }
        }
        Ok(())
    }

    /// Changes its amount, lines, probability, expected close or anything else of it that no step decides.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, [`crate::Error::Invalid`] when what it becomes cannot be.
    pub async fn revise(
        &mut self,
        id: Id<Opportunity>,
        reason: Option<String>,
        edit: impl FnOnce(&mut Opportunity) + Send,
    ) -> Result<Stored<Opportunity>> {
        self.edited(id, "revised", reason, edit).await
    }

    /// Moves it to another pipeline, into the stage that `mapping` gives for its own, by their keys.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when there is none, or no such pipeline; [`crate::Error::Invalid`] when the
    /// mapping says nothing of its stage; else as [`Opportunity::transferred`].
    pub async fn transfer(
        &mut self,
        id: Id<Opportunity>,
        to: Id<Pipeline>,
        mapping: &BTreeMap<String, String>,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        let stored = expect(self.work, id).await?;
        let pipeline = expect(self.work, to).await?;
        let Some(stage) = mapping.get(stored.stage()) else {
            let reason = format!("it says nothing of the stage {:?}", stored.stage());
            return Err(Invalid::new("opportunity", "mapping", reason).into());
        };
        let gates = match stored.state() {
            OpportunityState::Open => pipeline.gates_on_the_way(None, pipeline.stage(stage)?),
            _ => Vec::new(),
        };
        let known = Evidence::gather(self.work, &stored, &gates).await?;
        let go = |o: Opportunity| o.transferred(&pipeline, stage, reason, &known);
        let changed = stored.change("transferred", go)?;
        self.work.update(changed).await
    }

    pub(super) async fn edited(
        &mut self,
        id: Id<Opportunity>,
        event: &'static str,
        reason: Option<String>,
        edit: impl FnOnce(&mut Opportunity) + Send,
    ) -> Result<Stored<Opportunity>> {
        let stored = expect(self.work, id).await?;
        let before = Presence::of(&stored);
        let changed = stored.change(event, |mut o| {
            edit(&mut o);
            Ok::<_, crate::Error>(o)
        })?;
        let changed = match reason {
            Some(why) => changed.because(why),
            None => changed,
        };
        let written = self.work.update(changed).await?;
        if Presence::of(&written) != before {
            self.warn_of(&written).await?;
        }
        Ok(written)
    }

    async fn coming(&mut self, id: Id<Opportunity>, event: &OpportunityEvent) -> Result<Coming> {
        let stored = expect(self.work, id).await?;
        let pipeline = expect(self.work, stored.pipeline_id).await?.into_inner();
        let stage = stored.target(&pipeline, event)?.clone();
        let gates = stored.gates_before(&pipeline, &stage);
        let known = Evidence::gather(self.work, &stored, &gates).await?;
        Ok(Coming { stored, pipeline, stage, known })
    }

    /// The change log calls it what the move is called.
    async fn write(&mut self, changed: Stored<Opportunity>) -> Result<Stored<Opportunity>> {
        let kind = changed.coming_kind().unwrap_or(MoveKind::Advanced);
        let changed = changed.change(kind.as_str(), Ok::<_, Refused>)?;
        self.work.update(changed).await
    }
}

/// A step that is about to be taken.
struct Coming {
    stored: Stored<Opportunity>,
    pipeline: Pipeline,
    stage: Stage,
    known: Evidence,
}
