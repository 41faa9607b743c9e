use chrono::{Datelike, Days, NaiveDate, TimeDelta};

use crate::{
    absence::Absence, kernel::Timestamp, staff_member::StaffMember,
    working_calendar::WorkingCalendar,
};

use super::{
    TimeZone,
    hours::{Shifts, Span, around},
};

/// So many days ahead somebody's next working time is looked for.
pub const LOOK_AHEAD_DAYS: u32 = 366;

/// When a calendar is open, or somebody works. A day with shifts has these hours, a holiday none, any other day those of the
/// week; on a day of an absence nobody works, whatever else it has. Without a calendar every day is worked, all day, in UTC.
///
/// Hours are those of the clocks. Where these are put forward or back, what was left out is not worked and what comes
/// twice is worked twice; a time that comes twice is meant the first time.
///
/// ```
/// use crm_core::{kernel::Id, org::{Span, WeeklyHours, WorkingTime}, working_calendar::WorkingCalendar};
/// let night = WeeklyHours { sunday: vec![Span::new("00:00", "06:00")?], ..WeeklyHours::default() };
/// let id = Id::new(uuid::Uuid::from_u128(1));
/// let calendar = WorkingCalendar::new(id, "Berlin, nights", "Europe/Berlin".parse()?, night);
/// let worked = WorkingTime::of_calendar(&calendar);
/// // In spring an hour is left out, in autumn one comes twice.
/// let spring = worked.between("2026-03-28T12:00:00Z".parse()?, "2026-03-29T12:00:00Z".parse()?);
/// let autumn = worked.between("2026-10-24T12:00:00Z".parse()?, "2026-10-25T12:00:00Z".parse()?);
/// assert_eq!((spring.num_minutes(), autumn.num_minutes()), (5 * 60, 7 * 60));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct WorkingTime<'a> {
    calendar: Option<&'a WorkingCalendar>,
    shifts: Option<&'a Shifts>,
    absences: Vec<&'a Absence>,
    active: bool,
}

impl<'a> WorkingTime<'a> {
    /// The hours of a calendar.
    pub const fn of_calendar(calendar: &'a WorkingCalendar) -> Self {
        Self { calendar: Some(calendar), shifts: None, absences: Vec::new(), active: true }
    }

    /// The hours of a person by their calendar, shifts and absences; those of others are passed over. Who
    /// does not work here has none.
    pub fn of(
        staff: &'a StaffMember,
        calendar: Option<&'a WorkingCalendar>,
        absences: &'a [Absence],
    ) -> Self {
        let absences = absences.iter().filter(|absence| absence.staff_id == staff.id).collect();
        Self { calendar, shifts: Some(&staff.shifts), absences, active: staff.active }
    }

    /// Whether it is working time.
    pub fn is_working(&self, at: Timestamp) -> bool {
        let (before, after) = around(self.date(at));
        self.days(before, after).any(|(begins, ends)| begins <= at && at < ends)
    }

