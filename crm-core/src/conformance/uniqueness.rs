use crate::{
    customer::{Customer, CustomerKind},
    kernel::{Entity, Error, ErrorKind, Value},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    each::{Changing, Kept},
    follower::closed_book,
    law::Law,
    sample::{Extreme, Make, with},
    setting::Setting,
    versions::{end, there},
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![a_second_record_with_the_same_id_is_a_duplicate];
    list.extend(laws_of_each_that_changes![
        a_unique_field_is_unique_in_a_tenant,
        an_update_cannot_take_a_value_that_is_taken,
        a_value_that_was_given_up_is_free,
        unique_values_differ_by_the_smallest_sign
    ]);
    list.extend(laws![two_tasks_cannot_take_the_same_value]);
    list
}

async fn a_second_record_with_the_same_id_is_a_duplicate<E: Kept>(case: &Case) -> Held {
    let mut make = bare(case).await?;
    let (first, mut second) = (E::sample(&mut make)?, E::sample(&mut make)?);
    let other = second.clone();
    second = with(&second, "id", &Value::Uuid(first.id().uuid()))?;
    second.touch("second");
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(first.clone()).await?;
    for list in [vec![second.clone()], vec![other.clone(), second.clone()]] {
        let answer = E::in_work(&mut *work).insert_all(list).await;
        duplicate::<E, _>("a second record in a list", answer, "id")?;
    }
    duplicate::<E, _>("a second record", E::in_work(&mut *work).insert(second).await, "id")?;
    let twice = E::in_work(&mut *work).insert_all(vec![other.clone(), other.clone()]).await;
    duplicate::<E, _>("the same record twice in a list", twice, "id")?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let stored = there(E::in_read(&mut *unit).get(first.id()).await?)?;
    same("the first record", &*stored, &first)?;
    same("a record of a refused list", E::in_read(&mut *unit).get(other.id()).await?, None)
}

async fn a_unique_field_is_unique_in_a_tenant<E: Changing>(case: &Case) -> Held {
    let mut make = bare(case).await?;
    let there_too = case.scope(1, "anna")?;
    let mut work = case.store().begin(there_too.clone()).await?;
    let elsewhere = Setting::furnish(&mut *work, case).await?;
    work.commit().await?;
    for field in given::<E>() {
        let value = Value::text("the only one");
        let (first, second) = (E::sample(&mut make)?, E::sample(&mut make)?);
        let (first, second) = (with(&first, field, &value)?, with(&second, field, &value)?);
        let other = E::sample(&mut make)?;
        let mut work = case.begin().await?;
        let twice = E::in_work(&mut *work).insert_all(vec![first.clone(), second.clone()]).await;
        duplicate::<E, _>("a value twice in a list", twice, field)?;
        E::in_work(&mut *work).insert(first).await?;
        let answer = E::in_work(&mut *work).insert(second.clone()).await;
        duplicate::<E, _>("a value that the same unit has taken", answer, field)?;
        work.commit().await?;
        let mut work = case.begin().await?;
        let answer = E::in_work(&mut *work).insert(second.clone()).await;
        duplicate::<E, _>("a value that is taken", answer, field)?;
        let answer = E::in_work(&mut *work).insert_all(vec![other, second]).await;
        duplicate::<E, _>("a list with a value that is taken", answer, field)?;
        if E::FIELDS.iter().any(|f| f.name == *field && f.nullable) {
            for _ in 0..2 {
                let without = with(&E::sample(&mut make)?, field, &Value::Null)?;
                E::in_work(&mut *work).insert(without).await?;
            }
        }
        work.commit().await?;
        // Another tenant may use it.
        let mut make = Make::new(case.clone(), elsewhere.clone(), Extreme::Bare);
        let theirs = with(&E::sample(&mut make)?, field, &value)?;
        let mut work = case.store().begin(there_too.clone()).await?;
        E::in_work(&mut *work).insert(theirs).await?;
        work.commit().await?;
    }
    Ok(())
}

