use std::fmt::Display;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::is_busy;

/// The writing connection, with the units that wait for its next commit.
///
/// Between units a transaction is open only if some unit is pending.
pub(super) struct Group {
    pub(super) connection: Connection,
    pending: Vec<oneshot::Sender<Outcome>>,
    unit: Unit,
    observed: bool,
    /// When the first of the pending was released.
    since: Instant,
}

/// What became of the commit of a unit; an error says why nothing of it is stored.
pub(super) type Outcome = Result<(), String>;

/// The commit of a group is over, but those in it do not know yet.
#[must_use]
pub(super) struct Verdict {
    outcome: Outcome,
    pending: Vec<oneshot::Sender<Outcome>>,
}

#[derive(Clone, Copy)]
enum Unit {
    None,
    /// The first of a group: the transaction is its own, a savepoint would only cost.
    Whole,
    Savepoint,
}

impl Group {
    pub(super) fn new(connection: Connection) -> Self {
        let (pending, since) = (Vec::new(), Instant::now());
        Self { connection, pending, unit: Unit::None, observed: false, since }
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How long the first of the pending has waited.
    pub(super) fn age(&self) -> Duration {
        if self.pending.is_empty() { Duration::ZERO } else { self.since.elapsed() }
    }

    /// Whether a unit that was rolled back may have seen what is pending.
    pub(super) fn is_observed(&self) -> bool {
        self.observed
    }

    /// Whether SQLite, or a statement, ended the transaction that the running unit is in.
    pub(super) fn is_lost(&self) -> bool {
        !matches!(self.unit, Unit::None) && self.connection.is_autocommit()
    }

    pub(super) fn begin_unit(&mut self) -> rusqlite::Result<()> {
        if self.pending.is_empty() && !self.connection.is_autocommit() {
            run(&self.connection, "ROLLBACK")?;
        }
        if self.connection.is_autocommit() {
            run(&self.connection, "BEGIN IMMEDIATE")?;
            self.unit = Unit::Whole;
        } else {
            run(&self.connection, "SAVEPOINT crm_unit")?;
            self.unit = Unit::Savepoint;
        }
        Ok(())
    }

    /// Ends the unit and keeps its work for the group's commit. On error the whole group is gone.
    pub(super) fn release_unit(
        &mut self,
        acknowledge: oneshot::Sender<Outcome>,
    ) -> rusqlite::Result<()> {
        if let Unit::Savepoint = self.unit
            && let Err(error) = run(&self.connection, "RELEASE crm_unit")
        {
            self.fail(&error);
            return Err(error);
        }
        self.unit = Unit::None;
        if self.pending.is_empty() {
            self.since = Instant::now();
        }
        self.pending.push(acknowledge);
        Ok(())
    }

    /// Ends the unit and undoes its work alone, or the whole group if that fails.
    pub(super) fn rollback_unit(&mut self) {
        let undone = match self.unit {
            Unit::None => Ok(()),
            _ if self.connection.is_autocommit() => Err(None),
            Unit::Whole => run(&self.connection, "ROLLBACK").map_err(Some),
            Unit::Savepoint => run(&self.connection, "ROLLBACK TO crm_unit")
                .and_then(|()| run(&self.connection, "RELEASE crm_unit"))
                .map_err(Some),
        };
        self.unit = Unit::None;
        self.observed |= !self.pending.is_empty();
        match undone {
            Ok(()) => {}
            Err(None) => self.fail(&"the transaction was rolled back"),
            Err(Some(error)) => self.fail(&error),
        }
    }

    /// Undoes everything and tells all that are pending.
    pub(super) fn fail(&mut self, cause: &dyn Display) {
        self.end(Err(cause.to_string())).tell();
    }

    /// Commits for all that are pending. If the commit fails everything is undone.
    pub(super) fn commit(&mut self, patience: Duration) -> Verdict {
        let outcome = match run(&self.connection, "COMMIT") {
            Err(error) if is_busy(&error) => self.commit_patiently(patience),
            outcome => outcome,
        };
        self.end(outcome.map_err(|error| error.to_string()))
    }

    /// Not expected: in WAL mode the lock is held since `BEGIN IMMEDIATE`.
    fn commit_patiently(&self, patience: Duration) -> rusqlite::Result<()> {
        self.connection.busy_timeout(patience)?;
        let outcome = run(&self.connection, "COMMIT");
        self.connection.busy_timeout(Duration::ZERO)?;
        outcome
    }

    fn end(&mut self, outcome: Outcome) -> Verdict {
        if !self.connection.is_autocommit() {
            // Failing here leaves the transaction open; the next unit tries again before it begins.
            let _ = run(&self.connection, "ROLLBACK");
        }
        self.unit = Unit::None;
        self.observed = false;
        let pending = std::mem::take(&mut self.pending);
        Verdict { outcome, pending }
    }
}

impl Verdict {
    /// How many units are committed.
    pub(super) fn committed(&self) -> usize {
        self.outcome.as_ref().map_or(0, |()| self.pending.len())
    }

    pub(super) fn tell(self) {
        for unit in self.pending {
            // One that no longer listens was committed, or not, like the others.
            let _ = unit.send(self.outcome.clone());
        }
    }
}

/// Runs one statement of the engine's own.
pub(super) fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
