use std::{
    fs::File,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use crm_core::import::{ImportKind, ImportOptions, Importer, Mapping};

use crate::failure::Failure;

use super::lines::{Line, Lines};

/// So many rows are one unit of work.
const BATCH: usize = 2_000;
/// And so many of customers, each of which is compared with others: a unit is not held for long.
const COMPARED: usize = 500;

/// How the columns of a line are told apart.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// By commas, with quotation marks where needed.
    Csv,
    /// By blanks.
    Whitespace,
}

/// A file that can be read, with an importer for its columns.
pub(super) struct Source {
    pub(super) importer: Importer,
    pub(super) input: Input,
}

/// A file that may be read again and again.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) header: Vec<String>,
    /// Whether the first line is a row already: the columns were named beside the file.
    pub(super) bare: bool,
    pub(super) bytes: u64,
    /// So many rows are one unit of work.
    pub(super) batch: usize,
    format: Format,
    delimiter: u8,
}

impl Source {
    pub(super) fn open(
        path: &Path,
        format: Format,
        delimiter: u8,
        columns: Option<&[String]>,
        mapping: &Mapping,
        options: &ImportOptions,
    ) -> Result<Self, Failure> {
        let about = path.metadata().map_err(|e| Failure::file(path, &e))?;
        if about.is_dir() {
            return Err(Failure::file(path, &std::io::ErrorKind::IsADirectory.into()));
        }
        if !about.is_file() {
            let what = "it is not a file that can be read twice: save it first".to_owned();
            return Err(Failure::File { path: path.to_owned(), what });
        }
        let mut input = Input {
            path: path.to_owned(),
            header: columns.unwrap_or_default().to_vec(),
            bare: columns.is_some(),
            bytes: about.len(),
            batch: if mapping.kind() == ImportKind::Customers { COMPARED } else { BATCH },
            format,
            delimiter,
        };
        let first = input.header()?;
        if !input.bare {
            input.header = first;
        }
        let importer = Importer::new(mapping, &input.header, options.clone())?;
        Ok(Self { importer, input })
    }
}

impl Input {
    /// The lines below the header, from the first on.
    pub(super) fn lines(&self) -> Result<Lines, Failure> {
        let mut lines = self.begin()?;
        if !self.bare {
            lines.next()?;
        }
        Ok(lines)
    }

    fn begin(&self) -> Result<Lines, Failure> {
        let file = File::open(&self.path).map_err(|e| Failure::file(&self.path, &e))?;
        Ok(match self.format {
            Format::Csv => Lines::csv(file, self.delimiter, &self.path),
            Format::Whitespace => Lines::whitespace(file, &self.path),
        })
    }

    fn header(&self) -> Result<Vec<String>, Failure> {
        let wrong = |what: &str| Failure::File { path: self.path.clone(), what: what.to_owned() };
        let mut lines = self.begin()?;
        let Some(Line { cells, too_long, .. }) = lines.next()? else {
            let names = "it is empty: the first line must name the columns";
            return Err(wrong(if self.bare { "it is empty" } else { names }));
        };
        if too_long {
            return Err(wrong(
                "its first line is longer than 4 MiB: a quotation mark may be missing, or it is not a CSV file",
            ));
        }
        let cells = cells.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>();
        let cells = cells.map_err(|_| {
            wrong("its first line is not UTF-8 text: save it as a CSV file in UTF-8")
        })?;
        if cells.iter().any(|cell| cell.contains('\0')) {
            return Err(wrong("it is not a text file: save it as CSV"));
        }
        Ok(cells.into_iter().map(|cell| cell.trim().to_owned()).collect())
    }
}
