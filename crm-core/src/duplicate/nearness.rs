use super::{letters::is_cjk, name::sorted_words};

/// How near two [`super::name_key`]s are: 1 is the same, 0 has nothing in common.
///
/// The best of: the texts, and their words in order of their letters, by the optimal string
/// alignment distance (Damerau 1964: a letter changed, missing, too many, or two in the wrong
/// order) over the longer one's length; the words, each with the one most like it (Jaro–Winkler,
/// Winkler 1990), weighted by length; the pairs of neighbouring characters (Dice 1945), for Chinese,
/// Japanese and Korean, and where the same letters are written together or apart in another order.
pub fn name_nearness(one: &str, other: &str) -> f64 {
    if one == other {
        return 1.0;
    }
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    // The same answer whichever comes first.
    let (one, other) = if one <= other { (one, other) } else { (other, one) };
    let texts = alignment(one, other);
    let several = one.contains(' ') || other.contains(' ');
    let reordered = if several {
        let (one, other) = (sorted_words(one), sorted_words(other));
        if one == other { REORDERED } else { alignment(&one, &other).min(REORDERED) }
    } else {
        0.0
    };
    let parts = if one.chars().any(is_cjk) || other.chars().any(is_cjk) {
        common_bigrams(one, other).min(REORDERED)
    } else if several {
        common_words(one, other).min(REORDERED)
    } else {
        0.0
    };
    let near = texts.max(reordered).max(parts);
    // Neither order nor words tell where a space is lost and the order is another.
    if several && near < JOINED && have_the_letters(one, other) {
        return near.max(common_bigrams(one, other).min(JOINED));
    }
    near
}

/// Names whose words are written together, or apart, in another order are this near at the most.
const JOINED: f64 = 0.9;

/// Names with the same words in another order.
pub(super) const REORDERED: f64 = 0.98;

/// 1 less the edits for each character of the longer one.
pub(super) fn alignment(one: &str, other: &str) -> f64 {
    let longer = one.chars().count().max(other.chars().count());
    if longer == 0 {
        return 1.0;
    }
    1.0 - strsim::osa_distance(one, other) as f64 / longer as f64
}

/// Whether one edit leads from one to the other: [`strsim::osa_distance`] is 1, without the work
/// and memory of finding out how many it takes.
pub(super) fn is_one_edit(one: &str, other: &str) -> bool {
    if one.len().abs_diff(other.len()) > 4 {
        return false;
    }
    let (mut a, mut b) = (one.chars(), other.chars());
    let (mut rest_a, mut rest_b) = (a.clone(), b.clone());
    loop {
        match (a.next(), b.next()) {
            (Some(x), Some(y)) if x == y => (rest_a, rest_b) = (a.clone(), b.clone()),
            _ => break,
        }
    }
    loop {
        let (before_a, before_b) = (rest_a.clone(), rest_b.clone());
        match (rest_a.next_back(), rest_b.next_back()) {
            (Some(x), Some(y)) if x == y => {}
            _ => {
                (rest_a, rest_b) = (before_a, before_b);
                break;
            }
        }
    }
    let left = |mut rest: std::str::Chars<'_>| (rest.next(), rest.next(), rest.next());
    match (left(rest_a), left(rest_b)) {
        ((Some(_), None, _), (None, ..) | (Some(_), None, _))
        | ((None, ..), (Some(_), None, _)) => true,
        ((Some(x), Some(y), None), (Some(v), Some(w), None)) => x == w && y == v,
        _ => false,
    }
}

/// Whether they have the same letters, one perhaps mistyped, in whatever order.
fn have_the_letters(one: &str, other: &str) -> bool {
    let bytes = |text: &str| text.bytes().filter(|byte| *byte != b' ').count();
    // Two letters at the most, of four bytes each.
    if bytes(one).abs_diff(bytes(other)) > 8 {
        return false;
    }
    let (one, other) = (in_order(one), in_order(other));
    one.len() + other.len() - 2 * in_both(&one, &other) <= 2
}

fn in_order(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    letters.sort_unstable();
    letters
}

/// How many of two ordered lists are in both.
fn in_both<T: Ord>(one: &[T], other: &[T]) -> usize {
    let mut left = other.iter().peekable();
    let mut common = 0;
    for item in one {
        while left.next_if(|candidate| *candidate < item).is_some() {}
        common += usize::from(left.next_if(|candidate| *candidate == item).is_some());
    }
    common
}

/// Words less alike are not the same word.
const SAME_WORD: f64 = 0.92;

fn common_words(one: &str, other: &str) -> f64 {
    let mut left: Vec<&str> = other.split(' ').collect();
    let length = |text: &str| text.chars().filter(|c| *c != ' ').count() as f64;
    let mut common = 0.0;
    for word in one.split(' ') {
        let best = left
            .iter()
            .enumerate()
            .map(|(at, candidate)| (at, strsim::jaro_winkler(word, candidate)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b));
        if let Some((at, alike)) = best.filter(|(_, alike)| *alike >= SAME_WORD) {
            common += alike * (length(word) + length(left.swap_remove(at)));
        }
    }
    common / (length(one) + length(other))
}

/// Pairs of neighbouring characters in both, twice, over all of them (Dice 1945).
fn common_bigrams(one: &str, other: &str) -> f64 {
    let (one, other) = (bigrams(one), bigrams(other));
    2.0 * in_both(&one, &other) as f64 / (one.len() + other.len()).max(1) as f64
}

/// In order, those that occur twice also twice.
fn bigrams(text: &str) -> Vec<(char, char)> {
    let letters = || text.chars().filter(|c| *c != ' ');
    let mut pairs: Vec<_> = letters().zip(letters().skip(1)).collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_near_as_people_find() {
        for (one, other, from, to) in [
            ("acme", "acme", 1.0, 1.0),
            ("nordic data systems", "systems nordic data", 0.97, 0.99),
            ("nordic data systems", "nordic data sistems", 0.94, 0.99),
            ("nordic data systems", "systms nordic data", 0.93, 0.99),
            ("alder foods lyon", "lyonfoods alder", 0.8, 0.9),
            ("raven textiles lyon", "lyont extiles raven", 0.8, 0.9),
            ("weber druck lyon", "lyon weber papier", 0.0, 0.7),
            ("acme bakery", "acme bakeries", 0.7, 0.78),
            ("schmidt maschinenbau", "schmitt maschinenbau", 0.94, 0.99),
            ("北京华美科技", "北京华丽科技", 0.80, 0.85),
            ("北京华美科技", "华美科技北京", 0.75, 0.85),
            ("deutsche bank", "deutsche bahn", 0.80, 0.90),
            ("nordic data systems", "weber druck", 0.0, 0.3),
            ("acme", "", 0.0, 0.0),
            ("北京华美科技", "上海大众汽车", 0.0, 0.1),
        ] {
            let near = name_nearness(one, other);
            assert!((from..=to).contains(&near), "{one}, {other}: {near}");
            assert!((name_nearness(other, one) - near).abs() < 1e-12, "{one}, {other}");
        }
    }

    #[test]
    fn one_edit_is_a_distance_of_one() {
        let texts = [
            "", "a", "b", "ab", "ba", "aa", "aab", "aba", "abc", "acb", "bac", "abcd", "abdc",
            "abab", "baba", "中", "中文", "文中", "中a文", "aaa", "aaaa", "aaab", "baaa", "abcde",
        ];
        for one in texts {
            for other in texts {
                let is_one = strsim::osa_distance(one, other) == 1;
                assert_eq!(is_one_edit(one, other), is_one, "{one}, {other}");
            }
        }
    }
}
