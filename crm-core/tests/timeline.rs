//! A timeline of a house whose clock was set back.

use std::sync::Arc;

use crm_core::{
    customer::{Customer, CustomerKind, TimelineEntry, TimelineKind, timeline},
    kernel::{Actor, Clock, FixedClock, Id, Ports, Scope, SequentialIds, TenantId, Timestamp},
    memory::MemoryStore,
    store::Store,
};
use uuid::Uuid;

struct Shared(Arc<FixedClock>);

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[test]
fn pages_show_every_version_where_the_clock_was_set_back() {
    let at =
        |minute: i64| -> Timestamp { format!("2017-12-31T10:{minute:02}:00Z").parse().unwrap() };
    let clock = Arc::new(FixedClock::new(at(30)));
    let ports = Ports::new(Shared(Arc::clone(&clock)), SequentialIds::new(1));
    let store = MemoryStore::new(ports);
    let scope = Scope::new(TenantId(Uuid::from_u128(1)), Actor::new("anna").unwrap());
    futures_executor::block_on(async {
        let mut work = store.begin(scope).await.unwrap();
        let id = Id::new(Uuid::from_u128(1));
        let new = Customer::new(id, CustomerKind::Organisation, "Acme");
        let mut stored = work.insert(new).await.unwrap();
        for (n, minute) in [29, 50, 10, 10, 40, 0, 59, 30].into_iter().enumerate() {
            clock.set(at(minute));
            let next = stored.edit(|c| c.notes = Some(format!("note {n}")));
            stored = work.update(next).await.unwrap();
        }
        let kinds = [TimelineKind::Change];
        let whole = timeline(&mut *work, id, &kinds, None, 100).await.unwrap();
        assert_eq!(whole.len(), 9);
        for size in [1, 2, 4] {
            let mut pieces: Vec<TimelineEntry> = Vec::new();
            loop {
                let after = pieces.last().map(TimelineEntry::place);
                let some = timeline(&mut *work, id, &kinds, after, size).await.unwrap();
                if some.is_empty() {
                    break;
                }
                pieces.extend(some);
            }
            assert_eq!(pieces, whole, "by {size}");
        }
    });
}
