//! What follows from a run's configuration alone.

use std::collections::BTreeSet;

use super::{Replicate, RunConfig};
use crate::dataset::{Batching, Data, DataError, LastBatch, Statement};
use crate::measure::{Measure, Metric, Series, Split};
use crate::model::{Layer, Network};
use crate::optim::{self, Average, Lookahead, Wrappers};
use crate::param::Kinds;
use crate::protocol::Keep;
use crate::regularize::{ClassWeight, Regularization};
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
        } else if run.batch_size > samples && run.batch_size != Batching::ALL {
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

    /// The run's network with these layers.
    pub fn network(&self, layers: Vec<Layer>) -> Network {
        let task = self.dataset.shape().task;
        Network { units: self.units(), activation: self.activation.clone(), task, layers }
    }

    /// Which repetition of its grid point it is.
    pub fn replicate(&self) -> Replicate {
        Replicate { seed: self.seed, fold: self.dataset.fold }
    }

    /// How an epoch is divided into batches.
    pub fn batching(&self) -> Batching {
        match self.batch_size {
            Batching::ALL => Batching { size: Batching::ALL, last: LastBatch::Train },
            size => Batching { size, last: self.last_batch },
        }
    }

    /// Samples of a split.
    pub fn rows(&self, split: Split) -> usize {
        match split {
            Split::Train => self.dataset.train_len(self.seed),
            Split::Validation => self.dataset.validation_len(self.seed),
            Split::Test => self.dataset.test_len(self.seed),
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

    /// What is measured of it, in the order of lists for people: what is measured unasked, what was asked for, and what is
    /// watched, as far as it applies to the task.
    pub fn measures(&self) -> impl Iterator<Item = Measure> {
        let task = self.dataset.shape().task;
        let watched = self.watched().and_then(|series| series.metric).map(|metric| metric.measure);
        let wanted = move |measure: &Measure| {
            measure.usual || self.evaluate.measures.contains(*measure) || watched == Some(*measure)
        };
        Measure::ALL.iter().copied().filter(wanted).filter(move |measure| (measure.applies)(task))
    }

    /// The measures asked for, on every split that has rows: what a stored run lacks if it lacks one of them.
    pub fn asked(&self) -> impl Iterator<Item = Metric> {
        let asked = self.measures().filter(|measure| !measure.usual);
        let has_rows = |&split: &Split| split == Split::Train || self.rows(split) > 0;
        asked.flat_map(move |measure| {
            Split::ALL.into_iter().filter(has_rows).map(move |split| Metric { measure, split })
        })
    }

    /// The series that are evaluated as it is trained: of the splits asked for and of what is watched, where there are rows.
    pub fn evaluated(&self) -> impl Iterator<Item = &'static Series> {
        let watched = self.watched().and_then(|series| series.metric).map(|metric| metric.split);
        let splits = Split::ALL
            .map(|split| (self.evaluate.on.contains(split) || watched == Some(split)) && self.rows(split) > 0);
        let measures: Vec<Measure> = if splits.contains(&true) { self.measures().collect() } else { Vec::new() };
        let some = splits.contains(&true).then(Series::all).into_iter().flatten();
        some.filter(move |series| {
            series.metric.is_some_and(|metric| splits[metric.split as usize] && measures.contains(&metric.measure))
        })
    }

    /// What its training does beside the plain one, on these samples.
    pub fn regularization(&self, data: &Data) -> Regularization {
        let train = &data.train;
        let class_weights = match &self.class_weight {
            ClassWeight::None => Vec::new(),
            weight => weight.of_classes(&self.dataset.class_names(), &train.y, train.weights.as_deref()),
        };
        Regularization {
            dropout: self.dropout.of_layers(self.hidden.len()),
            input_noise: self.input_noise,
            label_smoothing: self.label_smoothing,
            class_weights,
            l1: self.l1,
            decay_biases: self.decay_biases,
            clip_value: self.clip_value.0,
            clip_norm: self.clip_norm.0,
        }
    }

    /// What is put around its optimizer.
    pub fn wrappers(&self) -> Wrappers {
        let swa = |start| Average::Swa {
            per_epoch: self.steps_per_epoch().max(1),
            first: optim::first_epoch(start, self.epochs),
        };
        Wrappers {
            cautious: self.cautious,
            lookahead: self.lookahead.0.map(|steps| Lookahead { steps, alpha: self.lookahead_alpha }),
            average: self.ema.0.map(Average::Ema).or(self.swa.0.map(swa)),
        }
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
