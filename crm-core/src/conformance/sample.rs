use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::kernel::{
    Address, AddressKind, Addresses, Country, Currency, Custom, CustomValue, Entity, Id, LONG_TEXT,
    Money, Phone, PhoneKind, Phones, Row, SHORT_TEXT, Tags, Timestamp, Value,
};

use super::{
    case::Case,
    claim::{Failure, Held},
    setting::Setting,
};

/// Texts that stores have stumbled over.
const TEXTS: [&str; 57] = [
    "Z",
    "a",
    "A",
    "é",
    "e\u{301}",
    "中",
    "中文字",
    "😀",
    "𝄞 clef",
    "\u{FFFD}",
    "\u{E000}",
    "\u{10000}",
    "ab",
    "AB",
    "aB",
    "abc",
    "a b",
    "a%b",
    "a_b",
    "axb",
    "%",
    "_",
    "\\",
    "\\%",
    "a\\b",
    "100%_sure",
    "O'Brien",
    "\"quoted\"",
    "`tick`",
    "back\\slash\\n",
    "line\nbreak\r\n\ttab",
    "שלום עולם",
    "مرحبا بالعالم",
    "\u{202E}reversed",
    "İstanbul",
    "istanbul",
    "ISTANBUL",
    "ı",
    "ß",
    "SS",
    "null",
    "NULL",
    "'; DROP TABLE crm_customer; --",
    "$1 ?1 :name",
    "{\"a\":[1]}",
    "[]",
    "a ",
    " a",
    "\u{1}\u{7F}\u{85}",
    "\u{2028}\u{FEFF}",
    "0",
    "1e3",
    "\u{FFFF}",
    "\\u0041",
    "\\u0000",
    "\\\"",
    "{\"a\",b}",
];

/// What sort of values a sample has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extreme {
    /// Nothing but what must be there.
    Bare,
    /// Everything, each text as long as it may be, in characters of four bytes.
    Longest,
    /// Everything, as late and as high as it may be.
    Highest,
    /// Everything, as early and as low as it may be; texts are empty where they may.
    Lowest,
    /// Anything.
    Random,
}

/// An entity of which samples can be made.
pub(super) trait Sample: Entity {
    /// A record with an id of its own.
    fn sample(make: &mut Make) -> Held<Self>;
    /// Changes something that any record of its kind may change.
    fn touch(&mut self, word: &str);
}

/// A record with another value in one field.
#[track_caller]
pub(super) fn with<E: Entity>(entity: &E, field: &str, value: &Value<'static>) -> Held<E> {
    let mut values: Vec<_> = E::FIELDS
        .iter()
        .map(|f| if f.name == field { value.clone() } else { (f.get)(entity).into_owned() })
        .collect();
    E::load(&mut Row::new(&mut values)).map_err(|error| Failure::new(format!("{error:?}")))
}

/// Makes the values of samples, always the same ones.
pub(super) struct Make {
    pub(super) extreme: Extreme,
    pub(super) setting: Setting,
    case: Case,
    state: u64,
    made: u64,
}

impl Make {
    pub(super) const fn new(case: Case, setting: Setting, extreme: Extreme) -> Self {
        Self { extreme, setting, case, state: 0x80_20, made: 0 }
    }

    pub(super) fn id<E>(&self) -> Id<E> {
        self.case.id()
    }

    /// A number below `end`.
    pub(super) const fn dice(&mut self, end: usize) -> usize {
        // SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % (end as u64)) as usize
    }

