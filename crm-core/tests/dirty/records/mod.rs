//! Made-up dirty company records, one after the other, the same every time.

mod firm;
mod random;
mod spoil;
mod words_chinese;
mod words_english;
mod words_latin;

use std::collections::VecDeque;

use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Id, Phone, PhoneKind, Phones},
};
use uuid::Uuid;

use firm::{Firm, Maker};
pub(crate) use random::Random;
use spoil::{Mistake, mistyped, website};

/// How dirty they are: so many in a hundred records.
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

/// Records without end. Half are Chinese firms, half have names in Latin letters (German, American,
/// British, French, Spanish).
pub(crate) struct Records {
    random: Random,
    maker: Maker,
    firms: VecDeque<Firm>,
    /// How many firms are remembered, to write them down again.
    remembered: usize,
    /// How many there were before those.
    forgotten: usize,
    made: usize,
}

/// A record, and the truth about it.
pub(crate) struct Record {
    /// As it was written down.
    pub(crate) customer: Customer,
    /// Which firm it is.
    pub(crate) firm: u32,
    /// Whether the firm was written down before.
    pub(crate) again: bool,
    /// The firm's town.
    pub(crate) town: &'static str,
    /// The firm's own domain.
    pub(crate) domain: String,
}

impl Records {
    /// Another seed, other records. Only firms of the last `remembered` are written down again.
    pub(crate) fn new(seed: u64, remembered: usize) -> Self {
        Self {
            random: Random(seed),
            maker: Maker::default(),
            firms: VecDeque::new(),
            remembered,
            forgotten: 0,
            made: 0,
        }
    }

    fn new_firm(&mut self) -> Firm {
        let (random, maker, others) = (&mut self.random, &mut self.maker, &self.firms);
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
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let again = !self.firms.is_empty() && self.random.happens(rates::AGAIN);
        let at = if again {
            self.random.below(self.firms.len())
        } else {
            let made = self.new_firm();
            self.firms.push_back(made);
            if self.firms.len() > self.remembered {
                self.firms.pop_front();
                self.forgotten += 1;
            }
            self.firms.len() - 1
        };
        let firm = &self.firms[at];
        let customer = record(&mut self.random, firm, self.made, again);
        self.made += 1;
        Some(Record {
            customer,
            firm: (self.forgotten + at) as u32,
            again,
            town: firm.town,
            domain: firm.domain.clone(),
        })
    }
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
