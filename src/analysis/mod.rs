//! What the runs of an experiment say: cells, winners, comparisons and findings. Pure and deterministic.
//!
//! Diverged runs are never a silent number. Every statistic counts them as worst (infinite loss, accuracy 0); their count
//! stands beside it.

mod answer;
mod axis;
mod baseline;
mod budget;
mod cell;
mod check;
mod curve;
mod diff;
mod finding;
mod pair;
mod plane;
mod replicates;
mod roles;
mod rows;
#[cfg(test)]
pub(crate) mod sample;
mod sensitivity;
mod standing;
mod target;
#[cfg(test)]
mod tests;
mod tuned;
mod versus;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

pub use crate::dataset::{Data, Dataset, Statement, Table, Task};
pub use crate::engine::{Histories, Layer, Measures, Outcome, Status};
pub use crate::measure::{Better, KEPT_EPOCH, Measure, Metric, STOPPED_EPOCH, Series, Split, Unit, series};
pub use crate::param::Value;
pub use crate::plan::{Description, Run, RunId};
pub use crate::spec::{Expectation, Replicate, RunConfig, leading};
pub use crate::stats::{Comparisons, Estimate, Scale, Verdict, Versus};
use crate::table::Fold;

use crate::parallel;

use rows::Gathered;

pub use answer::{Facts, Standoff};
pub use axis::{Axis, value};
pub use baseline::Constant;
pub use budget::Share;
pub use cell::{Cell, Combination, Reading, Summary};
pub use check::Check;
pub use curve::{Curve, thinned};
pub use diff::{Change, Point, Shift, What, diff};
pub use finding::{Finding, Kind};
pub use pair::Pair;
pub use plane::{Estimator, Plane, Window, disagreement};
pub use roles::{Role, Roles};
pub use rows::{Entry, Numbers, Source};
pub use sensitivity::{NEARLY, Range};
pub use standing::Standing;
pub use target::{Profile, Reach, SLACK};
pub use tuned::{Choice, DEFAULT_LEARNING_RATE, Edge, Group};
pub use versus::{Expected, scale_of};

/// A run and what came of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The run as planned.
    pub run: Run,
    /// What it yielded; `None` if it is not trained yet or failed.
    pub outcome: Option<Outcome>,
}

/// What an experiment is about.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The experiment's name.
    pub name: String,
    /// Its question, as asked.
    pub question: Option<String>,
    /// The `[report]` table.
    pub roles: crate::spec::Roles,
    /// The keys of its axes, in file order.
    pub keys: Vec<String>,
}

/// Runs that are looked at to say how files are used.
const LOOKED_AT: usize = 100_000;

/// Everything a report draws from.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The experiment's name.
    pub name: String,
    /// Its question, as asked.
    pub question: Option<String>,
    /// What runs are judged by.
    pub metric: Metric,
    /// What is told beside it, on the same samples: the accuracy of classes, R² of regressions; `None` where runs are of both.
    pub beside: Option<Metric>,
    /// The keys that vary, in file order.
    pub axes: Vec<Axis>,
    /// What happens to each axis.
    pub roles: Roles,
    /// The replicate seeds, ascending.
    pub seeds: Vec<u64>,
    /// The runs in plan order.
    pub rows: Vec<Entry>,
    /// The cells in plan order of their first run.
    pub cells: Vec<Cell>,
    /// The compared values, in file order (numbers ascending). One without a label if nothing is compared.
    pub values: Vec<Combination>,
    /// The facets, in file order. One without a label if nothing is told apart.
    pub facets: Vec<Combination>,
    /// The tuned settings, in file order. One without a label if nothing is tuned.
    pub settings: Vec<Combination>,
    /// What settings are chosen by where it is not what they are judged by; `None` also if nothing is tuned.
    pub chooser: Option<Metric>,
    /// The difference that does not matter: a share of losses, or of samples.
    pub margin: f64,
    /// The values against each other: tuned, with the family of all tests.
    pub comparisons: Comparisons,
    /// Each compared value in each facet, by facet, then value.
    pub groups: Vec<Group>,
    /// The training loss to reach in each facet; `None` where no run tells.
    pub targets: Vec<Option<f64>>,
    /// Steps to target beside the best value's, over facets and seeds.
    pub profile: Profile,
    /// The compared values two by two, by facet.
    pub pairs: Vec<Pair>,
    /// The learning curve of each group, by facet, then value.
    pub curves: Vec<Curve>,
    /// The constant predictor of each run's data; `None` where the data cannot be had.
    pub constants: Vec<Option<Constant>>,
    /// Each compared value over all facets, in the order of the values.
    pub standings: Vec<Standing>,
    /// The audit.
    pub findings: Vec<Finding>,
    /// What results must be.
    pub expectations: Vec<Expectation>,
    /// The keys of all descriptions, by name.
    pub described: Vec<String>,
    /// What all descriptions have in common but for seed and fold, in their order.
    pub common: Vec<(String, Value)>,
    source: Source,
    /// What the runs have in common.
    facts: rows::Facts,
    cell_of: Vec<u32>,
    /// Looked at once, by whoever asks first: it takes a pass over each file.
    files: OnceLock<Vec<(String, Statement)>>,
}

