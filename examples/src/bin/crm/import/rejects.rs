use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::{db::Db, failure::Failure};

/// A file for refused rows: made beside its place when the first comes, and put there at the end.
pub(super) struct Rejects {
    /// As it was named.
    named: PathBuf,
    /// Where it comes to stand.
    place: PathBuf,
    open: Option<(PathBuf, csv::Writer<File>)>,
}

impl Rejects {
    /// Refuses a place where something else stands: the database, a file to be read, a device.
    pub(super) fn new(path: &Path, db: &Db, files: &[PathBuf]) -> Result<Self, Failure> {
        let refused = |what: &str| Failure::Asked(format!("--rejects {}: {what}", path.display()));
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
        if files.iter().any(|file| real(file).as_ref() == Some(&place)) {
            return Err(refused("that is the file to be read"));
        }
        if let Db::Sqlite(db) = db
            && let Some(db) = real(db)
            && ["", "-wal", "-shm", "-journal"].iter().any(|end| with_end(&db, end) == place)
        {
            return Err(refused("that is the database"));
        }
        Ok(Self { named: path.to_owned(), place, open: None })
    }

    pub(super) fn write(&mut self, cells: &[Vec<u8>]) -> Result<(), Failure> {
        let (_, writer) = match &mut self.open {
            Some(open) => open,
            none => none.insert(create(&self.place).map_err(|e| Failure::file(&self.named, &e))?),
        };
        writer.write_record(cells).map_err(|e| Failure::File {
            path: self.named.clone(),
            what: format!("it cannot be written: {e}"),
        })
    }

    /// Puts it in its place, if there is one.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let Some((beside, mut writer)) = self.open.take() else { return Ok(()) };
        let done = writer.flush().and_then(|()| fs::rename(&beside, &self.place));
        done.map_err(|e| {
            // One that cannot be removed either does no harm.
            let _ = fs::remove_file(&beside);
            Failure::file(&self.named, &e)
        })
    }
}

impl Drop for Rejects {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.finish();
    }
}

fn create(place: &Path) -> io::Result<(PathBuf, csv::Writer<File>)> {
    let beside = with_end(place, &format!(".{}.part", uuid::Uuid::now_v7().simple()));
    let file = File::create_new(&beside)?;
    Ok((beside, csv::WriterBuilder::new().flexible(true).from_writer(file)))
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
