use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;

use super::rejects::Rejects;

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
    file: Option<Rejects>,
    header: Vec<String>,
    /// Whether the file names the columns already.
    named: bool,
}

impl Refusals {
    pub(super) const fn new(file: Option<Rejects>) -> Self {
        Self { first: Vec::new(), file, header: Vec::new(), named: false }
    }

    /// From now on rows have these columns.
    pub(super) fn columns(&mut self, header: &[String]) {
        if self.header != header {
            self.header = header.to_vec();
            self.named = false;
        }
    }

    pub(super) fn add(
        &mut self,
        file: &Path,
        line: u64,
        cells: Vec<Vec<u8>>,
        reason: String,
    ) -> Result<(), Failure> {
        if !self.named {
            let cells = self.header.iter().map(|column| column.as_bytes().to_vec());
            self.write(cells.collect(), "line", "reason")?;
            self.named = true;
        }
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
        self.file.as_mut().map_or(Ok(()), Rejects::finish)
    }

    /// What a line has too many stands behind the reason.
    fn write(&mut self, mut cells: Vec<Vec<u8>>, line: &str, reason: &str) -> Result<(), Failure> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let columns = self.header.len();
        cells.resize(cells.len().max(columns), Vec::new());
        let extra = cells.split_off(columns);
        cells.push(line.as_bytes().to_vec());
        cells.push(reason.as_bytes().to_vec());
        cells.extend(extra);
        file.write(&cells)
    }
}
