//! Merging customers that are the same, as a record: what it did is kept, and can be undone.
//!
//! One customer survives and takes, field by field, what the others know better. All that named the
//! others names it from then on, and their ids lead to it for ever: see
//! [`resolve`](crate::customer::resolve).

mod command;
mod entity;
mod plan;
mod preview;
mod records;
mod undo;

pub use command::MergeCommand;
pub(super) use command::merge;
pub use entity::*;
pub use preview::{MergePreview, MergedField, MergedRecords, moved, preview_merge};
pub(super) use undo::unmerge;
