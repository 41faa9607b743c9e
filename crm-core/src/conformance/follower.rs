//! Those who follow the change log, and what they may wait for.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use crate::{
    customer::{Customer, CustomerKind},
    kernel::{Change, ChangeCursor, Entity, Id, Scope},
};

use super::{
    case::{Case, pause},
    claim::{Failure, Held},
};

/// Who writes the entry after which a log is known to be complete.
pub(super) const SENTINEL: &str = "the end";

/// How often in a row a follower may find nothing new once all is written. A store holds entries
/// back while others, also those of another tenant, might still commit what stands before them.
const MOST_EMPTY_PAGES: u32 = 50_000;

/// Those who still write; each hand is let go when its writer ends, also when it fails.
#[derive(Clone, Default)]
pub(super) struct Writers(Arc<AtomicUsize>);

/// One who writes.
pub(super) struct Hand(Arc<AtomicUsize>);

impl Writers {
    pub(super) fn hand(&self) -> Hand {
        self.0.fetch_add(1, SeqCst);
        Hand(Arc::clone(&self.0))
    }

    pub(super) fn at_work(&self) -> bool {
        self.0.load(SeqCst) > 0
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// The whole log of a tenant, once all of it shows.
pub(super) async fn closed_book(case: &Case, scope: &Scope) -> Held<Vec<Change>> {
    let end = case.scope(0, SENTINEL)?;
    let end = Scope::new(scope.tenant, end.actor);
    let mut work = case.store().begin(end).await?;
    let id = case.id::<Customer>();
    work.insert(Customer::new(id, CustomerKind::Person, "end")).await?;
    work.commit().await?;
    let complete = |seen: &[Change]| seen.iter().any(|c| c.entity_id == id.uuid());
    let mut log = follow(case, scope, None, || false, complete).await?;
    log.retain(|change| change.actor != SENTINEL);
    Ok(log)
}

/// The entries of one record in the law's own tenant.
pub(super) async fn written<E: Entity>(case: &Case, id: Id<E>) -> Held<Vec<Change>> {
    Ok(case.read().await?.history(E::KIND, id.uuid(), 0, 100).await?)
}

/// Follows a tenant's log from a place on, page by page, until it is enough. While others are at
/// work it has patience.
pub(super) async fn follow(
    case: &Case,
    scope: &Scope,
    mut cursor: Option<ChangeCursor>,
    at_work: impl Fn() -> bool + Send,
    enough: impl Fn(&[Change]) -> bool + Send,
) -> Held<Vec<Change>> {
    let mut seen = Vec::new();
    let mut empty = 0;
    while !enough(&seen) {
        if empty > MOST_EMPTY_PAGES {
            let what = format!("entries never show in the change log; {} do", seen.len());
            return Err(Failure::new(what));
        }
        let page = {
            let mut unit = case.store().read(scope.clone()).await?;
            unit.changes(cursor.clone(), 3).await?
        };
        empty = if at_work() || !page.changes.is_empty() { 0 } else { empty + 1 };
        seen.extend(page.changes);
        cursor = page.next.or(cursor);
        pause().await;
    }
    Ok(seen)
}
