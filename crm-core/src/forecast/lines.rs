//! The lines of a snapshot, or those there would be of another day, in the order of their opportunities.

use std::collections::{HashMap, VecDeque};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    forecast_snapshot::ForecastSnapshot,
    kernel::{Cursor, Id, MAX_LIMIT, Refused, Result, Stored, first_of_month},
    opportunity::{self, Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    snapshot_line::{self, SnapshotLine},
    store::{Read, ReadUnit, expect},
};

use super::{
    position::{Position, Walk, positions},
    request::end_of,
    window::{candidates, window_start, won_before_window},
};

/// So many lines are in memory at once.
const PAGE: u32 = 2_000;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A snapshot.
    Snapshot(Id<ForecastSnapshot>),
    /// The end of a day, in UTC, of a pipeline or of all, as it is known now: what a snapshot of it would keep.
    EndOf(NaiveDate, Option<Id<Pipeline>>),
}

/// Gives out lines one by one.
pub(super) struct Lines {
    source: Source,
    day: NaiveDate,
    pipeline: Option<Id<Pipeline>>,
    next: VecDeque<SnapshotLine>,
    done: bool,
}

/// Why an opportunity that was there has no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    Lost,
    /// It was won before the window.
    WonBefore,
}

enum Source {
    Snapshot(Id<ForecastSnapshot>, Option<Cursor>),
    Day(Walk<Opportunity>),
}

impl Lines {
    pub(super) async fn of(unit: &mut (dyn ReadUnit + '_), moment: Moment) -> Result<Self> {
        let (day, pipeline, source) = match moment {
            Moment::Snapshot(id) => {
                let snapshot = expect(unit, id).await?;
                if !snapshot.complete {
                    let why = "it is not complete: take the rest of it first";
                    let day = snapshot.day.to_string();
                    return Err(Refused::new("forecast_snapshot", day, "compared", why).into());
                }
                (snapshot.day, snapshot.pipeline_id, Source::Snapshot(id, None))
            }
            Moment::EndOf(day, pipeline) => {
                (day, pipeline, Source::Day(Walk::through(candidates(day)?)))
            }
        };
        Ok(Self { source, day, pipeline, next: VecDeque::new(), done: false })
    }

    /// The first month of which it has what was won.
    pub(super) fn window_start(&self) -> NaiveDate {
        window_start(self.day)
    }

    /// Why some of these have no line; of those that were not there, nothing.
    pub(super) async fn absent(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        ids: Vec<Id<Opportunity>>,
    ) -> Result<HashMap<Id<Opportunity>, Absent>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = opportunity::ID.one_of(ids).query().limit(MAX_LIMIT);
        let found = Read::<Opportunity>::find(unit, query).await?.items;
        let found = found.into_iter().map(Stored::into_inner).collect();
        let then = positions(unit, end_of(self.day)?, found).await?.into_iter();
        let why = |one: &Position| match one.status {
            OpportunityStatus::Lost => Some(Absent::Lost),
            _ if self.is_asked(one) && won_before_window(one, self.day) => Some(Absent::WonBefore),
            _ => None,
        };
        Ok(then.filter_map(|one| Some((one.opportunity.id, why(&one)?))).collect())
    }

    fn is_asked(&self, one: &Position) -> bool {
        self.pipeline.is_none_or(|asked| asked == one.pipeline)
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
            Source::Day(walk) => {
                let page = walk.next(unit).await?;
                self.done = page.is_empty();
                let nowhere = Id::new(Uuid::nil());
                for one in positions(unit, end_of(self.day)?, page).await? {
                    if self.is_asked(&one) {
                        self.next.extend(line(nowhere, self.day, one));
                    }
                }
            }
        }
        Ok(())
    }
}

/// How an opportunity counts at the end of a day; none where it was lost, or won before the window of the day.
pub(super) fn line(
    snapshot: Id<ForecastSnapshot>,
    day: NaiveDate,
    one: Position,
) -> Option<SnapshotLine> {
    if won_before_window(&one, day) {
        return None;
    }
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
