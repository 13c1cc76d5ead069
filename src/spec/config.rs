//! What follows from a run's configuration alone.

use super::RunConfig;
use crate::dataset::Batching;

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
