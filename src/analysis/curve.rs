//! Learning curves: the mean training loss of each epoch over the seeds, at tuned settings.

use super::cell::{Reading, Summary};
use super::series::LOSS_MEAN;
use super::{Analysis, Outcome};
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
    /// Epochs, from 1: the first, the last and every k-th between.
    pub epochs: Vec<usize>,
    /// The epochs' mean training loss over the seeds; a run counts as diverged from its divergence on.
    pub points: Vec<Summary>,
}

impl Analysis {
    pub(super) fn drawn_curves(&self) -> Vec<Curve> {
        let limit = (POINTS.1 / self.groups.len().max(1)).clamp(10, POINTS.0);
        let curve = |group: &super::Group| {
            let cell = group.tuned.as_ref()?.cell;
            let rows = self.cells[cell].rows.iter();
            let outcomes: Vec<&Outcome> = rows.filter_map(|&row| self.rows[row].outcome.as_ref()).collect();
            let longest = outcomes.iter().map(|outcome| outcome.epochs()).max()?;
            let epochs = thinned(longest, limit);
            let reading = |outcome: &&Outcome, epoch: usize| match outcome.series(&LOSS_MEAN).get(epoch - 1) {
                Some(loss) if loss.is_finite() => Reading::Value(f64::from(*loss)),
                _ => Reading::Diverged,
            };
            let point =
                |&epoch: &usize| Summary::of(outcomes.iter().map(|outcome| reading(outcome, epoch)), f64::INFINITY);
            let points = parallel::map(&epochs, point);
            Some(Curve { facet: group.facet, value: group.value, cell, epochs, points })
        };
        self.groups.iter().filter_map(curve).collect()
    }
}

/// Epochs kept of `len`, from 1: the first, the last and every k-th, k the least that keeps about `limit`.
pub fn thinned(len: usize, limit: usize) -> Vec<usize> {
    let step = len.div_ceil(limit.max(2)).max(1);
    (1..=len).filter(|&epoch| epoch == 1 || epoch == len || epoch % step == 0).collect()
}
