use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

use super::plan::Plan;

/// What rows are known by that have no id: what they say in our fields. Columns that are not mapped
/// do not count, constants do.
#[derive(Clone, Debug)]
pub struct Content(pub(super) Plan);

impl Content {
    /// The content of a row with these cells.
    pub fn of(&self, cells: &[String]) -> String {
        self.0.content(cells)
    }
}

/// Slots of each filter: 2^25 bits are 4 MB.
const SLOTS: u64 = 1 << 25;

/// Which of several rows with the same content a row is, in memory that hardly grows with the file.
///
/// Read the rows twice: [`Occurrences::note`] the [`Content`] of each first, then
/// [`Occurrences::count`] each. Two filters of 4 MB say which contents may stand there more than
/// once; only those are counted.
///
/// ```
/// use crm_core::import::Occurrences;
/// let rows = ["ann 1", "bob 2", "ann 1"];
/// let mut occurrences = Occurrences::default();
/// rows.iter().for_each(|row| occurrences.note(row));
/// assert_eq!(rows.map(|row| occurrences.count(row)), [0, 0, 1]);
/// ```
pub struct Occurrences {
    once: Vec<u64>,
    again: Vec<u64>,
    /// By a fingerprint of 128 bits: two contents with the same one are not to be expected.
    counts: HashMap<(u64, u64), u32, BuildHasherDefault<DefaultHasher>>,
}

impl Default for Occurrences {
    fn default() -> Self {
        let empty = || vec![0; (SLOTS / 64) as usize];
        Self { once: empty(), again: empty(), counts: HashMap::default() }
    }
}

impl std::fmt::Debug for Occurrences {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Occurrences").field("counted", &self.counts.len()).finish_non_exhaustive()
    }
}

impl Occurrences {
    /// First, for every row: that this content stands there.
    pub fn note(&mut self, content: &str) {
        let (print, _) = fingerprint(content);
        if set(&mut self.once, print) {
            set(&mut self.again, print);
        }
    }

    /// Then, for every row in the same order: how many before it have the same content.
    pub fn count(&mut self, content: &str) -> u32 {
        let print = fingerprint(content);
        let (word, bit) = slot(print.0);
        if self.again.get(word).is_none_or(|bits| bits & bit == 0) {
            return 0;
        }
        let count = self.counts.entry(print).or_default();
        *count += 1;
        *count - 1
    }
}

fn fingerprint(content: &str) -> (u64, u64) {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let first = hasher.finish();
    first.hash(&mut hasher);
    (first, hasher.finish())
}

fn slot(print: u64) -> (usize, u64) {
    let slot = print % SLOTS;
    ((slot / 64) as usize, 1 << (slot % 64))
}

/// Sets the bit; whether it was set before.
fn set(filter: &mut [u64], print: u64) -> bool {
    let (word, bit) = slot(print);
    filter.get_mut(word).is_some_and(|bits| {
        let before = *bits & bit != 0;
        *bits |= bit;
        before
    })
}
