//! Decisions, one by one and in a batch.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Strategy, *};
use crate::{
    customer::{Customer, CustomerKind},
    kernel::Id,
    lead::Lead,
    staff_member::StaffMember,
};

pub(super) const NAMES: [&str; 4] = ["Anna", "Ben", "Carl", "Dora"];

pub(super) fn staff(n: usize) -> Id<StaffMember> {
    Id::new(Uuid::from_u128(n as u128 + 1))
}

pub(super) fn day() -> chrono::NaiveDate {
    "2027-02-20".parse().unwrap()
}

pub(super) fn people() -> Vec<Candidate> {
    NAMES.iter().enumerate().map(|(n, name)| Candidate::new(staff(n), *name)).collect()
}

pub(super) fn all() -> Target {
    Target::Queue { name: "all".into(), people: (0..NAMES.len()).map(staff).collect() }
}

pub(super) fn record() -> Lead {
    Lead::company(Id::new(Uuid::from_u128(99)), "Acme")
}

pub(super) struct House {
    pub(super) rules: RuleIndex<Lead>,
    pub(super) roster: Roster,
    pub(super) cursors: Cursors,
}

impl House {
    pub(super) fn new(rules: Vec<Rule<Lead>>, people: Vec<Candidate>) -> Self {
        let rules = RuleIndex::new(RuleSet { rules }).unwrap();
        Self { rules, roster: Roster::new(people).unwrap(), cursors: Cursors::default() }
    }

    fn by(strategy: Strategy, people: Vec<Candidate>) -> Self {
        Self::new(vec![Rule::new("all", vec![Choice::new(all(), strategy)])], people)
    }

    /// Decides, carries it out, and says it.
    pub(super) fn next(&mut self, subject: &Subject<'_, Lead>) -> (Decision, String) {
        let (decision, change) = assign(&self.rules, &self.roster, &self.cursors, subject, day());
        let text = decision.explain(&self.rules, &self.roster, subject);
        self.cursors.extend(change);
        if let Some(to) = decision.to()
            && subject.owner != Some(to)
        {
            self.roster.gave(to, subject.worth);
        }
        (decision, text)
    }

    fn names(&mut self, count: usize) -> Vec<String> {
        let record = record();
        (0..count)
            .map(|_| {
                let to = self.next(&Subject::new(&record)).0.to();
                to.and_then(|to| self.roster.get(to)).map_or("-".into(), |one| one.name.clone())
            })
            .collect()
    }
}

#[test]
fn ties_of_every_strategy_rotate() {
    for strategy in Strategy::ALL {
        let mut choice = Choice::new(all(), *strategy);
        choice.needs.skills.insert("french".into(), 1);
        let mut house = House::new(vec![Rule::new("all", vec![choice])], people());
        let mut known = house.roster.candidates().to_vec();
        for one in &mut known {
            one.skills.insert("french".into(), 3);
            one.open.has = Some(5);
            one.wins = [(Deal::default(), Wins { won: 3, decided: 9 })].into();
            one.quota_left = Some("100 EUR".parse().unwrap());
        }
        house.roster = Roster::new(known).unwrap();
        assert_eq!(house.names(8), ["Anna", "Ben", "Carl", "Dora", "Anna", "Ben", "Carl", "Dora"]);
    }
}

#[test]
fn many_rules_that_give_one_record_each_feed_everybody() {
    // Every third rule is about another team: none of the four is passed over for that.
    let unit = Id::new(Uuid::from_u128(20));
    for strategy in [Strategy::RoundRobin, Strategy::WeightedRoundRobin, Strategy::BestSkill] {
        let rule = |n: i64| {
            let target = if n % 3 == 0 { Target::Team { unit, below: true } } else { all() };
            let mut choice = Choice::new(target, strategy);
            choice.needs.skills.insert("french".into(), 1);
            let when = crate::lead::EMPLOYEES.eq(n);
            Rule { when, ..Rule::new(n.to_string(), vec![choice]) }
        };
        let mut known = people();
        for one in &mut known {
            one.skills.insert("french".into(), 3);
        }
        (known[0].units, known[1].units) = (vec![unit], vec![unit]);
        let mut house = House::new((0..60).map(rule).collect(), known);
        let mut got: HashMap<_, [u32; 2]> = HashMap::new();
        for n in 0..60 {
            let mut record = record();
            record.employees = Some(n);
            let to = house.next(&Subject::new(&record)).0.to().unwrap();
            got.entry(to).or_default()[usize::from(n % 3 == 0)] += 1;
        }
        let shares: Vec<_> = (0..4).map(|n| got[&staff(n)]).collect();
        assert_eq!(shares, [[10, 10], [10, 10], [10, 0], [10, 0]], "{strategy}");
    }
}

