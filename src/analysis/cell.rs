//! Cells: the runs equal in everything but the seed, and their summary.

use crate::stats::{self, Estimate, Scale};

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

/// A sample of runs in numbers, diverged runs as worst in all of them: infinite loss, no accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Runs with an outcome, diverged ones included.
    pub n: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n − 1); NaN beside an infinite loss.
    pub std: f64,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Median.
    pub median: f64,
    /// Interquartile mean with its 95 % bootstrap interval, diverged runs as worst; without bounds below five runs, and
    /// where all are equal.
    pub iqm: Estimate,
}

impl Summary {
    /// Summarizes readings; `worst` stands for a diverged run.
    pub fn of(readings: impl IntoIterator<Item = Reading>, worst: f64) -> Self {
        let (mut all, diverged) = split(readings);
        all.extend(std::iter::repeat_n(worst, diverged));
        all.sort_by(f64::total_cmp);
        let is_lost = diverged > 0 && worst.is_infinite();
        let mut iqm = stats::iqm_interval(&all);
        if all.first() == all.last() {
            // Resamples of equal values are equal, which is no certainty.
            (iqm.low, iqm.high) = (f64::NAN, f64::NAN);
        }
        Self {
            n: all.len(),
            diverged,
            mean: if is_lost { worst } else { stats::mean(&all) },
            std: if is_lost { f64::NAN } else { stats::std_dev(&all) },
            min: stats::min(&all),
            max: stats::max(&all),
            median: stats::quantile(&all, 0.5),
            iqm,
        }
    }

    /// With the interval for replicates that share rows.
    pub(super) fn widened(self, inflation: f64, scale: Scale) -> Self {
        Self { iqm: widened(self.iqm, inflation, scale), ..self }
    }
}

/// An interval of a loss or a share whose variance is to be multiplied: each bound taken further from the point by the root,
/// for losses by their ratio; shares end at 0 and 1.
pub(super) fn widened(estimate: Estimate, inflation: f64, scale: Scale) -> Estimate {
    let Estimate { point, low, high } = estimate;
    if inflation == 1.0 {
        return estimate;
    }
    let factor = inflation.sqrt();
    let further = |bound: f64| match scale {
        Scale::Ratio if point > 0.0 && point.is_finite() => point * libm::pow(bound / point, factor),
        Scale::Ratio => bound,
        // Only R² may be below 0.
        Scale::Difference if bound < 0.0 => point + factor * (bound - point),
        Scale::Difference => (point + factor * (bound - point)).clamp(0.0, 1.0),
    };
    Estimate { point, low: further(low), high: further(high) }
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
    /// What is told beside the metric, over the runs.
    pub beside: Option<Summary>,
}

/// A distinct combination of levels of some axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    /// One level per axis of the role, in the role's order.
    pub levels: Vec<Option<usize>>,
    /// The text for legends and titles: `adam`, `sgd, momentum 0.9`.
    pub label: String,
}
