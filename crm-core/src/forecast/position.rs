//! How single opportunities stood at an instant.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::{
    kernel::{
        Criteria, Cursor, Entity, Id, MAX_LIMIT, Money, Query, Result, Timestamp, first_of_month,
    },
    opportunity::{self, ForecastCategory, Opportunity, OpportunityState, OpportunityStatus},
    pipeline::Pipeline,
    staff_member::StaffMember,
    stage_move::{self, StageMove},
    store::{Read, ReadUnit},
};

use super::request::When;

/// So many opportunities are in memory at once.
const PAGE: u32 = 2_000;
/// So many records are asked for by their ids at once.
const AT_ONCE: usize = 500;

/// How an opportunity stood.
#[derive(Clone, Debug)]
pub(super) struct Position {
    /// As it is now: its shares, lines and product.
    pub(super) opportunity: Opportunity,
    pub(super) owner: Option<Id<StaffMember>>,
    pub(super) pipeline: Id<Pipeline>,
    pub(super) stage: String,
    pub(super) status: OpportunityStatus,
    /// In which category it counted; none where it was lost.
    pub(super) category: Option<ForecastCategory>,
    /// When it was decided, or else was expected to be.
    pub(super) date: Option<NaiveDate>,
    pub(super) amount: Option<Money>,
    pub(super) weighted: Option<Money>,
}

impl Position {
    pub(super) fn present(opportunity: Opportunity) -> Self {
        Self {
            owner: opportunity.owner_id,
            pipeline: opportunity.pipeline_id,
            stage: opportunity.stage().to_owned(),
            status: opportunity.state().status(),
            category: opportunity.counts_as(),
            date: opportunity.state().closed_on().or(opportunity.expected_close),
            amount: opportunity.amount,
            weighted: opportunity.weighted(),
            opportunity,
        }
    }

    /// As it was before this move; none where there was nothing.
    pub(super) fn before(opportunity: Opportunity, step: &StageMove) -> Option<Self> {
        let status = step.from_status?;
        let date = match status {
            OpportunityStatus::Open => step.expected_close_before,
            _ => closed_on(&opportunity, step),
        };
        Some(Self {
            opportunity,
            owner: step.owner_before,
            pipeline: step.from_pipeline_id?,
            stage: step.from_stage.clone()?,
            status,
            category: step.category_before,
            date,
            amount: step.amount_before,
            weighted: step.weighted_before,
        })
    }

    pub(super) fn when(&self, as_of: NaiveDate) -> When {
        when(self.status, self.date, as_of)
    }
}

/// When an opportunity counts, by the day it closed or is expected to.
pub(super) fn when(status: OpportunityStatus, date: Option<NaiveDate>, as_of: NaiveDate) -> When {
    match date {
        None => When::NoDate,
        Some(day) if status == OpportunityStatus::Open && day < as_of => When::Overdue,
        Some(day) => When::Month(first_of_month(day)),
    }
}

/// The day it had been closed on before this move: that of today where it is the same decision, else
/// the day it came into its stage.
fn closed_on(opportunity: &Opportunity, step: &StageMove) -> Option<NaiveDate> {
    let same = *opportunity.state() != OpportunityState::Open
        && Some(opportunity.state().status()) == step.from_status
        && opportunity.stage_since() == step.entered_at;
    let now = opportunity.state().closed_on().filter(|_| same);
    now.or_else(|| step.entered_at.or(step.since).map(Timestamp::date))
}

/// What stood in place of these just before `end`, in their order; those that were not there yet are left out.
pub(super) async fn positions(
    unit: &mut (dyn ReadUnit + '_),
    end: Timestamp,
    opportunities: Vec<Opportunity>,
) -> Result<Vec<Position>> {
    let moved = |one: &Opportunity| one.moved_at().is_some_and(|at| at >= end);
    let later: Vec<_> = opportunities.iter().filter(|one| moved(one)).map(|one| one.id).collect();
    let mut steps: HashMap<Id<Opportunity>, StageMove> = HashMap::new();
    for some in later.chunks(AT_ONCE) {
        let of_these = stage_move::OPPORTUNITY_ID.one_of(some.iter().copied());
        let query = of_these.and(stage_move::spanning(end)).query().limit(MAX_LIMIT);
        for step in Read::<StageMove>::find(unit, query).await?.items {
            let step = step.into_inner();
            let known = steps.get(&step.opportunity_id);
            if known.is_none_or(|known| step.number < known.number) {
                steps.insert(step.opportunity_id, step);
            }
        }
    }
    let positions = opportunities.into_iter().filter_map(|one| {
        if !moved(&one) {
            return Some(Position::present(one));
        }
        let step = steps.get(&one.id)?;
        Position::before(one, step)
    });
    Ok(positions.collect())
}

/// Where positions go.
pub(super) type Each<'e> = dyn FnMut(Position) -> Result<()> + Send + 'e;

/// How these opportunities stood just before `end`, one by one.
pub(super) async fn each_at(
    unit: &mut (dyn ReadUnit + '_),
    end: Timestamp,
    opportunities: Criteria<Opportunity>,
    each: &mut Each<'_>,
) -> Result<()> {
    let mut walk = Walk::<Opportunity>::through(opportunities);
    loop {
        let page = walk.next(unit).await?;
        if page.is_empty() {
            return Ok(());
        }
        positions(unit, end, page).await?.into_iter().try_for_each(&mut *each)?;
    }
}

/// How opportunities stood before these moves, one by one, each with its move.
pub(super) async fn each_before(
    unit: &mut (dyn ReadUnit + '_),
    moves: Criteria<StageMove>,
    each: &mut (dyn FnMut(&StageMove, Position) -> Result<()> + Send + '_),
) -> Result<()> {
    let mut walk = Walk::<StageMove>::through(moves);
    loop {
        let page = walk.next(unit).await?;
        if page.is_empty() {
            return Ok(());
        }
        for some in page.chunks(AT_ONCE) {
            let ids = some.iter().map(|step| step.opportunity_id);
            let query = opportunity::ID.one_of(ids).query().limit(MAX_LIMIT);
            let found = Read::<Opportunity>::find(unit, query).await?.items.into_iter();
            let found: HashMap<_, _> = found.map(|one| (one.id, one.into_inner())).collect();
            for step in some {
                let one = found.get(&step.opportunity_id).cloned();
                if let Some(was) = one.and_then(|one| Position::before(one, step)) {
                    each(step, was)?;
                }
            }
        }
    }
}

/// Goes through records page by page, in the order of their ids.
pub(super) struct Walk<E: Entity> {
    criteria: Criteria<E>,
    after: Option<Cursor>,
    done: bool,
}

impl<E: Entity> Walk<E> {
    pub(super) const fn through(criteria: Criteria<E>) -> Self {
        Self { criteria, after: None, done: false }
    }

    /// The next page; empty after the last.
    pub(super) async fn next<R: Read<E> + ?Sized>(&mut self, unit: &mut R) -> Result<Vec<E>> {
        if self.done {
            return Ok(Vec::new());
        }
        let query = Query::of(self.criteria.clone()).limit(PAGE).after(self.after.take());
        let page = unit.find(query).await?;
        self.done = page.next.is_none();
        self.after = page.next;
        Ok(page.items.into_iter().map(crate::kernel::Stored::into_inner).collect())
    }
}
