//! Staff members: who works here.

use uuid::Uuid;

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Tags, Value, text,
    },
    org_unit::OrgUnit,
    working_calendar::WorkingCalendar,
};

use super::{Capacity, Shifts, Skills};

/// Somebody who works for the company and may own customers and opportunities.
#[derive(Clone, Debug, PartialEq)]
pub struct StaffMember {
    /// Their id.
    pub id: Id<StaffMember>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// Their name, as it is shown.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their phone number.
    pub phone: Option<String>,
    /// Their job title.
    pub title: Option<String>,
    /// Where they work.
    pub org_unit_id: Option<Id<OrgUnit>>,
    /// Whom they report to.
    pub manager_id: Option<Id<StaffMember>>,
    /// Whether they work here now.
    pub active: bool,
    /// What they can do, and how well.
    pub skills: Skills,
    /// The languages they speak.
    pub languages: Tags,
    /// The regions they work in.
    pub regions: Tags,
    /// How many turns they get where others get one: 0 to [`StaffMember::MAX_WEIGHT`]; see
    /// [`StaffMember::turns`].
    pub weight: Option<i64>,
    /// How much they take on.
    pub capacity: Capacity,
    /// When they work; at all times without one.
    pub calendar_id: Option<Id<WorkingCalendar>>,
    /// Days with other hours than those of the calendar.
    pub shifts: Shifts,
}

impl StaffMember {
    /// Somebody who works here, known by name.
    pub fn new(id: Id<Self>, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            active: true,
            external_id: None,
            email: None,
            phone: None,
            title: None,
            org_unit_id: None,
            manager_id: None,
            skills: Skills::default(),
            languages: Tags::default(),
            regions: Tags::default(),
            weight: None,
            capacity: Capacity::default(),
            calendar_id: None,
            shifts: Shifts::default(),
        }
    }

    /// The highest weight.
    pub const MAX_WEIGHT: i64 = 1_000_000;

    /// Their weight where work is given out by weights: 1 where nothing is said, 0 to get nothing.
    pub fn turns(&self) -> i64 {
        self.weight.unwrap_or(1)
    }
}

/// Their id.
pub static ID: Field<StaffMember, Id<StaffMember>> = Field::new("id", |s| s.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<StaffMember, String> =
    Field::optional("external_id", |s| Value::opt_text(&s.external_id));
/// Their name, as it is shown.
pub static NAME: Field<StaffMember, String> = Field::new("name", |s| Value::text(&s.name));
/// Their e-mail address.
pub static EMAIL: Field<StaffMember, String> =
    Field::optional("email", |s| Value::opt_text(&s.email));
/// Their phone number.
pub static PHONE: Field<StaffMember, String> =
    Field::optional("phone", |s| Value::opt_text(&s.phone));
/// Their job title.
pub static TITLE: Field<StaffMember, String> =
    Field::optional("title", |s| Value::opt_text(&s.title));
/// Where they work.
pub static ORG_UNIT_ID: Field<StaffMember, Id<OrgUnit>> =
    Field::optional("org_unit_id", |s| Value::opt(s.org_unit_id));
/// Whom they report to.
pub static MANAGER_ID: Field<StaffMember, Id<StaffMember>> =
    Field::optional("manager_id", |s| Value::opt(s.manager_id));
/// Whether they work here now.
pub static ACTIVE: Field<StaffMember, bool> = Field::new("active", |s| s.active.into_value());
/// What they can do, and how well.
pub static SKILLS: Field<StaffMember, Skills> = Field::new("skills", |s| Value::json(&s.skills));
/// The languages they speak.
pub static LANGUAGES: Field<StaffMember, Tags> =
    Field::new("languages", |s| Value::json(&s.languages));
/// The regions they work in.
pub static REGIONS: Field<StaffMember, Tags> = Field::new("regions", |s| Value::json(&s.regions));
/// How many turns they get where others get one.
pub static WEIGHT: Field<StaffMember, i64> = Field::optional("weight", |s| Value::opt(s.weight));
/// How much they take on.
pub static CAPACITY: Field<StaffMember, Capacity> =
    Field::new("capacity", |s| Value::json(&s.capacity));
/// When they work.
pub static CALENDAR_ID: Field<StaffMember, Id<WorkingCalendar>> =
    Field::optional("calendar_id", |s| Value::opt(s.calendar_id));
/// Days with other hours than those of the calendar.
pub static SHIFTS: Field<StaffMember, Shifts> = Field::new("shifts", |s| Value::json(&s.shifts));

impl Entity for StaffMember {
    const KIND: &'static str = "staff_member";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        EMAIL.spec(),
        PHONE.spec(),
        TITLE.spec(),
        ORG_UNIT_ID.spec(),
        MANAGER_ID.spec(),
        ACTIVE.spec(),
        SKILLS.spec(),
        LANGUAGES.spec(),
        REGIONS.spec(),
        WEIGHT.spec(),
        CAPACITY.spec(),
        CALENDAR_ID.spec(),
        SHIFTS.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];
    const TREE: Option<&'static str> = Some("manager_id");

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            email: row.opt(&EMAIL)?,
            phone: row.opt(&PHONE)?,
            title: row.opt(&TITLE)?,
            org_unit_id: row.opt(&ORG_UNIT_ID)?,
            manager_id: row.opt(&MANAGER_ID)?,
            active: row.take(&ACTIVE)?,
            skills: row.take(&SKILLS)?,
            languages: row.take(&LANGUAGES)?,
            regions: row.take(&REGIONS)?,
            weight: row.opt(&WEIGHT)?,
            capacity: row.take(&CAPACITY)?,
            calendar_id: row.opt(&CALENDAR_ID)?,
            shifts: row.take(&SHIFTS)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        super::not_its_own_parent(self.id, self.manager_id)?;
        self.skills.check().map_err(|wrong| Invalid::field::<Self>("skills", wrong))?;
        self.shifts.check().map_err(|wrong| Invalid::field::<Self>("shifts", wrong))?;
        match self.weight {
            Some(weight) if !(0..=Self::MAX_WEIGHT).contains(&weight) => {
                let reason = format!("{weight} is not between 0 and {}", Self::MAX_WEIGHT);
                Err(Invalid::field::<Self>("weight", reason))
            }
            _ => Ok(()),
        }
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }

    /// Their calendar: its column has no foreign key, as SQLite adds none to a table that others refer to.
    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        self.calendar_id.map(|id| (WorkingCalendar::KIND, id.uuid())).into_iter().collect()
    }
}
