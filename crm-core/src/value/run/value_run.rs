//! Runs: what customers brought in a period, and how they were judged by it, kept.

use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    kernel::{
        Currency, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError,
        TenantId, Timestamp, Value, text_enum,
    },
    value::{Basis, Period, PlanLine, RunTotals, ValueClass, ValuePolicies, compare_totals},
};

text_enum! {
    /// What a run keeps of each customer.
    #[derive(Default)]
    pub enum RunDetail {
        /// A line with all its figures ([`crate::value_run_line::ValueRunLine`]), each with its entry in the change log.
        #[default]
        Lines = "lines",
        /// What it brings and its class, and no more ([`crate::value::CustomerClass`]): in a fraction of the time and of the
        /// room, for houses of millions that look at their classes often.
        Classes = "classes",
    }
}

/// What customers brought in a period and how they were judged, customer by customer
/// ([`RunDetail`]). It keeps the policies it was taken by, so that every figure of a line, and its reason,
/// follows from what is stored.
///
/// It is taken once, all of it in one unit ([`crate::value::take_run`]), and does not change; only its name may, and that its tiers were
/// given to the customers is written later ([`crate::value::apply_tiers`]).
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRun {
    /// Its id.
    pub id: Id<ValueRun>,
    /// What the house calls it.
    pub name: Option<String>,
    /// The first day of the period; none where all days up to the last count.
    pub from_day: Option<NaiveDate>,
    /// The last day of the period.
    pub to_day: NaiveDate,
    /// As of which day it is told.
    pub as_of: NaiveDate,
    /// What counts as a customer's value.
    pub basis: Basis,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The policies it was taken by.
    pub policies: ValuePolicies,
    /// What the lines add up to, once all are there.
    pub totals: Option<RunTotals>,
    /// What it keeps of each customer.
    pub detail: RunDetail,
    /// How many customers it has a line or a class of.
    pub lines: i64,
    /// The run whose tiers it goes on from: the last that was applied when it was taken.
    pub follows: Option<Id<ValueRun>>,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// By whom.
    pub taken_by: String,
    /// After which run its tiers are given to the customers ([`ValueRun::place`]), from when that begins on. No two runs have the same: whoever is
    /// first has the place.
    pub applies_after: Option<String>,
    /// When its tiers were given to the customers.
    pub applied_at: Option<Timestamp>,
}

/// What a run has of what was planned, by the plans that it keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgainstPlan {
    /// Of the classes; nothing without a plan for them.
    pub classes: Vec<PlanLine<ValueClass>>,
    /// Of the tiers; nothing without a plan for them.
    pub tiers: Vec<PlanLine<String>>,
}

impl ValueRun {
    /// Its classes and tiers against what its policies plan for them.
    ///
    /// # Errors
    /// [`Invalid`] where a plan is in another currency than the run.
    pub fn against_plan(&self) -> Result<AgainstPlan, Invalid> {
        let mut against = AgainstPlan::default();
        let Some(totals) = &self.totals else { return Ok(against) };
        if let Some(plan) = &self.policies.class_plan {
            against.classes = compare_totals(plan, &totals.classes, self.currency)?;
        }
        if let Some(plan) = &self.policies.tier_plan
            && self.detail == RunDetail::Lines
        {
            against.tiers = compare_totals(plan, &totals.tiers, self.currency)?;
        }
        Ok(against)
    }

    /// The id of the run of a tenant that has this name.
    pub fn id_of(tenant: TenantId, name: &str) -> Id<Self> {
        Id::derived(tenant, &format!("value_run {name}"))
    }

    /// Its place among the runs that are applied, one after the other: the id of the one before, or `first`.
    pub fn place(&self) -> String {
        self.follows.map_or_else(|| "first".to_owned(), |run| run.to_string())
    }

    /// Its period.
    ///
    /// # Errors
    /// [`Invalid`] when it is turned round, which no stored one is.
    pub fn period(&self) -> Result<Period, Invalid> {
        match self.from_day {
            Some(from) => Period::new(from, self.to_day, self.as_of),
            None => Period::up_to(self.to_day, self.as_of),
        }
    }
}

/// Its id.
pub static ID: Field<ValueRun, Id<ValueRun>> = Field::new("id", |r| r.id.into_value());
/// What the house calls it.
pub static NAME: Field<ValueRun, String> = Field::optional("name", |r| Value::opt_text(&r.name));
/// The first day of the period.
pub static FROM_DAY: Field<ValueRun, NaiveDate> =
    Field::optional("from_day", |r| Value::opt(r.from_day));
