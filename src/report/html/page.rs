//! From an analysis to the page's facts and bytes, within a budget of size that is told when it binds.

use std::collections::BTreeSet;

use crate::analysis::{Analysis, Reading, Role, Unit, Value};
use crate::dataset::Csv;
use crate::param::Kinds;
use crate::plan::reproduce;

use super::{
    Axis, Beside, Compare, Finding, HistoryScale, Metric, Page, Palette, Places, Runs, Series, Table, TableRow,
};
use super::{cells, encode, maps, networks};
use crate::report::figure::{Colours, Dash, HUES, Paint, Ramp, dash};
use crate::report::{comparison as words, draw, provenance, table, tables};
use crate::text;

/// Most runs that a page holds one by one; beyond, whole seeds and then single runs are left to the tables.
const RUNS: usize = 3000;
/// How many of the best runs it always holds.
const BEST: usize = 100;
/// Most rows of a table.
const TABLE: usize = 10_000;
/// Most losses kept over all runs.
const LOSSES: usize = 150_000;
/// Most epochs kept of one run.
const EPOCHS: usize = 100;

/// The page's facts, and its bytes: losses, maps, points, weights, commands.
pub(super) fn page(analysis: &Analysis, files: Vec<String>) -> (Page, Vec<u8>) {
    let judged = judged(analysis);
    let shown = shown(analysis, &judged);
    let kept = kept(analysis, &shown);
    let series = cells::series(analysis);
    let epochs = epochs(analysis, shown.len() * series.len());
    let (history, mut bytes) = history(analysis, &shown, epochs, &series);
    let maps = maps::maps(analysis, &shown, &judged, &mut bytes);
    let weights = bytes.len();
    let (networks, network) = networks::networks(analysis, &shown, &judged, &mut bytes);
    let commands = shown.iter().map(|&row| reproduce::command(&analysis.config(row)));
    let places = Places { weights, commands: bytes.len(), ..maps.places };
    bytes.extend(commands.collect::<Vec<_>>().join("\n").into_bytes());
    let mut runs = Runs { map: maps.map, plane: maps.plane, network, ..Runs::default() };
    for &row in &shown {
        let entry = &analysis.rows[row];
        let finite = |reading| if let Reading::Value(x) = reading { Some(x) } else { None };
        runs.id.push(entry.id.to_string());
        runs.seed.push(entry.replicate.seed);
        runs.status.push(u8::from(analysis.reading(row) == Reading::Diverged));
        runs.metric.push(finite(analysis.reading(row)));
        runs.beside.push(analysis.beside.and_then(|beside| finite(analysis.read(row, beside))));
        runs.epochs.push(entry.outcome.as_ref().map_or(0, |outcome| outcome.epochs()));
        runs.cell.extend(kept.binary_search(&analysis.place_of(row)));
        runs.judged.push(u8::from(judged[row]));
    }
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
        beside: analysis
            .beside
            .filter(|_| !analysis.metric.higher_is_better())
            .map(|beside| Beside { label: beside.measure.label.to_owned(), share: beside.measure.unit == Unit::Share }),
        compare: compare(analysis),
        tune: keys(&analysis.roles.tune),
        facet: keys(&analysis.roles.facet),
        facets: analysis.facets.iter().map(|facet| facet.label.clone()).collect(),
        settings: analysis.settings.iter().map(|setting| setting.label.clone()).collect(),
        axes: axes(analysis),
        cells: cells::cells(analysis, &kept),
        curves: cells::curves(analysis, &kept, &series),
        series: series.into_iter().map(Series::from).collect(),
        sensitivity: sensitivity.map(|axis| analysis.axes[axis].key.clone()),
        comparison: comparison(analysis),
        note: words::note(analysis) + &limits(analysis, &kept),
        pairs: pairs(analysis),
        fixed: fixed(analysis),
        history,
        map: maps.size,
        planes: maps.planes,
        networks,
        places,
        palette: palette(),
        trained: analysis.rows.iter().filter(|row| row.outcome.is_some()).count(),
        files,
        provenance: provenance::of(analysis),
        runs,
    };
    (page, bytes)
}

/// The cells that the page tells of: all, or of very many those of the runs shown.
fn kept(analysis: &Analysis, shown: &[usize]) -> Vec<usize> {
    if analysis.cells.len() <= tables::ROWS {
        return (0..analysis.cells.len()).collect();
    }
    let cells: BTreeSet<usize> = shown.iter().map(|&row| analysis.place_of(row)).collect();
    cells.into_iter().collect()
}

/// How much of settings and tables the page has, if not all.
fn limits(analysis: &Analysis, kept: &[usize]) -> String {
    let settings = match analysis.cells.len() {
        all if all == kept.len() => String::new(),
        all => format!(" This page tells of {} of {all} settings.", kept.len()),
    };
    match analysis.groups.len().max(analysis.pairs.len()) > TABLE {
        true => settings + &format!(" It shows the first {TABLE} rows of a table."),
        false => settings,
    }
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
    let rows = values.into_iter().take(TABLE).enumerate().map(|(row, values)| TableRow { values, cells: cells(row) });
    Table { columns: table.columns.iter().map(|(name, _)| name.clone()).collect(), names, rows: rows.collect() }
}

