use chrono::NaiveDate;
use serde::Serialize;

use crate::{
    absence::{Absence, AbsenceKind},
    kernel::{Id, Timestamp},
    staff_member::StaffMember,
    working_calendar::WorkingCalendar,
};

use super::WorkingTime;

/// Whether somebody is at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// They are.
    Available,
    /// They are not.
    Away(Away),
}

impl Availability {
    /// Whether they are.
    pub const fn is_available(&self) -> bool {
        matches!(self, Self::Available)
    }
}

/// Somebody is not at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Away {
    /// Why.
    pub why: AwayReason,
    /// The next instant at which they are at work again; none where that is not within
    /// [`super::LOOK_AHEAD_DAYS`] days.
    pub until: Option<Timestamp>,
    /// The day of that, where they work.
    pub back_on: Option<NaiveDate>,
    /// Whom the absence names to stand in. That one may be away too: [`super::stands_in`] follows the chain.
    pub deputy: Option<Id<StaffMember>>,
}

/// Why somebody is not at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AwayReason {
    /// They do not work here any more.
    Inactive,
    /// They are absent for some days.
    Absent {
        /// Why.
        kind: AbsenceKind,
        /// The last day of that; open where nobody knows yet.
        last_day: Option<NaiveDate>,
    },
    /// It is a holiday of their calendar: its name.
    Holiday(String),
    /// It is outside their hours.
    OffHours,
}

/// Who stands in for somebody who is away: the deputy whom the absence names, or where that one is absent too, that one's, and so
/// on. Nobody does where the chain ends with one who names nobody, does not work here, or was asked already. `there` tells
/// of each whether they are at work.
pub fn stands_in<'a>(
    away: &Away,
    there: impl Fn(Id<StaffMember>) -> Option<&'a Availability>,
) -> Option<Id<StaffMember>> {
    let mut asked = Vec::new();
    let mut next = away.deputy;
    while let Some(deputy) = next.filter(|deputy| !asked.contains(deputy)) {
        match there(deputy)? {
            Availability::Away(Away { why: AwayReason::Inactive, .. }) => return None,
            Availability::Away(Away { why: AwayReason::Absent { .. }, deputy: then, .. }) => {
                asked.push(deputy);
                next = *then;
            }
            _ => return Some(deputy),
        }
    }
    None
}

