//! Customers, and the people to talk to there.

pub mod contact;
mod entity;
mod timeline;

pub use entity::*;
pub use timeline::{Happening, TimelineEntry, TimelineKind, TimelinePlace, timeline};
