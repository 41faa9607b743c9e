use unicode_normalization::char::canonical_combining_class;

/// The words of a text, in order: runs of letters and digits, without what stands between them.
///
/// Chinese, Japanese and Korean writing is a run of its own, also next to Latin letters or digits,
/// and as long as it is written without a space: what is a word in it, nobody says.
///
/// ```
/// use crm_core::kernel::words;
///
/// assert_eq!(words("o'brien 三星sds 2").collect::<Vec<_>>(), ["o", "brien", "三星", "sds", "2"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let cjk = is_cjk(rest.chars().next()?);
        let end = rest.find(|c| !goes_on(c, cjk)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(word)
    })
}

/// Whether a character belongs to the writing of China, Japan or Korea, which has no, or few,
/// spaces: Han, kana, bopomofo and syllables of Hangul, with the marks that stand in their words.
pub fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3041}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{30FF}'
        | '\u{3105}'..='\u{312F}'
        | '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Marks above and below letters, and the sign that joins consonants of Indic scripts, are no
/// letters, but within words.
fn goes_on(c: char, cjk: bool) -> bool {
    if c.is_ascii() {
        return !cjk && c.is_ascii_alphanumeric();
    }
    let mark = canonical_combining_class(c) != 0;
    mark || (c.is_alphanumeric() && is_cjk(c) == cjk)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_many_scripts() {
        for (text, expected) in [
            ("", &[] as &[&str]),
            (" -·,。 ", &[]),
            ("acme gmbh & co. kg", &["acme", "gmbh", "co", "kg"]),
            ("北京3m中国有限公司", &["北京", "3m", "中国有限公司"]),
            ("渡辺ひろし", &["渡辺ひろし"]),
            ("ジョン・スミス", &["ジョン", "スミス"]),
            ("삼성sds 전자", &["삼성", "sds", "전자"]),
            ("हिन्दी भाषा", &["हिन्दी", "भाषा"]),
            ("анна-мария", &["анна", "мария"]),
            ("佐々木", &["佐々木"]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn words_have_every_letter_once(text in "\\PC{0,40}") {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&words(&text).collect::<String>()), letters(&text));
            prop_assert!(words(&text).all(|word| word.chars().next().is_some_and(char::is_alphanumeric)));
        }
    }
}
