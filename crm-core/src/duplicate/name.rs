use crate::kernel::folded;

use super::{legal_forms::LegalForms, letters::is_cjk};

/// A name as it is compared: [`folded`], without punctuation, words for "and" and legal forms
/// (`GmbH & Co. KG`, `有限公司`), one space between words, none between characters of scripts that
/// are written without. What is in brackets in Chinese comes first, where a firm's place is.
///
/// A name that is nothing but a legal form stays.
///
/// ```
/// use crm_core::duplicate::name_key;
///
/// assert_eq!(name_key("Smith and Sons, Ltd."), name_key("SMITH & SONS LIMITED"));
/// assert_eq!(name_key("ACME S.A."), "acme");
/// assert_eq!(name_key("株式会社 トヨタ"), name_key("トヨタ(株)"));
/// ```
pub fn name_key(text: &str) -> String {
    let mut words = words(&folded(text));
    loop {
        let before = words.len();
        strip(&mut words);
        drop_and(&mut words);
        join_without_spaces(&mut words);
        if words.len() == before {
            return words.join(" ");
        }
    }
}

/// The words of a [`name_key`], in the order of their letters: for names whose words were put in
/// another order.
pub fn sorted_words(name: &str) -> String {
    let mut words: Vec<&str> = name.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

/// Words for "and" between two others.
const AND: [&str; 13] =
    ["and", "und", "et", "e", "y", "i", "en", "och", "og", "ja", "и", "та", "&"];

/// Letters and digits of one script each.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<Word> = Vec::new();
    let (mut open, mut dotted, mut bracketed) = (false, false, false);
    for c in text.chars() {
        if c.is_alphanumeric() {
            match words.last_mut() {
                Some(word) if open && word.cjk == is_cjk(c) => word.text.push(c),
                _ => words.push(Word { text: c.to_string(), cjk: is_cjk(c), dotted, bracketed }),
            }
            (open, dotted) = (true, false);
        } else if c != '\'' {
            open = false;
            dotted |= matches!(c, '.' | '/');
            bracketed = matches!(c, '(' | '[' | '【' | '〔') || (bracketed && !is_closing(c));
        }
    }
    // Stable: the others keep their order.
    words.sort_by_key(|word| !word.is_place());
    with_initials_joined(words)
}

struct Word {
    text: String,
    cjk: bool,
    /// Whether there is a dot or a slash between the word before and this one.
    dotted: bool,
    bracketed: bool,
}

impl Word {
    /// Chinese firms have their place in front, or in brackets: 北京华美科技, 华美科技（北京）.
    fn is_place(&self) -> bool {
        self.bracketed
            && self.cjk
            && (2..=4).contains(&self.text.chars().count())
            && !LegalForms::known().is_one(&self.text)
    }
}

const fn is_closing(c: char) -> bool {
    matches!(c, ')' | ']' | '】' | '〕')
}

/// Single letters with a dot or a slash between them are one word: `s.a.` is `sa`, `a/s` is `as`.
fn with_initials_joined(words: Vec<Word>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    let mut after_initial = false;
    for word in words {
        let is_initial = !word.cjk && word.text.chars().nth(1).is_none();
        match joined.last_mut() {
            Some(before) if is_initial && after_initial && word.dotted => {
                before.push_str(&word.text);
            }
            _ => joined.push(word.text),
        }
        after_initial = is_initial;
    }
    joined
}

fn strip(words: &mut Vec<String>) {
    let forms = LegalForms::known();
    loop {
        let last = forms.last_words(words);
        if last > 0 && last < words.len() {
            words.truncate(words.len() - last);
            // Smith & Co.
            while words.len() > 1 && words.last().is_some_and(|word| is_and(word)) {
                words.pop();
            }
            continue;
        }
        let first = forms.first_words(words);
        if first > 0 && first < words.len() {
            words.drain(..first);
            continue;
        }
        let Some(changed) = without_form(words, forms) else { return };
        let (at, rest) = changed;
        if let Some(word) = words.get_mut(at) {
            *word = rest;
        }
    }
}

