//! Several who assign at the same time.

use std::{collections::BTreeMap, sync::Arc};

use async_lock::Barrier;

use crate::{
    assignment::{Assignment, AssignmentOutcome, KindRules, Rule, RuleSet, Strategy, Which},
    kernel::{Error, Id, Sums},
    lead::{self, Lead},
    owner_change::{self, OwnerChange},
    staff_member::StaffMember,
    store::{Insights, Read, run},
};

use super::{
    assignments::{leads, queue, set},
    case::Case,
    claim::{Held, claim, same},
    law::Law,
    owners::colleague,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        turns_differ_by_one_however_many_assign,
        nobody_gets_more_than_they_take_on_however_many_assign,
        two_who_assign_the_same_record_give_it_once
    ]
}

const TASKS: usize = 8;

/// Assigns in a unit of its own, again where that can help.
async fn assigns(case: &Case, id: Id<Lead>) -> Result<Assignment, Error> {
    let scope = case.anna().map_err(|_| Error::missing(id))?;
    run(case.store(), &scope, |work| {
        Box::pin(async move { work.assignments().assign(id, Which::WithoutOwner).await })
    })
    .await
}

/// Each task takes its part of these; how many each person got.
async fn all_at_once(
    case: &Case,
    ids: &[Id<Lead>],
) -> Held<(BTreeMap<Id<StaffMember>, usize>, usize)> {
    let together = Arc::new(Barrier::new(TASKS));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let part: Vec<_> = ids.iter().copied().skip(task).step_by(TASKS).collect();
            let (case, together) = (case.clone(), Arc::clone(&together));
            case.clone().spawn(async move {
                together.wait().await;
                let mut got = Vec::new();
                for id in part {
                    got.push(assigns(&case, id).await?);
                }
                Ok(got)
            })
        })
        .collect();
    let (mut shares, mut nobody) = (BTreeMap::new(), 0);
    for task in tasks {
        for one in task.join().await? {
            match one.outcome {
                AssignmentOutcome::Assigned { to } => *shares.entry(to).or_default() += 1,
                _ => nobody += 1,
            }
        }
    }
    Ok((shares, nobody))
}

async fn turns_differ_by_one_however_many_assign(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for n in 0..7 {
        people.push(colleague(&mut *work, case, &format!("Colleague {n}")).await?);
    }
    let rules = vec![Rule::new("All", queue(&people, Strategy::RoundRobin))];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let ids = leads(&mut *work, case, 60).await?;
    work.commit().await?;
    let (shares, nobody) = all_at_once(case, &ids).await?;
    same("all are given", (nobody, shares.values().sum::<usize>()), (0, 60))?;
    let (least, most) = (shares.values().min(), shares.values().max());
    same("shares", (shares.len(), least, most), (7, Some(&8), Some(&9)))?;
    let mut unit = case.read().await?;
    for (who, share) in shares {
        let theirs = Read::<Lead>::count(&mut *unit, lead::OWNER_ID.eq(who)).await?;
        same("what the store has", theirs, share as u64)?;
    }
    let histories = Sums::<OwnerChange>::count().by(&owner_change::LEAD_ID);
    let histories = Insights::<OwnerChange>::sums(&mut *unit, histories).await?;
    claim(histories.len() == 60 && histories.iter().all(|sum| sum.count == 1), "each once")
}

async fn nobody_gets_more_than_they_take_on_however_many_assign(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for n in 0..4_u32 {
        let mut one = StaffMember::new(case.id(), format!("Colleague {n}"));
        one.capacity.open_leads = Some(n * 2);
        one.capacity.new_per_day = (n == 3).then_some(5);
        people.push(work.insert(one).await?.id);
    }
    // Other cursors, the same people in another order.
    let mut north = Rule::new("North", queue(&people, Strategy::LeastLoaded));
    north.when = lead::REGION.eq("north");
    people.reverse();
    let mut south = Rule::new("South", queue(&people, Strategy::RoundRobin));
    south.when = lead::REGION.eq("south");
    let others = Rule::new("Others", queue(&people[..2], Strategy::RoundRobin));
    let rules = vec![north, south, others];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let ids = leads(&mut *work, case, 48).await?;
    work.commit().await?;
    let (shares, nobody) = all_at_once(case, &ids).await?;
    people.reverse();
    let of = |n: usize| shares.get(&people[n]).copied().unwrap_or_default();
    same("as many as they take on", [of(0), of(1), of(2), of(3)], [0, 2, 4, 5])?;
    same("nobody gets the others", nobody, 48 - 11)?;
    let mut unit = case.read().await?;
    for (n, most) in [(1, 2), (2, 4), (3, 5)] {
        let theirs = Read::<Lead>::count(&mut *unit, lead::OWNER_ID.eq(people[n])).await?;
        same("what the store has", theirs, most)?;
    }
    Ok(())
}

async fn two_who_assign_the_same_record_give_it_once(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let rules = vec![Rule::new("All", queue(&[anna, bob], Strategy::RoundRobin))];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let ids = leads(&mut *work, case, 6).await?;
    work.commit().await?;
    for id in ids {
        let both = Arc::new(Barrier::new(2));
        let tasks = [(), ()].map(|()| {
            let (case, both) = (case.clone(), Arc::clone(&both));
            case.clone().spawn(async move {
                both.wait().await;
                Ok(assigns(&case, id).await?.outcome)
            })
        });
        let mut given = 0;
        for task in tasks {
            match task.join().await? {
                AssignmentOutcome::Assigned { .. } => given += 1,
                other => same("the other one", other, AssignmentOutcome::HasOwner)?,
            }
        }
        same("given", given, 1)?;
    }
    let mut unit = case.read().await?;
    for who in [anna, bob] {
        same("shares", Read::<Lead>::count(&mut *unit, lead::OWNER_ID.eq(who)).await?, 3)?;
    }
    Ok(())
}