/// Whether somebody is at work at an instant, by their calendar, shifts and absences; absences of others are passed over. See
/// [`WorkingTime`] for what counts more.
///
/// ```
/// use crm_core::{absence::Absence, kernel::Id, org::{Availability, availability}, staff_member::StaffMember};
/// # let id = |n| uuid::Uuid::from_u128(n);
/// let anna = StaffMember::new(Id::new(id(1)), "Anna");
/// let leave = Absence::leave(Id::new(id(2)), anna.id, "2026-07-01".parse()?, "2026-07-14".parse()?);
/// let Availability::Away(away) = availability(&anna, None, &[leave], "2026-07-02T09:00:00Z".parse()?) else {
///     panic!("she is on leave");
/// };
/// assert_eq!(away.until, Some("2026-07-15T00:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn availability(
    staff: &StaffMember,
    calendar: Option<&WorkingCalendar>,
    absences: &[Absence],
    at: Timestamp,
) -> Availability {
    let time = WorkingTime::of(staff, calendar, absences);
    if time.is_working(at) {
        return Availability::Available;
    }
    let day = time.date(at);
    let absence = time.absence(day);
    let why = match absence {
        _ if !staff.active => AwayReason::Inactive,
        Some((absence, _)) => AwayReason::Absent { kind: absence.kind, last_day: absence.last_day },
        None => match time.holiday(day) {
            Some(name) => AwayReason::Holiday(name.to_owned()),
            None => AwayReason::OffHours,
        },
    };
    let deputy = absence.and_then(|(_, names)| names?.deputy_id);
    let until = time.next(at);
    let back_on = until.map(|until| time.date(until));
    Availability::Away(Away { why, until, back_on, deputy })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::org::{Shift, Span, WeeklyHours};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn id<E>(number: u128) -> Id<E> {
        Id::new(Uuid::from_u128(number))
    }

    fn house() -> (StaffMember, WorkingCalendar) {
        let hours = WeeklyHours::weekdays(&[Span::new("09:00", "17:00").unwrap()]);
        let mut calendar =
            WorkingCalendar::new(id(1), "Shanghai", "Asia/Shanghai".parse().unwrap(), hours);
        calendar.holidays.0.insert("2026-10-01".parse().unwrap(), "国庆节".into());
        (StaffMember::new(id(2), "Anna"), calendar)
    }

    fn away(of: Availability) -> Away {
        let Availability::Away(away) = of else { panic!("at work") };
        away
    }

    #[test]
    fn who_is_away_says_why_and_until_when() {
        let (anna, calendar) = house();
        let asked =
            |absences: &[Absence], when| availability(&anna, Some(&calendar), absences, at(when));
        assert!(asked(&[], "2026-09-30T01:00:00Z").is_available());
        let evening = away(asked(&[], "2026-09-30T09:00:00Z"));
        assert_eq!(evening.why, AwayReason::OffHours);
        assert_eq!(evening.until, Some(at("2026-10-02T01:00:00Z")), "a holiday lies between");
        // In UTC it is the day before still.
        let holiday = away(asked(&[], "2026-09-30T17:00:00Z"));
        assert_eq!(holiday.why, AwayReason::Holiday("国庆节".into()));

        let mut leave = Absence::leave(
            id(3),
            anna.id,
            "2026-09-01".parse().unwrap(),
            "2026-09-04".parse().unwrap(),
        );
        leave.deputy_id = Some(id(9));
        let mut sick =
            Absence { id: id(4), kind: AbsenceKind::Sick, deputy_id: None, ..leave.clone() };
        sick.first_day = "2026-09-03".parse().unwrap();
        sick.last_day = None;
        let other = Absence { staff_id: id(8), id: id(5), ..sick.clone() };
        assert!(asked(&[other], "2026-09-03T02:00:00Z").is_available(), "somebody else is sick");
        let on_leave = away(asked(&[leave.clone()], "2026-09-03T02:00:00Z"));
        assert_eq!(on_leave.until, Some(at("2026-09-07T01:00:00Z")), "a weekend lies between");
        assert_eq!(on_leave.deputy, Some(id(9)));
        let both = away(asked(&[leave, sick], "2026-09-03T02:00:00Z"));
        assert_eq!(both.why, AwayReason::Absent { kind: AbsenceKind::Sick, last_day: None });
        assert_eq!((both.until, both.deputy), (None, Some(id(9))), "open, and the deputy stays");
    }

    #[test]
    fn who_is_back_in_the_morning_of_another_zone_is_back_on_that_day() {
        let (anna, mut calendar) = house();
        calendar.time_zone = "Australia/Sydney".parse().unwrap();
        let friday = "2026-06-05".parse().unwrap();
        let leave = Absence::leave(id(3), anna.id, friday, friday);
        let found =
            away(availability(&anna, Some(&calendar), &[leave], at("2026-06-05T01:00:00Z")));
        assert_eq!(found.until, Some(at("2026-06-07T23:00:00Z")), "Sunday in UTC");
        assert_eq!(found.back_on, Some("2026-06-08".parse().unwrap()), "Monday, where she works");
    }

    #[test]
    fn who_stands_in_works_here_and_is_not_absent_too() {
        let absent = |deputy: Option<u128>| {
            let why = AwayReason::Absent { kind: AbsenceKind::Leave, last_day: None };
            Away { why, until: None, back_on: None, deputy: deputy.map(id) }
        };
        let gone = || Away { why: AwayReason::Inactive, ..absent(None) };
        let asleep = || Away { why: AwayReason::OffHours, ..absent(None) };
        for (what, second, third, expected) in [
            ("at work", None, None, Some(2)),
            ("outside their hours they stand in still", Some(asleep()), None, Some(2)),
            ("absent too: their deputy", Some(absent(Some(3))), None, Some(3)),
            ("left", Some(gone()), None, None),
            ("the last left", Some(absent(Some(3))), Some(gone()), None),
            ("absent without a deputy", Some(absent(None)), None, None),
            ("in a circle", Some(absent(Some(3))), Some(absent(Some(2))), None),
        ] {
            let of = |away: Option<Away>| away.map_or(Availability::Available, Availability::Away);
            let (second, third) = (of(second), of(third));
            let there = |who| {
                [(id(2), &second), (id(3), &third)]
                    .into_iter()
                    .find(|(id, _)| *id == who)
                    .map(|(_, there)| there)
            };
            assert_eq!(stands_in(&absent(Some(2)), there), expected.map(id), "{what}");
        }
        assert_eq!(stands_in(&absent(None), |_| None), None);
    }

    #[test]
    fn a_shift_stands_instead_of_the_hours_and_of_a_holiday() {
        let (mut anna, calendar) = house();
        let day = "2026-10-01".parse().unwrap();
        let [from, to] = ["18:00", "22:00"].map(|time| time.parse().unwrap());
        anna.shifts.0 = vec![Shift { day, from, to }];
        let of = |when| availability(&anna, Some(&calendar), &[], at(when));
        assert!(of("2026-10-01T10:00:00Z").is_available());
        let noon = away(of("2026-10-01T04:00:00Z"));
        assert_eq!(
            (noon.why, noon.until),
            (AwayReason::OffHours, Some(at("2026-10-01T10:00:00Z")))
        );
        anna.active = false;
        let gone = away(availability(&anna, Some(&calendar), &[], at("2026-10-01T10:00:00Z")));
        assert_eq!((gone.why, gone.until), (AwayReason::Inactive, None));
    }
}
