//! What tuning costs and what matters: settings tried, the best that fewer tries can be expected to find, and the share of
//! what varies that goes with each axis.

use super::tuned::Group;
use super::{Analysis, Reading};
use crate::stats;

/// The share of the variance between runs that goes with an axis, or with two beyond either.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The axis; `the rest` for the seed and what more than two axes do together.
    pub axis: String,
    /// The other axis of an interaction.
    pub with: Option<String>,
    /// The share, 0 to 1.
    pub share: f64,
}

impl Analysis {
    /// How many settings of a group have an outcome.
    pub fn tried(&self, group: &Group) -> usize {
        group.cells.iter().filter(|&&cell| self.cells[cell].metric.n > 0).count()
    }

    /// The probability of a group's value to be the best in its facet; NaN without another value, and of too few seeds for
    /// any claim.
    pub fn p_best(&self, group: &Group) -> f64 {
        if self.ranking(group.facet).len() < 2 || self.seeds.len() < stats::LEAST {
            return f64::NAN;
        }
        self.comparisons.cases[group.facet].best[group.value]
    }

    /// The best metric that a group can be expected to reach with 1, 2, … of its settings tried.
    pub fn expected_best(&self, group: &Group) -> Vec<f64> {
        let tried = group.cells.iter().map(|&cell| &self.cells[cell]).filter(|cell| cell.metric.n > 0);
        let costs: Vec<f64> = tried.map(|cell| self.cost(cell.metric.iqm.point)).collect();
        stats::expected_best(&costs).into_iter().map(|cost| self.cost(cost)).collect()
    }

    /// The shares of all axes and of all pairs of them, over the runs that ended with a finite metric: the logarithm of
    /// losses, shares as they are. Empty if nothing varies.
    pub fn shares(&self) -> Vec<Share> {
        let finite = (0..self.rows.len()).filter_map(|row| match self.reading(row) {
            Reading::Value(x) => Some((row, self.scale().of(x))),
            _ => None,
        });
        let (rows, values): (Vec<usize>, Vec<f64>) = finite.unzip();
        let rows = &rows[..];
        let level = |axis: usize| move |i: usize| self.level(rows[i], axis);
        let key = |axis: usize| self.axes[axis].key.clone();
        let mut shares: Vec<Share> = (0..self.axes.len())
            .map(|axis| Share { axis: key(axis), with: None, share: stats::explained(&values, level(axis)) })
            .collect();
        for a in 0..self.axes.len() {
            for b in a + 1..self.axes.len() {
                let share = stats::interaction(&values, level(a), level(b));
                shares.push(Share { axis: key(a), with: Some(key(b)), share });
            }
        }
        if !shares.is_empty() {
            let told: f64 = shares.iter().map(|share| share.share).sum();
            shares.push(Share { axis: "the rest".into(), with: None, share: (1.0 - told).max(0.0) });
        }
        shares
    }
}
