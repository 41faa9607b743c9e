use chrono::NaiveDate;

use crate::{
    kernel::{Currency, Id, Invalid, Result, Timestamp},
    pipeline::Pipeline,
};

use super::{Bucket, FiscalYear, PeriodLength, Whose};

/// What the rows of a forecast are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForecastBy {
    /// Whose opportunities: a shared one by the shares of its owners.
    Owner,
    /// The units of the house, each by itself and with those below it. People count in the unit they
    /// are in now.
    Team,
    /// Products: one with lines by what they come to.
    Product,
    /// Categories.
    Category,
}

/// What a forecast is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastRequest {
    /// As of the end of which day, in UTC: opportunities, and rates. What was expected to close before it is overdue.
    pub as_of: NaiveDate,
    /// What the rows are.
    pub by: ForecastBy,
    /// How long its periods are.
    pub length: PeriodLength,
    /// When the year of the house begins.
    pub fiscal_year: FiscalYear,
    /// Only periods from the one of this day on.
    pub from: Option<NaiveDate>,
    /// Only periods up to the one of this day.
    pub to: Option<NaiveDate>,
    /// All in this currency, by the rates as of the day; else each in its own.
    pub currency: Option<Currency>,
    /// Only of this pipeline.
    pub pipeline: Option<Id<Pipeline>>,
    /// Only what is theirs.
    pub whose: Whose,
}

impl ForecastRequest {
    /// Of everything, by month and owner, each in its own currency.
    pub const fn new(as_of: NaiveDate) -> Self {
        Self {
            as_of,
            by: ForecastBy::Owner,
            length: PeriodLength::Month,
            fiscal_year: FiscalYear::CALENDAR,
            from: None,
            to: None,
            currency: None,
            pipeline: None,
            whose: Whose::House,
        }
    }

    /// Where something counts: none where its period is not asked for.
    pub(super) fn bucket(&self, when: When) -> Option<Bucket> {
        match when {
            When::Overdue => Some(Bucket::Overdue),
            When::NoDate => Some(Bucket::NoDate),
            When::Month(month) => {
                let period = self.fiscal_year.period_of(month, self.length);
                let of = |day| self.fiscal_year.period_of(day, self.length);
                let asked = self.from.is_none_or(|from| of(from) <= period)
                    && self.to.is_none_or(|to| period <= of(to));
                asked.then_some(Bucket::Period(period))
            }
        }
    }

    /// The months that are asked for: the first, and the last.
    pub(super) fn months(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let of = |day| self.fiscal_year.period_of(day, self.length);
        (self.from.map(|day| of(day).start()), self.to.map(|day| of(day).last_month()))
    }
}

/// When an opportunity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum When {
    /// In the month that begins on this day.
    Month(NaiveDate),
    /// It was to close before the day of the forecast.
    Overdue,
    /// Nobody says.
    NoDate,
}

/// The first instant that is not of the day any more.
pub(super) fn end_of(day: NaiveDate) -> Result<Timestamp> {
    start_of(day.succ_opt().unwrap_or(day))
}

/// The first instant of a day.
pub(super) fn start_of(day: NaiveDate) -> Result<Timestamp> {
    let wrong = |_| Invalid::new("forecast", "as_of", format!("no forecast can be of {day}"));
    Ok(Timestamp::start_of(day).map_err(wrong)?)
}
