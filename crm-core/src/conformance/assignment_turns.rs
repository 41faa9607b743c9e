//! Whose turn it is, among whom.

use std::collections::BTreeMap;

use crate::{
    assignment::{
        AssignmentCursor, AssignmentOutcome, Choice, KindRules, Rule, RuleSet, Strategy, Target,
        Which, dry_run,
    },
    customer::{self, Customer},
    kernel::{Criteria, Id},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::{Read, UnitOfWork, expect},
    territory::Territory,
    territory_member::TerritoryMember,
};

use super::{
    assignments::{queue, set},
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    merging::organisation,
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        turns_of_two_territories_are_their_own,
        who_is_named_alone_has_no_turns,
        rules_about_the_same_people_begin_one_seat_further,
        people_come_and_go_and_nobody_is_starved_or_doubled,
        who_leaves_and_comes_back_passes_over_nobody
    ]
}

async fn rules_about_the_same_people_begin_one_seat_further(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for name in ["Anna", "Ben", "Carl"] {
        people.push(colleague(&mut *work, case, name).await?);
    }
    let categories = ["a", "b", "c", "d"];
    let rule = |category: &str| {
        let mut rule = Rule::new(category, queue(&people, Strategy::RoundRobin));
        rule.when = customer::CATEGORY.eq(category);
        rule
    };
    let rules = RuleSet { rules: categories.map(rule).into() };
    set(&mut *work, "Customers", KindRules::Customer(rules)).await?;
    // Whoever first has a turn, and whose the next one is.
    for turn in 0..3 {
        for (n, category) in categories.into_iter().enumerate() {
            let shop = Customer { category: Some(category.into()), ..of(case, None, "Shop") };
            let shop = work.insert(shop).await?.id;
            let now = work.now();
            let expected = AssignmentOutcome::Assigned { to: people[(n + turn) % 3] };
            let told = dry_run::<Customer>(&mut *work, shop, Which::WithoutOwner, now).await?;
            same("the dry run", told.outcome, expected)?;
            let given = work.assignments().assign(shop, Which::WithoutOwner).await?;
            same(&format!("turn {turn} of {category}"), given.outcome, expected)?;
        }
    }
    Ok(())
}

/// A team, or a queue of the same people, that customers are given to in turn.
struct Members<'c> {
    case: &'c Case,
    unit: Option<Id<OrgUnit>>,
    strategy: Strategy,
    people: Vec<Id<StaffMember>>,
    /// Who is in it, by their places among the people.
    now: Vec<usize>,
}

