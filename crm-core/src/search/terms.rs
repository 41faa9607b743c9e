use std::collections::BTreeSet;

use crate::kernel::Term;

use super::{
    digits::without_zeros,
    parts::{Part, Parts},
    record::Searchable,
};

/// The most terms of one record. What would be behind them is not found: the end of a name of
/// hundreds of words, the fourth phone number.
pub const MAX_TERMS: usize = 128;

/// What a record is found by: its words, its Chinese, Japanese and Korean writing by twos, its
/// e-mail address, every end of its phone numbers. Each once, in order.
pub fn terms_of<E: Searchable>(record: &E) -> Vec<Term> {
    let parts = Parts::of(&record.searched());
    let mut terms = Terms { all: BTreeSet::new(), most: MAX_TERMS - TERMS_OF_PHONES };
    for part in parts.all.iter().filter(|part| part.kept) {
        terms.add_part(part);
    }
    terms.most = MAX_TERMS;
    if let Some(address) = &parts.address {
        terms.add(address);
        if let Some(at) = address.rfind('@') {
            terms.add(address.get(at..).unwrap_or_default());
        }
    }
    for phone in &parts.phones {
        for suffix in phone.suffixes() {
            terms.add(suffix);
        }
    }
    terms.all.into_iter().collect()
}

/// Words are one family, wherever they are from: a word of a query may be in any of them.
pub(super) fn word(text: &str) -> Term {
    Term::new("w", text)
}

/// A run by twos.
pub(super) fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let ends = run.char_indices().skip(1).map(|(at, c)| at + c.len_utf8());
    run.char_indices().zip(ends).filter_map(|((from, _), to)| run.get(from..to))
}

/// Room that the longest name leaves for an address and phones.
const TERMS_OF_PHONES: usize = 32;

struct Terms {
    all: BTreeSet<Term>,
    most: usize,
}

impl Terms {
    fn add_part(&mut self, part: &Part) {
        if part.is_run() {
            pairs(&part.text).for_each(|pair| self.add(pair));
            // Found by its last sign alone, as by any other, which begins a pair.
            if let Some((at, _)) = part.text.char_indices().next_back() {
                self.add(part.text.get(at..).unwrap_or_default());
            }
        } else {
            self.add(&part.text);
            self.add(without_zeros(&part.text));
        }
    }

    fn add(&mut self, text: &str) {
        if !text.is_empty() && self.all.len() < self.most {
            self.all.insert(word(text));
        }
    }
}
