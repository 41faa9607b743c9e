use std::thread::sleep;

use super::*;

#[tokio::test]
async fn one_that_waits_takes_the_writer_from_an_idle_unit() {
    let fixture = Fixture::with(short_hold()).await;
    let mut idle = fixture.engine.write().await.unwrap();
    idle.with(insert(1)).unwrap();
    let mut next = soon(fixture.engine.write()).await.unwrap();
    assert_eq!(next.with(count).unwrap(), 0);
    next.with(insert(2)).unwrap();
    let told = idle.with(insert(3));
    assert!(
        matches!(told, Err(EngineError::Expired { limit }) if limit == short_hold().hold_limit)
    );
    next.with(insert(4)).unwrap();
    next.commit().await.unwrap();
    assert!(matches!(idle.commit().await, Err(EngineError::Expired { .. })));
    assert_eq!(fixture.stored(), [2, 4]);
}

#[tokio::test]
async fn one_that_awaits_its_group_takes_the_writer_from_an_idle_unit() {
    let fixture = Fixture::with(short_hold()).await;
    let mut first = fixture.engine.write().await.unwrap();
    let second = fixture.queue().await;
    first.with(insert(1)).unwrap();
    let first = tokio::spawn(first.commit());
    let mut second = soon(second).await.unwrap().unwrap();
    second.with(insert(2)).unwrap();
    soon(first).await.unwrap().unwrap();
    assert_eq!(fixture.stored(), [1]);
    assert!(fixture.is_unlocked());
    assert!(matches!(second.with(count), Err(EngineError::Expired { .. })));
}

#[tokio::test]
async fn a_future_that_is_called_but_never_polled_is_passed_over() {
    let fixture = Fixture::with(short_hold()).await;
    let mut first = fixture.engine.write().await.unwrap();
    let mut asleep = Box::pin(fixture.engine.write());
    assert!(poll_once(asleep.as_mut()).is_pending());
    first.with(insert(1)).unwrap();
    soon(first.commit()).await.unwrap();
    let second = soon(fixture.engine.write()).await.unwrap();
    soon(second.commit()).await.unwrap();
    // It was not told that its time is over, since it had not begun: it queues again.
    let mut late = soon(asleep).await.unwrap();
    late.with(insert(2)).unwrap();
    soon(late.commit()).await.unwrap();
    assert_eq!(fixture.stored(), [1, 2]);
}

#[tokio::test]
async fn a_unit_for_which_nobody_waits_takes_its_time() {
    let fixture = Fixture::with(short_hold()).await;
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(1)).unwrap();
    sleep(Duration::from_millis(70));
    unit.with(insert(2)).unwrap();
    sleep(Duration::from_millis(70));
    unit.commit().await.unwrap();
    assert_eq!(fixture.stored(), [1, 2]);
}

#[tokio::test]
async fn a_unit_expired_during_a_statement_is_rolled_back_after_it() {
    let fixture = Fixture::with(short_hold()).await;
    let mut slow = fixture.engine.write().await.unwrap();
    let slow = tokio::spawn(async move {
        slow.with_blocking(|connection| {
            sleep(Duration::from_millis(150));
            insert(1)(connection)
        })
        .await
    });
    settle().await;
    let mut next = soon(fixture.engine.write()).await.unwrap();
    assert!(matches!(soon(slow).await.unwrap(), Err(EngineError::Expired { .. })));
    assert_eq!(next.with(count).unwrap(), 0);
    next.commit().await.unwrap();
    assert_eq!(fixture.stored(), Vec::<i64>::new());
}

#[tokio::test]
async fn an_expired_unit_that_is_dropped_late_harms_nobody() {
    let fixture = Fixture::with(short_hold()).await;
    let idle = fixture.engine.write().await.unwrap();
    let mut next = soon(fixture.engine.write()).await.unwrap();
    next.with(insert(1)).unwrap();
    drop(idle);
    next.with(insert(2)).unwrap();
    next.commit().await.unwrap();
    assert_eq!(fixture.stored(), [1, 2]);
}

#[tokio::test]
async fn a_unit_without_a_limit_takes_its_time() {
    let fixture = Fixture::with(short_hold()).await;
    let mut unit = fixture.engine.write().await.unwrap().unlimited();
    let next = fixture.queue().await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    unit.with(insert(1)).unwrap();
    soon(unit.commit()).await.unwrap();
    drop(soon(next).await.unwrap().unwrap());
    assert_eq!(fixture.stored(), [1]);
}
