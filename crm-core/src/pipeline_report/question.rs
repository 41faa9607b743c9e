use chrono::NaiveDate;

use crate::{
    kernel::{Criteria, Id, Invalid, Timestamp},
    opportunity::Opportunity,
    pipeline::Pipeline,
    workday::day::Day,
};

use super::{Period, period::kept};

/// What a [`super::FunnelReport`] is asked for.
///
/// The cohort of a stage are the opportunities that came into it in the period. An opportunity that came into a stage
/// again counts once in each of its cells, whatever it did: its first visit and its later ones are one. A step by which
/// it left is seen when it is dated from the first day of the period on.
#[derive(Clone, Debug)]
pub struct FunnelQuestion {
    /// Of this pipeline.
    pub pipeline: Id<Pipeline>,
    /// Of those that came into a stage in these days.
    pub period: Period,
    /// As it stood when this day was over; steps that were taken later are not seen. A win counts from its own day on,
    /// whenever it was entered. What a cohort is worth is its amount of now; what is in a stage has that of the day.
    pub as_of: NaiveDate,
    /// Only of opportunities of which this holds now.
    pub filter: Criteria<Opportunity>,
}

impl FunnelQuestion {
    /// Of all that is in the pipeline, as it stood when the period was over.
    pub fn new(pipeline: Id<Pipeline>, period: Period) -> Self {
        Self { pipeline, period, as_of: period.last_day(), filter: Criteria::everything() }
    }

    /// As it stood when this day was over.
    #[must_use]
    pub const fn as_of(mut self, day: NaiveDate) -> Self {
        self.as_of = day;
        self
    }

    /// Only of opportunities of which this holds now.
    #[must_use]
    pub fn filter(mut self, criteria: Criteria<Opportunity>) -> Self {
        self.filter = criteria;
        self
    }

    /// The first instant that is not seen any more.
    pub(super) fn seen_until(&self) -> Timestamp {
        Day::new(self.as_of, self.period.utc_offset()).ends()
    }
}

/// What is asked of opportunities in a period: who won, how fast, what was put off.
///
/// What happened after [`PeriodQuestion::as_of`] does not count. A decision counts from its own day on, whenever it became
/// known: what is decided now, on that day or before it, counts as it is. Of all else the moves tell: it counts as it was
/// before its first move after that day. So a win that was taken back since then counts, on the day it came into the
/// stage that is won and with what it was worth; one that was taken back by then does not.
#[derive(Clone, Debug)]
pub struct PeriodQuestion {
    /// Of what happened in these days.
    pub period: Period,
    /// As it stood when this day was over.
    pub as_of: NaiveDate,
    /// Only of opportunities of which this holds now.
    pub filter: Criteria<Opportunity>,
}

impl PeriodQuestion {
    /// Of all opportunities, as they stood when the period was over.
    pub fn new(period: Period) -> Self {
        Self { period, as_of: period.last_day(), filter: Criteria::everything() }
    }

    /// As it stood when this day was over.
    #[must_use]
    pub const fn as_of(mut self, day: NaiveDate) -> Self {
        self.as_of = day;
        self
    }

    /// Only of opportunities of which this holds now.
    #[must_use]
    pub fn filter(mut self, criteria: Criteria<Opportunity>) -> Self {
        self.filter = criteria;
        self
    }

    /// Whether a store can keep its days.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        kept(self.as_of)
    }

    /// The first instant that is not seen any more.
    pub(super) fn seen_until(&self) -> Timestamp {
        Day::new(self.as_of, self.period.utc_offset()).ends()
    }
}
