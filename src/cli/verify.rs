//! `tallow verify`: trains stored runs again and compares every bit.

use std::path::Path;

use super::exit::{Error, Exit, Result};
use super::interrupt::Interrupt;
use super::machine::Machine;
use super::progress::Progress;
use super::selection::{Selection, StorePath};
use super::verified::Verified;
use super::{provenance, terminal};
use crate::dataset;
use crate::engine::memory::Memory;
use crate::engine::{self, Device, Difference, Room, Status, Tolerance, first_difference};
use crate::exec::{self, Census, Ended, Event, Options};
use crate::numerics::VERSION;
use crate::plan::{Run, RunId};
use crate::search::{Part, Retrain, Survey};
use crate::spec::{Lib, RunConfig};
use crate::store::{Record, Store};
use crate::text;

/// Differing runs told in full.
const TOLD: usize = 20;

/// candle-nn chooses kernels by machine: two numbers agree within this share, or this difference near 0.
const CLOSE: Tolerance = Tolerance { relative: 1e-4, absolute: 1e-6 };

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    /// Train this many stored runs again, spread evenly over the plan; the next sample takes others, until all are covered
    #[arg(long, value_name = "N", default_value = "20", conflicts_with = "all")]
    sample: std::num::NonZeroU64,

    /// Train all stored runs again
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    machine: Machine,

    /// Print nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let device = args.machine.device()?;
    let (name, store, stored) = args.stored()?;
    let (all, ids) = (stored.len(), stored.iter().map(|run| run.id).collect::<Vec<RunId>>());
    let mut verified = Verified::beside(&args.store.path, &provenance::here(&device));
    if ids.iter().all(|id| verified.has(id)) {
        verified.forget(&ids);
    }
    let chosen = args.choose(stored, &verified);
    let (count, tolerant) = (chosen.len(), chosen.iter().any(|run| run.config.lib == Lib::CandleNn));
    let mut room = Room::on(&device);
    chosen.iter().try_for_each(|run| room.check(&run.config))?;
    let mut comparison = Comparison { store: &store, equal: 0, wrong: Vec::new(), untrained: 0, verified };
    let ended = args.train(chosen, &device, &mut comparison)?;
    comparison.tell()?;
    let Comparison { equal, wrong, untrained, verified, .. } = comparison;
    if let Err(error) = verified.keep() {
        terminal::say(format_args!("what was verified cannot be noted beside the store: {error}"));
    }
    if ended == Ended::Stopped {
        terminal::say(format_args!("interrupted after {} of {count} runs", equal + wrong.len()));
        return Ok(Exit::Interrupted);
    }
    let how = match tolerant {
        true => format!(
            "equal (fused: to the bit; candle-nn: within {:e} relative or {:e})",
            CLOSE.relative, CLOSE.absolute
        ),
        false => "equal to the bit".to_owned(),
    };
    terminal::print(format!(
        "{name}: {count} of {all} stored runs trained again: {equal} {how}, {} differ{}\n",
        wrong.len() - untrained,
        if untrained > 0 { format!(", {untrained} not trained") } else { String::new() }
    ))?;
    let covered = ids.iter().filter(|id| verified.has(id)).count();
    if covered < all {
        let share = text::short(100.0 * covered as f64 / all as f64);
        terminal::print(format!(
            "verified so far: {covered} of {all} stored runs ({share} %); the next sample takes others\n"
        ))?;
    } else if all > 1 {
        terminal::print(format!("verified so far: all {all} stored runs; the next sample begins a new round\n"))?;
    }
    Ok(if wrong.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Sets what runs come to now against what is stored of them.
struct Comparison<'a> {
    store: &'a Store,
    equal: usize,
    /// Runs that differ or could not be trained, and how or why.
    wrong: Vec<(String, Run)>,
    /// Of these, those that could not be trained.
    untrained: usize,
    verified: Verified,
}

impl Comparison<'_> {
    fn on(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Finished { run, outcome, .. } => {
                let kept = self.store.outcome(&run.id)?;
                let tolerance = if run.config.lib == Lib::CandleNn { CLOSE } else { Tolerance::NONE };
                match kept.and_then(|kept| first_difference(&kept, outcome, tolerance)) {
                    None => {
                        self.equal += 1;
                        self.verified.add(run.id);
                    }
                    Some(difference) => {
                        self.wrong.push((format!("differs: {}", told(&run.config, &difference)), run.clone()));
                    }
                }
            }
            Event::Failed { run, message, .. } => {
                self.untrained += 1;
                self.wrong.push((format!("could not be trained again: {message}"), run.clone()));
            }
            _ => {}
        }
        Ok(())
    }

    fn tell(&self) -> Result<()> {
        for (why, run) in self.wrong.iter().take(TOLD) {
            let description = text::plain(&run.description.to_string());
            terminal::print(format!("run {} {}\n  {description}\n", run.id, text::plain(why)))?;
        }
        if self.wrong.len() > TOLD {
            terminal::print(format!("… and {} more\n", self.wrong.len() - TOLD))?;
        }
        Ok(())
    }
}

