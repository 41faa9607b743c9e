//! What a store adds up for a forecast.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    kernel::{
        Criteria, Currency, Entity, Error, Field, FieldSpec, FieldType, Id, Money, Result, Sum,
        Sums, Value,
    },
    opportunity::{self, ForecastCategory, Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    stage_move::{self, StageMove},
    store::Insights,
};

use super::Figure;

/// Which fields say how an opportunity stands.
pub(super) struct Lens<E: Entity> {
    pub(super) owner: &'static Field<E, Id<StaffMember>>,
    pub(super) product: Option<&'static Field<E, Id<Product>>>,
    pub(super) pipeline: &'static Field<E, Id<Pipeline>>,
    pub(super) status: &'static Field<E, OpportunityStatus>,
    pub(super) category: &'static Field<E, ForecastCategory>,
    pub(super) date: &'static Field<E, NaiveDate>,
    pub(super) amount: &'static Field<E, Money>,
    pub(super) weighted: &'static Field<E, Money>,
}

/// As it is. The date is the first day of a month.
pub(super) static PRESENT: Lens<Opportunity> = Lens {
    owner: &opportunity::OWNER_ID,
    product: Some(&opportunity::PRODUCT_ID),
    pipeline: &opportunity::PIPELINE_ID,
    status: &opportunity::STATUS,
    category: &opportunity::COUNTS_AS,
    date: &opportunity::FORECAST_MONTH,
    amount: &opportunity::AMOUNT,
    weighted: &opportunity::WEIGHTED,
};

/// As it was before a move. The date is a day.
pub(super) static BEFORE: Lens<StageMove> = Lens {
    owner: &stage_move::OWNER_BEFORE,
    product: None,
    pipeline: &stage_move::FROM_PIPELINE_ID,
    status: &stage_move::FROM_STATUS,
    category: &stage_move::CATEGORY_BEFORE,
    date: &stage_move::EXPECTED_CLOSE_BEFORE,
    amount: &stage_move::AMOUNT_BEFORE,
    weighted: &stage_move::WEIGHTED_BEFORE,
};

/// By what opportunities are told apart, beside how they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Grain {
    pub(super) owner: bool,
    pub(super) product: bool,
}

/// Opportunities that look alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alike {
    pub(super) owner: Option<Id<StaffMember>>,
    pub(super) product: Option<Id<Product>>,
    pub(super) status: OpportunityStatus,
    pub(super) category: Option<ForecastCategory>,
    pub(super) date: Option<NaiveDate>,
    pub(super) currency: Option<Currency>,
}

/// What the records that match come to, of all that look alike.
///
/// What is expected of won ones is what they are worth.
pub(super) async fn groups<E: Entity, R: Insights<E> + ?Sized>(
    unit: &mut R,
    lens: &'static Lens<E>,
    grain: Grain,
    criteria: Criteria<E>,
) -> Result<BTreeMap<Alike, Figure>> {
    let mut groups: BTreeMap<Alike, Figure> = BTreeMap::new();
    let sums = Sums::of(lens.amount).beside(lens.weighted).matching(criteria);
    for sum in unit.sums(by(lens, grain, sums)).await? {
        let (count, amount) = (i64::try_from(sum.count).unwrap_or(i64::MAX), sum.amount);
        let beside = sum.beside;
        let alike = alike(grain, sum)?;
        let weighted = if alike.status == OpportunityStatus::Won { amount } else { beside };
        groups.entry(alike).or_default().add(Figure { count, amount, weighted })?;
    }
    Ok(groups)
}

fn by<E: Entity>(lens: &'static Lens<E>, grain: Grain, sums: Sums<E>) -> Sums<E> {
    let owner = grain.owner.then_some(lens.owner.spec());
    let product = lens.product.filter(|_| grain.product).map(Field::spec);
    let rest: [&'static FieldSpec<E>; 3] =
        [lens.status.spec(), lens.category.spec(), lens.date.spec()];
    Sums { by: owner.into_iter().chain(product).chain(rest).collect(), ..sums }
}

fn alike(grain: Grain, sum: Sum) -> Result<Alike> {
    let mut values = sum.key.into_iter();
    let owner = if grain.owner { taken(values.next())? } else { None };
    let product = if grain.product { taken(values.next())? } else { None };
    let lacking = || corrupt("a group is not told apart by its status".to_owned());
    Ok(Alike {
        owner,
        product,
        status: taken(values.next())?.ok_or_else(lacking)?,
        category: taken(values.next())?,
        date: taken(values.next())?,
        currency: sum.currency,
    })
}

fn taken<T: FieldType>(value: Option<Value<'static>>) -> Result<Option<T>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::from_value(value).map(Some).map_err(corrupt),
    }
}

fn corrupt(reason: String) -> Error {
    let (table, column) = ("opportunity".to_owned(), "status".to_owned());
    Error::Corrupt { table, row: "a sum".to_owned(), column, reason }
}
