use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use crm_benches::{Result, house::tenant, peak};
use crm_core::{
    import::{Importer, Occurrences, Outcome, Report, Row},
    kernel::{Actor, Scope},
    store::Store,
};
use crm_store_sqlite::{SqliteStore, system_ports};

use super::{
    floor,
    sources::{DataSet, Source},
};

/// So many rows go in one unit of work.
const BATCH: usize = 2_000;
const FLAG: &str = "--child";

/// What a process of its own does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Import,
    Floor,
}

/// What it says in the end.
#[derive(Debug, Default)]
pub(crate) struct Child {
    pub(crate) seconds: f64,
    pub(crate) peak_kib: u64,
    pub(crate) read: u64,
    pub(crate) new: u64,
    pub(crate) unchanged: u64,
}

impl Job {
    /// When this process is such a one.
    pub(crate) fn of_process() -> Option<Self> {
        let mut words = env::args().skip(1);
        if words.next()? != FLAG {
            return None;
        }
        Some(if words.next()? == "Floor" { Self::Floor } else { Self::Import })
    }
}

impl Child {
    pub(crate) fn run(job: Job, set: DataSet, data: &Path, database: &Path) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args([FLAG, &format!("{job:?}"), &format!("{set:?}")]).arg(data).arg(database);
        let output = command.output()?;
        let said = String::from_utf8(output.stdout)?;
        let mut words = said.split_whitespace();
        let mut next = || words.next().ok_or_else(|| format!("{job:?} of {set:?} broke: {said}"));
        if !output.status.success() {
            return Err(String::from_utf8(output.stderr)?.into());
        }
        Ok(Self {
            seconds: next()?.parse()?,
            peak_kib: next()?.parse()?,
            read: next()?.parse()?,
            new: next()?.parse()?,
            unchanged: next()?.parse()?,
        })
    }
}

/// The whole of such a process.
pub(crate) fn main(job: &Job) -> ExitCode {
    let told = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(work(*job)));
    match told {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn work(job: Job) -> Result<String> {
    let words: Vec<_> = env::args().skip(3).collect();
    let [set, data, database] = words.as_slice() else { return Err("three words".into()) };
    let set = DataSet::named(set).ok_or("no such data set")?;
    let (data, database) = (PathBuf::from(data), PathBuf::from(database));
    let (seconds, report) = match job {
        Job::Import => import(set, &data, &database).await?,
        Job::Floor => (floor::insert(&database).await?, Report::default()),
    };
    let peak = peak().ok_or("this system does not tell the peak memory")?;
    let peak = (peak * 1024.0) as u64;
    let Report { read, new, unchanged, .. } = report;
    Ok(format!("{seconds} {peak} {read} {new} {unchanged}"))
}

async fn import(set: DataSet, data: &Path, database: &Path) -> Result<(f64, Report)> {
    let store = SqliteStore::open(database, system_ports()).await?;
    store.migrate().await?;
    let scope = Scope::new(tenant(1), Actor::new("bench")?);
    let start = Instant::now();
    let mut report = Report::default();
    for source in set.sources(data) {
        report.add(file(&store, &scope, &source).await?);
    }
    Ok((start.elapsed().as_secs_f64(), report))
}

/// A file, and then again the rows that waited for others, until they are in or refused.
async fn file(store: &dyn Store, scope: &Scope, source: &Source) -> Result<Report> {
    let header = source.rows()?.next().ok_or("an empty file")??;
    let mut importer = Importer::new(&source.mapping, &header, source.options.clone())?;
    let mut occurrences = Occurrences::default();
    let content = importer.content();
    if let Some(content) = &content {
        for cells in source.rows()?.skip(1) {
            occurrences.note(&content.of(&cells?));
        }
    }
    let mut report = Report::default();
    let mut left = Vec::new();
    let mut batch = Vec::with_capacity(BATCH);
    for (n, cells) in source.rows()?.skip(1).enumerate() {
        let cells = cells?;
        let occurrence =
            content.as_ref().map_or(0, |content| occurrences.count(&content.of(&cells)));
        batch.push(Row { line: n as u64 + 2, cells, occurrence });
        if batch.len() == BATCH {
            let rows = std::mem::take(&mut batch);
            left.extend(unit(store, scope, &mut importer, rows, &mut report).await?);
        }
    }
    left.extend(unit(store, scope, &mut importer, batch, &mut report).await?);
    while !left.is_empty() {
        let before = left.len();
        left = unit(store, scope, &mut importer, left, &mut report).await?;
        if left.len() == before {
            importer.settle();
        }
    }
    Ok(report)
}

/// One unit of work; the rows that wait.
async fn unit(
    store: &dyn Store,
    scope: &Scope,
    importer: &mut Importer,
    rows: Vec<Row>,
    report: &mut Report,
) -> Result<Vec<Row>> {
    let mut work = store.begin(scope.clone()).await?;
    let outcomes = importer.batch(&mut *work, &rows).await?;
    work.commit().await?;
    outcomes.iter().for_each(|told| report.count(&told.outcome));
    let waiting = rows.into_iter().zip(outcomes).filter(|(_, o)| o.outcome == Outcome::Waiting);
    Ok(waiting.map(|(row, _)| row).collect())
}
