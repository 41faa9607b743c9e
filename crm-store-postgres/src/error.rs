//! What goes wrong with PostgreSQL, in the words of the library.

use crm_core::Error;
use sqlx::error::{BoxDynError, DatabaseError};

/// States after which the same unit of work may succeed: serialisation failure, deadlock, a lock
/// not to be had, a key or an object that another transaction made at the same time.
const RETRYABLE: [&str; 8] =
    ["40001", "40P01", "55P03", "23505", "23503", "42P07", "42P06", "42710"];

/// The server goes down, or comes up.
const GOING: [&str; 4] = ["57P01", "57P02", "57P03", "53300"];

pub(crate) fn error(error: sqlx::Error) -> Error {
    let (what, retryable) = match &error {
        sqlx::Error::Database(database) => of_database(&**database),
        sqlx::Error::PoolTimedOut => {
            ("no connection of the pool was free in time".to_owned(), true)
        }
        sqlx::Error::Io(io) => (format!("PostgreSQL cannot be reached: {io}"), true),
        sqlx::Error::Tls(tls) => (format!("no TLS with PostgreSQL: {tls}"), false),
        sqlx::Error::Configuration(why) => (format!("the URL of PostgreSQL: {why}"), false),
        other => (format!("PostgreSQL: {other}"), false),
    };
    Error::Unavailable { what, retryable, source: Some(Box::new(error)) }
}

/// After a commit that got no answer nobody knows whether it was done.
pub(crate) fn commit(failed: sqlx::Error) -> Error {
    match failed {
        sqlx::Error::Io(io) => Error::Unavailable {
            what: format!(
                "the connection broke during the commit ({io}): whether it was done is not known; \
                 send the same command again with the same ids"
            ),
            retryable: false,
            source: Some(Box::new(sqlx::Error::Io(io))),
        },
        other => error(other),
    }
}

pub(crate) fn argument(error: BoxDynError) -> Error {
    Error::Unavailable {
        what: format!("a value cannot be sent to PostgreSQL: {error}"),
        retryable: false,
        source: Some(error),
    }
}

/// Whether a key or a reference refused a row.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|e| e.is_unique_violation() || e.is_foreign_key_violation())
}

fn of_database(database: &dyn DatabaseError) -> (String, bool) {
    let code = database.code().unwrap_or_default();
    if RETRYABLE.contains(&code.as_ref()) {
        let what =
            format!("another unit of work was in the way, run it again: {}", database.message());
        return (what, true);
    }
    (format!("PostgreSQL: {} ({code})", database.message()), GOING.contains(&code.as_ref()))
}
