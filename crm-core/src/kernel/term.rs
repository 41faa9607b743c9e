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
        let all = family.chars().chain([':']).chain(value.chars().filter(|c| *c != '\0'));
        Self(all.take(Self::MAX_CHARS).collect())
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
