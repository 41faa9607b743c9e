//! Several who change owners at the same time.

use std::sync::Arc;

use async_lock::Barrier;

use crate::{
    customer::{self, Customer},
    handover::HandoverPlan,
    interaction::{Channel, Direction, Interaction},
    kernel::{Criteria, Error, Id, Timestamp},
    owner_change::{self, OwnerVerb},
    ownership::{Pool, PoolRules, RecycleRule, Why, belongings, ownership_history},
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, expect, run},
};

use super::{
    beside::{Steps, stay_open},
    case::{Case, Running},
    claim::{Held, claim, same},
    law::Law,
    owners::{colleague, of},
    pools::a_pool,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        who_was_spoken_with_meanwhile_is_not_recycled,
        who_was_given_away_meanwhile_is_not_recycled,
        a_recycling_meets_claims_transfers_and_assignments,
        a_handover_meets_claims_transfers_and_assignments
    ]
}

fn silent() -> PoolRules {
    let rule = RecycleRule {
        name: "silent".into(),
        when: Criteria::everything(),
        silent_days: Some(30),
        ended: None,
        without_opportunity: false,
    };
    PoolRules { recycling: vec![rule], ..PoolRules::default() }
}

fn in_days(at: Timestamp, days: i64) -> Held<Timestamp> {
    Ok(Timestamp::from_micros(at.micros() + days * 86_400_000_000)?)
}

/// Recycles in a unit of its own, beside another: how many came back, and how many changed meanwhile.
fn recycles(case: &Case, pool: Id<Pool>, as_of: Timestamp, steps: &Steps) -> Running<(usize, u64)> {
    let (case, steps) = (case.clone(), steps.clone());
    case.clone().spawn(async move {
        steps.step();
        let mut work = case.begin().await?;
        steps.step();
        let found = work.ownership().recycle(pool, as_of, None, 100).await?;
        work.commit().await?;
        Ok((found.returned.len(), found.changed_meanwhile))
    })
}

async fn who_was_spoken_with_meanwhile_is_not_recycled(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let pool = a_pool(&mut *work, case, silent()).await?;
    let spoken = work.insert(of(case, Some(anna), "spoken with")).await?.id;
    work.insert(of(case, Some(anna), "silent")).await?;
    let as_of = in_days(work.now(), 31)?;
    work.commit().await?;
    // It is recorded, and not yet committed when the other looks.
    let mut work = case.begin().await?;
    let (channel, way) = (Channel::Phone, Direction::Inbound);
    work.insert(Interaction::new(case.id(), spoken, channel, way, as_of)).await?;
    let steps = Steps::default();
    let mut recycling = recycles(case, pool, as_of, &steps);
    stay_open(&mut *work, case, (&steps, &mut recycling)).await?;
    work.commit().await?;
    let (returned, _) = recycling.join().await?;
    same("how many came back", returned, 1)?;
    let mut unit = case.read().await?;
    same("whose it is", expect(&mut *unit, spoken).await?.owner_id, Some(anna))
}

async fn who_was_given_away_meanwhile_is_not_recycled(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let bob = colleague(&mut *work, case, "Bob").await?;
    let pool = a_pool(&mut *work, case, silent()).await?;
    let given = work.insert(of(case, Some(anna), "given away")).await?.id;
    work.insert(of(case, Some(anna), "silent")).await?;
    let as_of = in_days(work.now(), 31)?;
    work.commit().await?;
    // Whoever gives holds the people first, as recycling does: it waits, and then finds it Bob's.
    let mut work = case.begin().await?;
    Custody::<StaffMember>::hold(&mut *work, &CUSTODIAN, vec![anna, bob]).await?;
    let steps = Steps::default();
    let mut recycling = recycles(case, pool, as_of, &steps);
    stay_open(&mut *work, case, (&steps, &mut recycling)).await?;
    claim(!recycling.is_done(), "it waits for who gives")?;
    work.ownership().transfer(given, anna, bob, None).await?;
    work.commit().await?;
    // Bob got it now, by a clock that did not move on to the day that recycling asks about.
    let (returned, _) = recycling.join().await?;
    let mut unit = case.read().await?;
    let history = ownership_history(&mut *unit, given).await?;
    let last = history.last().and_then(|step| step.verb);
    // Where recycling began only after that, it judged Bob's customer; else it left it alone.
    let kept = last == Some(OwnerVerb::Transferred) && returned == 1;
    let after = last == Some(OwnerVerb::Recycled) && returned == 2;
    claim(kept || after, format!("{returned} came back, {last:?} was last"))?;
    let taken_from_anna = owner_change::CUSTOMER_ID
        .eq(given)
        .and(owner_change::OWNER_BEFORE.eq(anna))
        .and(owner_change::VERB.eq(OwnerVerb::Recycled));
    same("taken from who had it no more", unit.count(taken_from_anna).await?, 0)
}

/// So many customers are there, and so many tasks work on them beside the verb in question.
const CUSTOMERS: usize = 24;
const TASKS: usize = 4;

