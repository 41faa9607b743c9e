use std::collections::HashSet;

use super::{
    random::Random,
    words_chinese::{CN_BRAND, CN_FORMS, CN_TOWNS, CN_TRADES},
    words_latin::{GIVEN, LANDS, Land, SYLLABLES},
};

/// A made-up firm as it is.
#[derive(Clone, Debug)]
pub(crate) struct Firm {
    pub(crate) name: Name,
    pub(crate) country: &'static str,
    pub(crate) phone: Number,
    pub(crate) domain: String,
    pub(crate) town: &'static str,
    pub(crate) postcode: String,
}

/// A name in its parts.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    Latin { words: Vec<String>, form: &'static str, land: &'static Land },
    Chinese { town: &'static str, brand: String, trade: &'static str, form: &'static str },
}

/// A phone number in its parts.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    pub(crate) calling_code: &'static str,
    pub(crate) trunk: &'static str,
    pub(crate) area: String,
    pub(crate) local: String,
}

/// Makes firms that differ, and whose domains do; nothing else of them must.
#[derive(Default)]
pub(crate) struct Maker {
    domains: HashSet<String>,
    registered: HashSet<String>,
}

impl Maker {
    pub(crate) fn chinese(&mut self, random: &mut Random) -> Firm {
        let (town, area, digits, codes) = *random.common(&CN_TOWNS);
        let mut brand = String::new();
        let mut spoken = String::new();
        if random.happens(12) {
            // A brand in Latin letters.
            brand = (0..3).map(|_| char::from(b'A' + random.below(26) as u8)).collect();
            spoken = brand.to_lowercase();
        } else {
            for _ in 0..if random.happens(20) { 3 } else { 2 } {
                let (letter, sound) = *random.common(&CN_BRAND);
                brand.push(letter);
                spoken.push_str(sound);
            }
        }
        let trade = random.one_of(&CN_TRADES);
        if !self.registered.insert(format!("{town}{brand}{trade}")) {
            // No register of a Chinese town takes a name of the same trade twice.
            return self.chinese(random);
        }
        let form = *random.common(&CN_FORMS);
        let local = format!("{}{}", 2 + random.below(7), random.digits(digits - 1));
        let domain = self.domain(random, &spoken, &["com", "cn", "com.cn", "net"]);
        Firm {
            name: Name::Chinese { town, brand, trade, form },
            country: "CN",
            phone: Number { calling_code: "86", trunk: "0", area: area.to_owned(), local },
            domain,
            town,
            postcode: format!("{codes}{:02}", random.below(30)),
        }
    }

    pub(crate) fn latin(&mut self, random: &mut Random) -> Firm {
        let land = random.common(&LANDS);
        let (town, codes) = *random.common(land.towns);
        let surname = |random: &mut Random| (*random.common(land.surnames)).to_owned();
        let trade = random.one_of(land.trades).to_owned();
        let words = match random.below(10) {
            0 | 1 => vec![random.one_of(&GIVEN).to_owned(), surname(random), trade],
            2 | 3 => {
                vec![surname(random), random.one_of(land.and).to_owned(), surname(random), trade]
            }
            4 => vec![surname(random), trade, town.to_owned()],
            5 => vec![format!("{}-{}", surname(random), surname(random)), trade],
            _ => vec![brand(random), trade],
        };
        let form = random.one_of(land.forms);
        let letters = |word: &String| word.chars().filter(char::is_ascii_alphabetic).collect();
        let mut spoken: Vec<String> = words.iter().filter(|w| w.len() > 2).map(letters).collect();
        spoken.truncate(if random.happens(50) { 1 } else { 2 });
        let domain = self.domain(random, &spoken.concat().to_lowercase(), &[land.tld, "com"]);
        let (area, digits) = *random.common(land.areas);
        let local = format!("{}{}", 2 + random.below(7), random.digits(digits - 1));
        let postcode = match land.postcode_digits {
            0 => {
                let letters: String =
                    (0..2).map(|_| random.one_of(&["A", "B", "D", "E", "H", "L", "N"])).collect();
                format!("{codes}{} {}{letters}", 1 + random.below(12), 1 + random.below(9))
            }
            digits => format!("{codes}{}", random.digits(digits - codes.len())),
        };
        Firm {
            name: Name::Latin { words, form, land },
            country: land.country,
            phone: Number {
                calling_code: land.calling_code,
                trunk: land.trunk,
                area: area.to_owned(),
                local,
            },
            domain,
            town,
            postcode,
        }
    }

    /// Another firm of the same house: named after it, on its premises, under its domain, in
    /// another trade and with a number of its own.
    pub(crate) fn sister(&mut self, random: &mut Random, of: &Firm) -> Firm {
        let mut sister = of.clone();
        match &mut sister.name {
            Name::Latin { words, land, .. } => {
                // The trade is the last word, or the one before the town.
                let at = words.iter().rposition(|word| land.trades.contains(&word.as_str()));
                let other: Vec<&str> =
                    land.trades.iter().copied().filter(|t| !words.iter().any(|w| w == t)).collect();
                words[at.unwrap_or(0)] = random.one_of(&other).to_owned();
            }
            Name::Chinese { trade, .. } => {
                let other: Vec<&str> = CN_TRADES.iter().copied().filter(|t| t != trade).collect();
                *trade = random.one_of(&other);
            }
        }
        let local = &of.phone.local;
        sister.phone.local = format!("{}{}", 2 + random.below(7), random.digits(local.len() - 1));
        sister
    }

    /// One that nobody has yet, as its owner had to find one too.
    fn domain(&mut self, random: &mut Random, spoken: &str, tlds: &[&str]) -> String {
        let mut tries = 0;
        loop {
            let tld = random.common(tlds);
            let domain = match tries {
                0..2 => format!("{spoken}.{tld}"),
                2..5 => {
                    format!("{spoken}{}.{tld}", random.one_of(&["online", "group", "web", "gs"]))
                }
                5..200 => format!("{spoken}{}.{tld}", random.digits(3)),
                // Of a million firms, more than a thousand are called after Anna or Smith.
                _ => format!("{spoken}{}.{tld}", random.digits(6)),
            };
            tries += 1;
            if self.domains.insert(domain.clone()) {
                return domain;
            }
        }
    }
}

fn brand(random: &mut Random) -> String {
    let count = 3 + random.below(2);
    let brand: String = (0..count).map(|_| random.one_of(&SYLLABLES)).collect();
    let mut letters = brand.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
