//! One run, fully resolved: every default filled in, nothing typed by a user left to interpret.

use crate::activation::Activation;
use crate::dataset::{Batching, Dataset, LastBatch};
use crate::init::Init;
use crate::optim::Optimizer;
use crate::schedule::Schedule;

/// Which implementation trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lib {
    /// Op by op with candle-nn's autograd: the reference.
    CandleNn,
    /// The fused in-place training operation on the same candle-nn layers.
    Fused,
}

impl Lib {
    /// Every implementation.
    pub const ALL: [Self; 2] = [Self::Fused, Self::CandleNn];

    /// The name in experiment files and descriptions.
    pub fn name(self) -> &'static str {
        match self {
            Self::CandleNn => "candle-nn",
            Self::Fused => "fused",
        }
    }
}

/// Everything that may change a number of a run, and nothing else: no thread count, device, path or verbosity.
#[derive(Clone, Debug, PartialEq)]
pub struct RunConfig {
    /// The implementation.
    pub lib: Lib,
    /// The dataset with its parameters.
    pub dataset: Dataset,
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// Activation of the hidden layers.
    pub activation: Activation,
    /// How initial weights are drawn.
    pub init: Init,
    /// The optimizer with its hyperparameters.
    pub optimizer: Optimizer,
    /// The base learning rate.
    pub learning_rate: f64,
    /// The learning rate's course over the steps.
    pub schedule: Schedule,
    /// Passes over the data.
    pub epochs: usize,
    /// Samples per step.
    pub batch_size: usize,
    /// What becomes of an epoch's last samples where they do not fill a batch.
    pub last_batch: LastBatch,
    /// Whether samples are reshuffled before each epoch.
    pub shuffle: bool,
    /// The replicate: from it the data, the initial weights and the batch order are drawn.
    pub seed: u64,
}

impl RunConfig {
    /// Layer widths from input to output, e.g. `[2, 6, 1]`.
    pub fn units(&self) -> Vec<usize> {
        let shape = self.dataset.shape();
        let mut units = vec![shape.features];
        units.extend(&self.hidden);
        units.push(shape.task.outputs());
        units
    }

    /// How an epoch is divided into batches.
    pub fn batching(&self) -> Batching {
        Batching { size: self.batch_size, last: self.last_batch }
    }

    /// Optimizer steps per epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.batching().divide(self.dataset.train_len()).steps()
    }

    /// Optimizer steps of the whole run.
    pub fn steps(&self) -> usize {
        self.steps_per_epoch() * self.epochs
    }
}
