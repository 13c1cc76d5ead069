//! The runs of an experiment as an analysis keeps them: a million have room in memory. What a run is, is made again when it
//! is asked for; of its outcome the numbers are kept, and once for all that have them their names.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::{Layer, Metric, Outcome, Row, Run, RunConfig, RunId, Series, Split, Status};
use crate::measure::Unit;
use crate::spec::Replicate;

/// Makes the run of a row again.
#[derive(Clone)]
pub struct Source(Arc<dyn Fn(usize) -> RunConfig + Send + Sync>);

impl Source {
    /// What `make` says of each row.
    pub fn new(make: impl Fn(usize) -> RunConfig + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// The configuration of a row's run.
    pub(super) fn config(&self, row: usize) -> RunConfig {
        (self.0)(row)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

/// A run and what came of it, in brief.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The run's identity.
    pub id: RunId,
    /// Which repetition of its grid point it is.
    pub replicate: Replicate,
    /// What it yielded; `None` if it is not trained yet or failed.
    pub outcome: Option<Numbers>,
    /// Samples of each split; 0 where they count differently.
    samples: [u32; 3],
}

impl Entry {
    /// A share of samples as the count that it is, so that equal counts are equal numbers; anything else as it is.
    pub(super) fn exact(&self, metric: Metric, x: f32) -> f64 {
        let x = f64::from(x);
        let samples = self.samples[place(metric.split)];
        if metric.measure.unit != Unit::Share || samples == 0 {
            return x;
        }
        let samples = f64::from(samples);
        let exact = (x * samples).round() / samples;
        if (exact - x).abs() <= 1e-6 { exact } else { x }
    }
}

fn place(split: Split) -> usize {
    Split::ALL.iter().position(|&known| known == split).expect("every split is one of all")
}

/// What a run yielded, as [`Outcome`] has it.
#[derive(Clone, Debug)]
pub struct Numbers {
    form: Arc<Form>,
    /// Of this run and others, from a place on: measures, series and weights, in the order of the form. A run's numbers
    /// by themselves would lie scattered over the memory.
    block: Arc<[f32]>,
    from: u32,
}

/// What the numbers of an outcome are, the same for many.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Form {
    /// The epoch of divergence.
    diverged: Option<usize>,
    measures: Vec<Cow<'static, str>>,
    /// Names with the numbers of epochs.
    series: Vec<(Cow<'static, str>, usize)>,
    /// Weights and biases of each layer.
    layers: Vec<(usize, usize)>,
}

impl Numbers {
    fn all(&self) -> &[f32] {
        &self.block[self.from as usize..]
    }

    /// How it ended.
    pub fn status(&self) -> Status {
        self.form.diverged.map_or(Status::Done, |epoch| Status::Diverged { epoch })
    }

    /// A number of the end, by its name.
    pub fn measure(&self, name: &str) -> Option<f32> {
        self.form.measures.iter().position(|known| known == name).map(|at| self.all()[at])
    }

    /// What the run is judged by; `None` where that does not apply to it.
    pub fn value(&self, metric: Metric) -> Option<f32> {
        self.measure(metric.name())
    }

    /// Whether the run has a series.
    pub fn has(&self, series: &Series) -> bool {
        self.form.series.iter().any(|(name, _)| name == series.name)
    }

    /// A series by its name; empty where the run has none such.
    pub fn series(&self, series: &Series) -> &[f32] {
        let mut from = self.form.measures.len();
        for (name, len) in &self.form.series {
            if name == series.name {
                return &self.all()[from..from + len];
            }
            from += len;
        }
        &[]
    }

    /// Epochs trained, the epoch of divergence included.
    pub fn epochs(&self) -> usize {
        self.form.series.iter().map(|(_, len)| *len).max().unwrap_or(0)
    }

    /// The weights.
    pub fn layers(&self) -> Vec<Layer> {
        let others = self.form.measures.len() + self.form.series.iter().map(|(_, len)| len).sum::<usize>();
        let mut rest = &self.all()[others..];
        let mut take = |n: usize| {
            let (taken, left) = rest.split_at(n);
            rest = left;
            taken.to_vec()
        };
        self.form.layers.iter().map(|&(weights, biases)| Layer { weight: take(weights), bias: take(biases) }).collect()
    }
}

/// Numbers that are kept in one block, and those of the run that fills it.
const BLOCK: usize = 1 << 16;

/// Makes entries of rows.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    rows: Vec<Entry>,
    /// Numbers of the last rows, which are to become a block; those rows with what their numbers are, and where.
    block: Vec<f32>,
    waiting: Vec<(usize, Arc<Form>, u32)>,
    forms: HashSet<Arc<Form>>,
    /// What all rows, or some, have.
    pub facts: Facts,
}

/// What all runs of an experiment have, or some.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// Whether every run holds out test samples.
    pub all_test: bool,
    /// Whether every run holds out validation samples.
    pub all_validation: bool,
    /// Whether some run tells classes apart.
    pub any_classes: bool,
    /// Whether some run is a regression.
    pub any_regression: bool,
    /// Whether some run's epoch is chosen by validation samples.
    pub any_watches_validation: bool,
    /// The version of the numerics that they were computed under.
    pub numerics: u32,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            all_test: true,
            all_validation: true,
            any_classes: false,
            any_regression: false,
            any_watches_validation: false,
            numerics: crate::numerics::VERSION,
        }
    }
}

