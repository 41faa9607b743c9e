use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::EngineError;
use super::runtime::{self, Patience};
use super::ticket::{Settled, Ticket, Turn};
use super::writer::{Passed, Writer};

/// One unit of work on the writing connection. Dropping it rolls back what it did, and nothing else.
///
/// - Its statements must not end the transaction; if one does, or makes SQLite do so, the unit and
///   all that share its commit are lost.
/// - A statement that panics, or whose future is dropped before it is over, loses the unit.
/// - A unit that outlives the hold limit while others wait is rolled back by them; it learns so at its
///   next statement. Where nobody waits it may take its time.
pub(crate) struct WriteLease {
    ticket: Ticket,
    in_statement: bool,
    ended: Option<Ended>,
}

#[derive(Clone, Copy)]
enum Ended {
    Expired,
    Lost,
}

impl WriteLease {
    pub(super) async fn begin(writer: &Arc<Writer>) -> Result<Self, EngineError> {
        let mut patience = Patience::new(writer.options.busy_timeout);
        loop {
            let (ticket, called) = writer.enter();
            if let Some(mut called) = called {
                writer.watch(&mut called).await;
            }
            // Without a turn the seat was offered for so long that others took it: queue again.
            while let Some(turn) = ticket.turn() {
                match turn.begin() {
                    Some(Ok(())) => return Ok(Self::new(ticket)),
                    Some(Err(error)) => patience.pause(error).await?,
                    None => break,
                }
            }
        }
    }

    /// The same, without a limit to how long it holds the writer: for changes of the schema.
    pub(crate) fn unlimited(self) -> Self {
        self.ticket.unlimited();
        self
    }

    /// Runs `f` here, in the task: for statements that are over in some microseconds.
    pub(crate) fn with<T>(
        &mut self,
        f: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        let turn = self.turn()?;
        self.in_statement = true;
        let (result, settled) = turn.run(f);
        self.after(result, settled)
    }

    /// Runs `f` on the blocking pool: for what takes longer than a hop between threads.
    pub(crate) async fn with_blocking<T: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, EngineError> {
        let turn = self.turn()?;
        self.in_statement = true;
        let Some((result, settled)) = runtime::blocking(move || turn.run(f)).await else {
            return Err(self.end(Ended::Lost));
        };
        self.after(result, settled)
    }

    /// Returns once the unit is durable, together with others. Dropping the future after its first
    /// poll does not undo the commit.
    pub(crate) async fn commit(mut self) -> Result<(), EngineError> {
        let turn = self.turn()?;
        let (acknowledge, mut outcome) = oneshot::channel();
        self.ticket.leave();
        let outcome = match turn.release(acknowledge)? {
            Passed::Committing => outcome.await.ok(),
            Passed::Open => self.ticket.writer.watch(&mut outcome).await,
        };
        match outcome {
            Some(outcome) => outcome.map_err(EngineError::GroupFailed),
            None => Err(EngineError::Lost),
        }
    }

    fn new(ticket: Ticket) -> Self {
        Self { ticket, in_statement: false, ended: None }
    }

    fn turn(&mut self) -> Result<Turn, EngineError> {
        if let Some(ended) = self.ended {
            return Err(self.end(ended));
        }
        if self.in_statement {
            return Err(self.end(Ended::Lost));
        }
        match self.ticket.turn() {
            Some(turn) => Ok(turn),
            None => Err(self.end(Ended::Expired)),
        }
    }

    fn after<T>(
        &mut self,
        result: rusqlite::Result<T>,
        settled: Settled,
    ) -> Result<T, EngineError> {
        self.in_statement = false;
        match settled {
            Settled::Kept => Ok(result?),
            Settled::Condemned => Err(self.end(Ended::Expired)),
            Settled::Lost => {
                let lost = self.end(Ended::Lost);
                Err(result.err().map_or(lost, EngineError::Sqlite))
            }
        }
    }

    fn end(&mut self, ended: Ended) -> EngineError {
        self.ended = Some(ended);
        self.ticket.give_up();
        match ended {
            Ended::Lost => EngineError::Lost,
            Ended::Expired => EngineError::Expired { limit: self.ticket.writer.options.hold_limit },
        }
    }
}
