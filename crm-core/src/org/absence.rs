//! Absences: who is away, from when to when, and who stands in.

use chrono::NaiveDate;

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value, text_enum,
    },
    staff_member::StaffMember,
};

use super::{covers_day, days_in_order};

text_enum! {
    /// Why somebody is away.
    pub enum AbsenceKind {
        /// On leave.
        Leave = "leave",
        /// Sick.
        Sick = "sick",
        /// For another reason.
        Other = "other",
    }
}

/// Somebody is away for some days, as the clocks of their calendar count days (in UTC without one), and somebody else may stand in
/// for them. Whether that is so follows from the day alone: when it is over, nothing has to be undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Absence {
    /// Its id.
    pub id: Id<Absence>,
    /// Who is away.
    pub staff_id: Id<StaffMember>,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day; open where nobody knows yet.
    pub last_day: Option<NaiveDate>,
    /// Why.
    pub kind: AbsenceKind,
    /// Who stands in for them.
    pub deputy_id: Option<Id<StaffMember>>,
    /// What else there is to say.
    pub note: Option<String>,
}

impl Absence {
    /// Somebody is on leave from one day to another, both included.
    pub const fn leave(
        id: Id<Self>,
        staff: Id<StaffMember>,
        first_day: NaiveDate,
        last_day: NaiveDate,
    ) -> Self {
        Self {
            id,
            staff_id: staff,
            first_day,
            last_day: Some(last_day),
            kind: AbsenceKind::Leave,
            deputy_id: None,
            note: None,
        }
    }

    /// Whether they are away on this day.
    pub fn covers(&self, day: NaiveDate) -> bool {
        covers_day(Some(self.first_day), self.last_day, day)
    }
}

/// Its id.
pub static ID: Field<Absence, Id<Absence>> = Field::new("id", |a| a.id.into_value());
/// Who is away.
pub static STAFF_ID: Field<Absence, Id<StaffMember>> =
    Field::new("staff_id", |a| a.staff_id.into_value());
/// The first day.
pub static FIRST_DAY: Field<Absence, NaiveDate> =
    Field::new("first_day", |a| a.first_day.into_value());
/// The last day; open where nobody knows yet.
pub static LAST_DAY: Field<Absence, NaiveDate> =
    Field::optional("last_day", |a| Value::opt(a.last_day));
/// Why.
pub static KIND: Field<Absence, AbsenceKind> = Field::new("kind", |a| a.kind.into_value());
/// Who stands in for them.
pub static DEPUTY_ID: Field<Absence, Id<StaffMember>> =
    Field::optional("deputy_id", |a| Value::opt(a.deputy_id));
/// What else there is to say.
pub static NOTE: Field<Absence, String> = Field::optional("note", |a| Value::opt_text(&a.note));

impl Entity for Absence {
    const KIND: &'static str = "absence";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        STAFF_ID.spec(),
        FIRST_DAY.spec(),
        LAST_DAY.spec(),
        KIND.spec(),
        DEPUTY_ID.spec(),
        NOTE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            staff_id: row.take(&STAFF_ID)?,
            first_day: row.take(&FIRST_DAY)?,
            last_day: row.opt(&LAST_DAY)?,
            kind: row.take(&KIND)?,
            deputy_id: row.opt(&DEPUTY_ID)?,
            note: row.opt(&NOTE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        days_in_order::<Self>(Some(self.first_day), self.last_day)?;
        if self.deputy_id == Some(self.staff_id) {
            let reason = "nobody stands in for themselves: name somebody else, or nobody";
            return Err(Invalid::field::<Self>("deputy_id", reason));
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
