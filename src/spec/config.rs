//! What follows from a run's configuration alone.

use std::collections::BTreeSet;

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
    let mut files: Vec<Use> = Vec::new();
    for run in runs.into_iter().filter(|run| run.dataset.file().is_some()) {
        match files.iter_mut().find(|known| known.first.dataset.file() == run.dataset.file()) {
            Some(known) => known.take(run),
            None => {
                let mut known = Use { first: run, steps: BTreeSet::new(), notes: BTreeSet::new() };
                known.take(run);
                files.push(known);
            }
        }
    }
    let state = |Use { first, steps, notes }: Use| {
        let replicates = replicates.clone().map(|replicate| (replicate.seed, replicate.fold));
        let mut statement = first.dataset.statement(replicates).expect("it is a file")?;
        let said = match (steps.first(), steps.last()) {
            (Some(least), Some(most)) if least < most => format!("{least} to {most} steps"),
            (least, _) => text::count(least.copied().unwrap_or(0), "step"),
        };
        statement.facts.push(("epoch", said));
        statement.notes.extend(notes);
        Ok((first.dataset.label(), statement))
    };
    files.into_iter().map(state).collect()
}

/// How runs use a file.
struct Use<'a> {
    first: &'a RunConfig,
    /// Steps of an epoch.
    steps: BTreeSet<usize>,
    /// What a person should know of the batches.
    notes: BTreeSet<String>,
}

impl<'a> Use<'a> {
    fn take(&mut self, run: &'a RunConfig) {
        let samples = run.dataset.train_len(run.seed);
        let division = run.batching().divide(samples);
        self.steps.insert(division.steps());
        if division.trained < samples {
            let left = samples - division.trained;
            self.notes.insert(format!(
                "each epoch leaves out {left} of the {samples} training rows, which do not fill a batch of {}; \
                 say `last_batch = \"train\"`.",
                run.batch_size
            ));
        } else if run.batch_size > samples {
            self.notes.insert(format!(
                "`batch_size = {}` is above the {samples} training rows: one batch trains them all.",
                run.batch_size
            ));
        }
    }
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
