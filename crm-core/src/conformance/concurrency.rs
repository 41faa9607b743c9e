use std::sync::Arc;

use async_lock::Barrier;

use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{Error, Id},
    staff_member::StaffMember,
    store::{expect, run},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    setting::a_customer,
    versions::{end, there},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        two_tasks_claim_a_free_customer_and_one_gets_it,
        a_counter_that_many_raise_loses_nothing,
        units_of_many_tasks_are_each_whole
    ]
}

async fn two_tasks_claim_a_free_customer_and_one_gets_it(case: &Case) -> Held {
    let staff: [Id<StaffMember>; 2] = [case.id(), case.id()];
    let mut work = case.begin().await?;
    for id in staff {
        work.insert(StaffMember::new(id, "Colleague")).await?;
    }
    work.commit().await?;
    for _ in 0..10 {
        let customer = a_customer(case).await?;
        // Both have seen that it is free before either of them writes.
        let both = Arc::new(Barrier::new(2));
        let tasks = staff.map(|me| {
            let (case, both) = (case.clone(), Arc::clone(&both));
            (me, case.clone().spawn(async move { claim_it(&case, customer, me, &both).await }))
        });
        let mut owners = Vec::new();
        let mut told = Vec::new();
        for (me, task) in tasks {
            match task.join().await? {
                Ok(()) => owners.push(me),
                Err(owner) => told.push(owner),
            }
        }
        same("how many got the customer", owners.len(), 1)?;
        same("whom the other is told", told, owners.clone())?;
        let mut unit = case.read().await?;
        let stored = expect(&mut *unit, customer).await?;
        same("the owner", stored.owner_id, owners.first().copied())?;
        same("the version", stored.version(), 2)?;
    }
    Ok(())
}

/// Claims a customer that was free when it was looked at; or answers who owns it.
async fn claim_it(
    case: &Case,
    customer: Id<Customer>,
    me: Id<StaffMember>,
    both: &Barrier,
) -> Held<Result<(), Id<StaffMember>>> {
    let free = {
        let mut unit = case.read().await?;
        expect(&mut *unit, customer).await?
    };
    both.wait().await;
    claim(free.owner_id.is_none(), "it was free")?;
    let mut work = case.begin().await?;
    let answer = work.update(free.edit(|c| c.owner_id = Some(me))).await;
    let answer = end(answer, work).await;
    match answer {
        Ok(()) => Ok(Ok(())),
        Err(error @ Error::Conflict { .. }) => {
            claim(error.is_retryable(), "running it again can help")?;
            let mut unit = case.read().await?;
            let owner = expect(&mut *unit, customer).await?.owner_id;
            owner.map(Err).ok_or_else(|| Failure::new("a conflict, but the customer is free"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn a_counter_that_many_raise_loses_nothing(case: &Case) -> Held {
    const TASKS: i64 = 4;
    const TIMES: i64 = 10;
    let id = a_customer(case).await?;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let case = case.clone();
            case.clone().spawn(async move {
                for _ in 0..TIMES {
                    raise(&case, id).await?;
                }
                Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.join().await?;
    }
    let mut unit = case.read().await?;
    let stored = there(unit.get(id).await?)?;
    same("the counter", stored.employees, Some(TASKS * TIMES))?;
    same("the version", stored.version(), (TASKS * TIMES) as u64 + 1)
}

/// Raises the counter by one; as often as there are conflicts.
async fn raise(case: &Case, id: Id<Customer>) -> Held {
    let scope = case.anna()?;
    // What `run` gives up after a few conflicts is sent again by whoever sent it.
    for _ in 0..50 {
        let raised = run(case.store(), &scope, |work| {
            Box::pin(async move {
                let stored = expect(work, id).await?;
                let next = stored.employees.unwrap_or(0) + 1;
                work.update(stored.edit(|c| c.employees = Some(next))).await
            })
        });
        match raised.await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_retryable() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::new("nothing but conflicts, fifty times over"))
}

async fn units_of_many_tasks_are_each_whole(case: &Case) -> Held {
    const TASKS: usize = 4;
    const UNITS: usize = 8;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let case = case.clone();
            case.clone().spawn(async move {
                for unit in 0..UNITS {
                    let mut work = case.begin().await?;
                    let new = || {
                        let name = format!("{task} {unit}");
                        Customer::new(case.id(), CustomerKind::Person, name)
                    };
                    work.insert(new()).await?;
                    work.insert_all(vec![new(), new()]).await?;
                    if unit % 2 == 0 {
                        work.commit().await?;
                    }
                }
                Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.join().await?;
    }
    let mut unit = case.read().await?;
    for task in 0..TASKS {
        for number in 0..UNITS {
            let name = format!("{task} {number}");
            let expected = if number % 2 == 0 { 3 } else { 0 };
            let found = unit.count(customer::NAME.eq(name.clone())).await?;
            same(&format!("records of unit {name}"), found, expected)?;
        }
    }
    Ok(())
}
