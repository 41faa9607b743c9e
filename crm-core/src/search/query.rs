use crate::kernel::{Invalid, TermTest, folded, is_cjk, words};

use super::{
    atom::Atom,
    digits::{Digits, FEWEST},
    parts::{address_in, is_run},
    terms::whole,
};

/// What somebody searches for.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchQuery {
    pub(super) atoms: Vec<Atom>,
    /// Its letters and digits alone.
    pub(super) letters: String,
    tests: Vec<TermTest>,
}

impl SearchQuery {
    /// The most characters of a text to search for.
    pub const MAX_CHARS: usize = 200;
    /// The most words of it.
    pub const MAX_WORDS: usize = 24;
    /// The most tests a store is asked to do. What else must hold, [`SearchQuery::rank`] sees.
    pub const MAX_TESTS: usize = 8;
    /// Reads what somebody typed. All of its words must be in a record, in any order:
    ///
    /// - a word is the beginning of a word of a name, an e-mail address, a number, a tag, a town;
    /// - Chinese, Japanese and Korean writing is found anywhere in such a text, in a row;
    /// - four digits or more are some digits of a phone number in a row, in national or
    ///   international form (`+49`, `0049`), or the beginning of another number;
    /// - what has an `@` is the beginning of an e-mail address; `@acme` of its domain.
    ///
    /// # Errors
    /// [`Invalid`], where there is nothing to search for, or one letter alone, or too much.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            let reason =
                format!("it has more than {} characters: search for less", Self::MAX_CHARS);
            return Err(invalid(reason));
        }
        let folded = folded(text);
        let letters: String = words(&folded).collect();
        let mut chars = letters.chars();
        match (chars.next(), chars.next()) {
            (None, _) => {
                return Err(invalid("there is nothing to search for: write letters or digits"));
            }
            (Some(one), None) if !is_cjk(one) => {
                return Err(invalid("one letter is in too many records: write two or more"));
            }
            _ => {}
        }
        let atoms = match phone(&folded) {
            Some(digits) => vec![Atom::Digits(digits)],
            None => folded.split_whitespace().flat_map(atoms_of).collect(),
        };
        if atoms.len() > Self::MAX_WORDS {
            let reason = format!("it has more than {} words: search for fewer", Self::MAX_WORDS);
            return Err(invalid(reason));
        }
        Ok(Self { tests: tests_of(&atoms), atoms, letters })
    }

    /// What must hold for a record to be a hit: each test for one of its terms at least. The most
    /// telling come first. There is at least one.
    pub fn tests(&self) -> &[TermTest] {
        &self.tests
    }

    /// What holds for those alone whose name is or begins with what was typed.
    pub(super) fn begins(&self) -> TermTest {
        TermTest::BeginsWith(whole(&self.letters))
    }
}

fn invalid(reason: impl Into<String>) -> Invalid {
    Invalid::new("search", "text", reason)
}

/// Longer texts begin fewer words.
fn tests_of(atoms: &[Atom]) -> Vec<TermTest> {
    let mut tests: Vec<TermTest> = Vec::new();
    for test in atoms.iter().flat_map(Atom::tests) {
        if !tests.contains(&test) {
            tests.push(test);
        }
    }
    tests.sort_by_key(|test| match test {
        TermTest::Is(_) => (0, 0),
        TermTest::BeginsWith(term) => (1, usize::MAX - term.as_str().len()),
    });
    tests.truncate(SearchQuery::MAX_TESTS);
    tests
}

/// What stands between two spaces.
fn atoms_of(chunk: &str) -> Vec<Atom> {
    if let Some(address) = address_in(chunk) {
        return vec![Atom::Address(address.to_owned())];
    }
    if let Some(digits) = phone(chunk) {
        return vec![Atom::Digits(digits)];
    }
    let pieces: Vec<&str> = words(chunk).collect();
    let single = |piece: &&str| piece.chars().nth(1).is_none() && !is_run(piece);
    if pieces.len() > 1 && pieces.iter().all(single) {
        // S.A., C&A: people write it with signs and without.
        return vec![Atom::Word { text: pieces.concat(), tested: true }];
    }
    // A domain: of its last label, records have no term.
    let signs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let label = chunk.rsplit_once('.').map(|(_, label)| label);
    let domain = pieces.len() > 1 && pieces.last().copied() == label && chunk.chars().all(signs);
    let last = pieces.len().saturating_sub(1);
    pieces.iter().enumerate().map(|(i, piece)| atom_of(piece, !domain || i < last)).collect()
}

fn atom_of(piece: &str, tested: bool) -> Atom {
    if is_run(piece) {
        return Atom::Run(piece.to_owned());
    }
    if piece.len() >= FEWEST && piece.chars().all(|c| c.is_ascii_digit()) {
        return Atom::Digits(Digits::of(piece));
    }
    Atom::Word { text: piece.to_owned(), tested }
}

/// Digits and the signs people put between them, nothing else.
fn phone(text: &str) -> Option<Digits> {
    let text = text.trim();
    let signs = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-–()./".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (digits >= FEWEST && text.chars().all(signs)).then(|| Digits::of(text))
}
