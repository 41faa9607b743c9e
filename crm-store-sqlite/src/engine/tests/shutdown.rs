use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};

use super::*;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap()
}

/// Shuts the runtime down while what `work` gave to the blocking pool has not begun.
fn shut_down_during(fixture: &Fixture, runtime: Runtime, work: impl AsyncFnOnce(WriteLease)) {
    let (go, wait) = mpsc::channel::<()>();
    runtime.block_on(async {
        let mut unit = fixture.engine.write().await.unwrap();
        unit.with(insert(1)).unwrap();
        tokio::task::spawn_blocking(move || wait.recv());
        work(unit).await;
    });
    runtime.shutdown_background();
    drop(go);
    let mut tries = 0;
    while !fixture.is_unlocked() {
        tries += 1;
        assert!(tries < 1000, "the writer is gone");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn units_end_outside_of_a_runtime_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (fixture, first, mut second) = runtime.block_on(async {
        let fixture = Fixture::new().await;
        let mut first = fixture.engine.write().await.unwrap();
        let second = fixture.queue().await;
        first.with(insert(1)).unwrap();
        let first = tokio::spawn(first.commit());
        let second = soon(second).await.unwrap().unwrap();
        settle().await;
        (fixture, first, second)
    });
    second.with(insert(2)).unwrap();
    drop(second);
    assert_eq!(fixture.stored(), [1]);
    runtime.block_on(first).unwrap().unwrap();
    drop(runtime);
    let unit = std::pin::pin!(fixture.engine.write());
    let Poll::Ready(Ok(unit)) = poll_once(unit) else { panic!("the writer is not free") };
    let commit = std::pin::pin!(unit.commit());
    assert!(matches!(poll_once(commit), Poll::Ready(Ok(()))));
}

#[test]
fn a_commit_that_the_runtime_gave_up_is_done_all_the_same() {
    let runtime = runtime();
    let fixture = runtime.block_on(Fixture::new());
    shut_down_during(&fixture, runtime, async |unit| {
        let mut commit = Box::pin(unit.commit());
        assert!(poll_once(commit.as_mut()).is_pending());
    });
    assert_eq!(fixture.stored(), [1]);
    assert_eq!(fixture.engine.groups(), (1, 1));
}

#[test]
fn a_statement_that_the_runtime_gave_up_does_not_keep_the_writer() {
    let runtime = runtime();
    let fixture = runtime.block_on(Fixture::new());
    shut_down_during(&fixture, runtime, async |mut unit| {
        let mut statement = Box::pin(unit.with_blocking(insert(2)));
        assert!(poll_once(statement.as_mut()).is_pending());
    });
    assert_eq!(fixture.stored(), Vec::<i64>::new());
}
