//! Whose turn it is, among whom.

use std::collections::BTreeMap;

use crate::{
    assignment::{
        AssignmentCursor, AssignmentOutcome, Choice, KindRules, Rule, RuleSet, Strategy, Target,
        Which,
    },
    customer::{self, Customer},
    kernel::{Criteria, Id},
    staff_member::StaffMember,
    store::Read,
    territory::Territory,
    territory_member::TerritoryMember,
};

use super::{
    assignments::set,
    case::Case,
    claim::{Held, same},
    law::Law,
    merging::organisation,
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![turns_of_two_territories_are_their_own, who_is_named_alone_has_no_turns]
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
