use std::collections::BTreeSet;

use crate::kernel::Term;

use super::{
    digits::without_zeros,
    parts::{Part, Parts, Place},
    record::Searchable,
};

/// The most terms of one record. What would be behind them is not found: the end of a name of
/// hundreds of words, the last of a dozen phone numbers, the last of a hundred tags in the order of
/// their letters.
pub const MAX_TERMS: usize = 128;

/// What a record is found by: its whole name, its words, its Chinese, Japanese and Korean writing by twos, its
/// e-mail address, every end of its phone numbers. Each once, in order.
///
/// What matters most goes first, so that [`MAX_TERMS`] cut none of it: names, e-mail address,
/// numbers, phones, then towns and tags. Archived customers and contacts have no such terms: they
/// are not searched until they are restored.
pub fn terms_of<E: Searchable>(record: &E) -> Vec<Term> {
    let parts = Parts::of(&record.searched());
    let mut terms = Terms { all: BTreeSet::new(), most: MOST_OF_NAMES };
    terms.all.extend(parts.names.iter().filter(|name| !name.is_empty()).map(|name| whole(name)));
    terms.add_parts(&parts, &[Place::Name, Place::OtherName]);
    terms.most = MOST_BEFORE_PHONES;
    if let Some(address) = &parts.address {
        terms.add(address);
        if let Some(at) = address.rfind('@') {
            terms.add(address.get(at..).unwrap_or_default());
        }
    }
    terms.add_parts(&parts, &[Place::Email, Place::Number]);
    terms.most = MOST_BEFORE_TAGS;
    for phone in &parts.phones {
        for suffix in phone.suffixes() {
            terms.add(suffix);
        }
    }
    terms.most = MAX_TERMS;
    terms.add_parts(&parts, &[Place::City, Place::Tag]);
    terms.all.into_iter().collect()
}

/// Words are one family, wherever they are from: a word of a query may be in any of them.
pub(super) fn word(text: &str) -> Term {
    Term::new("w", text)
}

/// The letters and digits of a whole name: those whose name begins so stand together, and who is called
/// just so stands first.
pub(super) fn whole(letters: &str) -> Term {
    Term::new("n", letters)
}

/// A run by twos.
pub(super) fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let ends = run.char_indices().skip(1).map(|(at, c)| at + c.len_utf8());
    run.char_indices().zip(ends).filter_map(|((from, _), to)| run.get(from..to))
}

/// The longest name leaves room for an address and numbers, these for phones, these for a town.
const MOST_OF_NAMES: usize = 80;
const MOST_BEFORE_PHONES: usize = 96;
const MOST_BEFORE_TAGS: usize = 124;

struct Terms {
    all: BTreeSet<Term>,
    most: usize,
}

impl Terms {
    fn add_parts(&mut self, parts: &Parts, places: &[Place]) {
        for place in places {
            parts
                .all
                .iter()
                .filter(|part| part.kept && part.place == *place)
                .for_each(|part| self.add_part(part));
        }
    }

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
