use chrono::{Days, FixedOffset, NaiveDate, NaiveTime};

use crate::kernel::Timestamp;

/// A day as the house counts days.
#[derive(Clone, Copy)]
pub(crate) struct Day {
    date: NaiveDate,
    offset: FixedOffset,
}

impl Day {
    pub(crate) const fn new(date: NaiveDate, offset: FixedOffset) -> Self {
        Self { date, offset }
    }

    pub(crate) const fn date(self) -> NaiveDate {
        self.date
    }

    /// How many days `day` lies back; below zero when it is yet to come.
    pub(crate) fn since(self, day: NaiveDate) -> i64 {
        self.date.signed_duration_since(day).num_days()
    }

    /// How many days it lies back; 0 of what happened today or is yet to come.
    pub(crate) fn since_instant(self, at: Timestamp) -> u32 {
        let day = at.to_datetime().with_timezone(&self.offset).date_naive();
        u32::try_from(self.since(day).max(0)).unwrap_or(u32::MAX)
    }

    /// When the day begins; the first instant that a store can keep when that is earlier.
    pub(crate) fn begins(self) -> Timestamp {
        let begins = self.date.and_time(NaiveTime::MIN).and_local_timezone(self.offset).earliest();
        let begins = begins.map(|at| Timestamp::from_micros(at.timestamp_micros()));
        begins.and_then(Result::ok).unwrap_or(Timestamp::MIN)
    }

    /// When the day is over; the last instant of all when there is no later day.
    pub(crate) fn ends(self) -> Timestamp {
        match self.date.succ_opt().filter(|date| *date <= Timestamp::MAX.date()) {
            Some(date) => Self { date, ..self }.begins(),
            None => Timestamp::MAX,
        }
    }

    /// So many days earlier; the first instant that a store can keep when there is no such day.
    pub(crate) fn begins_before(self, days: u32) -> Timestamp {
        let date = self.date.checked_sub_days(Days::new(days.into()));
        date.map_or(Timestamp::MIN, |date| Self { date, ..self }.begins())
    }

    /// So many days later; the last one of all when there is no such day.
    pub(crate) fn after(self, days: u32) -> NaiveDate {
        let last = Timestamp::MAX.date();
        self.date.checked_add_days(Days::new(days.into())).map_or(last, |date| date.min(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str, hours: i32) -> Day {
        Day::new(text.parse().unwrap(), FixedOffset::east_opt(hours * 3_600).unwrap())
    }

    #[test]
    fn days_are_those_of_the_house() {
        let late_in_utc = "2017-12-30T16:30:00Z".parse().unwrap();
        assert_eq!(day("2017-12-31", 8).since_instant(late_in_utc), 0);
        assert_eq!(day("2017-12-31", 0).since_instant(late_in_utc), 1);
        assert_eq!(day("2017-12-31", -8).since_instant(late_in_utc), 1);
        assert_eq!(day("2017-12-31", 8).begins().to_string(), "2017-12-30T16:00:00Z");
        assert_eq!(day("2017-12-31", 8).ends().to_string(), "2017-12-31T16:00:00Z");
        assert_eq!(day("2017-12-31", 0).begins_before(31).to_string(), "2017-11-30T00:00:00Z");
        assert_eq!(day("2017-01-01", 0).since_instant(late_in_utc), 0, "it is yet to come");
    }

    #[test]
    fn no_day_is_too_far() {
        let day = day("2017-12-31", 14);
        assert_eq!(day.begins_before(u32::MAX), Timestamp::MIN);
        assert_eq!(day.after(u32::MAX), Timestamp::MAX.date());
        assert_eq!(Day { date: NaiveDate::MIN, ..day }.begins(), Timestamp::MIN);
        assert_eq!(Day { date: NaiveDate::MAX, ..day }.after(1), Timestamp::MAX.date());
        for date in [NaiveDate::MAX, Timestamp::MAX.date()] {
            assert_eq!(Day { date, ..day }.ends(), Timestamp::MAX);
        }
        let all = NaiveDate::MAX.signed_duration_since(Timestamp::MIN.date()).num_days();
        let since = Day { date: NaiveDate::MAX, ..day }.since_instant(Timestamp::MIN);
        assert_eq!(i64::from(since), all);
    }
}
