use crate::kernel::{Entity, Stored};

use super::row::Outcome;

/// A record, and the rows that are about it.
pub(super) struct Slot<E> {
    pub(super) stored: Option<Stored<E>>,
    /// What it becomes, one after the other.
    pub(super) states: Vec<State<E>>,
    /// Each row, and what it did.
    pub(super) rows: Vec<(usize, Outcome)>,
}

/// What a row makes of a record.
pub(super) struct State<E> {
    pub(super) row: usize,
    /// The entry in the change log.
    pub(super) event: &'static str,
    pub(super) to: E,
}

/// The entry in the change log of what a row says.
pub(super) const IMPORTED: &str = "imported";
/// The entry in the change log of what took a row in.
pub(super) const FOLDED: &str = "folded";

impl<E: Entity> Slot<E> {
    /// The record, as the rows so far leave it.
    pub(super) fn now(&self) -> Option<&E> {
        self.states.last().map(|state| &state.to).or(self.stored.as_deref())
    }
}
