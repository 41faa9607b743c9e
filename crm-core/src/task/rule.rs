use chrono::{NaiveDate, NaiveTime, TimeZone};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use crate::kernel::{Invalid, Result, Timestamp};

use super::Task;

/// What a rule may say (RFC 5545, section 3.3.10): a task comes again by days, not by hours.
const PARTS: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "WKST",
    "BYDAY",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYSETPOS",
];
const FREQUENCIES: [&str; 4] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];

/// Whether a task of this day can come again by this rule.
pub(super) fn check(text: &str, day: NaiveDate) -> Result<(), Invalid> {
    Rule::read(text)?.from(day).map(drop)
}

/// The day after `day`, and the rule that goes on from there; none when the rule has come to its
/// end, or would come again in no year before 10000.
///
/// A month that has no such day is left out, as RFC 5545 says: `BYMONTHDAY=-1` is its last day.
pub(super) fn after(text: &str, day: NaiveDate) -> Result<Option<(NaiveDate, String)>> {
    let rule = Rule::read(text)?;
    if rule.count == Some(1) {
        return Ok(None);
    }
    let days = rule.from(day)?.limit().all(2).dates;
    let next = days.iter().map(|at| at.date_naive()).find(|next| *next > day);
    let next = next.filter(|next| Timestamp::start_of(*next).is_ok());
    Ok(next.map(|next| (next, rule.less_one())))
}

/// The rule, its end in the form of the day that it begins with: a date, or an instant in UTC.
pub(super) fn ending_like(text: &str, instant: bool) -> Result<String, Invalid> {
    let rule = Rule::read(text)?;
    let part = |(key, value): &(&str, &str)| match (*key, instant) {
        ("UNTIL", true) => format!("UNTIL={}", end_in_utc(value)),
        ("UNTIL", false) => format!("UNTIL={}", value.get(..8).unwrap_or(value)),
        _ => format!("{key}={value}"),
    };
    Ok(rule.parts.iter().map(part).collect::<Vec<_>>().join(";"))
}

/// A rule as it was read.
struct Rule<'t> {
    parts: Vec<(&'t str, &'t str)>,
    /// How often it comes, this time among them.
    count: Option<u32>,
}

impl<'t> Rule<'t> {
    fn read(text: &'t str) -> Result<Self, Invalid> {
        let mut rule = Self { parts: Vec::new(), count: None };
        for part in text.split(';') {
            let (key, value) = part
                .split_once('=')
                .filter(|(key, _)| PARTS.contains(key))
                .ok_or_else(|| wrong(format!("{part:?} is none of {}", PARTS.join("=, "))))?;
            if rule.value(key).is_some() {
                return Err(wrong(format!("{key} is there twice")));
            }
            rule.parts.push((key, value));
        }
        if !rule.value("FREQ").is_some_and(|freq| FREQUENCIES.contains(&freq)) {
            return Err(wrong(format!("FREQ is one of {}", FREQUENCIES.join(", "))));
        }
        for key in ["COUNT", "INTERVAL"] {
            let Some(value) = rule.value(key) else { continue };
            let number = value.parse::<u32>().ok().filter(|n| *n > 0);
            let number = number.ok_or_else(|| wrong(format!("{key} is a number from 1 on")))?;
            if key == "COUNT" {
                rule.count = Some(number);
            }
        }
        if rule.count.is_some() && rule.value("UNTIL").is_some() {
            return Err(wrong("COUNT and UNTIL are not said both".to_owned()));
        }
        Ok(rule)
    }

    fn value(&self, key: &str) -> Option<&'t str> {
        self.parts.iter().find(|part| part.0 == key).map(|part| part.1)
    }

    /// The days from `day` on. Without [`Rule::count`]: the library does not count a first day that
    /// is none of the rule's, RFC 5545 does.
    fn from(&self, day: NaiveDate) -> Result<RRuleSet, Invalid> {
        let part = |(key, value): &(&str, &str)| match *key {
            "COUNT" => None,
            // Without its time zone the library would ask the machine for one.
            "UNTIL" => Some(format!("UNTIL={}", end_in_utc(value))),
            _ => Some(format!("{key}={value}")),
        };
        let text = self.parts.iter().filter_map(part).collect::<Vec<_>>().join(";");
        let start = Tz::UTC.from_utc_datetime(&day.and_time(NaiveTime::MIN));
        let rule = text.parse::<RRule<Unvalidated>>().map_err(|error| wrong(error.to_string()))?;
        rule.build(start).map_err(|error| wrong(error.to_string()))
    }

    /// The rule for one who came once already.
    fn less_one(&self) -> String {
        let part = |(key, value): &(&str, &str)| match (*key, self.count) {
            ("COUNT", Some(count)) => format!("COUNT={}", count.saturating_sub(1)),
            _ => format!("{key}={value}"),
        };
        self.parts.iter().map(part).collect::<Vec<_>>().join(";")
    }
}

