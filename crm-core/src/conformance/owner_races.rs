//! Two who give the same record at the same time: nobody loses what they have to somebody who did not know of them.

use std::future::Future;

use crate::{
    assignment::{AssignmentOutcome, KindRules, Rule, RuleSet, Strategy, Which},
    customer::{self, Customer},
    handover::HandoverPlan,
    kernel::{Entity, Error, ErrorKind, Id, Refused, Stored},
    owner_change::{self, OwnerChange},
    ownership::{belongings, complete_handover},
    staff_member::StaffMember,
    store::{Read, Repository, UnitOfWork, expect, run},
    task::Task,
};

use super::{
    assignments::{queue, set},
    beside::{Steps, stay_open},
    case::Case,
    claim::{Failure, Held, fails, same},
    law::Law,
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        who_transfers_too_late_learns_who_has_it,
        who_gives_back_too_late_gives_back_nothing,
        what_is_assigned_too_late_is_taken_from_who_has_it,
        rules_do_not_give_what_somebody_got_meanwhile,
        rules_give_only_what_they_are_asked_about,
        who_takes_on_less_meanwhile_gets_no_more,
        a_handover_waits_for_what_is_being_added,
        a_list_of_updates_is_as_one_after_another
    ]
}

/// Goes on in a task of its own while a unit is open, and is done with after that unit is committed.
async fn beside<T: Send + 'static>(
    case: &Case,
    mut first: Box<dyn UnitOfWork + '_>,
    second: impl Future<Output = Held<T>> + Send + 'static,
    steps: &Steps,
) -> Held<T> {
    let mut task = case.spawn(second);
    stay_open(&mut *first, case, (steps, &mut task)).await?;
    first.commit().await?;
    task.join().await
}

/// Somebody's customer, and three colleagues.
async fn desk(case: &Case, owned: bool) -> Held<(Id<Customer>, [Id<StaffMember>; 3])> {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for name in ["Anna", "Bob", "Carl"] {
        people.push(colleague(&mut *work, case, name).await?);
    }
    let [anna, bob, carl] = people[..] else { return Err(Failure::new("three people")) };
    let customer = work.insert(of(case, owned.then_some(anna), "Library")).await?.id;
    work.commit().await?;
    Ok((customer, [anna, bob, carl]))
}

/// A verb of somebody who has the customer, or thinks so.
#[derive(Clone, Copy)]
enum Verb {
    Transfer { to: Id<StaffMember> },
    Release,
}

/// How a verb ended in a unit of its own, which began beside another.
async fn alone(
    case: Case,
    steps: Steps,
    customer: Id<Customer>,
    by: Id<StaffMember>,
    verb: Verb,
) -> Held<Result<Stored<Customer>, Error>> {
    steps.step();
    let mut work = case.begin().await?;
    steps.step();
    let answer = match verb {
        Verb::Transfer { to } => work.ownership().transfer(customer, by, to, None).await,
        Verb::Release => work.ownership().release(customer, by, None).await,
    };
    if answer.is_ok() {
        work.commit().await?;
    }
    Ok(answer)
}

fn told(answer: Result<Stored<Customer>, Error>, name: &str) -> Held {
    match answer {
        Err(Error::Refused(Refused { from, .. })) => {
            same("who has it", from, format!("owned by {name}"))
        }
        other => Err(Failure::new(format!("a refusal that names {name}, not {other:?}"))),
    }
}

async fn owner(case: &Case, customer: Id<Customer>) -> Held<Option<Id<StaffMember>>> {
    Ok(expect(&mut *case.read().await?, customer).await?.owner_id)
}

async fn who_transfers_too_late_learns_who_has_it(case: &Case) -> Held {
    let (customer, [anna, bob, carl]) = desk(case, true).await?;
    let mut first = case.begin().await?;
    first.ownership().transfer(customer, anna, bob, None).await?;
    let steps = Steps::default();
    let verb = Verb::Transfer { to: carl };
    let second = alone(case.clone(), steps.clone(), customer, anna, verb);
    told(beside(case, first, second, &steps).await?, "Bob")?;
    same("whose it is", owner(case, customer).await?, Some(bob))
}

