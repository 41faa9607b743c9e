//! Samples of rules that give records to people, and of turns.

use crate::{
    assignment::{
        Alike, AssignmentCursor, AssignmentRules, Choice, Cursor, KindRules, Needs, Rule, RuleSet,
        Strategy, Target, Then,
    },
    customer,
    kernel::{Criteria, Entity},
    lead, task,
};

use super::{
    claim::Held,
    sample::{Make, Sample},
};

/// A rule with all that it can have, or with nothing but a target.
fn rule<E: Entity>(make: &mut Make, when: Criteria<E>) -> Rule<E> {
    let [anna, bob] = make.setting.staff;
    let unit = make.one_of(&make.setting.org_units.clone());
    let below = make.one_of(&[true, false]);
    let (role, territory) = (Some(make.name()), make.one_of(&make.setting.territories.clone()));
    let queue = Target::Queue { name: make.name(), people: vec![bob, anna] };
    let target = make.one_of(&[
        queue,
        Target::Person(anna),
        Target::Team { unit, below },
        Target::TerritoryMembers { role: None, territory: None },
        Target::TerritoryMembers { role, territory: Some(territory) },
        Target::AccountManager,
        Target::Keep,
    ]);
    let strategy = make.one_of(Strategy::ALL);
    let skills = [(make.unique(), 1), (make.unique(), 5)].into();
    let needs = Needs { skills, languages: [make.unique()].into(), ..Needs::default() };
    let fallback = Choice::new(Target::Person(bob), Strategy::RoundRobin);
    let such = make.several(|make| make.one_of(Alike::ALL)).into_iter().collect();
    let choice = Choice { target, strategy, needs, such };
    // No other of the set may be called so.
    let name = make.id::<()>().to_string();
    let day = make.opt(Make::date);
    Rule {
        when,
        customer: make
            .opt(|make| customer::CATEGORY.eq(make.text()))
            .unwrap_or_else(Criteria::everything),
        from: day,
        to: day,
        then: make.one_of(Then::ALL),
        ..Rule::new(name, vec![choice, fallback])
    }
}

impl Sample for AssignmentRules {
    fn sample(make: &mut Make) -> Held<Self> {
        let rules = match make.dice(3) {
            0 => KindRules::Customer(RuleSet {
                rules: make.several(|make| {
                    let when = customer::NAME.contains(make.text());
                    rule(make, when)
                }),
            }),
            1 => KindRules::Task(RuleSet {
                rules: make.several(|make| {
                    let when = task::TITLE.ne(make.text());
                    rule(make, when)
                }),
            }),
            _ => KindRules::Lead(RuleSet {
                rules: make.several(|make| {
                    let when = lead::REGION.eq(make.text());
                    rule(make, when)
                }),
            }),
        };
        let day = make.opt(Make::date);
        Ok(Self {
            id: make.id(),
            name: make.name(),
            position: make.count(),
            active: make.one_of(&[true, false]),
            first_day: day,
            last_day: day,
            rules,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.name);
    }
}

impl Sample for AssignmentCursor {
    fn sample(make: &mut Make) -> Held<Self> {
        let mut state = Cursor::default();
        state.seat(make.setting.staff);
        for _ in 0..make.dice(4) {
            state.take(&[3, 1]);
        }
        Ok(Self {
            id: make.id(),
            rules_id: make.one_of(&make.setting.assignment_rules.clone()),
            rule: make.name(),
            choice: make.count().max(0),
            territory_id: make.opt(|m| m.one_of(&m.setting.territories.clone())),
            state,
        })
    }

    fn touch(&mut self, word: &str) {
        word.clone_into(&mut self.rule);
    }
}
