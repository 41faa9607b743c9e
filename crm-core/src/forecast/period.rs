use chrono::{Datelike, Months, NaiveDate};

use crate::kernel::{Invalid, first_of_month, text_enum};

text_enum! {
    /// How long a period is.
    pub enum PeriodLength {
        /// A calendar month.
        Month = "month",
        /// Three months, counted from the start of the fiscal year.
        Quarter = "quarter",
        /// The fiscal year.
        Year = "year",
    }
}

impl PeriodLength {
    /// In months.
    pub const fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }
}

/// When the fiscal year of a house begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiscalYear {
    start_month: u32,
}

impl FiscalYear {
    /// It is the calendar year.
    pub const CALENDAR: Self = Self { start_month: 1 };

    /// It begins with this month, from 1 for January to 12.
    ///
    /// # Errors
    /// [`Invalid`] for a month that there is not.
    pub fn starting_in(month: u32) -> Result<Self, Invalid> {
        if !(1..=12).contains(&month) {
            let reason = format!("{month} is no month: 1 is January, 12 December");
            return Err(Invalid::new("forecast", "fiscal_year_start", reason));
        }
        Ok(Self { start_month: month })
    }

    /// The month it begins with: 1 to 12.
    pub const fn start_month(self) -> u32 {
        self.start_month
    }

    /// The period of this length that a day is in.
    ///
    /// ```
    /// use crm_core::forecast::{FiscalYear, PeriodLength};
    /// let from_april = FiscalYear::starting_in(4)?;
    /// let quarter = from_april.period_of("2018-02-14".parse()?, PeriodLength::Quarter);
    /// assert_eq!(quarter.start().to_string(), "2018-01-01");
    /// assert_eq!(quarter.label(from_april), "FY2018-Q4");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn period_of(self, day: NaiveDate, length: PeriodLength) -> FiscalPeriod {
        let first = first_of_month(day);
        let into = self.months_into(day) % length.months();
        FiscalPeriod { start: first.checked_sub_months(Months::new(into)).unwrap_or(first), length }
    }

    /// How many months of the fiscal year are over when the month of this day begins.
    const fn months_into_month(self, month: u32) -> u32 {
        (month + 12 - self.start_month) % 12
    }

    fn months_into(self, day: NaiveDate) -> u32 {
        self.months_into_month(day.month())
    }
}

/// A month, a quarter or a fiscal year: what forecasts and targets are of. Reports take any days, as a
/// [`crate::pipeline_report::Period`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiscalPeriod {
    start: NaiveDate,
    length: PeriodLength,
}

impl FiscalPeriod {
    /// The one that begins on this day.
    ///
    /// # Errors
    /// [`Invalid`] when that is not the first day of a month.
    pub fn from_start(start: NaiveDate, length: PeriodLength) -> Result<Self, Invalid> {
        if start.day() != 1 {
            let reason = format!("a {length} begins on the first day of a month, not on {start}");
            return Err(Invalid::new("forecast", "start", reason));
        }
        Ok(Self { start, length })
    }

    /// Its first day.
    pub const fn start(self) -> NaiveDate {
        self.start
    }

    /// How long it is.
    pub const fn length(self) -> PeriodLength {
        self.length
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let months = Months::new(self.length.months());
        Self { start: self.start.checked_add_months(months).unwrap_or(NaiveDate::MAX), ..self }
    }

    /// Its last month, by the first day of that.
    pub(super) fn last_month(self) -> NaiveDate {
        first_of_month(self.last_day())
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.next().start.pred_opt().unwrap_or(self.start)
    }

    /// Whether a day is in it.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.start <= day && day < self.next().start
    }

    /// What it is called: `2017-12`, `2017-Q4`, `2017`. A fiscal year that is not the calendar year is called by
    /// the calendar year it ends in, as is usual in the United States: `FY2018`, `FY2018-Q1`.
    pub fn label(self, fiscal: FiscalYear) -> String {
        let into = fiscal.months_into(self.start);
        let ends = self.start.checked_add_months(Months::new(11 - into)).unwrap_or(self.start);
        let sign = if fiscal == FiscalYear::CALENDAR { "" } else { "FY" };
        match self.length {
            PeriodLength::Month => self.start.format("%Y-%m").to_string(),
            PeriodLength::Quarter => format!("{sign}{}-Q{}", ends.year(), into / 3 + 1),
            PeriodLength::Year => format!("{sign}{}", ends.year()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_is_in_one_period_of_each_length() {
        for start in 1..=12 {
            let fiscal = FiscalYear::starting_in(start).unwrap();
            for length in PeriodLength::ALL {
                let mut day = NaiveDate::from_ymd_opt(2016, 1, 31).unwrap();
                for _ in 0..400 {
                    let period = fiscal.period_of(day, *length);
                    assert!(period.contains(day), "{day} {period:?}");
                    assert!(!period.next().contains(day));
                    assert_eq!(period, fiscal.period_of(period.last_day(), *length));
                    assert_eq!(period, fiscal.period_of(period.start(), *length));
                    let whole = fiscal.period_of(day, PeriodLength::Year);
                    assert!(whole.contains(period.start()) && whole.contains(period.last_day()));
                    assert_eq!(whole.start().month(), start);
                    day = day.succ_opt().unwrap();
                }
            }
        }
    }

    #[test]
    fn periods_have_names() {
        let october = FiscalYear::starting_in(10).unwrap();
        let day = NaiveDate::from_ymd_opt(2017, 11, 3).unwrap();
        let name = |fiscal: FiscalYear, length| fiscal.period_of(day, length).label(fiscal);
        assert_eq!(name(FiscalYear::CALENDAR, PeriodLength::Quarter), "2017-Q4");
        assert_eq!(name(FiscalYear::CALENDAR, PeriodLength::Year), "2017");
        assert_eq!(name(october, PeriodLength::Month), "2017-11");
        assert_eq!(name(october, PeriodLength::Quarter), "FY2018-Q1");
        assert_eq!(name(october, PeriodLength::Year), "FY2018");
        assert!(FiscalYear::starting_in(0).is_err() && FiscalYear::starting_in(13).is_err());
    }
}
