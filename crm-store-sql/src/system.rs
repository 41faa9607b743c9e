use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use crm_core::kernel::{Clock, IdSource, Ports, Timestamp};
use uuid::{ContextV7, Uuid};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::try_from(chrono::Utc::now()).unwrap_or(Timestamp::MAX)
    }
}

/// UUIDv7 (RFC 9562): random, and in the order in which they were given.
#[derive(Debug)]
pub struct SystemIds(Mutex<ContextV7>);

impl SystemIds {
    /// A source of its own.
    pub fn new() -> Self {
        Self(Mutex::new(ContextV7::new().with_additional_precision()))
    }
}

impl Default for SystemIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for SystemIds {
    fn next(&self) -> Uuid {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let since = since.unwrap_or(Duration::ZERO);
        // A counter within is right after a panic elsewhere, too.
        let context = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let time = uuid::Timestamp::from_unix(&*context, since.as_secs(), since.subsec_nanos());
        Uuid::new_v7(time)
    }
}

/// The machine's clock, and UUIDv7.
pub fn system_ports() -> Ports {
    Ports::new(SystemClock, SystemIds::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_order() {
        let ids = SystemIds::new();
        let many: Vec<_> = (0..10_000).map(|_| ids.next()).collect();
        assert!(many.is_sorted_by(|a, b| a < b));
    }
}
