//! Each compared value at its best: settings chosen on tuning seeds, judged on held-out seeds, beside the default.

use super::cell::{Cell, Reading, Summary};
use super::{Analysis, Measure, Metric, Run, Value, worst};
use crate::param::{Domain, Literal, Param, Settings};
use crate::stats;

/// The learning rate taken as default when none is tuned: the tutorial's.
pub const DEFAULT_LEARNING_RATE: f64 = 0.01;

/// One compared value in one facet.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// An index into `Analysis::facets`.
    pub facet: usize,
    /// An index into `Analysis::values`.
    pub value: usize,
    /// Its cells, one per tuned setting, in plan order.
    pub cells: Vec<usize>,
    /// The setting chosen on tuning seeds; `None` while no run of the group has an outcome.
    pub tuned: Option<Choice>,
    /// The default setting, or the nearest the grid has; `None` if nothing is tuned.
    pub default: Option<Choice>,
    /// How the tuned setting reaches the facet's target; `None` without a target or an outcome.
    pub reach: Option<super::target::Reach>,
    /// The learning rates nearly as good as the best.
    pub range: Option<super::sensitivity::Range>,
}

/// A setting of a group and how it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// An index into `Analysis::cells`.
    pub cell: usize,
    /// IQM of the metric over the tuning seeds; NaN if none of them has an outcome.
    pub tuning: f64,
    /// The metric over the held-out seeds.
    pub judged: Summary,
    /// The accuracy over the held-out seeds, for classification.
    pub accuracy: Option<Summary>,
    /// Axes on which the setting lies at the end of what was tried.
    pub edges: Vec<Edge>,
}

/// A chosen value at the end of its axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The axis.
    pub axis: usize,
    /// Its level.
    pub level: usize,
    /// Whether it is the upper end.
    pub upper: bool,
}

impl Analysis {
    /// Whether settings are chosen and judged on different seeds: if anything is tuned and there are two seeds or more.
    pub fn is_split(&self) -> bool {
        self.settings.len() > 1 && self.seeds.len() > 1
    }

    /// The seeds settings are chosen on: with a split the second, fourth, … in ascending order, else all.
    pub fn tuning_seeds(&self) -> Vec<u64> {
        self.half(1)
    }

    /// The seeds settings are judged on: with a split the first, third, … in ascending order, else all.
    pub fn judging_seeds(&self) -> Vec<u64> {
        self.half(0)
    }

    fn half(&self, remainder: usize) -> Vec<u64> {
        let all = self.seeds.iter().enumerate();
        all.filter(|(i, _)| !self.is_split() || i % 2 == remainder).map(|(_, &seed)| seed).collect()
    }

    /// The runs of a cell that it is judged by, by ascending seed.
    pub fn judged_rows<'a>(&'a self, cell: &'a Cell) -> impl Iterator<Item = usize> + 'a {
        cell.rows.iter().copied().filter(|&row| !self.is_split() || self.replicate(row).is_multiple_of(2))
    }

    fn tuning_rows<'a>(&'a self, cell: &'a Cell) -> impl Iterator<Item = usize> + 'a {
        cell.rows.iter().copied().filter(|&row| !self.is_split() || self.replicate(row) % 2 == 1)
    }

    /// The group of a compared value in a facet, if any run was planned for it.
    pub fn group(&self, facet: usize, value: usize) -> Option<&Group> {
        let at = self.groups.binary_search_by_key(&(facet, value), |group| (group.facet, group.value)).ok()?;
        Some(&self.groups[at])
    }

    /// The groups of a facet that have an outcome, best first: by the IQM over held-out seeds.
    pub fn ranking(&self, facet: usize) -> Vec<(&Group, &Choice)> {
        let of_facet = self.groups.iter().filter(|group| group.facet == facet);
        let mut ranking: Vec<_> = of_facet.filter_map(|group| Some((group, group.tuned.as_ref()?))).collect();
        ranking.retain(|(_, choice)| choice.judged.n > 0);
        ranking.sort_by(|(_, a), (_, b)| self.cost(a.judged.iqm.point).total_cmp(&self.cost(b.judged.iqm.point)));
        ranking
    }

    /// The metric turned so that less is better.
    pub fn cost(&self, metric: f64) -> f64 {
        if self.metric.higher_is_better() { -metric } else { metric }
    }

    /// A run's metric as a number, diverged as worst; `None` if it is missing.
    pub fn score(&self, row: usize) -> Option<f64> {
        match self.reading(row) {
            Reading::Missing => None,
            Reading::Diverged => Some(worst(self.metric)),
            Reading::Value(x) => Some(x),
        }
    }

    /// IQM of the metric over some runs, diverged as worst; NaN of none.
    fn iqm(&self, rows: impl Iterator<Item = usize>) -> f64 {
        let scores: Vec<f64> = rows.filter_map(|row| self.score(row)).collect();
        stats::iqm(&stats::sorted(&scores))
    }

    pub(super) fn grouped(&self) -> Vec<Group> {
        let mut members: Vec<(usize, usize, usize)> =
            self.cells.iter().enumerate().map(|(i, cell)| (cell.facet, cell.value, i)).collect();
        members.sort_unstable();
        let groups = members.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
        groups.map(|group| self.grouped_one(group[0].0, group[0].1, group.iter().map(|m| m.2).collect())).collect()
    }

