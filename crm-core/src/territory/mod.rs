//! Territories: which part of the market a customer belongs to, who works there, and what a re-alignment would move.
//!
//! Territories form a tree. One counts for a customer where its criteria hold, and those of all above it. Of those that
//! count the deepest has the customer; of several the one with the higher priority, then the one with the lower id. So there is
//! one answer, and [`TerritoryTree::place`] gives the reason with it.

mod alignment;
mod check;
mod criteria;
mod entity;
mod look_up;
pub mod member;
mod place;
mod plan;
mod preview;
mod service;
mod tree;

pub use alignment::Alignment;
pub use check::{MemberTrouble, Overlap, TerritoryCheck, TerritoryCount, check};
pub use criteria::CustomerCriteria;
pub use entity::*;
pub use look_up::{placement, placement_of_lead, placement_of_opportunity, territory_tree};
pub use place::{Held, LostBy, Other, Placement, place};
pub use plan::{PlannedMember, PlannedTerritory, TerritoryPlan};
pub use preview::{Figures, GainLoss, Realignment, TerritoryMove, preview};
pub use service::Territories;
pub use tree::TerritoryTree;
