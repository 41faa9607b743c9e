use std::sync::mpsc;

use super::*;

fn one_reader() -> Options {
    Options { readers: 1, ..Options::default() }
}

async fn store(fixture: &Fixture, n: i64) {
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(n)).unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn a_snapshot_begins_with_the_lease_and_lasts_as_long() {
    let fixture = Fixture::new().await;
    store(&fixture, 1).await;
    let mut before = fixture.engine.read().await.unwrap();
    store(&fixture, 2).await;
    let mut after = fixture.engine.read().await.unwrap();
    assert_eq!(before.with(count).unwrap(), 1);
    assert_eq!(before.with_blocking(count).await.unwrap(), 1);
    assert_eq!(after.with(count).unwrap(), 2);
}

#[tokio::test]
async fn readers_and_the_writer_do_not_wait_for_each_other() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(1)).unwrap();
    let mut reader = soon(fixture.engine.read()).await.unwrap();
    assert_eq!(reader.with(count).unwrap(), 0);
    soon(unit.commit()).await.unwrap();
    assert_eq!(reader.with(count).unwrap(), 0);
}

#[tokio::test]
async fn a_reader_waits_for_a_free_connection() {
    let fixture = Fixture::with(one_reader()).await;
    let first = fixture.engine.read().await.unwrap();
    let engine = fixture.engine.clone();
    let second = tokio::spawn(async move { engine.read().await });
    settle().await;
    assert!(!second.is_finished());
    store(&fixture, 1).await;
    drop(first);
    let mut second = soon(second).await.unwrap().unwrap();
    assert_eq!(second.with(count).unwrap(), 1);
}

#[tokio::test]
async fn a_connection_dropped_during_a_blocking_statement_comes_back_clean() {
    let fixture = Fixture::with(one_reader()).await;
    let mut reader = fixture.engine.read().await.unwrap();
    let (go, wait) = mpsc::channel();
    let mut statement = Box::pin(reader.with_blocking(move |connection| {
        wait.recv().unwrap();
        count(connection)
    }));
    assert!(poll_once(statement.as_mut()).is_pending());
    drop(statement);
    assert!(matches!(reader.with(count), Err(EngineError::Lost)));
    drop(reader);
    store(&fixture, 1).await;
    go.send(()).unwrap();
    let mut next = soon(fixture.engine.read()).await.unwrap();
    assert_eq!(next.with(count).unwrap(), 1);
}

#[tokio::test]
async fn a_panic_gives_the_connection_back() {
    let fixture = Fixture::with(one_reader()).await;
    for blocking in [false, true] {
        let mut reader = soon(fixture.engine.read()).await.unwrap();
        let panicked = tokio::spawn(async move {
            if blocking {
                let _ = reader.with_blocking::<()>(|_| panic!("on purpose")).await;
            } else {
                let _ = reader.with::<()>(|_| panic!("on purpose"));
            }
        });
        assert!(soon(panicked).await.unwrap_err().is_panic());
    }
    let mut reader = soon(fixture.engine.read()).await.unwrap();
    assert_eq!(reader.with(count).unwrap(), 0);
}

#[tokio::test]
async fn a_statement_that_ends_the_snapshot_loses_the_unit() {
    let fixture = Fixture::with(one_reader()).await;
    let mut reader = fixture.engine.read().await.unwrap();
    assert!(matches!(reader.with(|c| c.execute_batch("COMMIT")), Err(EngineError::Lost)));
    assert!(matches!(reader.with(count), Err(EngineError::Lost)));
    let mut next = soon(fixture.engine.read()).await.unwrap();
    let ended = next.with_blocking(|c| c.execute_batch("COMMIT")).await;
    assert!(matches!(ended, Err(EngineError::Lost)));
    assert!(matches!(next.with_blocking(count).await, Err(EngineError::Lost)));
    let mut next = soon(fixture.engine.read()).await.unwrap();
    assert!(next.with(|c| c.execute_batch("nonsense")).is_err());
    assert_eq!(next.with(count).unwrap(), 0);
}

#[tokio::test]
async fn who_was_told_of_a_pending_unit_finds_it_when_reading() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    let third = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let first = tokio::spawn(first.commit());
    let mut second = soon(second).await.unwrap().unwrap();
    assert_eq!(second.with(count).unwrap(), 1);
    drop(second);
    let third = soon(third).await.unwrap().unwrap();
    let engine = fixture.engine.clone();
    let reading = tokio::spawn(async move { engine.read().await.unwrap().with(count).unwrap() });
    settle().await;
    assert!(!reading.is_finished(), "the first is not committed yet");
    drop(third);
    assert_eq!(soon(reading).await.unwrap(), 1);
    soon(first).await.unwrap().unwrap();
}

#[tokio::test]
async fn who_finds_all_readers_in_use_is_told_so() {
    let busy_timeout = Duration::from_millis(50);
    let options = Options { readers: 1, busy_timeout, ..Options::default() };
    let fixture = Fixture::with(options).await;
    let only = fixture.engine.read().await.unwrap();
    let error = soon(fixture.engine.read()).await.err().unwrap();
    assert!(matches!(error, EngineError::NoReader { .. }), "{error}");
    drop(only);
    soon(fixture.engine.read()).await.unwrap();
}
