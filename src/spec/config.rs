//! What follows from a run's configuration alone.

use super::{Replicate, RunConfig};
use crate::dataset::{Batching, DataError, Statement};
use crate::param::Kinds;
use crate::text;

/// What was understood of each of the user's files that runs use, by its label, as these replicates use it.
///
/// # Errors
/// Of shares that leave nothing to train on, and of too few groups or rows.
pub fn statements<'a>(
    runs: impl IntoIterator<Item = &'a RunConfig>,
    replicates: impl Iterator<Item = Replicate> + Clone,
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
        let mut statement = run
            .dataset
            .statement(replicates.clone().map(|replicate| (replicate.seed, replicate.fold)))
            .expect("it is a file")?;
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

    /// Which repetition of its grid point it is.
    pub fn replicate(&self) -> Replicate {
        Replicate { seed: self.seed, fold: self.dataset.fold }
    }

    /// The replicates of an experiment in order, each as one number: the seed, or with folds one for each of a seed's.
    pub fn replicate_number(&self) -> u64 {
        match self.dataset.fold {
            None => self.seed,
            Some(fold) => self.seed.wrapping_mul(fold.of as u64).wrapping_add(fold.index as u64),
        }
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
