//! How the metric follows an axis, all else at its best: isolation, two-axis tables, the width of the good range.

use std::collections::BTreeMap;

use super::Analysis;
use super::tuned::Group;

/// A setting counts as nearly as good as the best within this share of it.
pub const NEARLY: f64 = 0.1;

/// The stretch of an axis around the best value that is within `NEARLY` of it, from one tried value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The best value.
    pub best: f64,
    /// The least value of the stretch.
    pub low: f64,
    /// The greatest value of the stretch.
    pub high: f64,
    /// log₁₀(high / low); NaN if a value is not positive.
    pub decades: f64,
    /// Whether the stretch begins at the least value tried, so that it may go on.
    pub open_low: bool,
    /// Whether the stretch ends at the greatest value tried, so that it may go on.
    pub open_high: bool,
}

impl Analysis {
    /// The best cell, over all its seeds, for each combination of levels of some axes, in order of these levels: the
    /// other axes at whatever is best there.
    pub fn best_by(&self, axes: &[usize]) -> Vec<usize> {
        let mut best: BTreeMap<Vec<Option<usize>>, usize> = BTreeMap::new();
        let cost = |cell: usize| self.cost(self.cells[cell].metric.iqm.point);
        for (i, cell) in self.cells.iter().enumerate().filter(|(_, cell)| cell.metric.n > 0) {
            let key = axes.iter().map(|&axis| cell.levels[axis]).collect();
            let kept = best.entry(key).or_insert(i);
            if cost(i) < cost(*kept) {
                *kept = i;
            }
        }
        best.into_values().collect()
    }

    /// The axis whose sensitivity is of most interest: the learning rate, else the first tuned number, else the first
    /// number.
    pub fn sensitive_axis(&self) -> Option<usize> {
        let numeric = |axis: &usize| self.axes[*axis].numbers.is_some();
        let rate = self.axes.iter().position(|axis| axis.key == "learning_rate");
        rate.or_else(|| self.roles.tune.iter().copied().find(numeric))
            .or_else(|| (0..self.axes.len()).find(numeric))
            .filter(numeric)
    }

    /// The best cells along an axis for each facet and compared value: facets first, then values, then the axis.
    pub fn along(&self, axis: usize) -> Vec<usize> {
        self.best_by(&[&self.roles.facet[..], &self.roles.compare, &[axis]].concat())
    }

    /// The best cells across two axes for each facet that neither of them is part of: other facets first, then `y`, then
    /// `x`.
    pub fn across(&self, x: usize, y: usize) -> Vec<usize> {
        self.best_by(&[self.facets_without(x, y), vec![y, x]].concat())
    }

    /// The facet axes other than two.
    pub fn facets_without(&self, x: usize, y: usize) -> Vec<usize> {
        self.roles.facet.iter().copied().filter(|&axis| axis != x && axis != y).collect()
    }

    /// Pairs of axes worth a heat map, most telling first, six at most: tuned and compared axes among each other, then
    /// with facets.
    pub fn axis_pairs(&self) -> Vec<(usize, usize)> {
        let order = [&self.roles.tune[..], &self.roles.compare, &self.roles.facet].concat();
        let pairs = order.iter().enumerate().flat_map(|(i, &x)| order[i + 1..].iter().map(move |&y| (x, y)));
        let mut pairs: Vec<(usize, usize)> = pairs.collect();
        pairs.sort_by_key(|&(x, y)| [x, y].iter().filter(|axis| self.roles.facet.contains(axis)).count());
        pairs.truncate(6);
        pairs
    }

    /// How good a metric is beside the best, in 0..=1: best / metric for losses, metric / best for accuracies.
    pub fn relative(&self, metric: f64, best: f64) -> f64 {
        if metric == best {
            return 1.0;
        }
        let share = if self.metric.higher_is_better() { metric / best } else { best / metric };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    pub(super) fn range(&self, group: &Group) -> Option<Range> {
        let axis = self.sensitive_axis()?;
        let numbers = self.axes[axis].numbers.as_ref()?;
        let mut best: BTreeMap<usize, f64> = BTreeMap::new();
        for cell in group.cells.iter().map(|&cell| &self.cells[cell]).filter(|cell| cell.metric.n > 0) {
            let cost = self.cost(cell.metric.iqm.point);
            let kept = best.entry(cell.levels[axis]?).or_insert(cost);
            *kept = kept.min(cost);
        }
        let points: Vec<(f64, f64)> = best.into_iter().map(|(level, cost)| (numbers[level], cost)).collect();
        let at = (0..points.len()).min_by(|&a, &b| points[a].1.total_cmp(&points[b].1))?;
        let (best, cost) = points[at];
        if points.len() < 2 || !cost.is_finite() {
            return None;
        }
        let limit = cost + NEARLY * cost.abs();
        let mut first = at;
        while first > 0 && points[first - 1].1 <= limit {
            first -= 1;
        }
        let mut last = at;
        while last + 1 < points.len() && points[last + 1].1 <= limit {
            last += 1;
        }
        let (low, high) = (points[first].0, points[last].0);
        let decades = if low > 0.0 { libm::log10(high / low) } else { f64::NAN };
        Some(Range { best, low, high, decades, open_low: first == 0, open_high: last + 1 == points.len() })
    }
}
