//! What follows from a run's configuration alone.

use super::RunConfig;

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
