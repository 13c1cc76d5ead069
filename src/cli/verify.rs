//! `tallow verify`: trains stored runs again and compares every bit.

use super::exit::{Error, Exit, Result};
use super::progress::Progress;
use super::selection::{Selection, StorePath};
use super::{reproduce, sweep, terminal};
use crate::analysis::{Layer, Metrics, Outcome};
use crate::dataset;
use crate::engine::{self, Device};
use crate::exec::{self, Ended, Event};
use crate::plan::{Plan, Run};
use crate::spec::{Experiment, Lib, RunConfig};
use crate::store::{Store, StoreError};
use crate::text;

/// Differing runs told in full.
const TOLD: usize = 20;

/// candle-nn chooses kernels by machine: two numbers agree within this share, or this difference near 0.
const TOLERANCE: (f32, f32) = (1e-4, 1e-6);

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
    let stop = sweep::stop_on_signals()?;
    let data = dataset::Cache::default();
    let train = |cohort: &[RunConfig]| engine::train(cohort, &data, &device, &stop);
    let jobs = args.jobs.map_or_else(sweep::cores, usize::from);
    let mut progress = Progress::new(count as u64, "", args.quiet);
    let (mut equal, mut wrong) = (0, Vec::new());
    let runs = chosen.into_iter().map(Ok::<Run, StoreError>);
    let ended = exec::execute(
        runs,
        &exec::Options { jobs, cohort: device.cohort(), ..exec::Options::default() },
        &train,
        &stop,
        |event| {
            match event {
                Event::Finished { run, outcome, .. } => {
                    progress.ended(None, String::new);
                    let kept = store.outcome(&run.id)?;
                    match kept.and_then(|kept| difference(&kept, &outcome, run.config.lib)) {
                        None => equal += 1,
                        Some(difference) => wrong.push((run, difference)),
                    }
                }
                Event::Failed { run, message, .. } => wrong.push((run, message)),
                Event::Started(_) | Event::Idle => {}
                Event::Overdue => sweep::leave(),
            }
            Ok(())
        },
    )?;
    drop(progress);
    if ended == Ended::Stopped {
        terminal::say(format_args!("interrupted after {} of {count} runs", equal + wrong.len()));
        return Ok(Exit::Interrupted);
    }
    for (run, difference) in wrong.iter().take(TOLD) {
        let description = text::plain(&run.description.to_string());
        terminal::print(format!("{} differs: {}\n  {description}\n", run.id, text::plain(difference)))?;
    }
    if wrong.len() > TOLD {
        terminal::print(format!("… and {} more\n", wrong.len() - TOLD))?;
    }
    let how = match tolerant {
        true => format!("equal (fused: to the bit; candle-nn: within {:e} relative or {:e})", TOLERANCE.0, TOLERANCE.1),
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
        for run in selected.runs() {
            if store.status(&run.id)?.is_some() {
                stored.push(run);
            }
        }
        if stored.is_empty() {
            let path = self.store.path.display();
            let error = Error::refused(format_args!("`{path}` holds no run of this experiment"));
            return Err(error.help(format!("tallow sweep {}", self.selection.file.display())));
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

/// The first number in which two outcomes of one run differ, in the order of training.
fn difference(kept: &Outcome, again: &Outcome, lib: Lib) -> Option<String> {
    let same = |a: f32, b: f32| {
        let close = || lib == Lib::CandleNn && (a - b).abs() <= TOLERANCE.1.max(TOLERANCE.0 * a.abs());
        a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) || close()
    };
    let told = |what: String, a: f32, b: f32| Some(format!("{what} is {a:?} in the store and {b:?} now"));
    let epochs = (kept.history.last.len(), again.history.last.len());
    for epoch in 0..epochs.0.min(epochs.1) {
        for (name, a, b) in
            [("last batch", &kept.history.last, &again.history.last), ("mean", &kept.history.mean, &again.history.mean)]
        {
            if !same(a[epoch], b[epoch]) {
                return told(format!("the loss of epoch {} ({name})", epoch + 1), a[epoch], b[epoch]);
            }
        }
    }
    if kept.status != again.status || epochs.0 != epochs.1 {
        return Some(format!(
            "{:?} after {} epochs in the store, {:?} after {} now",
            kept.status, epochs.0, again.status, epochs.1
        ));
    }
    for (i, (a, b)) in kept.layers.iter().zip(&again.layers).enumerate() {
        let numbers = |layer: &Layer| layer.weight.iter().chain(&layer.bias).copied().collect::<Vec<f32>>();
        let (a, b) = (numbers(a), numbers(b));
        if let Some(at) = (0..a.len().min(b.len())).find(|&at| !same(a[at], b[at])) {
            return told(format!("parameter {} of layer {}", at + 1, i + 1), a[at], b[at]);
        }
    }
    let metrics = |outcome: &Outcome| {
        let split = |metrics: Option<Metrics>| metrics.map_or([0.0; 2], |m| [m.loss, m.accuracy.unwrap_or_default()]);
        [split(Some(outcome.train)), split(outcome.test)].concat()
    };
    let names = ["final train loss", "final train accuracy", "final test loss", "final test accuracy"];
    let pairs = metrics(kept).into_iter().zip(metrics(again));
    let (name, (a, b)) = names.into_iter().zip(pairs).find(|(_, (a, b))| !same(*a, *b))?;
    told(format!("the {name}"), a, b)
}