async fn an_update_cannot_take_a_value_that_is_taken<E: Changing>(case: &Case) -> Held {
    let mut make = bare(case).await?;
    for field in given::<E>() {
        let value = Value::text("taken");
        let first = with(&E::sample(&mut make)?, field, &value)?;
        let second = with(&E::sample(&mut make)?, field, &Value::text("free"))?;
        let mut work = case.begin().await?;
        E::in_work(&mut *work).insert_all(vec![first, second.clone()]).await?;
        work.commit().await?;
        let mut work = case.begin().await?;
        let stored = there(E::writer(&mut *work).get(second.id()).await?)?;
        let wanted = with(&second, field, &value)?;
        // What never changes takes nothing by an update.
        if second.permits(&wanted).is_err() {
            continue;
        }
        let answer = E::writer(&mut *work).update(stored.edit(|e| *e = wanted)).await;
        duplicate::<E, _>("an update to a value that is taken", answer, field)?;
        // A record may keep the value it has.
        let stored = there(E::writer(&mut *work).get(second.id()).await?)?;
        same("the record after the refusal", &*stored, &second)?;
        let stored = E::writer(&mut *work).update(stored.edit(|e| e.touch("kept"))).await?;
        same("the version after the refusal", stored.version(), 2)?;
        work.commit().await?;
        let log = closed_book(case, &case.anna()?).await?;
        let entries = log.iter().filter(|c| c.entity_id == second.id().uuid()).count();
        same("entries of the record", entries, 2)?;
    }
    Ok(())
}

async fn a_value_that_was_given_up_is_free<E: Changing>(case: &Case) -> Held {
    let mut make = bare(case).await?;
    for field in given::<E>() {
        let value = Value::text("wanted");
        let first = with(&E::sample(&mut make)?, field, &value)?;
        let second = with(&E::sample(&mut make)?, field, &value)?;
        let without = with(&first, field, &Value::text("another"))?;
        // What never changes gives nothing up.
        if first.permits(&without).is_err() {
            continue;
        }
        let mut work = case.begin().await?;
        let stored = E::writer(&mut *work).insert(first.clone()).await?;
        E::writer(&mut *work).update(stored.edit(|e| *e = without)).await?;
        E::in_work(&mut *work).insert(second).await?;
        work.commit().await?;
        // What a dropped unit had taken is free as well.
        let mut work = case.begin().await?;
        let third = with(&E::sample(&mut make)?, field, &Value::text("dropped"))?;
        E::in_work(&mut *work).insert(third.clone()).await?;
        drop(work);
        let mut work = case.begin().await?;
        E::in_work(&mut *work).insert(third).await?;
        work.commit().await?;
    }
    Ok(())
}

async fn unique_values_differ_by_the_smallest_sign<E: Changing>(case: &Case) -> Held {
    let mut make = bare(case).await?;
    let mut work = case.begin().await?;
    for field in given::<E>() {
        for text in ["abc", "ABC", "Abc", "abc ", " abc", "e\u{301}", "é", "ß", "ss", "0", "00"] {
            let entity = with(&E::sample(&mut make)?, field, &Value::text(text))?;
            E::in_work(&mut *work).insert(entity).await?;
        }
    }
    work.commit().await?;
    Ok(())
}

async fn two_tasks_cannot_take_the_same_value(case: &Case) -> Held {
    for round in 0..8 {
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let case = case.clone();
                case.clone().spawn(async move {
                    let mut work = case.begin().await?;
                    let mut new = Customer::new(case.id(), CustomerKind::Person, "x");
                    new.external_id = Some(format!("number {round}"));
                    let answer = work.insert(new).await;
                    Ok(end(answer, work).await)
                })
            })
            .collect();
        let mut winners = 0;
        for task in tasks {
            match task.join().await? {
                Ok(()) => winners += 1,
                Err(Error::Duplicate { field: "external_id", .. }) => {}
                Err(error) => claim(error.is_retryable(), format!("the loser got {error:?}"))?,
            }
        }
        same("tasks that took the value", winners, 1)?;
    }
    Ok(())
}

/// Its unique fields that are given, not derived from others.
pub(super) fn given<E: Entity>() -> impl Iterator<Item = &'static &'static str> {
    let derived = |name: &str| E::FIELDS.iter().any(|f| f.name == name && f.derived);
    E::UNIQUE.iter().filter(move |name| !derived(name))
}

/// Makes records in a tenant of its own with nothing but what they must have.
async fn bare(case: &Case) -> Held<Make> {
    let setting = Setting::committed(case).await?;
    Ok(Make::new(case.clone(), setting, Extreme::Bare))
}

#[track_caller]
fn duplicate<E: Entity, T: std::fmt::Debug>(
    what: &str,
    answer: crate::Result<T>,
    field: &str,
) -> Held {
    match fails(what, answer, ErrorKind::Duplicate)? {
        Error::Duplicate { entity, field: found } => {
            same("what is there twice", (entity, found), (E::KIND, field))
        }
        other => Err(Failure::from(other)),
    }
}
