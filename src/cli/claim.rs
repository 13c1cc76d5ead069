//! Whose a report's folder is: two experiment files of one name do not replace each other's report.
//!
//! The report itself says nothing of where files lie. Which file each was written from is kept beside the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::exit::{Error, Result};
use super::terminal;
use crate::disk::{self, Lock};
use crate::report::LIST;

/// Behind the store's name: folders with their experiment files, in JSON.
const SUFFIX: &str = "-reports";

/// An experiment file that is to have a report in a folder.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    file: &'a Path,
    folder: &'a Path,
    notes: PathBuf,
}

impl<'a> Claim<'a> {
    /// Of what is kept in `store`.
    pub fn new(file: &'a Path, folder: &'a Path, store: &Path) -> Self {
        Self { file, folder, notes: disk::suffixed(store, SUFFIX) }
    }

    /// Refuses a folder that has the report of another file. One that is no longer there may have been moved.
    ///
    /// # Errors
    /// The refusal.
    pub fn admit(&self) -> Result<()> {
        let other = self.known().remove(&whole(self.folder)).map(PathBuf::from);
        let Some(other) = other.filter(|other| self.folder.join(LIST).is_file() && other.is_file()) else {
            return Ok(());
        };
        if disk::is_same(&other, self.file) {
            return Ok(());
        }
        let (folder, file) = (terminal::path(self.folder), terminal::path(self.file));
        let error = Error::refused(format_args!(
            "{folder} has the report of another experiment of this name, {}; {file} would replace it",
            terminal::path(&other)
        ));
        Err(error.help("give one of the two files another `name`, or this report another --out; --force replaces it"))
    }

    /// Notes that the folder now has this file's report.
    pub fn note(&self) {
        let folder = disk::parent(&self.notes);
        // The report is written, and a store that cannot be written beside is no reason to call that a failure.
        let Ok(lock) = Lock::take(folder) else { return };
        let mut known = self.known();
        if known.insert(whole(self.folder), whole(self.file)) == Some(whole(self.file)) {
            return;
        }
        let text = serde_json::to_string_pretty(&known).expect("texts");
        let _ = lock.place(Path::new(self.notes.file_name().unwrap_or_default()), text.as_bytes());
    }

    fn known(&self) -> BTreeMap<String, String> {
        let text = disk::read(&self.notes).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

/// A path that is the same from everywhere.
fn whole(path: &Path) -> String {
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.canonicalize().unwrap_or_else(|_| absolute()).to_string_lossy().into_owned()
}
