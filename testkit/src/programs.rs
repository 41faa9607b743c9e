use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::TestPostgresError;

/// The environment variable that names the folder of `initdb` and `postgres`.
pub const PROGRAMS_VARIABLE: &str = "CRM_TEST_PG_BIN";

/// The folder that holds `initdb` and `postgres`.
pub(crate) fn find() -> Result<PathBuf, TestPostgresError> {
    Search {
        given: env::var_os(PROGRAMS_VARIABLE).filter(|folder| !folder.is_empty()),
        debian: Path::new("/usr/lib/postgresql"),
        pg_config: Path::new("pg_config"),
        path: env::var_os("PATH").unwrap_or_default(),
    }
    .folder()
}

struct Search<'a> {
    given: Option<OsString>,
    debian: &'a Path,
    pg_config: &'a Path,
    path: OsString,
}

impl Search<'_> {
    fn folder(&self) -> Result<PathBuf, TestPostgresError> {
        if let Some(given) = &self.given {
            let folder = PathBuf::from(given);
            return if holds_server(&folder) {
                Ok(folder)
            } else {
                Err(TestPostgresError::NoProgramsIn(folder))
            };
        }
        newest_version(self.debian)
            .or_else(|| folder_of(self.pg_config).filter(|folder| holds_server(folder)))
            .or_else(|| env::split_paths(&self.path).find(|folder| holds_server(folder)))
            .ok_or(TestPostgresError::NotInstalled)
    }
}

fn newest_version(root: &Path) -> Option<PathBuf> {
    fs::read_dir(root)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| holds_server(folder))
        .max()
        .map(|(_, folder)| folder)
}

fn folder_of(pg_config: &Path) -> Option<PathBuf> {
    let output = Command::new(pg_config).arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(folder.trim_end()))
}

/// Only for absolute folders: the server is started from another working directory.
fn holds_server(folder: &Path) -> bool {
    folder.is_absolute() && ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(root: &Path) -> Search<'_> {
        Search { given: None, debian: root, pg_config: Path::new("/no/pg_config"), path: "".into() }
    }

    fn install(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for name in ["initdb", "postgres"] {
            fs::write(folder.join(name), "").unwrap();
        }
    }

    #[test]
    fn the_newest_version_counts_as_a_number() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "15", "16"] {
            install(&root.path().join(version).join("bin"));
        }
        fs::create_dir_all(root.path().join("17/bin")).unwrap();
        assert_eq!(search(root.path()).folder().unwrap(), root.path().join("16/bin"));
    }

    #[test]
    fn the_path_is_searched_last() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("local/bin");
        install(&folder);
        let path = env::join_paths([root.path(), &folder]).unwrap();
        let found = Search { path, ..search(root.path()) }.folder();
        assert_eq!(found.unwrap(), folder);
    }

    #[test]
    fn a_given_folder_is_the_only_one() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("15/bin"));
        let empty = root.path().join("empty");
        let found = Search { given: Some(empty.clone().into()), ..search(root.path()) }.folder();
        assert!(matches!(found, Err(TestPostgresError::NoProgramsIn(folder)) if folder == empty));
    }

    #[test]
    fn without_a_server_the_message_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let error = search(root.path()).folder().unwrap_err();
        let message = error.to_string();
        assert_eq!(format!("{error:?}"), message, "what a test shows that unwraps");
        assert!(message.contains("apt-get install postgresql"), "{message}");
        assert!(message.contains(crate::URL_VARIABLE), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
}
