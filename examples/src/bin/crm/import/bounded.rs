use std::{
    fs::File,
    io::{self, BufRead, Read, Seek, SeekFrom},
};

/// So many bytes one row may have: the longest text there can be, and some more.
pub(super) const LONGEST: u64 = 4 << 20;

/// What reads ahead of a row.
const AHEAD: u64 = 1 << 16;

/// A file that is not read much further than a row may be long.
pub(super) struct Bounded {
    file: File,
    left: u64,
}

impl Bounded {
    pub(super) const fn new(file: File) -> Self {
        Self { file, left: LONGEST + AHEAD }
    }

    /// That a row begins.
    pub(super) const fn begin(&mut self) {
        self.left = LONGEST + AHEAD;
    }

    pub(super) const fn unbounded(&mut self) -> &mut File {
        &mut self.file
    }
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(too_long());
        }
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read(into.get_mut(..most).unwrap_or_default())?;
        self.left -= read as u64;
        Ok(read)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// What a row without an end is told.
pub(super) fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a line is longer than 4 MiB")
}

pub(super) fn is_too_long(error: &csv::Error) -> bool {
    matches!(error.kind(), csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge)
}

/// Reads to behind the end of the line, and keeps nothing; how many bytes that was.
pub(super) fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let read = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(read);
        skipped += read as u64;
        if read == 0 || end.is_some() {
            return Ok(skipped);
        }
    }
}