    pub(super) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        let at = match self.extreme {
            Extreme::Bare | Extreme::Lowest => 0,
            Extreme::Longest | Extreme::Highest => all.len() - 1,
            Extreme::Random => self.dice(all.len()),
        };
        all[at].clone()
    }

    pub(super) fn opt<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let there = match self.extreme {
            Extreme::Bare => false,
            Extreme::Random => self.dice(3) > 0,
            _ => true,
        };
        there.then(|| make(self))
    }

    /// A text that says something.
    pub(super) fn name(&mut self) -> String {
        match self.extreme {
            Extreme::Longest => "😀".repeat(SHORT_TEXT as usize),
            Extreme::Random => self.any_text(),
            _ => "x".to_owned(),
        }
    }

    pub(super) fn text(&mut self) -> String {
        if self.extreme == Extreme::Lowest { String::new() } else { self.name() }
    }

    pub(super) fn long_text(&mut self) -> String {
        match self.extreme {
            Extreme::Longest => "𝄞".repeat(LONG_TEXT as usize),
            _ => self.text(),
        }
    }

    /// A text that no other sample of the case has.
    pub(super) fn unique(&mut self) -> String {
        self.made += 1;
        let number = self.id::<()>();
        match self.extreme {
            Extreme::Longest => {
                let number = number.to_string();
                number.clone() + &"😀".repeat(SHORT_TEXT as usize - number.len())
            }
            Extreme::Random => format!("{} {}", self.any_text(), self.made),
            _ => number.to_string(),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn count(&mut self) -> i64 {
        match self.extreme {
            Extreme::Highest | Extreme::Longest => i64::MAX,
            Extreme::Random => [0, 1, 2, 1000, 1001, i64::MAX - 1, i64::MAX][self.dice(7)],
            _ => 0,
        }
    }

    /// A number of at most four decimals.
    pub(super) fn decimal(&mut self) -> Decimal {
        let most = 999_999_999_999_999_999;
        let units = match self.extreme {
            Extreme::Highest | Extreme::Longest => most,
            Extreme::Random => {
                [0, 1, -1, 10_000, 15_000, -20_000, 99_990_000, most, -most][self.dice(9)]
            }
            _ => -most,
        };
        Decimal::new(units, Money::MAX_DECIMALS).normalize()
    }

    pub(super) fn percent(&mut self) -> Decimal {
        match self.extreme {
            Extreme::Lowest => Decimal::ZERO,
            Extreme::Random => Decimal::new([0, 1, 500_000, 999_999, 1_000_000][self.dice(5)], 4),
            _ => Decimal::ONE_HUNDRED,
        }
        .normalize()
    }

    pub(super) fn money(&mut self) -> Held<Money> {
        let currency = self.currency()?;
        self.money_in(currency)
    }

    pub(super) fn money_in(&mut self, currency: Currency) -> Held<Money> {
        Ok(Money::new(self.decimal(), currency)?)
    }

    pub(super) fn currency(&mut self) -> Held<Currency> {
        Ok(self.one_of(&["USD", "EUR", "CNY", "JPY", "BHD"]).parse()?)
    }

    pub(super) fn country(&mut self) -> Held<Country> {
        Ok(self.one_of(&["US", "CN", "DE", "NA", "NO"]).parse()?)
    }

    pub(super) fn date(&mut self) -> NaiveDate {
        self.time().date()
    }

    pub(super) fn time(&mut self) -> Timestamp {
        const TIMES: [i64; 5] = [0, -1, 1_514_764_799_000_001, 1_514_764_799_999_999, 1_000_000];
        let now = |micros| Timestamp::from_micros(micros).unwrap_or(Timestamp::MIN);
        match self.extreme {
            Extreme::Highest | Extreme::Longest => Timestamp::MAX,
            Extreme::Random => match self.dice(7) {
                0 => Timestamp::MIN,
                1 => Timestamp::MAX,
                n => now(TIMES[n - 2]),
            },
            _ => Timestamp::MIN,
        }
    }

    pub(super) fn tags(&mut self) -> Tags {
        self.several(Self::name).into_iter().collect()
    }

    pub(super) fn phones(&mut self) -> Phones {
        Phones(
            self.several(|make| Phone { kind: make.one_of(PhoneKind::ALL), number: make.text() }),
        )
    }

    pub(super) fn addresses(&mut self) -> Held<Addresses> {
        let all = self.several(|make| {
            let mut new = Address::new(make.one_of(AddressKind::ALL));
            new.street = make.opt(Self::text);
            new.postcode = make.opt(Self::text);
            new.city = make.opt(Self::text);
            new.region = make.opt(Self::text);
            new.country = make.opt(Self::country).transpose()?;
            Ok(new)
        });
        all.into_iter().collect::<Held<_>>().map(Addresses)
    }

    pub(super) fn custom(&mut self) -> Custom {
        let fields: BTreeMap<_, _> = self
            .several(|make| {
                let value = match make.dice(4) {
                    0 => CustomValue::Flag(make.dice(2) == 0),
                    1 => CustomValue::Number(make.decimal()),
                    2 => CustomValue::Text(make.text()),
                    _ => CustomValue::Date(make.date()),
                };
                (make.text(), value)
            })
            .into_iter()
            .collect();
        Custom(fields)
    }

    pub(super) fn several<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let many = match self.extreme {
            Extreme::Bare => 0,
            Extreme::Random => self.dice(4),
            _ => 5,
        };
        (0..many).map(|_| one(self)).collect()
    }

    fn any_text(&mut self) -> String {
        let one = TEXTS[self.dice(TEXTS.len())];
        match self.dice(4) {
            0 => format!("{one}{}", TEXTS[self.dice(TEXTS.len())]),
            _ => one.to_owned(),
        }
    }
}
