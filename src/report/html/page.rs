//! From an analysis to the page's facts and bytes, within a budget of size that is told when it binds.

use std::collections::BTreeMap;

use crate::analysis::series::{LOSS_LAST, LOSS_MEAN};
use crate::analysis::{Analysis, Dataset, Estimator, Measure, Reading, Role, Status, Task, Value, Window};
use crate::dataset::Csv;
use crate::param::Kinds;
use crate::plan::reproduce;

use super::{
    Axis, Compare, Finding, HistoryScale, Metric, Page, Palette, Places, Plane, Runs, Table, TableRow, encode,
};
use crate::report::figure::{Colours, Dash, HUES, Paint, Ramp, dash};
use crate::report::{comparison as words, draw, provenance, table};
use crate::text;

/// Most runs of a page; beyond, whole seeds and then single runs are left to the tables.
const RUNS: usize = 3000;
/// Most losses of one kind kept over all runs.
const LOSSES: usize = 120_000;
/// Most epochs kept of one run.
const EPOCHS: usize = 100;
/// Most runs with a decision map.
const MAPS: usize = 1000;
/// Most points of a data set drawn on its maps, and most over all data sets and seeds.
const POINTS: (usize, usize) = (300, 60_000);

/// The page's facts, and its bytes: mean losses, last losses, maps, points, commands.
pub(super) fn page(analysis: &Analysis) -> (Page, Vec<u8>) {
    let judged = judged(analysis);
    let shown = shown(analysis, &judged);
    let epochs = epochs(analysis, &shown);
    let (history, mut bytes) = history(analysis, &shown, epochs);
    let maps = maps(analysis, &shown, &judged, &mut bytes);
    let commands = shown.iter().map(|&row| reproduce::command(&analysis.rows[row].run.config));
    let places = Places { commands: bytes.len(), ..maps.places };
    bytes.extend(commands.collect::<Vec<_>>().join("\n").into_bytes());
    let mut runs = Runs { map: maps.map, plane: maps.plane, ..Runs::default() };
    for &row in &shown {
        let (run, outcome) = (&analysis.rows[row].run, &analysis.rows[row].outcome);
        let finite = |reading| if let Reading::Value(x) = reading { Some(x) } else { None };
        let cell = analysis.cell_of(row);
        runs.id.push(run.id.to_string());
        runs.seed.push(run.config.seed);
        runs.status.push(u8::from(analysis.reading(row) == Reading::Diverged));
        runs.metric.push(finite(analysis.reading(row)));
        runs.accuracy.push(finite(analysis.read(row, analysis.metric.with(Measure::Accuracy))));
        runs.epochs.push(outcome.as_ref().map_or(0, |outcome| outcome.epochs()));
        // Every cell has runs, and its first is its own.
        runs.cell.push(cell.rows[0]);
        runs.facet.push(cell.facet);
        runs.setting.push(cell.setting);
        runs.judged.push(u8::from(judged[row]));
    }
    let compare = compare(analysis, &shown, &mut runs);
    let axes = axes(analysis, &shown, &mut runs);
    let keys = |axes: &[usize]| axes.iter().map(|&axis| analysis.axes[axis].key.clone()).collect();
    let tuned = analysis.sensitive_axis().filter(|axis| analysis.roles.tune.contains(axis));
    let sensitivity = tuned.or(analysis.roles.tune.first().copied());
    let page = Page {
        name: analysis.name.clone(),
        question: text::plain(analysis.question.as_ref().unwrap_or(&analysis.name)),
        answer: analysis.answer(),
        findings: findings(analysis),
        metric: Metric {
            label: analysis.metric.label().to_owned(),
            short: analysis.metric.name().to_owned(),
            higher: analysis.metric.higher_is_better(),
        },
        accuracy: !analysis.metric.higher_is_better() && runs.accuracy.iter().any(Option::is_some),
        compare,
        tune: keys(&analysis.roles.tune),
        facet: keys(&analysis.roles.facet),
        facets: analysis.facets.iter().map(|facet| facet.label.clone()).collect(),
        settings: analysis.settings.iter().map(|setting| setting.label.clone()).collect(),
        axes,
        sensitivity: sensitivity.map(|axis| analysis.axes[axis].key.clone()),
        comparison: comparison(analysis),
        note: words::note(analysis),
        pairs: pairs(analysis),
        fixed: fixed(analysis),
        history,
        map: maps.size,
        planes: maps.planes,
        places,
        palette: palette(),
        left: analysis.rows.iter().filter(|row| row.outcome.is_some()).count() - shown.len(),
        provenance: provenance::of(analysis),
        runs,
    };
    (page, bytes)
}

