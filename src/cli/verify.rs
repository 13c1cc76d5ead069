//! `tallow verify`: trains stored runs again and compares every bit.

use super::exit::{Error, Exit, Result};
use super::progress::Progress;
use super::selection::{Selection, StorePath, chunks};
use super::{sweep, terminal};
use crate::dataset;
use crate::engine::{self, Device, Difference, Room, Tolerance, first_difference};
use crate::exec::{self, Ended, Event};
use crate::plan::{Plan, Run, RunId, reproduce};
use crate::spec::{Experiment, Lib, RunConfig};
use crate::store::{Store, StoreError};
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

    /// How many stored runs, spread evenly over the plan
    #[arg(long, value_name = "N", default_value = "20", conflicts_with = "all")]
    sample: std::num::NonZeroU64,

    /// All stored runs
    #[arg(long)]
    all: bool,

    /// Threads that train [default: all cores]
    #[arg(long, short, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,

    /// Where to train: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,

    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let device = Device::open(&args.device)?;
    let (name, stored) = args.stored()?;
    let store = Store::read(&args.store.path)?;
    let all = stored.len();
    let chosen = args.choose(stored);
    let (count, tolerant) = (chosen.len(), chosen.iter().any(|run| run.config.lib == Lib::CandleNn));
    let mut room = Room::on(&device);
    chosen.iter().try_for_each(|run| room.check(&run.config))?;
    let stop = sweep::stop_on_signals()?;
    let data = dataset::Cache::default();
    let train = |cohort: &[RunConfig]| engine::train(cohort, &data, &device, &stop);
    let jobs = args.jobs.map_or_else(sweep::cores, usize::from).min(count);
    let mut progress = Progress::new(count as u64, "", args.quiet);
    let (mut equal, mut wrong) = (0, Vec::new());
    let runs = chosen.into_iter().map(Ok::<Run, StoreError>);
    let ended = exec::execute(
        runs,
        &exec::Options { jobs, cohort: &|run| device.cohort(run, jobs), ..exec::Options::default() },
        &train,
        &stop,
        |event| {
            match event {
                Event::Finished { run, outcome, .. } => {
                    progress.ended(None, String::new);
                    let kept = store.outcome(&run.id)?;
                    let tolerance = if run.config.lib == Lib::CandleNn { CLOSE } else { Tolerance::NONE };
                    match kept.and_then(|kept| first_difference(&kept, &outcome, tolerance)) {
                        None => equal += 1,
                        Some(difference) => wrong.push((told(&run.config, &difference), run)),
                    }
                }
                Event::Failed { run, message, .. } => wrong.push((message, run)),
                Event::Started(_) | Event::Idle => {}
                Event::Overdue => sweep::leave(),
            }
            Ok(())
        },
    )?;
    drop(progress);
    for (difference, run) in wrong.iter().take(TOLD) {
        let description = text::plain(&run.description.to_string());
        terminal::print(format!("{} differs: {}\n  {description}\n", run.id, text::plain(difference)))?;
    }
    if wrong.len() > TOLD {
        terminal::print(format!("… and {} more\n", wrong.len() - TOLD))?;
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
        "{name}: {count} of {all} stored runs trained again: {equal} {how}, {} differ\n",
        wrong.len()
    ))?;
    Ok(if wrong.is_empty() { Exit::Done } else { Exit::Failed })
}

impl Args {
    /// What is verified, and its stored runs.
    fn stored(&self) -> Result<(String, Vec<Run>)> {
        if let Some(prefix) = self.selection.identity() {
            let run = self.stored_run(prefix)?;
            return Ok((format!("run {}", run.id), vec![run]));
        }
        let selected = self.selection.load()?;
        let store = Store::read(&self.store.path)?;
        let mut stored = Vec::new();
        for runs in chunks(selected.runs()) {
            let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
            let known = runs.into_iter().zip(store.statuses(&ids)?).filter(|(_, status)| status.is_some());
            stored.extend(known.map(|(run, _)| run));
        }
        if stored.is_empty() {
            return Err(self.selection.unstored(&self.store.path));
        }
        Ok((selected.experiment.name, stored))
    }

    /// The stored run whose identity begins so, from its description.
    fn stored_run(&self, prefix: &str) -> Result<Run> {
        let record = Store::read(&self.store.path)?.find(prefix)?;
        let experiment = Experiment::of_overrides("verify", &reproduce::overrides(&record.description))?;
        let run = Plan::new(&experiment).run(0);
        if run.id != record.id {
            let error = Error::failed(format_args!("the description of run {} now gives run {}", record.id, run.id));
            return Err(error.help("its data or the numerics have changed since"));
        }
        Ok(run)
    }

    /// The runs to train again, spread evenly.
    fn choose(&self, stored: Vec<Run>) -> Vec<Run> {
        let (all, wanted) = (stored.len() as u64, if self.all { u64::MAX } else { self.sample.get() });
        let count = wanted.min(all);
        let rank = |run: u64| u128::from(run) * u128::from(count) / u128::from(all);
        // The first of each of `count` equal stretches.
        let first = |i: u64| i == 0 || rank(i) != rank(i - 1);
        (0..).zip(stored).filter(|(i, _)| first(*i)).map(|(_, run)| run).collect()
    }
}

/// The first entry that differs, in the order of training, with the step after which it stood so.
fn told(run: &RunConfig, Difference { place, epoch, values }: &Difference) -> String {
    let step = epoch * run.steps_per_epoch();
    format!("{place}, after step {step}, is {} in the store and {} now", values[0], values[1])
}
