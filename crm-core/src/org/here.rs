use std::collections::HashMap;

use chrono::Days;

use crate::{
    absence::{self, Absence},
    kernel::{Id, Query, Result, Timestamp},
    staff_member::StaffMember,
    store::{ReadUnit, every},
    working_calendar::WorkingCalendar,
};

use super::{Availability, availability};

/// Whether these colleagues are at work at an instant, in their order: see [`availability`].
///
/// # Errors
/// Whatever the store answers.
pub async fn availabilities(
    unit: &mut (dyn ReadUnit + '_),
    staff: &[StaffMember],
    at: Timestamp,
) -> Result<Vec<Availability>> {
    let mut calendars: HashMap<Id<WorkingCalendar>, WorkingCalendar> = HashMap::new();
    every::<WorkingCalendar, _>(unit, Query::all(), |one| {
        calendars.insert(one.id, one.into_inner());
        Ok(())
    })
    .await?;
    let absences = from_then_on(unit, at).await?;
    let of = |one: &StaffMember| {
        let calendar = one.calendar_id.and_then(|id| calendars.get(&id));
        let absences = absences.get(&one.id).map(Vec::as_slice).unwrap_or_default();
        availability(one, calendar, absences, at)
    };
    Ok(staff.iter().map(of).collect())
}

/// The absences that are not over, wherever it is which day.
async fn from_then_on(
    unit: &mut (dyn ReadUnit + '_),
    at: Timestamp,
) -> Result<HashMap<Id<StaffMember>, Vec<Absence>>> {
    let first = Timestamp::MIN.date();
    let day = at.date().checked_sub_days(Days::new(2)).map_or(first, |day| day.max(first));
    let not_over = absence::LAST_DAY.is_empty().or(absence::LAST_DAY.at_least(day));
    let mut absences: HashMap<_, Vec<_>> = HashMap::new();
    every::<Absence, _>(unit, not_over.query(), |one| {
        absences.entry(one.staff_id).or_default().push(one.into_inner());
        Ok(())
    })
    .await?;
    Ok(absences)
}
