//! Targets: what somebody is to sell in a period, their quota.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Money, Refused, Row, RowError, TenantId,
        Value,
    },
    org_unit::OrgUnit,
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
};

use super::{FiscalPeriod, PeriodLength, Whose, whose::not_both};

/// What a person, a unit or the house is to close in a period. There is one for each of these, product and
/// pipeline, under [`Target::id_of`].
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its id.
    pub id: Id<Target>,
    /// Whose, where it is a person's.
    pub staff_id: Option<Id<StaffMember>>,
    /// Whose, where it is a unit's; without either, the house's.
    pub org_unit_id: Option<Id<OrgUnit>>,
    /// The first day of the period.
    pub start: NaiveDate,
    /// How long the period is.
    pub length: PeriodLength,
    /// Only of this product, where one is named.
    pub product_id: Option<Id<Product>>,
    /// Only in this pipeline, where one is named.
    pub pipeline_id: Option<Id<Pipeline>>,
    /// How much; not negative.
    pub amount: Money,
    /// What else there is to say.
    pub note: Option<String>,
}

impl Target {
    /// So much in a period, of everything; under the id of its key.
    pub fn new(tenant: TenantId, whose: Whose, period: FiscalPeriod, amount: Money) -> Self {
        let (staff_id, org_unit_id) = whose.ids();
        let (start, length) = (period.start(), period.length());
        let mut new = Self {
            id: Id::derived(tenant, ""),
            staff_id,
            org_unit_id,
            start,
            length,
            product_id: None,
            pipeline_id: None,
            amount,
            note: None,
        };
        new.id = new.id_of(tenant);
        new
    }

    /// The same, only of a product or in a pipeline; under the id of that key.
    #[must_use]
    pub fn only(
        mut self,
        tenant: TenantId,
        product: Option<Id<Product>>,
        pipeline: Option<Id<Pipeline>>,
    ) -> Self {
        (self.product_id, self.pipeline_id) = (product, pipeline);
        self.id = self.id_of(tenant);
        self
    }

    /// The id of the one target that is for the same people, period, product and pipeline.
    pub fn id_of(&self, tenant: TenantId) -> Id<Self> {
        let of = |id: Option<uuid::Uuid>| id.map_or_else(String::new, |id| id.to_string());
        let key = format!(
            "target {} {} {} {} {}",
            self.whose().key(),
            self.start,
            self.length,
            of(self.product_id.map(Id::uuid)),
            of(self.pipeline_id.map(Id::uuid)),
        );
        Id::derived(tenant, &key)
    }

    /// Whose it is.
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
pub static ID: Field<Target, Id<Target>> = Field::new("id", |t| t.id.into_value());
/// Whose, where it is a person's.
pub static STAFF_ID: Field<Target, Id<StaffMember>> =
    Field::optional("staff_id", |t| Value::opt(t.staff_id));
/// Whose, where it is a unit's; without either, the house's.
pub static ORG_UNIT_ID: Field<Target, Id<OrgUnit>> =
    Field::optional("org_unit_id", |t| Value::opt(t.org_unit_id));
/// The first day of the period.
pub static START: Field<Target, NaiveDate> = Field::new("start", |t| t.start.into_value());
/// How long the period is.
pub static LENGTH: Field<Target, PeriodLength> = Field::new("length", |t| t.length.into_value());
/// Only of this product, where one is named.
pub static PRODUCT_ID: Field<Target, Id<Product>> =
    Field::optional("product_id", |t| Value::opt(t.product_id));
/// Only in this pipeline, where one is named.
pub static PIPELINE_ID: Field<Target, Id<Pipeline>> =
    Field::optional("pipeline_id", |t| Value::opt(t.pipeline_id));
/// How much.
pub static AMOUNT: Field<Target, Money> = Field::new("amount", |t| t.amount.into_value());
/// What else there is to say.
pub static NOTE: Field<Target, String> = Field::optional("note", |t| Value::opt_text(&t.note));

impl Entity for Target {
    const KIND: &'static str = "target";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        STAFF_ID.spec(),
        ORG_UNIT_ID.spec(),
        START.spec(),
        LENGTH.spec(),
        PRODUCT_ID.spec(),
        PIPELINE_ID.spec(),
        AMOUNT.spec(),
        NOTE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            staff_id: row.opt(&STAFF_ID)?,
            org_unit_id: row.opt(&ORG_UNIT_ID)?,
            start: row.take(&START)?,
            length: row.take(&LENGTH)?,
            product_id: row.opt(&PRODUCT_ID)?,
            pipeline_id: row.opt(&PIPELINE_ID)?,
            amount: row.take(&AMOUNT)?,
            note: row.opt(&NOTE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        not_both::<Self>(self.staff_id, self.org_unit_id)?;
        self.period()?;
        if self.amount.amount() < Decimal::ZERO {
            let reason =
                format!("{} is negative: nobody is to sell less than nothing", self.amount);
            return Err(Invalid::field::<Self>("amount", reason));
        }
        Ok(())
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        let same = Self { amount: next.amount, note: next.note.clone(), ..self.clone() };
        if same == *next {
            return Ok(());
        }
        let why =
            "a target stays that of its people, period, product and pipeline: set the other one";
        Err(Refused::new(Self::KIND, self.whose().key(), next.whose().key(), why))
    }
}
