//! What follows from a run's configuration alone.

use super::RunConfig;
use crate::dataset::{Batching, DataError, Statement};
use crate::param::Kinds;
use crate::text;

/// What was understood of each of the user's files that runs use, by its label, as replicates of these seeds use it.
///
/// # Errors
/// Of shares that leave nothing to train on, and of too few groups or rows.
pub fn statements<'a>(
    runs: impl IntoIterator<Item = &'a RunConfig>,
    seeds: impl Iterator<Item = u64> + Clone,
) -> Result<Vec<(String, Statement)>, DataError> {
    let mut files: Vec<(&RunConfig, usize, usize)> = Vec::new();
    for run in runs.into_iter().filter(|run| run.dataset.file().is_some()) {
        let steps = run.steps_per_epoch();
        match files.iter_mut().find(|(first, ..)| first.dataset.file() == run.dataset.file()) {
            Some((_, least, most)) => (*least, *most) = (steps.min(*least), steps.max(*most)),
            None => files.push((run, steps, steps)),
        }
    }
    let state = |(run, least, most): (&RunConfig, usize, usize)| {
        let mut statement = run.dataset.statement(seeds.clone()).expect("it is a file")?;
        let steps = if least == most { text::count(least, "step") } else { format!("{least} to {most} steps") };
        statement.facts.push(("epoch", steps));
        Ok((run.dataset.label(), statement))
    };
    files.into_iter().map(state).collect()
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
        self.batching().divide(self.dataset.train_len(self.seed)).steps()
    }

    /// Optimizer steps of the whole run.
    pub fn steps(&self) -> usize {
        self.steps_per_epoch() * self.epochs
    }
}
