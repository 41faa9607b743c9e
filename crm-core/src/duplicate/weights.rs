use crate::customer::CustomerKind;

use super::{
    Agreement, Identity, Key,
    letters::is_cjk,
    nearness::{REORDERED, alignment, is_one_edit, name_nearness},
};

/// The base-2 logarithm of the odds that two records, before anything is known of them, are the
/// same customer: a duplicate or two for each record of a base of 100,000.
pub(super) const PRIOR: f64 = -16.0;

/// The most that phone, domain, postcode and town say together: whoever sits at a site has all of
/// them.
const SITE: f64 = 18.0;

/// The sum of what somebody must look at, however much agrees: 88 %.
const POSSIBLE_AT_MOST: f64 = 3.0;

/// The sum of what is not even shown: 5 %.
const NOT_POSSIBLE: f64 = -4.0;

/// Names less near than this are other names.
const OTHER_NAMES: f64 = 0.8;

/// One key that both records have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighed {
    pub(super) key: Key,
    pub(super) agreement: Agreement,
    pub(super) weight: f64,
}

/// Weighs every key that both have, and sums up, the prior included. Nothing when the sum cannot
/// reach `floor`: then the names were perhaps not compared.
///
/// The weight of a key is the base-2 logarithm of m/u: how often it agrees in this way for
/// the same customer, over how often for two others (Fellegi and Sunter 1969, "A Theory for
/// Record Linkage"). Keys that follow from one another (address and domain, postcode and town)
/// do not count twice; those of one site ([`SITE`]) not in full. Some findings set a limit to the
/// sum ([`ceiling`]), so it may be less than the weights add up to.
pub(super) fn weigh(
    one: &Identity,
    other: &Identity,
    floor: f64,
    found: &mut Vec<Weighed>,
) -> Option<f64> {
    found.clear();
    let mut add = |key, (agreement, weight)| found.push(Weighed { key, agreement, weight });
    if let (Some(a), Some(b)) = (&one.tax_number, &other.tax_number) {
        add(Key::TaxNumber, tax_numbers(a, b));
    }
    if let Some(email) = lists(&one.emails, &other.emails) {
        add(Key::Email, if email { (Agreement::Same, 17.0) } else { (Agreement::Other, -0.5) });
    }
    if let Some(phone) = phones(&one.phones, &other.phones) {
        add(Key::Phone, phone);
    }
    let person = one.kind == CustomerKind::Person || other.kind == CustomerKind::Person;
    // A person's domain is the employer's.
    if !person && let Some(domain) = domains(one, other) {
        add(Key::Domain, domain);
    }
    for (key, place) in places(one, other).into_iter().flatten() {
        add(key, place);
    }
    if let (Some(a), Some(b)) = (one.country, other.country) {
        add(Key::Country, if a == b { (Agreement::Same, 1.0) } else { (Agreement::Other, -5.0) });
    }
    if one.kind != other.kind {
        add(Key::Kind, (Agreement::Other, -3.0));
    }
    let sum = PRIOR + total(found);
    if one.name.is_empty() || other.name.is_empty() {
        let sum = sum.min(ceiling(one, other, found, None));
        return (sum >= floor).then_some(sum);
    }
    let most = name_says(one, other);
    if sum + most * at_best(&one.name, &other.name) < floor {
        return None;
    }
    let near = name_nearness(&one.name, &other.name);
    let agreement = match near {
        1.0.. => Agreement::Same,
        0.7.. => Agreement::Alike(near),
        _ => Agreement::Other,
    };
    let weight = name_weight(near, most);
    found.push(Weighed { key: Key::Name, agreement, weight });
    let sum = (sum + weight).min(ceiling(one, other, found, Some(near)));
    (sum >= floor).then_some(sum)
}

/// The sum of the weights, of one site [`SITE`] at the most.
fn total(found: &[Weighed]) -> f64 {
    let of_site = |weighed: &&Weighed| {
        weighed.weight > 0.0
            && matches!(weighed.key, Key::Phone | Key::Domain | Key::Postcode | Key::City)
    };
    let site: f64 = found.iter().filter(of_site).map(|weighed| weighed.weight).sum();
    let all: f64 = found.iter().map(|weighed| weighed.weight).sum();
    all - (site - SITE).max(0.0)
}