/// The first or last word without the legal form that is a part of it.
fn without_form(words: &[String], forms: &LegalForms) -> Option<(usize, String)> {
    let end = words.len().checked_sub(1)?;
    [0, end].into_iter().find_map(|at| {
        let word = words.get(at).filter(|word| ends_in_cjk(word))?;
        forms.without(word, at == end, at == 0).map(|rest| (at, rest.to_owned()))
    })
}

fn drop_and(words: &mut Vec<String>) {
    let end = words.len().saturating_sub(1);
    let mut at = 0;
    words.retain(|word| {
        let keep = at == 0 || at == end || !is_and(word);
        at += 1;
        keep
    });
}

fn is_and(word: &str) -> bool {
    AND.contains(&word)
}

/// Characters of scripts without spaces stand together, whatever stood between them.
fn join_without_spaces(words: &mut Vec<String>) {
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    for word in words.drain(..) {
        match joined.last_mut() {
            Some(before) if ends_in_cjk(before) && ends_in_cjk(&word) => before.push_str(&word),
            _ => joined.push(word),
        }
    }
    *words = joined;
}

fn ends_in_cjk(word: &str) -> bool {
    word.chars().next_back().is_some_and(is_cjk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_forms_go() {
        for (given, expected) in [
            ("Acme Ltd", "acme"),
            ("ACME, L.L.C.", "acme"),
            ("Acme Inc.", "acme"),
            ("The Acme Corporation", "acme"),
            ("Acme Co., Ltd.", "acme"),
            ("Acme Trading Pte. Ltd.", "acme trading"),
            ("Müller & Söhne GmbH & Co. KG", &folded("Müller Söhne")),
            ("Müller und Söhne G.m.b.H.", &folded("Müller Söhne")),
            ("Hansen UG (haftungsbeschränkt)", "hansen"),
            ("Petra Kurz e. K.", "petra kurz"),
            ("Dupont S.A.R.L.", "dupont"),
            ("SARL Dupont et Fils", "dupont fils"),
            ("Dupont Société Anonyme", "dupont"),
            ("García y Hijos, S.L.U.", &folded("García Hijos")),
            ("Grupo Sol S.A. de C.V.", "grupo sol"),
            ("Rossi S.p.A.", "rossi"),
            ("Rossi e Figli S.r.l.", "rossi figli"),
            ("Jansen B.V.", "jansen"),
            ("Volvo AB", "volvo"),
            ("Hansen ApS", "hansen"),
            ("Hansen A/S", "hansen"),
            ("Nokia Oyj", "nokia"),
            ("Kowalski Sp. z o.o.", "kowalski"),
            ("ООО «Ромашка»", "ромашка"),
            ("Ромашка, ЗАО", "ромашка"),
            ("北京华美科技有限公司", "北京华美科技"),
            ("北京华美科技股份有限公司", "北京华美科技"),
            ("华美（中国）集团有限公司", "中国华美"),
            ("华美科技（北京）有限公司", "北京华美科技"),
            ("华美（集团）有限公司", "华美"),
            ("华美 集团", "华美"),
            ("ABC贸易有限责任公司", "abc 贸易"),
            ("株式会社山田", "山田"),
            ("山田 株式会社", "山田"),
            ("(株)山田", "山田"),
            ("삼성전자 주식회사", "삼성전자"),
            ("(주)삼성전자", "삼성전자"),
            // Nothing but a legal form.
            ("AG", "ag"),
            ("集团", "集团"),
            ("The Company", "the"),
            ("Co., Ltd.", "co"),
            ("", ""),
            ("---", ""),
            // Inner words that look like one.
            ("Co Op Bank", "co op bank"),
            ("Day by Day Inc & Friends", "day by day inc friends"),
        ] {
            assert_eq!(name_key(given), expected, "{given}");
        }
    }

    #[test]
    fn spelling_apart_it_is_the_same_name() {
        for (one, other) in [
            ("J. P. Morgan", "JP Morgan"),
            ("H & M", "H&M"),
            ("O'Neill", "oneill"),
            ("Smith-Jones", "Smith Jones"),
            ("Kunst et Vin", "Kunst & Vin"),
            ("华为技术（中国）有限公司", "中国华为技术有限公司"),
            ("ABC 贸易", "ABC贸易"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one} and {other}");
        }
    }

    #[test]
    fn words_are_put_in_order() {
        assert_eq!(sorted_words("systems acme data"), "acme data systems");
    }
}
