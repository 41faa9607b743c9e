use std::borrow::Cow;

use uuid::Uuid;

/// What a record is found by, computed from it in the core: a family, a colon and a folded value:
/// `"w:acme"`, `"email:anna@acme.com"`.
///
/// Stores keep the terms of each record and find records by them; they do not look inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(String);

impl Term {
    /// The most characters of one; what is longer is cut.
    pub const MAX_CHARS: usize = 120;

    /// `value` in a family.
    pub fn new(family: &str, value: &str) -> Self {
        // Nothing stands after the highest character: ranges of terms end there.
        let sound = value.chars().filter(|c| *c != '\0' && *c != char::MAX);
        let all = family.chars().chain([':']).chain(sound);
        Self(all.take(Self::MAX_CHARS).collect())
    }

    /// For stores: a term as it was kept.
    pub fn stored(term: &str) -> Self {
        Self(term.to_owned())
    }

    /// The whole of it, given away.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A question about terms: which a record must have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TermTest {
    /// This very term.
    Is(Term),
    /// One that begins with this.
    BeginsWith(Term),
}

impl TermTest {
    /// Whether a term passes.
    pub fn passes(&self, term: &Term) -> bool {
        match self {
            Self::Is(wanted) => term == wanted,
            Self::BeginsWith(start) => term.0.starts_with(&start.0),
        }
    }
}

/// A record that has a term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holder {
    /// The term.
    pub term: Term,
    /// Which record.
    pub id: Uuid,
    /// Its kind.
    pub entity: Cow<'static, str>,
}
