//! A made-up base of dirty company records, and the truth about it. The same every time.
//!
//! Half of the records are Chinese firms, half have names in Latin letters (German, American,
//! British, French, Spanish). Names are put together from few parts, so that many different firms
//! have nearly the same name, and some the very same one.

mod firm;
mod random;
mod spoil;
mod words_chinese;
mod words_english;
mod words_latin;

use std::{collections::HashMap, hash::Hash};

use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Id, Phone, PhoneKind, Phones, TenantId},
    settings::Settings,
};
use uuid::Uuid;

use firm::{Firm, Maker};
use random::Random;
use spoil::{Mistake, mistyped, website};

/// How dirty it is: so many in a hundred records.
pub(crate) mod rates {
    /// Records that are another firm's, written down again, with one mistake in the name or more: a typo,
    /// another legal form, full width, upper or lower case, another order of words.
    pub(crate) const AGAIN: usize = 12;
    /// Of these, those with a second mistake in the name.
    pub(crate) const SECOND_MISTAKE: usize = 25;
    /// Without a phone number; with a digit wrong.
    pub(crate) const PHONE: (usize, usize) = (20, 8);
    /// Without a website; with a letter wrong.
    pub(crate) const DOMAIN: (usize, usize) = (30, 5);
    /// Without a postcode; with a digit wrong.
    pub(crate) const POSTCODE: (usize, usize) = (15, 5);
    /// Firms of the same house as another: name, domain and postcode alike, another trade.
    pub(crate) const SISTERS: usize = 2;
    /// Firms that share the phone and the postcode of another: an office centre.
    pub(crate) const OFFICE_CENTRE: usize = 1;
}

/// The rates in words.
pub(crate) fn about() -> String {
    use rates::*;
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
        let mut random = Random(seed);
        let mut maker = Maker::default();
        let mut firms: Vec<Firm> = Vec::new();
        let mut base = Self {
            customers: Vec::with_capacity(records),
            firms: Vec::with_capacity(records),
            settings: Settings::standard(Settings::id_of(TenantId(Uuid::nil()))),
        };
        while base.customers.len() < records {
            let again = !firms.is_empty() && random.happens(rates::AGAIN);
            let firm = if again {
                random.below(firms.len())
            } else {
                let made = new_firm(&mut random, &mut maker, &firms);
                firms.push(made);
                firms.len() - 1
            };
            let made = record(&mut random, &firms[firm], base.customers.len(), again);
            base.customers.push(made);
            base.firms.push(firm as u32);
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

fn new_firm(random: &mut Random, maker: &mut Maker, others: &[Firm]) -> Firm {
    if !others.is_empty() && random.happens(rates::SISTERS) {
        let of = random.below(others.len());
        return maker.sister(random, &others[of]);
    }
    let mut made = if random.happens(50) { maker.chinese(random) } else { maker.latin(random) };
    if !others.is_empty() && random.happens(rates::OFFICE_CENTRE) {
        let host = &others[random.below(others.len())];
        if host.country == made.country {
            made.phone = host.phone.clone();
            made.postcode = host.postcode.clone();
        }
    }
    made
}

fn record(random: &mut Random, firm: &Firm, at: usize, again: bool) -> Customer {
    let name = if again {
        let possible: Vec<Mistake> =
            Mistake::ALL.into_iter().filter(|mistake| firm.name.can(*mistake)).collect();
        let mut mistakes = vec![possible[random.below(possible.len())]];
        if random.happens(rates::SECOND_MISTAKE) {
            mistakes.push(possible[random.below(possible.len())]);
        }
        firm.name.mistaken(random, &mistakes)
    } else {
        firm.name.written()
    };
    let id = Id::new(Uuid::from_u128(at as u128 + 1));
    let mut made = Customer::new(id, CustomerKind::Organisation, name);
    made.country = firm.country.parse().ok();
    if let Some(wrong) = kept(random, rates::PHONE) {
        let phone = if wrong { firm.phone.mistyped(random) } else { firm.phone.clone() };
        let number = phone.written(random);
        made.phones = Phones(vec![Phone { kind: PhoneKind::Work, number }]);
    }
    if let Some(wrong) = kept(random, rates::DOMAIN) {
        let (name, tld) = firm.domain.split_once('.').unwrap_or((&firm.domain, "com"));
        let letter = |random: &mut Random| char::from(b'a' + random.below(26) as u8);
        let name = if wrong { mistyped(random, name, letter) } else { name.to_owned() };
        made.website = Some(website(random, &format!("{name}.{tld}")));
    }
    if let Some(wrong) = kept(random, rates::POSTCODE) {
        let digit = |random: &mut Random| char::from(b'0' + random.below(10) as u8);
        let postcode = &firm.postcode;
        made.postcode =
            Some(if wrong { mistyped(random, postcode, digit) } else { postcode.clone() });
    }
    made
}

/// Nothing where it is missing; whether it is wrong.
fn kept(random: &mut Random, (missing, wrong): (usize, usize)) -> Option<bool> {
    let dice = random.below(100);
    (dice >= missing).then_some(dice < missing + wrong)
}
