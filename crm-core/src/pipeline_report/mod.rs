//! Reports about pipelines: how opportunities come through, how fast, who wins, and what is stuck.
//!
//! A store adds up ([`crate::store::Insights`], [`crate::store::Linked`]); what that means is decided here. Nothing
//! reads a clock: the period and the day as of which is asked are arguments.
//!
//! - [`funnel_report`]: per stage who came in, where they went, how long they stayed, and which of them were won; each
//!   figure is a [`Cell`] whose opportunities can be listed ([`FunnelQuestion::cell_page`]);
//! - [`win_rates`], [`velocity`], [`leaderboard`]: what was decided in a period, by whom or of what ([`GroupBy`]);
//! - [`slippage`]: closes that were put off; [`coverage`]: whether enough is open for what is still to be won;
//! - [`stuck`]: open opportunities that do not move, each with its reasons.
//!
//! Each figure says what lists the opportunities it is made of ([`Listed`], [`ListQuery::page`]): as many as it counts, worth
//! what it adds up. All are of a day ([`PeriodQuestion::as_of`]): what happened after it does not count. A decision counts from its
//! own day on, whenever it was entered, as it is now: a report of December has what was entered in January. A forecast
//! ([`crate::forecast`]) goes by what was known when the day was over instead; both agree on what was entered on its own day
//! and not edited since. Of now are: which opportunities a filter lets in, the amounts of a funnel's cohorts
//! ([`Measure`] says which), those of what is decided now, shares, and the limits that [`stuck`] asks a pipeline for.
//!
//! A [`Period`] has its first day and not its last. Amounts of several currencies stand side by side.

mod cell;
mod coverage;
mod days;
mod funnel;
mod gather;
mod group;
mod leaderboard;
mod listing;
mod period;
mod question;
mod slippage;
mod standing;
mod stuck;
mod tally;
mod teams;
mod total;
mod velocity;
mod win_rate;

pub use cell::{Cell, CellItem, CellPage, Measure};
pub use coverage::{Coverage, coverage};
pub use days::{DayCounts, DaySummary};
pub use funnel::{FunnelReport, StageReport, funnel_as_of, funnel_report};
pub use group::{GroupBy, SizeBands};
pub use leaderboard::{LeaderboardRow, leaderboard};
pub use listing::{CountedAmount, ListPart, ListQuery, Listed};
pub use period::Period;
pub use question::{FunnelQuestion, PeriodQuestion};
pub use slippage::{Shifts, Slippage, SlippageBy, slippage};
pub use stuck::{Stuck, StuckReport, stuck};
pub use teams::owned_by_team;
pub use total::Total;
pub use velocity::{Velocity, velocity};
pub use win_rate::{WinRate, win_rates};
