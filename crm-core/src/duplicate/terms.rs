use crate::{contact::Contact, kernel::Term, settings::Settings};

use super::{
    Identity, check_email, identity::country_of, letters::is_cjk, name::sorted_words, phone_key,
};

/// The families of an identity's terms, in the order of [`terms`].
pub const TERM_FAMILIES: [&str; 6] = ["tax", "email", "phone", "domain", "name", "near"];

/// The most terms of one identity.
pub const MAX_TERMS: usize = 14;

/// What an identity is found by: records that share one are candidates for [`super::compare`].
///
/// - `tax:`, `email:`, `phone:`, `domain:`: the keys as they are, at most two of each.
/// - `name:`: the whole name, its words in order of their letters.
/// - `near:`: parts that a spelling mistake leaves whole: how the name begins, how it ends, its sound
///   (the consonants of its words in any order; of Chinese and Japanese names the characters in
///   any order), and its beginning and its end together with the postcode.
///
/// Nobody is looked for by a term that more than [`super::DuplicatePolicy::noise_limit`] customers share.
pub fn terms(identity: &Identity) -> Vec<Term> {
    let mut terms = Vec::with_capacity(MAX_TERMS);
    each_term(identity, |family, value| terms.push(Term::new(family, value)));
    terms
}

/// What a contact is found by: customers whose contacts share an address or a number may be the
/// same. Its phone numbers are those of the country of its addresses, else of the house.
pub fn terms_of_contact(contact: &Contact, settings: &Settings) -> Vec<Term> {
    let country = country_of(contact, settings);
    let mailboxes = settings.duplicates.mailboxes();
    let email = contact.email.as_deref().and_then(|email| check_email(email, mailboxes).ok());
    let phones = contact.phones.0.iter().filter_map(|phone| phone_key(&phone.number, country));
    let mut terms: Vec<_> = phones.take(2).map(|phone| Term::new("phone", &phone)).collect();
    terms.extend(email.map(|email| Term::new("email", &email)));
    terms
}

/// Gives each term's family and value, without making a [`Term`] of it.
pub(super) fn each_term(identity: &Identity, mut give: impl FnMut(&str, &str)) {
    if let Some(tax) = &identity.tax_number {
        give("tax", tax);
    }
    let lists =
        [("email", &identity.emails), ("phone", &identity.phones), ("domain", &identity.domains)];
    for (family, keys) in lists {
        for key in keys.iter().take(2) {
            give(family, key);
        }
    }
    if !identity.name.is_empty() {
        give("name", &sorted_words(&identity.name));
        each_near(identity, &mut give);
    }
}

fn each_near(identity: &Identity, give: &mut impl FnMut(&str, &str)) {
    let letters: Vec<char> = identity.name.chars().filter(|c| *c != ' ').collect();
    let reversed: Vec<char> = letters.iter().rev().copied().collect();
    let cjk = letters.iter().any(|c| is_cjk(*c));
    let (many, few) = if cjk { (4, 2) } else { (9, 4) };
    let mut text = String::with_capacity(64);
    let mut near = |mark: char, postcode: Option<&str>, letters: &[char]| {
        text.clear();
        text.push(mark);
        if let Some(postcode) = postcode {
            text.push_str(postcode);
            text.push(' ');
        }
        text.extend(letters);
        give("near", &text);
    };
    let start = |letters: &[char], count: usize| letters.iter().take(count).copied().collect();
    let (begins, ends): (Vec<char>, Vec<char>) = (start(&letters, many), start(&reversed, many));
    near('b', None, &begins);
    near('e', None, &ends);
    near('s', None, &sound(&identity.name, &letters, cjk));
    if cjk && letters.len() > 4 {
        let mut both: Vec<char> = start(&letters, 2);
        both.extend(reversed.iter().take(2));
        near('f', None, &both);
    }
    if let Some(postcode) = identity.postcode.as_deref() {
        let (begins, ends): (Vec<char>, Vec<char>) = (start(&letters, few), start(&reversed, few));
        near('p', Some(postcode), &begins);
        near('q', Some(postcode), &ends);
    }
}

/// What is left of a name that is heard and written down again.
fn sound(name: &str, letters: &[char], cjk: bool) -> Vec<char> {
    if cjk {
        let mut all = letters.to_vec();
        all.sort_unstable();
        return all;
    }
    let mut words: Vec<Vec<char>> = name.split(' ').map(consonants).collect();
    words.sort_unstable();
    words.concat()
}

fn consonants(word: &str) -> Vec<char> {
    let mut kept: Vec<char> = Vec::with_capacity(word.len());
    for (at, c) in word.chars().enumerate() {
        let sounds = match c {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' | 'j' if at > 0 => continue,
            'c' | 'q' => 'k',
            'z' => 's',
            'w' => 'v',
            other => other,
        };
        if kept.last() != Some(&sounds) {
            kept.push(sounds);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::CustomerKind;

    fn named(name: &str) -> Identity {
        Identity {
            kind: CustomerKind::Organisation,
            country: None,
            name: super::super::name_key(name).into(),
            phones: Box::default(),
            emails: Box::default(),
            domains: Box::default(),
            tax_number: None,
            postcode: Some("10115".into()),
            city: None,
        }
    }

    fn shared(one: &str, other: &str) -> Vec<String> {
        let others = terms(&named(other));
        let mut shared: Vec<_> = terms(&named(one))
            .iter()
            .filter(|t| others.contains(t))
            .map(|t| t.as_str().to_owned())
            .collect();
        shared.retain(|term| !term.starts_with("near:p") && !term.starts_with("near:q"));
        shared
    }

    #[test]
    fn there_are_few() {
        let mut full = named("北京华美科技有限公司");
        let list = |keys: &[&str]| keys.iter().map(|k| (*k).into()).collect::<Box<[Box<str>]>>();
        full.phones = list(&["+861", "+862", "+863"]);
        full.emails = list(&["a@a.cn", "b@a.cn", "c@a.cn"]);
        full.domains = list(&["a.cn", "b.cn", "c.cn"]);
        full.tax_number = Some("91350100M000100Y43".into());
        let terms = terms(&full);
        assert_eq!(terms.len(), MAX_TERMS);
        for term in &terms {
            let family = term.as_str().split(':').next().unwrap();
            assert!(TERM_FAMILIES.contains(&family), "{term:?}");
        }
        let mut none = named("");
        none.postcode = None;
        assert!(super::terms(&none).is_empty());
    }

    #[test]
    fn spelling_mistakes_leave_some_whole() {
        for (one, other, least) in [
            ("Nordic Data Systems", "Nordic Data Sistems", "near:b"),
            ("Nordic Data Systems", "Nortic Data Systems", "near:e"),
            ("Nordic Data Systems", "Data Systems Nordic", "name:"),
            ("Nordic Data Systems", "Systems Nordic Dat", "near:s"),
            ("Schmidt Maschinen", "Schmitt Maschinen", "near:e"),
            ("北京华美科技有限公司", "北京华美科枝", "near:b"),
            ("北京华美科技", "北京花美科技", "near:f"),
            ("华美科技北京", "北京华美科技", "near:s"),
        ] {
            let shared = shared(one, other);
            assert!(shared.iter().any(|t| t.starts_with(least)), "{one}, {other}: {shared:?}");
        }
        assert_eq!(shared("Nordic Data Systems", "Weber Druck"), Vec::<String>::new());
    }
}
