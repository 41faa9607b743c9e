mod busy;
mod cancel;
mod expiry;
mod group;
mod joined;
mod loss;
mod opening;
mod readers;
mod shutdown;
mod stress;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::{Engine, EngineError, Joined, Options, ReadLease, WriteLease};

/// A file with one empty table `t(n)`.
struct Fixture {
    engine: Engine,
    path: PathBuf,
    _directory: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let engine = Engine::open(&path, options).await.unwrap();
        outside(&path).execute_batch("CREATE TABLE t(n INTEGER)").unwrap();
        Self { engine, path, _directory: directory }
    }

    /// What another process sees.
    fn stored(&self) -> Vec<i64> {
        let connection = outside(&self.path);
        let mut rows = connection.prepare("SELECT n FROM t ORDER BY n").unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Whether another process could write now.
    fn is_unlocked(&self) -> bool {
        outside(&self.path).execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok()
    }

    /// A task that queues for the writer; it is in the queue when this returns.
    async fn queue(&self) -> JoinHandle<Result<WriteLease, EngineError>> {
        let engine = self.engine.clone();
        let task = tokio::spawn(async move { engine.write().await });
        settle().await;
        task
    }
}

fn outside(path: &std::path::Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    connection
}

fn insert(n: i64) -> impl FnOnce(&mut Connection) -> rusqlite::Result<()> + Send + 'static {
    move |connection| connection.prepare_cached("INSERT INTO t VALUES (?1)")?.execute([n]).map(drop)
}

fn count(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
}

/// Lets the other tasks of a current-thread runtime run until they wait.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// Fails the test instead of hanging.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("it hangs")
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn short_hold() -> Options {
    Options { hold_limit: Duration::from_millis(60), ..Options::default() }
}

#[test]
fn leases_and_futures_are_send() {
    fn send<T: Send>() {}
    fn future<T: Send>(_: impl FnOnce(&'static Engine) -> T) {}
    fn on<L: 'static, T: Send>(_: impl FnOnce(&'static mut L) -> T) {}
    send::<Engine>();
    send::<WriteLease>();
    send::<ReadLease>();
    send::<Joined<'static>>();
    send::<EngineError>();
    future(|engine| engine.write());
    future(|engine| engine.read());
    future(|_| Engine::open(std::path::Path::new(""), Options::default()));
    on(|lease: &mut WriteLease| lease.with_blocking(count));
    on(|lease: &mut ReadLease| lease.with_blocking(count));
    fn commit(
        _: impl FnOnce(WriteLease) -> Pin<Box<dyn Future<Output = Result<(), EngineError>> + Send>>,
    ) {
    }
    commit(|lease| Box::pin(lease.commit()));
}
