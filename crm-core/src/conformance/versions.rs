use crate::{
    Result,
    kernel::{Error, ErrorKind, Stored},
    store::UnitOfWork,
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    each::{Changing, Kept},
    follower::{closed_book, written},
    law::Law,
    sample::{Extreme, Make},
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws_of_each_that_changes![
        an_update_raises_the_version_by_one,
        an_update_without_a_change_writes_nothing,
        a_stale_update_conflicts,
        a_stale_update_conflicts_within_one_unit,
        an_update_of_what_is_not_there_is_missing,
        an_update_of_what_only_a_lost_unit_added_is_refused,
        an_unsound_update_is_refused
    ]
}

async fn an_update_raises_the_version_by_one<E: Changing>(case: &Case) -> Held {
    let mut entity = committed::<E>(case).await?;
    for version in 2..=4 {
        let word = format!("word {version}");
        let mut work = case.begin().await?;
        let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
        let stored = E::writer(&mut *work).update(stored.edit(|e| e.touch(&word))).await?;
        entity.touch(&word);
        same("the version that an update answers", stored.version(), version)?;
        same("the record that an update answers", &*stored, &entity)?;
        let again = there(E::writer(&mut *work).get(entity.id()).await?)?;
        same("the version within the unit", again.version(), version)?;
        work.commit().await?;
        let stored = there(E::in_read(&mut *case.read().await?).get(entity.id()).await?)?;
        same("the version that is read", stored.version(), version)?;
        same("the record that is read", &*stored, &entity)?;
    }
    Ok(())
}

async fn an_update_without_a_change_writes_nothing<E: Changing>(case: &Case) -> Held {
    let entity = committed::<E>(case).await?;
    let mut work = case.begin().await?;
    let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
    let same_as_before = [
        stored.clone(),
        stored.clone().edit(|_| ()),
        stored.clone().edit(|e| e.touch("another")).edit(|e| *e = entity.clone()),
        stored.change("renamed", Ok::<_, Error>)?,
    ];
    for unchanged in same_as_before {
        let stored = E::writer(&mut *work).update(unchanged).await?;
        same("the version after an update of nothing", stored.version(), 1)?;
        same("the record after an update of nothing", &*stored, &entity)?;
    }
    work.commit().await?;
    let entries = closed_book(case, &case.anna()?).await?;
    let of_it = entries.iter().filter(|entry| entry.entity_id == entity.id().uuid()).count();
    same("entries of a record that was only created", of_it, 1)
}

async fn a_stale_update_conflicts<E: Changing>(case: &Case) -> Held {
    let mut entity = committed::<E>(case).await?;
    let stale = there(E::in_read(&mut *case.read().await?).get(entity.id()).await?)?;
    let mut work = case.begin().await?;
    let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
    E::writer(&mut *work).update(stored.edit(|e| e.touch("first"))).await?;
    work.commit().await?;
    entity.touch("first");

    let mut work = case.begin().await?;
    let answer = E::writer(&mut *work).update(stale.edit(|e| e.touch("second"))).await;
    let error = here_or_at_commit("a stale update", answer, work, ErrorKind::Conflict).await?;
    claim(error.is_retryable(), "a conflict is an error that running the unit again can help")?;
    if let Error::Conflict { entity: kind, id, stored } = error {
        same("what the conflict names", (kind, id), (E::KIND, entity.id().uuid()))?;
        claim(stored.is_none_or(|v| v == 2), format!("the conflict names version {stored:?}"))?;
    }
    let stored = there(E::in_read(&mut *case.read().await?).get(entity.id()).await?)?;
    same("the version after a conflict", stored.version(), 2)?;
    same("the record after a conflict", &*stored, &entity)
}

async fn a_stale_update_conflicts_within_one_unit<E: Changing>(case: &Case) -> Held {
    let entity = committed::<E>(case).await?;
    let mut work = case.begin().await?;
    let stale = there(E::writer(&mut *work).get(entity.id()).await?)?;
    E::writer(&mut *work).update(stale.clone().edit(|e| e.touch("first"))).await?;
    let answer = E::writer(&mut *work).update(stale.edit(|e| e.touch("second"))).await;
    here_or_at_commit("a stale update", answer, work, ErrorKind::Conflict).await.map(drop)
}

