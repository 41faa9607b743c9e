use super::{Entity, Invalid};

/// An entity that stores alone write: each of its rows adds up what other records count for
/// ([`Entity::tally`]). It is read as every other is; nobody inserts or changes one.
///
/// To be correct, an implementation must give rows of different keys different ids, and the same key
/// the same id.
///
/// A store writes what was added to a row since, as a difference ([`super::Tallies::rows`]), in the same unit of work as the
/// records that it comes from, before that is committed: it never reads a row to write it. Rows are
/// written in the order of their keys, so that units do not wait for each other in a circle.
pub trait KeptEntity: Entity {
    /// The columns by which a row is known: no two rows of a tenant are the same in all of them.
    /// Every other amount and whole number is added up.
    const KEY: &'static [&'static str];

    /// The row with what came to it.
    ///
    /// # Errors
    /// [`Invalid`] when an amount is beyond 28 digits.
    fn plus(&self, more: &Self) -> Result<Self, Invalid>;
}
