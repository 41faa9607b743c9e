//! Conflicts: several open opportunities with one customer for the same product.

mod decision;
mod find;
mod warn;

pub use decision::{Conflict, Overlap, Rival, Shared};
pub use find::{ConflictPage, conflicts, conflicts_of};
pub(super) use warn::Presence;