    /// The first instant of working time from `at` on, `at` itself where it is one; `None` where the next
    /// [`LOOK_AHEAD_DAYS`] days have none.
    pub fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let (before, _) = around(self.date(at));
        // The day before, and the whole of the last one.
        let last = before.checked_add_days(Days::new(u64::from(LOOK_AHEAD_DAYS) + 2))?;
        self.days(before, last).find(|(_, ends)| *ends > at).map(|(begins, _)| begins.max(at))
    }

    /// How much working time lies between two instants; none when the second is not later.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> TimeDelta {
        let ((first, _), (_, last)) = (around(self.date(from)), around(self.date(to)));
        let micros = self
            .days(first, last)
            .map(|(begins, ends)| (ends.min(to).micros() - begins.max(from).micros()).max(0));
        TimeDelta::microseconds(micros.sum())
    }

    /// Which day it is by the clocks of the calendar.
    pub fn date(&self, at: Timestamp) -> NaiveDate {
        self.zone().date(at)
    }

    /// The absence because of which nobody works on this day: of several the one that began last; and who
    /// stands in, where that or another one of the day says so.
    pub(super) fn absence(&self, day: NaiveDate) -> Option<(&'a Absence, Option<&'a Absence>)> {
        let mut of_day: Vec<_> = self.absences.iter().filter(|one| one.covers(day)).collect();
        of_day.sort_by_key(|one| (std::cmp::Reverse(one.first_day), one.id));
        let deputy = of_day.iter().find(|one| one.deputy_id.is_some()).map(|one| **one);
        of_day.first().map(|one| (**one, deputy))
    }

    /// The name of the holiday because of which nobody works on this day.
    pub(super) fn holiday(&self, day: NaiveDate) -> Option<&'a str> {
        let on_shift = self.shifts.is_some_and(|shifts| !shifts.on(day).is_empty());
        let holidays = &self.calendar.filter(|_| !on_shift)?.holidays;
        holidays.0.get(&day).map(String::as_str)
    }

    fn zone(&self) -> TimeZone {
        self.calendar.map_or(TimeZone::UTC, |calendar| calendar.time_zone)
    }

    /// What is worked from one day to another, in the order of time.
    fn days(
        &self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let days = first.iter_days().take_while(move |day| *day <= last);
        let spans = days.flat_map(|day| self.spans(day).into_iter().map(move |span| (day, span)));
        let zone = self.zone();
        spans.map(move |(day, span)| {
            (zone.instant(span.from.on(day)), zone.instant(span.to.on(day)))
        })
    }

    fn spans(&self, day: NaiveDate) -> Vec<Span> {
        if !self.active || self.absences.iter().any(|absence| absence.covers(day)) {
            return Vec::new();
        }
        let shifts = self.shifts.map(|shifts| shifts.on(day)).unwrap_or_default();
        match self.calendar {
            _ if !shifts.is_empty() => shifts,
            None => vec![Span::WHOLE_DAY],
            Some(calendar) if calendar.holidays.0.contains_key(&day) => Vec::new(),
            Some(calendar) => calendar.hours.of(day.weekday()).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{kernel::Id, org::WeeklyHours};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn office(zone: &str) -> WorkingCalendar {
        let spans = [("09:00", "12:30"), ("13:15", "17:30")];
        let spans = spans.map(|(from, to)| Span::new(from, to).unwrap());
        let hours = WeeklyHours::weekdays(&spans);
        WorkingCalendar::new(Id::new(Uuid::from_u128(1)), "Office", zone.parse().unwrap(), hours)
    }

    fn minutes(calendar: &WorkingCalendar, from: &str, to: &str) -> i64 {
        WorkingTime::of_calendar(calendar).between(at(from), at(to)).num_minutes()
    }

    /// Worked out by hand: a day has 3.5 and 4.25 hours, 465 minutes.
    #[test]
    fn hours_move_with_the_clocks() {
        let berlin = office("Europe/Berlin");
        // Friday 16:00 CET to Monday 10:00 CEST: 90 and 60 minutes; the clocks go forward on Sunday.
        assert_eq!(minutes(&berlin, "2026-03-27T15:00:00Z", "2026-03-30T08:00:00Z"), 150);
        // Friday 16:00 CEST to Monday 10:00 CET: the clocks go back.
        assert_eq!(minutes(&berlin, "2026-10-23T14:00:00Z", "2026-10-26T09:00:00Z"), 150);
        let york = office("America/New_York");
        // Friday 16:00 EST to Monday 10:00 EDT, and Friday 16:00 EDT to Monday 10:00 EST.
        assert_eq!(minutes(&york, "2026-03-06T21:00:00Z", "2026-03-09T14:00:00Z"), 150);
        assert_eq!(minutes(&york, "2026-10-30T20:00:00Z", "2026-11-02T15:00:00Z"), 150);
        // Between the two changes of clocks New York is five hours behind Berlin, not six.
        let open = |calendar, instant| WorkingTime::of_calendar(calendar).is_working(at(instant));
        assert!(open(&york, "2026-03-10T13:00:00Z") && !open(&york, "2026-03-10T12:59:59Z"));
        assert!(
            open(&berlin, "2026-03-10T16:29:59.999999Z") && !open(&berlin, "2026-03-10T16:30:00Z")
        );
        assert_eq!(minutes(&berlin, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), 261 * 465);
        assert_eq!(minutes(&york, "2026-03-09T14:00:00Z", "2026-03-06T21:00:00Z"), 0);
    }

    /// A night shift over both changes, and hours that are partly left out or come twice.
    #[test]
    fn the_night_of_the_change_has_the_hours_that_it_has() {
        let night = |zone: &str, spans: &[(&str, &str)]| {
            let spans = spans.iter().map(|(from, to)| Span::new(from, to).unwrap()).collect();
            let hours = WeeklyHours { sunday: spans, ..WeeklyHours::default() };
            WorkingCalendar { hours, ..office(zone) }
        };
        let spring = ("2026-03-28T12:00:00Z", "2026-03-29T20:00:00Z");
        let autumn = ("2026-10-24T12:00:00Z", "2026-10-25T20:00:00Z");
        let both = |spans: &[(&str, &str)]| {
            let berlin = night("Europe/Berlin", spans);
            [minutes(&berlin, spring.0, spring.1), minutes(&berlin, autumn.0, autumn.1)]
        };
        assert_eq!(both(&[("00:00", "06:00")]), [300, 420]);
        assert_eq!(both(&[("00:00", "02:30"), ("02:30", "06:00")]), [300, 420], "cut in two");
        assert_eq!(both(&[("02:00", "03:00")]), [0, 120], "left out, and twice");
        assert_eq!(both(&[("02:30", "04:00")]), [60, 150]);
        let york = night("America/New_York", &[("00:00", "06:00")]);
        assert_eq!(minutes(&york, "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"), 300);
        assert_eq!(minutes(&york, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"), 420);
        // At midnight there is no midnight in Cairo: the day begins at one.
        let hours = WeeklyHours { friday: vec![Span::WHOLE_DAY], ..WeeklyHours::default() };
        let cairo = WorkingCalendar { hours, ..office("Africa/Cairo") };
        assert_eq!(minutes(&cairo, "2026-04-23T00:00:00Z", "2026-04-26T00:00:00Z"), 23 * 60);
    }

    /// Of a day off only that day is lost, not the next morning, and minutes count.
    #[test]
    fn a_holiday_costs_its_own_day() {
        let mut berlin = office("Europe/Berlin");
        berlin.holidays.0.insert("2026-04-06".parse().unwrap(), "Easter Monday".into());
        let worked = WorkingTime::of_calendar(&berlin);
        let evening = at("2026-04-02T15:29:30Z");
        assert_eq!(
            worked.between(evening, at("2026-04-07T07:00:30Z")).num_seconds(),
            30 + 465 * 60 + 30
        );
        assert_eq!(worked.next(at("2026-04-03T16:00:00Z")), Some(at("2026-04-07T07:00:00Z")));
        let noon = worked.next(at("2026-04-02T10:30:00Z"));
        assert_eq!(noon, Some(at("2026-04-02T11:15:00Z")), "after lunch");
    }

    #[test]
    fn a_calendar_of_holidays_has_an_end() {
        let mut berlin = office("Europe/Berlin");
        let days = "2026-01-01".parse::<NaiveDate>().unwrap().iter_days();
        berlin.holidays.0 = days.take(500).map(|day| (day, "closed".to_owned())).collect();
        let worked = WorkingTime::of_calendar(&berlin);
        assert_eq!(worked.next(at("2026-01-01T08:00:00Z")), None);
        let back = Some(at("2027-05-17T07:00:00Z"));
        assert_eq!(worked.next(at("2026-06-01T08:00:00Z")), back, "the first Monday after them");
    }

    #[test]
    fn no_instant_is_too_far() {
        let berlin = office("Europe/Berlin");
        let worked = WorkingTime::of_calendar(&berlin);
        assert!(!worked.is_working(Timestamp::MAX) && !worked.is_working(Timestamp::MIN));
        assert_eq!(worked.next(Timestamp::MAX), None);
        assert!(worked.next(Timestamp::MIN).is_some());
        let last = at("9999-12-31T00:00:00Z");
        assert_eq!(worked.between(last, Timestamp::MAX).num_minutes(), 465);
    }
}
