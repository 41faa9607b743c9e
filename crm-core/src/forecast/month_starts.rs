//! What was forecast of months when they began, of all of them in one pass.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    kernel::{Criteria, Currency, Id, Money, Result, first_of_month},
    opportunity::{self, ForecastCategory, OpportunityStatus},
    pipeline::Pipeline,
    stage_move,
    store::ReadUnit,
};

use super::{
    Figure,
    groups::{Alike, BEFORE, Grain, PRESENT, groups},
    position::each_before,
    request::start_of,
};

/// What was forecast of a month, by currency and category.
pub(super) type ByCurrency = BTreeMap<Currency, BTreeMap<ForecastCategory, Figure>>;

/// What stood at the end of the day before each of these months, and counted in it. The date by which an opportunity counts
/// says of which month it is, and so at which of the instants it is to be looked at: each statement goes over the
/// moves once, however many months are asked for.
pub(super) async fn at_month_starts(
    unit: &mut (dyn ReadUnit + '_),
    starts: &[NaiveDate],
    pipeline: Option<Id<Pipeline>>,
) -> Result<BTreeMap<NaiveDate, ByCurrency>> {
    let mut found = Found { months: BTreeMap::new() };
    let (Some(first), Some(last)) = (starts.iter().min(), starts.iter().max()) else {
        return Ok(found.months);
    };
    let (earliest, latest) = (start_of(*first)?, start_of(*last)?);
    let (mut unmoved, mut open) = (Vec::new(), Vec::new());
    for start in starts {
        let began = start_of(*start)?;
        let same = opportunity::FORECAST_MONTH.eq(*start);
        unmoved.push(same.and(opportunity::MOVED_AT.at_least(began).not()));
        let next = start.checked_add_months(chrono::Months::new(1)).unwrap_or(NaiveDate::MAX);
        let date = &stage_move::EXPECTED_CLOSE_BEFORE;
        open.push(date.at_least(*start).and(date.below(next)).and(stage_move::spanning(began)));
    }
    let mut present = opportunity::STATUS.eq(OpportunityStatus::Lost).not();
    let mut moved = stage_move::MOVED_AT.at_least(earliest).and(stage_move::SINCE.below(latest));
    if let Some(pipeline) = pipeline {
        present = present.and(opportunity::PIPELINE_ID.eq(pipeline));
        moved = moved.and(stage_move::FROM_PIPELINE_ID.eq(pipeline));
    }
    let present = present.and(Criteria::Any(unmoved));
    for (one, figure) in groups(unit, &PRESENT, Grain::default(), present).await? {
        found.add(&one, figure)?;
    }
    let open = moved
        .clone()
        .and(stage_move::FROM_STATUS.eq(OpportunityStatus::Open))
        .and(Criteria::Any(open));
    for (one, figure) in groups(unit, &BEFORE, Grain::default(), open).await? {
        found.add(&one, figure)?;
    }
    // A win may be dated ahead, into a month that had not begun.
    let won = moved.and(stage_move::FROM_STATUS.eq(OpportunityStatus::Won));
    each_before(unit, won, &mut |step, was| {
        let Some(month) = was.date.map(first_of_month).filter(|month| starts.contains(month))
        else {
            return Ok(());
        };
        let began = start_of(month)?;
        if step.moved_at < began || step.since.is_none_or(|since| since >= began) {
            return Ok(());
        }
        let amount = was.amount.map(Money::amount).unwrap_or_default();
        let figure = Figure { count: 1, amount, weighted: amount };
        let (category, currency) = (was.category, was.amount.map(Money::currency));
        found.put(month, category, currency, figure)
    })
    .await?;
    Ok(found.months)
}

struct Found {
    months: BTreeMap<NaiveDate, ByCurrency>,
}

impl Found {
    fn add(&mut self, one: &Alike, figure: Figure) -> Result<()> {
        let Some(day) = one.date else { return Ok(()) };
        self.put(first_of_month(day), one.category, one.currency, figure)
    }

    fn put(
        &mut self,
        month: NaiveDate,
        category: Option<ForecastCategory>,
        currency: Option<Currency>,
        figure: Figure,
    ) -> Result<()> {
        let (Some(category), Some(currency)) = (category, currency) else { return Ok(()) };
        let of = self.months.entry(month).or_default().entry(currency).or_default();
        Ok(of.entry(category).or_default().add(figure)?)
    }
}