/// The last instant of a day; an instant stays what it is, in UTC where it says no zone.
fn end_in_utc(until: &str) -> String {
    match until.len() {
        8 => format!("{until}T235959Z"),
        _ => format!("{}Z", until.trim_end_matches('Z')),
    }
}

fn wrong(reason: String) -> Invalid {
    let example = "write it as RFC 5545 does, such as FREQ=MONTHLY;BYMONTHDAY=-1";
    Invalid::field::<Task>("recurrence", format!("{reason}; {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Every day from one on, until the rule ends or there are `most`.
    fn series(rule: &str, first: &str, most: usize) -> Vec<String> {
        let mut found = vec![first.to_owned()];
        let (mut rule, mut at) = (rule.to_owned(), day(first));
        while found.len() < most {
            check(&rule, at).unwrap();
            let Some((next, rest)) = after(&rule, at).unwrap() else { break };
            found.push(next.to_string());
            (rule, at) = (rest, next);
        }
        found
    }

    #[test]
    fn the_end_of_a_month_is_its_last_day() {
        let ends = series("FREQ=MONTHLY;BYMONTHDAY=-1", "2015-12-31", 5);
        assert_eq!(ends, ["2015-12-31", "2016-01-31", "2016-02-29", "2016-03-31", "2016-04-30"]);
        let leap = series("FREQ=YEARLY", "2016-02-29", 3);
        assert_eq!(leap, ["2016-02-29", "2020-02-29", "2024-02-29"]);
    }

    #[test]
    fn a_month_without_the_day_is_left_out() {
        let found = series("FREQ=MONTHLY", "2017-01-31", 4);
        assert_eq!(found, ["2017-01-31", "2017-03-31", "2017-05-31", "2017-07-31"]);
    }

    #[test]
    fn a_rule_ends_after_its_count_or_on_its_day() {
        let counted = series("FREQ=DAILY;INTERVAL=2;COUNT=3", "2017-12-30", 99);
        assert_eq!(counted, ["2017-12-30", "2018-01-01", "2018-01-03"]);
        // A first day that is none of the rule's counts too.
        let counted = series("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2017-12-27", 99);
        assert_eq!(counted, ["2017-12-27", "2018-01-01", "2018-01-08"]);
        for until in ["20180103", "20180103T235959", "20180103T000000Z"] {
            let rule = format!("FREQ=DAILY;UNTIL={until}");
            let found = series(&rule, "2018-01-01", 99);
            assert_eq!(found, ["2018-01-01", "2018-01-02", "2018-01-03"], "{until}");
        }
        assert_eq!(series("FREQ=DAILY", "9999-12-30", 99), ["9999-12-30", "9999-12-31"]);
        assert_eq!(series("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2018-01-01", 99).len(), 1);
    }

    #[test]
    fn day_by_day_it_is_the_series_that_the_library_gives_at_once() {
        for rule in [
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
            "FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=TU,SU",
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,7;BYMONTHDAY=1",
            "FREQ=YEARLY;BYYEARDAY=100,-1",
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "FREQ=DAILY;INTERVAL=10;BYMONTH=1,2,3",
        ] {
            let first = Rule::read(rule).unwrap().from(day("2016-01-01")).unwrap().all(1).dates;
            let first = first.first().unwrap().date_naive();
            let all = Rule::read(rule).unwrap().from(first).unwrap().all(40).dates;
            let all: Vec<_> = all.iter().map(|at| at.date_naive().to_string()).collect();
            assert_eq!(series(rule, &first.to_string(), 40), all, "{rule}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused_with_an_example() {
        for rule in [
            "",
            "every month",
            "RRULE:FREQ=DAILY",
            "FREQ=HOURLY",
            "freq=daily",
            "INTERVAL=2",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;COUNT=-1",
            "FREQ=DAILY;COUNT=2;UNTIL=20200101",
            "FREQ=DAILY;BYHOUR=9",
            "FREQ=DAILY;UNTIL=2020",
            "FREQ=DAILY;UNTIL=日日日",
            "FREQ=DAILY;UNTIL=20170101",
            "FREQ=MONTHLY;BYMONTHDAY=32",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=WEEKLY;BYDAY=MO\nX:1",
            "FREQ=DAILY;",
        ] {
            let error = check(rule, day("2018-01-01")).unwrap_err();
            assert_eq!((error.entity, error.field.as_str()), ("task", "recurrence"), "{rule}");
            assert!(error.reason.contains("BYMONTHDAY=-1"), "{rule}: {}", error.reason);
        }
    }

    #[test]
    fn an_end_has_the_form_of_the_day() {
        for (until, date, instant) in [
            ("20180103", "20180103", "20180103T235959Z"),
            ("20180103T080000Z", "20180103", "20180103T080000Z"),
        ] {
            let rule = format!("FREQ=DAILY;UNTIL={until};INTERVAL=2");
            let wanted = |end| format!("FREQ=DAILY;UNTIL={end};INTERVAL=2");
            assert_eq!(ending_like(&rule, false).unwrap(), wanted(date));
            assert_eq!(ending_like(&rule, true).unwrap(), wanted(instant));
        }
    }
}
