use chrono::NaiveDate;

use crate::{
    customer::Customer,
    kernel::{
        Criteria, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value,
        text,
    },
    org::{covers_day, days_in_order, not_its_own_parent},
};

use super::CustomerCriteria;

/// A part of the market.
#[derive(Clone, Debug, PartialEq)]
pub struct Territory {
    /// Its id.
    pub id: Id<Territory>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is called.
    pub name: String,
    /// The territory it is a part of.
    pub parent_id: Option<Id<Territory>>,
    /// Which customers belong to it, of those that belong to the ones above it.
    pub criteria: CustomerCriteria,
    /// Of two that are equally deep, the one with the higher priority has the customer.
    pub priority: i64,
    /// The first day on which it counts; since ever without one.
    pub first_day: Option<NaiveDate>,
    /// The last day on which it counts; open without one. With the day before the first one it counts on no day.
    pub last_day: Option<NaiveDate>,
}

impl Territory {
    /// A territory at the top.
    pub fn new(id: Id<Self>, name: impl Into<String>, criteria: Criteria<Customer>) -> Self {
        Self {
            id,
            external_id: None,
            name: name.into(),
            parent_id: None,
            criteria: criteria.into(),
            priority: 0,
            first_day: None,
            last_day: None,
        }
    }

    /// Whether it counts on a day. Those below one that does not count do not either.
    pub fn is_effective(&self, day: NaiveDate) -> bool {
        covers_day(self.first_day, self.last_day, day)
    }
}

/// Its id.
pub static ID: Field<Territory, Id<Territory>> = Field::new("id", |t| t.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Territory, String> =
    Field::optional("external_id", |t| Value::opt_text(&t.external_id));
/// What it is called.
pub static NAME: Field<Territory, String> = Field::new("name", |t| Value::text(&t.name));
/// The territory it is a part of.
pub static PARENT_ID: Field<Territory, Id<Territory>> =
    Field::optional("parent_id", |t| Value::opt(t.parent_id));
/// Which customers belong to it.
pub static CRITERIA: Field<Territory, CustomerCriteria> =
    Field::new("criteria", |t| Value::json(&t.criteria));
/// Which of two that are equally deep has the customer.
pub static PRIORITY: Field<Territory, i64> = Field::new("priority", |t| t.priority.into_value());
/// The first day on which it counts.
pub static FIRST_DAY: Field<Territory, NaiveDate> =
    Field::optional("first_day", |t| Value::opt(t.first_day));
/// The last day on which it counts.
pub static LAST_DAY: Field<Territory, NaiveDate> =
    Field::optional("last_day", |t| Value::opt(t.last_day));

impl Entity for Territory {
    const KIND: &'static str = "territory";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        PARENT_ID.spec(),
        CRITERIA.spec(),
        PRIORITY.spec(),
        FIRST_DAY.spec(),
        LAST_DAY.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];
    const TREE: Option<&'static str> = Some("parent_id");

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            parent_id: row.opt(&PARENT_ID)?,
            criteria: row.take(&CRITERIA)?,
            priority: row.take(&PRIORITY)?,
            first_day: row.opt(&FIRST_DAY)?,
            last_day: row.opt(&LAST_DAY)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        not_its_own_parent(self.id, self.parent_id)?;
        days_or_never::<Self>(self.first_day, self.last_day)?;
        self.criteria.0.check().map_err(|wrong| {
            Invalid::field::<Self>("criteria", format!("{}: {}", wrong.field, wrong.reason))
        })
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}

/// That days come in their order; the day before the first one is the last of what counts on no day.
pub(super) fn days_or_never<E: Entity>(
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
) -> Result<(), Invalid> {
    if first.is_some() && first.and_then(|first| first.pred_opt()) == last {
        return Ok(());
    }
    days_in_order::<E>(first, last)
}
