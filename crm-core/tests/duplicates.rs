//! How many duplicates of a made-up dirty base are found, and how many of those found are true.

#[path = "dirty/mod.rs"]
mod dirty;

use crm_core::{
    customer::{Customer, CustomerKind},
    duplicate::{DuplicatePolicy, Identity, Scan, compare, scan},
    kernel::{Id, Phone, PhoneKind, Phones, TenantId},
    settings::Settings,
};
use dirty::{Base, records::Records};
use uuid::Uuid;

fn scanned(base: &Base, policy: &DuplicatePolicy) -> Scan<usize> {
    let identities: Vec<_> =
        base.customers.iter().map(|c| Identity::of(c, &base.settings)).enumerate().collect();
    scan(&identities, policy)
}

#[test]
fn nearly_every_duplicate_is_found_and_nearly_all_found_are_true() {
    let base = Base::new(3_000, 3);
    let scan = scanned(&base, &DuplicatePolicy::default());
    let right = scan.pairs.iter().filter(|pair| base.is_same(pair.one, pair.other)).count() as f64;
    let recall = right / base.true_pairs() as f64;
    let precision = right / scan.pairs.len() as f64;
    println!("{}", dirty::about());
    println!("{} true pairs, recall {recall:.3}, precision {precision:.3}", base.true_pairs());
    assert!(recall >= 0.95, "recall {recall:.3}");
    assert!(precision >= 0.95, "precision {precision:.3}");
}

#[test]
fn what_is_called_certain_is_so() {
    let base = Base::new(3_000, 4);
    let scan = scanned(&base, &DuplicatePolicy::default());
    let (mut right, mut all) = (0, 0);
    for group in &scan.groups {
        for (at, one) in group.iter().enumerate() {
            for other in group.iter().skip(at + 1) {
                all += 1;
                right += usize::from(base.is_same(*one, *other));
            }
        }
    }
    assert!(all > 300, "{all}");
    assert!(right * 100 >= all * 97, "{right} of {all}");
}

#[test]
fn the_same_base_gives_the_same_answer() {
    let policy = DuplicatePolicy { noise_limit: 5, ..DuplicatePolicy::default() };
    let one = scanned(&Base::new(1_500, 5), &policy);
    let other = scanned(&Base::new(1_500, 5), &policy);
    assert!(!one.noise.is_empty());
    assert!(one.noise.iter().all(|noise| noise.records > 5));
    assert_eq!(one, other);
}

/// Name, phone, website, postcode, town, tax number.
type Known<'t> = [&'t str; 6];

fn known(kind: CustomerKind, known: Known<'_>) -> Identity {
    let settings = Settings::standard(Settings::id_of(TenantId(Uuid::nil())));
    let [name, phone, website, postcode, city, tax_number] = known;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut made = Customer::new(Id::new(Uuid::nil()), kind, name);
    let phones = some(phone).map(|number| Phone { kind: PhoneKind::Work, number });
    made.phones = Phones(phones.into_iter().collect());
    (made.website, made.postcode) = (some(website), some(postcode));
    (made.city, made.tax_number) = (some(city), some(tax_number));
    made.country = "DE".parse().ok();
    Identity::of(&made, &settings)
}

