//! A batch, and the same one by one.

use proptest::{prelude::*, strategy::Strategy as _};

use super::{
    Batch, Candidate, Choice, Cursors, Deal, Load, Rule, Strategy, Subject, Then, Wins, assign,
    tests::{House, NAMES, all, day, people, record},
};
use crate::{
    kernel::Money,
    lead::{self, Lead},
};

/// Weight, open ones, their limit, quota left, deals won.
type Figures = (u32, u32, Option<u32>, Option<i64>, u32);

/// People and records for a batch.
fn random_house()
-> impl proptest::strategy::Strategy<Value = (Vec<Candidate>, Vec<Lead>, Vec<Strategy>)> {
    let one =
        (0..4_u32, 0..6_u32, prop::option::of(3..9_u32), prop::option::of(0..50_i64), 0..4_u32);
    let people = prop::collection::vec(one, NAMES.len()).prop_map(|figures| {
        let person = |(mut one, (weight, has, most, quota, won)): (Candidate, Figures)| {
            one.weight = weight;
            one.open = Load { has: Some(has), most };
            one.today = Load { has: Some(0), most };
            one.quota_left =
                quota.map(|n| Money::new(n.into(), crate::kernel::Currency::EUR).unwrap());
            one.wins = [(Deal::default(), Wins { won, decided: won + weight })].into();
            one
        };
        people().into_iter().zip(figures).map(person).collect()
    });
    let records = prop::collection::vec(0..9_i64, 1..40).prop_map(|sizes| {
        let lead = |size| {
            let mut lead = record();
            lead.employees = Some(size);
            lead
        };
        sizes.into_iter().map(lead).collect()
    });
    let strategies = [
        Strategy::RoundRobin,
        Strategy::WeightedRoundRobin,
        Strategy::LeastLoaded,
        Strategy::BestRecord,
        Strategy::HighestQuotaLeft,
    ];
    (people, records, prop::collection::vec(prop::sample::select(strategies.to_vec()), 3))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    /// A batch decides as one after another does, and moves the same figures and cursors.
    #[test]
    fn a_batch_is_the_same_as_one_by_one((people, records, strategies) in random_house()) {
        let rule = |(n, strategy): (usize, &Strategy)| Rule {
            when: lead::EMPLOYEES.at_least(n as i64 * 3),
            then: Then::Continue,
            ..Rule::new(n.to_string(), vec![Choice::new(all(), *strategy)])
        };
        let rules = strategies.iter().enumerate().rev().map(rule).collect();
        let mut house = House::new(rules, people);
        let rules = house.rules;
        let mut batch = Batch::new(&rules, house.roster.clone(), Cursors::default(), day());
        let subjects: Vec<_> = records
            .iter()
            .map(|record| Subject { worth: "3 EUR".parse().ok(), ..Subject::new(record) })
            .collect();
        let together: Vec<_> = batch.assign_all(subjects.iter().copied()).collect();
        for (subject, decision) in subjects.iter().zip(together) {
            let (single, change) = assign(&rules, &house.roster, &house.cursors, subject, day());
            prop_assert_eq!(&single, &decision);
            // The dry run has moved nothing: it says the same again.
            let again = assign(&rules, &house.roster, &house.cursors, subject, day());
            prop_assert_eq!((&again.0, &again.1), (&single, &change));
            house.cursors.extend(change);
            if let Some(to) = single.to() {
                let one = house.roster.get(to).unwrap();
                for load in [one.open, one.today] {
                    prop_assert!(load.most.is_none_or(|most| load.has < Some(most)), "no limit is passed");
                }
                house.roster.gave(to, subject.worth);
            }
        }
        let (roster, cursors) = batch.end();
        prop_assert_eq!(roster.candidates(), house.roster.candidates());
        prop_assert_eq!(cursors, house.cursors);
    }
}
