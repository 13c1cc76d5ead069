//! What the runs that are new will take, judged by some of them: time, and memory while they are trained and reported.

use std::collections::BTreeMap;

use crate::dataset::{Cache, Dataset};
use crate::engine::memory;
use crate::exec::Census;
use crate::plan::Run;
use crate::report::tables;
use crate::search::CHUNK;
use crate::store::{self, Durations};

/// Runs looked at to say what all will cost.
pub(super) const SAMPLE: u64 = 1000;

/// Bytes that a process takes before the first run of a report: the program, and what it draws letters and pictures with.
const REPORT: u64 = 28 << 20;

/// Bytes of a run in an analysis, beside its numbers.
const IN_ANALYSIS: u64 = 640;

/// Bytes of a grid point in an analysis and what is made of it.
const OF_A_POINT: u64 = 2 << 10;

/// Bytes of a run in the tables of a report.
const IN_TABLES: u64 = 128;

/// Halves of the weights of runs that are read together that are in memory, beside where they are kept: once or twice, as the
/// allocator has it.
const AS_READ: u64 = 3;

/// Bytes of a run in the store's pages that stay in memory when it is read: long content is not among them.
const PAGES: u64 = 4 << 10;

/// Of runs that come one by one, some that are spread evenly among them.
#[derive(Debug)]
pub(super) struct Sample {
    runs: Vec<Run>,
    /// Every so many is taken.
    every: u64,
    seen: u64,
}

impl Default for Sample {
    fn default() -> Self {
        Self { runs: Vec::new(), every: 1, seen: 0 }
    }
}

impl Sample {
    pub fn take(&mut self, run: &Run) {
        if self.seen.is_multiple_of(self.every) {
            self.runs.push(run.clone());
        }
        self.seen += 1;
        if self.runs.len() as u64 > 2 * SAMPLE {
            let mut place = 0;
            self.runs.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.every *= 2;
        }
    }
}

/// What the runs that are new will take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forecast {
    /// Seconds with all threads at work; `None` if no run like these was ever timed.
    pub seconds: Option<f64>,
    /// Bytes of memory while training.
    pub training: u64,
    /// Bytes of memory for the report of all.
    pub report: u64,
}

/// What runs are judged by.
pub(super) struct Outlook<'a> {
    pub census: Census,
    /// Some of those that are new.
    pub new: &'a Sample,
    /// Some of all.
    pub all: &'a Sample,
    /// Seeds of each grid point.
    pub seeds: u64,
    /// Threads that train.
    pub threads: usize,
}

impl Forecast {
    pub fn of(Outlook { census, new, all, seeds, threads }: &Outlook, durations: &Durations) -> Self {
        let busy = (*threads as u64).min(census.new_runs());
        let timed: Vec<f64> = new.runs.iter().filter_map(|run| durations.estimate(&run.description)).collect();
        let each = (!timed.is_empty()).then(|| timed.iter().sum::<f64>() / timed.len() as f64);
        let seconds = each.map(|each| each * census.new_runs() as f64 / busy.max(1) as f64);
        Self {
            seconds,
            training: training(new, census.new_runs(), busy, *seeds),
            report: report(all, census.total, *seeds),
        }
    }
}

/// A process that trains so many runs like these, some of them at once, takes what each training takes, the user's files,
/// generated data for the next run of the same seed, and what the store keeps of its file.
fn training(Sample { runs, .. }: &Sample, new: u64, busy: u64, seeds: u64) -> u64 {
    let mut files = BTreeMap::new();
    let mut datasets: Vec<&Dataset> = Vec::new();
    for Run { config, .. } in runs {
        if let Some((hash, file)) = config.dataset.content_hash().zip(config.dataset.file()) {
            files.insert(hash, file.bytes() as u64);
        }
        if !datasets.contains(&&config.dataset) {
            datasets.push(&config.dataset);
        }
    }
    let one = runs.iter().map(|run| memory::needed(&run.config)).max().unwrap_or(0);
    let largest = runs.iter().map(kept).max().unwrap_or(0);
    let stored = store::memory_to_keep(new, mean(runs, kept), largest);
    // While an outcome is stored, the next run is trained in its place, if there is one.
    let at_once = match new > busy {
        true => busy.saturating_mul(one).saturating_add(stored).saturating_add(2 * busy * freed_late(largest)),
        false => busy.saturating_mul(one).max((busy.saturating_sub(1)).saturating_mul(one).saturating_add(stored)),
    };
    // What is trained on is counted already.
    let generated = Cache::memory_to_keep(&datasets, seeds.min(new).saturating_sub(busy));
    let terms = [at_once, files.values().sum(), generated];
    terms.into_iter().fold(memory::BASE, u64::saturating_add)
}

/// Bytes of freed blocks of this size that a thread keeps to use them again: malloc gives back at once what is larger.
fn freed_late(bytes: u64) -> u64 {
    const MOST: u64 = 32 << 20;
    if bytes > MOST { 0 } else { bytes }
}

/// A process that reports so many runs like these holds the numbers of every outcome, what is made of every grid point, and
/// tables unless they are too long.
fn report(Sample { runs, .. }: &Sample, total: u64, seeds: u64) -> u64 {
    let (points, listed) = (total.div_ceil(seeds.max(1)), if total > tables::ROWS as u64 { 0 } else { total });
    let each = mean(runs, numbers).saturating_add(IN_ANALYSIS);
    let read = store::memory_to_keep(total, mean(runs, kept).min(PAGES), 0);
    let read = read.saturating_add(AS_READ * mean(runs, weights) * total.min(CHUNK as u64) / 2);
    let terms = [each.saturating_mul(total), points.saturating_mul(OF_A_POINT), listed * IN_TABLES, read];
    terms.into_iter().fold(REPORT, u64::saturating_add)
}

/// Bytes of a run's numbers: weights, and two an epoch.
fn numbers(run: &Run) -> u64 {
    weights(run) + 8 * run.config.epochs as u64
}

/// Bytes of a run in the store: weights, two numbers an epoch, and what says which run it is.
fn kept(run: &Run) -> u64 {
    weights(run) + 8 * run.config.epochs as u64 + 1024
}

/// Bytes of a run's weights.
fn weights(run: &Run) -> u64 {
    let parameters: usize = run.config.units().windows(2).map(|ends| (ends[0] + 1) * ends[1]).sum();
    4 * parameters as u64
}

fn mean(runs: &[Run], of: fn(&Run) -> u64) -> u64 {
    runs.iter().map(of).sum::<u64>() / (runs.len() as u64).max(1)
}
