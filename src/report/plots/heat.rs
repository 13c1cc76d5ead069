//! Two axes against each other: the metric as colour and number in each cell, all other settings at their best.

use super::extent;
use super::extent::{title, words};
use crate::analysis::{Analysis, Cell};
use crate::report::draw;
use crate::report::figure::{Axis, Bar, Colours, Figure, Mark, Panel, Plot, Ramp, Shared};
use crate::report::table::{Cells, Table};

const PLOTS: usize = 6;
const PANELS: usize = 9;
const LEVELS: usize = 16;

/// One plot per pair of axes worth setting against each other.
pub fn plots(analysis: &Analysis) -> Vec<Plot> {
    pairs(analysis).into_iter().filter_map(|(a, b)| plot(analysis, a, b)).take(PLOTS).collect()
}

/// What is tuned against what is compared, tuned axes with each other, then facets but the dataset against both.
fn pairs(analysis: &Analysis) -> Vec<(usize, usize)> {
    let roles = &analysis.roles;
    let facets: Vec<usize> = roles.facet.iter().copied().filter(|&axis| analysis.axes[axis].key != "dataset").collect();
    let mut tune = roles.tune.clone();
    let sensitive = analysis.sensitive_axis();
    tune.sort_by_key(|&axis| Some(axis) != sensitive);
    let cross = |across: &[usize], up: &[usize]| -> Vec<(usize, usize)> {
        across.iter().flat_map(|&a| up.iter().map(move |&b| (a, b))).collect()
    };
    let within = |axes: &[usize]| -> Vec<(usize, usize)> {
        (0..axes.len()).flat_map(|i| axes[i + 1..].iter().map(move |&b| (axes[i], b))).collect()
    };
    [
        cross(&tune, &roles.compare),
        within(&tune),
        cross(&facets, &roles.compare),
        within(&facets),
        cross(&tune, &facets),
    ]
    .concat()
}

fn plot(analysis: &Analysis, a: usize, b: usize) -> Option<Plot> {
    let levels = |axis: usize| analysis.axes[axis].values.len();
    if levels(a) > LEVELS || levels(b) > LEVELS {
        return None;
    }
    // Nothing is averaged or chosen over facets; compared values share a panel only if they are an axis of it.
    let apart: Vec<usize> = [&analysis.roles.facet[..], &analysis.roles.compare].concat();
    let apart: Vec<usize> = apart.into_iter().filter(|&axis| axis != a && axis != b).collect();
    let best = analysis.best_by(&[&apart[..], &[a, b]].concat());
    let key = |cell: &Cell| -> Vec<Option<usize>> { apart.iter().map(|&axis| cell.levels[axis]).collect() };
    let cells: Vec<&Cell> = best.iter().map(|&cell| &analysis.cells[cell]).collect();
    let cells: Vec<&Cell> =
        cells.into_iter().filter(|cell| cell.levels[a].is_some() && cell.levels[b].is_some()).collect();
    let mut keys: Vec<Vec<Option<usize>>> = cells.iter().map(|cell| key(cell)).collect();
    keys.dedup();
    let all = keys.len();
    keys.truncate(PANELS);
    let shown: Vec<&Cell> = cells.into_iter().filter(|cell| keys.contains(&key(cell))).collect();
    if shown.len() < 4 {
        return None;
    }
    let ramp = ramp(analysis, &shown);
    let axis = |axis: usize| {
        let labels = (0..levels(axis)).map(|level| analysis.axes[axis].label(Some(level))).collect();
        Axis::words(words(&analysis.axes[axis].key), labels)
    };
    let panel = |levels_apart: &Vec<Option<usize>>| {
        let mut values = vec![None; levels(a) * levels(b)];
        let mut texts = vec![String::new(); values.len()];
        for cell in shown.iter().filter(|cell| key(cell) == *levels_apart) {
            let (Some(column), Some(row)) = (cell.levels[a], cell.levels[b]) else { continue };
            let (at, iqm) = (row * levels(a) + column, cell.metric.iqm.point);
            values[at] = Some(iqm).filter(|iqm| iqm.is_finite());
            texts[at] = if iqm.is_finite() { short(iqm) } else { "diverged".into() };
        }
        let title = extent::levels(analysis, &apart, levels_apart);
        let marks = vec![Mark::Cells { columns: levels(a), values, texts, ramp }];
        Panel { title, x: axis(a), y: axis(b), marks, ..Panel::default() }
    };
    let panels: Vec<Panel> = keys.iter().map(panel).collect();
    let columns = match panels.len() {
        0..=3 => panels.len().max(1),
        4 => 2,
        _ => 3,
    };
    let cell = if columns == 1 { (62.0, 30.0) } else { (46.0, 26.0) };
    let frame = ((levels(a) as f64 * cell.0).clamp(150.0, 560.0), (levels(b) as f64 * cell.1).clamp(52.0, 400.0));
    let chosen = if analysis.roles.tune.iter().all(|&axis| axis == a || axis == b) {
        ""
    } else {
        ", other settings at their best"
    };
    let more = if all > keys.len() { format!(" Shown: {} of {all} panels.", keys.len()) } else { String::new() };
    let name = format!("heat-{}-{}", analysis.axes[a].key, analysis.axes[b].key);
    let (key_a, key_b) = (words(&analysis.axes[a].key), words(&analysis.axes[b].key));
    let figure = Figure {
        title: title(analysis, &format!("{} by {key_a} and {key_b}", analysis.metric.label()), ""),
        caption: format!(
            "Interquartile mean over all seeds{chosen}; {}. Grey: all but a few runs diverged, or none was made.{more}",
            super::extent::counted(shown.iter().map(|cell| &cell.metric))
        ),
        columns,
        panels,
        frame,
        shared: Shared::BOTH,
        bar: Some(Bar { label: analysis.metric.label().into(), ramp }),
        ..Figure::default()
    };
    let mut table = Table::new(&name);
    for &axis in apart.iter().chain([&a, &b]) {
        let value = |cell: &&Cell| cell.levels[axis].map(|level| analysis.axes[axis].values[level].clone());
        table = table.with(analysis.axes[axis].key.clone(), Cells::of(shown.iter().map(value).collect()));
    }
    let table = super::axis::summarized(table, shown.iter().map(|cell| &cell.metric));
    Some(Plot { figure, tables: vec![table] })
}

/// The scale of the metric: dark is good.
pub fn ramp(analysis: &Analysis, cells: &[&Cell]) -> Ramp {
    let log = !analysis.metric.higher_is_better();
    let fits = |x: &f64| x.is_finite() && (!log || *x > 0.0);
    let metrics = || cells.iter().map(|cell| cell.metric.iqm.point).filter(fits);
    let (low, high) = (metrics().fold(f64::INFINITY, f64::min), metrics().fold(f64::NEG_INFINITY, f64::max));
    let colours = if log { Colours::Viridis } else { Colours::Reversed };
    if low <= high { Ramp { colours, low, high, log } } else { Ramp { colours, low: 0.1, high: 1.0, log } }
}

/// Three digits.
fn short(x: f64) -> String {
    draw::words(format!("{x:.2e}").parse().unwrap_or(x))
}