/// Of each run, whether it is one of its compared value's best setting.
fn judged(analysis: &Analysis) -> Vec<bool> {
    let mut judged = vec![false; analysis.rows.len()];
    for choice in analysis.groups.iter().filter_map(|group| group.tuned.as_ref()) {
        analysis.cells[choice.cell].rows.iter().for_each(|&row| judged[row] = true);
    }
    judged
}

fn palette() -> Palette {
    let ramp = |colours| {
        let scale = Ramp { colours, low: 0.0, high: 1.0, log: false };
        (0..=16).map(|step| draw::hex(Paint::On(scale, f64::from(step) / 16.0))).collect()
    };
    Palette {
        numbers: ramp(Colours::Viridis),
        probabilities: ramp(Colours::Diverging),
        classes: (0..HUES).map(|class| draw::hex(Paint::Class(class))).collect(),
    }
}

fn findings(analysis: &Analysis) -> Vec<Finding> {
    let kind = |warning| if warning { "warn" } else { "info" };
    let told = |finding: &crate::analysis::Finding| Finding {
        kind: kind(finding.warning),
        text: finding.text.clone(),
        edit: finding.edit.clone(),
    };
    analysis.findings.iter().map(told).collect()
}

/// The comparison as words, each row with the colour of its value.
fn comparison(analysis: &Analysis) -> Table {
    let order = (0..analysis.facets.len()).flat_map(|facet| analysis.ranking(facet));
    let told = analysis.values.len() > 1;
    let values = order.map(|(group, _)| if told { vec![group.value] } else { Vec::new() });
    let names = usize::from(analysis.facets.len() > 1) + usize::from(told);
    shown_table(&words::comparison(analysis), names, values.collect())
}

/// The pairs as words, with the colours of both.
fn pairs(analysis: &Analysis) -> Table {
    let values = analysis.pairs.iter().map(|pair| vec![pair.a, pair.b]).collect();
    shown_table(&words::pairs(analysis), 2 + usize::from(analysis.facets.len() > 1), values)
}

fn shown_table(table: &table::Table, names: usize, values: Vec<Vec<usize>>) -> Table {
    let cells = |row: usize| table.columns.iter().map(|(_, cells)| cells.read(row)).collect();
    let rows = values.into_iter().enumerate().map(|(row, values)| TableRow { values, cells: cells(row) });
    Table { columns: table.columns.iter().map(|(name, _)| name.clone()).collect(), names, rows: rows.collect() }
}

/// The trained runs the page holds, in plan order: all, else the judged ones and those of the first seeds, else every
/// k-th of them.
fn shown(analysis: &Analysis, judged: &[bool]) -> Vec<usize> {
    let turn = |row: usize| if judged[row] { 0 } else { 1 + analysis.replicate(row) };
    let trained = (0..analysis.rows.len()).filter(|&row| analysis.rows[row].outcome.is_some());
    let turns: Vec<(usize, usize)> = trained.map(|row| (row, turn(row))).collect();
    let mut of_turn = vec![0; 1 + analysis.seeds.len()];
    turns.iter().for_each(|&(_, turn)| of_turn[turn] += 1);
    let up_to = of_turn.iter().scan(0, |sum, runs| {
        *sum += runs;
        Some(*sum)
    });
    let last = up_to.take_while(|&runs| runs <= RUNS).count().max(1);
    let rows: Vec<usize> = turns.iter().filter(|&&(_, turn)| turn < last).map(|&(row, _)| row).collect();
    let step = rows.len().div_ceil(RUNS).max(1);
    rows.into_iter().step_by(step).collect()
}

