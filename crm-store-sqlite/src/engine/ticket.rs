use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::group::{Group, Outcome};
use super::writer::{Passed, Seat, Writer};

/// A unit's right to the seat, or to its place in the queue. Dropping it gives that up and rolls
/// the unit back, at once or as soon as its running statement is over.
pub(super) struct Ticket {
    pub(super) writer: Arc<Writer>,
    unit: u64,
    live: bool,
}

impl Ticket {
    pub(super) fn new(writer: &Arc<Writer>, unit: u64) -> Self {
        let writer = Arc::clone(writer);
        let live = true;
        Self { writer, unit, live }
    }

    /// The connection, for one statement. `None` if the seat was taken away.
    pub(super) fn turn(&self) -> Option<Turn> {
        let mut state = self.writer.lock();
        let group = match &mut state.seat {
            Seat::Held(holder) if holder.unit == self.unit => holder.group.take(),
            _ => None,
        };
        drop(state);
        Some(Turn { writer: Arc::clone(&self.writer), unit: self.unit, group: Some(group?) })
    }

    /// Lets the unit hold the seat for as long as it takes.
    pub(super) fn unlimited(&self) {
        if let Seat::Held(holder) = &mut self.writer.lock().seat
            && holder.unit == self.unit
        {
            holder.unlimited = true;
        }
    }

    /// The unit has handed the connection on: there is nothing left to give up.
    pub(super) fn leave(&mut self) {
        self.live = false;
    }

    pub(super) fn give_up(&mut self) {
        if !std::mem::take(&mut self.live) {
            return;
        }
        let mut state = self.writer.lock();
        match &mut state.seat {
            Seat::Held(holder) if holder.unit == self.unit => match holder.group.take() {
                Some(mut group) => {
                    state.seat = Seat::Away;
                    drop(state);
                    group.rollback_unit();
                    self.writer.pass_on(group);
                }
                None => holder.condemned = true,
            },
            _ => state.queue.retain(|(unit, _)| *unit != self.unit),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// The connection, out of the seat for one statement. Dropping it puts the connection back.
pub(super) struct Turn {
    writer: Arc<Writer>,
    unit: u64,
    group: Option<Box<Group>>,
}

/// Whether a unit still has the seat after a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Kept,
    Condemned,
    Lost,
}

impl Turn {
    /// Begins the unit; its time counts from here, also while it has to try again. `None` if the
    /// seat was taken away meanwhile.
    pub(super) fn begin(mut self) -> Option<rusqlite::Result<()>> {
        let begun = self.group.as_mut()?.begin_unit();
        if let Seat::Held(holder) = &mut self.writer.lock().seat {
            holder.since = Instant::now();
        }
        match self.settle(&"the unit did not begin") {
            Settled::Kept => Some(begun),
            Settled::Condemned | Settled::Lost => None,
        }
    }

    pub(super) fn run<T>(
        mut self,
        f: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> (rusqlite::Result<T>, Settled) {
        let Some(group) = self.group.as_mut() else {
            return (Err(rusqlite::Error::InvalidQuery), Settled::Lost);
        };
        let result = f(&mut group.connection);
        let settled = match &result {
            Err(error) => self.settle(error),
            Ok(_) => self.settle(&"the transaction was ended by a statement"),
        };
        (result, settled)
    }

    /// Ends the unit, keeping its work; `acknowledge` learns what became of the commit.
    pub(super) fn release(
        mut self,
        acknowledge: oneshot::Sender<Outcome>,
    ) -> rusqlite::Result<Passed> {
        let Some(mut group) = self.group.take() else {
            return Err(rusqlite::Error::InvalidQuery);
        };
        let released = group.release_unit(acknowledge);
        let passed = self.writer.pass_on(group);
        released.map(|()| passed)
    }

    fn settle(&mut self, cause: &dyn Display) -> Settled {
        let Some(mut group) = self.group.take() else {
            return Settled::Lost;
        };
        if group.is_lost() {
            group.fail(cause);
            self.writer.pass_on(group);
            return Settled::Lost;
        }
        let mut state = self.writer.lock();
        match &mut state.seat {
            Seat::Held(holder) if holder.unit == self.unit && !holder.condemned => {
                holder.group = Some(group);
                Settled::Kept
            }
            _ => {
                drop(state);
                group.rollback_unit();
                self.writer.pass_on(group);
                Settled::Condemned
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.group.is_some() {
            self.settle(&"a statement panicked");
        }
    }
}
