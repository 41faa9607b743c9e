use crm_testkit::{PrivateOptions, PrivatePostgres, TestPostgresError, given_url};

use crate::failure::Failure;
use crate::install;

/// The PostgreSQL that the tests of one task share.
pub(crate) enum Server {
    Given(String),
    Private(PrivatePostgres),
}

impl Server {
    /// The server named in the environment, else a private one; installs PostgreSQL if need be.
    pub(crate) fn ready() -> Result<Self, Failure> {
        if let Some(url) = given_url().map_err(failure)? {
            return Ok(Self::Given(url));
        }
        match PrivatePostgres::start(PrivateOptions::default()) {
            Err(error @ TestPostgresError::NotInstalled) if install::is_possible() => {
                println!("{error}\n");
                install::postgres()?;
                PrivatePostgres::start(PrivateOptions::default())
            }
            outcome => outcome,
        }
        .map(Self::Private)
        .map_err(failure)
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Private(server) => server.url(),
        }
    }
}

fn failure(error: TestPostgresError) -> Failure {
    Failure::new(error.to_string())
}