/// The epochs (from 1) whose losses are kept, the first and the last among them.
fn epochs(analysis: &Analysis, shown: &[usize]) -> Vec<usize> {
    let outcomes = shown.iter().filter_map(|&row| analysis.rows[row].outcome.as_ref());
    let longest = outcomes.map(|outcome| outcome.epochs()).max().unwrap_or(1).max(1);
    let most = (LOSSES / shown.len().max(1)).clamp(12, EPOCHS).min(longest);
    let mut epochs: Vec<usize> = (0..most).map(|k| 1 + k * (longest - 1) / (most - 1).max(1)).collect();
    epochs.dedup();
    epochs
}

fn history(analysis: &Analysis, shown: &[usize], epochs: Vec<usize>) -> (HistoryScale, Vec<u8>) {
    let kept = |row: usize, mean: bool| {
        let series = if mean { &LOSS_MEAN } else { &LOSS_LAST };
        let losses = analysis.rows[row].outcome.as_ref().map_or(&[][..], |outcome| outcome.series(series));
        epochs.iter().map(move |&epoch| losses.get(epoch - 1).copied())
    };
    let both = || [true, false].into_iter().flat_map(|mean| shown.iter().map(move |&row| (row, mean)));
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for loss in both().flat_map(|(row, mean)| kept(row, mean)).flatten().filter(|x| x.is_finite() && *x > 0.0) {
        let log = libm::log10(f64::from(loss));
        (low, high) = (low.min(log), high.max(log));
    }
    if low > high {
        (low, high) = (0.0, 0.0);
    }
    let steps = both().flat_map(|(row, mean)| kept(row, mean)).map(|x| encode::loss(x, low, high));
    let bytes = steps.flat_map(u16::to_le_bytes).collect();
    (HistoryScale { epochs, low, high }, bytes)
}

/// Decision maps, the planes they lie on, and which run has which.
struct Maps {
    size: usize,
    planes: Vec<Plane>,
    places: Places,
    map: Vec<i64>,
    plane: Vec<i64>,
}

/// A plane with what its maps and points are measured by.
struct Ground {
    window: Window,
    task: Task,
    /// Lowest and highest target.
    targets: (f64, f64),
    /// Both features and the target of each point.
    points: Vec<[f32; 3]>,
}

/// Decision maps and data points, appended to `bytes`.
fn maps(analysis: &Analysis, shown: &[usize], judged: &[bool], bytes: &mut Vec<u8>) -> Maps {
    let size = if shown.len() <= 300 { 41 } else { 31 };
    let mut maps = Maps {
        size,
        planes: Vec::new(),
        places: Places { maps: bytes.len(), ..Places::default() },
        map: vec![-1; shown.len()],
        plane: vec![-1; shown.len()],
    };
    let mut datasets: Vec<&Dataset> = Vec::new();
    let mut grounds: Vec<Ground> = Vec::new();
    let mut known = BTreeMap::new();
    let mut count = 0;
    for place in mapped(analysis, shown, judged) {
        let row = shown[place];
        let config = &analysis.rows[row].run.config;
        let dataset = datasets.iter().position(|dataset| **dataset == config.dataset).unwrap_or_else(|| {
            datasets.push(&config.dataset);
            datasets.len() - 1
        });
        let at = known.entry((dataset, config.seed)).or_insert_with(|| {
            grounds.push(ground(analysis, row)?);
            Some(grounds.len() - 1)
        });
        let (Some(at), Some(estimator)) = (*at, analysis.estimator(row)) else { continue };
        bytes.extend(estimate(&estimator, &grounds[at], size));
        (maps.map[place], maps.plane[place]) = (count, at as i64);
        count += 1;
    }
    maps.places.points = bytes.len();
    let most = (POINTS.1 / grounds.len().max(1)).clamp(20, POINTS.0);
    let mut first = 0;
    for ground in &grounds {
        let kept = ground.points.len().min(most);
        let thinned = (0..kept).map(|k| ground.points[k * ground.points.len() / kept]);
        bytes.extend(thinned.flat_map(|point| ground.encoded(point)));
        maps.planes.push(ground.plane(first, kept));
        first += kept;
    }
    maps
}

