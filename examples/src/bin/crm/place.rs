use std::{
    ffi::OsString,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use crate::{db::Db, failure::Failure};

/// A place for a file, which is made beside it and put there when it is whole.
pub(crate) struct Place {
    /// As it was named.
    named: PathBuf,
    /// Where it comes to stand.
    real: PathBuf,
}

impl Place {
    /// Refuses a place where something else stands: the database, a file to be read, a device.
    pub(crate) fn new(
        option: &str,
        path: &Path,
        db: &Db,
        sources: &[PathBuf],
    ) -> Result<Self, Failure> {
        let refused = |what: &str| Failure::Asked(format!("{option} {}: {what}", path.display()));
        if let Ok(about) = path.metadata()
            && !about.is_file()
        {
            return Err(refused(if about.is_dir() {
                "that is a folder"
            } else {
                "that is not a file"
            }));
        }
        let Some(place) = real(path) else {
            return Err(refused("there is no folder for it"));
        };
        if sources.iter().any(|file| real(file).as_ref() == Some(&place)) {
            return Err(refused("that is the file to be read"));
        }
        if let Db::Sqlite(db) = db
            && let Some(db) = real(db)
            && ["", "-wal", "-shm", "-journal"].iter().any(|end| with_end(&db, end) == place)
        {
            return Err(refused("that is the database"));
        }
        Ok(Self { named: path.to_owned(), real: place })
    }

    /// As it was named.
    pub(crate) fn named(&self) -> &Path {
        &self.named
    }

    /// Whether both would stand at the same place.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.real == other.real
    }

    /// Writes a file whole, or not at all.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        let (beside, mut file) = self.create()?;
        let written = file.write_all(text.as_bytes());
        self.settle(&beside, written.map_err(|e| Failure::file(&self.named, &e)))
    }

    /// A file beside it, to be written and then settled.
    pub(crate) fn create(&self) -> Result<(PathBuf, File), Failure> {
        let beside = with_end(&self.real, &format!(".{}.part", uuid::Uuid::now_v7().simple()));
        let file = File::create_new(&beside).map_err(|e| Failure::file(&self.named, &e))?;
        Ok((beside, file))
    }

    /// Puts the file in its place when it is written, and takes it away when it is not.
    pub(crate) fn settle(
        &self,
        beside: &Path,
        written: Result<(), Failure>,
    ) -> Result<(), Failure> {
        let renamed = || fs::rename(beside, &self.real).map_err(|e| Failure::file(&self.named, &e));
        written.and_then(|()| renamed()).inspect_err(|_| {
            // One that cannot be removed either does no harm.
            let _ = fs::remove_file(beside);
        })
    }
}

/// Without links and detours; also of a file that is not there yet.
fn real(path: &Path) -> Option<PathBuf> {
    if let Ok(real) = path.canonicalize() {
        return Some(real);
    }
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
