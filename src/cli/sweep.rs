//! `tallow sweep`: trains what the store lacks, keeps it, and writes the report.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::exit::{Error, Exit, Result};
use super::partition::Part;
use super::progress::{self, Progress};
use super::progress_file::ProgressFile;
use super::publish::{Summary, publish};
use super::selection::{Census, Out, Selected, Selection, StorePath};
use super::{provenance, terminal};
use crate::analysis::{Metric, Outcome, Status};
use crate::dataset;
use crate::engine::{self, Device, Room, Stop};
use crate::exec::{self, Ended, Event};
use crate::plan::{Run, RunId, reproduce};
use crate::spec::RunConfig;
use crate::store::{self, Failed, Provenance, Record, Store, StoreError, Writer};
use crate::text;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    #[command(flatten)]
    out: Out,

    /// Threads that train [default: all cores]
    #[arg(long, short, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,

    /// Where to train: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,

    #[command(flatten)]
    partition: Part,

    /// First take over what an earlier attempt has left in this store, sound or not, even in use
    #[arg(long, value_name = "STORE")]
    resume: Vec<PathBuf>,

    /// Keep in this file, as a line of JSON, how far the sweep is
    #[arg(long, value_name = "FILE")]
    progress_file: Option<PathBuf>,

    /// Train no more runs than these; the same command goes on from there
    #[arg(long, value_name = "N")]
    max_runs: Option<u64>,

    /// Stop after this time, such as 45s, 10m or 1h30m; the same command goes on from there
    #[arg(long, value_name = "TIME", value_parser = progress::parse_duration)]
    time_limit: Option<Duration>,

    /// End at the first run that fails
    #[arg(long)]
    fail_fast: bool,

    /// Train runs again that diverged
    #[arg(long)]
    retry_diverged: bool,

    /// Train all runs again, whatever is stored
    #[arg(long)]
    rerun: bool,

    #[command(flatten)]
    summary: Summary,

    /// Write no report
    #[arg(long)]
    no_report: bool,

    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

/// What came of the runs trained now.
#[derive(Default)]
struct Tally {
    trained: u64,
    diverged: u64,
    failed: Vec<(Run, String)>,
    /// Runs trained again that have other bits than were stored.
    changed: Vec<RunId>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    args.summary.path()?;
    let selected = args.selection.load()?;
    args.partition.check(&selected)?;
    let device = Device::open(&args.device)?;
    if args.partition.is_empty(&selected) {
        terminal::say(format_args!("{}{}: no run", selected.experiment.name, args.partition));
        return Ok(Exit::Done);
    }
    args.resume(&selected)?;
    // What is too large for the device is refused before anything starts.
    let (mut room, again) = (Room::on(&device), args.trains());
    let census = Census::watched(args.runs(&selected), &args.store.path, |run, status| match status {
        Some(status) if !again(status) => Ok(()),
        _ => Ok(room.check(&run.config)?),
    })?;
    let census = args.again(census);
    let (tally, ended, seconds) = args.train(&selected, &census, &device)?;
    args.tell_changed(&tally);
    args.tell(&selected, &census, &tally, seconds);
    let exit = args.tell_end(ended, &tally, &census);
    if exit == Exit::Interrupted || ended == Ended::Failed {
        return Ok(exit);
    }
    args.report(&selected, ended)?;
    Ok(exit)
}

impl Args {
    /// The runs meant: of this partition, if one is named.
    fn runs<'a>(&'a self, selected: &'a Selected) -> impl Iterator<Item = Run> + Send + 'a {
        self.partition.runs(selected)
    }

    /// Brings what earlier attempts left into the store. Their files may be damaged or still be written to, perhaps by
    /// another machine, so only their bytes are read; every row has a checksum.
    fn resume(&self, selected: &Selected) -> Result<()> {
        for earlier in &self.resume {
            let taken = store::salvage(earlier, &self.store.path)?;
            if let Some(conflict) = taken.conflicts.into_iter().next() {
                return Err(StoreError::Conflict(Box::new(conflict)).into());
            }
            let runs = text::count(taken.saved as usize, "run");
            self.say(format_args!("{}: {runs} taken over from {}", selected.experiment.name, terminal::path(earlier)));
        }
        Ok(())
    }

    /// How the runs stand if those to be trained again count as new. Their outcomes stay until they have others.
    fn again(&self, census: Census) -> Census {
        Census {
            total: census.total,
            done: if self.rerun { 0 } else { census.done },
            diverged: if self.rerun || self.retry_diverged { 0 } else { census.diverged },
        }
    }

