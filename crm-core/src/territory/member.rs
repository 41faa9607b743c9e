//! Members of territories: who works there, and as what.

use chrono::NaiveDate;

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value, text,
    },
    org::covers_day,
    staff_member::StaffMember,
    territory::Territory,
};

use super::entity::days_or_never;

/// Somebody works in a territory.
#[derive(Clone, Debug, PartialEq)]
pub struct TerritoryMember {
    /// Its id.
    pub id: Id<TerritoryMember>,
    /// In which territory.
    pub territory_id: Id<Territory>,
    /// Who.
    pub staff_id: Id<StaffMember>,
    /// As what: [`TerritoryMember::OWNER`], or a word of the house.
    pub role: String,
    /// The first day; since ever without one.
    pub first_day: Option<NaiveDate>,
    /// The last day; open without one. With the day before the first one it counts on no day.
    pub last_day: Option<NaiveDate>,
}

impl TerritoryMember {
    /// The role of those who answer for a territory's customers.
    pub const OWNER: &'static str = "owner";

    /// Somebody who answers for a territory's customers.
    pub fn owner(id: Id<Self>, territory: Id<Territory>, staff: Id<StaffMember>) -> Self {
        Self {
            id,
            territory_id: territory,
            staff_id: staff,
            role: Self::OWNER.to_owned(),
            first_day: None,
            last_day: None,
        }
    }

    /// Whether they work there on a day.
    pub fn is_effective(&self, day: NaiveDate) -> bool {
        covers_day(self.first_day, self.last_day, day)
    }
}

/// Its id.
pub static ID: Field<TerritoryMember, Id<TerritoryMember>> =
    Field::new("id", |m| m.id.into_value());
/// In which territory.
pub static TERRITORY_ID: Field<TerritoryMember, Id<Territory>> =
    Field::new("territory_id", |m| m.territory_id.into_value());
/// Who.
pub static STAFF_ID: Field<TerritoryMember, Id<StaffMember>> =
    Field::new("staff_id", |m| m.staff_id.into_value());
/// As what.
pub static ROLE: Field<TerritoryMember, String> = Field::new("role", |m| Value::text(&m.role));
/// The first day.
pub static FIRST_DAY: Field<TerritoryMember, NaiveDate> =
    Field::optional("first_day", |m| Value::opt(m.first_day));
/// The last day.
pub static LAST_DAY: Field<TerritoryMember, NaiveDate> =
    Field::optional("last_day", |m| Value::opt(m.last_day));

impl Entity for TerritoryMember {
    const KIND: &'static str = "territory_member";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        TERRITORY_ID.spec(),
        STAFF_ID.spec(),
        ROLE.spec(),
        FIRST_DAY.spec(),
        LAST_DAY.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            territory_id: row.take(&TERRITORY_ID)?,
            staff_id: row.take(&STAFF_ID)?,
            role: row.take(&ROLE)?,
            first_day: row.opt(&FIRST_DAY)?,
            last_day: row.opt(&LAST_DAY)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("role", &self.role)?;
        days_or_never::<Self>(self.first_day, self.last_day)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
