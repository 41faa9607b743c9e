use caseless::Caseless;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use super::han::simplified;

/// A text as it is compared: one form for letters that differ only in case, width, accents or
/// script variant.
///
/// - Compatibility forms are undone (Unicode's NFKC): `㈱` is `(株)`, `Ａ` is `A`, `ﬁ` is `fi`.
/// - Case is folded in full (Unicode's CaseFolding): `ß` is `ss`, `ς` is `σ`, `İ` and `ı` are `i`.
/// - Accents go from Latin, Greek and Cyrillic letters (`ё` is `е`, `ї` is `і`, `ᾳ` is `α`), but `й`
///   stays: it is on every keyboard, and nobody writes `и` for it. Latin letters that Unicode does
///   not take apart become those people write instead: `ø` is `o`, `ł` is `l`, `æ` is `ae`, `þ`
///   is `th`.
/// - Hebrew points and Arabic vowel signs and tatweel go; the forms of alef, of hamza on a letter,
///   of ya and of kaf are one, ta marbuta is ha, and a Hebrew letter at a word's end is as within.
/// - Marks that carry meaning stay: Indic vowels, kana's voiced marks.
/// - Hiragana is katakana; traditional Chinese and Japanese characters are simplified, one by one.
/// - Digits of any script are `0` to `9`; an apostrophe is `'`; `™` is a space; signs that are not
///   seen are gone.
///
/// Folding what is folded changes nothing. A newer version of Unicode may fold characters that it
/// did not know before.
///
/// ```
/// use crm_core::kernel::folded;
///
/// assert_eq!(folded("Señor STRAẞE"), "senor strasse");
/// assert_eq!(folded("臺灣"), folded("台湾"));
/// ```
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain = text.chars().map(before_compatibility).nfkd().filter(|c| !is_dropped(*c));
    let apart = plain.default_case_fold().nfkd();

    let mut all = String::with_capacity(text.len());
    let mut base = ' ';
    for c in apart {
        match c {
            BREVE if base == SHORT_I => {
                all.push(BREVE);
                base = ' ';
            }
            BREVE => {}
            _ if is_dropped(c) => {}
            _ => match letters(c) {
                Some(letters) => {
                    all.push_str(letters);
                    base = ' ';
                }
                None => {
                    let c = variant(c);
                    all.push(c);
                    if canonical_combining_class(c) == 0 {
                        base = c;
                    }
                }
            },
        }
    }
    if all.is_ascii() { all } else { all.nfc().collect() }
}

const BREVE: char = '\u{306}';
const SHORT_I: char = '\u{438}';

/// Signs of trade would become letters of the word before, an accent typed for an apostrophe a space.
fn before_compatibility(c: char) -> char {
    match c {
        '™' | '℠' => ' ',
        '´' | '\u{1FFD}' => '\'',
        _ => c,
    }
}

/// Marks without which a word is still the same, and signs that are not seen.
fn is_dropped(c: char) -> bool {
    match c {
        BREVE => false,
        // Accents on Latin, Greek and Cyrillic letters, wherever they are encoded.
        '\u{300}'..='\u{36F}'
        | '\u{483}'..='\u{489}'
        | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}'
        | '\u{2DE0}'..='\u{2DFF}'
        | '\u{A66F}'..='\u{A672}'
        | '\u{A674}'..='\u{A67D}'
        | '\u{A69E}'..='\u{A69F}'
        | '\u{FE20}'..='\u{FE2F}' => true,
        // Hebrew.
        '\u{591}'..='\u{5BD}'
        | '\u{5BF}'
        | '\u{5C1}'..='\u{5C2}'
        | '\u{5C4}'..='\u{5C5}'
        | '\u{5C7}' => true,
        // Arabic, tatweel among them.
        '\u{610}'..='\u{61A}'
        | '\u{640}'
        | '\u{64B}'..='\u{65F}'
        | '\u{670}'
        | '\u{6D6}'..='\u{6DC}'
        | '\u{6DF}'..='\u{6E4}'
        | '\u{6E7}'..='\u{6E8}'
        | '\u{6EA}'..='\u{6ED}'
        | '\u{897}'..='\u{89F}'
        | '\u{8CA}'..='\u{8E1}'
        | '\u{8E3}'..='\u{8FF}' => true,
        // Not seen: Unicode's Default_Ignorable_Code_Point.
        '\u{AD}'
        | '\u{61C}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' => true,
        _ => false,
    }
}

/// Letters that Unicode does not take apart, as they are written without them.
fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ð' | 'đ' => "d",
        'ø' => "o",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ŋ' => "n",
        'ə' => "e",
        'ĸ' => "k",
        'ґ' => "г",
        _ => return None,
    })
}

/// One of several forms of a letter or digit.
fn variant(c: char) -> char {
    match c {
        '‘' | '’' | 'ʼ' | 'ʹ' | '׳' => '\'',
        '״' | '“' | '”' => '"',
        // Arabic and Persian.
        'ٱ' => 'ا',
        'ى' | 'ی' | 'ې' => 'ي',
        'ک' => 'ك',
        'ة' | 'ہ' | 'ھ' | 'ە' | 'ۃ' => 'ه',
        // Hebrew at the end of a word.
        'ך' => 'כ',
        'ם' => 'מ',
        'ן' => 'נ',
        'ף' => 'פ',
        'ץ' => 'צ',
        // Hiragana has the order of katakana.
        'ぁ'..='ゖ' | 'ゝ'..='ゞ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        '\u{3400}'.. => simplified(c),
        '\u{660}'.. => ascii_digit(c).unwrap_or(c),
        _ => c,
    }
}

