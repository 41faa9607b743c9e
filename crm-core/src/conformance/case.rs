use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    kernel::{Actor, Id, Scope, TenantId, Timestamp},
    store::{ReadUnit, Store, UnitOfWork},
};

use super::claim::{Failure, Held};

/// What runs as a task.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A store to be proved, and what the laws need beside it.
///
/// A clone of it is another handle to the same ground.
#[derive(Clone)]
pub struct Ground {
    store: Arc<dyn Store>,
    run: Uuid,
    spawn: Arc<dyn Fn(Task) -> Task + Send + Sync>,
    /// How often each law was held: each time has tenants of its own.
    times: Arc<Mutex<HashMap<String, u64>>>,
}

impl Ground {
    /// A store to be proved.
    ///
    /// `run` makes the tenants of this run new: give another one to each run on one database.
    /// `spawn` starts a task that runs beside the caller's, now, and answers with what is done when
    /// the task is.
    pub fn new(
        store: Arc<dyn Store>,
        run: Uuid,
        spawn: impl Fn(Task) -> Task + Send + Sync + 'static,
    ) -> Self {
        Self { store, run, spawn: Arc::new(spawn), times: Arc::default() }
    }

    pub(super) fn case(&self, law: &str) -> Case {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let time = times.entry(law.to_owned()).or_default();
        *time += 1;
        let house = Uuid::new_v5(&self.run, format!("{law} {time}").as_bytes());
        Case { ground: self.clone(), house, ids: Arc::default() }
    }
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ground").field("run", &self.run).finish_non_exhaustive()
    }
}

/// One law at work: its tenants, its ids, its tasks.
#[derive(Clone)]
pub(super) struct Case {
    ground: Ground,
    house: Uuid,
    ids: Arc<AtomicU64>,
}

impl Case {
    pub(super) fn store(&self) -> &dyn Store {
        &*self.ground.store
    }

    /// Anna, in the law's own tenant.
    pub(super) fn anna(&self) -> Held<Scope> {
        self.scope(0, "anna")
    }

    /// Somebody, in one of the law's tenants.
    pub(super) fn scope(&self, tenant: u64, actor: &str) -> Held<Scope> {
        let tenant = TenantId(Uuid::new_v5(&self.house, &tenant.to_be_bytes()));
        Ok(Scope::new(tenant, Actor::new(actor)?))
    }

    /// A unit of work for Anna. Never begin a second one in the same task.
    pub(super) async fn begin(&self) -> Held<Box<dyn UnitOfWork + '_>> {
        Ok(self.store().begin(self.anna()?).await?)
    }

    /// A reading unit for Anna.
    pub(super) async fn read(&self) -> Held<Box<dyn ReadUnit + '_>> {
        Ok(self.store().read(self.anna()?).await?)
    }

    /// An id that nothing has yet. Ids do not come in order.
    pub(super) fn id<E>(&self) -> Id<E> {
        let number = self.ids.fetch_add(1, Relaxed);
        Id::new(Uuid::new_v5(&self.house, format!("id {number}").as_bytes()))
    }

    /// Starts a task beside this one.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = Held<T>> + Send + 'static,
    ) -> Running<T> {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        let done = (self.ground.spawn)(Box::pin(async move {
            let outcome = task.await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        }));
        Running { done, answer }
    }
}

/// A day, as it is written.
pub(super) fn day(text: &str) -> Held<NaiveDate> {
    Ok(format!("{text}T00:00:00Z").parse::<Timestamp>()?.date())
}

/// Lets others go first.
pub(super) async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A task that was started.
pub(super) struct Running<T> {
    done: Task,
    answer: Arc<Mutex<Option<Held<T>>>>,
}

impl<T> Running<T> {
    /// Whether it has answered.
    pub(super) fn is_done(&self) -> bool {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What it answered.
    pub(super) async fn join(self) -> Held<T> {
        self.done.await;
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.unwrap_or_else(|| Err(Failure::new("a task ended without an answer: it panicked")))
    }
}
