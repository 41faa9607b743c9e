//! A real PostgreSQL for tests, without Docker and without privileges.
//!
//! [`postgres_url`] gives the server of the process: the one named by [`URL_VARIABLE`], else a
//! [`PrivatePostgres`] that it starts from the programs installed on the machine. A private server
//! stops and its folder goes however the process ends. Unix only.

mod account;
mod error;
mod given;
mod log;
mod ports;
mod private;
mod programs;

use std::sync::OnceLock;

pub use crate::error::TestPostgresError;
pub use crate::given::{URL_VARIABLE, given_url};
pub use crate::private::{PrivateOptions, PrivatePostgres};
pub use crate::programs::PROGRAMS_VARIABLE;

/// The URL of a PostgreSQL database that tests may fill and empty; the same for the whole process.
///
/// # Errors
///
/// [`TestPostgresError`] when [`URL_VARIABLE`] names a database that is not for tests, or when it is
/// unset and no private server can be started. A caller fails its test then, rather than skip it.
pub fn postgres_url() -> Result<&'static str, TestPostgresError> {
    static SERVER: OnceLock<Result<Server, TestPostgresError>> = OnceLock::new();
    match SERVER.get_or_init(server) {
        Ok(Server::Given(url)) => Ok(url),
        Ok(Server::Private(private)) => Ok(private.url()),
        Err(error) => Err(error.clone()),
    }
}

enum Server {
    Given(String),
    Private(PrivatePostgres),
}

fn server() -> Result<Server, TestPostgresError> {
    match given_url()? {
        Some(url) => Ok(Server::Given(url)),
        None => PrivatePostgres::start(PrivateOptions::default()).map(Server::Private),
    }
}
