//! Cells: the runs equal in everything but the seed, and their summary.

use crate::stats::{self, Estimate};

/// How a run's metric reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// No outcome yet, or the metric does not apply to the run.
    Missing,
    /// The run diverged, or ended with a metric that is not finite.
    Diverged,
    /// The metric.
    Value(f64),
}

/// A sample of runs in numbers. The moments and the range are over the runs that ended with a finite value; the order
/// statistics (median, IQM, interval) count diverged runs as worst: infinite loss, no accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Runs with an outcome, diverged ones included.
    pub n: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// Mean of the finite values.
    pub mean: f64,
    /// Standard deviation (n − 1) of the finite values.
    pub std: f64,
    /// Least finite value.
    pub min: f64,
    /// Greatest finite value.
    pub max: f64,
    /// Median, diverged runs as worst.
    pub median: f64,
    /// Interquartile mean with its 95 % bootstrap interval, diverged runs as worst.
    pub iqm: Estimate,
}

impl Summary {
    /// Summarizes readings; `worst` stands for a diverged run.
    pub fn of(readings: impl IntoIterator<Item = Reading>, worst: f64) -> Self {
        let (finite, diverged) = split(readings);
        let mut all = finite.clone();
        all.extend(std::iter::repeat_n(worst, diverged));
        all.sort_by(f64::total_cmp);
        let finite = stats::sorted(&finite);
        Self {
            n: all.len(),
            diverged,
            mean: stats::mean(&finite),
            std: stats::std_dev(&finite),
            min: stats::min(&finite),
            max: stats::max(&finite),
            median: stats::quantile(&all, 0.5),
            iqm: stats::iqm_interval(&all),
        }
    }
}

fn split(readings: impl IntoIterator<Item = Reading>) -> (Vec<f64>, usize) {
    let (mut finite, mut diverged) = (Vec::new(), 0);
    for reading in readings {
        match reading {
            Reading::Missing => {}
            Reading::Diverged => diverged += 1,
            Reading::Value(x) => finite.push(x),
        }
    }
    (finite, diverged)
}

/// A point of all axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its level on each axis, `None` where the key does not apply.
    pub levels: Vec<Option<usize>>,
    /// Its compared value, an index into `Analysis::values`.
    pub value: usize,
    /// Its facet, an index into `Analysis::facets`.
    pub facet: usize,
    /// Its tuned setting, an index into `Analysis::settings`.
    pub setting: usize,
    /// Its runs by ascending seed, as indices into `Analysis::rows`.
    pub rows: Vec<usize>,
    /// Runs that trained all their epochs to a finite metric.
    pub done: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// Runs without an outcome.
    pub missing: usize,
    /// The metric over the runs.
    pub metric: Summary,
    /// The accuracy over the runs, for classification.
    pub accuracy: Option<Summary>,
}

/// A distinct combination of levels of some axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    /// One level per axis of the role, in the role's order.
    pub levels: Vec<Option<usize>>,
    /// The text for legends and titles: `adam`, `sgd, momentum 0.9`.
    pub label: String,
}
