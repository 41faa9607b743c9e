//! Lines of a run: one for each customer.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError, Value,
        text_enum,
    },
    lifetime::History,
    value::{Effort, Standing, TierState, ValueClass},
    value_run::ValueRun,
};

text_enum! {
    /// In which part of the customers one is ([`crate::value::Fifths`]). Of those who bring the same at an edge, the first by
    /// their ids are in the better one.
    pub enum FifthOf {
        /// The fifth that brings most.
        Top = "top",
        /// Between.
        Middle = "middle",
        /// The fifth that brings least.
        Bottom = "bottom",
    }
}

/// What a customer brought in the period of a run and how it was judged: a fact that is only ever added. Amounts are in the currency of
/// the run. Why it was judged so is told from this ([`ValueRunLine::reasons`](crate::value::RunReasons)).
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRunLine {
    /// Its id.
    pub id: Id<ValueRunLine>,
    /// Of which run.
    pub run_id: Id<ValueRun>,
    /// Which customer.
    pub customer_id: Id<Customer>,
    /// The revenue of its orders; of what was won, the amounts.
    pub revenue: Decimal,
    /// The revenue of its returns: negative.
    pub returned: Decimal,
    /// What the goods cost us, less those of returns.
    pub cost: Decimal,
    /// What serving it cost; nothing where the basis does not count that.
    pub cost_to_serve: Decimal,
    /// What was done for it, which costs that at the run's rates; none where nothing was, or the basis does not count that.
    pub effort: Option<Effort>,
    /// How many orders.
    pub orders: i64,
    /// How many returns.
    pub returns: i64,
    /// How many orders and returns do not say what their goods cost.
    pub without_cost: i64,
    /// The day of its last order in the period.
    pub last_order: Option<NaiveDate>,
    /// What it brings, by the basis of the run; none where it was not there in the period.
    pub value: Option<Money>,
    /// Its rank, from 1. Who brings the same has the same rank.
    pub rank: Option<i64>,
    /// How many have this rank, itself among them.
    pub tied: Option<i64>,
    /// Its class.
    pub class: Option<ValueClass>,
    /// Its share of the total, in percent; none where the total is not above nothing.
    pub share: Option<Decimal>,
    /// The share of all down to it and those with the same rank, in percent.
    pub cumulative_share: Option<Decimal>,
    /// The share of those who bring more, in percent: what its class goes by.
    pub share_before: Option<Decimal>,
    /// In which fifth it is.
    pub fifth: Option<FifthOf>,
    /// Its score of recency, from 1 to 5; none where it never bought in the period.
    pub recency: Option<i64>,
    /// Its score of frequency, from 1 to 5.
    pub frequency: Option<i64>,
    /// Its score of monetary value, from 1 to 5.
    pub monetary: Option<i64>,
    /// The category whose scales were used; none where it was those of all others.
    pub scale: Option<String>,
    /// Its RFM segment.
    pub segment: Option<String>,
    /// What was expected of it.
    pub expected: Option<Decimal>,
    /// What was known of its purchases, which makes the model of the run expect that; none where the host said what it expects.
    pub history: Option<History>,
    /// What it is to the house.
    pub standing: Option<Standing>,
    /// Its tier.
    pub tier: Option<String>,
    /// The tier before, and for how long it had not fitted.
    pub tier_before: Option<TierState>,
    /// The same after this run.
    pub tier_after: Option<TierState>,
}

impl ValueRunLine {
    /// The id of the one line of a customer in a run.
    pub fn id_of(run: Id<ValueRun>, customer: Id<Customer>) -> Id<Self> {
        Id::new(Uuid::new_v5(&run.uuid(), customer.uuid().as_bytes()))
    }
}

/// Its id.
pub static ID: Field<ValueRunLine, Id<ValueRunLine>> = Field::new("id", |l| l.id.into_value());
/// Of which run.
pub static RUN_ID: Field<ValueRunLine, Id<ValueRun>> =
    Field::new("run_id", |l| l.run_id.into_value());
