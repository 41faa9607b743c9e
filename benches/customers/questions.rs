//! What people search for in a base of made-up customers, and whom they are about to add.

use crm_core::customer::Customer;

use super::records::{Random, Record, Records};

/// Sorts of searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    RareWord,
    CommonWord,
    TwoWords,
    SeldomTogether,
    Prefix,
    PhoneEnd,
    PhoneBeginning,
    Email,
    TwoCharacters,
    FourCharacters,
    Nothing,
}

impl Sort {
    pub(crate) const ALL: [Self; 11] = [
        Self::RareWord,
        Self::CommonWord,
        Self::TwoWords,
        Self::SeldomTogether,
        Self::Prefix,
        Self::PhoneEnd,
        Self::PhoneBeginning,
        Self::Email,
        Self::TwoCharacters,
        Self::FourCharacters,
        Self::Nothing,
    ];

    /// A text of this sort, about a customer where it tells of one.
    fn text(self, random: &mut Random, customer: &Customer) -> Option<String> {
        let chinese = !customer.name.is_ascii() && customer.country.is_some_and(is_china);
        let words: Vec<&str> = customer.name.split_whitespace().collect();
        let phone = customer.phones.0.first().map(|phone| phone.number.as_str());
        match self {
            Self::RareWord => {
                let label = customer.email.as_deref()?.split_once('@')?.1.split('.').next()?;
                (label.len() > 5).then(|| label.to_owned())
            }
            Self::CommonWord => Some(random.one_of(&COMMON).to_owned()),
            Self::SeldomTogether => {
                Some(format!("{} {}", random.one_of(&COMMON), random.one_of(&COMMON)))
            }
            Self::TwoWords if !chinese => match words[..] {
                [one, two, ..] if one.len() > 1 && two.len() > 1 => Some(format!("{one} {two}")),
                _ => None,
            },
            Self::Prefix if !chinese => {
                let letters: String = words.first()?.chars().take(2 + random.below(2)).collect();
                (letters.chars().nth(1).is_some() && letters.chars().all(char::is_alphabetic))
                    .then_some(letters)
            }
            Self::PhoneEnd => last(phone?, 5 + random.below(2)),
            Self::PhoneBeginning => first(phone?, 4 + random.below(4)),
            Self::Email => {
                let email = customer.email.as_deref()?;
                let at = email.find('@').filter(|_| random.happens(50)).unwrap_or(0);
                email.get(at..).map(str::to_owned)
            }
            Self::TwoCharacters if chinese => some(random, &customer.name, 2),
            Self::FourCharacters if chinese => some(random, &customer.name, 4),
            Self::Nothing => Some(match random.below(3) {
                0 => format!("qx{}", random.digits(4)),
                1 => format!("{} zqxv", random.one_of(&COMMON)),
                _ => format!("龘{}", random.one_of(&["华", "科", "公"])),
            }),
            _ => None,
        }
    }
}

/// What very many are called, and where they are.
const COMMON: [&str; 12] = [
    "GmbH",
    "Berlin",
    "Inc.",
    "Logistics",
    "SARL",
    "London",
    "Software",
    "Ltd",
    "Müller",
    "Smith",
    "Consulting",
    "Services",
];

fn is_china(country: impl std::fmt::Display) -> bool {
    country.to_string() == "CN"
}

fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

fn last(phone: &str, count: usize) -> Option<String> {
    let digits = digits(phone);
    digits.len().checked_sub(count).and_then(|at| digits.get(at..)).map(str::to_owned)
}

/// As it is dialled.
fn first(phone: &str, count: usize) -> Option<String> {
    digits(phone).get(..count).map(str::to_owned)
}

/// Some characters in a row.
fn some(random: &mut Random, name: &str, count: usize) -> Option<String> {
    let all: Vec<char> = name.chars().filter(|c| ('一'..='龥').contains(c)).collect();
    let last = all.len().checked_sub(count)?;
    Some(all.iter().skip(random.below(last + 1)).take(count).collect())
}

/// So many texts of each sort, about these customers.
pub(crate) fn texts(about: &[Customer], each: usize) -> Vec<(Sort, String)> {
    let mut random = Random(23);
    let mut texts = Vec::with_capacity(each * Sort::ALL.len());
    for sort in Sort::ALL {
        let mut tries = 0;
        let mut found = 0;
        while found < each && tries < each * 200 {
            tries += 1;
            let Some(customer) = about.get(random.below(about.len())) else { break };
            if let Some(text) = sort.text(&mut random, customer) {
                texts.push((sort, text));
                found += 1;
            }
        }
    }
    texts
}

/// Customers that somebody is about to add to a base of the first `there` records: so many that are
/// there already, written down once more, and so many new ones.
pub(crate) fn candidates(seed: u64, there: usize, each: usize) -> (Vec<Customer>, Vec<Customer>) {
    let (mut again, mut new) = (Vec::new(), Vec::new());
    for record in records(seed).skip(there) {
        let list = if record.again { &mut again } else { &mut new };
        if list.len() < each {
            list.push(customer(record));
        }
        if again.len() >= each && new.len() >= each {
            break;
        }
    }
    (again, new)
}

/// The records of the base.
pub(crate) fn records(seed: u64) -> Records {
    Records::new(seed, 10_000)
}

/// A record with what a base in use has besides: a number, an address, a town.
pub(crate) fn customer(record: Record) -> Customer {
    let Record { mut customer, town, domain, .. } = record;
    let number = customer.id.uuid().as_u128();
    let mailbox = match number % 4 {
        0 => "info",
        1 => "office",
        2 => "sales",
        _ => "contact",
    };
    if !number.is_multiple_of(3) {
        customer.email = Some(format!("{mailbox}@{domain}"));
    }
    customer.city = Some(town.to_owned());
    customer.external_id = Some(format!("K-{number}"));
    customer
}
