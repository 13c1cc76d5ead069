//! From an analysis to the page's facts and bytes, within a budget of size that is told when it binds.

use std::collections::BTreeMap;

use crate::analysis::{Analysis, Dataset, Reading, RunConfig, Status, Task, Value};
use crate::analysis::{Role, Row};
use crate::model::Network;

use super::{Axis, Compare, Comparison, ComparisonRow, Finding, HistoryScale, Metric, Page, Plane, Runs, encode};
use crate::report::figure::Paint;
use crate::report::{comparison as words, draw};
use crate::text;

/// Most runs of a page; beyond, whole seeds and then single runs are left to the tables.
const RUNS: usize = 3000;
/// Most losses of one kind kept over all runs.
const LOSSES: usize = 120_000;
/// Most epochs kept of one run.
const EPOCHS: usize = 100;
/// Most runs with a decision map.
const MAPS: usize = 1000;
/// Most points of a dataset drawn on its maps.
const POINTS: usize = 300;

/// The page's facts, and its bytes: mean losses, last losses, maps.
pub(super) fn page(analysis: &Analysis) -> (Page, Vec<u8>) {
    let shown = shown(analysis);
    let epochs = epochs(analysis, &shown);
    let (history, mut bytes) = history(analysis, &shown, epochs);
    let (map, datasets, places) = maps(analysis, &shown, &mut bytes);
    let mut runs = Runs { map: places, ..Runs::default() };
    for &row in &shown {
        let (run, outcome) = (&analysis.rows[row].run, &analysis.rows[row].outcome);
        let finite = |reading| if let Reading::Value(x) = reading { Some(x) } else { None };
        runs.id.push(run.id.to_string());
        runs.seed.push(run.config.seed);
        runs.status.push(u8::from(matches!(outcome.as_ref().map(|o| o.status), Some(Status::Diverged { .. }))));
        runs.metric.push(finite(analysis.reading(row)));
        runs.accuracy.push(finite(analysis.read(row, accuracy_of(analysis.metric))));
        runs.epochs.push(outcome.as_ref().map_or(0, |outcome| outcome.history.mean.len()));
    }
    let compare = compare(analysis, &shown, &mut runs);
    let axes = axes(analysis, &shown, &mut runs);
    let sensitivity = analysis.roles.tune.first().map(|&axis| analysis.axes[axis].key.clone());
    let left = analysis.rows.len() - shown.len();
    let more =
        if left > 0 { format!(" · {left} more runs are in the tables beside this page") } else { String::new() };
    let page = Page {
        name: analysis.name.clone(),
        question: text::plain(analysis.question.as_ref().unwrap_or(&analysis.name)),
        answer: analysis.answer(),
        findings: findings(analysis),
        metric: Metric { label: analysis.metric.label().to_owned(), short: analysis.metric.name().to_owned() },
        accuracy: runs.accuracy.iter().any(Option::is_some),
        compare,
        axes,
        sensitivity,
        comparison: comparison(analysis),
        fixed: fixed(analysis),
        history,
        map,
        datasets,
        command: "tallow verify {id}".to_owned(),
        provenance: format!("tallow {} · {} runs{more}", env!("CARGO_PKG_VERSION"), analysis.rows.len()),
        runs,
    };
    (page, bytes)
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
fn comparison(analysis: &Analysis) -> Comparison {
    let table = words::comparison(analysis);
    let order = (0..analysis.facets.len()).flat_map(|facet| analysis.ranking(facet));
    let rows = order.enumerate().map(|(row, (group, _))| ComparisonRow {
        value: (analysis.values.len() > 1).then_some(group.value),
        cells: table.columns.iter().map(|(_, cells)| cells.read(row)).collect(),
    });
    Comparison {
        columns: table.columns.iter().map(|(name, _)| name.clone()).collect(),
        rows: rows.collect(),
        note: words::note(analysis),
    }
}

fn accuracy_of(metric: crate::analysis::Metric) -> crate::analysis::Metric {
    use crate::analysis::Metric::{TestAccuracy, TestLoss, TrainAccuracy, TrainLoss};
    match metric {
        TrainLoss | TrainAccuracy => TrainAccuracy,
        TestLoss | TestAccuracy => TestAccuracy,
    }
}

/// The trained runs the page holds, in plan order: all, else those of the first seeds, else every k-th of them.
fn shown(analysis: &Analysis) -> Vec<usize> {
    let trained = |row: &usize| analysis.rows[*row].outcome.is_some();
    let mut of_seed = vec![0; analysis.seeds.len()];
    (0..analysis.rows.len()).filter(trained).for_each(|row| of_seed[analysis.replicate(row)] += 1);
    let up_to = of_seed.iter().scan(0, |sum, runs| {
        *sum += runs;
        Some(*sum)
    });
    let seeds = up_to.take_while(|&runs| runs <= RUNS).count().max(1);
    let rows: Vec<usize> =
        (0..analysis.rows.len()).filter(trained).filter(|&row| analysis.replicate(row) < seeds).collect();
    let step = rows.len().div_ceil(RUNS).max(1);
    rows.into_iter().step_by(step).collect()
}

/// The epochs (from 1) whose losses are kept, the first and the last among them.
fn epochs(analysis: &Analysis, shown: &[usize]) -> Vec<usize> {
    let outcomes = shown.iter().filter_map(|&row| analysis.rows[row].outcome.as_ref());
    let longest = outcomes.map(|outcome| outcome.history.mean.len()).max().unwrap_or(1).max(1);
    let most = (LOSSES / shown.len().max(1)).clamp(12, EPOCHS).min(longest);
    let mut epochs: Vec<usize> = (0..most).map(|k| 1 + k * (longest - 1) / (most - 1).max(1)).collect();
    epochs.dedup();
    epochs
}

fn history(analysis: &Analysis, shown: &[usize], epochs: Vec<usize>) -> (HistoryScale, Vec<u8>) {
    let kept = |row: usize, mean: bool| {
        let history = analysis.rows[row].outcome.as_ref().map(|outcome| &outcome.history);
        let losses = history.map_or(&[][..], |history| if mean { &history.mean[..] } else { &history.last[..] });
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

/// Decision maps of runs over planes, appended to `bytes`; each run's place among them.
fn maps(analysis: &Analysis, shown: &[usize], bytes: &mut Vec<u8>) -> (usize, BTreeMap<String, Plane>, Vec<i64>) {
    let size = if shown.len() <= 300 { 41 } else { 31 };
    let mut planes: BTreeMap<String, Plane> = BTreeMap::new();
    let mut drawn: Vec<(&Dataset, String)> = Vec::new();
    let mut count = 0;
    let mut places = Vec::with_capacity(shown.len());
    for &row in shown {
        let Row { run, outcome } = &analysis.rows[row];
        let name = run.config.dataset.kind.name().to_owned();
        // One dataset of a name is drawn; its other variants (another noise) have no picture to lie on.
        if !drawn.iter().any(|(_, known)| *known == name)
            && let Some(plane) = plane(&run.config)
        {
            planes.insert(name.clone(), plane);
            drawn.push((&run.config.dataset, name.clone()));
        }
        let known = drawn.iter().any(|(dataset, _)| **dataset == run.config.dataset);
        let network = (outcome.as_ref().filter(|outcome| known && count < MAPS && outcome.status == Status::Done)).map(
            |outcome| Network {
                units: run.config.units(),
                activation: run.config.activation.clone(),
                task: run.config.dataset.shape().task,
                layers: outcome.layers.clone(),
            },
        );
        let Some((network, plane)) = network.zip(planes.get(&name)) else {
            places.push(-1);
            continue;
        };
        bytes.extend(estimate(&network, plane, size));
        places.push(count as i64);
        count += 1;
    }
    (size, planes, places)
}

/// One byte a cell, from the upper left, row by row: the class; else the probability of class 1 or the place of the
/// estimate between the lowest and highest target, in 32 steps (coarse, so that it packs well).
fn estimate(network: &Network, plane: &Plane, size: usize) -> Vec<u8> {
    let along = |from: f64, to: f64, k: usize| (from + (to - from) * (k as f64 + 0.5) / size as f64) as f32;
    let mut x = Vec::with_capacity(2 * size * size);
    for j in 0..size {
        for i in 0..size {
            x.push(along(plane.from[0], plane.to[0], i));
            x.push(along(plane.to[1], plane.from[1], j));
        }
    }
    let estimates = network.probabilities(&x);
    let coarse = |t: f64| (libm::round(t.clamp(0.0, 1.0) * 31.0) * (255.0 / 31.0)) as u8;
    match network.task {
        Task::Multiclass { classes } => {
            let best = |scores: &[f32]| (0..classes).fold(0, |best, k| if scores[k] > scores[best] { k } else { best });
            estimates.chunks_exact(classes).map(|scores| best(scores) as u8).collect()
        }
        Task::Binary => estimates.iter().map(|&p| coarse(p.into())).collect(),
        Task::Regression => {
            estimates.iter().map(|&y| coarse((f64::from(y) - plane.low) / (plane.high - plane.low))).collect()
        }
    }
}

/// The plane of a dataset of two features: the data's range and one unit more.
fn plane(config: &RunConfig) -> Option<Plane> {
    let data = config.dataset.generate(config.seed).ok().filter(|data| data.features == 2)?;
    let range = |values: &mut dyn Iterator<Item = f32>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x.into()), high.max(x.into())))
    };
    let (left, right) = range(&mut data.train.x.iter().copied().step_by(2));
    let (bottom, top) = range(&mut data.train.x.iter().copied().skip(1).step_by(2));
    let (low, high) = range(&mut data.train.y.iter().copied());
    let short = |x: f32| libm::round(f64::from(x) * 1e3) / 1e3;
    let points = data.train.x.chunks_exact(2).zip(&data.train.y);
    let points = points.take(POINTS).map(|(x, &y)| [short(x[0]), short(x[1]), short(y)]).collect();
    let task = match data.task {
        Task::Regression => "regression",
        Task::Binary => "binary",
        Task::Multiclass { .. } => "multiclass",
    };
    let high = if high > low { high } else { low + 1.0 };
    Some(Plane { task, points, from: [left - 1.0, bottom - 1.0], to: [right + 1.0, top + 1.0], low, high })
}

/// The compared key and its column among the runs.
fn compare(analysis: &Analysis, shown: &[usize], runs: &mut Runs) -> Compare {
    let key = analysis.keys(Role::Compare);
    let values = analysis.values.iter().map(|value| value.label.clone());
    runs.axis.insert(key.clone(), shown.iter().map(|&row| analysis.cell_of(row).value).collect());
    let values: Vec<String> =
        values.map(|label| if label.is_empty() { "all runs".to_owned() } else { label }).collect();
    let colors = (0..values.len()).map(|value| draw::hex(Paint::Series(value))).collect();
    Compare { key, values, colors }
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
    let common = first.run.description.iter().filter(|(key, value)| {
        *key != "seed" && analysis.rows.iter().all(|row| row.run.description.get(key) == Some(value))
    });
    common.map(|(key, value)| (key.to_owned(), value.to_string().into())).collect()
}