/// Which customer.
pub static CUSTOMER_ID: Field<ValueRunLine, Id<Customer>> =
    Field::new("customer_id", |l| l.customer_id.into_value());
/// The revenue of its orders; of what was won, the amounts.
pub static REVENUE: Field<ValueRunLine, Decimal> =
    Field::new("revenue", |l| l.revenue.into_value());
/// The revenue of its returns: negative.
pub static RETURNED: Field<ValueRunLine, Decimal> =
    Field::new("returned", |l| l.returned.into_value());
/// What the goods cost us, less those of returns.
pub static COST: Field<ValueRunLine, Decimal> = Field::new("cost", |l| l.cost.into_value());
/// What serving it cost; nothing where the basis does not count that.
pub static COST_TO_SERVE: Field<ValueRunLine, Decimal> =
    Field::new("cost_to_serve", |l| l.cost_to_serve.into_value());
/// What was done for it.
pub static EFFORT: Field<ValueRunLine, Effort> =
    Field::optional("effort", |l| l.effort.as_ref().map_or(Value::Null, Value::json));
/// How many orders.
pub static ORDERS: Field<ValueRunLine, i64> = Field::new("orders", |l| l.orders.into_value());
/// How many returns.
pub static RETURNS: Field<ValueRunLine, i64> = Field::new("returns", |l| l.returns.into_value());
/// How many orders and returns do not say what their goods cost.
pub static WITHOUT_COST: Field<ValueRunLine, i64> =
    Field::new("without_cost", |l| l.without_cost.into_value());
/// The day of its last order in the period.
pub static LAST_ORDER: Field<ValueRunLine, NaiveDate> =
    Field::optional("last_order", |l| Value::opt(l.last_order));
/// What it brings, by the basis of the run; none where it was not there in the period.
pub static VALUE: Field<ValueRunLine, Money> = Field::optional("value", |l| Value::opt(l.value));
/// Its rank, from 1. Who brings the same has the same rank.
pub static RANK: Field<ValueRunLine, i64> = Field::optional("rank", |l| Value::opt(l.rank));
/// How many have this rank, itself among them.
pub static TIED: Field<ValueRunLine, i64> = Field::optional("tied", |l| Value::opt(l.tied));
/// Its class.
pub static CLASS: Field<ValueRunLine, ValueClass> =
    Field::optional("class", |l| Value::opt(l.class));
/// Its share of the total, in percent; none where the total is not above nothing.
pub static SHARE: Field<ValueRunLine, Decimal> = Field::optional("share", |l| Value::opt(l.share));
/// The share of all down to it and those with the same rank, in percent.
pub static CUMULATIVE_SHARE: Field<ValueRunLine, Decimal> =
    Field::optional("cumulative_share", |l| Value::opt(l.cumulative_share));
/// The share of those who bring more, in percent: what its class goes by.
pub static SHARE_BEFORE: Field<ValueRunLine, Decimal> =
    Field::optional("share_before", |l| Value::opt(l.share_before));
/// In which fifth it is.
pub static FIFTH: Field<ValueRunLine, FifthOf> = Field::optional("fifth", |l| Value::opt(l.fifth));
/// Its score of recency, from 1 to 5; none where it never bought in the period.
pub static RECENCY: Field<ValueRunLine, i64> =
    Field::optional("recency", |l| Value::opt(l.recency));
/// Its score of frequency, from 1 to 5.
pub static FREQUENCY: Field<ValueRunLine, i64> =
    Field::optional("frequency", |l| Value::opt(l.frequency));
/// Its score of monetary value, from 1 to 5.
pub static MONETARY: Field<ValueRunLine, i64> =
    Field::optional("monetary", |l| Value::opt(l.monetary));
/// The category whose scales were used; none where it was those of all others.
pub static SCALE: Field<ValueRunLine, String> =
    Field::optional("scale", |l| Value::opt_text(&l.scale));
