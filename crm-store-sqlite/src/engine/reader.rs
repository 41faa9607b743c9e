use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::EngineError;
use super::group::run;
use super::open;
use super::options::Options;
use super::runtime::{self, Patience};

/// A unit that only reads: one snapshot, taken when the unit began. Dropping it ends the snapshot
/// and gives the connection back.
///
/// A statement on the blocking pool that panics, or whose future is dropped, loses the unit.
pub(crate) struct ReadLease {
    reader: Option<Reader>,
}

impl ReadLease {
    pub(super) async fn begin(pool: &Arc<Pool>) -> Result<Self, EngineError> {
        let mut patience = Patience::new(pool.options.busy_timeout);
        let reader = pool.reader().await?;
        while let Err(error) = reader.begin() {
            patience.pause(error).await?;
        }
        Ok(Self { reader: Some(reader) })
    }

    /// Runs `f` here, in the task: for statements that are over in some microseconds.
    pub(crate) fn with<T>(
        &mut self,
        f: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        let reader = self.reader.as_mut().ok_or(EngineError::Lost)?;
        let result = reader.run(f);
        if !reader.has_snapshot() {
            self.reader = None;
        }
        result
    }

    /// Runs `f` on the blocking pool: for what takes longer than a hop between threads.
    pub(crate) async fn with_blocking<T: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, EngineError> {
        let mut reader = self.reader.take().ok_or(EngineError::Lost)?;
        let ran = runtime::blocking(move || (reader.run(f), reader)).await;
        let (result, reader) = ran.ok_or(EngineError::Lost)?;
        self.reader = Some(reader).filter(Reader::has_snapshot);
        result
    }
}

/// The reading connections of one file.
pub(super) struct Pool {
    path: PathBuf,
    options: Options,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(path: PathBuf, options: Options) -> Self {
        Self {
            path,
            permits: Arc::new(Semaphore::new(options.readers)),
            options,
            idle: Mutex::new(Vec::new()),
        }
    }

    async fn reader(self: &Arc<Self>) -> Result<Reader, EngineError> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        let waited = self.options.busy_timeout;
        let permit = runtime::within(waited, permit).await;
        let permit = permit.ok_or(EngineError::NoReader { waited })?;
        let permit = permit.map_err(|_| EngineError::Lost)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let pool = Arc::clone(self);
                runtime::blocking(move || open::reader(&pool.path, &pool.options))
                    .await
                    .ok_or(EngineError::NoRuntime)??
            }
        };
        Ok(Reader { connection: Some(connection), pool: Arc::clone(self), _permit: permit })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan from the pool. It goes back, without a transaction, when this is dropped.
struct Reader {
    connection: Option<Connection>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    /// `BEGIN` alone takes no snapshot; the first read does.
    fn begin(&self) -> rusqlite::Result<()> {
        let Some(connection) = &self.connection else {
            return Ok(());
        };
        if connection.is_autocommit() {
            run(connection, "BEGIN")?;
        }
        connection.prepare_cached("SELECT 1 FROM sqlite_schema LIMIT 1")?.exists([]).map(drop)
    }

    fn run<T>(
        &mut self,
        f: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        let connection = self.connection.as_mut().ok_or(EngineError::Lost)?;
        if connection.is_autocommit() {
            return Err(EngineError::Lost);
        }
        let value = f(connection)?;
        if connection.is_autocommit() {
            return Err(EngineError::Lost);
        }
        Ok(value)
    }

    fn has_snapshot(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| !connection.is_autocommit())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // One that cannot end its transaction is closed instead.
        if connection.is_autocommit() || run(&connection, "ROLLBACK").is_ok() {
            self.pool.idle().push(connection);
        }
    }
}