    /// Which of the stored runs are trained again.
    fn trains(&self) -> fn(Status) -> bool {
        match (self.rerun, self.retry_diverged) {
            (true, _) => |_| true,
            (_, true) => |status| status != Status::Done,
            _ => |_| false,
        }
    }

    fn open(&self, selected: &Selected) -> Result<Store> {
        Ok(Store::open(&self.store.path, &format!("sweep {}", selected.experiment.name))?)
    }

    /// Trains what the store lacks and stores every outcome.
    fn train(&self, selected: &Selected, census: &Census, device: &Device) -> Result<(Tally, Ended, f64)> {
        let mut tally = Tally::default();
        let mut file = ProgressFile::new(self.progress_file.as_deref(), census.total, census.cached());
        if census.new_runs() == 0 {
            return Ok((tally, Ended::Complete, 0.0));
        }
        let store = self.open(selected)?;
        let replaces = self.rerun || self.retry_diverged;
        let mut writer = if replaces { Writer::replacing(store) } else { Writer::new(store) };
        let pending = Store::read(&self.store.path)?.unstored_or(self.runs(selected), self.trains());
        let stop = stop_on_signals()?;
        let data = dataset::Cache::default();
        let train = |cohort: &[RunConfig]| {
            break_on_purpose(cohort);
            engine::train(cohort, &data, device, &stop)
        };
        // More threads than runs would have nothing to do.
        let most = census.new_runs().try_into().unwrap_or(usize::MAX);
        let jobs = self.jobs.map_or_else(cores, usize::from).min(most);
        let options = exec::Options {
            jobs,
            cohort: &|run| device.cohort(run, jobs),
            fail_fast: self.fail_fast,
            max_runs: self.max_runs,
            time_limit: self.time_limit,
        };
        let here = provenance::here(device);
        let metric = selected.experiment.roles.metric.unwrap_or(Metric::TrainLoss);
        let expected = census.new_runs().min(self.max_runs.unwrap_or(u64::MAX));
        let mut progress = Progress::new(expected, metric.label(), self.quiet);
        let ended = exec::execute(pending, &options, &train, &stop, |event| match event {
            Event::Started(_) => Ok(()),
            Event::Idle => writer.tick(),
            Event::Overdue => writer.flush().map(|()| leave()),
            Event::Finished { run, outcome, started, seconds } => {
                progress.ended(cost(metric, &outcome), || selected.label(&run));
                file.ended(false);
                tally.trained += 1;
                tally.diverged += u64::from(outcome.status != Status::Done);
                let provenance = Provenance { started, seconds, ..here.clone() };
                writer.push(Record { id: run.id, description: run.description, outcome, provenance })
            }
            Event::Failed { run, message, .. } => {
                progress.ended(None, String::new);
                file.ended(true);
                let (id, description, at) = (run.id, run.description.clone(), SystemTime::now());
                let failed = Failed { id, description, message: message.clone(), at };
                tally.failed.push((run, message));
                writer.push_failed(failed)
            }
        })?;
        (_, tally.changed) = writer.finish()?;
        if ended != Ended::Stopped {
            // What follows is written whole or not at all, so that a signal may end it at once.
            stop.set();
        }
        let all = tally.trained + tally.failed.len() as u64 == census.new_runs();
        // The last runs may end just as their time does.
        let ended = if all && ended == Ended::TimeLimit { Ended::Complete } else { ended };
        Ok((tally, ended, progress.seconds()))
    }

    /// What was done, in lines to paste.
    fn tell(&self, selected: &Selected, census: &Census, tally: &Tally, seconds: f64) {
        if self.quiet {
            return;
        }
        let trained = match tally.trained {
            0 => "0 trained".to_owned(),
            n => format!(
                "{n} trained in {} ({} runs/s)",
                progress::duration(Duration::from_secs_f64(seconds)),
                text::short(n as f64 / seconds)
            ),
        };
        let part = &self.partition;
        terminal::say(format_args!(
            "{}{part}: {}: {trained}, {} cached, {} diverged, {} failed",
            selected.experiment.name,
            text::count(census.total as usize, "run"),
            census.cached(),
            census.diverged + tally.diverged,
            tally.failed.len()
        ));
    }

