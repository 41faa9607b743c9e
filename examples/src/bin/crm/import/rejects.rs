use std::{
    fs::File,
    path::{Path, PathBuf},
};

use crate::{db::Db, failure::Failure, place::Place};

/// A file for rows that somebody should look at: made beside its place when the first comes, and put
/// there at the end.
pub(super) struct Rejects {
    place: Place,
    open: Option<(PathBuf, csv::Writer<File>)>,
}

impl Rejects {
    /// Refuses a place where something else stands: the database, a file to be read, a device.
    pub(super) fn new(
        option: &str,
        path: &Path,
        db: &Db,
        files: &[PathBuf],
    ) -> Result<Self, Failure> {
        Ok(Self { place: Place::new(option, path, db, files)?, open: None })
    }

    pub(super) fn write<C: AsRef<[u8]>>(&mut self, cells: &[C]) -> Result<(), Failure> {
        let (_, writer) = match &mut self.open {
            Some(open) => open,
            none => {
                let (beside, file) = self.place.create()?;
                let writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
                none.insert((beside, writer))
            }
        };
        writer.write_record(cells).map_err(|e| Failure::File {
            path: self.place.named().to_owned(),
            what: format!("it cannot be written: {e}"),
        })
    }

    /// Puts it in its place, if there is one.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let Some((beside, mut writer)) = self.open.take() else { return Ok(()) };
        let written = writer.flush().map_err(|e| Failure::file(self.place.named(), &e));
        self.place.settle(&beside, written)
    }
}

impl Drop for Rejects {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.finish();
    }
}
