//! The forecast: what will come in, by month and by whom, as of a day.
//!
//! An opportunity counts in one category ([`ForecastCategory`](crate::opportunity::ForecastCategory)): what is won is `closed`, what is lost
//! never counts, an open one is what it says of itself, else what its stage said when it came there; an open one that calls itself
//! `closed` is what its stage said. Whoever gives a stage another category changes no forecast of a day that is over, nor what
//! is in the stage by now. It counts in the month in which it was won or is expected to close. An open one
//! whose expected close is before the day is *overdue*, one without is *without a date*: both stand apart, in no
//! period, until somebody says when they come.
//!
//! A forecast is as of the end of a day, in UTC: opportunities that have not moved since count by what they are, those that did by
//! what their moves say they were before. Moves do not say how an opportunity was shared, of which
//! lines or product it consisted, nor what was dated back: there it counts as it is now. Of a win that was
//! taken back since, the day it came into its stage counts.
//!
//! So it says what was *known* when the day was over, as a snapshot of that day would have kept it: a win of December that was
//! entered in January is no part of a forecast of December 31st. What stands beside a forecast (targets, adjustments, accuracy)
//! goes by the same rule. Reports ([`crate::pipeline_report`]) count a decision from its own day on instead, whenever it was
//! entered; both agree on what was entered on its own day and not edited since.

mod accuracy;
mod attainment;
mod behind;
mod change;
mod compare;
mod credit;
pub mod forecast_adjustment;
pub mod forecast_snapshot;
mod gather;
mod groups;
mod lines;
mod month_starts;
mod period;
mod position;
mod report;
mod request;
mod rows;
mod service;
mod sheet;
pub mod snapshot_line;
mod take;
pub mod target;
mod whose;
mod window;

pub use accuracy::{AccuracySource, MonthAccuracy, forecast_accuracy};
pub use attainment::{Adjusted, Attainment, AttainmentRequest, adjustments, attainments};
pub use behind::{Behind, Counted, FigureOf};
pub use change::{ChangeKind, Difference, ForecastChange};
pub use compare::{CompareRequest, Comparison, compare};
pub use lines::Moment;
pub use period::{FiscalPeriod, FiscalYear, PeriodLength};
pub use report::{Bucket, Cell, Figure, Forecast, ForecastRow, RowKey, Total};
pub use request::{ForecastBy, ForecastRequest};
pub use rows::forecast;
pub use service::Forecasts;
pub use take::take_snapshot;
pub use whose::Whose;
