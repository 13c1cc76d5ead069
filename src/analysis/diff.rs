//! The difference of two reports: which cells changed, seed by seed where both tell their runs.

use std::collections::BTreeMap;

use super::versus::scale_of;
use super::{Analysis, Metric, Scale};
use crate::stats::{self, Estimate, LEAST, LEVEL};

/// A cell as a report tells it.
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
    /// The metric of each run by its replicate, diverged ones as worst; none where only the summary is known.
    pub runs: BTreeMap<String, f64>,
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
    /// Seed by seed it is better, or worse, more often than chance allows.
    Shifted(Shift),
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

/// How the runs of a cell changed at equal seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// IQM before.
    pub old: f64,
    /// IQM after.
    pub new: f64,
    /// new / old of losses, new − old of shares: the Hodges–Lehmann estimate with its 95 % interval.
    pub gap: Estimate,
    /// Seeds on which it is better.
    pub better: usize,
    /// Seeds on which it is worse.
    pub worse: usize,
    /// Seeds in both reports.
    pub n: usize,
    /// p of the exact signed-rank test, corrected over the cells.
    pub p: f64,
    /// The change as a share of the old value.
    pub relative: f64,
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
            What::Moved { relative, .. } | What::Shifted(Shift { relative, .. }) => relative > tolerance,
            What::Counted { .. } => false,
            What::Appeared | What::Vanished | What::Diverged { .. } => true,
        }
    }
}

/// What differs, in the order of the old report, then what is new. Bits that differ within the interval and without a
/// direction are no change; a cell without an outcome is none.
pub fn diff(old: &[Point], new: &[Point]) -> Vec<Change> {
    let has_outcome = |point: &&Point| point.n > 0;
    // A report with another set of varying keys may order them otherwise.
    let name =
        |point: &Point| -> (BTreeMap<String, String>, Metric) { (point.key.iter().cloned().collect(), point.metric) };
    let after: BTreeMap<_, &Point> = new.iter().filter(has_outcome).map(|point| (name(point), point)).collect();
    let before: BTreeMap<_, &Point> = old.iter().filter(has_outcome).map(|point| (name(point), point)).collect();
    let change = |point: &Point, what| Change { key: point.key.clone(), metric: point.metric, what };
    let known: Vec<&Point> = old.iter().filter(has_outcome).collect();
    let both: Vec<Option<&Point>> = known.iter().map(|point| after.get(&name(point)).copied()).collect();
    let shifts = shifts(&known, &both);
    let mut changes = Vec::new();
    for ((point, now), shift) in known.into_iter().zip(both).zip(shifts) {
        let Some(now) = now else {
            changes.push(change(point, What::Vanished));
            continue;
        };
        if (point.diverged, point.n) != (now.diverged, now.n) && (point.diverged > 0 || now.diverged > 0) {
            changes.push(change(point, What::Diverged { old: (point.diverged, point.n), new: (now.diverged, now.n) }));
        } else if point.n != now.n {
            changes.push(change(point, What::Counted { old: point.n, new: now.n }));
        }
        let what = shift.filter(|shift| shift.p <= LEVEL).map(What::Shifted).or_else(|| moved(point, now));
        changes.extend(what.map(|what| change(point, what)));
    }
    let fresh = new.iter().filter(has_outcome).filter(|point| !before.contains_key(&name(point)));
    changes.extend(fresh.map(|point| change(point, What::Appeared)));
    changes
}

/// The shift of each cell with enough seeds in both reports, all as one family.
fn shifts(old: &[&Point], new: &[Option<&Point>]) -> Vec<Option<Shift>> {
    let mut shifts: Vec<Option<Shift>> = old.iter().zip(new).map(|(old, new)| shift(old, (*new)?)).collect();
    let p: Vec<f64> = shifts.iter().flatten().map(|shift| shift.p).collect();
    shifts.iter_mut().flatten().zip(stats::holm(&p)).for_each(|(shift, p)| shift.p = p);
    shifts
}

