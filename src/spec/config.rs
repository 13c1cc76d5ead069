//! What follows from a run's configuration alone.

use super::RunConfig;
use crate::dataset::Batching;
use crate::measure::{Metric, Series, Split};
use crate::protocol::Keep;

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

    /// Samples of a split.
    pub fn rows(&self, split: Split) -> usize {
        match split {
            Split::Train => self.dataset.train_len(),
            Split::Validation => self.dataset.validation_len(),
            Split::Test => self.dataset.test_len(),
        }
    }

    /// The series by which an epoch or the end is chosen; `None` where neither is.
    pub fn watched(&self) -> Option<&'static Series> {
        let best = || {
            (self.keep == Keep::Best)
                .then(|| Series::from_name(Metric::VALIDATION_LOSS.name()).expect("of every metric"))
        };
        self.early_stopping.as_ref().map(|rule| rule.watch).or_else(best)
    }

    /// The series that are evaluated as it is trained: of the splits asked for and of what is watched, where there are rows.
    pub fn evaluated(&self) -> impl Iterator<Item = &'static Series> {
        let watched = self.watched().and_then(|series| series.metric).map(|metric| metric.split);
        let splits = Split::ALL
            .map(|split| (self.evaluate.on.contains(split) || watched == Some(split)) && self.rows(split) > 0);
        let task = self.dataset.shape().task;
        let some = splits.contains(&true).then(Series::all).into_iter().flatten();
        some.filter(move |series| {
            series.metric.is_some_and(|metric| splits[metric.split as usize] && (metric.measure.applies)(task))
        })
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