async fn who_gives_back_too_late_gives_back_nothing(case: &Case) -> Held {
    let (customer, [anna, bob, _]) = desk(case, true).await?;
    let mut first = case.begin().await?;
    first.ownership().transfer(customer, anna, bob, None).await?;
    let steps = Steps::default();
    let second = alone(case.clone(), steps.clone(), customer, anna, Verb::Release);
    told(beside(case, first, second, &steps).await?, "Bob")?;
    same("whose it is", owner(case, customer).await?, Some(bob))
}

async fn what_is_assigned_too_late_is_taken_from_who_has_it(case: &Case) -> Held {
    let (customer, [anna, bob, carl]) = desk(case, true).await?;
    let mut first = case.begin().await?;
    first.ownership().transfer(customer, anna, bob, None).await?;
    let steps = Steps::default();
    let second = {
        let (case, steps, scope) = (case.clone(), steps.clone(), case.anna()?);
        async move {
            steps.step();
            let mut tries = 0;
            let mut work = case.begin().await?;
            steps.step();
            loop {
                tries += 1;
                let answer = work.ownership().assign(customer, carl, None.into()).await;
                match answer {
                    Err(Error::Conflict { .. }) if tries == 1 => {
                        drop(work);
                        work = case.store().begin(scope.clone()).await?;
                    }
                    answer => {
                        drop(answer?);
                        break;
                    }
                }
            }
            work.commit().await?;
            Ok(())
        }
    };
    beside(case, first, second, &steps).await?;
    same("whose it is", owner(case, customer).await?, Some(carl))?;
    let of_it = owner_change::CUSTOMER_ID.eq(customer);
    let query = of_it.query().order_by(&owner_change::VERSION);
    let changes = Read::<OwnerChange>::find(&mut *case.read().await?, query).await?.items;
    let from: Vec<_> = changes.iter().map(|one| (one.owner_before, one.owner_after)).collect();
    same("who had it", from, vec![(Some(anna), Some(bob)), (Some(bob), Some(carl))])
}

