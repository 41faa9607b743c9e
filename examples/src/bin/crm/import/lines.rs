use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use csv::ByteRecord;

use crate::failure::Failure;

/// The lines of a file, split into cells.
pub(super) struct Lines {
    path: PathBuf,
    reader: Reader,
}

/// A line of a file.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) cells: Vec<Vec<u8>>,
    /// Where it ends.
    pub(super) bytes: u64,
}

enum Reader {
    Csv { reader: csv::Reader<File>, record: ByteRecord },
    Whitespace { reader: BufReader<File>, line: Vec<u8>, number: u64, bytes: u64 },
}

impl Lines {
    pub(super) fn csv(file: File, delimiter: u8, path: &Path) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            // With its default a line that ends in CR LF is counted late.
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(file);
        Self { path: path.to_owned(), reader: Reader::Csv { reader, record: ByteRecord::new() } }
    }

    pub(super) fn whitespace(file: File, path: &Path) -> Self {
        let reader = BufReader::with_capacity(1 << 16, file);
        let reader = Reader::Whitespace { reader, line: Vec::new(), number: 0, bytes: 0 };
        Self { path: path.to_owned(), reader }
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Failure> {
        match &mut self.reader {
            Reader::Csv { reader, record } => loop {
                let more = reader.read_byte_record(record).map_err(|e| {
                    let what = e.to_string();
                    match e.into_kind() {
                        csv::ErrorKind::Io(e) => Failure::file(&self.path, &e),
                        _ => Failure::File { path: self.path.clone(), what },
                    }
                })?;
                if !more {
                    return Ok(None);
                }
                let mut cells: Vec<_> = record.iter().map(<[u8]>::to_vec).collect();
                if let Some(last) = cells.last_mut()
                    && last.last() == Some(&b'\r')
                {
                    last.pop();
                }
                if !matches!(cells.as_slice(), [only] if only.is_empty()) {
                    let number = first_line(reader, record, &cells);
                    return Ok(Some(Line { number, cells, bytes: reader.position().byte() }));
                }
            },
            Reader::Whitespace { reader, line, number, bytes } => loop {
                line.clear();
                let read = reader.read_until(b'\n', line);
                let read = read.map_err(|e| Failure::file(&self.path, &e))?;
                if read == 0 {
                    return Ok(None);
                }
                *number += 1;
                *bytes += read as u64;
                let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
                let cells = text.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty());
                let cells: Vec<_> = cells.map(<[u8]>::to_vec).collect();
                if !cells.is_empty() {
                    return Ok(Some(Line { number: *number, cells, bytes: *bytes }));
                }
            },
        }
    }
}

/// The number of the line on which a record begins: those before it may be empty.
fn first_line(reader: &csv::Reader<File>, record: &ByteRecord, cells: &[Vec<u8>]) -> u64 {
    let breaks: usize = cells.iter().map(|cell| cell.iter().filter(|b| **b == b'\n').count()).sum();
    let behind = reader.position().line().saturating_sub(breaks as u64 + 1);
    // The last line may have no end.
    record.position().map_or(behind, |position| position.line().max(behind))
}