    fn grouped_one(&self, facet: usize, value: usize, cells: Vec<usize>) -> Group {
        let tuning: Vec<f64> = cells.iter().map(|&cell| self.iqm(self.tuning_rows(&self.cells[cell]))).collect();
        let diverged = |i: usize| {
            let cell = &self.cells[cells[i]];
            cell.diverged as f64 / cell.metric.n as f64
        };
        let best = (0..cells.len()).filter(|&i| !tuning[i].is_nan()).min_by(|&a, &b| {
            let by_metric = self.cost(tuning[a]).total_cmp(&self.cost(tuning[b]));
            by_metric.then_with(|| diverged(a).total_cmp(&diverged(b)))
        });
        let choice = |i: usize| {
            let cell = &self.cells[cells[i]];
            let judged: Vec<usize> = self.judged_rows(cell).collect();
            let summary = |metric| Summary::of(judged.iter().map(|&row| self.read(row, metric)), worst(metric));
            Choice {
                cell: cells[i],
                tuning: tuning[i],
                judged: summary(self.metric),
                accuracy: cell.accuracy.map(|_| summary(self.accuracy())),
                edges: self.edges(i, &cells, &tuning),
            }
        };
        let default = (self.settings.len() > 1).then(|| self.nearest_default(&cells)).flatten();
        let (tuned, default) = (best.map(choice), default.map(choice));
        Group { facet, value, cells, tuned, default, reach: None, range: None }
    }

    /// The accuracy of the split the metric is of.
    pub(super) fn accuracy(&self) -> Metric {
        self.metric.with(Measure::Accuracy)
    }

    /// The position of the cell nearest to the default of each tuned axis, the first axis counting most.
    fn nearest_default(&self, cells: &[usize]) -> Option<usize> {
        let distances = |cell: usize| -> Vec<f64> {
            let cell = &self.cells[cell];
            let run = &self.rows[cell.rows[0]].run;
            self.roles.tune.iter().map(|&axis| self.away_from_default(run, axis, cell.levels[axis])).collect()
        };
        let all: Vec<Vec<f64>> = cells.iter().map(|&cell| distances(cell)).collect();
        (0..cells.len()).min_by(|&a, &b| all[a].partial_cmp(&all[b]).unwrap_or(std::cmp::Ordering::Equal))
    }

    fn away_from_default(&self, run: &Run, axis: usize, level: Option<usize>) -> f64 {
        let axis = &self.axes[axis];
        let (Some(level), Some(default)) = (level, default_of(run, &axis.key)) else {
            return 0.0;
        };
        let value = &axis.values[level];
        match (value.as_f64(), default.as_f64()) {
            (Some(x), Some(default)) if x > 0.0 && default > 0.0 => libm::log(x / default).abs(),
            (Some(x), Some(default)) => (x - default).abs(),
            _ => f64::from(u8::from(*value != default)),
        }
    }

    /// The axes on which a setting lies at the end of those tried, unless one further in does as well.
    fn edges(&self, chosen: usize, cells: &[usize], tuning: &[f64]) -> Vec<Edge> {
        let cell = &self.cells[cells[chosen]];
        let run = &self.rows[cell.rows[0]].run;
        let edge = |&axis: &usize| {
            let numbers = self.axes[axis].numbers.as_ref()?;
            let level = cell.levels[axis]?;
            let tried = || cells.iter().filter_map(|&cell| self.cells[cell].levels[axis]);
            let (first, last) = (tried().min()?, tried().max()?);
            let upper = level == last;
            let equal = |i: usize| tuning[i] == tuning[chosen] && self.cells[cells[i]].levels[axis] != Some(level);
            if (0..cells.len()).any(equal) {
                return None;
            }
            if first == last || (level != first && !upper) || is_bound(run, &self.axes[axis].key, numbers[level]) {
                return None;
            }
            Some(Edge { axis, level, upper })
        };
        self.roles.tune.iter().filter_map(edge).collect()
    }
}

/// The declaration of a key among the run's choices.
fn param(run: &Run, key: &str) -> Option<&'static Param> {
    let choices: [&dyn Settings; 3] =
        [run.config.optimizer.settings(), run.config.schedule.settings(), run.config.activation.settings()];
    choices.into_iter().flat_map(|choice| choice.params()).find(|param| param.name == key)
}

fn default_of(run: &Run, key: &str) -> Option<Value> {
    match key {
        "learning_rate" => Some(Value::Float(DEFAULT_LEARNING_RATE)),
        "schedule" => Some(Value::Text("constant".into())),
        _ => param(run, key).map(|param| param.default.value()),
    }
}

/// Whether a value lies on the bound of what its key accepts, so that nothing lies beyond it.
fn is_bound(run: &Run, key: &str, x: f64) -> bool {
    match param(run, key) {
        Some(Param { domain: Domain::AtLeast(from) | Domain::Below(from, _), .. }) => x == *from,
        Some(Param { domain: Domain::Within(from, to), .. }) => x == *from || x == *to,
        Some(Param { default: Literal::Bool(_), .. }) => true,
        _ => false,
    }
}
