//! A training as both engines take it.

use std::borrow::Cow;

use super::{Chance, Stop, Watch};
use crate::activation::Activation;
use crate::dataset::{Batching, Data};
use crate::measure::Measure;
use crate::numerics::Isa;
use crate::optim::{Optimizer, Wrappers};
use crate::regularize::Regularization;
use crate::rng::Stream;
use crate::schedule::Schedule;
use crate::spec::RunConfig;

/// A training, apart from where its data, first weights and batch order come from.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// Layer widths from input to output.
    pub units: &'a [usize],
    /// Activation of the hidden layers.
    pub activation: &'a Activation,
    /// The optimizer.
    pub optimizer: &'a Optimizer,
    /// What is put around it.
    pub wrappers: Wrappers,
    /// The base learning rate.
    pub learning_rate: f64,
    /// Its course.
    pub schedule: &'a Schedule,
    /// Passes over the data.
    pub epochs: usize,
    /// Samples of each step.
    pub batching: Batching,
    /// The samples.
    pub data: &'a Data,
    /// What is done beside plain training.
    pub regularization: &'a Regularization,
    /// What is measured at the end.
    pub measures: &'a [Measure],
    /// What dropout and noise are taken from.
    pub chance: Chance,
    /// What the [order](Stream::order) of the samples in an epoch (from 0) is drawn from, if it is not their own.
    pub order: Option<&'a (dyn Fn(usize) -> Stream + Sync)>,
    /// Told the loss of every batch, on a CPU.
    pub trace: Option<&'a (dyn Fn(f32) + Sync)>,
    /// Shown the network at the end of epochs.
    pub watch: Option<&'a dyn Watch>,
    /// Looked at before every step.
    pub stop: &'a Stop,
    /// The instructions that the fused engine uses on a CPU; they do not change the result.
    pub isa: Isa,
}

/// What a training has of its run and data that neither keeps as it is needed.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Layer widths from input to output.
    pub units: Vec<usize>,
    /// What is done beside plain training.
    pub regularization: Regularization,
    /// What is measured at the end.
    pub measures: Vec<Measure>,
}

impl Parts {
    /// Those of a run on its data.
    pub fn of(run: &RunConfig, data: &Data) -> Self {
        let (units, measures) = (run.units(), run.measures().collect());
        Self { units, regularization: run.regularization(data), measures }
    }
}

impl<'a> Training<'a> {
    /// That of a run with its parts, on the instructions of this machine, watched by nobody.
    pub fn of(
        run: &'a RunConfig,
        parts: &'a Parts,
        data: &'a Data,
        order: Option<&'a (dyn Fn(usize) -> Stream + Sync)>,
        stop: &'a Stop,
    ) -> Self {
        let Parts { units, regularization, measures } = parts;
        Self {
            units,
            activation: &run.activation,
            optimizer: &run.optimizer,
            wrappers: run.wrappers(),
            learning_rate: run.learning_rate,
            schedule: &run.schedule,
            epochs: run.epochs,
            batching: run.batching(),
            data,
            regularization,
            measures,
            chance: Chance::new(run.seed),
            order,
            trace: None,
            watch: None,
            stop,
            isa: Isa::current(),
        }
    }

    /// The order of the samples in an epoch (from 0), if it is not their own.
    pub(super) fn order_of(&self, epoch: usize) -> Option<Vec<u32>> {
        self.order.map(|order| order(epoch).order(self.data.train.len() as u32))
    }

    /// What the training samples count in training, if not all the same: their weights times those of their classes.
    pub(super) fn weights(&self) -> Option<Cow<'a, [f32]>> {
        let (train, classes) = (&self.data.train, &self.regularization.class_weights);
        let own = train.weights.as_deref();
        if classes.is_empty() {
            return own.map(Cow::Borrowed);
        }
        let of_class = train.y.iter().map(|&class| classes[class as usize]);
        Some(match own {
            Some(own) => of_class.zip(own).map(|(class, own)| class * own).collect(),
            None => of_class.collect(),
        })
    }

    /// The optimizer of biases, where it is another one: the same without weight decay.
    pub(super) fn optimizer_of_biases(&self) -> Option<Optimizer> {
        self.optimizer.of_biases(self.regularization.decay_biases)
    }

    /// Who wants to be shown the network at the end of an epoch (from 1).
    pub(super) fn watcher(&self, epoch: usize) -> Option<&'a dyn Watch> {
        self.watch.filter(|watch| watch.wants(epoch))
    }
}
