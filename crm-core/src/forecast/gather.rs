//! What counts at the end of a day: a store adds up what it can, the rest is looked at one by one.

use chrono::{Datelike, NaiveDate};

use crate::{
    kernel::{Criteria, Currency, Id, Money, Result, Timestamp, first_of_month},
    opportunity::{self, ForecastCategory, Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    product::Product,
    stage_move,
    store::ReadUnit,
};

use super::{
    Figure,
    credit::{Share, shares},
    groups::{Alike, BEFORE, Grain, PRESENT, groups},
    position::{Position, each_at, each_before, when},
    request::{When, end_of},
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
        let apart = base.and(Criteria::Any(apart));
        each_at(unit, end, apart, &mut |one| self.give_one(&one, sink)).await
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
        let mut spans = stage_move::spanning(end);
        if let Some(pipeline) = self.pipeline {
            spans = spans.and(stage_move::FROM_PIPELINE_ID.eq(pipeline));
        }
        let open = spans.clone().and(stage_move::FROM_STATUS.eq(OpportunityStatus::Open));
        for (one, figure) in groups(unit, &BEFORE, self.grain, open).await? {
            self.give(&one, figure, when(one.status, one.date, self.as_of), sink)?;
        }
        // Wins that moved since: few, and a move does not say when it was won.
        let won = spans.and(stage_move::FROM_STATUS.eq(OpportunityStatus::Won));
        each_before(unit, won, &mut |_, was| self.give_one(&was, sink)).await?;
        if self.grain.owner { self.shared_before(unit, end, sink).await } else { Ok(()) }
    }

    /// Shared opportunities that moved since were added up as their owner's: they are their co-owners'.
    async fn shared_before(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        end: Timestamp,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let shared = opportunity::SHARED.eq(true).and(opportunity::MOVED_AT.at_least(end));
        each_at(unit, end, shared, &mut |mut was| {
            if was.status != OpportunityStatus::Open {
                return Ok(());
            }
            self.give_one(&was, sink)?;
            was.opportunity.splits.0.clear();
            match self.portion(&was) {
                Some(portion) => sink(portion.negative()),
                None => Ok(()),
            }
        })
        .await
    }

    /// Moves do not say of which product an opportunity was: each is looked at.
    async fn moved_by_product(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        end: Timestamp,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let moved = opportunity::MOVED_AT.at_least(end);
        each_at(unit, end, moved, &mut |was| self.give_one(&was, sink)).await
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
        self.portion(one).map_or(Ok(()), sink)
    }

    /// How a single one counts; none where it does not.
    pub(super) fn portion(&self, one: &Position) -> Option<Portion> {
        let category = one.category?;
        if self.pipeline.is_some_and(|asked| asked != one.pipeline) {
            return None;
        }
        let shares = shares(one, self.grain, self.product);
        let currency = one.amount.map(Money::currency);
        let when = one.when(self.as_of);
        (!shares.is_empty()).then_some(Portion { when, category, currency, count: 1, shares })
    }
}

impl Portion {
    /// The same, taken away.
    fn negative(mut self) -> Self {
        self.count = -self.count;
        for share in &mut self.shares {
            share.amount = -share.amount;
            share.weighted = -share.weighted;
        }
        self
    }
}