/// The places among the runs shown of those that get a map, ascending: the runs that judge first, then the others, of
/// every facet about as many.
fn mapped(analysis: &Analysis, shown: &[usize], judged: &[bool]) -> Vec<usize> {
    let planar = |row: usize| {
        let outcome = analysis.rows[row].outcome.as_ref();
        outcome.is_some_and(|outcome| outcome.status == Status::Done)
            && analysis.rows[row].run.config.dataset.shape().features == 2
    };
    let mut of_facet = vec![[0; 2]; analysis.facets.len()];
    let mut order: Vec<(bool, usize, usize)> = (shown.iter().enumerate())
        .filter(|&(_, &row)| planar(row))
        .map(|(place, &row)| {
            let other = !judged[row];
            let before = &mut of_facet[analysis.cell_of(row).facet][usize::from(other)];
            *before += 1;
            (other, *before, place)
        })
        .collect();
    order.sort_unstable();
    let mut places: Vec<usize> = order.into_iter().take(MAPS).map(|(.., place)| place).collect();
    places.sort_unstable();
    places
}

/// The plane of a run's own data.
fn ground(analysis: &Analysis, row: usize) -> Option<Ground> {
    let data = analysis.plane_data(row)?;
    let window = Window::around([&data])?;
    let targets = data.train.y.iter().copied().map(f64::from);
    let (low, high) = targets.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let high = if high > low { high } else { low + 1.0 };
    let points = data.train.x.chunks_exact(2).zip(&data.train.y).map(|(x, &y)| [x[0], x[1], y]).collect();
    Some(Ground { window, task: data.task, targets: (low, high), points })
}

impl Ground {
    fn plane(&self, first: usize, points: usize) -> Plane {
        let task = match self.task {
            Task::Regression => "regression",
            Task::Binary => "binary",
            Task::Multiclass { .. } => "multiclass",
        };
        let corner = |x: f32, y: f32| [x, y].map(f64::from);
        let Window { x, y } = self.window;
        Plane { task, from: corner(x.0, y.0), to: corner(x.1, y.1), first, points }
    }

    /// A byte of a map: the class; else the probability of class 1 or the place of the estimate between the lowest and
    /// highest target, in 32 steps (coarse, so that it packs well).
    fn measured(&self, estimate: f32) -> u8 {
        let coarse = |t: f64| (libm::round(t.clamp(0.0, 1.0) * 31.0) * (255.0 / 31.0)) as u8;
        let (low, high) = self.targets;
        match self.task {
            Task::Multiclass { .. } => estimate as u8,
            Task::Binary => coarse(estimate.into()),
            Task::Regression => coarse((f64::from(estimate) - low) / (high - low)),
        }
    }

    /// A point's place in the window, across and up, and its target.
    fn encoded(&self, [x, y, target]: [f32; 3]) -> [u8; 5] {
        let share = |at: f32, (from, to): (f32, f32)| {
            let share = (f64::from(at) - f64::from(from)) / (f64::from(to) - f64::from(from));
            (libm::round(share.clamp(0.0, 1.0) * 65535.0) as u16).to_le_bytes()
        };
        let ([a, b], [c, d]) = (share(x, self.window.x), share(y, self.window.y));
        [a, b, c, d, self.measured(target)]
    }
}

