//! Each compared value at its best: the setting chosen on validation samples, or on all seeds and judged seed by seed at what the
//! other seeds choose; beside the default.

use super::cell::{Reading, Summary};
use super::versus::scale_of;
use super::{Analysis, Measure, Metric, RunConfig, Value, worst};
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
    /// The best setting; `None` while no run of the group has an outcome.
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
    /// The runs it is judged by, by ascending seed: at each seed that of the setting which its validation samples or the other
    /// seeds choose, mostly the same. Of a default, its own runs.
    pub rows: Vec<usize>,
    /// IQM over all seeds at the setting of the metric that chose it; NaN if none of them has an outcome.
    pub tuning: f64,
    /// The metric over the runs it is judged by.
    pub judged: Summary,
    /// What is told beside the metric, over the runs it is judged by.
    pub beside: Option<Summary>,
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
    /// Whether settings are chosen on other seeds than they are judged on: if anything is tuned, not by validation samples, and
    /// there are two seeds or more.
    pub fn is_left_out(&self) -> bool {
        self.settings.len() > 1 && self.chooser.is_none() && self.seeds.len() > 1
    }

    /// The group of a compared value in a facet, if any run was planned for it.
    pub fn group(&self, facet: usize, value: usize) -> Option<&Group> {
        let at = self.groups.binary_search_by_key(&(facet, value), |group| (group.facet, group.value)).ok()?;
        Some(&self.groups[at])
    }

    /// The groups of a facet that have an outcome, best first: by the IQM over the runs they are judged by.
    pub fn ranking(&self, facet: usize) -> Vec<(&Group, &Choice)> {
        let of_facet = self.groups.iter().filter(|group| group.facet == facet);
        let mut ranking: Vec<_> = of_facet.filter_map(|group| Some((group, group.tuned.as_ref()?))).collect();
        ranking.retain(|(_, choice)| choice.judged.n > 0);
        ranking.sort_by(|(_, a), (_, b)| self.cost(a.judged.iqm.point).total_cmp(&self.cost(b.judged.iqm.point)));
        ranking
    }

    /// The ranks of a facet's values, in the order of [`ranking`](Self::ranking); equal ones share the mean of theirs.
    pub fn ranks(&self, facet: usize) -> Vec<f64> {
        let costs = self.ranking(facet).into_iter().map(|(_, choice)| self.cost(choice.judged.iqm.point));
        stats::mid_ranks(&costs.collect::<Vec<_>>())
    }

    /// The metric turned so that less is better.
    pub fn cost(&self, metric: f64) -> f64 {
        if self.metric.higher_is_better() { -metric } else { metric }
    }

    /// A run's metric as a number, diverged as worst; `None` if it is missing.
    pub fn score(&self, row: usize) -> Option<f64> {
        self.number(row, self.metric)
    }

    /// Any metric of a run as a number, as [`score`](Self::score) gives that of the report.
    pub(super) fn number(&self, row: usize, metric: Metric) -> Option<f64> {
        match self.read(row, metric) {
            Reading::Missing => None,
            Reading::Diverged => Some(worst(metric)),
            Reading::Value(x) => Some(x),
        }
    }

    /// The groups' facet, value and cells, by facet, then value.
    pub(super) fn members(&self) -> Vec<(usize, usize, Vec<usize>)> {
        let mut members: Vec<(usize, usize, usize)> =
            self.cells.iter().enumerate().map(|(i, cell)| (cell.facet, cell.value, i)).collect();
        members.sort_unstable();
        let groups = members.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
        groups.map(|group| (group[0].0, group[0].1, group.iter().map(|member| member.2).collect())).collect()
    }

    pub(super) fn grouped(&self) -> Vec<Group> {
        let groups = self.members().into_iter();
        groups.map(|(facet, value, cells)| self.grouped_one(facet, value, cells)).collect()
    }

    fn grouped_one(&self, facet: usize, value: usize, cells: Vec<usize>) -> Group {
        let by = |metric: Metric| move |row: &usize| self.number(*row, metric);
        let tuning: Vec<f64> = (cells.iter().map(|&cell| &self.cells[cell]))
            .map(|cell| match self.chooser {
                None => cell.metric.iqm.point,
                Some(chooser) => {
                    stats::iqm(&stats::sorted(&cell.rows.iter().filter_map(by(chooser)).collect::<Vec<_>>()))
                }
            })
            .collect();
        let found = self.comparisons.cases.get(facet).and_then(|case| case.tuned.get(value)?.as_ref());
        let inflation = self.inflation(facet);
        let choice = |setting: usize, rows: Vec<usize>| {
            let summary = |metric: Metric| {
                let found = Summary::of(rows.iter().map(|&row| self.read(row, metric)), worst(metric));
                found.widened(inflation, scale_of(metric))
            };
            Choice {
                cell: cells[setting],
                tuning: tuning[setting],
                judged: summary(self.metric),
                beside: self.beside.map(summary),
                edges: self.edges(setting, &cells, &tuning),
                rows,
            }
        };
        let tuned = found.map(|found| {
            let at = |(seed, setting): (usize, &Option<usize>)| {
                self.row_of(cells[setting.unwrap_or(found.setting)], self.seeds[seed])
            };
            choice(found.setting, found.chosen.iter().enumerate().filter_map(at).collect())
        });
        let default = (self.settings.len() > 1).then(|| self.nearest_default(&cells)).flatten();
        let default = default.map(|setting| choice(setting, self.cells[cells[setting]].rows.clone()));
        Group { facet, value, cells, tuned, default, reach: None, range: None }
    }

    /// The run of a cell with that seed.
    pub(super) fn row_of(&self, cell: usize, seed: u64) -> Option<usize> {
        let rows = &self.cells[cell].rows;
        rows.binary_search_by_key(&seed, |&row| self.rows[row].replicate.number()).ok().map(|at| rows[at])
    }

    /// The accuracy of the split the metric is of.
    pub(super) fn accuracy(&self) -> Metric {
        self.metric.with(Measure::Accuracy)
    }

    /// The position of the cell nearest to the default of each tuned axis, the first axis counting most.
    fn nearest_default(&self, cells: &[usize]) -> Option<usize> {
        let distances = |cell: usize| -> Vec<f64> {
            let cell = &self.cells[cell];
            let config = self.config(cell.rows[0]);
            self.roles.tune.iter().map(|&axis| self.away_from_default(&config, axis, cell.levels[axis])).collect()
        };
        let all: Vec<Vec<f64>> = cells.iter().map(|&cell| distances(cell)).collect();
        (0..cells.len()).min_by(|&a, &b| all[a].partial_cmp(&all[b]).unwrap_or(std::cmp::Ordering::Equal))
    }

    fn away_from_default(&self, run: &RunConfig, axis: usize, level: Option<usize>) -> f64 {
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
        let config = self.config(cell.rows[0]);
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
            if first == last || (level != first && !upper) || is_bound(&config, &self.axes[axis].key, numbers[level]) {
                return None;
            }
            Some(Edge { axis, level, upper })
        };
        self.roles.tune.iter().filter_map(edge).collect()
    }
}

/// The declaration of a key among the run's choices.
fn param(run: &RunConfig, key: &str) -> Option<&'static Param> {
    let choices: [&dyn Settings; 3] = [run.optimizer.settings(), run.schedule.settings(), run.activation.settings()];
    choices.into_iter().flat_map(|choice| choice.params()).find(|param| param.name == key)
}

fn default_of(run: &RunConfig, key: &str) -> Option<Value> {
    match key {
        "learning_rate" => Some(Value::Float(DEFAULT_LEARNING_RATE)),
        "schedule" => Some(Value::Text("constant".into())),
        _ => param(run, key).map(|param| param.default.value()),
    }
}

/// Whether a value lies on the bound of what its key accepts, so that nothing lies beyond it.
fn is_bound(run: &RunConfig, key: &str, x: f64) -> bool {
    match param(run, key) {
        Some(Param { domain: Domain::AtLeast(from) | Domain::Below(from, _), .. }) => x == *from,
        Some(Param { domain: Domain::Within(from, to), .. }) => x == *from || x == *to,
        Some(Param { default: Literal::Bool(_), .. }) => true,
        _ => false,
    }
}
