use std::thread;

use crm_core::import::{Content, Occurrences, Row};
use tokio::sync::mpsc;

use crate::failure::Failure;

use super::{file::Input, lines::Line};

/// And so many bytes, where rows are long.
const BATCH_BYTES: u64 = 4 << 20;
/// So many batches are read ahead.
const AHEAD: usize = 3;

/// Some rows, and lines that are none.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<Row>,
    pub(super) broken: Vec<Broken>,
    /// Up to where the file is read.
    pub(super) bytes: u64,
}

/// A line that is no row.
pub(super) struct Broken {
    pub(super) line: u64,
    pub(super) cells: Vec<Vec<u8>>,
    pub(super) reason: String,
}

/// Lines by their number, a bit each.
#[derive(Default)]
pub(super) struct LineSet(Vec<u64>);

impl LineSet {
    pub(super) fn insert(&mut self, line: u64) {
        let (word, bit) = Self::place(line);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
    }

    fn contains(&self, line: u64) -> bool {
        let (word, bit) = Self::place(line);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn place(line: u64) -> (usize, u64) {
        (usize::try_from(line / 64).unwrap_or(usize::MAX - 1), 1 << (line % 64))
    }
}

/// Reads a file in a thread of its own; only the lines of `only` where they are given, and no
/// broken ones then.
pub(super) fn read(
    input: Input,
    content: Option<Content>,
    only: Option<LineSet>,
) -> mpsc::Receiver<Result<Batch, Failure>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let told = send_all(&input, content.as_ref(), only.as_ref(), &sender);
        if let Err(failure) = told {
            // Nobody listens any more where the writer gave up.
            let _ = sender.blocking_send(Err(failure));
        }
    });
    receiver
}

fn send_all(
    input: &Input,
    content: Option<&Content>,
    only: Option<&LineSet>,
    sender: &mpsc::Sender<Result<Batch, Failure>>,
) -> Result<(), Failure> {
    let mut known = match content {
        Some(content) => Some((content, noted(input, content)?)),
        None => None,
    };
    let mut lines = input.lines()?;
    let mut batch = Batch::default();
    let mut begin = 0;
    while let Some(line) = lines.next()? {
        batch.bytes = line.bytes;
        if only.is_some_and(|only| !only.contains(line.number)) {
            continue;
        }
        match row(line, input) {
            Ok(mut row) => {
                if let Some((content, occurrences)) = &mut known {
                    row.occurrence = occurrences.count(&content.of(&row.cells));
                }
                batch.rows.push(row);
            }
            Err(broken) => batch.broken.push(broken),
        }
        let long = batch.bytes - begin >= BATCH_BYTES;
        if long || batch.rows.len() + batch.broken.len() >= input.batch {
            begin = batch.bytes;
            let full = std::mem::take(&mut batch);
            batch.rows.reserve(input.batch);
            if sender.blocking_send(Ok(full)).is_err() {
                return Ok(());
            }
        }
    }
    // Nobody listens any more where the writer gave up.
    let _ = sender.blocking_send(Ok(batch));
    Ok(())
}

fn noted(input: &Input, content: &Content) -> Result<Occurrences, Failure> {
    let mut occurrences = Occurrences::default();
    let mut lines = input.lines()?;
    while let Some(line) = lines.next()? {
        if let Ok(row) = row(line, input) {
            occurrences.note(&content.of(&row.cells));
        }
    }
    Ok(occurrences)
}

fn row(line: Line, input: &Input) -> Result<Row, Broken> {
    let columns = input.header.len();
    let Line { number, cells, too_long, .. } = line;
    if too_long {
        let reason = "it is longer than 4 MiB: a quotation mark may be missing".to_owned();
        return Err(Broken { line: number, cells, reason });
    }
    if cells.len() != columns {
        let found = cells.len();
        let named = if input.bare { "--columns names" } else { "the first line of the file has" };
        let mut reason = format!("it has {found} columns, {named} {columns}");
        let breaks: usize = cells.iter().map(|cell| cell.split(|b| *b == b'\n').count() - 1).sum();
        if breaks > 0 {
            reason.push_str(&format!(
                "; it goes on for {} lines: a quotation mark may be missing",
                breaks + 1
            ));
        }
        return Err(Broken { line: number, cells, reason });
    }
    if let Some(at) = cells.iter().position(|cell| std::str::from_utf8(cell).is_err()) {
        let reason = format!("column {} is not UTF-8 text: save the file in UTF-8", at + 1);
        return Err(Broken { line: number, cells, reason });
    }
    let cells = cells.into_iter().map(|cell| String::from_utf8(cell).unwrap_or_default());
    Ok(Row { line: number, cells: cells.collect(), occurrence: 0 })
}
