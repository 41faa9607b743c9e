use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::errand::{Errand, Job};
use super::group::Group;
use super::options::Options;
use super::runtime;
use super::ticket::Ticket;

/// How long a reader waits for a group whose units it may know of. A group is closed within
/// milliseconds.
const SETTLE_LIMIT: Duration = Duration::from_millis(250);

/// How long the first of a group waits for others at the most: units may be slow.
const GROUP_TIME: Duration = Duration::from_millis(20);

/// A commit that takes no longer is not worth a hop between threads, which costs about a third of
/// this and lets the caches of the connection go cold.
const QUICK_COMMIT: Duration = Duration::from_micros(500);

/// One seat, in which one unit at a time has the writing connection, and the queue for it.
///
/// While a unit runs a statement, and while the group commits, the connection is taken out of the
/// seat: the lock below is only ever held for a moment, and no statement runs under it.
pub(super) struct Writer {
    state: Mutex<State>,
    pub(super) options: Options,
    units: AtomicU64,
    groups: AtomicU64,
    /// Whether a unit was told of something that is not committed yet, and then rolled back.
    observed: AtomicBool,
    /// Whether the last commit was slow: the next one is not worth stopping the task's thread for.
    slow: AtomicBool,
}

pub(super) struct State {
    pub(super) seat: Seat,
    pub(super) queue: VecDeque<(u64, oneshot::Sender<()>)>,
    last: u64,
    /// Who would read, and must not find less than was told.
    readers: Vec<oneshot::Sender<()>>,
}

pub(super) enum Seat {
    /// No unit, none pending, no transaction.
    Free(Box<Group>),
    /// Offered to a unit, or taken by it.
    Held(Holder),
    /// Between two units: the connection is with whoever commits or rolls back.
    Away,
}

pub(super) struct Holder {
    pub(super) unit: u64,
    pub(super) since: Instant,
    /// Nothing while a statement runs.
    pub(super) group: Option<Box<Group>>,
    /// To be rolled back as soon as the running statement is over.
    pub(super) condemned: bool,
    /// May hold the seat for as long as it takes.
    pub(super) unlimited: bool,
}

/// What happens with a group that a unit handed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed {
    Open,
    Committing,
}

impl Writer {
    pub(super) fn new(connection: Connection, options: Options) -> Self {
        Self {
            state: Mutex::new(State {
                seat: Seat::Free(Box::new(Group::new(connection))),
                queue: VecDeque::new(),
                last: 0,
                readers: Vec::new(),
            }),
            options,
            units: AtomicU64::new(0),
            groups: AtomicU64::new(0),
            observed: AtomicBool::new(false),
            // Nothing is known of the disk yet.
            slow: AtomicBool::new(true),
        }
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (self.units.load(Ordering::Relaxed), self.groups.load(Ordering::Relaxed))
    }

    /// A new unit: in the seat if that is free, at the end of the queue otherwise.
    pub(super) fn enter(self: &Arc<Self>) -> (Ticket, Option<oneshot::Receiver<()>>) {
        let mut state = self.lock();
        state.last += 1;
        let unit = state.last;
        let called = match std::mem::replace(&mut state.seat, Seat::Away) {
            Seat::Free(group) => {
                state.seat = Seat::Held(Holder::new(unit, group));
                None
            }
            taken => {
                state.seat = taken;
                let (call, called) = oneshot::channel();
                state.queue.push_back((unit, call));
                Some(called)
            }
        };
        drop(state);
        (Ticket::new(self, unit), called)
    }

    /// Awaits `event`. Those who wait are the watch on who holds the seat for too long: there is no
    /// task in the background.
    pub(super) async fn watch<T>(self: &Arc<Self>, event: &mut oneshot::Receiver<T>) -> Option<T> {
        loop {
            let next = self.expire_overdue().max(Duration::from_millis(1));
            if let Some(happened) = runtime::within(next, &mut *event).await {
                return happened.ok();
            }
        }
    }

