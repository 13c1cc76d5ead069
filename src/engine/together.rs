//! Runs of the fused engine trained together on an accelerator: sorted by shape, and by halves where memory is short.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fused::cohort::{self, Accelerator, Like, Need};
use super::{DeviceError, Failure, Follower, Layer, Outcome, Parts, Stop, Training, Watch};
use crate::dataset::{Cache, Data, Order};
use crate::measure::Split;
use crate::model::Rows;
use crate::regularize::ClassWeight;
use crate::spec::RunConfig;

/// A run with what it is trained on.
struct Ready<'a> {
    /// Its place in the cohort.
    place: usize,
    run: &'a RunConfig,
    parts: Parts,
    data: Arc<Data>,
}

/// Trains runs, each with `lib = "fused"`, on an accelerator. The outcomes come in the order of the runs and are those
/// that each has alone on a CPU. Where the accelerator fails, one run of those concerned says why and the others are
/// dropped.
pub fn train_on(
    runs: &[RunConfig],
    cache: &Cache,
    stop: &Stop,
    accelerator: &mut dyn Accelerator,
) -> Vec<Result<Outcome, Failure>> {
    let mut results: Vec<_> = runs.iter().map(|_| Err(Failure::Stopped)).collect();
    let mut shapes: Vec<Vec<Ready>> = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        // Drawing data for many runs takes its time too.
        if stop.is_set() {
            return results;
        }
        let data = match cache.get(&run.dataset, run.seed) {
            Ok(data) => data,
            Err(error) => {
                results[place] = Err(error.into());
                continue;
            }
        };
        let ready = Ready { place, run, parts: Parts::of(run, &data), data };
        match shapes.iter_mut().find(|shape| same_shape(&shape[0], &ready)) {
            Some(shape) => shape.push(ready),
            None => shapes.push(vec![ready]),
        }
    }
    for shape in &shapes {
        train_shape(shape, stop, accelerator, &mut results);
    }
    results
}

fn same_shape(a: &Ready, b: &Ready) -> bool {
    (&a.parts.units, a.run.epochs, a.run.batching()) == (&b.parts.units, b.run.epochs, b.run.batching())
        && (a.data.task, a.data.train.len()) == (b.data.task, b.data.train.len())
}

fn train_shape(
    runs: &[Ready],
    stop: &Stop,
    accelerator: &mut dyn Accelerator,
    results: &mut [Result<Outcome, Failure>],
) {
    match train_together(runs, stop, accelerator) {
        Ok(outcomes) => {
            for (ready, outcome) in runs.iter().zip(outcomes) {
                results[ready.place] = Ok(outcome.in_units_of(&ready.data));
            }
        }
        Err(failure) if failure.is_out_of_memory() && runs.len() > 1 => {
            let (some, others) = runs.split_at(runs.len() / 2);
            train_shape(some, stop, accelerator, results);
            train_shape(others, stop, accelerator, results);
        }
        // The memory that it lacks may be other cohorts'.
        Err(failure) if failure.is_out_of_memory() && accelerator.wait_alone() => {
            train_shape(runs, stop, accelerator, results);
        }
        Err(failure) => results[runs[0].place] = Err(failure),
    }
}

/// Trains runs of one shape at once.
fn train_together(runs: &[Ready], stop: &Stop, accelerator: &mut dyn Accelerator) -> Result<Vec<Outcome>, Failure> {
    // Replicates of the same data have the same orders, whatever else they differ in.
    let key = |ready: &Ready| (Arc::as_ptr(&ready.data), ready.run.seed);
    let orders: BTreeMap<_, _> = runs
        .iter()
        .filter(|ready| ready.run.shuffle)
        .map(|ready| {
            let order = Order::new(&ready.run.dataset, ready.run.seed);
            (key(ready), move |epoch| order.stream(epoch))
        })
        .collect();
    let trainings = runs.iter().map(|ready| {
        let order = if ready.run.shuffle { orders.get(&key(ready)).map(|order| order as _) } else { None };
        Training::of(ready.run, &ready.parts, &ready.data, order, stop)
    });
    let followers = followers(runs);
    let trainings = trainings.zip(&followers).map(|(training, follower)| {
        let watch = follower.as_ref().map(|follower| follower as &dyn Watch);
        Training { watch, ..training }
    });
    let trainings: Vec<Training> = trainings.collect();
    let layers = runs.iter().map(|ready| ready.run.init.draw(&ready.parts.units, ready.run.seed));
    let layers: Vec<Vec<Layer>> = layers.collect();
    let outcomes = cohort::train(&trainings, &layers, accelerator)?;
    let complete = |(outcome, follower): (Outcome, Option<Follower>)| match follower {
        Some(follower) => follower.complete(outcome),
        None => outcome,
    };
    Ok(outcomes.into_iter().zip(followers).map(complete).collect())
}

/// What follows each of the runs; those of the same data share its rows.
fn followers<'a>(runs: &'a [Ready]) -> Vec<Option<Follower<'a>>> {
    let mut packed: BTreeMap<(*const Data, Split), Rows<'a>> = BTreeMap::new();
    let mut follower = |ready: &'a Ready| {
        let data = &*ready.data;
        Follower::of(ready.run, ready.data.loss_unit(), |split| {
            let rows = || Rows::new(data.task, data.features, super::table(data, split));
            packed.entry((data, split)).or_insert_with(rows).clone()
        })
    };
    runs.iter().map(&mut follower).collect()
}

/// Whether its samples count differently in training.
fn is_weighted(run: &RunConfig) -> bool {
    run.dataset.is_weighted() || run.class_weight != ClassWeight::None
}

/// What a run's training needs on a device.
///
/// # Errors
/// If the kernels do not train it, or cannot address it.
pub(super) fn need(run: &RunConfig) -> Result<Need, DeviceError> {
    cohort::check(&run.optimizer, &run.wrappers())?;
    let (units, samples) = (run.units(), run.dataset.train_len(run.seed));
    let like = Like {
        units: &units,
        task: run.dataset.shape().task,
        samples,
        batching: run.batching(),
        weighted: is_weighted(run),
        clipped: run.clip_norm.0.is_some(),
        apart: run.optimizer.of_biases(run.decay_biases).is_some(),
    };
    cohort::need(like, &run.activation, &run.optimizer)
}

/// Whether two runs are the same work on different numbers, in memory laid out alike: one that needs more of it would have
/// all others need as much.
pub fn alike(a: &RunConfig, b: &RunConfig) -> bool {
    (a.lib, a.epochs, a.batching()) == (b.lib, b.epochs, b.batching())
        && a.hidden == b.hidden
        && a.dataset.shape() == b.dataset.shape()
        && a.dataset.train_len(a.seed) == b.dataset.train_len(b.seed)
        && is_weighted(a) == is_weighted(b)
        && a.clip_norm.0.is_some() == b.clip_norm.0.is_some()
        && a.optimizer.of_biases(a.decay_biases).is_some() == b.optimizer.of_biases(b.decay_biases).is_some()
        && cohort::check(&a.optimizer, &a.wrappers()) == cohort::check(&b.optimizer, &b.wrappers())
        && (a.optimizer == b.optimizer || cohort::slots(&a.optimizer) == cohort::slots(&b.optimizer))
        && cohort::keeps_inputs(&a.activation) == cohort::keeps_inputs(&b.activation)
}
