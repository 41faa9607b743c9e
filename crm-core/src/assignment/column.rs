//! One field of the index: which rules a record is not refused by, given what it has there.

use std::{collections::HashMap, hash::Hash};

use crate::kernel::{FieldSpec, Value};

use super::required::{Of, Required, key, number};

/// For each value of a field the rules that may match it, a bit for each.
pub(super) struct Column<E: 'static> {
    field: &'static FieldSpec<E>,
    /// Rules that ask nothing of the field.
    open: Vec<u64>,
    filed: Filed,
}

enum Filed {
    Texts(HashMap<String, Bits>),
    Keys(HashMap<u128, Bits>),
    Ranges(Ranges),
}

/// The words that are not 0, by their place: most values are asked for by few rules.
type Bits = Vec<(usize, u64)>;

/// Numbers in at most 64 stretches, for each the rules whose range touches it.
struct Ranges {
    bounds: Vec<i128>,
    touching: Vec<Vec<u64>>,
}

const STRETCHES: usize = 64;

impl<E> Column<E> {
    /// Of all rules, so many words of them, those that ask something of this field, with their places.
    pub(super) fn new(words: usize, asking: &[(usize, &Required<E>)]) -> Option<Self> {
        let (_, first) = asking.first()?;
        let mut open = vec![u64::MAX; words];
        for (rule, _) in asking {
            if let Some(word) = open.get_mut(rule / 64) {
                *word &= !bit(*rule);
            }
        }
        let filed = match &first.of {
            Of::Texts(_) => Filed::Texts(posted(asking, |of| match of {
                Of::Texts(texts) => texts.clone(),
                _ => Vec::new(),
            })),
            Of::Keys(_) => Filed::Keys(posted(asking, |of| match of {
                Of::Keys(keys) => keys.clone(),
                _ => Vec::new(),
            })),
            Of::Range(..) => Filed::Ranges(Ranges::new(words, asking)),
        };
        Some(Self { field: first.field, open, filed })
    }

    /// Takes away the rules that ask for something else than the record has. Without one all that ask.
    pub(super) fn narrow(&self, record: Option<&E>, rules: &mut [u64]) {
        let value = record.map_or(Value::Null, |record| (self.field.get)(record));
        match &self.filed {
            Filed::Texts(by) => match &value {
                Value::Text(text) => self.keep(by.get(text.as_ref()), rules),
                _ => self.keep(None, rules),
            },
            Filed::Keys(by) => self.keep(key(&value).and_then(|key| by.get(&key)), rules),
            Filed::Ranges(ranges) => match number(&value) {
                Some(number) => {
                    let none = Vec::new();
                    let touching = ranges.touching.get(ranges.stretch(number)).unwrap_or(&none);
                    for ((word, open), touching) in rules.iter_mut().zip(&self.open).zip(touching) {
                        *word &= open | touching;
                    }
                }
                // Also a number that is too large for an index.
                None if value.is_null() => self.keep(None, rules),
                None => {}
            },
        }
    }

    fn keep(&self, bits: Option<&Bits>, rules: &mut [u64]) {
        let mut bits = bits.into_iter().flatten().peekable();
        for (at, (word, open)) in rules.iter_mut().zip(&self.open).enumerate() {
            let filed = bits.next_if(|(place, _)| *place == at).map_or(0, |(_, filed)| *filed);
            *word &= open | filed;
        }
    }
}

impl Ranges {
    fn new<E>(words: usize, asking: &[(usize, &Required<E>)]) -> Self {
        let range = |one: &Required<E>| match one.of {
            Of::Range(low, high) => (low, high),
            _ => (i128::MIN, i128::MAX),
        };
        // A stretch begins where a range does, and behind where one ends.
        let ends = |(_, one): &(usize, &Required<E>)| {
            let (low, high) = range(one);
            [low, high.saturating_add(1)]
        };
        let mut all: Vec<i128> = asking.iter().flat_map(ends).collect();
        all.sort_unstable();
        all.dedup();
        let each = all.len().div_ceil(STRETCHES - 1).max(1);
        let bounds = all.into_iter().step_by(each).collect();
        let mut ranges = Self { bounds, touching: Vec::new() };
        ranges.touching = vec![vec![0; words]; ranges.bounds.len() + 1];
        for (rule, one) in asking {
            let (low, high) = range(one);
            // None where the two ends contradict each other.
            for stretch in ranges.stretch(low)..=ranges.stretch(high) {
                let word = ranges.touching.get_mut(stretch).and_then(|w| w.get_mut(rule / 64));
                if let Some(word) = word {
                    *word |= bit(*rule);
                }
            }
        }
        ranges
    }

    fn stretch(&self, number: i128) -> usize {
        self.bounds.partition_point(|bound| *bound <= number)
    }
}

/// Which rules ask for which value; rules come in their order.
fn posted<E, K: Hash + Eq>(
    asking: &[(usize, &Required<E>)],
    values: impl Fn(&Of) -> Vec<K>,
) -> HashMap<K, Bits> {
    let mut by: HashMap<K, Bits> = HashMap::new();
    for (rule, one) in asking {
        for value in values(&one.of) {
            let bits = by.entry(value).or_default();
            match bits.last_mut() {
                Some((place, word)) if *place == rule / 64 => *word |= bit(*rule),
                _ => bits.push((rule / 64, bit(*rule))),
            }
        }
    }
    by
}

const fn bit(rule: usize) -> u64 {
    1 << (rule % 64)
}
