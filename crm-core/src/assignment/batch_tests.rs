//! A batch, and the same one by one.

use proptest::{prelude::*, strategy::Strategy as _};

use uuid::Uuid;

use super::{
    Availability, Batch, Candidate, Choice, Cursors, Deal, Load, Rule, Strategy, Subject, Target,
    Then, Wins, assign,
    tests::{House, NAMES, all, day, people, record, staff},
};
use crate::{
    kernel::{Currency, Id, Money},
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
            one.quota_left = quota.map(|n| Money::new(n.into(), Currency::EUR).unwrap());
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

/// Of a large team: weight, open ones, their limit, new ones a day at the most, quota left, deals won, level.
type Member = (u32, u32, Option<u32>, Option<u32>, Option<i64>, u32, u8);

/// A hundred people and more, in two teams and two territories, some away, most of whom come to a limit.
fn large_team() -> impl proptest::strategy::Strategy<Value = Vec<Candidate>> {
    let limit = || prop::option::weighted(0.8, 0..6_u32);
    let quota = prop::option::weighted(0.9, 0..90_i64);
    let one = (0..4_u32, 0..4_u32, limit(), limit(), quota, 0..9_u32, 0..4_u8);
    let person = |(n, (weight, has, most, a_day, quota, won, level)): (usize, Member)| {
        let mut one = Candidate::new(staff(n), format!("Person {n}"));
        one.units = vec![Id::new(Uuid::from_u128(n as u128 % 2))];
        one.territories = vec![(Uuid::from_u128(n as u128 % 3), "owner".to_owned())];
        one.weight = weight;
        one.open = Load { has: Some(has), most };
        one.today = Load { has: Some(0), most: a_day };
        one.quota_left = quota.map(|n| Money::new(n.into(), Currency::EUR).unwrap());
        let deals = [0, 1].map(|n| deal(n as usize));
        one.wins = deals.map(|deal| (deal, Wins { won, decided: won + weight })).into();
        one.skills.insert("french".to_owned(), level);
        if n % 11 == 0 {
            one.availability = Availability::Left;
        }
        one
    };
    let people = prop::collection::vec(one, 100..160);
    people.prop_map(move |all| all.into_iter().enumerate().map(person).collect())
}

fn deal(n: usize) -> Deal {
    Deal { pipeline: Some(Id::new(Uuid::from_u128(n as u128 % 2))), ..Deal::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// What a batch keeps of large teams from record to record is what looking at everybody anew finds, for every strategy, several rules about the
    /// same people, records that somebody has, of different deals and territories, and with some of the traces kept.
    #[test]
    fn a_batch_of_large_teams_is_the_same_as_one_by_one(
        people in large_team(),
        records in prop::collection::vec((0..7_usize, prop::option::of(0..160_usize)), 200),
        first in 0..6_usize,
    ) {
        let unit = |n| Id::new(Uuid::from_u128(n));
        let everybody = (0..people.len() + 3).map(staff).collect();
        let targets = [
            Target::Queue { name: "all".to_owned(), people: everybody },
            Target::Team { unit: unit(0), below: false },
            Target::TerritoryMembers { role: Some("owner".to_owned()), territory: None },
        ];
        let rule = |n: usize| {
            let target = targets[n % 3].clone();
            let mut choice = Choice::new(target, Strategy::ALL[(first + n / 2) % Strategy::ALL.len()]);
            choice.needs.skills.insert("french".to_owned(), 1 + u8::from(n.is_multiple_of(5)));
            let team = Target::Team { unit: unit(1), below: true };
            let mut fallback = Choice::new(team, Strategy::ALL[(first + n) % Strategy::ALL.len()]);
            fallback.needs = choice.needs.clone();
            let mut choices = if n.is_multiple_of(2) { vec![choice] } else { vec![choice, fallback] };
            if [1, 12].contains(&n) {
                choices.insert(0, Choice::new(Target::Keep, Strategy::RoundRobin));
            }
            let when = lead::EMPLOYEES.at_least(n as i64 % 7);
            Rule { when, then: Then::Continue, ..Rule::new(n.to_string(), choices) }
        };
        let house = House::new((0..14).rev().map(rule).collect(), people);
        let (rules, mut roster, mut cursors) = (house.rules, house.roster, house.cursors);
        let mut batch = Batch::new(&rules, roster.clone(), Cursors::default(), day());
        let mut kept = Vec::new();
        for (n, (size, owner)) in records.into_iter().enumerate() {
            let mut lead = record();
            lead.employees = Some(size as i64);
            let subject = Subject {
                owner: owner.map(staff),
                territory: (n % 4 < 3).then(|| Uuid::from_u128(n as u128 % 4)),
                worth: "7 EUR".parse().ok(),
                deal: deal(n / 2),
                ..Subject::new(&lead)
            };
            let together = batch.assign(&subject);
            let (single, change) = assign(&rules, &roster, &cursors, &subject, day());
            prop_assert_eq!(&single, &together);
            cursors.extend(change);
            if let Some(to) = single.to() {
                roster.moved(subject.owner, to, subject.worth);
            }
            if n % 3 == 0 {
                kept.push((single, together));
            }
        }
        // A trace that is kept stays as it was.
        prop_assert!(kept.iter().all(|(single, together)| single == together));
        let (after, turns) = batch.end();
        prop_assert_eq!(after.candidates(), roster.candidates());
        prop_assert_eq!(turns, cursors);
    }
}