impl<'c> Members<'c> {
    /// Each sort of it, with so many people, and nobody in it yet.
    async fn each(
        work: &mut (dyn UnitOfWork + '_),
        case: &'c Case,
        people: usize,
    ) -> Held<Vec<Self>> {
        let mut all = Vec::new();
        for strategy in [Strategy::RoundRobin, Strategy::LeastLoaded] {
            for team in [true, false] {
                let unit = OrgUnit::new(case.id(), format!("Team {strategy}"));
                let unit = if team { Some(work.insert(unit).await?.id) } else { None };
                let mut one = Self { case, unit, strategy, people: Vec::new(), now: Vec::new() };
                for n in 0..people {
                    one.people.push(colleague(work, case, &format!("{n}")).await?);
                }
                all.push(one);
            }
        }
        Ok(all)
    }

    /// From now on these are in it.
    async fn are(&mut self, work: &mut (dyn UnitOfWork + '_), now: &[usize]) -> Held {
        if let Some(unit) = self.unit {
            for (at, id) in self.people.iter().enumerate() {
                if now.contains(&at) != self.now.contains(&at) {
                    let stored = expect(work, *id).await?;
                    let unit = now.contains(&at).then_some(unit);
                    work.update(stored.edit(|one| one.org_unit_id = unit)).await?;
                }
            }
        }
        self.now = now.to_vec();
        let people = now.iter().map(|at| self.people[*at]).collect();
        let target = match self.unit {
            Some(unit) => Target::Team { unit, below: false },
            None => Target::Queue { name: "Those".into(), people },
        };
        let name = format!("{} {}", self.strategy, self.unit.is_some());
        let rule = Rule::new(name, vec![Choice::new(target, self.strategy)]);
        set(work, "Customers", KindRules::Customer(RuleSet { rules: vec![rule] })).await?;
        Ok(())
    }

    /// Who gets the next one, by their place. Nobody has any afterwards: turns alone decide.
    async fn next(&self, work: &mut (dyn UnitOfWork + '_)) -> Held<usize> {
        let shop = work.insert(of(self.case, None, "Shop")).await?.id;
        let given = work.assignments().assign(shop, Which::WithoutOwner).await?;
        work.ownership().reclaim(shop, None).await?;
        let AssignmentOutcome::Assigned { to } = given.outcome else {
            return Err(Failure::new(format!("given: {given:?}")));
        };
        let at = self.people.iter().position(|one| *one == to);
        at.ok_or_else(|| Failure::new("one of them"))
    }
}

async fn people_come_and_go_and_nobody_is_starved_or_doubled(case: &Case) -> Held {
    let mut work = case.begin().await?;
    for mut members in Members::each(&mut *work, case, 5).await? {
        // In sixtieths of a turn: what each had, less their share.
        let mut ahead = [0_i64; 5];
        for (now, decisions) in [
            (&[0, 1, 2][..], 5),
            (&[0, 1, 3], 6),
            (&[0, 1, 2, 3], 8),
            (&[0, 2, 3], 4),
            (&[0, 1, 2, 3], 8),
            (&[1, 2], 4),
            (&[0, 1, 2, 3, 4], 10),
        ] {
            members.are(&mut *work, now).await?;
            let mut got = [0_i64; 5];
            for _ in 0..decisions {
                got[members.next(&mut *work).await?] += 60;
            }
            for (at, got) in got.into_iter().enumerate() {
                let share = if now.contains(&at) { decisions * 60 / now.len() as i64 } else { 0 };
                ahead[at] += got - share;
                let words = format!("{at} of {now:?}: {got} of {share}, in all {ahead:?} ahead");
                claim((got - share).abs() < 60, &words)?;
                claim(ahead[at].abs() <= 60, words)?;
            }
        }
    }
    Ok(())
}

async fn who_leaves_and_comes_back_passes_over_nobody(case: &Case) -> Held {
    let mut work = case.begin().await?;
    for mut members in Members::each(&mut *work, case, 3).await? {
        members.are(&mut *work, &[0, 1, 2]).await?;
        let mut got = [0; 3];
        for _ in 0..9 {
            let who = members.next(&mut *work).await?;
            got[who] += 1;
            // All but the first leave after each turn that they had, and come back.
            if who > 0 {
                members.are(&mut *work, &[0, 3 - who]).await?;
                members.are(&mut *work, &[0, 1, 2]).await?;
            }
        }
        same("shares", got, [3; 3])?;
    }
    Ok(())
}

async fn turns_of_two_territories_are_their_own(case: &Case) -> Held {
    for strategy in [Strategy::RoundRobin, Strategy::LeastLoaded] {
        let mut work = case.begin().await?;
        let mut parts = Vec::new();
        for (name, industry) in [("North", "wood"), ("South", "wool")] {
            let name = format!("{name} {strategy}");
            let industry = format!("{industry} {strategy}");
            let part = Territory::new(case.id(), &name, customer::INDUSTRY.eq(industry.as_str()));
            let part = work.insert(part).await?.id;
            let mut people = Vec::new();
            for n in 0..2 {
                let staff = colleague(&mut *work, case, &format!("{name} {n}")).await?;
                work.insert(TerritoryMember::owner(case.id(), part, staff)).await?;
                people.push(staff);
            }
            parts.push((industry, people));
        }
        let target = Target::TerritoryMembers { role: None, territory: None };
        let rules = vec![Rule::new("By territory", vec![Choice::new(target, strategy)])];
        set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
        // North and South in turn: what is given in one says nothing of whose turn it is in the other.
        let mut got: BTreeMap<Id<StaffMember>, u32> = BTreeMap::new();
        for n in 0..8 {
            let (industry, _) = &parts[n % 2];
            let shop = Customer {
                industry: Some(industry.clone()),
                ..organisation(case, &format!("Shop {n}"))
            };
            let shop = work.insert(shop).await?.id;
            let given = work.assignments().assign(shop, Which::WithoutOwner).await?;
            if let AssignmentOutcome::Assigned { to } = given.outcome {
                *got.entry(to).or_default() += 1;
            }
            if strategy == Strategy::LeastLoaded {
                // Everybody has nothing again: they are equal, and turns decide.
                work.ownership().reclaim(shop, None).await?;
            }
        }
        let shares = parts.iter().flat_map(|(_, people)| people).map(|who| got.get(who).copied());
        same(&format!("shares, {strategy}"), shares.collect::<Vec<_>>(), vec![Some(2); 4])?;
        work.commit().await?;
    }
    Ok(())
}

async fn who_is_named_alone_has_no_turns(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let choices = vec![Choice::new(Target::Person(anna), Strategy::RoundRobin)];
    let rules = vec![Rule::new("Hers", choices)];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    let shop = work.insert(of(case, None, "Shop")).await?.id;
    let given = work.assignments().assign(shop, Which::WithoutOwner).await?;
    same("whose", given.outcome, AssignmentOutcome::Assigned { to: anna })?;
    let cursors = Read::<AssignmentCursor>::count(&mut *work, Criteria::everything()).await?;
    same("cursors that others would wait for", cursors, 0)
}