impl Analysis {
    /// What was understood of each of the user's files that the runs use, by its label.
    pub fn files(&self) -> &[(String, Statement)] {
        self.files.get_or_init(|| {
            if !(0..self.facets.len()).any(|facet| self.is_file(facet)) {
                return Vec::new();
            }
            let replicates: BTreeSet<(u64, Option<Fold>)> =
                self.rows.iter().map(|row| (row.replicate.seed, row.replicate.fold)).collect();
            let replicates = replicates.iter().map(|&(seed, fold)| Replicate { seed, fold });
            let runs: Vec<RunConfig> = (0..self.rows.len().min(LOOKED_AT)).map(|row| self.config(row)).collect();
            // Files that cannot be split have no runs.
            crate::spec::statements(&runs, replicates).unwrap_or_default()
        })
    }
}

impl Analysis {
    /// Analyses the runs of an experiment, given in plan order.
    pub fn new(subject: Subject, rows: Vec<Row>) -> Self {
        let configs: Arc<[RunConfig]> = rows.iter().map(|row| row.run.config.clone()).collect();
        let source = Source::new(move |row| configs[row].clone());
        let Ok(analysis) = Self::gather(subject, source, rows.into_iter().map(Ok::<_, std::convert::Infallible>));
        analysis
    }

    /// Analyses the runs of an experiment as they are read, in plan order. `source` makes them again.
    ///
    /// # Errors
    /// The first that a row has.
    pub fn gather<E>(
        subject: Subject,
        source: Source,
        rows: impl IntoIterator<Item = Result<Row, E>>,
    ) -> Result<Self, E> {
        let named = [&subject.keys, &subject.roles.compare, &subject.roles.tune, &subject.roles.facet];
        let mut points = axis::Points::new(named.into_iter().flatten().map(String::as_str));
        let mut gathered = Gathered::default();
        for row in rows {
            let row = row?;
            points.take(&row.run, &source);
            gathered.take(row);
        }
        let facts = gathered.facts;
        let (points, rows) = (points.cells(), gathered.finish());
        let roles = Roles::resolve(&points.axes, &subject.roles);
        let mut seeds: Vec<u64> = rows.iter().map(|row| row.replicate.number()).collect();
        seeds.sort_unstable();
        seeds.dedup();
        let default = if !rows.is_empty() && facts.all_test { Metric::TEST_LOSS } else { Metric::TRAIN_LOSS };
        let mut analysis = Self {
            name: subject.name,
            question: subject.question,
            metric: subject.roles.metric.unwrap_or(default),
            beside: None,
            axes: points.axes,
            roles,
            seeds,
            facts,
            rows,
            described: points.described,
            common: points.common,
            source,
            cells: Vec::new(),
            values: Vec::new(),
            facets: Vec::new(),
            settings: Vec::new(),
            chooser: None,
            margin: 0.0,
            comparisons: Comparisons::default(),
            groups: Vec::new(),
            targets: Vec::new(),
            profile: Profile::default(),
            pairs: Vec::new(),
            curves: Vec::new(),
            constants: Vec::new(),
            standings: Vec::new(),
            findings: Vec::new(),
            expectations: subject.roles.expectations,
            cell_of: points.of_runs,
            files: OnceLock::new(),
        };
        analysis.beside = analysis.found_beside();
        analysis.fill_cells(points.levels);
        analysis.chooser = analysis.found_chooser();
        analysis.margin = analysis.found_margin(subject.roles.margin);
        analysis.comparisons = analysis.compared();
        analysis.groups = analysis.grouped();
        analysis.targets = analysis.found_targets(subject.roles.target);
        for i in 0..analysis.groups.len() {
            let group = &analysis.groups[i];
            let is_given = subject.roles.target.is_some();
            let reach = group.tuned.as_ref().and_then(|choice| analysis.reach(group, choice, is_given));
            let range = analysis.range(group);
            (analysis.groups[i].reach, analysis.groups[i].range) = (reach, range);
        }
        analysis.profile = analysis.found_profile();
        analysis.pairs = analysis.paired();
        analysis.curves = analysis.drawn_curves();
        analysis.constants = analysis.found_constants();
        analysis.standings = analysis.found_standings();
        analysis.findings = analysis.audit();
        Ok(analysis)
    }

    /// The version of the numerics that the runs were computed under.
    pub fn numerics(&self) -> u32 {
        self.facts.numerics
    }

    fn found_beside(&self) -> Option<Metric> {
        match (self.facts.any_classes, self.facts.any_regression) {
            (true, false) => Some(self.metric.with(Measure::Accuracy)),
            (false, true) => Some(self.metric.with(Measure::R2)),
            _ => None,
        }
    }

