use crate::kernel::{ErrorKind, Id, Stored};

use super::{
    case::Case,
    claim::{Failure, Held, claim, same},
    each::Changing,
    follower::written,
    law::Law,
    sample::{Extreme, Make},
    setting::Setting,
    versions::{committed, here_or_at_commit, there},
};

pub(super) fn laws() -> Vec<Law> {
    laws_of_each_that_changes![
        what_a_lost_unit_wrote_is_not_updated_later,
        what_a_lost_unit_added_is_not_updated_later,
        what_a_committed_unit_wrote_is_updated_without_reading_it_again
    ]
}

async fn what_a_lost_unit_wrote_is_not_updated_later<E: Changing>(case: &Case) -> Held {
    let mut entity = committed::<E>(case).await?;
    let mut lost = case.begin().await?;
    let stored = there(E::writer(&mut *lost).get(entity.id()).await?)?;
    let leaked = E::writer(&mut *lost).update(stored.edit(|e| e.touch("lost"))).await?;
    drop(lost);
    // By chance somebody else's version has the same number.
    let mut work = case.begin().await?;
    let stored = there(E::writer(&mut *work).get(entity.id()).await?)?;
    E::writer(&mut *work).update(stored.edit(|e| e.touch("theirs"))).await?;
    work.commit().await?;
    entity.touch("theirs");
    for leaked in [leaked.clone(), leaked.edit(|e| e.touch("lost again"))] {
        conflicts(case, leaked).await?;
        is::<E>(case, &entity, 2).await?;
    }
    Ok(())
}

async fn what_a_lost_unit_added_is_not_updated_later<E: Changing>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Bare);
    for in_a_list in [false, true] {
        let mut entity = E::sample(&mut make)?;
        let mut lost = case.begin().await?;
        let leaked = if in_a_list {
            E::writer(&mut *lost).insert_all(vec![entity.clone()]).await?.pop()
        } else {
            Some(E::writer(&mut *lost).insert(entity.clone()).await?)
        };
        drop(lost);
        let leaked = leaked.ok_or_else(|| Failure::new("insert_all of one answers with one"))?;
        entity.touch("theirs");
        let mut work = case.begin().await?;
        E::writer(&mut *work).insert(entity.clone()).await?;
        work.commit().await?;
        conflicts(case, leaked).await?;
        is::<E>(case, &entity, 1).await?;
    }
    Ok(())
}

async fn what_a_committed_unit_wrote_is_updated_without_reading_it_again<E: Changing>(
    case: &Case,
) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Bare);
    let (mut entity, listed) = (E::sample(&mut make)?, E::sample(&mut make)?);
    let mut work = case.begin().await?;
    let mut stored = E::writer(&mut *work).insert(entity.clone()).await?;
    let mut many = E::writer(&mut *work).insert_all(vec![listed]).await?;
    work.commit().await?;
    for word in ["second", "third", "fourth"] {
        let mut work = case.begin().await?;
        stored = E::writer(&mut *work).update(stored.edit(|e| e.touch(word))).await?;
        work.commit().await?;
        entity.touch(word);
        is::<E>(case, &entity, stored.version()).await?;
    }
    same("the version after three updates", stored.version(), 4)?;
    let listed = many.pop().ok_or_else(|| Failure::new("insert_all of one answers with one"))?;
    let mut work = case.begin().await?;
    let listed = E::writer(&mut *work).update(listed.edit(|e| e.touch("second"))).await?;
    work.commit().await?;
    is::<E>(case, &listed, 2).await
}

async fn conflicts<E: Changing>(case: &Case, leaked: Stored<E>) -> Held {
    let mut work = case.begin().await?;
    let answer = E::writer(&mut *work).update(leaked.edit(|e| e.touch("too late"))).await;
    let what = "an update of what a lost unit wrote";
    let error = here_or_at_commit(what, answer, work, ErrorKind::Conflict).await?;
    claim(error.is_retryable(), "running the unit again, from its first read, can help")
}

async fn is<E: Changing>(case: &Case, entity: &E, version: u64) -> Held {
    let id: Id<E> = entity.id();
    let stored = there(E::in_read(&mut *case.read().await?).get(id).await?)?;
    same("the record", &*stored, entity)?;
    same("its version", stored.version(), version)?;
    same("its entries in the log", written(case, id).await?.len() as u64, version)
}
