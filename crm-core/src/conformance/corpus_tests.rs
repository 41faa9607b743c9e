use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{Id, Term},
    search::{Rank, SearchQuery, terms_of},
};

use super::corpus::{entries, queries};

#[test]
fn the_corpus_is_large_and_no_name_comes_twice() {
    let names: BTreeSet<String> = customers().into_iter().map(|customer| customer.name).collect();
    assert_eq!(names.len(), entries().count());
    assert!(names.len() >= 300);
    assert!(queries().count() >= 60);
}

#[test]
fn queries_find_what_is_expected_and_nothing_else() {
    let kept: Vec<_> = customers().into_iter().map(|c| (terms_of(&c), c)).collect();
    let mut wrong = Vec::new();
    for (text, expected) in queries() {
        let query = SearchQuery::parse(text).unwrap();
        let candidates = kept.iter().filter(|(terms, _)| all_hold(&query, terms));
        let found = names(candidates.map(|(_, customer)| customer), &query);
        if found != expected {
            wrong.push(format!("({text:?}, &{found:?}),"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn whatever_ranks_has_the_terms_to_be_found() {
    let customers = customers();
    let names = customers.iter().map(|customer| customer.name.as_str());
    for text in queries().map(|(text, _)| text).chain(names) {
        let query = SearchQuery::parse(text).unwrap();
        for customer in &customers {
            if query.rank(customer).is_some() {
                assert!(all_hold(&query, &terms_of(customer)), "{text:?} {:?}", customer.name);
            }
        }
    }
}

#[test]
fn everybody_is_found_first_by_their_name() {
    let customers = customers();
    for customer in &customers {
        let query = SearchQuery::parse(&customer.name).unwrap();
        let found = names(&customers, &query);
        assert_eq!(found.first(), Some(&customer.name.as_str()), "{found:?}");
    }
}

#[test]
fn an_ordinary_record_has_few_terms() {
    let counts: Vec<usize> = customers().iter().map(|customer| terms_of(customer).len()).collect();
    assert!(counts.iter().all(|count| *count <= 25), "{:?}", counts.iter().max());
}

fn customers() -> Vec<Customer> {
    (1..).zip(entries()).map(|(n, entry)| entry.customer(Id::new(Uuid::from_u128(n)))).collect()
}

fn all_hold(query: &SearchQuery, terms: &[Term]) -> bool {
    query.tests().iter().all(|test| terms.iter().any(|term| test.passes(term)))
}

fn names<'a>(
    customers: impl IntoIterator<Item = &'a Customer>,
    query: &SearchQuery,
) -> Vec<&'a str> {
    let ranked = customers.into_iter().filter_map(|c| Some((query.rank(c)?, c.name.as_str())));
    let mut hits: Vec<(Rank, &str)> = ranked.collect();
    hits.sort();
    hits.into_iter().map(|(_, name)| name).collect()
}