/// Each task goes through all customers: it gives what is the first one's to the second, claims what is free for the third and
/// lets somebody who decides give some to the fourth. Refusals are part of it.
fn others_at_work(
    case: &Case,
    pool: Id<Pool>,
    customers: &[Id<Customer>],
    people: [Id<StaffMember>; 4],
    together: &Arc<Barrier>,
) -> Vec<Running<()>> {
    let each = (0..TASKS).map(|task| {
        let (case, customers) = (case.clone(), customers.to_vec());
        let together = Arc::clone(together);
        case.clone().spawn(async move {
            together.wait().await;
            let scope = case.anna()?;
            for n in 0..CUSTOMERS {
                let id = customers[(n * 5 + task * 7) % CUSTOMERS];
                let [one, two, three, four] = people;
                let answer = run(case.store(), &scope, |work| {
                    Box::pin(async move {
                        let mut verbs = work.ownership();
                        match (n + task) % 3 {
                            0 => verbs.transfer(id, one, two, None).await,
                            1 => verbs.claim(pool, id, three).await,
                            _ => verbs.assign(id, four, Why::default()).await,
                        }
                    })
                });
                match answer.await {
                    Ok(_) | Err(Error::Refused(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        })
    });
    each.collect()
}

/// Whose each customer is follows from its history without a gap, in which each change is told once.
async fn histories_fit(case: &Case, customers: &[Id<Customer>]) -> Held {
    let mut unit = case.read().await?;
    for id in customers {
        let stored = expect(&mut *unit, *id).await?;
        let history = ownership_history(&mut *unit, *id).await?;
        let chained = history.windows(2).all(|pair| pair[0].to == pair[1].from);
        claim(chained, format!("a gap: {history:?}"))?;
        same("whose it is", stored.owner_id, history.last().and_then(|step| step.to))?;
        let told = unit.count(owner_change::CUSTOMER_ID.eq(*id)).await?;
        same("changes of owner", told, stored.version() - 1)?;
    }
    Ok(())
}

async fn a_house(
    case: &Case,
) -> Held<(Id<Pool>, [Id<StaffMember>; 4], Vec<Id<Customer>>, Timestamp)> {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for name in ["Leaver", "Anna", "Bob", "Carl"] {
        people.push(colleague(&mut *work, case, name).await?);
    }
    let pool = a_pool(&mut *work, case, silent()).await?;
    let new: Vec<_> = (0..CUSTOMERS).map(|n| of(case, Some(people[0]), &format!("C{n}"))).collect();
    let customers = new.iter().map(|one| one.id).collect();
    work.insert_all(new).await?;
    let as_of = in_days(work.now(), 31)?;
    work.commit().await?;
    Ok((pool, [people[0], people[1], people[2], people[3]], customers, as_of))
}

async fn a_recycling_meets_claims_transfers_and_assignments(case: &Case) -> Held {
    let (pool, people, customers, as_of) = a_house(case).await?;
    let together = Arc::new(Barrier::new(TASKS + 1));
    let others = others_at_work(case, pool, &customers, people, &together);
    together.wait().await;
    let scope = case.anna()?;
    let mut returned = 0;
    for _ in 0..4 {
        let mut after = None;
        loop {
            let piece = run(case.store(), &scope, |work| {
                let after = after.clone();
                Box::pin(async move { work.ownership().recycle(pool, as_of, after, 7).await })
            });
            let piece = piece.await?;
            returned += piece.returned.len() as u64;
            after = piece.next;
            if after.is_none() {
                break;
            }
        }
    }
    for task in others {
        task.join().await?;
    }
    histories_fit(case, &customers).await?;
    let mut unit = case.read().await?;
    let recycled = owner_change::VERB.eq(OwnerVerb::Recycled);
    claim(returned > 0, "something came back")?;
    same("what came back was told once", unit.count(recycled).await?, returned)
}

async fn a_handover_meets_claims_transfers_and_assignments(case: &Case) -> Held {
    let (pool, people, customers, _) = a_house(case).await?;
    let [leaver, anna, ..] = people;
    let id = case.id();
    let mut work = case.begin().await?;
    work.ownership().begin_handover(id, leaver, HandoverPlan::to(anna), None).await?;
    work.ownership().continue_handover(id, 3).await?;
    work.commit().await?;
    let together = Arc::new(Barrier::new(TASKS + 1));
    let others = others_at_work(case, pool, &customers, people, &together);
    together.wait().await;
    let scope = case.anna()?;
    let done = loop {
        let step = run(case.store(), &scope, |work| {
            Box::pin(async move { work.ownership().continue_handover(id, 3).await })
        });
        let now = step.await?;
        if now.completed_at.is_some() {
            break now;
        }
    };
    for task in others {
        task.join().await?;
    }
    histories_fit(case, &customers).await?;
    let mut unit = case.read().await?;
    same("what stays behind", belongings(&mut *unit, leaver).await?.all(), 0)?;
    same("of nobody", unit.count(customer::OWNER_ID.is_empty()).await?, 0)?;
    let went = owner_change::VERB.eq(OwnerVerb::HandedOver);
    let total: u64 = done.done.0.values().map(|share| share.all()).sum();
    claim(total >= 3, "what went before they came is told")?;
    same("what went was told once", unit.count(went).await?, total)?;
    let left = unit.count(owner_change::OWNER_BEFORE.eq(leaver)).await?;
    same("each left once, whoever took it", left, CUSTOMERS as u64)
}
