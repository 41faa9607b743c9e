use crm_testkit::{PrivateOptions, PrivatePostgres, postgres_url};

use crate::{Arguments, Result, Size};

/// The PostgreSQL that is measured.
pub enum Server {
    /// A durable one of our own.
    Private(PrivatePostgres),
    /// One that runs already: named by `--url`, or, for a test, the one that all tests share.
    Running(String),
}

impl Server {
    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(arguments: &Arguments) -> Result<Self> {
        Ok(match arguments.word("--url") {
            Some(url) => Self::Running(url.to_owned()),
            None if arguments.size == Size::Smoke => Self::Running(postgres_url()?.to_owned()),
            None => Self::Private(PrivatePostgres::start(PrivateOptions { durable: true })?),
        })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        match self {
            Self::Private(server) => server.url(),
            Self::Running(url) => url,
        }
    }
}
