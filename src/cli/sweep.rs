//! `tallow sweep`: trains what the store lacks, keeps it, and writes the report.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use super::apart;
use super::claim::Claim;
use super::exit::{Exit, Result};
use super::interrupt::Interrupt;
use super::journal::Journal;
use super::machine::Machine;
use super::partition::Part;
use super::progress::{self, Progress};
use super::progress_file::ProgressFile;
use super::publish::{Summary, publish};
use super::selection::{Out, Selected, Selection, StorePath, outdated};
use super::tally::Tally;
use super::{provenance, terminal};
use crate::dataset;
use crate::engine::memory::Memory;
use crate::engine::{self, Device, Failure, Outcome, Room, Stop};
use crate::exec::{Ended, Event, Options};
use crate::numerics::VERSION;
use crate::plan::{Run, RunId, reproduce};
use crate::search::{Grid, Recorder, Retrain, Strategy, Sweep};
use crate::spec::RunConfig;
use crate::store::{Store, StoreError};
use crate::text;

/// Runs named that were in flight.
const TOLD: usize = 8;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    #[command(flatten)]
    out: Out,

    #[command(flatten)]
    machine: Machine,

    #[command(flatten)]
    partition: Part,

    /// Import finished runs from the store of an earlier attempt, even if it is damaged or still being written
    #[arg(long, value_name = "STORE")]
    resume: Vec<PathBuf>,

    /// Write the progress of the sweep to this file, as a line of JSON
    #[arg(long, value_name = "FILE")]
    progress_file: Option<PathBuf>,

    /// Stop after this many runs; the same command goes on from there
    #[arg(long, value_name = "N")]
    max_runs: Option<u64>,

    /// Stop after this time, such as 45s, 10m or 1h30m; the same command goes on from there
    #[arg(long, value_name = "TIME", value_parser = progress::parse_duration)]
    time_limit: Option<Duration>,

    /// End at the first run that fails
    #[arg(long)]
    fail_fast: bool,

    /// Train every run in its own process, so that a run that crashes ends no other
    #[arg(long)]
    isolate: bool,

    /// Train the runs again that diverged
    #[arg(long)]
    retry_diverged: bool,

    /// Train all runs again, even those that are stored
    #[arg(long)]
    rerun: bool,

    #[command(flatten)]
    summary: Summary,

    /// Write no report
    #[arg(long)]
    no_report: bool,

    /// Print nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    args.summary.path()?;
    let selected = args.selection.load()?;
    if args.writes_report(&selected) {
        // Not only when all is trained.
        args.admit(&selected)?;
    }
    let mut grid = args.partition.grid(&selected)?;
    let device = args.machine.device()?;
    if args.partition.is_empty(&selected, &grid)? {
        terminal::say(format_args!("{}{}: this part has no run", selected.experiment.name, args.partition));
        return Ok(Exit::Done);
    }
    args.tell_data(&selected)?;
    let mut recorder = args.recorder(&selected, &device)?;
    args.tell_outdated(&selected, &grid, recorder.store())?;
    let tally = args.train(&selected, &mut grid, &mut recorder, &device)?;
    let (store, changed) = recorder.finish()?;
    args.tell(&selected, &tally, &changed);
    if !matches!(tally.ended, Ended::Stopped | Ended::Failed) {
        args.report(&selected, &store, tally.ended)?;
    }
    Ok(exit(&tally, &changed))
}

impl Args {
    fn retrain(&self) -> Retrain {
        match (self.rerun, self.retry_diverged) {
            (true, _) => Retrain::All,
            (false, true) => Retrain::Diverged,
            (false, false) => Retrain::Nothing,
        }
    }

    /// What keeps the outcomes, with those that earlier attempts left. Their files may be damaged or still be written to,
    /// perhaps by another machine, so only their bytes are read; every row has a checksum.
    fn recorder(&self, selected: &Selected, device: &Device) -> Result<Recorder> {
        let (name, path) = (&selected.experiment.name, &self.store.path);
        let purpose = format!("sweep {name}");
        let store = if self.resume.is_empty() {
            Store::read_or_empty(path)?
        } else {
            let mut store = Store::open(path, &purpose)?;
            for earlier in &self.resume {
                let taken = store.salvage(earlier)?;
                if let Some(conflict) = taken.conflicts.into_iter().next() {
                    return Err(StoreError::Conflict(Box::new(conflict)).into());
                }
                let runs = text::count(taken.saved as usize, "run");
                self.say(format_args!("{name}: {runs} taken over from {}", terminal::path(earlier)));
            }
            store
        };
        Ok(Recorder::new(store, purpose, self.retrain(), provenance::here(device)))
    }