/// Its RFM segment.
pub static SEGMENT: Field<ValueRunLine, String> =
    Field::optional("segment", |l| Value::opt_text(&l.segment));
/// What was expected of it.
pub static EXPECTED: Field<ValueRunLine, Decimal> =
    Field::optional("expected", |l| Value::opt(l.expected));
/// What was known of its purchases.
pub static HISTORY: Field<ValueRunLine, History> =
    Field::optional("history", |l| l.history.as_ref().map_or(Value::Null, Value::json));
/// What it is to the house.
pub static STANDING: Field<ValueRunLine, Standing> =
    Field::optional("standing", |l| Value::opt(l.standing));
/// Its tier.
pub static TIER: Field<ValueRunLine, String> =
    Field::optional("tier", |l| Value::opt_text(&l.tier));
/// The tier before, and for how long it had not fitted.
pub static TIER_BEFORE: Field<ValueRunLine, TierState> =
    Field::optional("tier_before", |l| l.tier_before.as_ref().map_or(Value::Null, Value::json));
/// The same after this run.
pub static TIER_AFTER: Field<ValueRunLine, TierState> =
    Field::optional("tier_after", |l| l.tier_after.as_ref().map_or(Value::Null, Value::json));

impl Entity for ValueRunLine {
    const KIND: &'static str = "value_run_line";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        RUN_ID.spec(),
        CUSTOMER_ID.spec(),
        REVENUE.spec(),
        RETURNED.spec(),
        COST.spec(),
        COST_TO_SERVE.spec(),
        EFFORT.spec(),
        ORDERS.spec(),
        RETURNS.spec(),
        WITHOUT_COST.spec(),
        LAST_ORDER.spec(),
        VALUE.spec(),
        RANK.spec(),
        TIED.spec(),
        CLASS.spec(),
        SHARE.spec(),
        CUMULATIVE_SHARE.spec(),
        SHARE_BEFORE.spec(),
        FIFTH.spec(),
        RECENCY.spec(),
        FREQUENCY.spec(),
        MONETARY.spec(),
        SCALE.spec(),
        SEGMENT.spec(),
        EXPECTED.spec(),
        HISTORY.spec(),
        STANDING.spec(),
        TIER.spec(),
        TIER_BEFORE.spec(),
        TIER_AFTER.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            run_id: row.take(&RUN_ID)?,
            customer_id: row.take(&CUSTOMER_ID)?,
            revenue: row.take(&REVENUE)?,
            returned: row.take(&RETURNED)?,
            cost: row.take(&COST)?,
            cost_to_serve: row.take(&COST_TO_SERVE)?,
            effort: row.opt(&EFFORT)?,
            orders: row.take(&ORDERS)?,
            returns: row.take(&RETURNS)?,
            without_cost: row.take(&WITHOUT_COST)?,
            last_order: row.opt(&LAST_ORDER)?,
            value: row.opt(&VALUE)?,
            rank: row.opt(&RANK)?,
            tied: row.opt(&TIED)?,
            class: row.opt(&CLASS)?,
            share: row.opt(&SHARE)?,
            cumulative_share: row.opt(&CUMULATIVE_SHARE)?,
            share_before: row.opt(&SHARE_BEFORE)?,
            fifth: row.opt(&FIFTH)?,
            recency: row.opt(&RECENCY)?,
            frequency: row.opt(&FREQUENCY)?,
            monetary: row.opt(&MONETARY)?,
            scale: row.opt(&SCALE)?,
            segment: row.opt(&SEGMENT)?,
            expected: row.opt(&EXPECTED)?,
            history: row.opt(&HISTORY)?,
            standing: row.opt(&STANDING)?,
            tier: row.opt(&TIER)?,
            tier_before: row.opt(&TIER_BEFORE)?,
            tier_after: row.opt(&TIER_AFTER)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "a run shows what was: it is taken once";
        Err(Refused::new(Self::KIND, "a line", "another line", why))
    }
}
