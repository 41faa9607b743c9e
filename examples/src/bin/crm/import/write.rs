use crm_core::{
    Error,
    import::{Importer, Outcome, Report, Row, RowOutcome},
    kernel::Scope,
    store::Store,
};

use crate::failure::Failure;

use super::{
    file::Source,
    progress::Progress,
    reader::{LineSet, read},
    refusals::Refusals,
};

/// How often a batch is tried when others write the same.
const ATTEMPTS: u32 = 5;

/// Reads and writes a file: all of it, then again the rows that waited for others, until they are
/// in or refused.
pub(super) async fn run(
    store: &dyn Store,
    scope: &Scope,
    source: Source,
    refusals: &mut Refusals,
) -> Result<Report, Failure> {
    let Source { mut importer, input } = source;
    let mut report = Report::default();
    let mut only = None;
    refusals.columns(&input.header)?;
    let name = input.path.file_name().map(|name| name.to_string_lossy().into_owned());
    loop {
        let first = only.is_none();
        let mut progress = Progress::new(name.as_deref().unwrap_or_default(), input.bytes);
        let mut batches = read(input.clone(), importer.needs_occurrences(), only.take());
        let (mut waiting, mut waits, mut written) = (LineSet::default(), false, false);
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            for broken in batch.broken.into_iter().filter(|_| first) {
                report.count(&Outcome::Refused(String::new()));
                refusals.add(&input.path, broken.line, broken.cells, broken.reason)?;
            }
            let outcomes = write(store, scope, &mut importer, &batch.rows).await?;
            progress.advance(outcomes.len() as u64, batch.bytes);
            for (row, told) in batch.rows.into_iter().zip(outcomes) {
                report.count(&told.outcome);
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
    let mut attempt = 1;
    loop {
        match once(store, scope, importer, rows).await {
            Ok(outcomes) => return Ok(outcomes),
            // Somebody else may have written the same record meanwhile: it is found then.
            Err(error)
                if attempt < ATTEMPTS
                    && (error.is_retryable() || matches!(error, Error::Duplicate { .. })) =>
            {
                importer.forget();
                attempt += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
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
