use super::*;

fn impatient() -> Options {
    Options { busy_timeout: Duration::from_millis(80), ..Options::default() }
}

#[tokio::test]
async fn a_lock_of_another_process_is_awaited_without_blocking_the_thread() {
    let fixture = Fixture::new().await;
    let other = outside(&fixture.path);
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").unwrap();
    let unit = fixture.queue().await;
    // The only thread of this runtime is here, not inside SQLite.
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(!unit.is_finished());
    let mut reader = fixture.engine.read().await.unwrap();
    assert_eq!(reader.with(count).unwrap(), 0);
    other.execute_batch("COMMIT").unwrap();
    let mut unit = soon(unit).await.unwrap().unwrap();
    assert_eq!(unit.with(count).unwrap(), 1);
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn patience_ends() {
    let fixture = Fixture::with(impatient()).await;
    let other = outside(&fixture.path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let second = fixture.queue().await;
    let third = fixture.queue().await;
    for unit in [second, third] {
        let busy = soon(unit).await.unwrap();
        assert!(matches!(busy, Err(EngineError::Busy { .. })));
    }
    other.execute_batch("ROLLBACK").unwrap();
    let unit = soon(fixture.engine.write()).await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn one_cancelled_while_it_waits_for_the_lock_makes_room() {
    let fixture = Fixture::new().await;
    let other = outside(&fixture.path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = fixture.queue().await;
    let second = fixture.queue().await;
    first.abort();
    settle().await;
    other.execute_batch("ROLLBACK").unwrap();
    let second = soon(second).await.unwrap().unwrap();
    soon(second.commit()).await.unwrap();
}

#[tokio::test]
async fn a_file_locked_by_another_process_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let other = outside(&path);
    other.execute_batch("CREATE TABLE t(n INTEGER); BEGIN EXCLUSIVE").unwrap();
    let busy = Engine::open(&path, impatient()).await;
    assert!(matches!(busy, Err(EngineError::Busy { .. })));
    other.execute_batch("ROLLBACK").unwrap();
    assert!(Engine::open(&path, impatient()).await.is_ok());
}
