//! Two units of work that are open at once, in two tasks, where the store allows it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use crate::{customer::Customer, store::UnitOfWork};

use super::{
    case::{Case, Running, pause},
    claim::Held,
};

/// How far a task has come that works beside this one.
#[derive(Clone, Default)]
pub(super) struct Steps(Arc<AtomicUsize>);

/// How many rounds a task may take to start: all depends on who runs it, nothing on the store.
const UNTIL_IT_STARTS: u32 = 100_000;
/// How many rounds it may take for a step: longer takes who waits for this unit to end.
const FOR_A_STEP: u32 = 2_000;

impl Steps {
    /// One step is done.
    pub(super) fn step(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn done(&self) -> usize {
        self.0.load(SeqCst)
    }
}

/// Keeps a unit open while a task works beside it: until the task is done, or goes no further, as it
/// does on a store with one writer. Each round is a read, so that it takes as long as the store
/// takes for one.
pub(super) async fn stay_open<T>(
    work: &mut (dyn UnitOfWork + '_),
    case: &Case,
    (steps, other): (&Steps, &mut Running<T>),
) -> Held {
    let nobody = case.id::<Customer>();
    let (mut before, mut idle) = (0, 0);
    while !other.is_done() {
        let now = steps.done();
        idle = if now == before { idle + 1 } else { 0 };
        before = now;
        if idle > if now == 0 { UNTIL_IT_STARTS } else { FOR_A_STEP } {
            break;
        }
        work.get(nobody).await?;
        pause().await;
    }
    Ok(())
}
