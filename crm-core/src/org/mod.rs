//! The company itself: its units, its people, when they work, and who stands in for whom.

pub mod absence;
mod availability;
mod capacity;
mod chart;
mod cover;
mod here;
mod hours;
pub mod org_unit;
mod service;
mod skills;
pub mod staff_member;
mod time_zone;
pub mod working_calendar;
mod working_time;

pub use availability::{Availability, Away, AwayReason, availability, stands_in};
pub use capacity::Capacity;
pub use chart::OrgChart;
pub use cover::{ActingFor, Cover, Uncovered, acting_for, cover_on};
pub use here::availabilities;
pub use hours::{Holidays, Shift, Shifts, Span, TimeOfDay, WeeklyHours};
pub use service::Absences;
pub use skills::Skills;
pub use time_zone::TimeZone;
pub use working_time::{LOOK_AHEAD_DAYS, WorkingTime};

use chrono::NaiveDate;

use crate::kernel::{Entity, Id, Invalid};

/// The shortest cycle; longer ones are looked for where the tree is read.
pub(crate) fn not_its_own_parent<E: Entity>(
    id: Id<E>,
    parent: Option<Id<E>>,
) -> Result<(), Invalid> {
    if parent == Some(id) {
        return Err(Invalid::field::<E>("parent", "nothing stands above itself"));
    }
    Ok(())
}

/// That days come in their order.
pub(crate) fn days_in_order<E: Entity>(
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
) -> Result<(), Invalid> {
    match (first, last) {
        (Some(first), Some(last)) if last < first => {
            let reason = format!("{last} is before the first day, {first}");
            Err(Invalid::field::<E>("last_day", reason))
        }
        _ => Ok(()),
    }
}

/// Whether a day lies between two, both of them included; what is open has no end.
pub(crate) fn covers_day(
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
    day: NaiveDate,
) -> bool {
    first.is_none_or(|first| first <= day) && last.is_none_or(|last| day <= last)
}
