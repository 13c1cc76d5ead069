//! Training: `train(RunConfig) -> Outcome`, a pure function of the configuration, in two implementations.
//!
//! An engine takes a cohort, a slice of runs of equal shape: one at a time on a CPU, thousands in one launch on a GPU.
//! An outcome never depends on who else is in its cohort. Engines know no ids, plan, store or terminal.

pub mod candle;
mod chance;
mod device;
mod difference;
mod follow;
pub mod fused;
#[cfg(feature = "cuda")]
mod gpu;
pub mod memory;
#[cfg(not(feature = "cuda"))]
mod no_gpu;
mod refusal;
mod together;
mod training;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::dataset::{Cache, Data, Order, Table};
use crate::measure::series::{LOSS_LAST, LOSS_MEAN};
use crate::measure::{Evaluation, Measure, Series, Split, Unit};
pub use crate::measure::{Histories, Measures, Metric};
pub use crate::model::Layer;
use crate::model::Rows;
use crate::spec::{Lib, RunConfig};
use crate::text::size;

pub use chance::{Chance, Dropout};
pub use device::{Device, Room};
pub use difference::{Difference, Tolerance, first_difference};
pub use follow::Follower;
#[cfg(feature = "cuda")]
pub use gpu::open_all_queues;
pub use refusal::DeviceError;
pub use together::{alike, train_on};
pub use training::{Parts, Training};
pub use watch::{Best, Epoch, Patience, Verdict, View, Watch};

/// How a run ended. A failed or interrupted run has no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All epochs were trained, or as many as a watcher let it train.
    Done,
    /// The loss became NaN or infinite in this epoch (1-based); training stopped there.
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
    },
}

/// The series that every training yields as it goes: a number for each epoch, the epoch of divergence included.
#[derive(Clone, Debug, Default)]
struct History {
    /// Loss of the epoch's last batch, before its update (the tutorial's figure).
    last: Vec<f32>,
    /// Mean over the losses of the epoch's batches; over its samples where these or the batches count differently.
    mean: Vec<f32>,
}

impl History {
    /// The last epoch.
    fn epoch(&self) -> Epoch {
        let last = |losses: &[f32]| losses.last().copied().unwrap_or(f32::NAN);
        Epoch { number: self.last.len(), last: last(&self.last), mean: last(&self.mean) }
    }
}

impl From<History> for Histories {
    fn from(history: History) -> Self {
        [(LOSS_LAST.name.into(), history.last), (LOSS_MEAN.name.into(), history.mean)].into()
    }
}

/// The mean loss of an epoch in the making.
#[derive(Clone, Copy, Debug, Default)]
struct EpochMean {
    sum: f64,
    weight: f64,
}

impl EpochMean {
    /// Takes a sum of losses of this weight.
    fn add(&mut self, sum: f64, weight: f64) {
        self.sum += sum;
        self.weight += weight;
    }

    /// 0 where nothing has weight.
    fn value(self) -> f32 {
        let mean = self.sum / if self.weight == 0.0 { 1.0 } else { self.weight };
        crate::numerics::canonical(mean as f32)
    }
}

/// What a run yields.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Numbers of every epoch, by name.
    pub series: Histories,
    /// Numbers of the end, with the final weights, by name.
    pub measures: Measures,
    /// The weights after the last epoch, or those that a watcher had it keep.
    pub layers: Vec<Layer>,
}

impl Outcome {
    /// A series by its name; empty where the run has none such.
    pub fn series(&self, series: &Series) -> &[f32] {
        self.series.get(series.name).map_or(&[], Vec::as_slice)
    }

    /// Whether the run has a series.
    pub fn has(&self, series: &Series) -> bool {
        self.series.contains_key(series.name)
    }

    /// What the run is judged by; `None` where that does not apply to it.
    pub fn value(&self, metric: Metric) -> Option<f32> {
        self.measures.get(metric.name()).copied()
    }

    /// Bytes of its numbers.
    pub fn bytes(&self) -> usize {
        let weights: usize = self.layers.iter().map(|layer| layer.weight.len() + layer.bias.len()).sum();
        size_of::<f32>() * (weights + self.series.values().map(Vec::len).sum::<usize>())
    }

    /// With every number that has the unit of a scaled target, or its square, in the target's own unit, rounded once more.
    fn in_units_of(mut self, data: &Data) -> Self {
        let unit = data.loss_unit();
        if unit == 1.0 {
            return self;
        }
        let in_unit = |of: Unit| {
            let factor = of.factor(unit);
            move |number: &mut f32| {
                if let Some(factor) = factor {
                    *number = crate::numerics::canonical((f64::from(*number) * factor) as f32);
                }
            }
        };
        for series in Series::all() {
            self.series.get_mut(series.name).into_iter().flatten().for_each(in_unit(series.unit));
        }
        for metric in Metric::all() {
            self.measures.get_mut(metric.name()).into_iter().for_each(in_unit(metric.measure.unit));
        }
        self
    }

    /// Epochs trained, the epoch of divergence included.
    pub fn epochs(&self) -> usize {
        self.series.values().map(Vec::len).max().unwrap_or(0)
    }
}

/// The samples of a split.
fn table(data: &Data, split: Split) -> &Table {
    match split {
        Split::Train => &data.train,
        Split::Validation => &data.validation,
        Split::Test => &data.test,
    }
}