/// What the sum is at the most. Nothing limits it where the tax number is the same.
///
/// - Other tax numbers are other firms; those of the same name somebody may look at.
/// - Other names, other numbers in the names (branch 12, branch 13) and other given names of
///   persons are never certain: one switchboard serves sisters, branches and couples.
/// - Neither are two places of one house, where both phone and postcode are others, unless they
///   share an e-mail address.
fn ceiling(one: &Identity, other: &Identity, found: &[Weighed], near: Option<f64>) -> f64 {
    let of = |key| found.iter().find(|weighed| weighed.key == key).map(|weighed| weighed.agreement);
    let is_other = |key| of(key) == Some(Agreement::Other);
    match of(Key::TaxNumber) {
        Some(Agreement::Same) => return f64::INFINITY,
        Some(Agreement::Other) if near.is_none_or(|near| near < 1.0) => return NOT_POSSIBLE,
        Some(Agreement::Other) => return POSSIBLE_AT_MOST,
        _ => {}
    }
    let persons = one.kind == CustomerKind::Person && other.kind == CustomerKind::Person;
    let other_names = near.is_some_and(|near| near < OTHER_NAMES)
        || numbers_in(&one.name) != numbers_in(&other.name)
        || (persons && are_other_people(&one.name, &other.name));
    let other_places =
        is_other(Key::Phone) && is_other(Key::Postcode) && of(Key::Email) != Some(Agreement::Same);
    if other_names || other_places { POSSIBLE_AT_MOST } else { f64::INFINITY }
}

/// The numbers in a name, in order.
fn numbers_in(name: &str) -> Vec<&str> {
    let is_number = |c: char| c.is_numeric() || "一二三四五六七八九十".contains(c);
    let mut all: Vec<_> =
        name.split(|c| !is_number(c)).filter(|number| !number.is_empty()).collect();
    all.sort_unstable();
    all
}

/// Whether each of two persons has a name that the other does not, neither misspelled nor as an
/// initial.
fn are_other_people(one: &str, other: &str) -> bool {
    let lacks = |these: &str, those: &str| {
        these.split(' ').any(|a| !those.split(' ').any(|b| is_same_name(a, b)))
    };
    // 王伟 has no spaces: a name in other letters is another one.
    let whole = one.replace(' ', "") == other.replace(' ', "");
    !whole && lacks(one, other) && lacks(other, one)
}

/// Short names differ by a letter.
fn is_same_name(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let letters = short.chars().count();
    one == other
        || (letters == 1 && !short.starts_with(is_cjk) && long.starts_with(short))
        || (letters >= 5 && is_one_edit(one, other))
}

fn tax_numbers(one: &str, other: &str) -> (Agreement, f64) {
    if one == other {
        return (Agreement::Same, 20.0);
    }
    if is_one_edit(one, other) {
        // A typing mistake, or a neighbour in the register.
        return (Agreement::Alike(alignment(one, other)), 2.0);
    }
    (Agreement::Other, -8.0)
}

/// Whether two lists have one in common; nothing when one is empty.
fn lists(one: &[Box<str>], other: &[Box<str>]) -> Option<bool> {
    if one.is_empty() || other.is_empty() {
        return None;
    }
    Some(common(one, other).is_some())
}

/// The first value in common.
pub(super) fn common<'i>(one: &'i [Box<str>], other: &[Box<str>]) -> Option<&'i str> {
    one.iter().find(|value| other.contains(value)).map(|value| &**value)
}

fn phones(one: &[Box<str>], other: &[Box<str>]) -> Option<(Agreement, f64)> {
    if lists(one, other)? {
        return Some((Agreement::Same, 17.0));
    }
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let best = pairs.map(|(a, b)| phone_nearness(a, b)).max_by(f64::total_cmp)?;
    Some(if best > 0.0 { (Agreement::Alike(best), 7.0) } else { (Agreement::Other, -3.5) })
}

/// 0 where they are not alike.
fn phone_nearness(one: &str, other: &str) -> f64 {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let longer_by = long.len() - short.len();
    // An extension behind, or what is dialled before it.
    let part = short.len() >= 7
        && longer_by <= 4
        && (long.starts_with(short) || long.ends_with(short.trim_start_matches('+')));
    if part || (short.len() >= 7 && is_one_edit(short, long)) {
        alignment(short, long)
    } else {
        0.0
    }
}

