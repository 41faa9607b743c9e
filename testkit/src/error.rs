use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::given::URL_VARIABLE;
use crate::programs::PROGRAMS_VARIABLE;

/// Why there is no PostgreSQL for tests. `Debug` gives the message too: tests unwrap.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TestPostgresError {
    /// [`URL_VARIABLE`] is not of the form `postgres://…`.
    #[error("{URL_VARIABLE} is not a URL of PostgreSQL (postgres://user@host:port/database)")]
    InvalidUrl,

    /// [`URL_VARIABLE`] names a database that may hold real data.
    #[error(
        "{URL_VARIABLE} names the database {database:?}; tests write only to a database with \
         \"test\" in its name"
    )]
    NotATestDatabase {
        /// The name found, empty when the URL names none.
        database: String,
    },

    /// The machine has no PostgreSQL server programs.
    #[error(
        "no PostgreSQL server found: install PostgreSQL (Debian: apt-get install postgresql) or \
         set {URL_VARIABLE}"
    )]
    NotInstalled,

    /// [`PROGRAMS_VARIABLE`] names a folder without the server's programs.
    #[error("{PROGRAMS_VARIABLE} names {}, where initdb and postgres are not", .0.display())]
    NoProgramsIn(PathBuf),

    /// PostgreSQL refuses to run as root, and there is no account to run it as.
    #[error("PostgreSQL does not run as root, and the accounts postgres and nobody do not exist")]
    NoAccount,

    /// The server was started and did not come up.
    #[error("PostgreSQL {reason}; the end of its log:\n{log}")]
    NotStarted {
        /// What happened instead.
        reason: &'static str,
        /// The last lines of the server's log.
        log: String,
    },

    /// The machine refused something that a start needs.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was refused.
        action: &'static str,
        /// Why.
        source: Arc<io::Error>,
    },
}

impl fmt::Debug for TestPostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TestPostgresError {
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source: Arc::new(source) }
    }
}
