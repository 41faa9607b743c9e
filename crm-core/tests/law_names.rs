//! The contract of a port names the law that holds it: there is such a law, and names are not twice.

use std::collections::HashSet;

use crm_core::conformance::laws;

#[test]
fn every_law_has_a_name_of_its_own() {
    let names: Vec<String> = laws().iter().map(|law| law.name().to_owned()).collect();
    let once: HashSet<&String> = names.iter().collect();
    assert_eq!(once.len(), names.len());
}

#[test]
fn every_law_that_a_contract_names_is_in_the_suite() {
    let names: Vec<String> = laws().iter().map(|law| law.name().to_owned()).collect();
    let is_law = |name: &str| names.iter().any(|law| law.split("::").next() == Some(name));
    let contracts = include_str!("../src/store/ports.rs");
    let words = contracts.split('`').skip(1).step_by(2);
    let looks_like_one = |word: &&str| {
        let letters = word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        letters && word.matches('_').count() > 1
    };
    let named: Vec<&str> = words.filter(looks_like_one).collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        assert!(is_law(name), "a contract names {name}, and there is no such law");
    }
}
