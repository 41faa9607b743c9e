use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// Another process held the lock for all of the time allowed.
    #[error("the database stayed locked by another process for {waited:?}")]
    Busy { waited: Duration },
    /// All connections that read were in use for all of the time allowed.
    #[error(
        "all connections that read were in use for {waited:?}: end units that read, or allow more"
    )]
    NoReader { waited: Duration },
    /// The unit held the writer for too long and was rolled back.
    #[error("the unit of work held the writer for more than {limit:?} and was rolled back")]
    Expired { limit: Duration },
    /// The commit that this unit shared with others failed: nothing of the unit is stored.
    #[error("the commit failed: {0}")]
    GroupFailed(String),
    /// The unit's transaction is gone: SQLite rolled it back after an earlier error, or a
    /// statement panicked or was cancelled.
    #[error("the transaction of this unit of work is gone")]
    Lost,
    #[error("the connection has no open transaction to join")]
    NoTransaction,
    #[error("not inside a tokio runtime")]
    NoRuntime,
    #[error("the tokio runtime has no timer; build it with enable_time or enable_all")]
    NoTimer,
    #[error("{} is not a SQLite database", .0.display())]
    NotADatabase(PathBuf),
    #[error("{} cannot be written", .0.display())]
    ReadOnly(PathBuf),
    #[error("{} is a directory", .0.display())]
    IsADirectory(PathBuf),
    #[error("the directory {} does not exist", .0.display())]
    MissingDirectory(PathBuf),
    #[error("the file {} does not exist", .0.display())]
    MissingFile(PathBuf),
    /// Texts would be in another order.
    #[error("{} keeps texts as {encoding}, and only UTF-8 has the order of all stores", .path.display())]
    Encoding { path: PathBuf, encoding: String },
    /// The place where the file lies does not support a write-ahead log.
    #[error("{} cannot use a write-ahead log: its journal mode stays {mode}", .path.display())]
    NoWal { path: PathBuf, mode: String },
}

impl EngineError {
    /// What an error means that ended the opening of `path`, which waited for locks up to `patience`.
    pub(super) fn opening(path: &Path, patience: Duration, error: rusqlite::Error) -> Self {
        if is_busy(&error) {
            return Self::Busy { waited: patience };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase(path.to_owned()),
            Some(ErrorCode::ReadOnly) => Self::ReadOnly(path.to_owned()),
            _ => Self::Sqlite(error),
        }
    }
}

/// Whether another connection is in the way, and trying again later may help.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