    fn fill_cells(&mut self, points: Vec<Vec<Option<usize>>>) {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); points.len()];
        for (row, &cell) in self.cell_of.iter().enumerate() {
            members[cell as usize].push(row);
        }
        let (values, value_of) = self.combinations(&points, &self.roles.compare);
        let (facets, facet_of) = self.combinations(&points, &self.roles.facet);
        let (settings, setting_of) = self.combinations(&points, &self.roles.tune);
        (self.values, self.facets, self.settings) = (values, facets, settings);
        for rows in &mut members {
            rows.sort_by_key(|&row| (self.rows[row].replicate.number(), row));
        }
        let summaries = parallel::map(&members, |rows| {
            let summary = |metric| Summary::of(rows.iter().map(|&row| self.read(row, metric)), worst(metric));
            (summary(self.metric), self.beside.map(summary))
        });
        for (i, ((rows, levels), (metric, beside))) in members.into_iter().zip(points).zip(summaries).enumerate() {
            let missing = rows.iter().filter(|&&row| self.rows[row].outcome.is_none()).count();
            let (value, facet, setting) = (value_of[i], facet_of[i], setting_of[i]);
            let (done, diverged) = (metric.n - metric.diverged, metric.diverged);
            self.cells.push(Cell { levels, value, facet, setting, rows, done, diverged, missing, metric, beside });
        }
        let inflations: Vec<f64> = (0..self.facets.len()).map(|facet| self.inflation(facet)).collect();
        let scale = self.scale();
        for cell in &mut self.cells {
            let inflation = inflations[cell.facet];
            cell.metric = cell.metric.widened(inflation, scale);
            cell.beside = cell.beside.map(|beside| beside.widened(inflation, Scale::Difference));
        }
    }

    /// The distinct combinations of levels of some axes, ordered by level, and each point's.
    fn combinations(&self, points: &[Vec<Option<usize>>], axes: &[usize]) -> (Vec<Combination>, Vec<usize>) {
        let key = |point: &Vec<Option<usize>>| -> Vec<Option<usize>> { axes.iter().map(|&axis| point[axis]).collect() };
        let mut index: BTreeMap<Vec<Option<usize>>, usize> = points.iter().map(|point| (key(point), 0)).collect();
        for (i, place) in index.values_mut().enumerate() {
            *place = i;
        }
        let of = points.iter().map(|point| index[&key(point)]).collect();
        let combinations = index.into_keys().map(|levels| Combination { label: self.label(axes, &levels), levels });
        (combinations.collect(), of)
    }

    /// `sgd, momentum 0.9`: the first value bare, the others with their key; keys that do not apply and settings of a choice
    /// at their default left out.
    fn label(&self, axes: &[usize], levels: &[Option<usize>]) -> String {
        let mut label = String::new();
        for (&axis, level) in axes.iter().zip(levels) {
            let Some(level) = *level else { continue };
            let axis = &self.axes[axis];
            if !label.is_empty() && axis::setting_default(&axis.key).is_some_and(|value| value == axis.values[level]) {
                continue;
            }
            let text = axis.label(Some(level));
            label += &if label.is_empty() { text } else { format!(", {} {text}", axis.key) };
        }
        label
    }

    /// The configuration of a row's run.
    pub fn config(&self, row: usize) -> RunConfig {
        self.source.config(row)
    }

    /// A row's run.
    pub fn run(&self, row: usize) -> Run {
        Run::new(self.config(row))
    }

    /// Whether any run has an outcome.
    pub fn has_outcome(&self) -> bool {
        self.rows.iter().any(|row| row.outcome.is_some())
    }

    /// The cell of a run.
    pub fn cell_of(&self, row: usize) -> &Cell {
        &self.cells[self.cell_of[row] as usize]
    }

    /// The place of a run's cell among the cells.
    pub fn place_of(&self, row: usize) -> usize {
        self.cell_of[row] as usize
    }

    /// A run's level on an axis; `None` where the key does not apply.
    pub fn level(&self, row: usize, axis: usize) -> Option<usize> {
        self.cell_of(row).levels[axis]
    }

    /// The keys of a role, joined for a legend's title: `optimizer`.
    pub fn keys(&self, role: Role) -> String {
        let axes = match role {
            Role::Compare => &self.roles.compare,
            Role::Tune => &self.roles.tune,
            Role::Facet => &self.roles.facet,
        };
        axes.iter().map(|&axis| self.axes[axis].key.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The position of a run's seed among all seeds of the experiment.
    pub fn replicate(&self, row: usize) -> usize {
        self.seeds.partition_point(|&seed| seed < self.rows[row].replicate.number())
    }

    /// A run's metric.
    pub fn reading(&self, row: usize) -> Reading {
        self.read(row, self.metric)
    }

    /// A run's reading of any metric.
    pub fn read(&self, row: usize, metric: Metric) -> Reading {
        let Some(outcome) = &self.rows[row].outcome else {
            return Reading::Missing;
        };
        match (outcome.status(), outcome.value(metric)) {
            (Status::Diverged { .. }, _) => Reading::Diverged,
            (Status::Done, Some(number)) if !number.is_finite() => Reading::Diverged,
            (Status::Done, Some(number)) => Reading::Value(self.rows[row].exact(metric, number)),
            (Status::Done, None) => Reading::Missing,
        }
    }
}

/// What a diverged run counts as in order statistics.
pub fn worst(metric: Metric) -> f64 {
    metric.measure.worst
}
