use crate::kernel::{folded, is_cjk, words};

use super::{digits::Digits, record::Searched};

/// A record taken apart: what it is found by, and where each part is from. Its terms and its rank
/// both come from here, so that what is a hit has the terms to be found.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Its words and runs.
    pub(super) all: Vec<Part>,
    /// The letters and digits of its name alone, as it is and spelled out.
    pub(super) names: Vec<String>,
    /// Its name, folded.
    pub(super) name: String,
    /// Its e-mail address, folded.
    pub(super) address: Option<String>,
    /// Its phone numbers.
    pub(super) phones: Vec<Digits>,
}

/// A word, or a run of Chinese, Japanese or Korean writing.
#[derive(Debug, PartialEq)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) place: Place,
    /// How many bytes of letters of the same text are before it.
    pub(super) at: usize,
    /// Whether there is a term for it.
    pub(super) kept: bool,
}

/// Where a part is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Name,
    OtherName,
    Email,
    Phone,
    Number,
    Tag,
    City,
}

/// The most texts of one sort that are looked at.
const MOST: usize = 16;

/// The most tags that are looked at: more have no terms.
const MOST_TAGS: usize = super::MAX_TERMS;

impl Parts {
    pub(super) fn of(record: &Searched<'_>) -> Self {
        let mut parts = Self { name: folded(record.name), ..Self::default() };
        parts.names.push(words_of(&parts.name, Place::Name, &mut parts.all));
        if let Some(spelled) = spelled_out(record.name) {
            parts.names.push(words_of(&folded(&spelled), Place::OtherName, &mut parts.all));
        }
        for name in &record.other_names {
            words_of(&folded(name), Place::OtherName, &mut parts.all);
        }
        if let Some(email) = record.email {
            parts.add_email(folded(email.trim()));
        }
        for number in record.numbers.iter().take(MOST) {
            parts.add_number(&folded(number));
        }
        for tag in record.tags.iter().take(MOST_TAGS) {
            words_of(&folded(tag), Place::Tag, &mut parts.all);
        }
        for city in record.cities.iter().take(MOST) {
            words_of(&folded(city), Place::City, &mut parts.all);
        }
        parts
            .phones
            .extend(record.phones.iter().take(MOST).map(|phone| Digits::of(&folded(phone))));
        parts
    }

    /// The last label of a domain is the same for too many.
    fn add_email(&mut self, address: String) {
        let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
        let labels = words(domain).count();
        let domain = words(domain).enumerate().map(|(i, label)| (label, i + 1 < labels));
        self.all.extend(
            words(local).map(|word| (word, true)).chain(domain).map(|(word, kept)| Part {
                text: word.to_owned(),
                place: Place::Email,
                at: 0,
                kept,
            }),
        );
        self.address = Some(address);
    }

    /// A number is also one word, and one without the letters it begins with: a country, a series.
    fn add_number(&mut self, number: &str) {
        let whole = words_of(number, Place::Number, &mut self.all);
        let bare = whole.trim_start_matches(char::is_alphabetic).to_owned();
        for text in [whole, bare] {
            if !text.is_empty()
                && !self.all.iter().any(|p| p.place == Place::Number && p.text == text)
            {
                self.all.push(Part { text, place: Place::Number, at: 0, kept: true });
            }
        }
    }
}

impl Part {
    /// Whether it is a run of Chinese, Japanese or Korean writing, not a word.
    pub(super) fn is_run(&self) -> bool {
        is_run(&self.text) && !self.text.contains('@')
    }
}

/// What people take for an e-mail address, without the signs around it.
pub(super) fn address_in(chunk: &str) -> Option<&str> {
    let address = chunk.trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
    (address.contains('@') && address.contains(char::is_alphanumeric)).then_some(address)
}

pub(super) fn is_run(word: &str) -> bool {
    word.chars().next().is_some_and(is_cjk)
}

/// The words and runs of a folded text; gives its letters and digits alone.
///
/// Runs that only spaces or signs divide are one: 山田 太郎 is also 山田太郎. Words that only signs
/// divide are there as one word, too: o'brien, at&t, s.a.
fn words_of(folded: &str, place: Place, out: &mut Vec<Part>) -> String {
    let mut letters = String::with_capacity(folded.len());
    let part = |text: &str, at| Part { text: text.to_owned(), place, at, kept: true };
    let mut open_run = None;
    for chunk in folded.split_whitespace() {
        out.extend(address_in(chunk).map(|address| part(address, letters.len())));
        let (mut from, mut count) = (letters.len(), 0);
        for word in words(chunk) {
            let at = letters.len();
            if is_run(word) {
                if count > 1 {
                    out.extend(letters.get(from..).map(|joined| part(joined, from)));
                }
                match open_run.and_then(|i: usize| out.get_mut(i)) {
                    Some(run) => run.text.push_str(word),
                    None => {
                        open_run = Some(out.len());
                        out.push(part(word, at));
                    }
                }
                (from, count) = (at + word.len(), 0);
            } else {
                open_run = None;
                out.push(part(word, at));
                count += 1;
            }
            letters.push_str(word);
        }
        if count > 1 {
            out.extend(letters.get(from..).map(|joined| part(joined, from)));
        }
    }
    if letters.bytes().all(|byte| byte.is_ascii_digit()) {
        out.push(part(&letters, 0));
    }
    letters
}

/// With vowels as they are written where a keyboard does not have them: Müller, Mueller.
fn spelled_out(name: &str) -> Option<String> {
    if name.is_ascii() || !name.contains(['ä', 'ö', 'ü', 'å', 'ø', 'Ä', 'Ö', 'Ü', 'Å', 'Ø'])
    {
        return None;
    }
    let mut all = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'ä' | 'Ä' => all.push_str("ae"),
            'ö' | 'Ö' | 'ø' | 'Ø' => all.push_str("oe"),
            'ü' | 'Ü' => all.push_str("ue"),
            'å' | 'Å' => all.push_str("aa"),
            _ => all.push(c),
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        type Found<'a> = &'a [(&'a str, usize)];
        let cases: [(&str, Found<'_>); 5] = [
            ("Acme GmbH", &[("acme", 0), ("gmbh", 4)]),
            ("O'Brien & Co.", &[("o", 0), ("brien", 1), ("obrien", 0), ("co", 6)]),
            ("山田 太郎", &[("山田太郎", 0)]),
            ("北京3M中国", &[("北京", 0), ("3m", 6), ("中国", 8)]),
            (
                "A-B北京C-D",
                &[("a", 0), ("b", 1), ("ab", 0), ("北京", 2), ("c", 8), ("d", 9), ("cd", 8)],
            ),
        ];
        for (name, expected) in cases {
            let mut parts = Vec::new();
            words_of(&folded(name), Place::Name, &mut parts);
            let found: Vec<_> = parts.iter().map(|p| (p.text.as_str(), p.at)).collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}
