//! Which runs are being trained, in a file beside the store: what is in it when a sweep begins was in flight when the one
//! before ended without a word, and one of these runs may have been the cause.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::disk;
use crate::plan::{Run, RunId};

/// Bytes of a line: an identity in full.
const LINE: usize = 33;

/// The journal of a sweep, which alone writes to the store.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    /// Runs that were in flight.
    suspects: BTreeSet<RunId>,
    /// Of these, those that have ended a process again.
    guilty: Mutex<BTreeSet<RunId>>,
}

impl Journal {
    /// Begins the journal of the store at `store`, which must be there.
    pub fn begin(store: &Path) -> io::Result<Self> {
        let path = disk::suffixed(&store.canonicalize()?, "-running");
        let mut file =
            disk::open_itself(&path, OpenOptions::new().read(true).write(true).create(true).truncate(false))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let id = |line: &str| RunId::range(line).filter(|(first, last)| first == last).map(|(id, _)| id);
        let suspects: BTreeSet<RunId> = String::from_utf8_lossy(&text).lines().filter_map(id).collect();
        let journal = Self { path, file: Mutex::new(file), suspects, guilty: Mutex::default() };
        journal.write_all(&journal.suspects)?;
        Ok(journal)
    }

    /// Runs that were in flight when the sweep before this one ended without a word.
    pub fn suspects(&self) -> &BTreeSet<RunId> {
        &self.suspects
    }

    /// Notes what a worker is about to train. What is trained together is trained by a GPU, which ends no process.
    pub fn note(&self, worker: usize, runs: &[Run]) {
        let [run] = runs else { return };
        let place = (self.suspects.len() + worker) * LINE;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A run is trained although it cannot be noted: only a crash would ask for it.
        let _ = file.seek(SeekFrom::Start(place as u64)).and_then(|_| writeln!(file, "{}", run.id.full()));
    }

    /// Notes that a run has ended the process of its own in which it was trained.
    pub fn blame(&self, id: RunId) {
        self.guilty.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// The sweep has come to an end. Runs that would end a process again stay noted.
    pub fn end(self) {
        let guilty = self.guilty.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ended = if guilty.is_empty() { std::fs::remove_file(&self.path) } else { self.write_all(&guilty) };
        // What is noted wrongly is trained in a process of its own, no more.
        let _ = ended;
    }

    fn write_all(&self, ids: &BTreeSet<RunId>) -> io::Result<()> {
        let lines: String = ids.iter().map(|id| id.full() + "\n").collect();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(lines.as_bytes())
    }
}
