use std::sync::mpsc;

use super::*;

#[tokio::test]
async fn a_waiter_cancelled_in_the_queue_is_not_relied_upon() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    second.abort();
    settle().await;
    soon(first.commit()).await.unwrap();
    assert_eq!(fixture.stored(), [1]);
}

#[tokio::test]
async fn a_waiter_cancelled_after_it_was_called_closes_the_group() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let mut second = Box::pin(fixture.engine.write());
    assert!(poll_once(second.as_mut()).is_pending());
    first.with(insert(1)).unwrap();
    let mut commit = Box::pin(first.commit());
    // Now the seat is the second's, who does not know yet.
    assert!(poll_once(commit.as_mut()).is_pending());
    assert_eq!(fixture.engine.groups(), (0, 0));
    drop(second);
    soon(commit).await.unwrap();
    assert_eq!(fixture.stored(), [1]);
    assert!(fixture.is_unlocked());
}

#[tokio::test]
async fn a_cancelled_waiter_between_two_others_is_passed_over() {
    let fixture = Fixture::new().await;
    let first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    let third = fixture.queue().await;
    second.abort();
    settle().await;
    let first = tokio::spawn(first.commit());
    let third = soon(third).await.unwrap().unwrap();
    soon(third.commit()).await.unwrap();
    soon(first).await.unwrap().unwrap();
    assert_eq!(fixture.engine.groups(), (2, 1));
}

#[tokio::test]
async fn a_commit_future_dropped_after_its_first_poll_commits_all_the_same() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let mut commit = Box::pin(first.commit());
    assert!(poll_once(commit.as_mut()).is_pending());
    drop(commit);
    let mut second = soon(second).await.unwrap().unwrap();
    second.with(insert(2)).unwrap();
    soon(second.commit()).await.unwrap();
    assert_eq!(fixture.stored(), [1, 2]);
    assert_eq!(fixture.engine.groups(), (2, 1));
}

#[tokio::test]
async fn a_commit_future_never_polled_rolls_back() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(1)).unwrap();
    drop(unit.commit());
    assert!(fixture.is_unlocked());
    assert_eq!(fixture.stored(), Vec::<i64>::new());
}

#[tokio::test]
async fn a_unit_dropped_during_a_blocking_statement_rolls_back_after_it() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    let (go, wait) = mpsc::channel();
    let mut statement = Box::pin(unit.with_blocking(move |connection| {
        wait.recv().unwrap();
        insert(1)(connection)
    }));
    assert!(poll_once(statement.as_mut()).is_pending());
    drop(statement);
    drop(unit);
    let next = fixture.queue().await;
    assert!(!next.is_finished());
    go.send(()).unwrap();
    let mut next = soon(next).await.unwrap().unwrap();
    assert_eq!(next.with(count).unwrap(), 0);
}

#[tokio::test]
async fn a_cancelled_statement_loses_the_unit() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    let (go, wait) = mpsc::channel();
    let mut statement = Box::pin(unit.with_blocking(move |connection| {
        wait.recv().unwrap();
        insert(1)(connection)
    }));
    assert!(poll_once(statement.as_mut()).is_pending());
    drop(statement);
    assert!(matches!(unit.with(count), Err(EngineError::Lost)));
    go.send(()).unwrap();
    let next = soon(fixture.engine.write()).await.unwrap();
    soon(next.commit()).await.unwrap();
    assert!(matches!(unit.commit().await, Err(EngineError::Lost)));
    assert_eq!(fixture.stored(), Vec::<i64>::new());
}

#[tokio::test]
async fn a_panic_in_a_statement_loses_the_unit_and_nothing_else() {
    let fixture = Fixture::new().await;
    for blocking in [false, true] {
        let mut unit = fixture.engine.write().await.unwrap();
        let panicked = tokio::spawn(async move {
            unit.with(insert(1)).unwrap();
            if blocking {
                let _ = unit.with_blocking::<()>(|_| panic!("on purpose")).await;
            } else {
                let _ = unit.with::<()>(|_| panic!("on purpose"));
            }
        });
        assert!(soon(panicked).await.unwrap_err().is_panic());
        assert!(fixture.is_unlocked());
    }
    let mut unit = soon(fixture.engine.write()).await.unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        unit.with::<()>(|_| panic!("on purpose"))
    }));
    assert!(caught.is_err());
    assert!(matches!(unit.with(count), Err(EngineError::Lost)));
    let mut next = soon(fixture.engine.write()).await.unwrap();
    next.with(insert(2)).unwrap();
    next.commit().await.unwrap();
    assert_eq!(fixture.stored(), [2]);
}

#[tokio::test]
async fn a_panic_of_one_unit_spares_those_that_are_pending() {
    let fixture = Fixture::new().await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let first = tokio::spawn(first.commit());
    let mut second = soon(second).await.unwrap().unwrap();
    let panicked = tokio::spawn(async move {
        second.with(insert(2)).unwrap();
        let _ = second.with::<()>(|_| panic!("on purpose"));
    });
    assert!(soon(panicked).await.is_err());
    soon(first).await.unwrap().unwrap();
    assert_eq!(fixture.stored(), [1]);
}
