use crate::{owner_change::OwnerChange, stage_move::StageMove};

/// The facts of the history of a record that a store adds with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The steps of an opportunity.
    pub moves: Vec<StageMove>,
    /// Its changes of owner.
    pub owners: Vec<OwnerChange>,
}

impl Facts {
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.owners.is_empty()
    }

    /// These and others.
    pub fn extend(&mut self, others: Self) {
        self.moves.extend(others.moves);
        self.owners.extend(others.owners);
    }
}
