use crate::{
    customer::{Customer, CustomerKind},
    kernel::{ErrorKind, Stored, Value},
    store::run,
};

use super::{
    beside::{Steps, stay_open},
    case::Case,
    claim::{Held, fails, same},
    each::{Changing, Kept},
    follower::written,
    law::Law,
    sample::{Extreme, Make, with},
    setting::Setting,
    uniqueness::given,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![
        a_command_sent_again_has_its_effect_once,
        another_command_with_the_same_id_is_a_duplicate
    ];
    list.extend(laws_of_each_that_changes![
        a_command_sent_again_after_an_update_answers_with_what_is
    ]);
    list.extend(laws![
        a_command_sent_by_several_tasks_has_its_effect_once,
        a_command_sent_again_before_the_first_is_done_has_its_effect_once
    ]);
    list
}

async fn a_command_sent_again_has_its_effect_once<E: Kept>(case: &Case) -> Held {
    for entity in commands::<E>(case).await? {
        let mut answers = Vec::new();
        for _ in 0..2 {
            let mut work = case.begin().await?;
            answers.push(E::ensure(&mut *work, entity.clone()).await?);
            // Also within one unit.
            answers.push(E::ensure(&mut *work, entity.clone()).await?);
            work.commit().await?;
        }
        for answer in answers {
            same("the version that is answered", answer.version(), 1)?;
            same("the record that is answered", &*answer, &entity)?;
        }
        same("entries in the log", written(case, entity.id()).await?.len(), 1)?;
    }
    Ok(())
}

async fn another_command_with_the_same_id_is_a_duplicate<E: Kept>(case: &Case) -> Held {
    for entity in commands::<E>(case).await? {
        let mut other = entity.clone();
        other.touch("something else");
        let mut work = case.begin().await?;
        E::ensure(&mut *work, entity.clone()).await?;
        work.commit().await?;
        let mut work = case.begin().await?;
        let answer = E::ensure(&mut *work, other).await;
        fails("another command with the same id", answer, ErrorKind::Duplicate)?;
        let stored = there(E::in_work(&mut *work).get(entity.id()).await?)?;
        same("the record", &*stored, &entity)?;
    }
    Ok(())
}

async fn a_command_sent_again_after_an_update_answers_with_what_is<E: Changing>(
    case: &Case,
) -> Held {
    for entity in commands::<E>(case).await? {
        let mut work = case.begin().await?;
        let stored = E::ensure(&mut *work, entity.clone()).await?;
        let changed = stored.edit(|e| e.touch("changed since"));
        if changed.original().permits(&changed).is_err() {
            // A closed interaction: it stays what it is.
            continue;
        }
        let now = E::writer(&mut *work).update(changed).await?.into_inner();
        work.commit().await?;
        let mut work = case.begin().await?;
        let answer = E::ensure(&mut *work, entity.clone()).await?;
        same("the version that is answered", answer.version(), 2)?;
        same("the record that is answered", &*answer, &now)?;
        let mut other = entity.clone();
        other.touch("something else");
        for other in [other, now] {
            let answer = E::ensure(&mut *work, other).await;
            fails("another command with the same id", answer, ErrorKind::Duplicate)?;
        }
        work.commit().await?;
        same("entries in the log", written(case, entity.id()).await?.len(), 2)?;
    }
    Ok(())
}

async fn a_command_sent_by_several_tasks_has_its_effect_once(case: &Case) -> Held {
    for round in 0..5 {
        let new = acme(case, round);
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (case, new) = (case.clone(), new.clone());
                case.clone().spawn(async move { send(&case, &new, &Steps::default()).await })
            })
            .collect();
        for task in tasks {
            same("what a task is answered", &*task.join().await?, &new)?;
        }
        same("entries in the log", written(case, new.id).await?.len(), 1)?;
    }
    Ok(())
}

async fn a_command_sent_again_before_the_first_is_done_has_its_effect_once(case: &Case) -> Held {
    for (round, commits) in [true, false, true].into_iter().enumerate() {
        let new = acme(case, round);
        let mut first = case.begin().await?;
        let answer = Customer::ensure(&mut *first, new.clone()).await?;
        same("what the first is answered", &*answer, &new)?;
        let steps = Steps::default();
        let mut second = {
            let (case, new, steps) = (case.clone(), new.clone(), steps.clone());
            case.clone().spawn(async move { send(&case, &new, &steps).await })
        };
        stay_open(&mut *first, case, (&steps, &mut second)).await?;
        if commits {
            first.commit().await?;
        } else {
            drop(first);
        }
        let answer = second.join().await?;
        same("what the second is answered", (&*answer, answer.version()), (&new, 1))?;
        same("entries in the log", written(case, new.id).await?.len(), 1)?;
    }
    Ok(())
}

/// Sends a command, once.
async fn send(case: &Case, new: &Customer, steps: &Steps) -> Held<Stored<Customer>> {
    let scope = case.anna()?;
    steps.step();
    let answer = run(case.store(), &scope, |work| {
        steps.step();
        Customer::ensure(work, new.clone())
    });
    Ok(answer.await?)
}

fn acme(case: &Case, round: usize) -> Customer {
    let mut new = Customer::new(case.id(), CustomerKind::Person, "Acme");
    new.external_id = Some(format!("command {round}"));
    new.lifecycle_stage = "prospect".into();
    new
}

/// Records of all sorts, not yet there.
async fn commands<E: Kept>(case: &Case) -> Held<Vec<E>> {
    let setting = Setting::committed(case).await?;
    let mut commands = Vec::new();
    for (extreme, many) in [(Extreme::Bare, 1), (Extreme::Lowest, 1), (Extreme::Random, 6)] {
        let mut make = Make::new(case.clone(), setting.clone(), extreme);
        for _ in 0..many {
            commands.push(E::sample(&mut make)?);
        }
    }
    // Two samples may not name the same unique value.
    for (i, command) in commands.iter_mut().enumerate() {
        for field in given::<E>() {
            *command = with(command, field, &Value::Text(format!("command {i}").into()))?;
        }
    }
    Ok(commands)
}
