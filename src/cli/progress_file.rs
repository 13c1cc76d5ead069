//! `--progress-file`: how far a sweep is, for those who follow it from another machine.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cluster::Progress;

/// The file is renewed no more often.
const PAUSE: Duration = Duration::from_millis(500);

/// A file that is renewed now and then. A sweep does not end because it cannot be written.
#[derive(Debug)]
pub(super) struct ProgressFile {
    path: Option<PathBuf>,
    now: Progress,
    renewed: Instant,
}

impl ProgressFile {
    /// Writes it for the first time, if there is to be one.
    pub fn new(path: Option<&Path>, total: u64, finished: u64) -> Self {
        let now = Progress { total, finished, failed: 0 };
        let file = Self { path: path.map(Path::to_owned), now, renewed: Instant::now() };
        file.write();
        file
    }

    /// A run ended.
    pub fn ended(&mut self, failed: bool) {
        if failed {
            self.now.failed += 1;
        } else {
            self.now.finished += 1;
        }
        if self.renewed.elapsed() >= PAUSE {
            self.renewed = Instant::now();
            self.write();
        }
    }

    fn write(&self) {
        let Some(path) = &self.path else { return };
        let new = path.with_extension("new");
        let text = serde_json::to_string(&self.now).unwrap_or_default() + "\n";
        // What cannot be written is not worth the sweep.
        let _ = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
    }
}

/// The last word.
impl Drop for ProgressFile {
    fn drop(&mut self) {
        self.write();
    }
}
