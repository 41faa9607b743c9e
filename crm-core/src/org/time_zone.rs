use std::{fmt, str::FromStr};

use chrono::{LocalResult, NaiveDate, NaiveDateTime, TimeZone as _};
use chrono_tz::{GapInfo, Tz};
use serde::{Deserialize, Serialize};

use crate::kernel::{FieldType, Kind, Timestamp, Value};

/// A time zone of the IANA database: `Europe/Berlin`.
///
/// ```
/// use crm_core::org::TimeZone;
/// let berlin: TimeZone = "Europe/Berlin".parse()?;
/// assert_eq!(berlin.date("2026-03-28T23:30:00Z".parse()?).to_string(), "2026-03-29");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TimeZone(Tz);

impl Default for TimeZone {
    /// [`TimeZone::UTC`].
    fn default() -> Self {
        Self::UTC
    }
}

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What the clocks there show.
    pub fn local(self, at: Timestamp) -> NaiveDateTime {
        at.to_datetime().with_timezone(&self.0).naive_local()
    }

    /// Which day it is there.
    pub fn date(self, at: Timestamp) -> NaiveDate {
        at.to_datetime().with_timezone(&self.0).date_naive()
    }

    /// When a day begins there: at midnight, or where clocks leave that out, when they do so.
    pub fn start_of(self, day: NaiveDate) -> Timestamp {
        self.instant(day.and_time(chrono::NaiveTime::MIN))
    }

    /// When the clocks there show this. What they show twice is meant the first time (as RFC 5545, 3.3.5 has it);
    /// what they leave out is the instant at which they leave it out, so that the order of times is that of instants.
    pub(super) fn instant(self, local: NaiveDateTime) -> Timestamp {
        let at = match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at),
            LocalResult::None => GapInfo::new(&local, &self.0).and_then(|gap| gap.end),
        };
        let micros =
            at.map_or_else(|| local.and_utc().timestamp_micros(), |at| at.timestamp_micros());
        let bounded = micros.clamp(Timestamp::MIN.micros(), Timestamp::MAX.micros());
        Timestamp::from_micros(bounded).unwrap_or(Timestamp::MAX)
    }
}

impl FromStr for TimeZone {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| {
            format!("{text:?} is no time zone of the IANA database: write it like Europe/Berlin")
        };
        text.parse().map(Self).map_err(wrong)
    }
}
impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.name().to_owned()
    }
}
impl TryFrom<String> for TimeZone {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FieldType for TimeZone {
    const KIND: Kind = Kind::Text;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::text(self.name())
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        match value {
            Value::Text(text) => text.parse(),
            other => Err(other.unexpected("a time zone")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clocks_show_twice_or_never_has_one_instant() {
        let berlin: TimeZone = "Europe/Berlin".parse().unwrap();
        let at = |text: &str| berlin.instant(text.parse().unwrap()).to_string();
        assert_eq!(at("2026-03-29T01:59:00"), "2026-03-29T00:59:00Z");
        for never in ["2026-03-29T02:00:00", "2026-03-29T02:30:00", "2026-03-29T03:00:00"] {
            assert_eq!(at(never), "2026-03-29T01:00:00Z");
        }
        assert_eq!(at("2026-10-25T02:30:00"), "2026-10-25T00:30:00Z", "the first time");
        assert_eq!(at("2026-10-25T03:00:00"), "2026-10-25T02:00:00Z");
        // Samoa went without a day.
        let samoa: TimeZone = "Pacific/Apia".parse().unwrap();
        let noon = samoa.instant("2011-12-30T12:00:00".parse().unwrap());
        assert_eq!(noon.to_string(), "2011-12-30T10:00:00Z", "the 31st begins");
        assert!("Berlin".parse::<TimeZone>().unwrap_err().contains("Europe/Berlin"));
        let ends = [NaiveDate::MIN, NaiveDate::MAX].map(|day| berlin.instant(day.into()));
        assert_eq!(ends, [Timestamp::MIN, Timestamp::MAX]);
    }
}
