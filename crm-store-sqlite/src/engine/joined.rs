use rusqlite::Connection;

use super::error::EngineError;
use super::group::run;

/// A unit inside a transaction of the host: a savepoint on the host's own connection. Dropping it
/// rolls back what it did; whether the rest is committed is up to the host. It has no time limit.
pub(crate) struct Joined<'c> {
    connection: &'c mut Connection,
    open: bool,
}

impl<'c> Joined<'c> {
    pub(crate) fn join(connection: &'c mut Connection) -> Result<Self, EngineError> {
        if connection.is_autocommit() {
            return Err(EngineError::NoTransaction);
        }
        // A savepoint of the host may have any name, even this one: the innermost is meant.
        run(connection, "SAVEPOINT crm_joined")?;
        Ok(Self { connection, open: true })
    }

    /// Runs `f`, which must not end the transaction nor this savepoint.
    pub(crate) fn with<T>(
        &mut self,
        f: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        self.check()?;
        let value = f(self.connection)?;
        self.check()?;
        Ok(value)
    }

    /// Keeps the work for the host to commit.
    pub(crate) fn commit(mut self) -> Result<(), EngineError> {
        self.check()?;
        run(self.connection, "RELEASE crm_joined")?;
        self.open = false;
        Ok(())
    }

    fn check(&mut self) -> Result<(), EngineError> {
        // Once lost it stays lost: the host's next transaction is not the one that was joined.
        self.open &= !self.connection.is_autocommit();
        self.open.then_some(()).ok_or(EngineError::Lost)
    }
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        if self.check().is_ok() && run(self.connection, "ROLLBACK TO crm_joined").is_ok() {
            let _ = run(self.connection, "RELEASE crm_joined");
        }
    }
}
