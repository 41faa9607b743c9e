use chrono::NaiveDate;

use crate::kernel::{Id, Result, Timestamp};

use super::{Task, TaskState};

impl Task {
    /// The day it has by its rule.
    pub(super) fn series_day(&self) -> Option<NaiveDate> {
        self.planned.or(self.due)
    }

    /// The task that comes after it by its rule, none when that has come to its end.
    ///
    /// The hour and the reminder stay as far from the day as they were.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when there is no such rule, [`crate::Error::Refused`] without the
    /// feature `calendar`.
    pub(super) fn next(&self, id: Id<Self>, now: Timestamp) -> Result<Option<Self>> {
        let (Some(rule), Some(day)) = (&self.recurrence, self.series_day()) else {
            return Ok(None);
        };
        let Some((next, rule)) = after(rule, day)? else { return Ok(None) };
        let moved = |at: Option<Timestamp>| {
            let (from, to) = (start(self.due?)?, start(next)?);
            Timestamp::from_micros(to.checked_add(at?.micros().checked_sub(from)?)?).ok()
        };
        Ok(Some(Self {
            id,
            external_id: None,
            due: Some(next),
            due_at: moved(self.due_at),
            remind_at: moved(self.remind_at),
            recurrence: Some(rule),
            planned: None,
            created_at: now,
            state: TaskState::Open,
            ..self.clone()
        }))
    }
}

fn start(day: NaiveDate) -> Option<i64> {
    Timestamp::start_of(day).ok().map(Timestamp::micros)
}

#[cfg(not(feature = "calendar"))]
mod without {
    use chrono::NaiveDate;

    use crate::kernel::{Invalid, Refused, Result};

    /// Nobody can tell.
    pub(crate) fn check(_rule: &str, _day: NaiveDate) -> Result<(), Invalid> {
        Ok(())
    }

    pub(crate) fn after(rule: &str, _day: NaiveDate) -> Result<Option<(NaiveDate, String)>> {
        let why = format!(
            "it comes again by {rule}, and nobody could say when: switch on the feature \
             `calendar` of crm-core"
        );
        Err(Refused::new("task", "open", "done", why).into())
    }
}
#[cfg(not(feature = "calendar"))]
pub(super) use without::{after, check};

#[cfg(feature = "calendar")]
pub(super) use super::rule::{after, check};

#[cfg(all(test, not(feature = "calendar")))]
mod tests {
    use super::*;

    #[test]
    fn without_the_feature_nobody_does_what_comes_again() {
        let mut task = Task::new(Id::new(uuid::Uuid::nil()), "report", Timestamp::MIN);
        (task.due, task.recurrence) = (Some(Timestamp::MIN.date()), Some("FREQ=DAILY".into()));
        let error = task.next(task.id, Timestamp::MIN).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Refused);
        assert!(error.to_string().contains("the feature `calendar` of crm-core"), "{error}");
        task.recurrence = None;
        assert_eq!(task.next(task.id, Timestamp::MIN).unwrap(), None);
    }
}