#[test]
fn all_weights_zero_means_everybody_equal_and_says_so() {
    let zero = |mut one: Candidate| {
        one.weight = 0;
        one
    };
    let mut house =
        House::by(Strategy::WeightedRoundRobin, people().into_iter().map(zero).collect());
    let (_, text) = house.next(&Subject::new(&record()));
    assert!(text.contains("all weights are 0, so everybody counts the same"), "{text}");
    assert_eq!(house.names(3), ["Ben", "Carl", "Dora"]);

    let mut some = people();
    some[0].weight = 0;
    some[1].weight = 3;
    let mut house = House::by(Strategy::WeightedRoundRobin, some);
    let mut names = house.names(50);
    names.sort();
    let count = |name: &str| names.iter().filter(|n| *n == name).count();
    assert_eq!([count("Anna"), count("Ben"), count("Carl"), count("Dora")], [0, 30, 10, 10]);
}

#[test]
fn who_left_has_no_say_in_what_the_others_are_compared_by() {
    let of = |strategy, change: fn(usize, &mut Candidate)| {
        let mut some = people();
        some[0].availability = Availability::Left;
        some.iter_mut().enumerate().for_each(|(n, one)| change(n, one));
        House::by(strategy, some).names(3)
    };
    // The only one with a weight, with another currency, with a limit.
    let weights = of(Strategy::WeightedRoundRobin, |n, one| one.weight = u32::from(n == 0));
    assert_eq!(weights, ["Ben", "Carl", "Dora"]);
    let quotas = of(Strategy::HighestQuotaLeft, |n, one| {
        let left = if n == 0 { "9 USD" } else { "100 EUR" };
        one.quota_left = Some(left.parse().unwrap());
    });
    assert_eq!(quotas, ["Ben", "Carl", "Dora"]);
}

#[test]
fn whoever_cannot_is_left_out_with_the_reason() {
    let mut people = people();
    people[0].open = Load::of(0, 0);
    people[1].availability = Availability::Away {
        why: "leave".into(),
        until: "2027-03-03".parse().ok(),
        deputy: Some("Dora".into()),
    };
    people[2].today = Load { has: None, most: Some(3) };
    people[3].week = Load::of(12, 10);
    let mut house = House::by(Strategy::LeastLoaded, people);
    let (decision, text) = house.next(&Subject::new(&record()));
    assert_eq!(decision.outcome, Outcome::Unassigned { because: Because::NobodyCan { rule: 0 } });
    assert_eq!(
        text,
        "Nobody, because rule “all” matches all and nobody of its people can take it; \
         Anna takes no open leads (the limit is 0); Ben is away until 3 March 2027 (leave; Dora stands in); \
         Carl has a limit of new ones a day, and it is not known how many there are; \
         Dora is at the limit of 10 new ones a week, has 12."
    );
    assert_eq!(house.cursors, Cursors::default());
}

#[test]
fn what_is_not_known_is_not_nought() {
    let mut people = people();
    people[1].quota_left = Some("10 EUR".parse().unwrap());
    let mut house = House::by(Strategy::HighestQuotaLeft, people.clone());
    let (decision, text) = house.next(&Subject::new(&record()));
    assert_eq!(decision.to(), Some(staff(1)));
    assert!(text.contains("Anna is left out: no quota is known"), "{text}");
    people[0].quota_left = Some("9 USD".parse().unwrap());
    let (decision, text) =
        House::by(Strategy::HighestQuotaLeft, people).next(&Subject::new(&record()));
    assert_eq!(decision.to(), None);
    assert!(text.contains("several currencies"), "{text}");
}

#[test]
fn one_lucky_win_is_no_record() {
    let mut people = people();
    for (one, (won, decided)) in people.iter_mut().zip([(1, 1), (60, 100), (10, 100), (0, 0)]) {
        one.wins = [(Deal::default(), Wins { won, decided })].into();
    }
    let mut house = House::by(Strategy::BestRecord, people);
    let (decision, text) = house.next(&Subject::new(&record()));
    assert_eq!(decision.to(), Some(staff(1)));
    // (60 + 10 · 71 / 201) / (100 + 10)
    assert!(text.contains("best record: 60 of 100 won, which counts as 57.7 %"), "{text}");
}

