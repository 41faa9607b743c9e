use super::super::Synchronous;
use super::*;

const TASKS: i64 = 64;
const UNITS: i64 = 20;

/// Every third unit is dropped; all others count one up.
async fn count_up(options: Options) {
    let fixture = Fixture::with(options.clone()).await;
    outside(&fixture.path).execute_batch("INSERT INTO t VALUES (0)").unwrap();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let engine = fixture.engine.clone();
            tokio::spawn(async move {
                let mut acknowledged = 0;
                for round in 0..UNITS {
                    let mut unit = engine.write().await.unwrap();
                    let n: i64 = unit
                        .with(|c| {
                            c.prepare_cached("SELECT n FROM t")?.query_row([], |row| row.get(0))
                        })
                        .unwrap();
                    let set = move |c: &mut Connection| {
                        c.prepare_cached("UPDATE t SET n=?1")?.execute([n + 1])
                    };
                    if round % 10 == 0 {
                        unit.with_blocking(set).await.unwrap();
                    } else {
                        unit.with(set).unwrap();
                    }
                    if (task + round) % 3 > 0 {
                        unit.commit().await.unwrap();
                        acknowledged += 1;
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = 0;
    for task in tasks {
        acknowledged +=
            tokio::time::timeout(Duration::from_secs(60), task).await.expect("it hangs").unwrap();
    }
    let (units, groups) = fixture.engine.groups();
    assert_eq!(units, acknowledged as u64);
    // A commit in the task itself, on one thread, leaves hardly a moment for others to queue.
    let factor = if options.synchronous == Synchronous::Full { 2 } else { 1 };
    assert!(groups * factor < units, "{units} units in {groups} groups");
    assert!(fixture.is_unlocked());
    let Fixture { engine, path, _directory } = fixture;
    drop(engine);
    let engine = Engine::open(&path, options).await.unwrap();
    let mut reader = engine.read().await.unwrap();
    let n: i64 = reader.with(|c| c.query_row("SELECT n FROM t", [], |row| row.get(0))).unwrap();
    assert_eq!(n, acknowledged);
}

fn normal() -> Options {
    Options { synchronous: Synchronous::Normal, ..Options::default() }
}

#[tokio::test]
async fn one_thread_full() {
    count_up(Options::default()).await;
}

#[tokio::test]
async fn one_thread_normal() {
    count_up(normal()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_full() {
    count_up(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_normal() {
    count_up(normal()).await;
}

/// Tasks cancelled at random moments: nothing hangs, nothing is counted twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancellation_at_any_moment() {
    let fixture = Fixture::new().await;
    for round in 0..60 {
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let engine = fixture.engine.clone();
                tokio::spawn(async move {
                    let mut unit = engine.write().await.unwrap();
                    unit.with_blocking(insert(1)).await.unwrap();
                    tokio::task::yield_now().await;
                    unit.commit().await.unwrap();
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_micros(37 * round % 700)).await;
        for task in tasks.iter().step_by(2) {
            task.abort();
        }
        for task in tasks {
            let _ = soon(task).await;
        }
    }
    let last = soon(fixture.engine.write()).await.unwrap();
    soon(last.commit()).await.unwrap();
    let stored = fixture.stored().len() as u64;
    assert_eq!(fixture.engine.groups().0, stored + 1);
    assert!(stored >= 60 * 8);
    assert!(fixture.is_unlocked());
}