    /// Trains what the store lacks and keeps every outcome.
    fn train(&self, selected: &Selected, grid: &mut Grid, recorder: &mut Recorder, device: &Device) -> Result<Tally> {
        let mut interrupt = Interrupt::default();
        let mut progress = Progress::judged(selected, self.quiet);
        let mut file = self.progress_file.clone().map(ProgressFile::new);
        let mut tally = Tally::default();
        let (stop, data, jobs) = (interrupt.stop(), dataset::Cache::default(), self.machine.threads());
        let (memory, journal) = (Memory::of(device), OnceLock::<Option<Journal>>::new());
        let train = |cohort: &[RunConfig]| {
            memory.train(cohort, || {
                let journal = journal.get().and_then(Option::as_ref);
                match self.to_be_isolated(cohort, journal) {
                    Some(run) => vec![self.train_apart(&run, journal, &stop)],
                    None => {
                        apart::break_on_purpose(cohort);
                        engine::train(cohort, &data, device, &stop)
                    }
                }
            })
        };
        let options = Options {
            jobs,
            cohort: &|run| device.cohort(run, jobs),
            fail_fast: self.fail_fast,
            max_runs: self.max_runs,
            time_limit: self.time_limit,
            begin: &|worker, runs| journal.get().into_iter().flatten().for_each(|journal| journal.note(worker, runs)),
        };
        let room = Room::on(device);
        let ended = Sweep { strategy: grid, recorder, options, room }.run(&train, &stop, |event| -> Result<()> {
            if let Event::SweepStarted { census, .. } = event
                && census.new_runs() > 0
                && journal.get().is_none()
            {
                // The store is held by now.
                journal.get_or_init(|| self.journal(selected));
            }
            interrupt.on(event)?;
            progress.on(event);
            file.iter_mut().for_each(|file| file.on(event));
            tally.on(event);
            Ok(())
        });
        if let Some(journal) = journal.into_inner().flatten() {
            journal.end();
        }
        ended?;
        interrupt.ends_at_once();
        Ok(tally)
    }

    /// What was understood of the user's files.
    fn tell_data(&self, selected: &Selected) -> Result<()> {
        for (label, statement) in selected.statements()? {
            self.say(format_args!("{}", terminal::statement(&label, &statement).trim_end()));
        }
        Ok(())
    }

    /// Says how many of the runs are stored as an older version of the numerics computed them.
    fn tell_outdated(&self, selected: &Selected, grid: &Grid, store: &Store) -> Result<()> {
        let count = outdated(grid.runs().map(|(_, run)| run), store)?;
        if count > 0 {
            self.say(format_args!(
                "{}: {} stored under an older version of the numerics; this tallow computes under version {VERSION}, so they \
                 are trained anew, and the old outcomes stay in the store beside the new",
                selected.experiment.name,
                if count == 1 { "1 run is".to_owned() } else { format!("{count} runs are") },
            ));
        }
        Ok(())
    }

    /// Begins the journal, and says which runs were in flight when the last one was left.
    fn journal(&self, selected: &Selected) -> Option<Journal> {
        let journal = Journal::begin(&self.store.path).ok()?;
        let suspects: Vec<String> = journal.suspects().iter().map(RunId::to_string).collect();
        if !suspects.is_empty() {
            let (name, first) = (&selected.experiment.name, suspects.iter().take(TOLD).cloned().collect::<Vec<_>>());
            let more = if suspects.len() > TOLD { ", …" } else { "" };
            terminal::say(format_args!(
                "{name}: the last sweep into this store crashed or was killed while it trained {}{more}: each of these runs \
                 is now trained in a process of its own",
                first.join(", ")
            ));
        }
        Some(journal)
    }

    /// The run, if it is to be trained in a process of its own. What a GPU trains together never is.
    fn to_be_isolated(&self, cohort: &[RunConfig], journal: Option<&Journal>) -> Option<Run> {
        let [run] = cohort else { return None };
        let suspects = journal.map(Journal::suspects);
        if !self.isolate && suspects.is_none_or(BTreeSet::is_empty) {
            return None;
        }
        let run = Run::new(run.clone());
        (self.isolate || suspects.is_some_and(|suspects| suspects.contains(&run.id))).then_some(run)
    }

    fn train_apart(&self, run: &Run, journal: Option<&Journal>, stop: &Stop) -> std::result::Result<Outcome, Failure> {
        let outcome = apart::train(run, self.machine.device_name(), stop);
        if let (Err(Failure::Died(_)), Some(journal)) = (&outcome, journal) {
            journal.blame(run.id);
        }
        outcome
    }

