//! Adjustments: what a manager expects instead of a computed figure.

use chrono::NaiveDate;

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError, Timestamp,
        Value, text,
    },
    opportunity::ForecastCategory,
    org_unit::OrgUnit,
    staff_member::StaffMember,
};

use super::{FiscalPeriod, PeriodLength, Whose, whose::not_both};

/// What a manager expects of somebody in a period and a category: it stands beside the computed figure and never over it. Only ever added: the
/// last one for the same people, period and category counts.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastAdjustment {
    /// Its id.
    pub id: Id<ForecastAdjustment>,
    /// Which of those for the same people, period and category: from 1 on.
    pub number: i64,
    /// Of whom, where it is a person.
    pub staff_id: Option<Id<StaffMember>>,
    /// Of which unit; without either, of the house.
    pub org_unit_id: Option<Id<OrgUnit>>,
    /// The first day of the period.
    pub start: NaiveDate,
    /// How long the period is.
    pub length: PeriodLength,
    /// In which category.
    pub category: ForecastCategory,
    /// What is expected instead, all of it: not the difference.
    pub amount: Money,
    /// By whom.
    pub adjusted_by: Id<StaffMember>,
    /// When.
    pub adjusted_at: Timestamp,
    /// Why.
    pub reason: String,
}

impl ForecastAdjustment {
    /// Of whom it is.
    pub const fn whose(&self) -> Whose {
        Whose::of(self.staff_id, self.org_unit_id)
    }

    /// For which period.
    ///
    /// # Errors
    /// [`Invalid`] when it does not begin on the first day of a month.
    pub fn period(&self) -> Result<FiscalPeriod, Invalid> {
        let wrong = |wrong: Invalid| Invalid::field::<Self>("start", wrong.reason);
        FiscalPeriod::from_start(self.start, self.length).map_err(wrong)
    }
}

/// Its id.
pub static ID: Field<ForecastAdjustment, Id<ForecastAdjustment>> =
    Field::new("id", |a| a.id.into_value());
/// Which of those for the same people, period and category: from 1 on.
pub static NUMBER: Field<ForecastAdjustment, i64> =
    Field::new("number", |a: &ForecastAdjustment| a.number.into_value()).derived();
/// Of whom, where it is a person.
pub static STAFF_ID: Field<ForecastAdjustment, Id<StaffMember>> =
    Field::optional("staff_id", |a| Value::opt(a.staff_id));
/// Of which unit; without either, of the house.
pub static ORG_UNIT_ID: Field<ForecastAdjustment, Id<OrgUnit>> =
    Field::optional("org_unit_id", |a| Value::opt(a.org_unit_id));
/// The first day of the period.
pub static START: Field<ForecastAdjustment, NaiveDate> =
    Field::new("start", |a| a.start.into_value());
/// How long the period is.
pub static LENGTH: Field<ForecastAdjustment, PeriodLength> =
    Field::new("length", |a| a.length.into_value());
/// In which category.
pub static CATEGORY: Field<ForecastAdjustment, ForecastCategory> =
    Field::new("category", |a| a.category.into_value());
/// What is expected instead.
pub static AMOUNT: Field<ForecastAdjustment, Money> =
    Field::new("amount", |a| a.amount.into_value());
/// By whom.
pub static ADJUSTED_BY: Field<ForecastAdjustment, Id<StaffMember>> =
    Field::new("adjusted_by", |a| a.adjusted_by.into_value());
/// When.
pub static ADJUSTED_AT: Field<ForecastAdjustment, Timestamp> =
    Field::new("adjusted_at", |a| a.adjusted_at.into_value());
/// Why.
pub static REASON: Field<ForecastAdjustment, String> =
    Field::new("reason", |a| Value::text(&a.reason));

impl Entity for ForecastAdjustment {
    const KIND: &'static str = "forecast_adjustment";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        NUMBER.spec(),
        STAFF_ID.spec(),
        ORG_UNIT_ID.spec(),
        START.spec(),
        LENGTH.spec(),
        CATEGORY.spec(),
        AMOUNT.spec(),
        ADJUSTED_BY.spec(),
        ADJUSTED_AT.spec(),
        REASON.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            number: row.take(&NUMBER)?,
            staff_id: row.opt(&STAFF_ID)?,
            org_unit_id: row.opt(&ORG_UNIT_ID)?,
            start: row.take(&START)?,
            length: row.take(&LENGTH)?,
            category: row.take(&CATEGORY)?,
            amount: row.take(&AMOUNT)?,
            adjusted_by: row.take(&ADJUSTED_BY)?,
            adjusted_at: row.take(&ADJUSTED_AT)?,
            reason: row.take(&REASON)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        not_both::<Self>(self.staff_id, self.org_unit_id)?;
        self.period()?;
        text::required::<Self>("reason", &self.reason)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        let why = "what was expected is not changed afterwards: adjust again";
        Err(Refused::new(Self::KIND, self.whose().key(), "another amount", why))
    }
}
