//! Customers, and the people to talk to there.

pub mod contact;
mod entity;
mod inspection;
mod timeline;

pub use entity::*;
pub use inspection::{
    IncompleteCount, Inspection, Rechecked, incomplete_contacts, incomplete_customers,
    incomplete_interactions, inspect, recheck,
};
pub use timeline::{Happening, TimelineEntry, TimelineKind, TimelinePlace, timeline};