/// The trained runs the page holds one by one, in plan order: all; else the best, the judged ones and those of the first
/// seeds; else the best and every k-th of the others.
fn shown(analysis: &Analysis, judged: &[bool]) -> Vec<usize> {
    let trained: Vec<usize> = (0..analysis.rows.len()).filter(|&row| analysis.rows[row].outcome.is_some()).collect();
    let best = best(analysis, &trained);
    let turn = |row: usize| if judged[row] { 0 } else { 1 + analysis.replicate(row) };
    let turns: Vec<(usize, usize)> =
        trained.iter().filter(|row| !best.contains(row)).map(|&row| (row, turn(row))).collect();
    let mut of_turn = vec![0; 1 + analysis.seeds.len()];
    turns.iter().for_each(|&(_, turn)| of_turn[turn] += 1);
    let room = RUNS - best.len();
    let up_to = of_turn.iter().scan(0, |sum, runs| {
        *sum += runs;
        Some(*sum)
    });
    let last = up_to.take_while(|&runs| runs <= room).count().max(1);
    let rows: Vec<usize> = turns.iter().filter(|&&(_, turn)| turn < last).map(|&(row, _)| row).collect();
    let step = rows.len().div_ceil(room).max(1);
    let mut shown: Vec<usize> = rows.into_iter().step_by(step).chain(best).collect();
    shown.sort_unstable();
    shown
}

/// The best runs of all by the metric, those first in plan order where they are equal.
fn best(analysis: &Analysis, trained: &[usize]) -> BTreeSet<usize> {
    let scored = trained.iter().filter_map(|&row| Some((analysis.cost(analysis.score(row)?), row)));
    let mut scored: Vec<(f64, usize)> = scored.collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(BEST).map(|(_, row)| row).collect()
}

/// The epochs (from 1) whose losses are kept, the first and the last among them.
fn epochs(analysis: &Analysis, histories: usize) -> Vec<usize> {
    let outcomes = analysis.rows.iter().filter_map(|row| row.outcome.as_ref());
    let longest = outcomes.map(|outcome| outcome.epochs()).max().unwrap_or(1).max(1);
    let most = (LOSSES / histories.max(1)).clamp(12, EPOCHS).min(longest);
    let mut epochs: Vec<usize> = (0..most).map(|k| 1 + k * (longest - 1) / (most - 1).max(1)).collect();
    epochs.dedup();
    epochs
}

/// Every loss of the series, of every run and epoch kept; a series of shares is left to the curves.
fn history(
    analysis: &Analysis,
    shown: &[usize],
    epochs: Vec<usize>,
    series: &[&'static crate::analysis::Series],
) -> (HistoryScale, Vec<u8>) {
    let kept: Vec<usize> = (0..series.len()).filter(|&at| series[at].unit == Unit::Loss).collect();
    let of = |at: usize, row: usize| {
        let losses = analysis.rows[row].outcome.as_ref().map_or(&[][..], |outcome| outcome.series(series[at]));
        // Of what is evaluated, NaN is an epoch that was not looked at.
        let is_known = move |loss: &f32| series[at].metric.is_none() || !loss.is_nan();
        epochs.iter().map(move |&epoch| losses.get(epoch - 1).copied().filter(is_known))
    };
    let both = || kept.iter().flat_map(|&at| shown.iter().map(move |&row| (at, row)));
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for loss in both().flat_map(|(at, row)| of(at, row)).flatten().filter(|x| x.is_finite() && *x > 0.0) {
        let log = libm::log10(f64::from(loss));
        (low, high) = (low.min(log), high.max(log));
    }
    if low > high {
        (low, high) = (0.0, 0.0);
    }
    let steps = both().flat_map(|(at, row)| of(at, row)).map(|x| encode::loss(x, low, high));
    let bytes = steps.flat_map(u16::to_le_bytes).collect();
    (HistoryScale { epochs, low, high, series: kept }, bytes)
}

/// The compared key and its values.
fn compare(analysis: &Analysis) -> Compare {
    let values = analysis.values.iter().map(|value| value.label.clone());
    let values: Vec<String> =
        values.map(|label| if label.is_empty() { "all runs".to_owned() } else { label }).collect();
    let colors = (0..values.len()).map(|value| draw::hex(Paint::Series(value))).collect();
    let dashes = (0..values.len()).map(|value| match dash(value) {
        Dash::Solid => "solid",
        Dash::Dashed | Dash::DashDotted => "dashed",
        Dash::Dotted => "dotted",
    });
    Compare { key: analysis.keys(Role::Compare), values, colors, dashes: dashes.collect() }
}

/// The axes; a key that does not apply to a run is a level of its own, the last.
fn axes(analysis: &Analysis) -> Vec<Axis> {
    let axis = |(i, axis): (usize, &crate::analysis::Axis)| {
        let mut values: Vec<String> = axis.values.iter().map(Value::to_string).collect();
        let absent = analysis.cells.iter().any(|cell| cell.levels[i].is_none());
        if absent {
            values.push(axis.label(None));
        }
        Axis { key: axis.key.clone(), values, numbers: axis.numbers.clone().filter(|_| !absent) }
    };
    analysis.axes.iter().enumerate().map(axis).collect()
}

/// What all runs have in common.
pub(in crate::report) fn fixed(analysis: &Analysis) -> serde_json::Map<String, serde_json::Value> {
    if analysis.rows.is_empty() {
        return serde_json::Map::new();
    }
    let dataset = analysis.config(0).dataset;
    // What is said of a file's reading, though at its default, would hide the rest.
    let at_default = |key: &str, value: &Value| dataset.is_file() && Csv::is_default(key, value);
    let common = analysis.common.iter().filter(|(key, value)| !at_default(key, value));
    let shown = |(key, value): &(String, Value)| match &**key {
        "dataset" => (key.clone(), dataset.label().into()),
        _ => (key.clone(), value.to_string().into()),
    };
    common.map(shown).collect()
}
