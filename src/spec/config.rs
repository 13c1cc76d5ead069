//! One run, fully resolved: every default filled in, nothing typed by a user left to interpret.

use crate::activation::Activation;
use crate::dataset::Dataset;
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
    /// Samples per step; an incomplete last batch is dropped.
    pub batch_size: usize,
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

    /// Optimizer steps per epoch, `⌊training samples / batch_size⌋`.
    pub fn steps_per_epoch(&self) -> usize {
        self.dataset.train_len() / self.batch_size
    }

    /// Optimizer steps of the whole run.
    pub fn steps(&self) -> usize {
        self.steps_per_epoch() * self.epochs
    }
}
