use std::collections::BTreeSet;

use crate::kernel::{ERASED, folded, is_cjk, words};

/// By what names somebody was ever called. A text names them when it has all words of a name, or of
/// a given name and a family name, in any order; a part of a word is none. Chinese, Japanese and
/// Korean names are whole runs, also where spaces stand in them.
#[derive(Default)]
pub(super) struct Names {
    whole: BTreeSet<Vec<String>>,
    given: BTreeSet<Vec<String>>,
    family: BTreeSet<Vec<String>>,
}

impl Names {
    pub(super) fn add(&mut self, name: &str) {
        keep(&mut self.whole, name);
    }

    pub(super) fn add_given(&mut self, name: &str) {
        keep(&mut self.given, name);
    }

    pub(super) fn add_family(&mut self, name: &str) {
        keep(&mut self.family, name);
    }

    /// Whether a text names them.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = words_of(text);
        let both = |given: &Vec<String>, family: &Vec<String>| {
            let (given, family) = (given.as_slice(), family.as_slice());
            is_in(&[given, family].concat(), &text) || is_in(&[family, given].concat(), &text)
        };
        self.whole.iter().any(|name| is_in(name, &text))
            || self.given.iter().any(|given| self.family.iter().any(|family| both(given, family)))
    }
}

/// What stands behind a name without a space, folded: forms of address, and places in a firm.
const BEHIND: [&str; 19] = [
    "先生", "女士", "小姐", "太太", "夫人", "老师", "教授", "医生", "经理", "主任", "总", "部长",
    "课长", "社长", "氏", "样", "サン", "님", "씨",
];

fn keep(names: &mut BTreeSet<Vec<String>>, name: &str) {
    let words = words_of(name);
    if !words.is_empty() && name.trim() != ERASED {
        names.insert(words);
    }
}

/// Folded. A text without a letter is a word of its own: it may be all that somebody is called.
fn words_of(text: &str) -> Vec<String> {
    let folded = folded(text);
    let mut all = Vec::new();
    for word in words(&folded) {
        let behind = BEHIND.iter().find_map(|behind| Some((word.strip_suffix(behind)?, *behind)));
        match behind.filter(|(name, _)| !name.is_empty()) {
            Some((name, behind)) => all.extend([name.to_owned(), behind.to_owned()]),
            None => all.push(word.to_owned()),
        }
    }
    let signs = folded.trim();
    if all.is_empty() && !signs.is_empty() {
        all.push(signs.to_owned());
    }
    all
}

fn is_in(name: &[String], text: &[String]) -> bool {
    let times = |list: &[String], word: &String| list.iter().filter(|one| *one == word).count();
    name.iter().all(|word| times(name, word) <= times(text, word)) || is_run_in(name, text)
}

/// Whether words that follow each other are the name, wherever spaces stand in either.
fn is_run_in(name: &[String], text: &[String]) -> bool {
    if !name.iter().all(|word| word.starts_with(is_cjk)) {
        return false;
    }
    let run = name.concat();
    (0..text.len()).any(|from| {
        let mut rest = run.as_str();
        for word in text.iter().skip(from) {
            match rest.strip_prefix(word.as_str()) {
                Some("") => return true,
                Some(left) => rest = left,
                None => return false,
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_names() {
        for (name, text, expected) in [
            ("Li", "Oliver Collins", false),
            ("An", "Hannah Lang", false),
            ("Al", "Alan Bond", false),
            ("Li", "Frau LI", true),
            ("An An", "An Nguyen", false),
            ("Al An", "Alan", false),
            ("Anna Lindberg", "Lindberg, Anna", true),
            ("Anna Lindberg", "Anna Lind", false),
            ("Jörg Müller", "Dr. MULLER, Jorg (sales)", true),
            ("Zoë O’Hara-Smith", "zoe o'hara smith", true),
            ("Алёна Цой", "Цой Алена", true),
            ("王伟", "王伟明", false),
            ("王伟", "小王伟", false),
            ("王伟", "王伟 经理", true),
            ("王伟", "王 偉先生", true),
            ("山田 太郎", "山田太郎様", true),
            ("山田太郎", "太郎", false),
            ("김민수", "김민수님", true),
            ("—", "—", true),
            ("—", "Anna Lindberg", false),
            ("", "Anna Lindberg", false),
            (" ", "", false),
            (ERASED, "erased", false),
        ] {
            let mut names = Names::default();
            names.add(name);
            assert_eq!(names.are_in(text), expected, "{name:?} in {text:?}");
        }
    }

    #[test]
    fn a_given_and_a_family_name_are_a_name() {
        for (given, family, text, expected) in [
            ("Anna", "Lindberg", "Lindberg, Anna", true),
            ("Anna", "Lindberg", "Anna M. Lindberg", true),
            ("Anna", "Lindberg", "Anna Ray", false),
            ("Anna", "", "Anna Ray", false),
            ("伟", "王", "王伟", true),
            ("伟", "王", "王伟明", false),
        ] {
            let mut names = Names::default();
            names.add_given(given);
            names.add_family(family);
            assert_eq!(names.are_in(text), expected, "{given:?} {family:?} in {text:?}");
        }
    }

    #[test]
    fn what_stands_behind_a_name_is_folded() {
        assert!(BEHIND.iter().all(|behind| folded(behind) == *behind), "{:?}", BEHIND.map(folded));
    }
}
