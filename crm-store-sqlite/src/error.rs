//! What goes wrong with SQLite, in the words of the library.

use crm_core::{Error, kernel::Invalid};
use crm_store_sql::SessionError;
use rusqlite::ErrorCode;

use crate::engine::EngineError;

/// The extended result codes of a key or a reference that refuses.
const REFUSED: [i32; 4] = [787, 1555, 2067, 2579];

pub(crate) fn session(error: EngineError) -> SessionError {
    match error {
        EngineError::Sqlite(rusqlite::Error::SqliteFailure(code, _))
            if REFUSED.contains(&code.extended_code) =>
        {
            SessionError::Constraint
        }
        other => SessionError::Other(engine(other)),
    }
}

pub(crate) fn engine(error: EngineError) -> Error {
    match error {
        EngineError::Expired { limit } => Error::Expired { seconds: limit.as_secs_f64() },
        EngineError::NoTransaction => {
            let reason = "it has no open transaction to join: begin one first";
            Error::Invalid(Invalid::new("join", "connection", reason))
        }
        EngineError::Sqlite(error) => sqlite(error),
        other => {
            let retryable = matches!(
                other,
                EngineError::Busy { .. }
                    | EngineError::NoReader { .. }
                    | EngineError::GroupFailed(_)
                    | EngineError::Lost
            );
            unavailable(other.to_string(), retryable, other)
        }
    }
}

fn sqlite(error: rusqlite::Error) -> Error {
    let code = error.sqlite_error_code();
    let what = match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program is writing to the SQLite file".to_owned()
        }
        Some(ErrorCode::DiskFull) => "the disk is full: nothing was written".to_owned(),
        Some(ErrorCode::ReadOnly) => "the SQLite file cannot be written to".to_owned(),
        Some(ErrorCode::NotADatabase) => "the file is not a SQLite database".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => "the SQLite file is damaged".to_owned(),
        _ => format!("SQLite: {error}"),
    };
    let busy = matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
    unavailable(what, busy, error)
}

fn unavailable(
    what: String,
    retryable: bool,
    source: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::Unavailable { what, retryable, source: Some(Box::new(source)) }
}
