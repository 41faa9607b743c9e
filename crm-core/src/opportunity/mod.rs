//! Opportunities and the pipelines they go through: a state machine whose every step is kept.
//!
//! What each event does in each state of the pipeline `sales`:
//!
#![doc = include_str!("transitions.md")]

mod entity;
mod funnel;
mod imported;
mod machine;
pub mod pipeline;
mod service;
pub mod stage_move;
mod stages;
mod state;

pub use entity::*;
pub use funnel::{Funnel, FunnelStage, funnel};
pub use imported::Decision;
pub use service::Opportunities;
pub use stages::{Stage, StageKind, Stages};
pub use state::{OpportunityState, OpportunityStatus};
