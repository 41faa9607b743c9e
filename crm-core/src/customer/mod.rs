//! Customers, and the people to talk to there: one record for each, also after merging.

pub mod affiliation;
mod changes;
pub mod contact;
mod entity;
mod erase;
mod family;
mod fields;
mod filing;
mod inspection;
mod lifecycle;
pub mod merge;
pub mod merge_move;
mod names;
mod people;
pub mod relation;
mod remains;
mod service;
mod story;
mod survivors;
mod timeline;

pub use entity::*;
pub use erase::Erased;
pub(crate) use erase::lead as erase_lead;
pub use family::{Figures, RollUp, family, roll_up};
pub use fields::*;
pub use filing::{ensure_filed, group, resolve};
pub(crate) use filing::{groups, survivors};
pub use inspection::{
    IncompleteCount, Inspection, Rechecked, Whose, incomplete_contacts, incomplete_customers,
    incomplete_interactions, inspect, recheck,
};
pub use lifecycle::{LifecycleStep, lifecycle_history};
pub use merge::{MergeCommand, MergePreview, moved, preview_merge};
pub use people::{ContactAt, contacts_of, relations_of};
pub use service::Customers;
pub(crate) use survivors::Survivors;
pub use timeline::{Happening, TimelineEntry, TimelineKind, TimelinePlace, timeline};
