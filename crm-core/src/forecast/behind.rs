use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::{Criteria, Currency, Entity, Id, Money, Result, Timestamp},
    opportunity::{self, ForecastCategory, Opportunity, OpportunityStatus},
    org::OrgChart,
    org_unit::OrgUnit,
    stage_move::{self, StageMove},
    store::ReadUnit,
};

use super::{
    Bucket, Cell, Figure, ForecastRequest, RowKey,
    gather::Question,
    groups::{BEFORE, Lens, PRESENT},
    position::{Each, Position, each_at, each_before},
    request::end_of,
};

/// Which cells of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureOf {
    /// Those of everything.
    Everything,
    /// Those of a row.
    Row(RowKey),
    /// Of the row of a unit, those of its own people.
    OwnPeople(Id<OrgUnit>),
}

/// Which opportunities the figures of a forecast are made of. Loaded once, it answers for every cell of it.
///
/// A cell is made of two lists that have no opportunity in common: those that have not moved since the day of the forecast and
/// count whole, which a question to a store finds ([`Behind::whole`]), and all others, which
/// are looked at one by one ([`Behind::others`]). Together they are as many as the cell counts and come to its
/// amounts; in one currency, once what they come to in each is converted.
#[derive(Debug)]
pub struct Behind<'r> {
    request: &'r ForecastRequest,
    org: OrgChart,
    end: Timestamp,
}

/// An opportunity, and what it counts for in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which one.
    pub opportunity_id: Id<Opportunity>,
    /// In which currency it is; none without an amount.
    pub currency: Option<Currency>,
    /// One opportunity, and the parts of it that count there, in its currency.
    pub figure: Figure,
}