/// One byte a cell, from the upper left, row by row.
fn estimate(estimator: &Estimator, ground: &Ground, size: usize) -> Vec<u8> {
    let along = |(from, to): (f32, f32), k: usize| {
        let (from, to) = (f64::from(from), f64::from(to));
        (from + (to - from) * (k as f64 + 0.5) / size as f64) as f32
    };
    let Window { x, y } = ground.window;
    let cells = (0..size).rev().flat_map(|j| (0..size).flat_map(move |i| [along(x, i), along(y, j)]));
    let estimates = estimator.at(&cells.collect::<Vec<f32>>());
    match estimator.network.task {
        Task::Multiclass { classes } => {
            let best = |scores: &[f32]| (0..classes).fold(0, |best, k| if scores[k] > scores[best] { k } else { best });
            estimates.chunks_exact(classes).map(|scores| ground.measured(best(scores) as f32)).collect()
        }
        Task::Binary | Task::Regression => estimates.iter().map(|&y| ground.measured(y)).collect(),
    }
}

/// The compared key and its column among the runs.
fn compare(analysis: &Analysis, shown: &[usize], runs: &mut Runs) -> Compare {
    let key = analysis.keys(Role::Compare);
    let values = analysis.values.iter().map(|value| value.label.clone());
    runs.axis.insert(key.clone(), shown.iter().map(|&row| analysis.cell_of(row).value).collect());
    let values: Vec<String> =
        values.map(|label| if label.is_empty() { "all runs".to_owned() } else { label }).collect();
    let colors = (0..values.len()).map(|value| draw::hex(Paint::Series(value))).collect();
    let dashes = (0..values.len()).map(|value| match dash(value) {
        Dash::Solid => "solid",
        Dash::Dashed | Dash::DashDotted => "dashed",
        Dash::Dotted => "dotted",
    });
    Compare { key, values, colors, dashes: dashes.collect() }
}

/// The axes and their columns; a key that does not apply to a run is a level of its own, the last.
fn axes(analysis: &Analysis, shown: &[usize], runs: &mut Runs) -> Vec<Axis> {
    let mut axes = Vec::new();
    for (i, axis) in analysis.axes.iter().enumerate() {
        let levels: Vec<Option<usize>> = shown.iter().map(|&row| analysis.level(row, i)).collect();
        let mut values: Vec<String> = axis.values.iter().map(Value::to_string).collect();
        let absent = levels.contains(&None);
        if absent {
            values.push(axis.label(None));
        }
        let numbers = axis.numbers.clone().filter(|_| !absent);
        if analysis.roles.compare != [i] {
            let column = levels.into_iter().map(|level| level.unwrap_or(axis.values.len())).collect();
            runs.axis.insert(axis.key.clone(), column);
        }
        axes.push(Axis { key: axis.key.clone(), values, numbers });
    }
    axes
}

/// What all runs have in common.
pub(in crate::report) fn fixed(analysis: &Analysis) -> serde_json::Map<String, serde_json::Value> {
    let Some(first) = analysis.rows.first() else { return serde_json::Map::new() };
    // What is said of a file's reading, though at its default, would hide the rest.
    let at_default = |key: &str, value: &Value| first.run.config.dataset.is_file() && Csv::is_default(key, value);
    let common = first.run.description.iter().filter(|(key, value)| {
        !["seed", "fold"].contains(key)
            && !at_default(key, value)
            && analysis.rows.iter().all(|row| row.run.description.get(key) == Some(value))
    });
    let shown = |(key, value): (&str, &Value)| match key {
        "dataset" => (key.to_owned(), first.run.config.dataset.label().into()),
        _ => (key.to_owned(), value.to_string().into()),
    };
    common.map(shown).collect()
}
