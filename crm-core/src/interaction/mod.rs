//! What happens between customers and us: recorded while it is open, final once it is closed.

mod entity;
mod service;
mod state;

pub use entity::*;
pub use service::Interactions;
pub use state::{InteractionState, InteractionStatus};
