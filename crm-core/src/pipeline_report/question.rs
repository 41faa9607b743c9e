use chrono::NaiveDate;

use crate::{
    kernel::{Criteria, Id, Timestamp},
    opportunity::Opportunity,
    pipeline::Pipeline,
    workday::day::Day,
};

use super::Period;

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
    /// As it stood when this day was over; steps that were taken later are not seen.
    pub as_of: NaiveDate,
    /// Only of opportunities of which this holds now.
    pub filter: Criteria<Opportunity>,
}

impl FunnelQuestion {
    /// Of all that is in the pipeline, as it stood when the period was over.
    pub fn new(pipeline: Id<Pipeline>, period: Period) -> Self {
        let as_of = period.to().pred_opt().unwrap_or_else(|| period.from());
        Self { pipeline, period, as_of, filter: Criteria::everything() }
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
