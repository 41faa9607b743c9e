//! A store in memory, and a ground for the laws whose tasks are threads.

use std::{sync::Arc, thread};

use crm_core::{
    conformance::{Ground, Task},
    kernel::{FixedClock, Ports, SequentialIds},
    memory::MemoryStore,
    store::Store,
};
use futures_executor::block_on;
use uuid::Uuid;

pub(crate) fn memory() -> MemoryStore {
    let now = "2017-12-31T08:00:00.000001Z".parse().unwrap();
    MemoryStore::new(Ports::new(FixedClock::new(now), SequentialIds::new(7)))
}

pub(crate) fn shared(store: Arc<dyn Store>) -> Ground {
    let spawn = |task: Task| -> Task {
        let thread = thread::spawn(|| block_on(task));
        Box::pin(async { drop(thread.join()) })
    };
    Ground::new(store, Uuid::from_u128(20), spawn)
}