    /// Says which runs came out otherwise than they were stored.
    fn tell_changed(&self, tally: &Tally) {
        if let Some(first) = tally.changed.first() {
            let runs = text::count(tally.changed.len(), "run");
            terminal::say(format_args!(
                "{}: {runs} trained again with other bits than were stored, {first} first: a machine, a file or the \
                 numerics are at fault, or the version was not raised",
                terminal::red("error")
            ));
        }
    }

    /// Writes the report of a sweep that came to its end, and says what it found.
    fn report(&self, selected: &Selected, ended: Ended) -> Result<()> {
        let file = terminal::path(&self.selection.file);
        if self.partition.is_slice() {
            // The submission's last job merges and reports.
            return Ok(());
        }
        if !self.partition.is_whole() {
            self.say(format_args!(
                "this part is in {}; once all are trained: tallow store merge … --into STORE, then tallow \
                 report {file} --store STORE",
                terminal::path(&self.store.path)
            ));
            return Ok(());
        }
        if ended != Ended::Complete || self.no_report {
            self.say(format_args!("no report written; `tallow report {file}` writes one of what there is"));
            return Ok(());
        }
        if !selected.is_whole() && !self.out.is_given() {
            self.say(format_args!(
                "no report written of some of the runs; with --out DIR it would be, or by `tallow report`"
            ));
            return Ok(());
        }
        let store = Store::read_or_empty(&self.store.path)?;
        let analysis = selected.analysis(&store, &[])?;
        if !analysis.has_outcome() {
            self.say(format_args!("no report written: no run has an outcome"));
            return Ok(());
        }
        let summary = self.summary.path()?;
        let folder = self.out.folder(&selected.experiment);
        publish(&analysis, &folder, summary.as_deref())
    }

    fn say(&self, line: std::fmt::Arguments) {
        if !self.quiet {
            terminal::say(line);
        }
    }

    /// Says why a sweep ended before its time and what failed; the exit code.
    fn tell_end(&self, ended: Ended, tally: &Tally, census: &Census) -> Exit {
        terminal::errors(tally.failed.iter().map(|(run, message)| {
            let again = reproduce::command(&run.config);
            format!("run {} failed: {}\n  again: {again}", run.id, text::plain(message))
        }));
        let left = census.new_runs() - tally.trained - tally.failed.len() as u64;
        let runs = text::count(left as usize, "run");
        let then = match self.rerun || self.retry_diverged {
            true => "those to be trained again are as they were",
            false => "the same command continues",
        };
        match ended {
            Ended::Complete => {}
            Ended::Stopped => {
                terminal::say(format_args!("interrupted with {runs} left; what is finished is kept, {then}"));
                return Exit::Interrupted;
            }
            Ended::Failed => terminal::say(format_args!("ended at the first failure with {runs} left")),
            Ended::MaxRuns => terminal::say(format_args!("--max-runs reached with {runs} left; {then}")),
            Ended::TimeLimit => terminal::say(format_args!("--time-limit reached with {runs} left; {then}")),
        }
        if tally.failed.is_empty() && tally.changed.is_empty() { Exit::Done } else { Exit::Failed }
    }
}

/// A run's metric, turned so that less is better; none if it diverged.
fn cost(metric: Metric, outcome: &Outcome) -> Option<f64> {
    let split = match metric {
        Metric::TrainLoss | Metric::TrainAccuracy => Some(outcome.train),
        Metric::TestLoss | Metric::TestAccuracy => outcome.test,
    }?;
    let value = if metric.higher_is_better() { -split.accuracy? } else { split.loss };
    (outcome.status == Status::Done && value.is_finite()).then_some(f64::from(value))
}

/// From now on the first signal asks the sweep to end, the second ends the process.
pub(super) fn stop_on_signals() -> Result<Arc<Stop>> {
    let stop = Arc::new(Stop::default());
    exec::stop_on_signals(Arc::clone(&stop))
        .map_err(|error| Error::failed(format_args!("cannot listen for signals: {error}")))?;
    Ok(stop)
}

/// Ends the process without waiting for the runs in flight, which have been asked to end.
pub(super) fn leave() {
    terminal::say(format_args!(
        "interrupted, without waiting for runs in flight; what is finished is kept, the same command continues"
    ));
    std::process::exit(Exit::Interrupted as i32);
}

/// Cores this process may use.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Tests see what becomes of a run that panics by naming its seed here.
fn break_on_purpose(cohort: &[RunConfig]) {
    let seed = std::env::var("__TALLOW_PANIC_AT_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let Some(seed) = seed else { return };
    assert!(cohort.iter().all(|run| run.seed != seed), "seed {seed} was told to panic");
}