impl Facts {
    fn see(&mut self, Run { config, numerics, .. }: &Run) {
        self.numerics = *numerics;
        self.all_test &= config.dataset.has_test();
        self.all_validation &= config.rows(Split::Validation) > 0;
        let classes = config.dataset.shape().task.is_classification();
        self.any_classes |= classes;
        self.any_regression |= !classes;
        self.any_watches_validation |= config.watched().is_some_and(|series| series.split == Split::Validation);
    }
}

impl Gathered {
    pub fn take(&mut self, Row { run, outcome }: Row) {
        self.facts.see(&run);
        let Run { id, config, .. } = run;
        let dataset = &config.dataset;
        let samples = match dataset.is_weighted() {
            true => [0; 3],
            false => Split::ALL.map(|split| config.rows(split) as u32),
        };
        if let Some(outcome) = outcome {
            self.keep(&outcome);
        }
        self.rows.push(Entry { id, replicate: config.replicate(), outcome: None, samples });
        if self.block.len() >= BLOCK {
            self.close();
        }
    }

    /// The rows.
    pub fn finish(mut self) -> Vec<Entry> {
        self.close();
        self.rows
    }

    fn close(&mut self) {
        let block: Arc<[f32]> = self.block[..].into();
        self.block.clear();
        for (row, form, from) in self.waiting.drain(..) {
            self.rows[row].outcome = Some(Numbers { form, block: Arc::clone(&block), from });
        }
    }

    /// Keeps the numbers of the next row.
    fn keep(&mut self, outcome: &Outcome) {
        let form = Form {
            diverged: if let Status::Diverged { epoch } = outcome.status { Some(epoch) } else { None },
            measures: outcome.measures.keys().cloned().collect(),
            series: outcome.series.iter().map(|(name, values)| (name.clone(), values.len())).collect(),
            layers: outcome.layers.iter().map(|layer| (layer.weight.len(), layer.bias.len())).collect(),
        };
        let form = self.forms.get(&form).cloned().unwrap_or_else(|| Arc::new(form));
        self.forms.insert(Arc::clone(&form));
        let weights = outcome.layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
        self.waiting.push((self.rows.len(), form, self.block.len() as u32));
        self.block.extend(outcome.measures.values().chain(outcome.series.values().flatten()).chain(weights));
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::measure::series::LOSS_MEAN;

    #[test]
    fn the_numbers_of_an_outcome_are_those_it_has() {
        let rows = sample::followed(5);
        let mut gathered = Gathered::default();
        rows.iter().cloned().for_each(|row| gathered.take(row));
        assert!(gathered.forms.len() < 10, "runs alike have one form");
        for (row, entry) in rows.iter().zip(&gathered.finish()) {
            let (outcome, numbers) = (row.outcome.as_ref().expect("trained"), entry.outcome.as_ref().expect("trained"));
            assert_eq!((numbers.status(), numbers.epochs()), (outcome.status, outcome.epochs()));
            assert_eq!(numbers.layers(), outcome.layers);
            for series in Series::all() {
                let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(numbers.series(series)), bits(outcome.series(series)), "{}", series.name);
                assert_eq!(numbers.has(series), outcome.has(series));
            }
            for metric in Metric::all() {
                let bits = |value: Option<f32>| value.map(f32::to_bits);
                assert_eq!(bits(numbers.value(metric)), bits(outcome.value(metric)), "{}", metric.name());
            }
        }
        assert!(!rows[0].outcome.as_ref().expect("trained").series(&LOSS_MEAN).is_empty());
    }
}