#[test]
fn least_loaded_is_relative_to_capacity() {
    let mut people = people();
    people[0].open = Load::of(10, 40);
    people[1].open = Load::of(5, 10);
    people[2].open = Load::of(11, 40);
    people[3].open = Load { has: Some(30), most: None };
    let mut house = House::by(Strategy::LeastLoaded, people);
    assert_eq!(house.names(4), ["Anna", "Carl", "Anna", "Carl"]);
}

#[test]
fn needs_rule_out_and_skills_rank() {
    let mut people = people();
    for (one, level) in people.iter_mut().zip([2, 3, 5, 4]) {
        one.skills.insert("machines".into(), level);
        one.languages.insert("zh".into());
    }
    people[2].languages.clear();
    let mut choice = Choice::new(all(), Strategy::BestSkill);
    choice.needs.skills.insert("machines".into(), 3);
    choice.needs.languages.insert("zh".into());
    let mut house = House::new(vec![Rule::new("machines", vec![choice])], people);
    let (decision, text) = house.next(&Subject::new(&record()));
    assert_eq!(decision.to(), Some(staff(3)));
    assert!(text.contains("Anna has machines at level 2, 3 is needed"), "{text}");
    assert!(text.contains("Carl does not speak zh"), "{text}");
}

#[test]
fn fallbacks_then_stop_or_continue() {
    let person = |n| Choice::new(Target::Person(staff(n)), Strategy::RoundRobin);
    let mut away = people();
    away[0].availability = Availability::Left;
    let first = Rule::new("first", vec![person(0), person(9)]);
    let second = Rule::new("second", vec![person(0), person(1)]);
    let mut house = House::new(vec![first.clone(), second.clone()], away.clone());
    let (decision, text) = house.next(&Subject::new(&record()));
    assert_eq!(decision.outcome, Outcome::Unassigned { because: Because::NobodyCan { rule: 0 } });
    assert!(
        text.contains("Anna does not work here any more; whom it names is not known"),
        "{text}"
    );

    let first = Rule { then: Then::Continue, ..first };
    let mut house = House::new(vec![first, second], away);
    let (decision, text) = house.next(&Subject::new(&record()));
    assert_eq!(decision.outcome, Outcome::Assigned { to: staff(1), rule: 1, choice: 1 });
    assert!(text.starts_with("Ben, because rule “first” matches all and nobody of its people can take it; then rule “second”"), "{text}");
    assert_eq!(decision.trace.tried.len(), 2);
}

#[test]
fn account_manager_keep_and_dates() {
    let mut customer = Customer::new(Id::new(Uuid::from_u128(7)), CustomerKind::Person, "Eve");
    let manager = Choice::new(Target::AccountManager, Strategy::RoundRobin);
    let mut rule = Rule::new("own", vec![manager]);
    rule.then = Then::Continue;
    let mut old =
        Rule::new("old", vec![Choice::new(Target::Person(staff(0)), Strategy::RoundRobin)]);
    old.to = "2027-02-19".parse().ok();
    let keep = Rule::new("rest", vec![Choice::new(Target::Keep, Strategy::RoundRobin)]);
    let mut house = House::new(vec![old, rule, keep], people());
    let record = record();
    let mut subject = Subject::new(&record).of(&customer);
    subject.owner = Some(staff(3));
    let (decision, text) = house.next(&subject);
    assert_eq!(decision.outcome, Outcome::Kept { rule: 2 });
    assert!(text.starts_with("It stays with Dora, because rule “own”"), "{text}");
    assert!(text.contains("its customer has no account manager"), "{text}");
    // Nobody has it, who could keep it.
    subject.owner = None;
    let (decision, text) = house.next(&subject);
    assert_eq!(decision.outcome, Outcome::Unassigned { because: Because::NobodyCan { rule: 2 } });
    assert!(text.ends_with("nobody has it with whom it could stay."), "{text}");
    customer.owner_id = Some(staff(2));
    let (decision, text) = house.next(&Subject::new(&record).of(&customer));
    assert_eq!(decision.to(), Some(staff(2)));
    assert_eq!(text, "Carl, because rule “own” matches all; the customer's account manager.");
}

#[test]
fn who_has_it_already_is_not_too_full_for_it() {
    let mut people = people();
    people[0].open = Load::of(40, 40);
    let rule =
        Rule::new("Anna's", vec![Choice::new(Target::Person(staff(0)), Strategy::RoundRobin)]);
    let mut house = House::new(vec![rule], people);
    let record = record();
    let mut subject = Subject::new(&record);
    assert_eq!(house.next(&subject).0.to(), None);
    subject.owner = Some(staff(0));
    assert_eq!(house.next(&subject).0.to(), Some(staff(0)));
    assert_eq!(house.roster.candidates()[0].open, Load::of(40, 40));
}

