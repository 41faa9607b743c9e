use std::fmt;

use serde::Serialize;

use super::{Agreement, DuplicatePolicy, Evidence, Key};

/// How likely two records are the same customer, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Likeness {
    /// The probability: 0 to 1. It may be less than the evidence adds up to: keys of one site follow
    /// from one another, and what only somebody who looks can tell (sister firms, branches,
    /// couples) has 0.89 at the most, however much agrees.
    pub score: f64,
    /// Every key that both have, the weightiest first.
    pub evidence: Vec<Evidence>,
}

impl Likeness {
    /// Whether they are the same under a policy.
    pub fn is_certain(&self, policy: &DuplicatePolicy) -> bool {
        self.score >= policy.certain
    }

    /// Whether somebody should look at them under a policy.
    pub fn is_possible(&self, policy: &DuplicatePolicy) -> bool {
        self.score >= policy.possible
    }

    /// What an actor may know who may not see the other record: which kinds of keys speak for it,
    /// no value, and neither how near nor how likely: by trying, these would give the values away.
    pub fn masked(&self) -> MaskedLikeness {
        let speaks = |e: &&Evidence| e.weight > 0.0 && e.agreement != Agreement::Other;
        let mut agree: Vec<Key> = self.evidence.iter().filter(speaks).map(|e| e.key).collect();
        agree.sort_unstable();
        MaskedLikeness { agree }
    }
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded down, so that only what is certain reads so.
        write!(f, "{:.0} %", (self.score * 100.0).floor())?;
        for (at, evidence) in self.evidence.iter().enumerate() {
            write!(f, "{}{evidence}", if at == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

/// A [`Likeness`] for somebody who may not see the other record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MaskedLikeness {
    /// The kinds of keys that are the same or alike.
    pub agree: Vec<Key>,
}

impl fmt::Display for MaskedLikeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.agree.iter().map(|key| key.as_str()).collect();
        write!(f, "a record you may not see agrees in: {}", kinds.join(", "))
    }
}
