use std::sync::LazyLock;

use hanconv::RawDictionary;

/// A Chinese character in its simplified form; any other as it is.
///
/// Character by character, never by words, so that a part of a text folds to the part of the folded
/// text. The tables are those of OpenCC: traditional to simplified, and before it from the form of
/// Japan where that is no form of China.
pub(super) fn simplified(c: char) -> char {
    table_of(&SIMPLIFIED, c).unwrap_or(c)
}

static SIMPLIFIED: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let to_simplified = sorted(pairs(TRADITIONAL).collect());
    let of_china = {
        let mut all: Vec<_> = pairs(TRADITIONAL).flat_map(|(from, to)| [from, to]).collect();
        all.sort_unstable();
        all
    };
    let japanese = pairs(JAPANESE)
        .map(|(traditional, japanese)| (japanese, traditional))
        .filter(|(japanese, _)| of_china.binary_search(japanese).is_err());
    let all = sorted(to_simplified.iter().copied().chain(japanese).chain(IN_NAMES).collect());
    // Some simplified forms are themselves simplified: 2 steps from Japan, 3 to be sure.
    let last = |to: char| (0..3).fold(to, |c, _| table_of(&all, c).unwrap_or(c));
    all.iter().map(|(from, to)| (*from, last(*to))).filter(|(from, to)| from != to).collect()
});

/// Forms in Japanese names that the tables do not have.
const IN_NAMES: [(char, char); 7] = [
    ('髙', '高'),
    ('﨑', '崎'),
    ('邉', '邊'),
    ('濵', '濱'),
    ('栁', '柳'),
    ('𠮷', '吉'),
    ('嶌', '島'),
];

/// In a constant, so that none of the other tables gets into the program.
const TRADITIONAL: &str = RawDictionary::TSCharacters.text();
const JAPANESE: &str = RawDictionary::JPVariants.text();

/// A line is a character and its forms, the commonest first.
fn pairs(text: &'static str) -> impl Iterator<Item = (char, char)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut forms = line.split_whitespace().map(one_char);
        Some((forms.next()??, forms.next()??))
    })
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// By the character; of two lines for one, the first counts.
fn sorted(mut table: Vec<(char, char)>) -> Vec<(char, char)> {
    table.sort_by_key(|(from, _)| *from);
    table.dedup_by_key(|(from, _)| *from);
    table
}

fn table_of(table: &[(char, char)], c: char) -> Option<char> {
    let at = table.binary_search_by_key(&c, |(from, _)| *from).ok()?;
    table.get(at).map(|(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_and_japanese_forms_become_simplified() {
        for (from, to) in [
            ('臺', '台'),
            ('灣', '湾'),
            ('張', '张'),
            ('陳', '陈'),
            ('乾', '干'),
            ('澤', '泽'),
            ('沢', '泽'),
            ('廣', '广'),
            ('広', '广'),
            ('邊', '边'),
            ('辺', '边'),
            ('鉄', '铁'),
            ('髙', '高'),
            ('邉', '边'),
            ('𠮷', '吉'),
            ('中', '中'),
            ('王', '王'),
            ('a', 'a'),
        ] {
            assert_eq!(simplified(from), to, "{from}");
        }
    }

    #[test]
    fn what_is_simplified_stays() {
        assert!(SIMPLIFIED.len() > 4000);
        for (from, to) in SIMPLIFIED.iter() {
            assert_eq!(simplified(*to), *to, "{from}");
        }
    }
}
