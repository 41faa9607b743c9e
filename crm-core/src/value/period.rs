use chrono::NaiveDate;
use serde::Serialize;

use crate::kernel::{Invalid, Timestamp};

/// The days that value is counted for, and the day as of which it is told. Nothing after that day is known then.
///
/// ```
/// use crm_core::value::Period;
/// let year = Period::new("2026-01-01".parse()?, "2026-12-31".parse()?, "2027-01-15".parse()?)?;
/// assert!(year.contains("2026-12-31".parse()?));
/// let always = Period::until("2027-01-15".parse()?);
/// assert!(always.contains("1998-04-01".parse()?) && !always.contains("2027-01-16".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Period {
    from: Option<NaiveDate>,
    to: NaiveDate,
    as_of: NaiveDate,
}

impl Period {
    /// From one day to another, both included, as of a day that is not before the end.
    ///
    /// # Errors
    /// [`Invalid`] when the period is turned round, or ends after the day as of which it is told.
    pub fn new(from: NaiveDate, to: NaiveDate, as_of: NaiveDate) -> Result<Self, Invalid> {
        if from > to {
            let reason = format!("the period from {from} to {to} is turned round");
            return Err(Invalid::new("period", "to", reason));
        }
        if to > as_of {
            let reason = format!(
                "the period ends on {to}, which is in the future on {as_of}: end it no later"
            );
            return Err(Invalid::new("period", "to", reason));
        }
        Ok(Self { from: Some(from), to, as_of })
    }

    /// All days up to one, as of a day that is not before it.
    ///
    /// # Errors
    /// [`Invalid`] when the period ends after the day as of which it is told.
    pub fn up_to(to: NaiveDate, as_of: NaiveDate) -> Result<Self, Invalid> {
        Self::new(to, to, as_of).map(|days| Self { from: None, ..days })
    }

    /// All days up to the one as of which it is told.
    pub const fn until(as_of: NaiveDate) -> Self {
        Self { from: None, to: as_of, as_of }
    }

    /// The first day; none where all days up to the last count.
    pub const fn from(&self) -> Option<NaiveDate> {
        self.from
    }

    /// The last day.
    pub const fn to(&self) -> NaiveDate {
        self.to
    }

    /// The day as of which it is told.
    pub const fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// Whether a day is in it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && day <= self.to
    }

    /// Refuses a day that is in the future.
    pub(super) fn known(&self, day: NaiveDate) -> Result<(), Invalid> {
        if day <= self.as_of {
            return Ok(());
        }
        let reason =
            format!("{day} is in the future on {}: tell the value as of a later day", self.as_of);
        Err(Invalid::new("transaction", "date", reason))
    }

    /// The first day, where there is a first one, and the last, of those that stores know; `None` where they know none.
    pub(super) fn stored_days(&self) -> Option<(Option<NaiveDate>, NaiveDate)> {
        let (least, most) = (Timestamp::MIN.date(), Timestamp::MAX.date());
        let (first, last) = (self.from.filter(|from| *from > least), self.to.min(most));
        (last >= first.unwrap_or(least)).then_some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_turned_round_and_one_in_the_future() {
        let day = |n| NaiveDate::from_ymd_opt(2026, 1, n).unwrap();
        let turned = Period::new(day(2), day(1), day(9)).unwrap_err();
        assert_eq!(turned.field, "to");
        assert!(turned.reason.contains("turned round"));
        assert!(Period::new(day(1), day(5), day(4)).unwrap_err().reason.contains("future"));
        let one = Period::new(day(3), day(3), day(3)).unwrap();
        assert!(one.contains(day(3)) && !one.contains(day(2)) && !one.contains(day(4)));
    }

    #[test]
    fn days_that_no_store_knows_are_left_out() {
        let (least, most) = (Timestamp::MIN.date(), Timestamp::MAX.date());
        assert_eq!(Period::until(NaiveDate::MAX).stored_days(), Some((None, most)));
        assert_eq!(Period::until(NaiveDate::MIN).stored_days(), None);
        let beyond = Period::new(most.succ_opt().unwrap(), NaiveDate::MAX, NaiveDate::MAX);
        assert_eq!(beyond.unwrap().stored_days(), None);
        let all = Period::new(NaiveDate::MIN, least, most).unwrap();
        assert_eq!(all.stored_days(), Some((None, least)));
    }
}
