//! Which stored runs were trained again and found equal, in a file beside the store, so that samples rotate: each takes runs
//! that none before it took, until all are covered.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::disk;
use crate::plan::RunId;
use crate::store::Provenance;

/// Runs that were found equal by one version of tallow on one kind of machine.
#[derive(Debug)]
pub(super) struct Verified {
    path: PathBuf,
    /// The version and the machine: what others found is not counted.
    head: String,
    ids: BTreeSet<RunId>,
    /// Those that the file lacks.
    new: Vec<RunId>,
    /// Whether the file is to be written anew.
    restarts: bool,
}

impl Verified {
    /// What is known of the store at `store`, as verified `here`.
    pub fn beside(store: &Path, here: &Provenance) -> Self {
        let real = store.canonicalize().unwrap_or_else(|_| store.to_owned());
        let path = disk::suffixed(&real, "-verified");
        let Provenance { version, commit, numerics, device, host_cpu, .. } = here;
        let commit = commit.as_deref().unwrap_or("unknown commit");
        let head = format!("tallow {version} ({commit}), numerics {numerics}, {device}, {host_cpu}");
        // Without the file, or of a damaged line, runs are verified once more.
        let text = disk::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let known = text.strip_prefix(&head).and_then(|rest| rest.strip_prefix('\n'));
        let id = |line: &str| RunId::range(line).filter(|(first, last)| first == last).map(|(id, _)| id);
        let ids = known.unwrap_or_default().lines().filter_map(id).collect();
        Self { path, head, ids, new: Vec::new(), restarts: known.is_none() }
    }

    /// Whether a run was found equal.
    pub fn has(&self, id: &RunId) -> bool {
        self.ids.contains(id)
    }

    /// A run was found equal.
    pub fn add(&mut self, id: RunId) {
        if self.ids.insert(id) {
            self.new.push(id);
        }
    }

    /// Begins anew with these runs.
    pub fn forget<'a>(&mut self, ids: impl IntoIterator<Item = &'a RunId>) {
        ids.into_iter().for_each(|id| _ = self.ids.remove(id));
        self.restarts = true;
    }

    /// Writes down what is new.
    ///
    /// # Errors
    /// Of the system; the next sample may then take the same runs again.
    pub fn keep(&self) -> io::Result<()> {
        let lines = |ids: &mut dyn Iterator<Item = &RunId>| ids.map(|id| id.full() + "\n").collect::<String>();
        let mut options = OpenOptions::new();
        if self.restarts {
            let text = format!("{}\n{}", self.head, lines(&mut self.ids.iter()));
            let mut file = disk::open_itself(&self.path, options.write(true).create(true).truncate(true))?;
            return file.write_all(text.as_bytes());
        }
        // In one piece, so that what another process adds meanwhile stays whole.
        let mut file = disk::open_itself(&self.path, options.append(true))?;
        file.write_all(lines(&mut self.new.iter()).as_bytes())
    }
}
