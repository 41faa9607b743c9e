//! How many duplicates of a made-up dirty base are found, and how many of those found are true.

#[path = "dirty/mod.rs"]
mod dirty;

use crm_core::duplicate::{DuplicatePolicy, Identity, Scan, scan};
use dirty::Base;

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
