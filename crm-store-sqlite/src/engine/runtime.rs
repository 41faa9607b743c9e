//! What the engine asks of tokio.

use std::future::Future;
use std::panic::{catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::error::{EngineError, is_busy};

/// Fails where a wait would panic later.
pub(super) fn require_timer() -> Result<(), EngineError> {
    if Handle::try_current().is_err() {
        return Err(EngineError::NoRuntime);
    }
    // tokio tells only by a panic whether its timer is there.
    catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).map_err(|_| EngineError::NoTimer)
}

/// Runs `f` on the blocking pool. `None` if there is no runtime or it is being shut down: then `f`
/// was dropped. A panic of `f` goes on in the caller.
pub(super) async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let handle = Handle::try_current().ok()?;
    match handle.spawn_blocking(f).await {
        Ok(value) => Some(value),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => None,
        },
    }
}

/// Runs `f` on the blocking pool without waiting for it, or here if there is no runtime. What must
/// happen even if the runtime shuts down before belongs into the drop of what `f` captured.
pub(super) fn detach(f: impl FnOnce() + Send + 'static) {
    match Handle::try_current() {
        Ok(handle) => drop(handle.spawn_blocking(f)),
        Err(_) => f(),
    }
}

/// `event`, or `None` after `limit`. Without a runtime there is no limit.
pub(super) async fn within<F: Future>(limit: Duration, event: F) -> Option<F::Output> {
    if Handle::try_current().is_err() {
        return Some(event.await);
    }
    tokio::time::timeout(limit, event).await.ok()
}

/// Tries again and again, pausing, while another connection is in the way.
pub(super) struct Patience {
    start: Instant,
    limit: Duration,
    pause: Duration,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        Self { start: Instant::now(), limit, pause: Duration::from_millis(1) }
    }

    /// Pauses if `error` is worth another try and time is left; hands it back otherwise.
    pub(super) async fn pause(&mut self, error: rusqlite::Error) -> Result<(), EngineError> {
        if !is_busy(&error) {
            return Err(error.into());
        }
        let waited = self.start.elapsed();
        if waited >= self.limit || Handle::try_current().is_err() {
            return Err(EngineError::Busy { waited });
        }
        tokio::time::sleep(self.pause.min(self.limit - waited)).await;
        // Short: another process that writes one unit after the other leaves little gaps only.
        self.pause = (self.pause * 2).min(Duration::from_millis(2));
        Ok(())
    }
}