async fn an_update_of_what_is_not_there_is_missing<E: Changing>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let entity = E::sample(&mut Make::new(case.clone(), setting.clone(), Extreme::Bare))?;
    let mut work = case.begin().await?;
    E::writer(&mut *work).insert(entity.clone()).await?;
    work.commit().await?;
    let stored = there(E::in_read(&mut *case.read().await?).get(entity.id()).await?)?;
    // Another tenant has the same setting, but not the record.
    let mut work = case.store().begin(case.scope(1, "bob")?).await?;
    setting.copy(&mut *work).await?;
    let answer = E::writer(&mut *work).update(stored.edit(|e| e.touch("word"))).await;
    match fails("an update of nothing", answer, ErrorKind::Missing)? {
        Error::Missing { entity: kind, id } => {
            same("what is missing", (kind, id), (E::KIND, entity.id().uuid()))?;
        }
        other => return Err(Failure::from(other)),
    }
    E::in_work(&mut *work).insert(entity).await?;
    work.commit().await?;
    Ok(())
}

async fn an_update_of_what_only_a_lost_unit_added_is_refused<E: Changing>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let entity = E::sample(&mut Make::new(case.clone(), setting, Extreme::Bare))?;
    let mut dropped = case.begin().await?;
    let stored = E::writer(&mut *dropped).insert(entity.clone()).await?;
    drop(dropped);
    let mut work = case.begin().await?;
    let answer = E::writer(&mut *work).update(stored.edit(|e| e.touch("word"))).await;
    fails("an update of nothing", answer, ErrorKind::Conflict)?;
    E::in_work(&mut *work).insert(entity).await?;
    work.commit().await?;
    Ok(())
}

async fn an_unsound_update_is_refused<E: Changing>(case: &Case) -> Held {
    let entity = committed::<E>(case).await?;
    let mut work = case.begin().await?;
    for word in ["a\0b".to_owned(), "x".repeat(1_000_001)] {
        let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
        let answer = E::writer(&mut *work).update(stored.edit(|e| e.touch(&word))).await;
        fails("an unsound update", answer, ErrorKind::Invalid)?;
    }
    let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
    same("the version after the refusals", stored.version(), 1)?;
    E::writer(&mut *work).update(stored.edit(|e| e.touch("word"))).await?;
    work.commit().await?;
    same("entries of the record", written(case, entity.id()).await?.len(), 2)
}

/// A record that was committed in the law's own tenant: open, with nothing but what it must have.
pub(super) async fn committed<E: Kept>(case: &Case) -> Held<E> {
    let setting = Setting::committed(case).await?;
    let entity = E::sample(&mut Make::new(case.clone(), setting, Extreme::Bare))?;
    let mut work = case.begin().await?;
    E::in_work(&mut *work).insert(entity.clone()).await?;
    work.commit().await?;
    Ok(entity)
}

#[track_caller]
pub(super) fn there<E>(found: Option<Stored<E>>) -> Held<Stored<E>> {
    found.ok_or_else(|| Failure::new("the record is not there"))
}

/// The error of a write, or of the commit after it.
pub(super) async fn here_or_at_commit<T: std::fmt::Debug + Send>(
    what: &str,
    answer: Result<T>,
    work: Box<dyn UnitOfWork + '_>,
    kind: ErrorKind,
) -> Held<Error> {
    fails(&format!("{what}, or its commit"), end(answer, work).await, kind)
}

/// Commits a unit after a write that was done; drops it after one that was not.
pub(super) async fn end<T: Send>(answer: Result<T>, work: Box<dyn UnitOfWork + '_>) -> Result<()> {
    match answer {
        Ok(_) => work.commit().await,
        Err(error) => Err(error),
    }
}
