use std::time::Duration;

/// How an [`Engine`](super::Engine) is opened.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Most connections that read at a time; each is opened when first needed.
    pub(crate) readers: usize,
    pub(crate) synchronous: Synchronous,
    /// A unit that holds the writer for longer while another waits is rolled back.
    pub(crate) hold_limit: Duration,
    /// How long to wait for another process that holds the database's lock.
    pub(crate) busy_timeout: Duration,
    /// Most units in one commit.
    pub(crate) group_limit: usize,
    pub(crate) mode: OpenMode,
}

/// When a commit is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Synchronous {
    /// Once it would survive a loss of power.
    Full,
    /// Once it would survive a crash of the process; a loss of power may undo the latest commits.
    Normal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenMode {
    CreateIfMissing,
    MustExist,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            synchronous: Synchronous::Full,
            hold_limit: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            group_limit: 256,
            mode: OpenMode::CreateIfMissing,
        }
    }
}

impl Options {
    /// Without the values that tokio and rusqlite answer with a panic.
    pub(super) fn clamped(mut self) -> Self {
        self.readers = self.readers.clamp(1, 1024);
        self.group_limit = self.group_limit.max(1);
        self.busy_timeout = self.busy_timeout.min(Duration::from_secs(86_400));
        self
    }
}
