use super::*;

/// Two units: the first pending, the second in the seat, both having written.
async fn pending_and_running(
    fixture: &Fixture,
) -> (JoinHandle<Result<(), EngineError>>, WriteLease) {
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let first = tokio::spawn(first.commit());
    let mut second = soon(second).await.unwrap().unwrap();
    second.with(insert(2)).unwrap();
    (first, second)
}

async fn assert_lost_and_usable(
    fixture: &Fixture,
    pending: JoinHandle<Result<(), EngineError>>,
    mut running: WriteLease,
) {
    let failed = soon(pending).await.unwrap();
    assert!(matches!(failed, Err(EngineError::GroupFailed(_))), "{failed:?}");
    assert!(matches!(running.with(insert(4)), Err(EngineError::Lost)));
    assert!(matches!(running.commit().await, Err(EngineError::Lost)));
    assert!(fixture.is_unlocked());
    let mut next = soon(fixture.engine.write()).await.unwrap();
    next.with(insert(5)).unwrap();
    soon(next.commit()).await.unwrap();
    assert_eq!(fixture.stored(), [5]);
    assert_eq!(fixture.engine.groups(), (1, 1));
}

#[tokio::test]
async fn a_full_disk_loses_the_group_and_the_next_begins_anew() {
    let fixture = Fixture::new().await;
    let (pending, mut running) = pending_and_running(&fixture).await;
    running.with(|c| c.query_row("PRAGMA max_page_count=3", [], |_| Ok(()))).unwrap();
    let full = running.with(|c| c.execute("INSERT INTO t VALUES (zeroblob(100000))", []));
    let Err(EngineError::Sqlite(error)) = full else { panic!("{full:?}") };
    assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull));
    assert_lost_and_usable(&fixture, pending, running).await;
}

#[tokio::test]
async fn a_rollback_by_a_statement_loses_the_group() {
    let fixture = Fixture::new().await;
    let (pending, mut running) = pending_and_running(&fixture).await;
    let ended = running.with(|c| c.execute_batch("ROLLBACK"));
    assert!(matches!(ended, Err(EngineError::Lost)));
    assert_lost_and_usable(&fixture, pending, running).await;
}

#[tokio::test]
async fn a_rollback_on_the_blocking_pool_loses_the_group() {
    let fixture = Fixture::new().await;
    let (pending, mut running) = pending_and_running(&fixture).await;
    let ended = running.with_blocking(|c| c.execute_batch("ROLLBACK")).await;
    assert!(matches!(ended, Err(EngineError::Lost)));
    assert_lost_and_usable(&fixture, pending, running).await;
}

#[tokio::test]
async fn a_lost_unit_lets_the_waiting_one_begin() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    assert!(first.with(|c| c.execute_batch("ROLLBACK")).is_err());
    let mut second = soon(second).await.unwrap().unwrap();
    assert_eq!(second.with(count).unwrap(), 0);
    second.with(insert(2)).unwrap();
    drop(first);
    soon(second.commit()).await.unwrap();
    assert_eq!(fixture.stored(), [2]);
}

#[tokio::test]
async fn a_broken_savepoint_fails_the_group() {
    let fixture = Fixture::new().await;
    let (pending, mut running) = pending_and_running(&fixture).await;
    running.with(|c| c.execute_batch("RELEASE crm_unit")).unwrap();
    let failed = soon(running.commit()).await;
    assert!(matches!(failed, Err(EngineError::Sqlite(_))), "{failed:?}");
    assert!(matches!(soon(pending).await.unwrap(), Err(EngineError::GroupFailed(_))));
    assert!(fixture.is_unlocked());
    assert_eq!(fixture.stored(), Vec::<i64>::new());
}

#[tokio::test]
async fn a_commit_that_fails_fails_for_all() {
    let fixture = Fixture::new().await;
    outside(&fixture.path)
        .execute_batch(
            "CREATE TABLE parent(id INTEGER PRIMARY KEY);
             CREATE TABLE child(parent REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
    let (pending, mut running) = pending_and_running(&fixture).await;
    running.with(|c| c.execute("INSERT INTO child VALUES (7)", [])).unwrap();
    let failed = soon(running.commit()).await;
    assert!(matches!(failed, Err(EngineError::GroupFailed(_))), "{failed:?}");
    assert!(matches!(soon(pending).await.unwrap(), Err(EngineError::GroupFailed(_))));
    assert!(fixture.is_unlocked());
    assert_eq!(fixture.stored(), Vec::<i64>::new());
    assert_eq!(fixture.engine.groups(), (0, 0));
}
