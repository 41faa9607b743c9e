//! Every law of the suite, on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use crm_core::conformance::{Ground, Law, Task, laws};
use crm_store_postgres::{PostgresStore, system_ports};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ports = system_ports();
    let run = ports.ids.next();
    let store = runtime.block_on(async {
        let url = crm_testkit::postgres_url().unwrap();
        let store = PostgresStore::connect(url, ports).await.unwrap();
        store.migrate().await.unwrap();
        store
    });
    let handle = runtime.handle().clone();
    let ground = Ground::new(Arc::new(store), run, move |task| {
        let task = handle.spawn(task);
        Box::pin(async move { drop(task.await) }) as Task
    });
    let trial = |law: Law| {
        let (ground, handle) = (ground.clone(), runtime.handle().clone());
        let name = law.name().to_owned();
        Trial::test(name, move || Ok(handle.block_on(law.hold(&ground))?))
    };
    let conclusion = libtest_mimic::run(&arguments, laws().into_iter().map(trial).collect());
    conclusion.exit();
}
