//! How fast files become records, and in how much memory.

mod child;
mod floor;
mod made_up;
mod sources;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use comfy_table::Table;
use crm_benches::{Arguments, Result, Series, Size, run, table};

use child::{Child, Job};
use sources::DataSet;

const ABOUT: &str = "\
IMPORT: files into SQLite (synchronous=FULL) with crm_core::import, in units of 2,000 rows, each
record with its change-log entry. Reading and splitting the files is in the time, opening is not.
  first    into an empty database
  second   the same files again, which changes nothing
  floor    rusqlite inserting the very rows that the first import made, change log included, from
           memory, row by row with prepared statements, 2,000 to a transaction: no reading, no
           looking up
Every run is a process of its own, and the memory is its peak (VmHWM). Medians over the rounds;
the three take turns. Rows are rows of the files.
";

fn main() -> ExitCode {
    if let Some(job) = Job::of_process() {
        return child::main(&job);
    }
    run(ABOUT, bench)
}

async fn bench(arguments: &Arguments) -> Result {
    let folder = arguments.folder()?;
    let (data, sets) = data(arguments, folder.path())?;
    let mut results = table(&[
        "data set",
        "rows",
        "first, rows/s",
        "second, rows/s",
        "first / floor, time",
        "first, MB",
        "second, MB",
    ]);
    for set in sets {
        measure(arguments, set, &data, folder.path(), &mut results)?;
    }
    println!("{results}");
    Ok(())
}

/// The real data sets where they are, else one that is made here.
fn data(arguments: &Arguments, folder: &Path) -> Result<(PathBuf, Vec<DataSet>)> {
    let mut words = arguments.rest.iter();
    let given = words.find(|word| *word == "--data").and_then(|_| words.next());
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = given.map_or(beside, PathBuf::from);
    let real = vec![DataSet::Opportunities, DataSet::Purchases];
    if arguments.size != Size::Smoke {
        if real.iter().all(|set| set.is_in(&data)) {
            println!("source: crm-sales-opportunities and CDNOW, real data sets\n");
            return Ok((data, real));
        }
        println!("!! The real data sets are not there (name their folder with --data FOLDER):");
        println!("!! these figures are of made-up purchases, and not comparable.\n");
    }
    let (rows, customers) = arguments.size.pick((500, 150), (70_000, 23_500), (70_000, 23_500));
    made_up::purchases(folder, rows, customers)?;
    Ok((folder.to_owned(), vec![DataSet::MadeUp]))
}

fn measure(
    arguments: &Arguments,
    set: DataSet,
    data: &Path,
    folder: &Path,
    results: &mut Table,
) -> Result {
    let rounds = arguments.size.pick(1, 2, 7);
    let (mut first, mut second) = (Series::default(), Series::default());
    let (mut over_floor, mut floor_time) = (Series::default(), Series::default());
    let (mut first_memory, mut second_memory) = (Series::default(), Series::default());
    let mut rows = 0;
    for round in 0..rounds {
        let database = folder.join(format!("{set:?}-{round}.db"));
        let new = Child::run(Job::Import, set, data, &database)?;
        let again = Child::run(Job::Import, set, data, &database)?;
        let floor = Child::run(Job::Floor, set, data, &database)?;
        if new.new != new.read || again.unchanged != again.read || floor.seconds <= 0.0 {
            return Err(format!("not what these files give: {new:?}, {again:?}").into());
        }
        rows = new.read;
        first.push(new.read as f64 / new.seconds);
        second.push(again.read as f64 / again.seconds);
        over_floor.push(new.seconds);
        floor_time.push(floor.seconds);
        first_memory.push(new.peak_kib as f64 / 1_000.0 * 1.024);
        second_memory.push(again.peak_kib as f64 / 1_000.0 * 1.024);
    }
    results.add_row([
        set.name().to_owned(),
        rows.to_string(),
        first.with_range(0),
        second.with_range(0),
        over_floor.over(&floor_time).with_range(2),
        format!("{:.0}", first_memory.median()),
        format!("{:.0}", second_memory.median()),
    ]);
    Ok(())
}
