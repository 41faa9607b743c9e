use chrono::NaiveDate;

use crate::{
    customer::ensure_filed,
    kernel::{Entity, Id, Result, Stored},
    store::{Read, UnitOfWork, expect},
};

use super::{
    Opportunity,
    pipeline::Pipeline,
    stage_move::{MoveKind, StageMove},
};

/// The verbs on opportunities, within a unit of work. Each step is kept as a [`StageMove`].
pub struct Opportunities<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Opportunities<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Opens an opportunity; of a customer that was merged, under the survivor. Sent again with the same id, it answers with the first.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] when what it names is not there, [`crate::Error::Duplicate`] when
    /// the id is taken by another one.
    pub async fn open(&mut self, new: Opportunity) -> Result<Stored<Opportunity>> {
        let known = Read::<Opportunity>::get(self.work, new.id()).await?.is_some();
        let stored = ensure_filed(self.work, new).await?;
        if !known {
            self.keep(None, &stored, MoveKind::Opened, None).await?;
        }
        Ok(stored)
    }

    /// Goes on, or back, to another open stage.
    ///
    /// # Errors
    /// As [`Opportunity::advance`], and [`crate::Error::Missing`] when there is none.
    pub async fn advance(
        &mut self,
        id: Id<Opportunity>,
        to: &str,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        let (before, pipeline) = self.load(id).await?;
        let back = pipeline.stages.position(to) < pipeline.stages.position(before.stage());
        let kind = if back { MoveKind::Back } else { MoveKind::Advanced };
        let changed = before.change(kind.as_str(), |o| o.advance(&pipeline, to))?;
        self.write(changed, kind, reason).await
    }

    /// Wins it.
    ///
    /// # Errors
    /// As [`Opportunity::win`], and [`crate::Error::Missing`] when there is none.
    pub async fn win(
        &mut self,
        id: Id<Opportunity>,
        on: NaiveDate,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        let (before, pipeline) = self.load(id).await?;
        let changed = before.change("won", |o| o.win(&pipeline, on, reason.clone()))?;
        self.write(changed, MoveKind::Won, reason).await
    }

    /// Loses it.
    ///
    /// # Errors
    /// As [`Opportunity::lose`], and [`crate::Error::Missing`] when there is none.
    pub async fn lose(
        &mut self,
        id: Id<Opportunity>,
        on: NaiveDate,
        reason: Option<String>,
        competitor: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        let (before, pipeline) = self.load(id).await?;
        let changed =
            before.change("lost", |o| o.lose(&pipeline, on, reason.clone(), competitor))?;
        self.write(changed, MoveKind::Lost, reason).await
    }

    /// Opens it again, in an open stage.
    ///
    /// # Errors
    /// As [`Opportunity::reopen`], and [`crate::Error::Missing`] when there is none.
    pub async fn reopen(
        &mut self,
        id: Id<Opportunity>,
        to: &str,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        let (before, pipeline) = self.load(id).await?;
        let changed = before.change("reopened", |o| o.reopen(&pipeline, to))?;
        self.write(changed, MoveKind::Reopened, reason).await
    }

    async fn load(&mut self, id: Id<Opportunity>) -> Result<(Stored<Opportunity>, Pipeline)> {
        let stored = expect(self.work, id).await?;
        let pipeline = expect(self.work, stored.pipeline_id).await?.into_inner();
        Ok((stored, pipeline))
    }

    async fn write(
        &mut self,
        changed: Stored<Opportunity>,
        kind: MoveKind,
        reason: Option<String>,
    ) -> Result<Stored<Opportunity>> {
        let before = changed.original().clone();
        let stored = self.work.update(changed).await?;
        self.keep(Some(&before), &stored, kind, reason).await?;
        Ok(stored)
    }

    async fn keep(
        &mut self,
        before: Option<&Opportunity>,
        after: &Opportunity,
        kind: MoveKind,
        reason: Option<String>,
    ) -> Result<()> {
        let step = StageMove {
            reason,
            ..StageMove::between(
                Id::new(self.work.next_id()),
                before,
                after,
                kind,
                self.work.now(),
                &self.work.scope().actor,
            )
        };
        self.work.insert(step).await.map(drop)
    }
}

impl StageMove {
    /// The step from how an opportunity was to how it is.
    pub fn between(
        id: Id<Self>,
        before: Option<&Opportunity>,
        after: &Opportunity,
        kind: MoveKind,
        at: crate::kernel::Timestamp,
        by: &crate::kernel::Actor,
    ) -> Self {
        Self {
            id,
            opportunity_id: after.id,
            kind,
            from_stage: before.map(|o| o.stage.clone()),
            to_stage: after.stage.clone(),
            from_status: before.map(|o| o.state.status()),
            to_status: after.state.status(),
            amount_before: before.and_then(|o| o.amount),
            amount_after: after.amount,
            probability_before: before.and_then(|o| o.probability),
            probability_after: after.probability,
            expected_close_before: before.and_then(|o| o.expected_close),
            expected_close_after: after.expected_close,
            owner_before: before.and_then(|o| o.owner_id),
            owner_after: after.owner_id,
            moved_at: at,
            moved_by: by.to_string(),
            reason: None,
            customer_id: after.customer_id,
        }
    }
}
