//! Learning curves: a series over the seeds, at tuned settings; that which is always there is the mean training loss of each
//! epoch.

use super::cell::{Reading, Summary};
use super::series::LOSS_MEAN;
use super::{Analysis, Group, Numbers, Series, Status};
use crate::measure::Better;
use crate::parallel;

/// The most epochs a curve keeps, and the most points of all curves together.
const POINTS: (usize, usize) = (100, 20_000);

/// The learning curve of a compared value in a facet, at its tuned setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// An index into `Analysis::facets`.
    pub facet: usize,
    /// An index into `Analysis::values`.
    pub value: usize,
    /// An index into `Analysis::cells`.
    pub cell: usize,
    /// Epochs, from 1: the first, the last and every k-th between, of those that were looked at.
    pub epochs: Vec<usize>,
    /// The epochs' numbers over the seeds. A run counts as diverged from its divergence on; one that was stopped early
    /// keeps the number of its last epoch.
    pub points: Vec<Summary>,
}

impl Analysis {
    pub(super) fn drawn_curves(&self) -> Vec<Curve> {
        self.groups.iter().filter_map(|group| self.curve(group, &LOSS_MEAN)).collect()
    }

    /// The curve of a group in a series, at its tuned setting; `None` where no run of it has the series.
    pub fn curve(&self, group: &Group, series: &Series) -> Option<Curve> {
        let limit = (POINTS.1 / self.groups.len().max(1)).clamp(10, POINTS.0);
        let cell = group.tuned.as_ref()?.cell;
        let rows = self.cells[cell].rows.clone();
        let (epochs, readings) = self.followed(&rows, series, limit)?;
        let worst = match series.better {
            Better::Lower => f64::INFINITY,
            Better::Higher => f64::NEG_INFINITY,
        };
        let points = parallel::map(&readings, |readings| Summary::of(readings.iter().copied(), worst));
        Some(Curve { facet: group.facet, value: group.value, cell, epochs, points })
    }

    /// About `limit` epochs of a series, and how the runs that have it read at each; `None` where none has.
    pub fn followed(&self, rows: &[usize], series: &Series, limit: usize) -> Option<(Vec<usize>, Vec<Vec<Reading>>)> {
        let outcomes = rows.iter().filter_map(|&row| self.rows[row].outcome.as_ref());
        let outcomes: Vec<&Numbers> = outcomes.filter(|outcome| outcome.has(series)).collect();
        let longest = outcomes.iter().map(|outcome| outcome.epochs()).max()?;
        // Training yields its own for every epoch, NaN among them.
        let is_looked_at = |value: f32| series.metric.is_none() || !value.is_nan();
        let has =
            |epoch: usize, outcome: &&Numbers| outcome.series(series).get(epoch - 1).is_some_and(|&x| is_looked_at(x));
        let looked: Vec<usize> =
            (1..=longest).filter(|&epoch| outcomes.iter().any(|outcome| has(epoch, outcome))).collect();
        let epochs: Vec<usize> = thinned(looked.len(), limit).into_iter().map(|place| looked[place - 1]).collect();
        let reading = |outcome: &&Numbers, epoch: usize| {
            let values = outcome.series(series);
            if epoch > values.len() && outcome.status() != Status::Done {
                return Some(Reading::Diverged);
            }
            let last = values.iter().take(epoch).rev().find(|value| is_looked_at(**value))?;
            Some(if last.is_finite() { Reading::Value(f64::from(*last)) } else { Reading::Diverged })
        };
        let at = |&epoch: &usize| outcomes.iter().filter_map(|outcome| reading(outcome, epoch)).collect();
        let readings = epochs.iter().map(at).collect();
        Some((epochs, readings))
    }
}

/// Epochs kept of `len`, from 1: the first, the last and every k-th, k the least that keeps about `limit`.
pub fn thinned(len: usize, limit: usize) -> Vec<usize> {
    let step = len.div_ceil(limit.max(2)).max(1);
    (1..=len).filter(|&epoch| epoch == 1 || epoch == len || epoch % step == 0).collect()
}
