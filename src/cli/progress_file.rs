//! `--progress-file`: how far a sweep is, for those who follow it from another machine.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::cluster::Progress;
use crate::exec::Event;

/// The file is renewed no more often.
const PAUSE: Duration = Duration::from_millis(500);

/// A file that is renewed now and then. A sweep does not end because it cannot be written.
#[derive(Debug)]
pub(super) struct ProgressFile {
    path: PathBuf,
    now: Progress,
    /// None before the sweep begins: there is nothing to say yet.
    renewed: Option<Instant>,
}

impl ProgressFile {
    /// Will be at that place.
    pub fn new(path: PathBuf) -> Self {
        Self { path, now: Progress::default(), renewed: None }
    }

    /// Notes what happened.
    pub fn on(&mut self, event: &Event) {
        match event {
            Event::SweepStarted { census, .. } => {
                self.now.total += census.total;
                self.now.finished += census.cached();
                self.write();
            }
            Event::Finished { .. } => self.now.finished += 1,
            Event::Failed { .. } => self.now.failed += 1,
            _ => return,
        }
        if self.renewed.is_some_and(|renewed| renewed.elapsed() >= PAUSE) {
            self.write();
        }
    }

    fn write(&mut self) {
        self.renewed = Some(Instant::now());
        let new = self.path.with_extension("new");
        let text = serde_json::to_string(&self.now).unwrap_or_default() + "\n";
        // What cannot be written is not worth the sweep.
        let _ = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &self.path));
    }
}

/// The last word, also of a sweep that an error ends.
impl Drop for ProgressFile {
    fn drop(&mut self) {
        if self.renewed.is_some() {
            self.write();
        }
    }
}
