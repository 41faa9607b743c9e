//! What counts at the end of a day: a store adds up what it can, the rest is looked at one by one.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};

use crate::{
    kernel::{Criteria, Currency, Id, MAX_LIMIT, Result, Timestamp},
    opportunity::{self, ForecastCategory, Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    product::Product,
    stage_move::{self, StageMove},
    store::{Read, ReadUnit},
};

use super::{
    Figure,
    credit::{Share, shares},
    groups::{Alike, BEFORE, Grain, PRESENT, groups},
    position::{Position, Walk, positions, spanning, when},
    request::{When, end_of, first_of_month},
};

/// What is asked.
#[derive(Clone, Copy)]
pub(super) struct Question {
    pub(super) as_of: NaiveDate,
    pub(super) grain: Grain,
    pub(super) pipeline: Option<Id<Pipeline>>,
    pub(super) product: Option<Id<Product>>,
    /// The first month and the last, where not all are asked for.
    pub(super) months: (Option<NaiveDate>, Option<NaiveDate>),
    /// Also what is in no month.
    pub(super) undated: bool,
}

/// Opportunities that count alike, and whose they are. What was counted wrongly comes again with
/// a negative count.
pub(super) struct Portion {
    pub(super) when: When,
    pub(super) category: ForecastCategory,
    pub(super) currency: Option<Currency>,
    pub(super) count: i64,
    pub(super) shares: Vec<Share>,
}

/// Where portions go.
pub(super) type Sink<'s> = dyn FnMut(Portion) -> Result<()> + Send + 's;

/// All that counts at the end of the day, to `sink`.
pub(super) async fn gather(
    unit: &mut (dyn ReadUnit + '_),
    question: &Question,
    sink: &mut Sink<'_>,
) -> Result<()> {
    let end = end_of(question.as_of)?;
    question.present(unit, end, sink).await?;
    if question.by_product() {
        question.moved_by_product(unit, end, sink).await
    } else {
        question.moved(unit, end, sink).await
    }
}

impl Question {
    const fn by_product(&self) -> bool {
        self.grain.product || self.product.is_some()
    }

    /// What has not moved since.
    async fn present(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        end: Timestamp,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let base = self.base(end);
        let mut alike = base.clone();
        let mut apart = Vec::new();
        if self.grain.owner {
            alike = alike.and(opportunity::SHARED.eq(false));
            apart.push(opportunity::SHARED.eq(true));
        }
        if self.by_product() {
            alike = alike.and(opportunity::ITEMISED.eq(false));
            apart.push(opportunity::ITEMISED.eq(true));
        }
        if let Some(product) = self.product {
            alike = alike.and(opportunity::PRODUCT_ID.eq(product));
        }
        let mut known = groups(unit, &PRESENT, self.grain, alike.clone()).await?;
        for (overdue, figure) in self.late_this_month(unit, alike).await? {
            known.entry(overdue.clone()).or_default().add(figure.negative())?;
            self.give(&overdue, figure, When::Overdue, sink)?;
        }
        let this_month = first_of_month(self.as_of);
        for (one, figure) in known.iter().filter(|(_, figure)| !figure.is_nothing()) {
            let open = one.status == OpportunityStatus::Open;
            let at = match one.date {
                None => When::NoDate,
                Some(month) if open && month < this_month => When::Overdue,
                Some(month) => When::Month(month),
            };
            self.give(one, *figure, at, sink)?;
        }
        if apart.is_empty() {
            return Ok(());
        }
        let mut walk = Walk::<Opportunity>::through(base.and(Criteria::Any(apart)));
        loop {
            let page = walk.next(unit).await?;
            if page.is_empty() {
                return Ok(());
            }
            for one in page {
                self.give_one(&Position::present(one), sink)?;
            }
        }
    }

    /// Of the month of the day, what was to close before the day: a month alone does not tell.
    async fn late_this_month(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        alike: Criteria<Opportunity>,
    ) -> Result<std::collections::BTreeMap<Alike, Figure>> {
        let month = first_of_month(self.as_of);
        if self.as_of.day() == 1 {
            return Ok(std::collections::BTreeMap::new());
        }
        let late = opportunity::FORECAST_MONTH
            .eq(month)
            .and(opportunity::EXPECTED_CLOSE.below(self.as_of))
            .and(opportunity::STATUS.eq(OpportunityStatus::Open))
            .and(alike);
        groups(unit, &PRESENT, self.grain, late).await
    }

    /// What moved since, by what it was before.
    async fn moved(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        end: Timestamp,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let mut spans = spanning(end);
        if let Some(pipeline) = self.pipeline {
            spans = spans.and(stage_move::FROM_PIPELINE_ID.eq(pipeline));
        }
        let open = spans.clone().and(stage_move::FROM_STATUS.eq(OpportunityStatus::Open));
        for (one, figure) in groups(unit, &BEFORE, self.grain, open).await? {
            self.give(&one, figure, when(one.status, one.date, self.as_of), sink)?;
        }
        let won = spans.and(stage_move::FROM_STATUS.eq(OpportunityStatus::Won));
        self.won_before(unit, won, sink).await?;
        if self.grain.owner { self.shared_before(unit, end, sink).await } else { Ok(()) }
    }

    /// Wins that moved since: few, and a move does not say when it was won.
    async fn won_before(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        won: Criteria<StageMove>,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let mut walk = Walk::<StageMove>::through(won);
        loop {
            let page = walk.next(unit).await?;
            if page.is_empty() {
                return Ok(());
            }
            for some in page.chunks(500) {
                let ids = some.iter().map(|step| step.opportunity_id);
                let query = opportunity::ID.one_of(ids).query().limit(MAX_LIMIT);
                let found = Read::<Opportunity>::find(unit, query).await?.items.into_iter();
                let mut found: HashMap<_, _> =
                    found.map(|one| (one.id, one.into_inner())).collect();
                for step in some {
                    let one = found.remove(&step.opportunity_id);
                    if let Some(was) = one.and_then(|one| Position::before(one, step)) {
                        self.give_one(&was, sink)?;
                    }
                }
            }
        }
    }

    /// Shared opportunities that moved since were added up as their owner's: they are their co-owners'.
    async fn shared_before(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        end: Timestamp,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let shared = opportunity::SHARED.eq(true).and(opportunity::MOVED_AT.at_least(end));
        let mut walk = Walk::<Opportunity>::through(shared);
        loop {
            let page = walk.next(unit).await?;
            if page.is_empty() {
                return Ok(());
            }
            for mut was in positions(unit, end, page).await? {
                if was.status != OpportunityStatus::Open {
                    continue;
                }
                self.give_one(&was, sink)?;
                was.opportunity.splits.0.clear();
                self.give_times(&was, -1, sink)?;
            }
        }
    }

    /// Moves do not say of which product an opportunity was: each is looked at.
    async fn moved_by_product(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        end: Timestamp,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let mut walk = Walk::<Opportunity>::through(opportunity::MOVED_AT.at_least(end));
        loop {
            let page = walk.next(unit).await?;
            if page.is_empty() {
                return Ok(());
            }
            for was in positions(unit, end, page).await? {
                self.give_one(&was, sink)?;
            }
        }
    }

    /// What has not moved since and may count.
    fn base(&self, end: Timestamp) -> Criteria<Opportunity> {
        let lost = opportunity::STATUS.eq(OpportunityStatus::Lost);
        let moved = opportunity::MOVED_AT.at_least(end);
        let mut base = lost.not().and(moved.not());
        if let Some(pipeline) = self.pipeline {
            base = base.and(opportunity::PIPELINE_ID.eq(pipeline));
        }
        let (from, to) = self.months;
        let from = from.map(|month| opportunity::FORECAST_MONTH.at_least(month));
        let to = to.map(|month| opportunity::FORECAST_MONTH.at_most(month));
        let within: Vec<_> = from.into_iter().chain(to).collect();
        if within.is_empty() {
            return base;
        }
        let within = Criteria::All(within);
        if !self.undated {
            return base.and(within);
        }
        let open = opportunity::STATUS.eq(OpportunityStatus::Open);
        let overdue = open.and(opportunity::EXPECTED_CLOSE.below(self.as_of));
        base.and(within.or(opportunity::FORECAST_MONTH.is_empty()).or(overdue))
    }

    fn give(&self, one: &Alike, figure: Figure, when: When, sink: &mut Sink<'_>) -> Result<()> {
        let Some(category) = one.category else { return Ok(()) };
        let share = Share {
            owner: one.owner,
            product: one.product,
            amount: figure.amount,
            weighted: figure.weighted,
        };
        let (currency, count) = (one.currency, figure.count);
        sink(Portion { when, category, currency, count, shares: vec![share] })
    }

    fn give_one(&self, one: &Position, sink: &mut Sink<'_>) -> Result<()> {
        self.give_times(one, 1, sink)
    }

    fn give_times(&self, one: &Position, count: i64, sink: &mut Sink<'_>) -> Result<()> {
        let Some(category) = one.category else { return Ok(()) };
        if self.pipeline.is_some_and(|asked| asked != one.pipeline) {
            return Ok(());
        }
        let mut shares = shares(one, self.grain, self.product);
        if shares.is_empty() {
            return Ok(());
        }
        for share in &mut shares {
            share.amount *= rust_decimal::Decimal::from(count);
            share.weighted *= rust_decimal::Decimal::from(count);
        }
        let currency = one.amount.map(crate::kernel::Money::currency);
        sink(Portion { when: one.when(self.as_of), category, currency, count, shares })
    }
}
