//! Some fields of the index: which rules a record is not refused by, given what it has there.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use crate::kernel::{FieldSpec, Value};

use super::required::{Clause, Of, Required, key, number};

/// For each value of some fields the rules that may match it, a bit for each. Several fields where a rule asks for one thing
/// or another.
pub(super) struct Column<E: 'static> {
    /// Rules that ask nothing of these fields.
    open: Vec<u64>,
    fields: Vec<Filed<E>>,
}

struct Filed<E: 'static> {
    field: &'static FieldSpec<E>,
    under: Under,
}

enum Under {
    Texts {
        whole: HashMap<String, Bits>,
        beginnings: HashMap<String, Bits>,
        /// How long beginnings are, in bytes.
        lengths: Vec<usize>,
    },
    Keys(HashMap<u128, Bits>),
    Ranges(Ranges),
}

/// A bit for each rule: every word, or where most are 0 those that are not, by their place.
enum Bits {
    All(Vec<u64>),
    Few(Vec<(usize, u64)>),
}

/// Numbers in at most 256 stretches, for each the rules whose range touches it.
struct Ranges {
    bounds: Vec<i128>,
    touching: Vec<Vec<u64>>,
}

const STRETCHES: usize = 256;

impl<E> Column<E> {
    /// Of all rules, so many words of them, those that ask something of these fields, with their places.
    pub(super) fn new(words: usize, asking: &[(usize, &Clause<E>)]) -> Option<Self> {
        let (_, first) = asking.first()?;
        let mut open = vec![u64::MAX; words];
        for (rule, _) in asking {
            if let Some(word) = open.get_mut(rule / 64) {
                *word &= !bit(*rule);
            }
        }
        let of_field = |(at, first): (usize, &Required<E>)| {
            let asked: Vec<_> = asking
                .iter()
                .filter_map(|(rule, clause)| Some((*rule, &clause.one_of.get(at)?.of)))
                .collect();
            Filed { field: first.field, under: Under::new(words, &first.of, &asked) }
        };
        Some(Self { open, fields: first.one_of.iter().enumerate().map(of_field).collect() })
    }

    /// Takes away the rules that ask for something else than the record has. Without one all that ask.
    pub(super) fn narrow(&self, record: Option<&E>, rules: &mut [u64], kept: &mut Vec<u64>) {
        kept.clear();
        kept.extend_from_slice(&self.open);
        for filed in &self.fields {
            let value = record.map_or(Value::Null, |record| (filed.field.get)(record));
            if !filed.under.keep(&value, kept) {
                return;
            }
        }
        for (rule, kept) in rules.iter_mut().zip(kept.iter()) {
            *rule &= kept;
        }
    }
}

impl Under {
    fn new(words: usize, first: &Of, asked: &[(usize, &Of)]) -> Self {
        match first {
            Of::Texts(..) => {
                let texts = |beginning: bool| {
                    move |of: &Of| match of {
                        Of::Texts(whole, beginnings) => {
                            if beginning { beginnings } else { whole }.iter().cloned().collect()
                        }
                        _ => Vec::new(),
                    }
                };
                let beginnings = posted(words, asked, texts(true));
                let lengths: BTreeSet<_> = beginnings.keys().map(String::len).collect();
                let lengths = lengths.into_iter().collect();
                Self::Texts { whole: posted(words, asked, texts(false)), beginnings, lengths }
            }
            Of::Keys(_) => Self::Keys(posted(words, asked, |of| match of {
                Of::Keys(keys) => keys.iter().copied().collect(),
                _ => Vec::new(),
            })),
            Of::Range(..) => Self::Ranges(Ranges::new(words, asked)),
        }
    }

    /// Keeps the rules that are filed under a value. False where that cannot be known: all may match.
    fn keep(&self, value: &Value<'_>, kept: &mut [u64]) -> bool {
        match self {
            Self::Texts { whole, beginnings, lengths } => {
                if let Value::Text(text) = value {
                    keep(whole.get(text.as_ref()), kept);
                    for length in lengths {
                        let beginning = text.get(..*length);
                        keep(beginning.and_then(|text| beginnings.get(text)), kept);
                    }
                }
            }
            Self::Keys(by) => keep(key(value).and_then(|key| by.get(&key)), kept),
            Self::Ranges(ranges) => match number(value) {
                Some(number) => {
                    keep_words(ranges.touching.get(ranges.stretch(number)), kept);
                }
                // Also a number that is too large for an index.
                None => return value.is_null(),
            },
        }
        true
    }
}

fn keep(bits: Option<&Bits>, kept: &mut [u64]) {
    match bits {
        Some(Bits::All(words)) => keep_words(Some(words), kept),
        Some(Bits::Few(few)) => {
            for (place, filed) in few {
                if let Some(kept) = kept.get_mut(*place) {
                    *kept |= filed;
                }
            }
        }
        None => {}
    }
}

fn keep_words(words: Option<&Vec<u64>>, kept: &mut [u64]) {
    for (kept, filed) in kept.iter_mut().zip(words.into_iter().flatten()) {
        *kept |= filed;
    }
}

impl Ranges {
    fn new(words: usize, asked: &[(usize, &Of)]) -> Self {
        let range = |of: &Of| match of {
            Of::Range(low, high) => (*low, *high),
            _ => (i128::MIN, i128::MAX),
        };
        // A stretch begins where a range does, and behind where one ends.
        let ends = |(_, of): &(usize, &Of)| {
            let (low, high) = range(of);
            [low, high.saturating_add(1)]
        };
        let mut all: Vec<i128> = asked.iter().flat_map(ends).collect();
        all.sort_unstable();
        all.dedup();
        let each = all.len().div_ceil(STRETCHES - 1).max(1);
        let bounds = all.into_iter().step_by(each).collect();
        let mut ranges = Self { bounds, touching: Vec::new() };
        ranges.touching = vec![vec![0; words]; ranges.bounds.len() + 1];
        for (rule, of) in asked {
            let (low, high) = range(of);
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
fn posted<K: Hash + Eq>(
    words: usize,
    asked: &[(usize, &Of)],
    values: impl Fn(&Of) -> Vec<K>,
) -> HashMap<K, Bits> {
    let mut by: HashMap<K, Vec<(usize, u64)>> = HashMap::new();
    for (rule, of) in asked {
        for value in values(of) {
            let bits = by.entry(value).or_default();
            match bits.last_mut() {
                Some((place, word)) if *place == rule / 64 => *word |= bit(*rule),
                _ => bits.push((rule / 64, bit(*rule))),
            }
        }
    }
    let bits = |few: Vec<(usize, u64)>| {
        if few.len() * 4 < words {
            return Bits::Few(few);
        }
        let mut all = vec![0; words];
        for (place, filed) in few {
            if let Some(word) = all.get_mut(place) {
                *word = filed;
            }
        }
        Bits::All(all)
    };
    by.into_iter().map(|(value, few)| (value, bits(few))).collect()
}

const fn bit(rule: usize) -> u64 {
    1 << (rule % 64)
}
