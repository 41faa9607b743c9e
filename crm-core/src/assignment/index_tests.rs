//! The index finds what a walk finds.

use proptest::prelude::*;
use uuid::Uuid;

use super::{Choice, Rule, RuleIndex, RuleSet, Subject, Target};
use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{Criteria, Id},
    lead::{self, Lead},
};

const WORDS: [&str; 6] = ["north", "south", "east", "west", "", "retail"];

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&WORDS[..])
}

fn criteria() -> impl Strategy<Value = Criteria<Lead>> {
    let test = prop_oneof![
        word().prop_map(|w| lead::REGION.eq(w)),
        word().prop_map(|w| lead::INDUSTRY.eq(w)),
        prop::collection::vec(word(), 0..4).prop_map(|w| lead::INDUSTRY.one_of(w)),
        (0..20_i64).prop_map(|n| lead::EMPLOYEES.at_least(n)),
        (0..20_i64).prop_map(|n| lead::EMPLOYEES.below(n)),
        (0..20_i64).prop_map(|n| lead::EMPLOYEES.eq(n)),
        prop::collection::vec(0..20_i64, 0..3).prop_map(|n| lead::EMPLOYEES.one_of(n)),
        (0..3_u128).prop_map(|n| lead::OWNER_ID.eq(Id::new(Uuid::from_u128(n)))),
        (0..9_i64).prop_map(|n| lead::AMOUNT.above(money(n, n))),
        (0..9_i64).prop_map(|n| lead::AMOUNT.at_most(money(n, n + 1))),
        Just(lead::REGION.is_empty()),
        word().prop_map(|w| lead::REGION.starts_with(w)),
        word().prop_map(|w| lead::REGION.starts_with(w.get(..2).unwrap_or(w))),
        (word(), word()).prop_map(|(a, b)| {
            lead::REGION.eq(a).or(lead::INDUSTRY.starts_with(b.get(..1).unwrap_or(b)))
        }),
        (word(), 0..20_i64).prop_map(|(a, n)| lead::REGION.eq(a).or(lead::EMPLOYEES.at_least(n))),
    ];
    test.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Criteria::All),
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Criteria::Any),
            1 => inner.prop_map(Criteria::not),
        ]
    })
}

fn of_customer() -> impl Strategy<Value = Criteria<Customer>> {
    prop_oneof![
        Just(Criteria::everything()),
        word().prop_map(|w| customer::INDUSTRY.eq(w)),
        word().prop_map(|w| customer::INDUSTRY.ne(w)),
        (0..20_i64).prop_map(|n| customer::EMPLOYEES.at_least(n)),
    ]
}

fn money(n: i64, currency: i64) -> crate::kernel::Money {
    let code = if currency % 2 == 0 { "EUR" } else { "USD" };
    format!("{n}.0001 {code}").parse().unwrap()
}

fn record() -> impl Strategy<Value = Lead> {
    (
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(0..20_i64),
        prop::option::of(0..3_u128),
        prop::option::of((0..9_i64, 0..2_i64)),
    )
        .prop_map(|(region, industry, employees, owner, amount)| {
            let mut lead = Lead::company(Id::new(Uuid::from_u128(9)), "Acme");
            lead.region = region.map(str::to_owned);
            lead.industry = industry.map(str::to_owned);
            lead.employees = employees;
            lead.owner_id = owner.map(|n| Id::new(Uuid::from_u128(n)));
            lead.amount = amount.map(|(n, c)| money(n, c));
            lead
        })
}

fn firm() -> impl Strategy<Value = Option<Customer>> {
    prop::option::of((prop::option::of(word()), prop::option::of(0..20_i64))).prop_map(|firm| {
        let (industry, employees) = firm?;
        let id = Id::new(Uuid::from_u128(8));
        let mut customer = Customer::new(id, CustomerKind::Organisation, "Acme");
        customer.industry = industry.map(str::to_owned);
        customer.employees = employees;
        Some(customer)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_index_finds_what_a_walk_finds(
        rules in prop::collection::vec((criteria(), of_customer(), prop::option::of(1..9_u32)), 0..150),
        records in prop::collection::vec((record(), firm()), 1..20),
    ) {
        let day = |n: u32| chrono::NaiveDate::from_ymd_opt(2026, 1, n).unwrap();
        let rule = |(n, (when, customer, from)): (usize, (Criteria<Lead>, _, Option<u32>))| Rule {
            when,
            customer,
            from: from.map(day),
            to: from.map(|n| day(n + 3)),
            ..Rule::new(n.to_string(), vec![Choice::new(Target::Keep, super::Strategy::default())])
        };
        let set = RuleSet { rules: rules.into_iter().enumerate().map(rule).collect() };
        let index = RuleIndex::new(set.clone()).unwrap();
        for (record, firm) in &records {
            let mut subject = Subject::new(record);
            subject.customer = firm.as_ref();
            let found: Vec<_> = index.matching(&subject, day(5)).map(|(at, _)| at).collect();
            prop_assert_eq!(found, set.matching(&subject, day(5)));
        }
    }
}
