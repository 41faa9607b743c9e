use std::{env, path::PathBuf};

use tempfile::TempDir;

use crate::Result;

/// How a bench was started.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// How much it does.
    pub size: Size,
    /// Where the databases go, instead of the system's folder for temporary files.
    pub dir: Option<PathBuf>,
    /// Whatever else was given.
    pub rest: Vec<String>,
}

/// How much a bench does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Next to nothing: it only shows that the bench works. Its figures mean nothing.
    Smoke,
    /// Some seconds.
    Quick,
    /// What figures are quoted from.
    Full,
}

impl Size {
    /// The value for this size.
    pub fn pick<T>(self, smoke: T, quick: T, full: T) -> T {
        match self {
            Self::Smoke => smoke,
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

impl Arguments {
    /// Those of the process. `cargo bench` gives `--bench`; without it this is a test.
    ///
    /// # Errors
    /// When a `--dir` has no folder.
    pub fn of_process() -> Result<Self> {
        Self::read(env::args().skip(1))
    }

    /// A new folder for databases, gone with the value.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self) -> Result<TempDir> {
        Ok(match &self.dir {
            Some(dir) => TempDir::new_in(dir)?,
            None => TempDir::new()?,
        })
    }

    /// The word behind another.
    pub fn word(&self, name: &str) -> Option<&str> {
        let mut words = self.rest.iter();
        words.find(|word| *word == name).and_then(|_| words.next()).map(String::as_str)
    }

    /// The number behind a word.
    ///
    /// # Errors
    /// When it is none.
    pub fn number(&self, name: &str) -> Result<Option<usize>> {
        Ok(self.word(name).map(str::parse).transpose()?)
    }

    /// Whether this database is measured: `--only DATABASE` leaves the other one out.
    pub fn wants(&self, database: &str) -> bool {
        self.word("--only").is_none_or(|only| only.eq_ignore_ascii_case(database))
    }

    fn read(given: impl Iterator<Item = String>) -> Result<Self> {
        let mut read = Self { size: Size::Full, dir: None, rest: Vec::new() };
        let (mut bench, mut quick) = (false, false);
        let mut given = given;
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--bench" => bench = true,
                "--quick" => quick = true,
                "--dir" => {
                    let dir = given.next().ok_or("--dir needs a folder")?;
                    read.dir = Some(PathBuf::from(dir));
                }
                _ => read.rest.push(argument),
            }
        }
        read.size = match (bench, quick) {
            (false, _) => Size::Smoke,
            (true, true) => Size::Quick,
            (true, false) => Size::Full,
        };
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Arguments {
        Arguments::read(words.iter().map(|w| (*w).to_owned())).unwrap()
    }

    #[test]
    fn without_bench_it_is_a_test() {
        assert_eq!(read(&[]).size, Size::Smoke);
        assert_eq!(read(&["--quick", "--nocapture"]).size, Size::Smoke);
        assert_eq!(read(&["--bench"]).size, Size::Full);
        assert_eq!(read(&["--quick", "--bench"]).size, Size::Quick);
    }

    #[test]
    fn a_folder_may_be_named() {
        assert_eq!(read(&["--dir", "/x"]).dir, Some(PathBuf::from("/x")));
        assert!(Arguments::read(["--dir".to_owned()].into_iter()).is_err());
    }
}
