//! A made-up base of dirty company records, and the truth about it. The same every time.
//!
//! Half of the records are Chinese firms, half have names in Latin letters (German, American,
//! British, French, Spanish). Names are put together from few parts, so that many different firms
//! have nearly the same name, and some the very same one.

pub(crate) mod records;

use std::{collections::HashMap, hash::Hash};

use crm_core::{customer::Customer, kernel::TenantId, settings::Settings};
use uuid::Uuid;

use records::Records;

/// The rates in words.
pub(crate) fn about() -> String {
    use records::rates::*;
    format!(
        "half Chinese, half Latin; {AGAIN} % are a firm written down again with a mistake in the \
         name (typo, legal form, width, case or word order; {SECOND_MISTAKE} % of them with two);\n\
         of all records, phone missing {} %, a digit wrong {} %, always in one of 7 formats; \
         website missing {} %, a letter wrong {} %; postcode missing {} %, a digit wrong {} %;\n\
         {SISTERS} % of the firms have a sister under the same domain and postcode, \
         {OFFICE_CENTRE} % share phone and postcode with a stranger. No tax numbers, no e-mail \
         addresses.",
        PHONE.0, PHONE.1, DOMAIN.0, DOMAIN.1, POSTCODE.0, POSTCODE.1,
    )
}

/// The records, and which firm each of them is.
pub(crate) struct Base {
    pub(crate) customers: Vec<Customer>,
    pub(crate) firms: Vec<u32>,
    pub(crate) settings: Settings,
}

impl Base {
    /// So many records. Another seed, another base.
    pub(crate) fn new(records: usize, seed: u64) -> Self {
        let mut base = Self {
            customers: Vec::with_capacity(records),
            firms: Vec::with_capacity(records),
            settings: Settings::standard(Settings::id_of(TenantId(Uuid::nil()))),
        };
        for record in Records::new(seed, usize::MAX).take(records) {
            base.customers.push(record.customer);
            base.firms.push(record.firm);
        }
        base
    }

    /// How many pairs of records are the same firm.
    pub(crate) fn true_pairs(&self) -> u64 {
        pairs_in(self.firms.iter())
    }

    /// Whether two records, by their place, are the same firm.
    pub(crate) fn is_same(&self, one: usize, other: usize) -> bool {
        self.firms[one] == self.firms[other]
    }
}

/// How many pairs have the same value.
pub(crate) fn pairs_in<T: Eq + Hash>(values: impl Iterator<Item = T>) -> u64 {
    let mut counts: HashMap<T, u64> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.values().map(|count| count * (count - 1) / 2).sum()
}
