//! What happens between customers and us: recorded while it is open, final once it is closed;
//! whatever corrects it then is an [`addendum`].

pub mod addendum;
mod close_day;
mod entity;
mod next_step;
mod participants;
mod service;
mod state;

pub use close_day::ClosedDay;
pub use entity::*;
pub use participants::Participants;
pub(crate) use participants::participant_term;
pub use service::Interactions;
pub(crate) use service::has_happened;
pub use state::{InteractionState, InteractionStatus};
