//! What group commit gains: many tasks, each doing units of one read and two writes.

mod by_hand;
mod contender;
mod proof;

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use comfy_table::Table;
use crm_benches::{Arguments, Result, Series, flush_time, house::Random, per_second, run, table};
use tokio::task::JoinSet;

use contender::{Contender, Contenders};

const ABOUT: &str = "\
GROUP COMMIT: SQLite, WAL, synchronous=FULL. A unit reads a customer by key, inserts an interaction,
updates the customer, and is acknowledged once it is on the disk, with its two change-log entries.
  group      SqliteStore as it is: units that queue meanwhile share a commit
  one each   the same store with group_limit(1): one commit per unit
  by hand    rusqlite, one connection behind an asynchronous lock, one commit per unit, in the task
All three write the same rows, which is checked first. Workload: a made-up house of 1,000 customers,
drawn at random, tasks without pause. Figures are medians over the rounds; the three take turns.
On a busy machine a lone commit waits for its turn on the processor rather than for the disk: the
ratios then come out larger than they are. To see a disk that flushes in 1 ms, on a machine that has none:
  gcc -O2 -shared -fPIC -o /tmp/slow_flush.so benches/slow_flush.c -ldl
  LD_PRELOAD=/tmp/slow_flush.so cargo bench -p crm-benches --bench group_commit -- --dir /dev/shm
";

fn main() -> ExitCode {
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    proof::all_write_the_same_rows(&arguments.folder()?.path().join("proof")).await?;
    let folder = arguments.folder()?;
    let flush = flush_time(folder.path())?;
    let place =
        arguments.dir.as_deref().map_or("the default folder".into(), |d| d.to_string_lossy());
    println!(
        "{place}: a flush of 4 KiB takes {:.0} µs (median of 200)\n",
        flush.as_secs_f64() * 1e6
    );

    let mut results = table(&[
        "tasks",
        "by hand, units/s",
        "one each, units/s",
        "group, units/s",
        "group / one each",
        "group / by hand",
        "units per group",
    ]);
    for tasks in arguments.size.pick(vec![4], vec![1, 16, 64], vec![1, 16, 64]) {
        measure(arguments, tasks, &mut results).await?;
    }
    println!("{results}");
    Ok(())
}

async fn measure(arguments: &Arguments, tasks: usize, results: &mut Table) -> Result {
    let folder = arguments.folder()?;
    let customers = arguments.size.pick(10, 1_000, 1_000);
    let contenders = Contenders::open(folder.path(), customers).await?;
    let (rounds, slice) = arguments.size.pick((1, 20), (3, 400), (7, 1_500));
    let slice = Duration::from_millis(slice);
    let (mut by_hand, mut one_each) = (Series::default(), Series::default());
    let (mut group, mut per_group) = (Series::default(), Series::default());
    // The first round warms up.
    for round in 0..=rounds {
        let a = work(&contenders.by_hand, tasks, slice).await?;
        let b = work(&contenders.one_each, tasks, slice).await?;
        let before = contenders.group.commits();
        let c = work(&contenders.group, tasks, slice).await?;
        let after = contenders.group.commits();
        if round > 0 {
            by_hand.push(a);
            one_each.push(b);
            group.push(c);
            per_group.push((after.0 - before.0) as f64 / (after.1 - before.1).max(1) as f64);
        }
    }
    results.add_row([
        tasks.to_string(),
        format!("{:.0}", by_hand.median()),
        format!("{:.0}", one_each.median()),
        format!("{:.0}", group.median()),
        group.over(&one_each).with_range(2),
        group.over(&by_hand).with_range(2),
        format!("{:.1}", per_group.median()),
    ]);
    Ok(())
}

/// Units a second of so many tasks that never pause.
async fn work<C: Contender>(contender: &Arc<C>, tasks: usize, slice: Duration) -> Result<f64> {
    let start = Instant::now();
    let mut all = JoinSet::<Result<u64>>::new();
    for task in 0..tasks {
        let contender = Arc::clone(contender);
        all.spawn(async move {
            let mut random = Random(task as u64 + 1);
            let mut done = 0;
            while start.elapsed() < slice {
                contender.unit(&mut random).await?;
                done += 1;
            }
            Ok(done)
        });
    }
    let mut units = 0;
    while let Some(done) = all.join_next().await {
        units += done??;
    }
    Ok(per_second(units, start.elapsed()))
}