#[test]
fn teams_and_territories() {
    let [top, team] = [20, 21].map(|n| Id::new(Uuid::from_u128(n)));
    let north = Uuid::from_u128(30);
    let mut people = people();
    people[0].units = vec![top];
    people[1].units = vec![team, top];
    people[2].territories = vec![(north, "member".into())];
    people[3].territories = vec![(north, "member".into()), (north, "manager".into())];
    let names = |target: Target, territory| {
        let choice = Choice::new(target, Strategy::RoundRobin);
        let mut house = House::new(vec![Rule::new("all", vec![choice])], people.clone());
        let record = record();
        let mut subject = Subject::new(&record);
        subject.territory = territory;
        let decision = house.next(&subject).0;
        decision.trace.tried[0].choices[0].members.iter().map(|m| m.candidate).collect::<Vec<_>>()
    };
    assert_eq!(names(Target::Team { unit: top, below: false }, None), [0]);
    assert_eq!(names(Target::Team { unit: top, below: true }, None), [0, 1]);
    assert_eq!(
        names(Target::TerritoryMembers { role: None, territory: None }, Some(north)),
        [2, 3]
    );
    let managers = Target::TerritoryMembers { role: Some("manager".into()), territory: None };
    assert_eq!(names(managers.clone(), Some(north)), [3]);
    assert!(names(managers, None).is_empty());
}

#[test]
fn what_is_kept_of_a_decision_is_bounded() {
    let count = 7_000;
    let mut people: Vec<_> =
        (0..count).map(|n| Candidate::new(staff(n), format!("{}{n}", "é".repeat(480)))).collect();
    for one in people.iter_mut().skip(1).step_by(2) {
        one.open = Load::of(1, 1);
    }
    let queue = |from: usize| Target::Queue {
        name: "all".into(),
        people: (from..from + count).map(staff).collect(),
    };
    // Many who cannot, after many rules whose people are not known.
    let mut rules: Vec<_> = (0..300)
        .map(|n| {
            let unknown = vec![Choice::new(queue(count + n), Strategy::RoundRobin)];
            Rule { then: Then::Continue, ..Rule::new(format!("{n:0>200}"), unknown) }
        })
        .collect();
    rules.push(Rule::new("all", vec![Choice::new(queue(0), Strategy::RoundRobin)]));
    let house = House::new(rules, people);
    let record = record();
    let subject = Subject::new(&record);
    let (decision, _) = assign(&house.rules, &house.roster, &house.cursors, &subject, day());
    let account = decision.account(&house.rules, &house.roster, &subject);
    let kept = serde_json::to_string(&account).unwrap();
    assert!(kept.chars().count() < 900_000, "{}", kept.chars().count());
    assert!(account.more_rules > 0);
    let last = account.rules.last().unwrap();
    assert_eq!(last.rule, "all");
    let choice = &last.choices[0];
    let listed: usize = choice.candidates.len() + choice.more.values().sum::<usize>();
    assert_eq!(listed, count);
    assert_eq!(choice.candidates.iter().filter(|one| one.chosen).count(), 1);
    assert!(choice.more["are at a limit"] > 3_000, "{:?}", choice.more);
    assert!(account.text.chars().count() < 20_000, "{}", account.text.chars().count());
}

#[test]
fn turns_of_territories_are_their_own() {
    let [north, south] = [1, 2].map(Uuid::from_u128);
    let mut people = people();
    for (n, one) in people.iter_mut().enumerate() {
        one.territories = vec![(if n < 2 { north } else { south }, "owner".into())];
    }
    let target = Target::TerritoryMembers { role: None, territory: None };
    let rule = Rule::new("all", vec![Choice::new(target, Strategy::RoundRobin)]);
    let mut house = House::new(vec![rule], people);
    let record = record();
    let mut got = Vec::new();
    for n in 0..8 {
        let mut subject = Subject::new(&record);
        subject.territory = Some(if n % 2 == 0 { north } else { south });
        got.push(house.next(&subject).0.to().unwrap());
    }
    let expected = [0, 2, 1, 3, 0, 2, 1, 3].map(staff);
    assert_eq!(got, expected);
    let kept = serde_json::to_value(&house.cursors).unwrap();
    assert_eq!(kept["all"].as_object().unwrap().len(), 2);
    let read: Cursors = serde_json::from_value(kept).unwrap();
    assert_eq!(read, house.cursors);
}
