use crate::kernel::TermTest;

use super::{
    digits::{Digits, FEWEST, without_zeros},
    parts::{Part, Parts, Place},
    terms::{pairs, word},
};

/// A piece of a query. Every one must be found in a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Atom {
    /// The beginning of a word. Some are for the eye alone: there may be no term for it.
    Word {
        /// The word.
        text: String,
        /// Whether stores are asked for it.
        tested: bool,
    },
    /// Chinese, Japanese or Korean writing, in a row.
    Run(String),
    /// Digits of a phone number, or the beginning of another number.
    Digits(Digits),
    /// The beginning of an e-mail address, or of its domain with the `@`.
    Address(String),
}

impl Atom {
    /// What some terms of a record must be, if it is a hit.
    pub(super) fn tests(&self) -> Vec<TermTest> {
        match self {
            Self::Word { tested: false, .. } => Vec::new(),
            Self::Word { text, .. } | Self::Address(text) => vec![TermTest::BeginsWith(word(text))],
            Self::Run(run) if pairs(run).next().is_none() => vec![TermTest::BeginsWith(word(run))],
            Self::Run(run) => pairs(run).map(|pair| TermTest::Is(word(pair))).collect(),
            Self::Digits(digits) => vec![TermTest::BeginsWith(word(digits.tested()))],
        }
    }

    /// Where in a record it is found, the best place first.
    pub(super) fn place(&self, record: &Parts) -> Option<Place> {
        let part = record.all.iter().filter(|part| self.is_in(part)).map(|part| part.place).min();
        let other = match self {
            Self::Digits(typed) => {
                record.phones.iter().any(|phone| phone.is_found_by(typed)).then_some(Place::Phone)
            }
            Self::Address(begin) => record
                .address
                .as_ref()
                .filter(|address| {
                    let domain = address.rfind('@').and_then(|at| address.get(at..));
                    address.starts_with(begin) || domain.is_some_and(|d| d.starts_with(begin))
                })
                .map(|_| Place::Email),
            Self::Word { .. } | Self::Run(_) => None,
        };
        part.into_iter().chain(other).min()
    }

    /// Where in a name, behind `from`, it is found first, and where it ends.
    pub(super) fn end_in_name(&self, record: &Parts, from: usize) -> Option<usize> {
        let parts = record.all.iter().filter(|part| part.place == Place::Name);
        let ends = parts.filter_map(|part| match self {
            Self::Run(run) => {
                let mut places = part.text.match_indices(run.as_str()).map(|(at, _)| part.at + at);
                places.find(|at| *at >= from).map(|at| at + run.len())
            }
            Self::Word { text, .. } => {
                (part.at >= from && self.is_in(part)).then(|| part.at + text.len())
            }
            _ => (part.at >= from && self.is_in(part)).then(|| part.at + part.text.len()),
        });
        ends.min()
    }

    /// Whether a part has it. What is asked of stores is found by terms alone.
    fn is_in(&self, part: &Part) -> bool {
        match self {
            Self::Word { text, tested } => (part.kept || !tested) && part.text.starts_with(text),
            Self::Run(run) => part.kept && part.is_run() && part.text.contains(run),
            Self::Address(begin) => part.kept && part.text.starts_with(begin),
            Self::Digits(Digits { international: true, .. }) => false,
            Self::Digits(typed) => match typed.significant() {
                few if few.len() < FEWEST => part.kept && part.text.starts_with(&typed.all),
                digits => part.kept && without_zeros(&part.text).starts_with(digits),
            },
        }
    }
}
