//! `tallow jobs finish`: makes one store and a report of what the tasks have trained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::exit::{Error, Exit, Result};
use super::publish::publish;
use super::selection::Selected;
use super::{conflict, submission, terminal};
use crate::cluster::Submission;
use crate::exec::Census;
use crate::store::{Merged, Store, StoreError};
use crate::text;

/// Another process may write to the store so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Merges and reports. It changes nothing that is done already, so it may run at any time, any number of times.
pub(super) fn run(submission: &Submission) -> Result<Exit> {
    let selected = submission::plan(submission)?;
    let merged = merge(submission)?;
    if merged.conflicting > 0 {
        return conflict::refuse(&merged);
    }
    terminal::say(format_args!("{}: {} merged, {} known before", submission.id, merged.added, merged.known));
    let stored = Store::read_or_empty(&submission.store)?;
    let standing = Standing::of(&selected, &stored)?;
    if standing.missing() > 0 {
        let runs = text::count(standing.missing() as usize, "run");
        return Err(Error::failed(format_args!("{}: {runs} missing, so no report was written", submission.id))
            .help(format!("`tallow jobs resubmit {}` submits them", submission.id)));
    }
    standing.report(&selected, &stored, &submission::report_folder(submission, &selected))
}

/// Writes the report of a store that has every run, as a local sweep does that finds nothing new.
pub(super) fn report(selected: &Selected, path: &Path, folder: &Path) -> Result<Exit> {
    let stored = Store::read(path)?;
    Standing::of(selected, &stored)?.report(selected, &stored, folder)
}

/// What a store knows of the runs meant.
struct Standing {
    census: Census,
    /// A sentence for each run that failed.
    failed: Vec<String>,
}

impl Standing {
    fn of(selected: &Selected, stored: &Store) -> Result<Self> {
        let failures: BTreeMap<_, _> =
            stored.failures()?.into_iter().map(|failed| (failed.id, failed.message)).collect();
        let mut failed = Vec::new();
        let survey = selected.survey(stored, |_, run, _| {
            let message = failures.get(&run.id).map(|message| text::plain(message));
            failed.extend(message.map(|message| format!("run {} failed: {message}", run.id)));
            Ok(())
        })?;
        Ok(Self { census: survey.census, failed })
    }

    /// Runs without an outcome that did not fail either.
    fn missing(&self) -> u64 {
        self.census.new_runs() - self.failed.len() as u64
    }

    /// Tells what failed and writes the report, with the exit codes of a local sweep.
    fn report(&self, selected: &Selected, stored: &Store, folder: &Path) -> Result<Exit> {
        terminal::errors(self.failed.iter());
        let (name, Census { total, diverged, .. }) = (&selected.experiment.name, self.census);
        let (cached, failed) = (self.census.cached(), self.failed.len());
        terminal::say(format_args!(
            "{name}: {}: {cached} stored, {diverged} diverged, {failed} failed",
            text::count(total as usize, "run")
        ));
        let analysis = selected.analysis(stored, &[])?;
        publish(&analysis, folder, None, None)?;
        Ok(if failed > 0 { Exit::Failed } else { Exit::Done })
    }
}

/// Brings the stores of all attempts into the submission's, waiting while another process writes to that. Of a store that
/// is damaged, as a crashed node or a full disk may leave it, the sound rows are taken.
pub(super) fn merge(submission: &Submission) -> Result<Merged> {
    let mut sources = submission.stores();
    let saved = tempfile(submission);
    let began = Instant::now();
    let merged = loop {
        match crate::store::merge(&sources, &submission.store) {
            Err(StoreError::Held { .. }) if began.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Err(error) => match sources.iter().position(|source| is_about(&error, source)) {
                Some(place) if sources[place] != saved(place) => {
                    let whole = std::mem::replace(&mut sources[place], saved(place));
                    terminal::say(format_args!("{error}; its sound runs are taken"));
                    crate::store::salvage(&whole, &sources[place])?;
                }
                _ => break Err(error),
            },
            Ok(merged) => break Ok(merged),
        }
    };
    for place in 0..sources.len() {
        for suffix in ["", ".lock", "-wal", "-shm"] {
            let mut path = saved(place).into_os_string();
            path.push(suffix);
            // Most were never made.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(merged?)
}

/// Where the sound rows of a source go meanwhile.
fn tempfile(submission: &Submission) -> impl Fn(usize) -> PathBuf + use<> {
    let (folder, process) = (submission.folder(), std::process::id());
    move |place| folder.join(format!("saved-{place}-{process}.db"))
}

/// Whether a store cannot be read as it is: damaged, or without room for what readers need beside it.
fn is_about(error: &StoreError, source: &Path) -> bool {
    match error {
        StoreError::Damaged { path, .. }
        | StoreError::Denied { path, .. }
        | StoreError::Full { path, .. }
        | StoreError::Io { path, .. }
        | StoreError::Sqlite { path, .. } => path == source,
        _ => false,
    }
}
