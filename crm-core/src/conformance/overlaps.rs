use std::collections::HashSet;

use uuid::Uuid;

use crate::{
    customer::{Customer, CustomerKind},
    kernel::{Change, ChangeCursor, Id},
    store::{UnitOfWork, expect},
};

use super::{
    beside::{Steps, stay_open},
    case::{Case, pause},
    claim::{Failure, Held, same},
    follower::{Writers, closed_book, follow},
    law::Law,
    sample::Sample,
    setting::a_customer,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        the_versions_of_a_record_come_in_order,
        a_follower_misses_nothing_while_a_later_unit_commits_first,
        a_follower_misses_nothing_while_writers_commit_out_of_order
    ]
}

async fn the_versions_of_a_record_come_in_order(case: &Case) -> Held {
    let scope = case.anna()?;
    for _ in 0..3 {
        let id = a_customer(case).await?;
        let writers = Writers::default();
        let hand = writers.hand();
        let follower = {
            let (case, scope, writers) = (case.clone(), scope.clone(), writers.clone());
            case.clone().spawn(async move {
                let whole = |seen: &[Change]| versions(seen, id).len() >= 3;
                follow(&case, &scope, None, || writers.at_work(), whole).await
            })
        };
        // This unit is the older one: it has written before the other begins.
        let mut old = case.begin().await?;
        old.insert(Customer::new(case.id(), CustomerKind::Person, "before")).await?;
        let steps = Steps::default();
        let mut young = {
            let (case, steps) = (case.clone(), steps.clone());
            case.clone().spawn(async move { touch(&case, id, "young", &steps).await })
        };
        stay_open(&mut *old, case, (&steps, &mut young)).await?;
        if let Err(error) = touch_in(old, id, "old").await {
            // Units of this store see one moment: then the older one is run again.
            if !error.is_retryable() {
                return Err(error.into());
            }
            touch(case, id, "old", &Steps::default()).await?;
        }
        young.join().await?;
        drop(hand);
        let seen = follower.join().await?;
        same("the versions that a follower saw", versions(&seen, id), vec![1, 2, 3])?;
        let log = closed_book(case, &scope).await?;
        same("the versions in the whole log", versions(&log, id), vec![1, 2, 3])?;
    }
    Ok(())
}

async fn a_follower_misses_nothing_while_a_later_unit_commits_first(case: &Case) -> Held {
    let scope = case.anna()?;
    for commits in [true, false, true] {
        let [first, between, last] = [case.id(), case.id(), case.id()];
        let new = |id| Customer::new(id, CustomerKind::Person, "x");
        let start = place(case, None).await?.1;
        let mut work = case.begin().await?;
        work.insert(new(first)).await?;
        let steps = Steps::default();
        let mut other = {
            let (case, steps, start) = (case.clone(), steps.clone(), start.clone());
            case.clone().spawn(async move {
                steps.step();
                let mut work = case.begin().await?;
                steps.step();
                work.insert(new(between)).await?;
                work.commit().await?;
                steps.step();
                // A follower reads as far as it can, and keeps its place.
                place(&case, start).await
            })
        };
        stay_open(&mut *work, case, (&steps, &mut other)).await?;
        work.insert(new(last)).await?;
        let mut expected = vec![between.uuid()];
        if commits {
            work.commit().await?;
            expected.extend([first.uuid(), last.uuid()]);
        } else {
            drop(work);
        }
        let (mut seen, cursor) = other.join().await?;
        let many = expected.len().saturating_sub(seen.len());
        seen.extend(follow(case, &scope, cursor, || false, |more| more.len() >= many).await?);
        let mut found: Vec<_> = seen.iter().map(|change| change.entity_id).collect();
        found.sort_unstable();
        expected.sort_unstable();
        same("what a follower saw, each once", found, expected)?;
    }
    Ok(())
}

