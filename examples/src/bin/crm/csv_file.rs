//! Tables as CSV.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    db::Db,
    failure::Failure,
    output::{Out, counted},
    place::Place,
};

/// Where a table goes.
pub(crate) enum Target {
    Stdout,
    File(Place),
}

/// A table that is being written: a file comes to its place when it is whole.
pub(crate) struct CsvFile {
    to: csv::Writer<Box<dyn Write + Send>>,
    file: Option<(Place, PathBuf)>,
    rows: u64,
}

impl Target {
    /// What stands behind `--csv`; `-` is standard output, where no JSON can go beside it.
    pub(crate) fn new(path: &Path, db: &Db, out: Out) -> Result<Self, Failure> {
        if path != Path::new("-") {
            return Ok(Self::File(Place::new("--csv", path, db, &[])?));
        }
        if out.json {
            let message = "--csv -: the table itself goes there; leave --json out, or name a file";
            return Err(Failure::Asked(message.to_owned()));
        }
        Ok(Self::Stdout)
    }
}

impl CsvFile {
    pub(crate) fn create(target: Target, header: &[&str]) -> Result<Self, Failure> {
        let (to, file): (Box<dyn Write + Send>, _) = match target {
            Target::Stdout => (Box::new(io::stdout()), None),
            Target::File(place) => {
                let (beside, file) = place.create()?;
                (Box::new(file), Some((place, beside)))
            }
        };
        let mut these = Self { to: csv::Writer::from_writer(to), file, rows: 0 };
        these.write(header)?;
        Ok(these)
    }

    pub(crate) fn row<C: AsRef<[u8]>>(&mut self, cells: &[C]) -> Result<(), Failure> {
        self.rows += 1;
        self.write(cells)
    }

    /// All rows are there: says how many of what, where they do not go to standard output.
    pub(crate) fn finish(mut self, one: &str, many: &str, out: Out) -> Result<(), Failure> {
        let written = self.to.flush().map_err(|e| self.failed(e));
        let Some((place, beside)) = self.file.take() else { return written };
        place.settle(&beside, written)?;
        let (rows, path) = (self.rows, place.named().display());
        if out.json {
            return out.json(&json!({"written": rows, "file": path.to_string()}));
        }
        out.line(format!("{} in {path}.", counted(rows, one, many)))
    }

    fn write<C: AsRef<[u8]>>(&mut self, cells: &[C]) -> Result<(), Failure> {
        self.to.write_record(cells).map_err(|e| match e.into_kind() {
            csv::ErrorKind::Io(e) => self.failed(e),
            other => self.failed(io::Error::other(format!("{other:?}"))),
        })
    }

    fn failed(&self, error: io::Error) -> Failure {
        match &self.file {
            Some((place, _)) => Failure::file(place.named(), &error),
            None => Failure::Output(error),
        }
    }
}

impl Drop for CsvFile {
    fn drop(&mut self) {
        if let Some((_, beside)) = &self.file {
            // One that cannot be removed does no harm.
            let _ = fs::remove_file(beside);
        }
    }
}
