use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

use crate::settings::as_json;

/// A time on the clock, to the minute, `00:00` to `24:00`: the end of the day is written `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The beginning of a day.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of a day.
    pub const END: Self = Self(24 * 60);

    /// On this day.
    pub(super) fn on(self, day: NaiveDate) -> NaiveDateTime {
        let midnight = day.and_time(NaiveTime::MIN);
        midnight.checked_add_signed(TimeDelta::minutes(self.0.into())).unwrap_or(NaiveDateTime::MAX)
    }
}

impl FromStr for TimeOfDay {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no time of a day: write it like 09:00, the end of it 24:00");
        let digits = |part: &str| {
            let sound = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            sound.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let (hours, minutes) =
            (digits(hours).ok_or_else(wrong)?, digits(minutes).ok_or_else(wrong)?);
        let time = Self(hours * 60 + minutes);
        if minutes < 60 && time <= Self::END { Ok(time) } else { Err(wrong()) }
    }
}
impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}
impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}
impl TryFrom<String> for TimeOfDay {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A part of a day in which people work. What goes past midnight is two: up to `24:00`, and from
/// `00:00` of the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// From when on.
    pub from: TimeOfDay,
    /// Until when, that minute no more.
    pub to: TimeOfDay,
}

impl Span {
    /// From one time to another, as `09:00` and `17:30`.
    ///
    /// # Errors
    /// In words, when one is no time, or they are not in their order.
    pub fn new(from: &str, to: &str) -> Result<Self, String> {
        let span = Self { from: from.parse()?, to: to.parse()? };
        in_order(&[span])?;
        Ok(span)
    }

    /// All of a day.
    pub const WHOLE_DAY: Self = Self { from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END };
}

/// Whether spans of one day come one after the other.
fn in_order(spans: &[Span]) -> Result<(), String> {
    if let Some(Span { from, to }) = spans.iter().find(|span| span.to <= span.from) {
        let past = "what goes past midnight is two: up to 24:00, and from 00:00 of the next day";
        return Err(format!("{from} to {to} has no length: {past}"));
    }
    match spans.windows(2).find(|pair| matches!(pair, [one, next] if next.from < one.to)) {
        Some([one, next]) => Err(format!(
            "{} to {} and {} to {} overlap, or are not in their order",
            one.from, one.to, next.from, next.to
        )),
        _ => Ok(()),
    }
}

/// The hours of each day of the week, by the clocks of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeeklyHours {
    /// Monday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<Span>,
    /// Tuesday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<Span>,
    /// Wednesday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<Span>,
    /// Thursday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<Span>,
    /// Friday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<Span>,
    /// Saturday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<Span>,
    /// Sunday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<Span>,
}
as_json!(WeeklyHours);

impl WeeklyHours {
    /// The same hours from Monday to Friday.
    pub fn weekdays(spans: &[Span]) -> Self {
        let day = || spans.to_vec();
        Self {
            monday: day(),
            tuesday: day(),
            wednesday: day(),
            thursday: day(),
            friday: day(),
            ..Self::default()
        }
    }

    /// The hours of a day of the week.
    pub fn of(&self, day: Weekday) -> &[Span] {
        match day {
            Weekday::Mon => &self.monday,
            Weekday::Tue => &self.tuesday,
            Weekday::Wed => &self.wednesday,
            Weekday::Thu => &self.thursday,
            Weekday::Fri => &self.friday,
            Weekday::Sat => &self.saturday,
            Weekday::Sun => &self.sunday,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let mut some = false;
        let mut day = Weekday::Mon;
        for _ in 0..7 {
            in_order(self.of(day)).map_err(|wrong| format!("{day}: {wrong}"))?;
            some |= !self.of(day).is_empty();
            day = day.succ();
        }
        if some { Ok(()) } else { Err("nobody ever works: give at least one day hours".to_owned()) }
    }
}

/// The days on which nobody of a calendar works, each with its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holidays(pub BTreeMap<NaiveDate, String>);
as_json!(Holidays);

/// The hours of one person on one day, instead of those of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// On which day.
    pub day: NaiveDate,
    /// From when on.
    pub from: TimeOfDay,
    /// Until when, that minute no more.
    pub to: TimeOfDay,
}

/// Somebody's shifts, one after the other. On a day that has some, the hours of the week do not count, nor
/// that it is a holiday.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shifts(pub Vec<Shift>);
as_json!(Shifts);

impl Shifts {
    /// Those of a day, if it has some.
    pub(super) fn on(&self, day: NaiveDate) -> Vec<Span> {
        let first = self.0.partition_point(|shift| shift.day < day);
        let of_day = self.0.iter().skip(first).take_while(|shift| shift.day == day);
        of_day.map(|shift| Span { from: shift.from, to: shift.to }).collect()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if let Some([_, late]) =
            self.0.windows(2).find(|pair| matches!(pair, [a, b] if b.day < a.day))
        {
            return Err(format!(
                "{} comes after a later day: the days come in their order",
                late.day
            ));
        }
        for day in self.0.chunk_by(|a, b| a.day == b.day) {
            let spans: Vec<_> =
                day.iter().map(|shift| Span { from: shift.from, to: shift.to }).collect();
            in_order(&spans).map_err(|wrong| match day {
                [shift, ..] => format!("{}: {wrong}", shift.day),
                [] => wrong,
            })?;
        }
        Ok(())
    }
}

/// The day before, and the day after; there are such days for whatever a store keeps.
pub(super) fn around(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let one = Days::new(1);
    (day.checked_sub_days(one).unwrap_or(day), day.checked_add_days(one).unwrap_or(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_one_way() {
        assert_eq!("24:00".parse(), Ok(TimeOfDay::END));
        assert_eq!(Span::new("09:05", "17:30").unwrap().from.to_string(), "09:05");
        for wrong in ["9:00", "09:60", "24:01", "25:00", "0900", "+9:00", "09:0é", ""] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
        assert!(Span::new("22:00", "06:00").unwrap_err().contains("24:00"));
    }

    #[test]
    fn hours_are_checked() {
        let (morning, noon) =
            (Span::new("08:00", "12:00").unwrap(), Span::new("12:00", "13:00").unwrap());
        assert_eq!(WeeklyHours::weekdays(&[morning, noon]).check(), Ok(()));
        assert!(WeeklyHours::weekdays(&[noon, morning]).check().unwrap_err().starts_with("Mon: "));
        assert!(WeeklyHours::default().check().unwrap_err().contains("nobody ever works"));
        let late = Shift { day: "2026-01-02".parse().unwrap(), from: noon.from, to: noon.to };
        let early = Shift { day: "2026-01-01".parse().unwrap(), ..late };
        assert_eq!(Shifts(vec![early, late]).check(), Ok(()));
        assert!(Shifts(vec![late, early]).check().unwrap_err().contains("2026-01-01"));
        assert!(Shifts(vec![late, late]).check().unwrap_err().contains("overlap"));
    }
}
