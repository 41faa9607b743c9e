use super::*;

#[tokio::test]
async fn a_commit_is_seen_by_other_processes_when_it_returns() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(1)).unwrap();
    unit.with_blocking(insert(2)).await.unwrap();
    assert_eq!(unit.with(count).unwrap(), 2);
    assert_eq!(fixture.stored(), Vec::<i64>::new());
    unit.commit().await.unwrap();
    assert_eq!(fixture.stored(), [1, 2]);
    assert_eq!(fixture.engine.groups(), (1, 1));
    assert!(fixture.is_unlocked());
}

#[tokio::test]
async fn a_failed_statement_leaves_the_unit_usable() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(1)).unwrap();
    let error = unit.with(|c| c.execute("INSERT INTO nowhere VALUES (1)", []));
    assert!(matches!(error, Err(EngineError::Sqlite(_))));
    unit.commit().await.unwrap();
    assert_eq!(fixture.stored(), [1]);
}

#[tokio::test]
async fn units_that_wait_for_each_other_share_one_commit() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    let third = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let first = tokio::spawn(first.commit());
    let mut second = soon(second).await.unwrap().unwrap();
    second.with(insert(2)).unwrap();
    let second = tokio::spawn(second.commit());
    let mut third = soon(third).await.unwrap().unwrap();
    third.with(insert(3)).unwrap();
    settle().await;
    assert!(!first.is_finished() && !second.is_finished());
    assert_eq!(fixture.stored(), Vec::<i64>::new());
    soon(third.commit()).await.unwrap();
    soon(first).await.unwrap().unwrap();
    soon(second).await.unwrap().unwrap();
    assert_eq!(fixture.stored(), [1, 2, 3]);
    assert_eq!(fixture.engine.groups(), (3, 1));
}

#[tokio::test]
async fn a_full_group_is_committed_although_others_wait() {
    let options = Options { group_limit: 2, ..Options::default() };
    let fixture = Fixture::with(options).await;
    let first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    let third = fixture.queue().await;
    let first = tokio::spawn(first.commit());
    let second = soon(second).await.unwrap().unwrap();
    soon(second.commit()).await.unwrap();
    soon(first).await.unwrap().unwrap();
    assert_eq!(fixture.engine.groups(), (2, 1));
    soon(soon(third).await.unwrap().unwrap().commit()).await.unwrap();
    assert_eq!(fixture.engine.groups(), (3, 2));
}

#[tokio::test]
async fn a_dropped_unit_rolls_back_alone() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    let third = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let first = tokio::spawn(first.commit());
    let mut second = soon(second).await.unwrap().unwrap();
    second.with(insert(2)).unwrap();
    drop(second);
    let mut third = soon(third).await.unwrap().unwrap();
    assert_eq!(third.with(count).unwrap(), 1);
    third.with(insert(3)).unwrap();
    soon(third.commit()).await.unwrap();
    soon(first).await.unwrap().unwrap();
    assert_eq!(fixture.stored(), [1, 3]);
}

#[tokio::test]
async fn a_dropped_last_unit_lets_the_others_commit() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let first = tokio::spawn(first.commit());
    let mut second = soon(second).await.unwrap().unwrap();
    second.with(insert(2)).unwrap();
    drop(second);
    soon(first).await.unwrap().unwrap();
    assert_eq!(fixture.stored(), [1]);
    assert!(fixture.is_unlocked());
}

#[tokio::test]
async fn a_dropped_lone_unit_gives_the_file_lock_up() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(1)).unwrap();
    assert!(!fixture.is_unlocked());
    drop(unit);
    assert!(fixture.is_unlocked());
    assert_eq!(fixture.stored(), Vec::<i64>::new());
}

#[tokio::test]
async fn a_dropped_first_unit_leaves_nothing_to_the_next() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    drop(first);
    let mut second = soon(second).await.unwrap().unwrap();
    assert_eq!(second.with(count).unwrap(), 0);
    soon(second.commit()).await.unwrap();
    assert_eq!(fixture.stored(), Vec::<i64>::new());
}

#[tokio::test]
async fn slow_units_do_not_keep_the_first_waiting() {
    let fixture = Fixture::new().await;
    let first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    let third = fixture.queue().await;
    let first = tokio::spawn(first.commit());
    let second = soon(second).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    soon(second.commit()).await.unwrap();
    // Although the third waits for its turn.
    soon(first).await.unwrap().unwrap();
    assert_eq!(fixture.engine.groups(), (2, 1));
    drop(soon(third).await.unwrap().unwrap());
}