/// The last day of the period.
pub static TO_DAY: Field<ValueRun, NaiveDate> = Field::new("to_day", |r| r.to_day.into_value());
/// As of which day it is told.
pub static AS_OF: Field<ValueRun, NaiveDate> = Field::new("as_of", |r| r.as_of.into_value());
/// What counts as a customer's value.
pub static BASIS: Field<ValueRun, Basis> = Field::new("basis", |r| r.basis.into_value());
/// The currency of all amounts.
pub static CURRENCY: Field<ValueRun, Currency> =
    Field::new("currency", |r| r.currency.into_value());
/// The policies it was taken by.
pub static POLICIES: Field<ValueRun, ValuePolicies> =
    Field::new("policies", |r| Value::json(&r.policies));
/// What the lines add up to, once all are there.
pub static TOTALS: Field<ValueRun, RunTotals> =
    Field::optional("totals", |r| r.totals.as_ref().map_or(Value::Null, Value::json));
/// What it keeps of each customer.
pub static DETAIL: Field<ValueRun, RunDetail> = Field::new("detail", |r| r.detail.into_value());
/// How many customers it has a line or a class of.
pub static LINES: Field<ValueRun, i64> = Field::new("lines", |r| r.lines.into_value());
/// The run whose tiers it goes on from.
pub static FOLLOWS: Field<ValueRun, Id<ValueRun>> =
    Field::optional("follows", |r| Value::opt(r.follows));
/// When it was taken.
pub static TAKEN_AT: Field<ValueRun, Timestamp> =
    Field::new("taken_at", |r| r.taken_at.into_value());
/// By whom.
pub static TAKEN_BY: Field<ValueRun, String> = Field::new("taken_by", |r| Value::text(&r.taken_by));
/// After which run its tiers are given to the customers, from when that begins on.
pub static APPLIES_AFTER: Field<ValueRun, String> =
    Field::optional("applies_after", |r| Value::opt_text(&r.applies_after));
/// When its tiers were given to the customers.
pub static APPLIED_AT: Field<ValueRun, Timestamp> =
    Field::optional("applied_at", |r| Value::opt(r.applied_at));

impl Entity for ValueRun {
    const KIND: &'static str = "value_run";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        NAME.spec(),
        FROM_DAY.spec(),
        TO_DAY.spec(),
        AS_OF.spec(),
        BASIS.spec(),
        CURRENCY.spec(),
        POLICIES.spec(),
        TOTALS.spec(),
        DETAIL.spec(),
        LINES.spec(),
        FOLLOWS.spec(),
        TAKEN_AT.spec(),
        TAKEN_BY.spec(),
        APPLIES_AFTER.spec(),
        APPLIED_AT.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["name", "applies_after"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            name: row.opt(&NAME)?,
            from_day: row.opt(&FROM_DAY)?,
            to_day: row.take(&TO_DAY)?,
            as_of: row.take(&AS_OF)?,
            basis: row.take(&BASIS)?,
            currency: row.take(&CURRENCY)?,
            policies: row.take(&POLICIES)?,
            totals: row.opt(&TOTALS)?,
            detail: row.take(&DETAIL)?,
            lines: row.take(&LINES)?,
            follows: row.opt(&FOLLOWS)?,
            taken_at: row.take(&TAKEN_AT)?,
            taken_by: row.take(&TAKEN_BY)?,
            applies_after: row.opt(&APPLIES_AFTER)?,
            applied_at: row.opt(&APPLIED_AT)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        self.period().map(drop)
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        let mut same = next.clone();
        (same.name, same.applied_at) = (self.name.clone(), self.applied_at);
        same.applies_after.clone_from(&self.applies_after);
        if self.totals.is_none() {
            (same.totals, same.lines) = (None, self.lines);
        }
        let may_begin = self.totals.is_some()
            && self.policies.tiers.is_some()
            && self.detail == RunDetail::Lines;
        let begins = may_begin
            && self.applies_after.is_none()
            && next.applies_after == Some(self.place())
            && next.applied_at.is_none();
        let ends = self.applied_at.is_none() && self.applies_after.is_some();
        let in_order = (begins || next.applies_after == self.applies_after)
            && (ends || next.applied_at == self.applied_at);
        if same == *self && in_order {
            return Ok(());
        }
        let why = "a run shows what was: it is taken once";
        let name = |run: &Self| run.name.clone().unwrap_or_else(|| run.as_of.to_string());
        Err(Refused::new(Self::KIND, name(self), name(next), why))
    }
}