fn shift(old: &Point, new: &Point) -> Option<Shift> {
    let pairs = old.runs.iter().filter_map(|(replicate, &before)| Some((before, *new.runs.get(replicate)?)));
    let pairs: Vec<(f64, f64)> = pairs.collect();
    if pairs.len() < LEAST {
        return None;
    }
    let scale = scale_of(old.metric);
    // Two runs that both diverged are equal.
    let change = |&(before, after): &(f64, f64)| match before == after {
        true => 0.0,
        false => scale.of(after) - scale.of(before),
    };
    let changes: Vec<f64> = pairs.iter().map(change).collect();
    let gap = stats::hodges_lehmann(&changes);
    let (gap, relative) = match scale {
        Scale::Ratio => {
            let [point, low, high] = [gap.point, gap.low, gap.high].map(libm::exp);
            (Estimate { point, low, high }, (point - 1.0).abs())
        }
        Scale::Difference => (gap, (gap.point / old.iqm.point).abs()),
    };
    let is_better = |change: f64| (change > 0.0) == old.metric.higher_is_better();
    Some(Shift {
        old: old.iqm.point,
        new: new.iqm.point,
        gap,
        better: changes.iter().filter(|&&change| change != 0.0 && is_better(change)).count(),
        worse: changes.iter().filter(|&&change| change != 0.0 && !is_better(change)).count(),
        n: pairs.len(),
        p: stats::wilcoxon(&changes),
        relative: if relative.is_nan() { f64::INFINITY } else { relative },
    })
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
            let (n, diverged, iqm) = (summary.n, summary.diverged, summary.iqm);
            Point { key: key(cell), metric: self.metric, n, diverged, iqm, runs: BTreeMap::new() }
        };
        self.cells.iter().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(optimizer: &str, point: f64, diverged: usize) -> Point {
        let iqm = Estimate { point, low: point * 0.8, high: point * 1.2 };
        let key = vec![("optimizer".into(), optimizer.into())];
        Point { key, metric: Metric::TRAIN_LOSS, n: 5, diverged, iqm, runs: BTreeMap::new() }
    }

    /// With ten runs that scatter about the point.
    fn with_runs(mut point: Point) -> Point {
        let run = |seed: i32| (seed.to_string(), point.iqm.point * libm::exp(f64::from(seed - 5) / 5.0));
        (point.n, point.runs) = (10, (0..10).map(run).collect());
        point
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
    fn a_shift_of_three_per_cent_on_every_seed_is_told_though_it_is_within_the_interval() {
        let (old, new) = (with_runs(point("sgd", 1.0, 0)), with_runs(point("sgd", 1.03, 0)));
        let changes = diff(std::slice::from_ref(&old), std::slice::from_ref(&new));
        let [Change { what: What::Shifted(shift), .. }] = changes[..] else { panic!("{changes:?}") };
        assert_eq!((shift.worse, shift.better, shift.n), (10, 0, 10));
        assert!((shift.gap.point - 1.03).abs() < 1e-9 && shift.p < 0.01, "{shift:?}");
        assert!(changes[0].exceeds(0.02) && !changes[0].exceeds(0.04));
        assert_eq!(diff(std::slice::from_ref(&old), std::slice::from_ref(&old)), []);
    }

    #[test]
    fn what_one_cell_of_many_does_by_chance_is_no_shift() {
        let runs = |factors: &dyn Fn(usize) -> f64, cell: usize| {
            let mut point = with_runs(point(&format!("o{cell}"), 1.0, 0));
            for (seed, run) in point.runs.values_mut().enumerate() {
                *run *= factors(seed);
            }
            point
        };
        // One cell is worse on nine of ten seeds: p = 0.004 by itself, of forty such cells it is nothing.
        let old: Vec<Point> = (0..40).map(|cell| runs(&|_| 1.0, cell)).collect();
        let nine = |seed: usize| if seed == 0 { 0.999 } else { 1.001 + 1e-4 * seed as f64 };
        let even = |seed: usize| if seed.is_multiple_of(2) { 0.99 } else { 1.01 };
        let new: Vec<Point> =
            (0..40).map(|cell| runs(if cell == 0 { &nine as &dyn Fn(usize) -> f64 } else { &even }, cell)).collect();
        assert_eq!(diff(&old, &new), []);
        assert_eq!(diff(&old[..1], &new[..1]).len(), 1);
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
