//! Whether two names and addresses are one person's: pure.

use crate::{
    duplicate::{DuplicatePolicy, check_email, name_nearness},
    kernel::{folded, words},
};

/// By what somebody is known at one company.
pub(super) struct Person<'p> {
    pub(super) name: &'p str,
    pub(super) email: Option<&'p str>,
}

/// Whether two are the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    /// They are.
    Certainly(&'static str),
    /// Somebody should look.
    Possibly(&'static str),
    /// They are not.
    No,
}

/// So near are names of which one is misspelt.
const NEAR: f64 = 0.85;

/// Whether two people at one company are the same: by the e-mail address; by the name, its words in any order, unless
/// their addresses are different. A name that is nearly the same is possibly the same.
pub(super) fn same(one: &Person<'_>, other: &Person<'_>, policy: &DuplicatePolicy) -> Same {
    let key = |email: Option<&str>| check_email(email?, policy.mailboxes()).ok();
    let (mine, theirs) = (key(one.email), key(other.email));
    if mine.is_some() && mine == theirs {
        return Same::Certainly("the same e-mail address");
    }
    let differ = mine.is_some() && theirs.is_some();
    let (mine, theirs) = (sorted(one.name), sorted(other.name));
    if mine == theirs {
        return if differ {
            Same::Possibly("the same name, another e-mail address")
        } else {
            Same::Certainly("the same name")
        };
    }
    if !differ && name_nearness(&mine, &theirs) >= NEAR {
        return Same::Possibly("nearly the same name");
    }
    Same::No
}

fn sorted(name: &str) -> String {
    let folded = folded(name);
    let mut all: Vec<&str> = words(&folded).collect();
    all.sort_unstable();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_known_by_address_and_name() {
        use Same::{Certainly, No, Possibly};
        let by = |name, email| Person { name, email };
        for (one, other, expected) in [
            (by("Ann Lee", None), by("Lee, Ann", None), Certainly("the same name")),
            (by("Ann Lee", Some("a@x.example")), by("ANN LEE", None), Certainly("the same name")),
            (
                by("A. Lee", Some("ann@x.example")),
                by("Ann Lee", Some("Ann@X.example")),
                Certainly("the same e-mail address"),
            ),
            (
                by("Ann Lee", Some("ann@x.example")),
                by("Ann Lee", Some("lee@x.example")),
                Possibly("the same name, another e-mail address"),
            ),
            (by("Anna Lee", None), by("Ann Lee", None), Possibly("nearly the same name")),
            (by("Anna Lee", Some("a@x.example")), by("Ann Lee", Some("b@x.example")), No),
            (by("Ann Lee", None), by("Bob Ray", None), No),
        ] {
            assert_eq!(same(&one, &other, &DuplicatePolicy::default()), expected, "{}", one.name);
            assert_eq!(same(&other, &one, &DuplicatePolicy::default()), expected, "{}", one.name);
        }
    }
}
