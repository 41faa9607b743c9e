use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use crate::{
    customer::{Customer, CustomerKind},
    kernel::Id,
    store::Repository,
};

use super::{
    case::Case,
    claim::{Held, claim, same},
    follower::{closed_book, written},
    law::Law,
    sample::Sample,
    setting::a_customer,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_unit_with_a_cancelled_verb_cannot_be_committed_without_its_log,
        a_unit_with_a_cancelled_verb_may_be_dropped
    ]
}

/// A verb that somebody waits for, and then does not wait for any more.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Insert,
    InsertAll,
    Update,
}
const VERBS: [Verb; 3] = [Verb::Insert, Verb::InsertAll, Verb::Update];
/// How many steps of it are taken: stores write a record and its entry in one or in several.
const STEPS: [u32; 4] = [1, 2, 3, 5];

async fn a_unit_with_a_cancelled_verb_cannot_be_committed_without_its_log(case: &Case) -> Held {
    for (verb, steps) in VERBS.iter().flat_map(|verb| STEPS.map(|steps| (*verb, steps))) {
        let kept = a_customer(case).await?;
        let mut ids = vec![kept, case.id()];
        let mut work = case.begin().await?;
        let before = work.insert(new(ids[1])).await?.id;
        ids.extend(cancel(case, &mut *work, kept, (verb, steps)).await?);
        let committed = work.commit().await.is_ok();
        let what = format!("{verb:?}, cancelled after {steps}, then commit: {committed}");
        let log = closed_book(case, &case.anna()?).await?;
        for id in ids {
            let stored = case.read().await?.get(id).await?;
            let versions: Vec<u64> = (1..=stored.as_ref().map_or(0, |s| s.version())).collect();
            let entries = written(case, id).await?;
            let history: Vec<_> = entries.iter().map(|entry| entry.version).collect();
            same(&format!("the history of a record: {what}"), history, versions.clone())?;
            let of_it = log.iter().filter(|entry| entry.entity_id == id.uuid());
            let logged: Vec<_> = of_it.map(|entry| entry.version).collect();
            same(&format!("a record in the log: {what}"), logged, versions)?;
            let wrote = stored.is_some_and(|stored| id != kept || stored.version() > 1);
            claim(committed || !wrote, format!("a refused commit wrote: {what}"))?;
            claim(
                !committed || id != before || wrote,
                format!("what came before is lost: {what}"),
            )?;
        }
    }
    Ok(())
}

async fn a_unit_with_a_cancelled_verb_may_be_dropped(case: &Case) -> Held {
    for (verb, steps) in VERBS.iter().flat_map(|verb| STEPS.map(|steps| (*verb, steps))) {
        let kept = a_customer(case).await?;
        let mut work = case.begin().await?;
        let ids = cancel(case, &mut *work, kept, (verb, steps)).await?;
        drop(work);
        let what = format!("{verb:?}, cancelled after {steps} and dropped");
        let mut work = case.begin().await?;
        same(&what, there(work.get(kept).await?)?.version(), 1)?;
        for id in ids {
            same(&what, work.get(id).await?, None)?;
            work.insert(new(id)).await?;
        }
        work.commit().await?;
    }
    Ok(())
}

/// Begins a verb and gives it up; answers with the ids of what it would have added.
async fn cancel(
    case: &Case,
    work: &mut (dyn crate::store::UnitOfWork + '_),
    kept: Id<Customer>,
    (verb, steps): (Verb, u32),
) -> Held<Vec<Id<Customer>>> {
    Ok(match verb {
        Verb::Insert => {
            let id = case.id();
            given_up(work.insert(new(id)), steps).await.transpose()?;
            vec![id]
        }
        Verb::InsertAll => {
            let ids: Vec<_> = (0..40).map(|_| case.id()).collect();
            let list = ids.iter().map(|id| new(*id)).collect();
            given_up(work.insert_all(list), steps).await.transpose()?;
            ids
        }
        Verb::Update => {
            let stored = there(work.get(kept).await?)?;
            let changed = stored.edit(|c| c.touch("cancelled"));
            given_up(Repository::update(work, changed), steps).await.transpose()?;
            vec![]
        }
    })
}

/// Polls a future that often, each time when it asks for it, and drops it.
async fn given_up<F: Future>(future: F, times: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if let Poll::Ready(answer) = future.as_mut().poll(context) {
            return Poll::Ready(Some(answer));
        }
        left -= 1;
        if left == 0 { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

fn new(id: Id<Customer>) -> Customer {
    Customer::new(id, CustomerKind::Person, "x")
}