async fn rules_do_not_give_what_somebody_got_meanwhile(case: &Case) -> Held {
    let (customer, [_, bob, carl]) = desk(case, false).await?;
    let mut work = case.begin().await?;
    let rules = vec![Rule::new("All", queue(&[bob], Strategy::RoundRobin))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    let other = work.insert(of(case, None, "Museum")).await?.id;
    work.commit().await?;
    let mut first = case.begin().await?;
    // Bob is held by another customer, so that whoever gives him this one waits.
    first.ownership().assign(other, bob, None.into()).await?;
    first.ownership().assign(customer, carl, None.into()).await?;
    let steps = Steps::default();
    let second = {
        let (case, steps, scope) = (case.clone(), steps.clone(), case.anna()?);
        async move {
            steps.step();
            let given = run(case.store(), &scope, |work| {
                let steps = steps.clone();
                Box::pin(async move {
                    steps.step();
                    work.assignments().assign(customer, Which::WithoutOwner).await
                })
            });
            Ok(given.await?)
        }
    };
    let given = beside(case, first, second, &steps).await?;
    same("what the rules say", given.outcome, AssignmentOutcome::HasOwner)?;
    same("whose it is", owner(case, customer).await?, Some(carl))
}

/// Assigns what Anna has by the rules, beside another unit.
async fn assigns_hers(case: Case, steps: Steps, anna: Id<StaffMember>) -> Held {
    let scope = case.anna()?;
    steps.step();
    run(case.store(), &scope, |work| {
        let steps = steps.clone();
        Box::pin(async move {
            steps.step();
            let hers = customer::OWNER_ID.eq(anna);
            work.assignments().assign_all::<Customer>(hers, Which::All, None, 10).await
        })
    })
    .await?;
    Ok(())
}

async fn rules_give_only_what_they_are_asked_about(case: &Case) -> Held {
    let (customer, [anna, bob, carl]) = desk(case, true).await?;
    let mut work = case.begin().await?;
    let rules = vec![Rule::new("All", queue(&[carl], Strategy::RoundRobin))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    let other = work.insert(of(case, None, "Museum")).await?.id;
    work.commit().await?;
    let mut first = case.begin().await?;
    // The turns are held by this one, so that whoever asks the rules waits.
    first.assignments().assign(other, Which::WithoutOwner).await?;
    first.ownership().transfer(customer, anna, bob, None).await?;
    let steps = Steps::default();
    beside(case, first, assigns_hers(case.clone(), steps.clone(), anna), &steps).await?;
    same("whose it is", owner(case, customer).await?, Some(bob))
}

async fn who_takes_on_less_meanwhile_gets_no_more(case: &Case) -> Held {
    let (customer, [anna, bob, _]) = desk(case, true).await?;
    let mut work = case.begin().await?;
    let rules = vec![Rule::new("All", queue(&[bob], Strategy::RoundRobin))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    work.commit().await?;
    let mut first = case.begin().await?;
    let stored = expect(&mut *first, bob).await?;
    first.update(stored.edit(|bob| bob.capacity.customers = Some(0))).await?;
    let steps = Steps::default();
    beside(case, first, assigns_hers(case.clone(), steps.clone(), anna), &steps).await?;
    same("whose it is", owner(case, customer).await?, Some(anna))
}

async fn a_handover_waits_for_what_is_being_added(case: &Case) -> Held {
    let (_, [anna, bob, _]) = desk(case, true).await?;
    let mut work = case.begin().await?;
    let (id, plan) = (case.id(), HandoverPlan::to(bob));
    work.ownership().begin_handover(id, anna, plan, None).await?;
    work.commit().await?;
    let mut first = case.begin().await?;
    let mut call = Task::new(case.id(), "Call", "2017-12-30T08:00:00Z".parse()?);
    call.owner_id = Some(anna);
    first.insert(call).await?;
    let steps = Steps::default();
    let second = {
        let (case, steps, scope) = (case.clone(), steps.clone(), case.anna()?);
        async move {
            steps.step();
            let each = |_: &_| steps.step();
            let done = complete_handover(case.store(), &scope, id, 100, each).await?;
            Ok(done.completed_at.is_some())
        }
    };
    same("complete", beside(case, first, second, &steps).await?, true)?;
    let left = belongings(&mut *case.read().await?, anna).await?;
    same("nothing stays behind", left.all(), 0)
}

async fn a_list_of_updates_is_as_one_after_another(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let mut shops = Vec::new();
    for name in ["Library", "Museum", "Theatre"] {
        shops.push(work.insert(of(case, None, name)).await?);
    }
    work.commit().await?;
    let mut work = case.begin().await?;
    let mut given = Vec::new();
    for shop in &shops {
        let stored = expect(&mut *work, shop.id).await?;
        given.push(stored.edit(|shop| shop.owner_id = Some(anna)));
    }
    let stale = given[1].clone();
    let written = Repository::update_all(&mut *work, given).await?;
    let told: Vec<_> = written.iter().map(|one| (one.id, one.version(), one.owner_id)).collect();
    let expected: Vec<_> = shops.iter().map(|one| (one.id, 2, Some(anna))).collect();
    same("what is answered", told, expected)?;
    // What comes before a refused one is written, with its history, and what comes after it is not.
    let free = |at: usize| written[at].clone().edit(|shop| shop.owner_id = None);
    let list = vec![free(0), stale, free(2)];
    let answer = Repository::update_all(&mut *work, list).await;
    fails("a list with a stale one", answer, ErrorKind::Conflict)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (shop, version) in shops.iter().zip([3, 2, 2]) {
        let stored = expect(&mut *unit, shop.id).await?;
        same("its version", stored.version(), version)?;
        let changes = owner_change::CUSTOMER_ID.eq(shop.id);
        let changes = Read::<OwnerChange>::count(&mut *unit, changes).await?;
        let log = unit.history(Customer::KIND, shop.id.uuid(), 1, 10).await?;
        same("its history", (changes, log.len() as u64), (version - 1, version - 1))?;
    }
    Ok(())
}
