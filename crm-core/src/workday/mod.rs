//! The working day: what somebody has to do today, the most urgent first.
//!
//! These causes put something on the list, each with points for its urgency ([`Cause::urgency`]):
//!
//! | cause | points |
//! |---|---|
//! | a task that is due | 100, and 10 for each day that it is late; 50 more when its priority is high, 50 less when it is low |
//! | a task without a day | 30; 70 when its priority is high, 10 when it is low |
//! | an interaction of an earlier day that is not closed | 90, and 5 for each day, up to 150 |
//! | a customer past its contact rhythm | 50 for each time that the agreed days went by, in parts too, up to 300; 100 when nobody was in contact yet |
//! | an open opportunity without a next step | 60; 120 when it is to be decided within 14 days, or was to be |
//! | an open opportunity whose next steps have no day | 40; 110 when it is to be decided within 14 days, or was to be |
//! | an open opportunity that was to be decided by now, with a next step that has a day | 80 |
//! | an open opportunity in its stage for longer than expected | 50 for each time that the expected days went by, in parts too, up to 200 |
//! | an open opportunity that is idle: without an interaction, a step or a task done for as long as its stage, or pipeline, allows | the same of the days that are allowed |
//!
//! Of several causes of one opportunity the working day has the most urgent.
//!
//! So a promise that is due today, a customer who waits twice as long as agreed, and one who was
//! never spoken to weigh the same. [`rank`] says what goes first among those that do.

mod cause;
pub(crate) mod day;
mod item;
mod load;
pub(crate) mod rot;
mod service;
mod silence;

pub use cause::{Cause, WorkKind};
pub use item::{WorkItem, rank};
pub use rot::Stood;
pub use service::workday;
