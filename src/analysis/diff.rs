//! The difference of two reports: which cells moved beyond their interval.

use std::collections::BTreeMap;

use super::{Analysis, Metric};
use crate::stats::Estimate;

/// A cell as a report's summary tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Keys that vary and their values, as text; none where a key does not apply.
    pub key: Vec<(String, String)>,
    /// What runs are judged by.
    pub metric: Metric,
    /// Runs with an outcome.
    pub n: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// IQM of the metric with its interval.
    pub iqm: Estimate,
}

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// It is in the new report alone.
    Appeared,
    /// It is in the old report alone.
    Vanished,
    /// It has another number of runs.
    Counted {
        /// Runs before.
        old: usize,
        /// Runs after.
        new: usize,
    },
    /// Another number of its runs diverged.
    Diverged {
        /// Diverged runs and runs, before.
        old: (usize, usize),
        /// Diverged runs and runs, after.
        new: (usize, usize),
    },
    /// Its IQM left the old interval.
    Moved {
        /// Before.
        old: Estimate,
        /// After.
        new: Estimate,
        /// |new − old| / |old|; infinite if only one of them is, or if old is 0.
        relative: f64,
        /// Whether the change is an improvement.
        better: bool,
    },
}

/// A cell that differs between two reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Keys that vary and their values, as text.
    pub key: Vec<(String, String)>,
    /// What runs are judged by.
    pub metric: Metric,
    /// What became of it.
    pub what: What,
}

impl Change {
    /// Whether it is more than a shift by that share of the old value, or than other runs with the same result.
    pub fn exceeds(&self, tolerance: f64) -> bool {
        match self.what {
            What::Moved { relative, .. } => relative > tolerance,
            What::Counted { .. } => false,
            What::Appeared | What::Vanished | What::Diverged { .. } => true,
        }
    }
}

/// What differs, in the order of the old report, then what is new. Bits that differ within the interval are no change; a
/// cell without an outcome is none.
pub fn diff(old: &[Point], new: &[Point]) -> Vec<Change> {
    let has_outcome = |point: &&Point| point.n > 0;
    // A report with another set of varying keys may order them otherwise.
    let name =
        |point: &Point| -> (BTreeMap<String, String>, Metric) { (point.key.iter().cloned().collect(), point.metric) };
    let after: BTreeMap<_, &Point> = new.iter().filter(has_outcome).map(|point| (name(point), point)).collect();
    let before: BTreeMap<_, &Point> = old.iter().filter(has_outcome).map(|point| (name(point), point)).collect();
    let change = |point: &Point, what| Change { key: point.key.clone(), metric: point.metric, what };
    let mut changes = Vec::new();
    for point in old.iter().filter(has_outcome) {
        let Some(now) = after.get(&name(point)) else {
            changes.push(change(point, What::Vanished));
            continue;
        };
        if (point.diverged, point.n) != (now.diverged, now.n) && (point.diverged > 0 || now.diverged > 0) {
            changes.push(change(point, What::Diverged { old: (point.diverged, point.n), new: (now.diverged, now.n) }));
        } else if point.n != now.n {
            changes.push(change(point, What::Counted { old: point.n, new: now.n }));
        }
        changes.extend(moved(point, now).map(|what| change(point, what)));
    }
    let fresh = new.iter().filter(has_outcome).filter(|point| !before.contains_key(&name(point)));
    changes.extend(fresh.map(|point| change(point, What::Appeared)));
    changes
}

fn moved(old: &Point, new: &Point) -> Option<What> {
    let (before, after) = (old.iqm.point, new.iqm.point);
    if (old.iqm.low <= after && after <= old.iqm.high) || before == after || (before.is_nan() && after.is_nan()) {
        return None;
    }
    let relative = (after - before).abs() / before.abs();
    let relative = if relative.is_nan() { f64::INFINITY } else { relative };
    let better = (after > before) == old.metric.higher_is_better();
    Some(What::Moved { old: old.iqm, new: new.iqm, relative, better })
}

impl Analysis {
    /// The cells as a summary tells them.
    pub fn points(&self) -> Vec<Point> {
        let key = |cell: &super::Cell| {
            let named = self.axes.iter().zip(&cell.levels);
            named.filter_map(|(axis, &level)| Some((axis.key.clone(), axis.label(Some(level?))))).collect()
        };
        let point = |cell: &super::Cell| {
            let summary = cell.metric;
            Point { key: key(cell), metric: self.metric, n: summary.n, diverged: summary.diverged, iqm: summary.iqm }
        };
        self.cells.iter().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(optimizer: &str, point: f64, diverged: usize) -> Point {
        let iqm = Estimate { point, low: point * 0.8, high: point * 1.2 };
        Point { key: vec![("optimizer".into(), optimizer.into())], metric: Metric::TRAIN_LOSS, n: 5, diverged, iqm }
    }

    #[test]
    fn only_what_leaves_its_interval_has_moved() {
        let old = [point("adam", 1.0, 0), point("sgd", 1.0, 0), point("rmsprop", 1.0, 1), point("lion", 1.0, 0)];
        let new = [point("adam", 1.1, 0), point("sgd", 0.5, 0), point("rmsprop", 1.0, 2), point("adagrad", 1.0, 0)];
        let changes = diff(&old, &new);
        let names: Vec<&str> = changes.iter().map(|change| change.key[0].1.as_str()).collect();
        assert_eq!(names, ["sgd", "rmsprop", "lion", "adagrad"]);
        assert!(matches!(changes[0].what, What::Moved { better: true, relative: 0.5, .. }));
        assert!(matches!(changes[1].what, What::Diverged { old: (1, 5), new: (2, 5) }));
        assert!(changes[0].exceeds(0.4) && !changes[0].exceeds(0.6) && changes[2].exceeds(10.0));
        assert_eq!(diff(&old, &old), []);
    }

    #[test]
    fn a_cell_without_an_outcome_is_none_and_fewer_runs_are_told_and_let_pass() {
        let (full, mut fewer, mut none) = (point("adam", 1.0, 0), point("adam", 1.0, 0), point("sgd", 1.0, 0));
        (fewer.n, none.n, none.iqm.point) = (3, 0, f64::NAN);
        let changes = diff(&[full.clone(), point("sgd", 1.0, 0)], &[fewer, none.clone()]);
        assert_eq!(changes[0].what, What::Counted { old: 5, new: 3 });
        assert_eq!((changes[0].exceeds(0.0), changes[1].what, changes.len()), (false, What::Vanished, 2));
        assert_eq!(diff(&[full.clone(), none], &[full]), []);
    }

    #[test]
    fn a_metric_that_became_infinite_has_moved_beyond_any_tolerance() {
        let mut lost = point("sgd", 1.0, 0);
        lost.iqm = Estimate { point: f64::INFINITY, low: 1.0, high: f64::INFINITY };
        let changes = diff(&[point("sgd", 1.0, 0)], &[lost.clone()]);
        assert!(changes[0].exceeds(1e300) && matches!(changes[0].what, What::Moved { better: false, .. }));
        assert_eq!(diff(&[lost.clone()], &[lost]), []);
    }
}
