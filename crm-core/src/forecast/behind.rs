use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::{Criteria, Currency, Entity, Id, Money, Result},
    opportunity::{self, Opportunity, OpportunityStatus},
    staff_member::StaffMember,
    stage_move::{self, StageMove},
    store::ReadUnit,
};

use super::{
    Bucket, Cell, ForecastRequest, RowKey, Whose,
    groups::{BEFORE, Lens, PRESENT},
    org::Org,
    position::spanning,
    request::{end_of, first_of_month},
};

/// Which opportunities a figure is made of.
///
/// What `opportunities` and `moved` match is counted and added up whole, by
/// [`opportunity::AMOUNT`] and [`stage_move::AMOUNT_BEFORE`]. What `parted` matches counts with a part, by the shares of
/// its owners or by its lines; the parts of a row are those of its people or its product, and some
/// have none there. Wins that moved since the day are in none of the three: they are told one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// Those that have not moved since, and count whole.
    pub opportunities: Criteria<Opportunity>,
    /// Those that have not moved since, and of which parts count.
    pub parted: Criteria<Opportunity>,
    /// Moves since, before which an open opportunity counted; none where products are asked for, of which moves
    /// do not know.
    pub moved: Criteria<StageMove>,
}

/// Which opportunities a cell of a forecast is made of: of a row, or without one of everything.
///
/// # Errors
/// Whatever the store answers, and [`crate::Error::Invalid`] for a day that no store can keep.
pub async fn behind(
    unit: &mut (dyn ReadUnit + '_),
    request: &ForecastRequest,
    row: Option<RowKey>,
    cell: &Cell,
) -> Result<Behind> {
    let org = Org::load(unit).await?;
    let end = end_of(request.as_of)?;
    let grain = request.grain();
    let lost = opportunity::STATUS.eq(OpportunityStatus::Lost);
    let still = lost.not().and(opportunity::MOVED_AT.at_least(end).not());
    let still =
        still.and(common(request, &PRESENT, cell)).and(in_bucket(cell.bucket, request.as_of));
    let mut whole = still.clone().and(people(request, &org, row, &PRESENT));
    let mut apart = Vec::new();
    if grain.owner {
        whole = whole.and(opportunity::SHARED.eq(false));
        apart.push(opportunity::SHARED.eq(true));
    }
    if grain.product {
        whole = whole.and(opportunity::ITEMISED.eq(false));
        apart.push(opportunity::ITEMISED.eq(true));
        whole = match row {
            Some(RowKey::Product(Some(id))) => whole.and(opportunity::PRODUCT_ID.eq(id)),
            Some(RowKey::Product(None)) => whole.and(opportunity::PRODUCT_ID.is_empty()),
            _ => whole,
        };
    }
    let moved = if grain.product {
        Criteria::Any(Vec::new())
    } else {
        spanning(end)
            .and(stage_move::FROM_STATUS.eq(OpportunityStatus::Open))
            .and(common(request, &BEFORE, cell))
            .and(in_bucket_before(cell.bucket, request.as_of))
            .and(people(request, &org, row, &BEFORE))
    };
    Ok(Behind { opportunities: whole, parted: still.and(Criteria::Any(apart)), moved })
}

/// Pipeline, category and currency.
fn common<E: Entity>(
    request: &ForecastRequest,
    lens: &'static Lens<E>,
    cell: &Cell,
) -> Criteria<E> {
    let mut common = lens.category.eq(cell.category);
    if let Some(pipeline) = request.pipeline {
        common = common.and(lens.pipeline.eq(pipeline));
    }
    match (cell.currency, request.currency) {
        (None, _) => common.and(lens.amount.is_empty()),
        (Some(_), Some(_)) => common.and(lens.amount.is_present()),
        (Some(currency), None) => common.and(in_currency(lens, currency)),
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
            let last = first_of_month(period.last_day());
            let within = opportunity::FORECAST_MONTH.at_least(period.start());
            within.and(opportunity::FORECAST_MONTH.at_most(last)).and(overdue.not())
        }
    }
}

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

/// Whose opportunities a row is of.
fn people<E: Entity>(
    request: &ForecastRequest,
    org: &Org,
    row: Option<RowKey>,
    lens: &'static Lens<E>,
) -> Criteria<E> {
    let of = |ids: Vec<Id<StaffMember>>| lens.owner.one_of(ids);
    let asked = match request.whose {
        Whose::House => Criteria::everything(),
        Whose::Staff(id) => lens.owner.eq(id),
        Whose::Unit(id) => of(org.people(id)),
    };
    match row {
        Some(RowKey::Staff(Some(id))) => asked.and(lens.owner.eq(id)),
        Some(RowKey::Staff(None)) => asked.and(lens.owner.is_empty()),
        Some(RowKey::Unit(Some(id))) => asked.and(of(org.people(id))),
        Some(RowKey::Unit(None)) => {
            asked.and(lens.owner.is_empty().or(of(org.people_without_unit())))
        }
        _ => asked,
    }
}
