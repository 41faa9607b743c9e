use std::{path::PathBuf, str::FromStr, sync::Arc};

use crm_core::store::Store;
use crm_store_postgres::PostgresStore;
use crm_store_sqlite::{SqliteOptions, SqliteStore};

use crate::failure::Failure;

/// Which database.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    Sqlite(PathBuf),
    Postgres(String),
}

/// A database that is open: what a host needs to let us join its own transaction.
pub(crate) enum Opened {
    Sqlite(SqliteStore, PathBuf),
    Postgres(PostgresStore),
}

impl Opened {
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store, _) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }
}

impl Db {
    /// Opens it, and brings its tables up to date.
    pub(crate) async fn open(&self) -> Result<Opened, Failure> {
        Ok(match self {
            Self::Sqlite(path) => {
                let store = SqliteStore::open(path, crm_store_sqlite::system_ports()).await?;
                store.migrate().await?;
                Opened::Sqlite(store, path.clone())
            }
            Self::Postgres(url) => {
                let ports = crm_store_postgres::system_ports();
                let store = PostgresStore::connect(url, ports).await?;
                store.migrate().await?;
                Opened::Postgres(store)
            }
        })
    }

    /// As it is. A file that is not there is a mistyped name, not a new database.
    pub(crate) async fn open_to_read(&self) -> Result<Arc<dyn Store>, Failure> {
        Ok(match self {
            Self::Sqlite(path) if !path.exists() => {
                return Err(Failure::NoDatabase(path.clone()));
            }
            Self::Sqlite(path) => {
                let options = SqliteOptions::new(crm_store_sqlite::system_ports());
                Arc::new(options.must_exist().open(path).await?)
            }
            Self::Postgres(url) => {
                let ports = crm_store_postgres::system_ports();
                Arc::new(PostgresStore::connect(url, ports).await?)
            }
        })
    }
}

impl FromStr for Db {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err("write sqlite:PATH or postgres://USER@HOST/NAME".to_owned()),
        }
    }
}
