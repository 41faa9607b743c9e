//! Opportunities and the pipelines they go through: a state machine whose every step is kept.
//!
//! What each event does in each state of the three pipelines that are given for a start, when nothing but the
//! opportunity itself is known:
//!
#![doc = include_str!("transitions.md")]

mod apportion;
pub mod approval;
mod conditions;
mod conflict;
mod entity;
mod event;
mod figures;
mod funnel;
mod gate;
mod gather;
mod imported;
mod lines;
mod machine;
pub mod pipeline;
mod presets;
mod priced;
mod routes;
mod rules;
mod service;
mod splits;
pub mod stage_move;
mod stages;
mod state;
mod steps;

pub(crate) use apportion::parts;
pub use conflict::{Conflict, ConflictPage, Overlap, Rival, Shared, conflicts, conflicts_of};
pub use entity::*;
pub use event::OpportunityEvent;
pub use figures::{
    COUNTS_AS, CYCLE_DAYS, FORECAST_MONTH, ITEMISED, MOVED_AT, SHARED, WEIGHTED, WEIGHTED_ROUNDING,
};
pub(crate) use funnel::from_sums;
pub use funnel::{Funnel, FunnelStage, funnel};
pub use gate::{Approved, Evidence, Gate, Need, Unmet};
pub use imported::Decision;
pub use lines::{LINE_ROUNDING, Line, LineTotal, LineTotals, Lines, MOST_LINES};
pub(crate) use machine::not_in_the_future;
pub use priced::PricedLine;
pub use rules::{Allowance, PipelineRules, Reasons};
pub use service::{Opportunities, Override};
pub use splits::{Split, Splits};
pub use stages::{ForecastCategory, Stage, StageKind, Stages};
pub use state::{OpportunityState, OpportunityStatus};