impl<'r> Behind<'r> {
    /// For the forecast that this request asks for.
    ///
    /// # Errors
    /// Whatever the store answers, and [`crate::Error::Invalid`] for a day that no store can keep.
    pub async fn load(
        unit: &mut (dyn ReadUnit + '_),
        request: &'r ForecastRequest,
    ) -> Result<Self> {
        let org = OrgChart::load(unit).await?;
        Ok(Self { request, org, end: end_of(request.as_of)? })
    }

    /// Those that have not moved since and count whole: by [`opportunity::AMOUNT`] and
    /// [`opportunity::WEIGHTED`], a won one by its amount twice.
    pub fn whole(&self, of: FigureOf, cell: &Cell) -> Criteria<Opportunity> {
        let grain = self.request.grain();
        let mut whole = self.still(cell).and(self.people(of, &PRESENT));
        if grain.owner {
            whole = whole.and(opportunity::SHARED.eq(false));
        }
        if grain.product {
            whole = whole.and(opportunity::ITEMISED.eq(false));
            whole = match of {
                FigureOf::Row(RowKey::Product(Some(id))) => {
                    whole.and(opportunity::PRODUCT_ID.eq(id))
                }
                FigureOf::Row(RowKey::Product(None)) => {
                    whole.and(opportunity::PRODUCT_ID.is_empty())
                }
                _ => whole,
            };
        }
        whole
    }

    /// All others, to `each`: those that count in parts, by the shares of their owners or by their lines, and those that have
    /// moved since, by what they were.
    ///
    /// # Errors
    /// Whatever the store or `each` answers: who has seen enough answers with an error.
    pub async fn others(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        of: FigureOf,
        cell: &Cell,
        each: &mut (dyn FnMut(Counted) -> Result<()> + Send + '_),
    ) -> Result<()> {
        let grain = self.request.grain();
        let question = self.request.question();
        let mut tell = |was: &Position| match self.counted(&question, was, of, cell)? {
            Some(counted) => each(counted),
            None => Ok(()),
        };
        let mut apart = Vec::new();
        if grain.owner {
            apart.push(opportunity::SHARED.eq(true));
        }
        if grain.product {
            let theirs = self.people(of, &PRESENT).or(opportunity::SHARED.eq(true));
            apart.push(opportunity::ITEMISED.eq(true).and(theirs));
        }
        if !apart.is_empty() {
            let parted = self.still(cell).and(Criteria::Any(apart));
            each_at(unit, self.end, parted, &mut |one| tell(&one)).await?;
        }
        // Moves know the owner, not the shares: shared ones are looked for by themselves.
        let shared = |was: &Position| grain.owner && !was.opportunity.splits.0.is_empty();
        let moved = self.moved(cell).and(self.people(of, &BEFORE));
        each_before(unit, moved, &mut |_, was| if shared(&was) { Ok(()) } else { tell(&was) })
            .await?;
        if !grain.owner {
            return Ok(());
        }
        let shared = opportunity::SHARED.eq(true).and(opportunity::MOVED_AT.at_least(self.end));
        let each: &mut Each<'_> = &mut |was| tell(&was);
        each_at(unit, self.end, shared, each).await
    }

    /// What an opportunity counts for in a cell, by the way in which the forecast adds up.
    fn counted(
        &self,
        question: &Question,
        was: &Position,
        of: FigureOf,
        cell: &Cell,
    ) -> Result<Option<Counted>> {
        let Some(portion) = question.portion(was) else { return Ok(None) };
        let told = portion.currency.map(|own| self.request.currency.unwrap_or(own));
        let place = (self.request.bucket(portion.when), told, portion.category);
        if place != (Some(cell.bucket), cell.currency, cell.category) {
            return Ok(None);
        }
        let mut parts = self.request.parts(&self.org, &portion)?;
        let figure = match of {
            FigureOf::Everything => (!parts.rows.is_empty()).then_some(parts.all),
            FigureOf::Row(key) => parts.rows.remove(&key),
            FigureOf::OwnPeople(id) => parts.own.remove(&RowKey::Unit(Some(id))),
        };
        let (opportunity_id, currency) = (was.opportunity.id, portion.currency);
        Ok(figure.map(|figure| Counted { opportunity_id, currency, figure }))
    }

    /// What has not moved since and may count in a cell, whosever it is.
    fn still(&self, cell: &Cell) -> Criteria<Opportunity> {
        let lost = opportunity::STATUS.eq(OpportunityStatus::Lost);
        let still = lost.not().and(opportunity::MOVED_AT.at_least(self.end).not());
        still.and(self.common(&PRESENT, cell)).and(in_bucket(cell.bucket, self.request.as_of))
    }

    /// Moves since, before which an opportunity may have counted in a cell, whosever it was. They do not say when it was won.
    fn moved(&self, cell: &Cell) -> Criteria<StageMove> {
        let moved = stage_move::spanning(self.end).and(self.common(&BEFORE, cell));
        match cell.category {
            ForecastCategory::Closed => moved,
            _ => moved.and(in_bucket_before(cell.bucket, self.request.as_of)),
        }
    }

    /// Pipeline, category and currency.
    fn common<E: Entity>(&self, lens: &'static Lens<E>, cell: &Cell) -> Criteria<E> {
        let mut common = lens.category.eq(cell.category);
        if let Some(pipeline) = self.request.pipeline {
            common = common.and(lens.pipeline.eq(pipeline));
        }
        match (cell.currency, self.request.currency) {
            (None, _) => common.and(lens.amount.is_empty()),
            (Some(_), Some(_)) => common.and(lens.amount.is_present()),
            (Some(currency), None) => common.and(in_currency(lens, currency)),
        }
    }

    /// Whose opportunities a figure is of, where they are not shared.
    fn people<E: Entity>(&self, of: FigureOf, lens: &'static Lens<E>) -> Criteria<E> {
        let asked = self.request.whose.owned(&self.org, lens.owner);
        match of {
            FigureOf::Row(RowKey::Staff(Some(id))) => asked.and(lens.owner.eq(id)),
            FigureOf::Row(RowKey::Staff(None)) => asked.and(lens.owner.is_empty()),
            FigureOf::Row(RowKey::Unit(unit)) => asked.and(self.org.owned(lens.owner, unit)),
            FigureOf::OwnPeople(unit) => {
                asked.and(self.org.owned_by(lens.owner, self.org.members(Some(unit))))
            }
            FigureOf::Row(_) | FigureOf::Everything => asked,
        }
    }
}

/// Amounts of two currencies are neither above nor below each other: all that compare are in one.
fn in_currency<E: Entity>(lens: &'static Lens<E>, currency: Currency) -> Criteria<E> {
    let lowest = Decimal::new(-999_999_999_999_999_999, Money::MAX_DECIMALS);
    let lowest = Money::new(lowest, currency).unwrap_or_else(|_| Money::zero(currency));
    lens.amount.at_least(lowest)
}

fn in_bucket(bucket: Bucket, as_of: NaiveDate) -> Criteria<Opportunity> {
    let open = opportunity::STATUS.eq(OpportunityStatus::Open);
    let overdue = open.and(opportunity::EXPECTED_CLOSE.below(as_of));
    match bucket {
        Bucket::Overdue => overdue,
        Bucket::NoDate => opportunity::FORECAST_MONTH.is_empty(),
        Bucket::Period(period) => {
            let within = opportunity::FORECAST_MONTH.at_least(period.start());
            within.and(opportunity::FORECAST_MONTH.at_most(period.last_month())).and(overdue.not())
        }
    }
}

/// Of what was open before a move.
fn in_bucket_before(bucket: Bucket, as_of: NaiveDate) -> Criteria<StageMove> {
    let date = &stage_move::EXPECTED_CLOSE_BEFORE;
    match bucket {
        Bucket::Overdue => date.below(as_of),
        Bucket::NoDate => date.is_empty(),
        Bucket::Period(period) => {
            date.at_least(period.start().max(as_of)).and(date.at_most(period.last_day()))
        }
    }
}