fn domains(one: &Identity, other: &Identity) -> Option<(Agreement, f64)> {
    if lists(&one.domains, &other.domains)? {
        // An address has a domain.
        let follows = common(&one.emails, &other.emails).is_some();
        return Some((Agreement::Same, if follows { 1.0 } else { 13.0 }));
    }
    let pairs = one.domains.iter().flat_map(|a| other.domains.iter().map(move |b| (&**a, &**b)));
    let alike = |(a, b): (&str, &str)| {
        let near = a.len().min(b.len()) >= 7 && is_one_edit(a, b);
        near.then(|| alignment(a, b))
    };
    let best = pairs.filter_map(alike).max_by(f64::total_cmp);
    Some(best.map_or((Agreement::Other, -3.0), |near| (Agreement::Alike(near), 7.0)))
}

type Place = Option<(Key, (Agreement, f64))>;

/// Postcode and town: what the second adds to the first.
fn places(one: &Identity, other: &Identity) -> [Place; 2] {
    let same_country =
        one.country.is_none() || other.country.is_none() || one.country == other.country;
    let postcode = match (&one.postcode, &other.postcode) {
        (Some(a), Some(b)) if a == b && same_country => Some((Agreement::Same, 6.5)),
        (Some(a), Some(b)) if same_country && is_one_edit(a, b) => {
            Some((Agreement::Alike(alignment(a, b)), 2.5))
        }
        (Some(_), Some(_)) => Some((Agreement::Other, -3.0)),
        _ => None,
    };
    let follows = matches!(postcode, Some((Agreement::Same, _)));
    let city = match (&one.city, &other.city) {
        (Some(a), Some(b)) if a == b => Some((Agreement::Same, if follows { 0.5 } else { 5.0 })),
        (Some(a), Some(b)) => {
            let near = alignment(a, b);
            // Bezirk and town, other languages: a town says less than a postcode.
            Some(if near >= 0.8 { (Agreement::Alike(near), 2.0) } else { (Agreement::Other, -1.0) })
        }
        _ => None,
    };
    [postcode.map(|p| (Key::Postcode, p)), city.map(|c| (Key::City, c))]
}

/// The weight of the same name: the longer, the fewer have it. People share names more than firms.
fn name_says(one: &Identity, other: &Identity) -> f64 {
    let bits = |name: &str| name.chars().map(letter_says).sum::<f64>();
    let person = one.kind == CustomerKind::Person || other.kind == CustomerKind::Person;
    bits(&one.name).min(bits(&other.name)).min(if person { 10.0 } else { 17.0 })
}

const fn letter_says(c: char) -> f64 {
    match c {
        ' ' => 0.0,
        _ if is_cjk(c) => 4.0,
        _ => 2.0,
    }
}

/// Nearness, and the share of [`name_says`] that it is worth; below the second last it speaks
/// against, in bits.
const NAME_WORTH: [(f64, f64); 6] =
    [(1.0, 1.0), (0.95, 0.8), (0.9, 0.65), (0.85, 0.5), (0.8, 0.3), (0.7, 0.0)];
const NAME_AGAINST: [(f64, f64); 4] = [(0.7, 0.0), (0.6, -4.0), (0.5, -8.0), (0.3, -11.0)];

fn name_weight(near: f64, most: f64) -> f64 {
    if near >= 0.7 { most * between(&NAME_WORTH, near) } else { between(&NAME_AGAINST, near) }
}

/// Linear between points that go down.
fn between(points: &[(f64, f64)], at: f64) -> f64 {
    let mut above: Option<(f64, f64)> = None;
    for &(x, y) in points {
        if at >= x {
            return match above {
                Some((x1, y1)) if x1 > x => y + (y1 - y) * (at - x) / (x1 - x),
                _ => y,
            };
        }
        above = Some((x, y));
    }
    above.map_or(0.0, |(_, y)| y)
}

/// What two names that are not compared yet may be worth at best.
fn at_best(one: &str, other: &str) -> f64 {
    if one == other {
        return 1.0;
    }
    let sum = |text: &str| text.bytes().map(u64::from).sum::<u64>();
    if one.len() == other.len() && sum(one) == sum(other) {
        return between(&NAME_WORTH, REORDERED);
    }
    let longer = one.chars().count().max(other.chars().count());
    between(&NAME_WORTH, REORDERED.min(1.0 - 1.0 / longer.max(1) as f64).max(0.97))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_the_names_the_more_it_says() {
        let mut last = f64::NEG_INFINITY;
        for hundredths in 0..=100 {
            let weight = name_weight(f64::from(hundredths) / 100.0, 17.0);
            assert!(weight >= last, "{hundredths}");
            last = weight;
        }
        assert_eq!(last, 17.0);
    }
}
