//! Days and instants on the command line.

use chrono::{FixedOffset, NaiveDate, NaiveTime};
use clap::Args;
use crm_core::kernel::Timestamp;

use crate::failure::Failure;

/// Which day it is, as the house counts days.
#[derive(Debug, Args)]
pub(crate) struct DayOf {
    /// The day, such as 2017-12-31. [default: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    day: Option<NaiveDate>,
    /// How far the clocks of the house are ahead of UTC, such as +08:00.
    #[arg(long, value_name = "OFFSET", default_value = "+00:00", allow_hyphen_values = true, value_parser = offset)]
    utc_offset: FixedOffset,
}

impl DayOf {
    /// The day that was named, else today.
    pub(crate) fn date(&self) -> NaiveDate {
        let today = || now().to_datetime().with_timezone(&self.utc_offset).date_naive();
        self.day.unwrap_or_else(today)
    }

    pub(crate) const fn utc_offset(&self) -> FixedOffset {
        self.utc_offset
    }

    /// When the day is over.
    pub(crate) fn ends(&self) -> Result<Timestamp, Failure> {
        let wrong = || Failure::Asked(format!("no record can be of the day {}", self.date()));
        let next = self.date().succ_opt().ok_or_else(wrong)?.and_time(NaiveTime::MIN);
        let ends = next.and_local_timezone(self.utc_offset).earliest().ok_or_else(wrong)?;
        Timestamp::from_micros(ends.timestamp_micros()).map_err(|_| wrong())
    }
}

/// As of which day a report is.
#[derive(Debug, Args)]
pub(crate) struct AsOf {
    /// The last day that counts, such as 2017-12-31: what came later has no say. [default: today]
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<NaiveDate>,
    /// How far the clocks of the house are ahead of UTC, such as +08:00.
    #[arg(long, value_name = "OFFSET", default_value = "+00:00", allow_hyphen_values = true, value_parser = offset)]
    utc_offset: FixedOffset,
}

impl AsOf {
    /// The day that was named, else today; one that has not begun is refused.
    pub(crate) fn day(&self) -> Result<NaiveDate, Failure> {
        let today = now().to_datetime().with_timezone(&self.utc_offset).date_naive();
        match self.as_of {
            Some(day) if day > today => Err(Failure::Asked(format!(
                "--as-of {day}: that day has not come; nobody knows who will have been silent until then"
            ))),
            Some(day) => Ok(day),
            None => Ok(today),
        }
    }
}

/// The instant, by the system's clock.
pub(crate) fn now() -> Timestamp {
    crm_store_sqlite::system_ports().clock.now()
}

pub(crate) fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "a day is written like 2017-12-31".to_owned())
}

pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let wrong = |_| "an instant is written like 2017-12-31T09:00:00Z or 2017-12-31T17:00:00+08:00";
    text.parse().map_err(wrong).map_err(str::to_owned)
}

pub(crate) fn offset(text: &str) -> Result<FixedOffset, String> {
    text.parse().map_err(|_| "an offset from UTC is written like +08:00".to_owned())
}
