//! Every law of the suite, on a SQLite file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use crm_core::conformance::{Ground, Law, Task, laws};
use crm_store_sqlite::{SqliteOptions, system_ports};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ports = system_ports();
    let run = ports.ids.next();
    let store = runtime.block_on(async {
        // The longest texts take their time on a machine that is busy with other laws.
        let options = SqliteOptions::new(ports).hold_limit(Duration::from_secs(60));
        let store = options.open(folder.path().join("laws.db")).await.unwrap();
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
    drop(folder);
    conclusion.exit();
}