/// Decimal digits of living scripts; each range begins with its zero. (Unicode, category Nd.)
fn ascii_digit(c: char) -> Option<char> {
    const ZEROS: [char; 24] = [
        '\u{660}', '\u{6F0}', '\u{7C0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}',
        '\u{BE6}', '\u{C66}', '\u{CE6}', '\u{D66}', '\u{DE6}', '\u{E50}', '\u{ED0}', '\u{F20}',
        '\u{1040}', '\u{1090}', '\u{17E0}', '\u{1810}', '\u{1946}', '\u{19D0}', '\u{1B50}',
        '\u{1C50}',
    ];
    let zero = ZEROS.iter().rev().find(|zero| **zero <= c)?;
    char::from_digit(u32::from(c) - u32::from(*zero), 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_of_many_scripts() {
        for (text, expected) in [
            ("ACME Ltd.", "acme ltd."),
            ("Ｆｕｌｌ　Ｗｉｄｔｈ１２", "full width12"),
            ("Straße STRAẞE Müller", "strasse strasse muller"),
            ("Łódź Ørsted Đorđe Þór Æsir Œuvre", "lodz orsted dorde thor aesir oeuvre"),
            ("Işık İSTANBUL ısı", "isik istanbul isi"),
            ("Nguyễn Văn Đức", "nguyen van duc"),
            ("e\u{301}te\u{301} été", "ete ete"),
            ("ŉ ǆ ﬁ Ĳ Ⅳ ²", "'n dz fi ij iv 2"),
            ("O’Brien O´Brien Знамʼянка בע״מ", "o'brien o'brien знам'янка בע\"מ"),
            ("Acme™ №5 soft\u{AD}ly\u{200B}", "acme  no5 softly"),
            ("Ὀδυσσεύς ΟΔΥΣΣΕΎΣ ᾳ", "οδυσσευσ οδυσσευσ α"),
            ("Алёна Цой и\u{306} Їжак Ґанок", "алена цой й іжак ганок"),
            ("שָׁלוֹם שלום", "שלומ שלומ"),
            ("أحمد إبراهيم آمنة مُحَمَّــد", "احمد ابراهيم امنه محمد"),
            ("مصطفى علی کریم", "مصطفي علي كريم"),
            ("ひらがな ﾊﾟﾅｿﾆｯｸ ガ か\u{3099}", "ヒラガナ パナソニック ガ ガ"),
            ("㈱東京 株式会社", "(株)东京 株式会社"),
            ("臺灣積體電路 渡邊 渡辺 广", "台湾积体电路 渡边 渡边 广"),
            ("삼성 삼성", "삼성 삼성"),
            ("हिन्दी १२३ ٤٥ ۶", "हिन्दी 123 45 6"),
            ("ไทย ๑๒", "ไทย 12"),
            ("", ""),
        ] {
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn every_character_folds_once() {
        for c in '\u{0}'..=char::MAX {
            let once = folded(c.encode_utf8(&mut [0; 4]));
            assert_eq!(folded(&once), once, "{c:?} U+{:04X}", u32::from(c));
        }
    }

    /// What is taken apart, put together, dropped or mapped, next to each other.
    fn awkward() -> impl Strategy<Value = char> {
        prop_oneof![
            any::<char>(),
            prop::char::range('\u{300}', '\u{36F}'),
            prop::char::range('a', 'z'),
            prop::char::range('\u{410}', '\u{4FF}'),
            prop::char::range('\u{590}', '\u{6FF}'),
            prop::char::range('\u{900}', '\u{DFF}'),
            prop::char::range('\u{1100}', '\u{11FF}'),
            prop::char::range('\u{1E00}', '\u{1FFF}'),
            prop::char::range('\u{3041}', '\u{30FF}'),
            prop::char::range('\u{4E00}', '\u{9FFF}'),
            prop::sample::select(vec![
                'и', 'И', '\u{306}', '\u{301}', '\u{3099}', '\u{200D}', '\u{640}', '\u{115F}', 'ß'
            ]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn what_is_folded_stays(chars in prop::collection::vec(awkward(), 0..24)) {
            let once = folded(&chars.into_iter().collect::<String>());
            prop_assert_eq!(folded(&once), once);
        }

        // Not the whole of Unicode: the standard library may know case of letters newer than the table's.
        #[test]
        fn case_and_form_do_not_matter(text in "[ -\u{9FFF}\u{FF00}-\u{FFEF}]{0,24}") {
            prop_assert_eq!(folded(&text.nfd().collect::<String>()), folded(&text));
            prop_assert_eq!(folded(&text.nfc().collect::<String>()), folded(&text));
            prop_assert_eq!(folded(&text.to_lowercase()), folded(&text));
            // In capitals, the iota below a Greek letter is written as a letter.
            if !text.nfd().any(|c| c == '\u{345}') {
                prop_assert_eq!(folded(&text.to_uppercase()), folded(&text));
            }
        }
    }
}