impl Args {
    /// What is verified, the store, and the runs of it.
    fn stored(&self) -> Result<(String, Store, Vec<Run>)> {
        let path = &self.store.path;
        if let Some(prefix) = self.selection.identity() {
            let store = Store::read(path)?;
            let run = stored_run(&store, prefix)?;
            return Ok((format!("run {}", run.id), store, vec![run]));
        }
        let selected = self.selection.load()?;
        let store = Store::read(path)?;
        let mut stored = Vec::new();
        let look = |_, run: &Run, status: Option<Status>| {
            stored.extend(status.map(|_| run.clone()));
            Ok::<_, Error>(())
        };
        Survey::take(&selected.grid(Part::Whole), &store, Retrain::Nothing, look)?;
        if stored.is_empty() {
            let version = selected.version(&store)?;
            let older = || format!("the runs of this experiment in `{}` were made", terminal::path(path));
            return Err(if version < VERSION { outdated(older(), version) } else { self.selection.unstored(path) });
        }
        Ok((selected.experiment.name, store, stored))
    }

    /// Trains these runs and shows what they come to.
    fn train(&self, runs: Vec<Run>, device: &Device, comparison: &mut Comparison) -> Result<Ended> {
        let mut interrupt = Interrupt::default();
        let mut progress = Progress::new(self.quiet);
        let (stop, data, jobs) = (interrupt.stop(), dataset::Cache::default(), self.machine.threads());
        let memory = Memory::of(device);
        let train = |cohort: &[RunConfig]| memory.train(cohort, || engine::train(cohort, &data, device, &stop));
        let options = Options { jobs, cohort: &|run| device.cohort(run, jobs), ..Options::default() };
        let census = Census::of_new(runs.len() as u64);
        exec::execute(runs.into_iter(), census, &options, &train, &stop, |event| {
            interrupt.on(event)?;
            progress.on(event);
            comparison.on(event)
        })
    }

    /// The runs to train again: of those not verified yet as many as are wanted, then of the others.
    fn choose(&self, stored: Vec<Run>, verified: &Verified) -> Vec<Run> {
        if self.all {
            return stored;
        }
        let wanted = usize::try_from(self.sample.get()).unwrap_or(usize::MAX);
        let (known, new): (Vec<Run>, Vec<Run>) = stored.into_iter().partition(|run| verified.has(&run.id));
        let mut chosen = spread(new, wanted);
        let left = wanted - chosen.len();
        chosen.extend(spread(known, left));
        chosen
    }
}

/// So many of these runs, or all of them, spread evenly: the first of each of `count` equal stretches.
fn spread(runs: Vec<Run>, count: usize) -> Vec<Run> {
    let (all, count) = (runs.len() as u128, count.min(runs.len()) as u128);
    let stretch = |i: u128| i * count / all;
    let first = |i: u128| count > 0 && (i == 0 || stretch(i) != stretch(i - 1));
    (0..).zip(runs).filter(|(i, _)| first(*i)).map(|(_, run)| run).collect()
}

/// The stored run whose identity begins so, from its description.
fn stored_run(store: &Store, prefix: &str) -> Result<Run> {
    let record = store.find(prefix)?;
    match record.provenance.numerics {
        VERSION => again(&record),
        other => Err(outdated(format!("run {} was made", record.id), other)),
    }
}

/// The error of runs that this tallow cannot come to again.
fn outdated(were_made: String, version: u32) -> Error {
    let error = Error::refused(format_args!(
        "{were_made} under version {version} of the numerics, and this tallow computes under version {VERSION}"
    ));
    error.help("a tallow of that version verifies them; `tallow sweep FILE` trains the runs of an experiment anew")
}

/// A stored run as it could be trained again: its data are where they were, and the same.
pub(super) fn again(record: &Record) -> Result<Run> {
    let unreadable = |error| Error::failed(format_args!("run {} cannot be trained again: {error}", record.id));
    let mut config = RunConfig::try_from(&record.description).map_err(unreadable)?;
    if let Some(origin) = &record.provenance.source {
        config.dataset = config.dataset.at(origin);
    }
    config.dataset = config.dataset.open(Path::new("")).map_err(Error::failed)?;
    let run = Run::new(config).under(record.provenance.numerics);
    if run.id != record.id {
        let error = Error::failed(format_args!("the description of run {} now gives run {}", record.id, run.id));
        return Err(error.help("its data have changed since"));
    }
    Ok(run)
}

/// The first entry that differs, in the order of training, with the step after which it stood so.
fn told(run: &RunConfig, Difference { place, epoch, values }: &Difference) -> String {
    let step = epoch * run.steps_per_epoch();
    format!("{place}, after step {step}, is {} in the store and {} now", values[0], values[1])
}
