//! How far back wins are kept in a snapshot.

use chrono::{Months, NaiveDate};

use crate::{
    kernel::{Criteria, Result, first_of_month},
    opportunity::{self, Opportunity, OpportunityStatus},
};

use super::{position::Position, request::end_of};

/// The first day of the first month of which a snapshot of this day keeps what was won: it keeps that month and the eleven
/// before it. So each month, quarter and fiscal year that the day is in is whole, whichever month that year begins with, and
/// a snapshot of each day does not grow with all that was ever won.
pub(super) fn window_start(day: NaiveDate) -> NaiveDate {
    let month = first_of_month(day);
    month.checked_sub_months(Months::new(11)).unwrap_or(month)
}

/// What may have a line at the end of a day: what is open or won by now within its window, and what has moved since, also
/// what is lost by now.
pub(super) fn candidates(day: NaiveDate) -> Result<Criteria<Opportunity>> {
    let open = opportunity::STATUS.eq(OpportunityStatus::Open);
    let won = opportunity::STATUS.eq(OpportunityStatus::Won);
    let kept = won.and(opportunity::FORECAST_MONTH.at_least(window_start(day)));
    Ok(open.or(kept).or(opportunity::MOVED_AT.at_least(end_of(day)?)))
}

/// Whether it was won before the window of a day.
pub(super) fn won_before_window(one: &Position, day: NaiveDate) -> bool {
    let before = one.date.is_some_and(|date| date < window_start(day));
    one.status == OpportunityStatus::Won && before
}
