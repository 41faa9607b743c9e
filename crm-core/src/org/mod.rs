//! The company itself: its units and its people.

mod chart;
pub mod org_unit;
pub mod staff_member;

pub use chart::OrgChart;

use crate::kernel::{Entity, Id, Invalid};

/// The shortest cycle; longer ones are looked for where the tree is read.
pub(crate) fn not_its_own_parent<E: Entity>(
    id: Id<E>,
    parent: Option<Id<E>>,
) -> Result<(), Invalid> {
    if parent == Some(id) {
        return Err(Invalid::field::<E>("parent", "nothing stands above itself"));
    }
    Ok(())
}