    /// What was done, in lines to paste, and what was not.
    fn tell(&self, selected: &Selected, tally: &Tally, changed: &[RunId]) {
        tell_changed(changed);
        self.tell_counts(selected, tally);
        terminal::errors(tally.failed.iter().map(|(run, message)| {
            let again = reproduce::command(&run.config);
            format!("run {} failed: {}\n  again: {again}", run.id, text::plain(message))
        }));
        self.tell_end(tally);
    }

    fn tell_counts(&self, selected: &Selected, tally: &Tally) {
        let Tally { census, trained, seconds, .. } = tally;
        let done = match trained {
            0 => "0 trained".to_owned(),
            n => format!(
                "{n} trained in {} ({} runs/s)",
                progress::duration(Duration::from_secs_f64(*seconds)),
                text::short(*n as f64 / seconds)
            ),
        };
        self.say(format_args!(
            "{}{}: {}: {done}, {} cached, {} diverged, {} failed",
            selected.experiment.name,
            self.partition,
            text::count(census.total as usize, "run"),
            census.cached(),
            census.diverged + tally.diverged,
            tally.failed.len()
        ));
    }

    /// Says why a sweep ended before its time.
    fn tell_end(&self, tally: &Tally) {
        let left = text::count(tally.left() as usize, "run");
        let then = match self.retrain() {
            Retrain::Nothing => "the same command goes on from there",
            Retrain::Diverged | Retrain::All => "the stored outcomes of these runs are unchanged",
        };
        match tally.ended {
            Ended::Complete => {}
            Ended::Stopped => {
                terminal::say(format_args!("interrupted with {left} left; finished runs are kept, and {then}"));
            }
            Ended::Failed => terminal::say(format_args!("ended at the first failure with {left} left")),
            Ended::MaxRuns => terminal::say(format_args!("--max-runs reached with {left} left; {then}")),
            Ended::TimeLimit => terminal::say(format_args!("--time-limit reached with {left} left; {then}")),
        }
    }

    /// Writes the report of a sweep that came to its end, and says what it found.
    fn report(&self, selected: &Selected, store: &Store, ended: Ended) -> Result<()> {
        let file = terminal::path(&self.selection.file);
        if self.partition.is_slice() {
            // The submission's last job merges and reports.
            return Ok(());
        }
        if !self.partition.is_whole() {
            self.say(format_args!(
                "this part is in {}; once all parts are trained, run tallow store merge … --into STORE and then tallow \
                 report {file} --store STORE",
                terminal::path(&self.store.path)
            ));
            return Ok(());
        }
        if ended != Ended::Complete || self.no_report {
            self.say(format_args!(
                "no report was written; `tallow report {file}` writes one of the runs that are stored"
            ));
            return Ok(());
        }
        if !selected.is_whole() && !self.out.is_given() {
            self.say(format_args!(
                "no report was written, because only some of the runs were selected; use --out DIR or `tallow report`"
            ));
            return Ok(());
        }
        let analysis = selected.analysis(store, &[])?;
        if !analysis.has_outcome() {
            self.say(format_args!("no report was written, because no run has an outcome"));
            return Ok(());
        }
        let summary = self.summary.path()?;
        self.admit(selected)?;
        let folder = self.out.folder(&selected.experiment);
        publish(&analysis, &folder, Some(&self.claim(&folder)), summary.as_deref())
    }

    /// Whether a sweep that comes to its end writes a report.
    fn writes_report(&self, selected: &Selected) -> bool {
        !self.no_report && self.partition.is_whole() && (selected.is_whole() || self.out.is_given())
    }

    /// Refuses a folder that has the report of another file, unless that may be replaced.
    fn admit(&self, selected: &Selected) -> Result<()> {
        let folder = self.out.folder(&selected.experiment);
        if self.out.is_forced() { Ok(()) } else { self.claim(&folder).admit() }
    }

    fn claim<'a>(&'a self, folder: &'a Path) -> Claim<'a> {
        Claim::new(&self.selection.file, folder, &self.store.path)
    }

    fn say(&self, line: std::fmt::Arguments) {
        if !self.quiet {
            terminal::say(line);
        }
    }
}

/// Says which runs came out otherwise than they were stored.
fn tell_changed(changed: &[RunId]) {
    if let Some(first) = changed.first() {
        let runs = text::count(changed.len(), "run");
        terminal::say(format_args!(
            "{}: {runs} trained again gave other bits than were stored, {first} first: a machine, a file or the \
             numerics are at fault, or the version was not raised",
            terminal::red("error")
        ));
    }
}

fn exit(tally: &Tally, changed: &[RunId]) -> Exit {
    match tally.ended {
        Ended::Stopped => Exit::Interrupted,
        _ if tally.failed.is_empty() && changed.is_empty() => Exit::Done,
        _ => Exit::Failed,
    }
}