    /// Takes the seat from a unit whose time is over; answers when to look again.
    fn expire_overdue(self: &Arc<Self>) -> Duration {
        let limit = self.options.hold_limit;
        let mut state = self.lock();
        let Seat::Held(holder) = &mut state.seat else {
            return limit;
        };
        let left = limit.saturating_sub(holder.since.elapsed());
        if holder.unlimited {
            return limit;
        }
        if !left.is_zero() {
            return left;
        }
        match holder.group.take() {
            Some(group) => {
                state.seat = Seat::Away;
                drop(state);
                let errand = Errand::new(self, group, Job::Rollback);
                runtime::detach(move || drop(errand));
            }
            None => holder.condemned = true,
        }
        limit
    }

    /// Before anybody reads: what a rolled-back unit was told of, such as the version that its
    /// update was in conflict with, is committed first. Otherwise whoever looks after a conflict
    /// would find nothing that explains it.
    ///
    /// Not for long: the reader may itself have the unit open that the group waits for.
    pub(super) async fn settled(self: &Arc<Self>) {
        if !self.observed.load(Ordering::Acquire) {
            return;
        }
        let (tell, mut told) = oneshot::channel();
        {
            let mut state = self.lock();
            if !self.observed.load(Ordering::Acquire) {
                return;
            }
            state.readers.push(tell);
        }
        runtime::within(SETTLE_LIMIT, self.watch(&mut told)).await;
    }

    /// Nothing is pending any more that anybody was told of.
    fn settle(&self, state: &mut State) {
        self.observed.store(false, Ordering::Release);
        for reader in state.readers.drain(..) {
            // One that no longer listens does not read.
            let _ = reader.send(());
        }
    }

    /// The connection comes back from a unit that is over.
    pub(super) fn pass_on(self: &Arc<Self>, group: Box<Group>) -> Passed {
        let mut state = self.lock();
        let pending = group.pending();
        if pending == 0 {
            self.settle(&mut state);
        } else if group.is_observed() {
            self.observed.store(true, Ordering::Release);
        }
        let full = pending >= self.options.group_limit || group.age() >= GROUP_TIME;
        if full || (pending > 0 && state.queue.is_empty()) {
            state.seat = Seat::Away;
            drop(state);
            let errand = Errand::new(self, group, Job::Commit);
            if self.slow.load(Ordering::Relaxed) {
                runtime::detach(move || drop(errand));
            } else {
                drop(errand);
            }
            return Passed::Committing;
        }
        self.offer(state, group);
        Passed::Open
    }

    /// Gives the seat to the first in the queue.
    fn offer(&self, mut state: MutexGuard<'_, State>, group: Box<Group>) {
        let Some((unit, call)) = state.queue.pop_front() else {
            state.seat = Seat::Free(group);
            return;
        };
        state.seat = Seat::Held(Holder::new(unit, group));
        drop(state);
        // If nobody listens the unit was cancelled just now; its ticket gives the seat up.
        let _ = call.send(());
    }

    pub(super) fn commit(self: &Arc<Self>, mut group: Box<Group>) {
        let started = Instant::now();
        let verdict = group.commit(self.options.busy_timeout);
        self.slow.store(started.elapsed() > QUICK_COMMIT, Ordering::Relaxed);
        let committed = verdict.committed() as u64;
        if committed > 0 {
            self.units.fetch_add(committed, Ordering::Relaxed);
            self.groups.fetch_add(1, Ordering::Relaxed);
        }
        let mut state = self.lock();
        self.settle(&mut state);
        if state.queue.is_empty() {
            // The seat first: whoever is told finds it free.
            self.offer(state, group);
            verdict.tell();
        } else {
            // The seat last: whoever is told and comes back queues for this group, not for the
            // one after it. Otherwise two halves of the tasks take turns, in groups half as large.
            drop(state);
            verdict.tell();
            self.offer(self.lock(), group);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder {
    fn new(unit: u64, group: Box<Group>) -> Self {
        Self { unit, since: Instant::now(), group: Some(group), condemned: false, unlimited: false }
    }
}
