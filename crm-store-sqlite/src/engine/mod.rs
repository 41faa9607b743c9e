//! Connections, and nothing of what is stored in them: one writer whose concurrent units share a
//! commit, a pool of readers, and units inside a transaction of the host.

mod errand;
mod error;
mod group;
mod joined;
mod lease;
mod open;
mod options;
mod reader;
mod runtime;
mod ticket;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub(crate) use error::EngineError;
pub(crate) use joined::Joined;
pub(crate) use lease::WriteLease;
pub(crate) use options::{OpenMode, Options, Synchronous};
pub(crate) use reader::ReadLease;

use reader::Pool;
use writer::Writer;

/// One database file, open. Clones share the writer and the readers.
///
/// It works on any flavour of tokio runtime that has its timer enabled; clones may be used from
/// different runtimes.
#[derive(Clone)]
pub(crate) struct Engine {
    // Before the writer: the last connection to close folds the WAL back, and a reader cannot.
    readers: Arc<Pool>,
    writer: Arc<Writer>,
}

impl Engine {
    /// Opens the file at `path`; a file that is not a database is left as it is. An empty file
    /// counts as an empty database.
    pub(crate) async fn open(path: &Path, options: Options) -> Result<Self, EngineError> {
        let (path, options) = (path.to_owned(), options.clamped());
        runtime::require_timer()?;
        runtime::blocking(move || {
            let connection = open::writer(&path, &options)?;
            // Readers open later: by then the working directory may be another.
            let path = path.canonicalize().unwrap_or(path);
            Ok(Self {
                readers: Arc::new(Pool::new(path, options.clone())),
                writer: Arc::new(Writer::new(connection, options)),
            })
        })
        .await
        .ok_or(EngineError::NoRuntime)?
    }

    /// A unit that may write. Units queue in order of arrival and run one at a time.
    pub(crate) async fn write(&self) -> Result<WriteLease, EngineError> {
        WriteLease::begin(&self.writer).await
    }

    /// A unit that only reads, from one snapshot taken now, beside the writer.
    pub(crate) async fn read(&self) -> Result<ReadLease, EngineError> {
        self.writer.settled().await;
        ReadLease::begin(&self.readers).await
    }

    /// How many units were committed, in how many commits.
    pub(crate) fn groups(&self) -> (u64, u64) {
        self.writer.counts()
    }
}
