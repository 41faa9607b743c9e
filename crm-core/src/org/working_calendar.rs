//! Working calendars: when people work.

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value, text,
    },
    org::{Holidays, TimeZone, WeeklyHours},
};

/// The hours and the holidays that several people share: those of an office.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkingCalendar {
    /// Its id.
    pub id: Id<WorkingCalendar>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is called.
    pub name: String,
    /// By whose clocks.
    pub time_zone: TimeZone,
    /// The hours of each day of the week; on at least one day there are some.
    pub hours: WeeklyHours,
    /// The days on which nobody works.
    pub holidays: Holidays,
}

impl WorkingCalendar {
    /// A calendar without holidays.
    pub fn new(
        id: Id<Self>,
        name: impl Into<String>,
        time_zone: TimeZone,
        hours: WeeklyHours,
    ) -> Self {
        let (name, holidays) = (name.into(), Holidays::default());
        Self { id, external_id: None, name, time_zone, hours, holidays }
    }
}

/// Its id.
pub static ID: Field<WorkingCalendar, Id<WorkingCalendar>> =
    Field::new("id", |c| c.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<WorkingCalendar, String> =
    Field::optional("external_id", |c| Value::opt_text(&c.external_id));
/// What it is called.
pub static NAME: Field<WorkingCalendar, String> = Field::new("name", |c| Value::text(&c.name));
/// By whose clocks.
pub static TIME_ZONE: Field<WorkingCalendar, TimeZone> =
    Field::new("time_zone", |c| c.time_zone.into_value());
/// The hours of each day of the week.
pub static HOURS: Field<WorkingCalendar, WeeklyHours> =
    Field::new("hours", |c| Value::json(&c.hours));
/// The days on which nobody works.
pub static HOLIDAYS: Field<WorkingCalendar, Holidays> =
    Field::new("holidays", |c| Value::json(&c.holidays));

impl Entity for WorkingCalendar {
    const KIND: &'static str = "working_calendar";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        TIME_ZONE.spec(),
        HOURS.spec(),
        HOLIDAYS.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            time_zone: row.take(&TIME_ZONE)?,
            hours: row.take(&HOURS)?,
            holidays: row.take(&HOLIDAYS)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        self.hours.check().map_err(|wrong| Invalid::field::<Self>("hours", wrong))
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
