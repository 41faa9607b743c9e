use std::time::{Duration, Instant};

use crm_core::{
    Error,
    import::{Importer, Outcome, Report, Row, RowOutcome},
    kernel::Scope,
    store::Store,
};

use crate::{duplicates::Shown, failure::Failure};

use super::{
    Told,
    file::Source,
    progress::Progress,
    reader::{LineSet, read},
};

/// How often a batch is tried when others write the same.
const ATTEMPTS: u32 = 10;
/// No more tries after so long: a database that is locked all the time is reported.
const PATIENCE: Duration = Duration::from_secs(12);

/// Reads and writes a file: all of it, then again the rows that waited for others, until they are
/// in or refused.
pub(super) async fn run(
    store: &dyn Store,
    scope: &Scope,
    source: Source,
    told: &mut Told,
) -> Result<Report, Failure> {
    let Source { mut importer, input } = source;
    let Told { refusals, lookalikes, assigned } = told;
    let mut report = Report::default();
    let mut only = None;
    refusals.columns(&input.header);
    let name = input.path.file_name().map(|name| name.to_string_lossy().into_owned());
    loop {
        let first = only.is_none();
        let mut progress = Progress::new(name.as_deref().unwrap_or_default(), input.bytes);
        let mut batches = read(input.clone(), importer.content(), only.take());
        let (mut waiting, mut waits, mut written) = (LineSet::default(), false, false);
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            for broken in batch.broken.into_iter().filter(|_| first) {
                report.count(&Outcome::Refused(String::new()));
                refusals.add(&input.path, broken.line, broken.cells, broken.reason)?;
            }
            let mut outcomes = write(store, scope, &mut importer, &batch.rows).await?;
            mask(store, scope, &mut outcomes).await?;
            progress.advance(outcomes.len() as u64, batch.bytes);
            for (row, told) in batch.rows.into_iter().zip(outcomes) {
                report.count(&told.outcome);
                assigned.count(&told);
                lookalikes.add(&input.path, told.line, &told.outcome)?;
                match told.outcome {
                    Outcome::Waiting => {
                        waiting.insert(told.line);
                        waits = true;
                    }
                    Outcome::Refused(reason) => {
                        let cells = row.cells.into_iter().map(String::into_bytes).collect();
                        refusals.add(&input.path, told.line, cells, reason)?;
                    }
                    _ => written = true,
                }
            }
        }
        if !waits {
            return Ok(report);
        }
        if !written {
            importer.settle();
        }
        only = Some(waiting);
    }
}

/// Leaves out what is not shown of the customers that rows are, or may be.
async fn mask(
    store: &dyn Store,
    scope: &Scope,
    outcomes: &mut [RowOutcome],
) -> Result<(), Failure> {
    let found = outcomes.iter_mut().filter_map(|one| match &mut one.outcome {
        Outcome::Folded(found) | Outcome::Doubtful(found) => Some(found),
        _ => None,
    });
    let mut found: Vec<_> = found.collect();
    if found.is_empty() {
        return Ok(());
    }
    let mut unit = store.read(scope.clone()).await?;
    let shown = Shown::of(&mut *unit, found.iter().map(|one| one.customer)).await?;
    for one in &mut found {
        [one.name, one.why] = shown.told(one.customer, &one.name, &one.why);
    }
    Ok(())
}

/// One unit of work.
async fn write(
    store: &dyn Store,
    scope: &Scope,
    importer: &mut Importer,
    rows: &[Row],
) -> Result<Vec<RowOutcome>, Failure> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (mut attempt, began) = (1, Instant::now());
    loop {
        match once(store, scope, importer, rows).await {
            Ok(outcomes) => return Ok(outcomes),
            // Somebody else may have written the same record, or the pipeline, meanwhile: it is
            // found then.
            Err(error)
                if attempt < ATTEMPTS
                    && began.elapsed() < PATIENCE
                    && (error.is_retryable() || matches!(error, Error::Duplicate { .. })) =>
            {
                importer.forget();
                tokio::time::sleep(pause(attempt, std::process::id())).await;
                attempt += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Longer each time, up to two seconds, and not the same for two processes.
fn pause(attempt: u32, process: u32) -> Duration {
    let longest = (10_u64 << attempt.min(8)).min(2_000);
    // Steps of the golden ratio: near numbers come to lie far apart.
    let mixed = u64::from(process).wrapping_mul(31) + u64::from(attempt);
    let part = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    Duration::from_millis(longest / 2 + longest / 2 * part / 1_024)
}

async fn once(
    store: &dyn Store,
    scope: &Scope,
    importer: &mut Importer,
    rows: &[Row],
) -> Result<Vec<RowOutcome>, Error> {
    let mut work = store.begin(scope.clone()).await?;
    let outcomes = importer.batch(&mut *work, rows).await?;
    work.commit().await?;
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        for process in [1, 2, 77_777, u32::MAX] {
            let pauses = [1, 3, 5, 7].map(|attempt| pause(attempt, process));
            assert!(pauses.is_sorted(), "{pauses:?}");
            let sum: Duration = (1..ATTEMPTS).map(|attempt| pause(attempt, process)).sum();
            assert!((4..12).contains(&sum.as_secs()), "{sum:?}");
        }
        let differ = (1..ATTEMPTS).filter(|attempt| pause(*attempt, 100) != pause(*attempt, 101));
        assert!(differ.count() > 6);
    }
}
