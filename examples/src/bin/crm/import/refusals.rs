use std::{
    fs::File,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::failure::Failure;

/// So many are told; `--rejects` has them all.
const TOLD: usize = 20;

/// A row that was refused.
#[derive(Serialize)]
pub(super) struct Refusal {
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) reason: String,
}

/// The rows that were refused: the first ones, and all of them in a file.
pub(super) struct Refusals {
    first: Vec<Refusal>,
    file: Option<(PathBuf, csv::Writer<File>)>,
    header: Vec<String>,
}

/// That the refused rows are not written over what is to be read.
pub(super) fn check(rejects: Option<&Path>, files: &[PathBuf]) -> Result<(), Failure> {
    let Some(path) = rejects else { return Ok(()) };
    let real = path.canonicalize().ok();
    if real.is_some() && files.iter().any(|file| file.canonicalize().ok() == real) {
        let message = format!("--rejects {}: that is the file to be read", path.display());
        return Err(Failure::Asked(message));
    }
    Ok(())
}

impl Refusals {
    pub(super) fn new(rejects: Option<&Path>) -> Result<Self, Failure> {
        let file = rejects.map(create).transpose()?;
        Ok(Self { first: Vec::new(), file, header: Vec::new() })
    }

    /// From now on rows have these columns.
    pub(super) fn columns(&mut self, header: &[String]) -> Result<(), Failure> {
        if self.header == header {
            return Ok(());
        }
        self.header = header.to_vec();
        let cells = header.iter().map(|column| column.as_bytes().to_vec());
        self.write(cells.collect(), "line", "reason")
    }

    pub(super) fn add(
        &mut self,
        file: &Path,
        line: u64,
        cells: Vec<Vec<u8>>,
        reason: String,
    ) -> Result<(), Failure> {
        self.write(cells, &line.to_string(), &reason)?;
        if self.first.len() < TOLD {
            self.first.push(Refusal { file: file.display().to_string(), line, reason });
        }
        Ok(())
    }

    pub(super) fn first(&self) -> &[Refusal] {
        &self.first
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        match &mut self.file {
            Some((path, writer)) => writer.flush().map_err(|e| Failure::file(path.as_path(), &e)),
            None => Ok(()),
        }
    }

    /// What a line has too many stands behind the reason.
    fn write(&mut self, mut cells: Vec<Vec<u8>>, line: &str, reason: &str) -> Result<(), Failure> {
        let Some((path, writer)) = &mut self.file else { return Ok(()) };
        let columns = self.header.len();
        cells.resize(cells.len().max(columns), Vec::new());
        let extra = cells.split_off(columns);
        cells.push(line.as_bytes().to_vec());
        cells.push(reason.as_bytes().to_vec());
        cells.extend(extra);
        writer.write_record(&cells).map_err(|e| Failure::File {
            path: path.clone(),
            what: format!("it cannot be written: {e}"),
        })
    }
}

fn create(path: &Path) -> Result<(PathBuf, csv::Writer<File>), Failure> {
    let file = File::create(path).map_err(|e| Failure::file(path, &e))?;
    Ok((path.to_owned(), csv::WriterBuilder::new().flexible(true).from_writer(file)))
}