/// What the training measures over the training samples, and over those held out, if there are any. `evaluate` tells of each
/// row too where that is asked of it.
fn measured<'a, E>(
    training: &Training<'a>,
    mut evaluate: impl FnMut(&'a Table, bool) -> Result<Evaluation<'a>, E>,
) -> Result<Measures, E> {
    let (data, wanted) = (training.data, training.measures);
    let mut measures = Measures::new();
    for (split, table) in Split::ALL.map(|split| (split, table(data, split))) {
        if split == Split::Train || !table.is_empty() {
            measures.extend(evaluate(table, needs_outputs(wanted))?.measures(split, wanted));
        }
    }
    Ok(measures)
}

/// Whether any of these measures needs to know what a network says of each row.
fn needs_outputs(measures: &[Measure]) -> bool {
    measures.iter().any(|measure| measure.needs_outputs)
}

/// A run that could not be trained. Completes “run failed: …”.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Asked to stop before the end; nothing is kept.
    #[error("stopped before the end")]
    Stopped,
    /// The data could not be had.
    #[error("{0}")]
    Data(#[from] crate::dataset::DataError),
    /// The device cannot train this run.
    #[error("{0}")]
    Device(#[from] DeviceError),
    /// Its training does not fit in memory.
    #[error("training needs {} of memory, and {} are available", size(*.needed), size(*.available))]
    TooLarge {
        /// Bytes.
        needed: u64,
        /// Bytes.
        available: u64,
    },
    /// The process of its own in which it was trained ended without an outcome.
    #[error("the process that trained it {0}")]
    Died(String),
    /// candle reported an error.
    #[error("{}", reason(.0))]
    Candle(#[from] candle_core::Error),
}

impl Failure {
    /// Whether the device is gone, so that no other run can be trained on it either.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Device(DeviceError::Lost { .. }))
    }

    /// Whether the device had no memory left.
    fn is_out_of_memory(&self) -> bool {
        self.says(&["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED", "CURAND_STATUS_ALLOCATION_FAILED"])
    }

    /// Whether the driver of the device, or a library that candle uses on it, reported it.
    #[cfg(any(feature = "cuda", test))]
    fn is_of_device(&self) -> bool {
        self.says(&["CUDA_ERROR", "CUBLAS_STATUS", "CURAND_STATUS"])
    }

    /// Whether candle's error has one of these words: the libraries' own, as candle hands their types on in a build with CUDA only.
    fn says(&self, words: &[&str]) -> bool {
        let text = if let Self::Candle(error) = self { error.to_string() } else { return false };
        words.iter().any(|word| text.contains(word))
    }
}

/// What candle says went wrong, without the backtrace it may carry.
fn reason(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A request to end early, shared by everyone; engines look at it before every step.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Asks to stop.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether someone asked.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Trains every run of a cohort. The outcomes come in the order of the runs, and each depends on its run alone.
pub fn train(cohort: &[RunConfig], cache: &Cache, device: &Device, stop: &Stop) -> Vec<Result<Outcome, Failure>> {
    match device.next() {
        Some(gpu) => gpu.train(cohort, cache, stop),
        None => cohort.iter().map(|run| train_one(run, cache, stop)).collect(),
    }
}

/// On the CPU.
fn train_one(run: &RunConfig, cache: &Cache, stop: &Stop) -> Result<Outcome, Failure> {
    let data = cache.get(&run.dataset, run.seed)?;
    train_alone(run, &data, stop, |training, layers| match run.lib {
        Lib::CandleNn => candle::train(training, layers, &candle_core::Device::Cpu),
        Lib::Fused => fused::train(training, layers),
    })
}

/// Trains a run by itself, followed as it asks for; its losses are in the target's own unit.
fn train_alone(
    run: &RunConfig,
    data: &Data,
    stop: &Stop,
    train: impl FnOnce(&Training, &[Layer]) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let order = Order::new(&run.dataset, run.seed);
    let shuffled = |epoch| order.stream(epoch);
    let order = if run.shuffle { Some(&shuffled as _) } else { None };
    let pack = |split| Rows::new(data.task, data.features, table(data, split));
    let follower = Follower::of(run, data.loss_unit(), pack);
    let watch = follower.as_ref().map(|follower| follower as &dyn Watch);
    let parts = Parts::of(run, data);
    let training = Training { watch, ..Training::of(run, &parts, data, order, stop) };
    let outcome = train(&training, &run.init.draw(&parts.units, run.seed))?;
    let outcome = match follower {
        Some(follower) => follower.complete(outcome),
        None => outcome,
    };
    Ok(outcome.in_units_of(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_and_its_libraries_say_is_told_from_what_a_run_does() {
        let of = |words: &str| {
            let failure = Failure::Candle(candle_core::Error::Cuda(words.into()));
            (failure.is_of_device(), failure.is_out_of_memory())
        };
        assert_eq!(of("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")"), (true, true));
        assert_eq!(of("CublasError(CUBLAS_STATUS_ALLOC_FAILED)"), (true, true));
        assert_eq!(of("CurandError(CURAND_STATUS_ALLOCATION_FAILED)"), (true, true));
        assert_eq!(of("DriverError(CUDA_ERROR_LAUNCH_FAILED, \"unspecified launch failure\")"), (true, false));
        assert_eq!(of("CublasError(CUBLAS_STATUS_EXECUTION_FAILED)"), (true, false));
        assert_eq!(of("shape mismatch in matmul"), (false, false));
        assert!(!Failure::Stopped.is_of_device());
    }
}