async fn a_follower_misses_nothing_while_writers_commit_out_of_order(case: &Case) -> Held {
    const WRITERS: usize = 4;
    const UNITS: u64 = 12;
    let at_work = Writers::default();
    let (mut writers, mut followers) = (Vec::new(), Vec::new());
    for _ in 0..WRITERS {
        let (case, hand) = (case.clone(), at_work.hand());
        writers.push(case.clone().spawn(async move {
            let _hand = hand;
            write_much(&case, UNITS).await
        }));
    }
    for tenant in [0, 1] {
        let (case, at_work) = (case.clone(), at_work.clone());
        followers.push(case.clone().spawn(async move {
            let scope = case.scope(tenant, "follower")?;
            let expected = WRITERS * UNITS as usize;
            let enough = |seen: &[Change]| !at_work.at_work() && seen.len() >= expected;
            follow(&case, &scope, None, || at_work.at_work(), enough).await
        }));
    }
    let mut committed = Vec::new();
    for writer in writers {
        committed.extend(writer.join().await?);
    }
    for (tenant, follower) in followers.into_iter().enumerate() {
        let seen: Vec<_> = follower.join().await?.iter().map(|c| c.entity_id).collect();
        let of_tenant = committed.iter().filter(|(t, _)| *t == tenant as u64);
        let expected: HashSet<Uuid> = of_tenant.map(|(_, id)| *id).collect();
        let once: HashSet<Uuid> = seen.iter().copied().collect();
        same("entries, each seen once", seen.len(), once.len())?;
        same("entries that a follower missed", expected.difference(&once).count(), 0)?;
        same("entries of somebody else", once.difference(&expected).count(), 0)?;
    }
    Ok(())
}

/// Writes units of two entries for one tenant and the other, and gives some of them up.
async fn write_much(case: &Case, units: u64) -> Held<Vec<(u64, Uuid)>> {
    let mut committed = Vec::new();
    for unit in 0..units {
        let tenant = unit % 2;
        let mut work = case.store().begin(case.scope(tenant, "writer")?).await?;
        let ids = [case.id(), case.id()];
        for id in ids {
            work.insert(Customer::new(id, CustomerKind::Person, "x")).await?;
            pause().await;
        }
        if unit % 6 < 4 {
            work.commit().await?;
        } else {
            drop(work);
            // In its place, so that each tenant has as many as there are units.
            let mut work = case.store().begin(case.scope(tenant, "writer")?).await?;
            for id in ids {
                work.insert(Customer::new(id, CustomerKind::Person, "y")).await?;
            }
            work.commit().await?;
        }
        committed.extend(ids.map(|id| (tenant, id.uuid())));
    }
    Ok(committed)
}

/// Changes a customer, and says how far it is.
async fn touch(case: &Case, id: Id<Customer>, word: &str, steps: &Steps) -> Held {
    for _ in 0..50 {
        steps.step();
        let work = case.begin().await?;
        steps.step();
        match touch_in(work, id, word).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_retryable() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::new("nothing but conflicts, fifty times over"))
}

async fn touch_in(
    mut work: Box<dyn UnitOfWork + '_>,
    id: Id<Customer>,
    word: &str,
) -> crate::Result<()> {
    let stored = expect(&mut *work, id).await?;
    work.update(stored.edit(|c| c.touch(word))).await?;
    work.commit().await
}

/// What the log shows after a place, to its end for now, and the place to go on from.
async fn place(
    case: &Case,
    mut cursor: Option<ChangeCursor>,
) -> Held<(Vec<Change>, Option<ChangeCursor>)> {
    let mut seen = Vec::new();
    loop {
        let mut unit = case.read().await?;
        let page = unit.changes(cursor.clone(), 1).await?;
        cursor = page.next.or(cursor);
        if page.changes.is_empty() {
            return Ok((seen, cursor));
        }
        seen.extend(page.changes);
    }
}

fn versions(log: &[Change], id: Id<Customer>) -> Vec<u64> {
    log.iter().filter(|c| c.entity_id == id.uuid()).map(|c| c.version).collect()
}