#[test]
fn neighbours_branches_and_families_are_not_certainly_the_same() {
    use CustomerKind::{Organisation, Person};
    let (berlin, munich) = ("+49 30 901820", "+49 89 12345678");
    let (one_tax, other_tax) = ("DE136695976", "DE811569869");
    // What it is, two records, whether it is possible, whether it is certain.
    let cases: [(&str, CustomerKind, Known<'_>, Known<'_>, bool, bool); 15] = [
        (
            "branches of a chain",
            Organisation,
            ["Buchhandlung Thalia GmbH", berlin, "thalia.example", "10115", "Berlin", ""],
            ["Buchhandlung Thalia GmbH", munich, "thalia.example", "80331", "München", ""],
            true,
            false,
        ),
        (
            "a firm that is written down twice",
            Organisation,
            ["Buchhandlung Thalia GmbH", berlin, "thalia.example", "10115", "Berlin", ""],
            ["Thalia Buchhandlung", berlin, "www.thalia.example", "10115", "Berlin", ""],
            true,
            true,
        ),
        (
            "sister firms with other tax numbers",
            Organisation,
            ["Weber Druck GmbH", berlin, "weber.example", "10115", "Berlin", one_tax],
            ["Weber Logistik GmbH", berlin, "weber.example", "10115", "Berlin", other_tax],
            false,
            false,
        ),
        (
            "sister firms",
            Organisation,
            ["Weber Druck GmbH", berlin, "weber.example", "10115", "Berlin", ""],
            ["Weber Logistik GmbH", berlin, "weber.example", "10115", "Berlin", ""],
            false,
            false,
        ),
        (
            "one name, other tax numbers",
            Organisation,
            ["Weber Druck GmbH", berlin, "weber.example", "10115", "Berlin", one_tax],
            ["Weber Druck GmbH", berlin, "weber.example", "10115", "Berlin", other_tax],
            true,
            false,
        ),
        (
            "a firm that was renamed",
            Organisation,
            ["Weber Druck GmbH", berlin, "weber.example", "10115", "Berlin", one_tax],
            ["Omega Holding GmbH", berlin, "weber.example", "10115", "Berlin", one_tax],
            true,
            true,
        ),
        (
            "two in one building",
            Organisation,
            ["Alpha Consulting GmbH", berlin, "", "10115", "Berlin", ""],
            ["Omega Steuerberatung", berlin, "", "10115", "Berlin", ""],
            false,
            false,
        ),
        (
            "numbered branches at one switchboard",
            Organisation,
            ["Sparkasse Berlin Filiale 12", berlin, "sparkasse.example", "10115", "Berlin", ""],
            ["Sparkasse Berlin Filiale 13", berlin, "sparkasse.example", "10999", "Berlin", ""],
            true,
            false,
        ),
        (
            "numbered branches in Chinese",
            Organisation,
            ["中国银行北京第一支行", berlin, "boc.example", "10115", "北京", ""],
            ["中国银行北京第二支行", berlin, "boc.example", "10115", "北京", ""],
            true,
            false,
        ),
        (
            "two of one name at one employer",
            Person,
            ["Thomas Müller", "", "bmw.example", "", "München", ""],
            ["Thomas Müller", "", "bmw.example", "", "München", ""],
            true,
            false,
        ),
        (
            "two of one name in one town",
            Person,
            ["Thomas Müller", "", "", "10115", "Berlin", ""],
            ["Thomas Müller", "", "", "10115", "Berlin", ""],
            true,
            false,
        ),
        (
            "a couple",
            Person,
            ["Anna Schmidt", berlin, "", "10115", "Berlin", ""],
            ["Bernd Schmidt", berlin, "", "10115", "Berlin", ""],
            true,
            false,
        ),
        (
            "a couple with names that are nearly the same",
            Person,
            ["Paul Schmidt", berlin, "", "10115", "Berlin", ""],
            ["Paula Schmidt", berlin, "", "10115", "Berlin", ""],
            true,
            false,
        ),
        (
            "a couple in Chinese",
            Person,
            ["王伟", berlin, "", "10115", "北京", ""],
            ["王芳", berlin, "", "10115", "北京", ""],
            false,
            false,
        ),
        (
            "one person, once with an initial",
            Person,
            ["Anna Schmidt", berlin, "", "10115", "Berlin", ""],
            ["Schmidt, A.", berlin, "", "10115", "Berlin", ""],
            true,
            false,
        ),
    ];
    let policy = DuplicatePolicy::default();
    let mut wrong = Vec::new();
    for (what, kind, one, other, possible, certain) in cases {
        let found = compare(&known(kind, one), &known(kind, other));
        if (found.is_possible(&policy), found.is_certain(&policy)) != (possible, certain) {
            wrong.push(format!("{what}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn records_are_written_down_again_only_of_firms_that_are_remembered() {
    let (mut seen, mut again) = (std::collections::HashMap::new(), 0);
    for (at, record) in Records::new(5, 50).take(3_000).enumerate() {
        assert_eq!(record.again, seen.contains_key(&record.firm), "{at}");
        again += usize::from(record.again);
        let newest = seen.keys().max().copied().unwrap_or(record.firm);
        assert!(newest < record.firm + 50, "{} after {newest}", record.firm);
        let known = seen.entry(record.firm).or_insert_with(|| (record.town, record.domain.clone()));
        assert_eq!((record.town, &record.domain), (known.0, &known.1));
    }
    assert!((300..420).contains(&again), "{again} of 3,000: 12 % are expected");
}
