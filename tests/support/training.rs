//! A fused training with all it is made of, to be trained under any instruction set.

use std::sync::Mutex;

use tallow::activation::Activation;
use tallow::dataset::{Batching, Data, Table, Task};
use tallow::engine::{
    Best, Chance, Epoch, Failure, Follower, Layer, Outcome, Patience, Stop, Training, Verdict, View, Watch, fused,
};
use tallow::measure::series::{LOSS_LAST, LOSS_MEAN};
use tallow::measure::{Better, Measure, Split};
use tallow::model::Rows;
use tallow::numerics::Isa;
use tallow::optim::{Optimizer, Wrappers};
use tallow::regularize::Regularization;
use tallow::rng::{Purpose, Stream};
use tallow::schedule::Schedule;
use tallow::spec::RunConfig;

/// A training, its first weights and the name of the stream that the orders of its epochs come from, if they are not the samples' own.
pub struct Case {
    pub units: Vec<usize>,
    pub data: Data,
    pub layers: Vec<Layer>,
    pub activation: Activation,
    pub optimizer: Optimizer,
    pub schedule: Schedule,
    pub learning_rate: f64,
    pub batching: Batching,
    pub epochs: usize,
    pub wrappers: Wrappers,
    pub regularization: Regularization,
    pub order: Option<String>,
}

/// Every number of an outcome: series, measures, weights, in the order in which `bits.golden` has them hashed.
pub fn numbers(outcome: &Outcome) -> impl Iterator<Item = f32> {
    let series = [&LOSS_LAST, &LOSS_MEAN].into_iter().flat_map(|series| outcome.series(series));
    let names = ["train_loss", "train_accuracy", "test_loss", "test_accuracy"];
    let measures = names.into_iter().filter_map(|name| outcome.measures.get(name));
    let weights = outcome.layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
    series.chain(measures).chain(weights).copied()
}

impl Case {
    /// What the order of the samples in an epoch is drawn from, if it is not their own.
    pub fn stream(&self, epoch: usize) -> Option<Stream> {
        self.order.as_ref().map(|name| Stream::new(Purpose::Order, name, epoch as u64))
    }

    /// What `train` makes of the training, on the CPU's best instructions, and of the first weights.
    pub fn given<T>(&self, train: impl FnOnce(&Training, &[Layer]) -> T) -> T {
        let order = |epoch: usize| self.stream(epoch).expect("shuffled");
        let training = Training {
            units: &self.units,
            activation: &self.activation,
            optimizer: &self.optimizer,
            learning_rate: self.learning_rate,
            schedule: &self.schedule,
            epochs: self.epochs,
            batching: self.batching,
            data: &self.data,
            wrappers: self.wrappers,
            regularization: &self.regularization,
            chance: Chance::new(5),
            measures: Measure::ALL,
            order: if self.order.is_some() { Some(&order) } else { None },
            trace: None,
            watch: None,
            stop: &Stop::default(),
            isa: Isa::current(),
        };
        train(&training, &self.layers)
    }

    /// Trains, telling the loss of every step.
    pub fn train(&self, isa: Isa, trace: &(dyn Fn(f32) + Sync), stop: &Stop) -> Result<Outcome, Failure> {
        self.given(|training, layers| fused::train(&Training { isa, trace: Some(trace), stop, ..*training }, layers))
    }

    /// Trains as the protocol of a run has it followed.
    pub fn follow(&self, isa: Isa, run: &RunConfig) -> Outcome {
        let Data { features, task, train, validation, test, .. } = &self.data;
        let follower = Follower::of(run, 1.0, |split| {
            let table = match split {
                Split::Train => train,
                Split::Validation => validation,
                Split::Test => test,
            };
            Rows::new(*task, *features, table)
        });
        let follower = follower.expect("something to follow");
        let watch = Some(&follower as &dyn Watch);
        let followed =
            |training: &Training, layers: &[Layer]| fused::train(&Training { isa, watch, ..*training }, layers);
        let outcome = self.given(followed).expect("a training");
        follower.complete(outcome)
    }
}

/// Early stopping by the loss over some rows, with the best epoch's weights.
pub struct Early<'a> {
    rows: Rows<'a>,
    every: usize,
    rules: Mutex<(Best, Patience)>,
    /// Epochs and losses seen.
    pub seen: Mutex<Vec<(usize, f32)>>,
}

impl<'a> Early<'a> {
    /// Looks at every so many epochs, and stops when the best one is `patience` old.
    pub fn new(data: &'a Data, table: &'a Table, every: usize, patience: usize) -> Self {
        let rules = (Best::new(Better::Lower, 0.0), Patience::new(Better::Lower, 0.0, patience));
        let rows = Rows::new(data.task, data.features, table);
        Self { rows, every, rules: Mutex::new(rules), seen: Mutex::default() }
    }

    /// The epoch of the best loss.
    pub fn best(&self) -> Option<usize> {
        self.rules.lock().expect("unpoisoned").0.epoch()
    }
}

impl Watch for Early<'_> {
    fn wants(&self, epoch: usize) -> bool {
        epoch.is_multiple_of(self.every)
    }

    fn see(&self, epoch: &Epoch, network: &dyn View) -> Result<Verdict, Failure> {
        let epoch = epoch.number;
        let seen = network.evaluate(&self.rows, false)?;
        let loss = (seen.loss / seen.weight) as f32;
        self.seen.lock().expect("unpoisoned").push((epoch, loss));
        let (best, patience) = &mut *self.rules.lock().expect("unpoisoned");
        Ok(Verdict { keep: best.is_new(epoch, loss), stop: patience.is_over(epoch, loss) })
    }
}

/// Weights in 0…2 for so many samples, about one in six of them 0.
#[allow(dead_code, reason = "not every test weighs its samples")]
pub fn weights(stream: &mut Stream, len: usize) -> Vec<f32> {
    let mut draw = || if stream.below(6) == 0 { 0.0 } else { stream.uniform(0.0, 2.0) as f32 };
    (0..len).map(|_| draw()).collect()
}

/// Any regularization, each kind in about half of all.
pub fn regularization(stream: &mut Stream, task: Task, hidden: usize) -> Regularization {
    let mut maybe = |from: f64, to: f64| (stream.below(2) == 0).then(|| stream.uniform(from, to));
    Regularization {
        dropout: match maybe(0.05, 0.6) {
            Some(rate) => (0..hidden).map(|l| if l % 3 == 1 { 0.0 } else { rate }).collect(),
            None => Vec::new(),
        },
        input_noise: maybe(0.01, 0.5).unwrap_or(0.0),
        label_smoothing: maybe(0.01, 0.3).unwrap_or(0.0),
        class_weights: match (maybe(0.5, 2.0), task.classes()) {
            (Some(first), Some(classes)) => (0..classes).map(|class| first as f32 / (1.0 + class as f32)).collect(),
            _ => Vec::new(),
        },
        l1: maybe(1e-4, 1e-2).unwrap_or(0.0),
        decay_biases: maybe(0.0, 1.0).is_none(),
        clip_value: maybe(0.01, 0.3),
        clip_norm: maybe(0.05, 1.0),
    }
}

/// Samples uniform in −2…2, with their targets by a rule.
pub fn table(stream: &mut Stream, len: usize, features: usize, target: impl FnMut(&[f32]) -> f32) -> Table {
    let x: Vec<f32> = (0..len * features).map(|_| stream.uniform(-2.0, 2.0) as f32).collect();
    let y = x.chunks_exact(features).map(target).collect();
    Table::new(x, y)
}
