//! Tasks: the next steps that somebody promised, until they are done or cancelled.

#[cfg(feature = "calendar")]
mod calendar;
mod entity;
mod lists;
mod recurrence;
#[cfg(feature = "calendar")]
mod rule;
mod service;
mod state;

#[cfg(feature = "calendar")]
pub use calendar::calendar;
pub use entity::*;
pub use lists::{due_by, late, open, to_remind};
pub use service::{Completed, Tasks, When};
pub use state::{TaskState, TaskStatus};
