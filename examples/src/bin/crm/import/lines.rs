use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use csv::{ByteRecord, Position};

use crate::failure::Failure;

use super::bounded::{Bounded, LONGEST, is_too_long, skip_line};

/// The lines of a file, split into cells.
pub(super) struct Lines {
    path: PathBuf,
    reader: Reader,
}

/// A line of a file.
#[derive(Default)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) cells: Vec<Vec<u8>>,
    /// Where it ends.
    pub(super) bytes: u64,
    /// Nobody knows what is in it.
    pub(super) too_long: bool,
}

enum Reader {
    Csv { reader: Box<csv::Reader<Bounded>>, record: ByteRecord },
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
            .from_reader(Bounded::new(file));
        let reader = Reader::Csv { reader: Box::new(reader), record: ByteRecord::new() };
        Self { path: path.to_owned(), reader }
    }

    pub(super) fn whitespace(file: File, path: &Path) -> Self {
        let reader = BufReader::with_capacity(1 << 16, file);
        let reader = Reader::Whitespace { reader, line: Vec::new(), number: 0, bytes: 0 };
        Self { path: path.to_owned(), reader }
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Failure> {
        let told = match &mut self.reader {
            Reader::Csv { reader, record } => next_csv(reader, record),
            Reader::Whitespace { reader, line, number, bytes } => {
                next_of_words(reader, line, number, bytes)
            }
        };
        told.map_err(|e| Failure::file(&self.path, &e))
    }
}

fn next_csv(
    reader: &mut csv::Reader<Bounded>,
    record: &mut ByteRecord,
) -> io::Result<Option<Line>> {
    loop {
        let begin = reader.position().clone();
        reader.get_mut().begin();
        match reader.read_byte_record(record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) if is_too_long(&error) => match behind(reader, &begin)? {
                Some(line) => return Ok(Some(line)),
                None => continue,
            },
            Err(error) => return Err(error.into()),
        }
        let mut cells: Vec<_> = record.iter().map(<[u8]>::to_vec).collect();
        if let Some(last) = cells.last_mut()
            && last.last() == Some(&b'\r')
        {
            last.pop();
        }
        if !matches!(cells.as_slice(), [only] if only.is_empty()) {
            let number = first_line(reader, record, &cells);
            let bytes = reader.position().byte();
            return Ok(Some(Line { number, cells, bytes, too_long: false }));
        }
    }
}

/// Goes on with the line behind the one with which a record begins that is too long: a quotation
/// mark may be missing in it. `None` where there are only empty lines so far. Not behind the first
/// line of the file: without it nothing goes on.
fn behind(reader: &mut csv::Reader<Bounded>, begin: &Position) -> io::Result<Option<Line>> {
    if begin.byte() == 0 {
        return Ok(Some(Line { number: begin.line(), too_long: true, ..Line::default() }));
    }
    let file = reader.get_mut();
    file.begin();
    let mut raw = BufReader::with_capacity(1 << 16, file.unbounded());
    raw.seek(SeekFrom::Start(begin.byte()))?;
    let (mut number, mut bytes) = (begin.line(), begin.byte());
    while let Some(&byte) = raw.fill_buf()?.first() {
        if !matches!(byte, b'\n' | b'\r') {
            break;
        }
        raw.consume(1);
        bytes += 1;
        number += u64::from(byte == b'\n');
    }
    let empty = bytes > begin.byte();
    let mut line = Line { number, too_long: true, ..Line::default() };
    if !empty {
        bytes += skip_line(&mut raw)?;
        number += 1;
    }
    line.bytes = bytes;
    drop(raw);
    let mut next = begin.clone();
    // Where it is already it would not forget the quotation mark.
    reader.seek(next.clone())?;
    next.set_byte(bytes).set_line(number);
    reader.seek(next)?;
    Ok(Some(line).filter(|_| !empty))
}

fn next_of_words(
    reader: &mut BufReader<File>,
    line: &mut Vec<u8>,
    number: &mut u64,
    bytes: &mut u64,
) -> io::Result<Option<Line>> {
    loop {
        line.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', line)?;
        if read == 0 {
            return Ok(None);
        }
        *number += 1;
        *bytes += read as u64;
        if read as u64 == LONGEST && line.last() != Some(&b'\n') {
            *bytes += skip_line(reader)?;
            let line = Line { number: *number, bytes: *bytes, too_long: true, ..Line::default() };
            return Ok(Some(line));
        }
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let cells = text.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty());
        let cells: Vec<_> = cells.map(<[u8]>::to_vec).collect();
        if !cells.is_empty() {
            return Ok(Some(Line { number: *number, cells, bytes: *bytes, too_long: false }));
        }
    }
}

/// The number of the line on which a record begins: those before it may be empty.
fn first_line(reader: &csv::Reader<Bounded>, record: &ByteRecord, cells: &[Vec<u8>]) -> u64 {
    let breaks: usize = cells.iter().map(|cell| cell.iter().filter(|b| **b == b'\n').count()).sum();
    let behind = reader.position().line().saturating_sub(breaks as u64 + 1);
    // The last line may have no end.
    record.position().map_or(behind, |position| position.line().max(behind))
}
