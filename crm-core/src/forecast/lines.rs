//! The lines of a snapshot, or those there would be of another day, in the order of their opportunities.

use std::collections::VecDeque;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    forecast_snapshot::ForecastSnapshot,
    kernel::{Cursor, Id, Refused, Result, Stored, Timestamp},
    opportunity::{self, Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    snapshot_line::{self, SnapshotLine},
    store::{Read, ReadUnit, expect},
};

use super::{
    position::{Position, Walk, positions},
    request::{end_of, first_of_month},
};

/// So many lines are in memory at once.
const PAGE: u32 = 2_000;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A snapshot.
    Snapshot(Id<ForecastSnapshot>),
    /// The end of a day, in UTC, of a pipeline or of all, as it is known now.
    EndOf(NaiveDate, Option<Id<Pipeline>>),
}

/// Gives out lines one by one.
pub(super) struct Lines {
    source: Source,
    end: Timestamp,
    next: VecDeque<SnapshotLine>,
    done: bool,
}

enum Source {
    Snapshot(Id<ForecastSnapshot>, Option<Cursor>),
    Day(Walk<Opportunity>, Option<Id<Pipeline>>),
}

impl Lines {
    pub(super) async fn of(unit: &mut (dyn ReadUnit + '_), moment: Moment) -> Result<Self> {
        let (day, source) = match moment {
            Moment::Snapshot(id) => {
                let snapshot = expect(unit, id).await?;
                if !snapshot.complete {
                    let why = "it is not complete: take the rest of it first";
                    let day = snapshot.day.to_string();
                    return Err(Refused::new("forecast_snapshot", day, "compared", why).into());
                }
                (snapshot.day, Source::Snapshot(id, None))
            }
            Moment::EndOf(day, pipeline) => {
                let lost = opportunity::STATUS.eq(OpportunityStatus::Lost);
                let asked = lost.not().or(opportunity::MOVED_AT.at_least(end_of(day)?));
                (day, Source::Day(Walk::through(asked), pipeline))
            }
        };
        Ok(Self { source, end: end_of(day)?, next: VecDeque::new(), done: false })
    }

    /// The first instant after what it shows.
    pub(super) const fn end(&self) -> Timestamp {
        self.end
    }

    /// Whose line comes next.
    pub(super) async fn peek(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Id<Opportunity>>> {
        while self.next.is_empty() && !self.done {
            self.fetch(unit).await?;
        }
        Ok(self.next.front().map(|line| line.opportunity_id))
    }

    pub(super) fn pop(&mut self) -> Option<SnapshotLine> {
        self.next.pop_front()
    }

    async fn fetch(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<()> {
        match &mut self.source {
            Source::Snapshot(id, after) => {
                let query = snapshot_line::SNAPSHOT_ID.eq(*id).query();
                let query = query.order_by(&snapshot_line::OPPORTUNITY_ID).limit(PAGE);
                let page = Read::<SnapshotLine>::find(unit, query.after(after.take())).await?;
                self.next.extend(page.items.into_iter().map(Stored::into_inner));
                self.done = page.next.is_none();
                *after = page.next;
            }
            Source::Day(walk, pipeline) => {
                let page = walk.next(unit).await?;
                self.done = page.is_empty();
                let nowhere = Id::new(Uuid::nil());
                for one in positions(unit, self.end, page).await? {
                    if pipeline.is_none_or(|asked| asked == one.pipeline) {
                        self.next.extend(line(nowhere, one));
                    }
                }
            }
        }
        Ok(())
    }
}

/// How an opportunity counts; none where it was lost.
pub(super) fn line(snapshot: Id<ForecastSnapshot>, one: Position) -> Option<SnapshotLine> {
    let category = one.category?;
    Some(SnapshotLine {
        id: SnapshotLine::id_of(snapshot, one.opportunity.id),
        snapshot_id: snapshot,
        opportunity_id: one.opportunity.id,
        pipeline_id: one.pipeline,
        stage: one.stage,
        status: one.status,
        category,
        month: one.date.map(first_of_month),
        owner_id: one.owner,
        splits: one.opportunity.splits,
        amount: one.amount,
        weighted: one.weighted,
    })
}
