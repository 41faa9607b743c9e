use chrono::{FixedOffset, NaiveDate};

use crate::{
    kernel::{Criteria, Entity, Field, Invalid, Timestamp, first_of_month},
    opportunity::{self, Opportunity, OpportunityStatus},
    workday::day::Day,
};

/// Some days, from the first up to the last, which is not one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
    utc_offset: FixedOffset,
}

impl Period {
    /// From the day `from` up to `to`, which is the first day that is not in it any more. Days are counted at
    /// `utc_offset`.
    ///
    /// # Errors
    /// [`Invalid`] for a period without a day, or with a day that no store can keep.
    pub fn new(from: NaiveDate, to: NaiveDate, utc_offset: FixedOffset) -> Result<Self, Invalid> {
        kept(from)?;
        kept(to)?;
        if to <= from {
            let reason = format!(
                "from {from} up to {to} is no day: it ends with the day before the second one"
            );
            return Err(Invalid::new("period", "to", reason));
        }
        Ok(Self { from, to, utc_offset })
    }

    /// Its first day.
    pub const fn from(&self) -> NaiveDate {
        self.from
    }

    /// The first day after it.
    pub const fn to(&self) -> NaiveDate {
        self.to
    }

    /// Its last day.
    pub fn last_day(&self) -> NaiveDate {
        self.to.pred_opt().unwrap_or(self.from)
    }

    /// How far the clocks are ahead of UTC.
    pub const fn utc_offset(&self) -> FixedOffset {
        self.utc_offset
    }

    /// When it begins.
    pub fn begins(&self) -> Timestamp {
        Day::new(self.from, self.utc_offset).begins()
    }

    /// When it is over: the first instant after it.
    pub fn ends(&self) -> Timestamp {
        Day::new(self.to, self.utc_offset).begins()
    }

    /// What has a day of it in this field.
    pub(super) fn has_day<E: Entity>(&self, field: &'static Field<E, NaiveDate>) -> Criteria<E> {
        field.at_least(self.from).and(field.below(self.to))
    }

    /// What has an instant of it in this field.
    pub(super) fn has_instant<E: Entity>(
        &self,
        field: &'static Field<E, Timestamp>,
    ) -> Criteria<E> {
        field.at_least(self.begins()).and(field.below(self.ends()))
    }

    /// What was decided in it, in this way. The month leads a store to them.
    pub(super) fn decided(&self, status: &[OpportunityStatus]) -> Criteria<Opportunity> {
        let decided = opportunity::STATUS.one_of(status.iter().copied());
        self.in_its_months().and(decided).and(self.has_day(&opportunity::CLOSED_ON))
    }

    /// What counts in a month that has a day of it.
    pub(super) fn in_its_months(&self) -> Criteria<Opportunity> {
        opportunity::FORECAST_MONTH
            .at_least(first_of_month(self.from))
            .and(opportunity::FORECAST_MONTH.at_most(first_of_month(self.last_day())))
    }
}

/// Whether a store can keep a day.
pub(super) fn kept(day: NaiveDate) -> Result<(), Invalid> {
    Timestamp::start_of(day).map(drop).map_err(|_| {
        Invalid::new("period", "day", format!("{day} is not between the years 1 and 9999"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_at_least_one_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let utc = FixedOffset::east_opt(0).unwrap();
        assert!(Period::new(day("2017-01-02"), day("2017-01-02"), utc).is_err());
        assert!(Period::new(day("2017-01-02"), day("2017-01-01"), utc).is_err());
        assert!(Period::new(NaiveDate::MIN, day("2017-01-01"), utc).is_err());
        let east = FixedOffset::east_opt(8 * 3_600).unwrap();
        let one = Period::new(day("2017-01-01"), day("2017-01-02"), east).unwrap();
        assert_eq!(one.begins().to_string(), "2016-12-31T16:00:00Z");
        assert_eq!(one.ends().to_string(), "2017-01-01T16:00:00Z");
    }
}
