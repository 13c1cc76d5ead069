//! Two axes against each other: the metric as colour and number in each cell, all other settings at their best.

use super::extent;
use super::extent::{title, words};
use crate::analysis::{Analysis, Cell};
use crate::report::draw;
use crate::report::figure::{Axis, Bar, Colours, Figure, Mark, Panel, Plot, Ramp, Shared};
use crate::report::table::{Cells, Table};

const PLOTS: usize = 4;
const PANELS: usize = 16;
const LEVELS: usize = 16;

/// One direction of a heat map.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// The levels of an axis.
    Axis(usize),
    /// The compared values, be they of one key or of several.
    Compared,
}

impl Side {
    fn axes(self, analysis: &Analysis) -> Vec<usize> {
        match self {
            Self::Axis(axis) => vec![axis],
            Self::Compared => analysis.roles.compare.clone(),
        }
    }

    fn keys(self, analysis: &Analysis) -> Vec<String> {
        self.axes(analysis).iter().map(|&axis| analysis.axes[axis].key.clone()).collect()
    }

    fn level(self, cell: &Cell) -> Option<usize> {
        match self {
            Self::Axis(axis) => cell.levels[axis],
            Self::Compared => Some(cell.value),
        }
    }

    /// What stands at each level; numbers in three digits, if that tells them apart.
    fn labels(self, analysis: &Analysis) -> Vec<String> {
        let Self::Axis(axis) = self else {
            return analysis.values.iter().map(|value| value.label.clone()).collect();
        };
        let axis = &analysis.axes[axis];
        let rounded: Vec<String> = axis.numbers.iter().flatten().map(|&x| short(x)).collect();
        let distinct = !rounded.is_empty() && rounded.windows(2).all(|pair| pair[0] != pair[1]);
        if distinct { rounded } else { (0..axis.values.len()).map(|level| axis.label(Some(level))).collect() }
    }
}

/// One plot per pair of axes worth setting against each other.
pub fn plots(analysis: &Analysis) -> Vec<Plot> {
    pairs(analysis).into_iter().filter_map(|(a, b)| plot(analysis, a, b)).take(PLOTS).collect()
}

/// What is tuned against what is compared, tuned axes with each other, then facets but the dataset in the same way.
fn pairs(analysis: &Analysis) -> Vec<(Side, Side)> {
    let roles = &analysis.roles;
    let facets: Vec<usize> = roles.facet.iter().copied().filter(|&axis| analysis.axes[axis].key != "dataset").collect();
    let mut tune = roles.tune.clone();
    let sensitive = analysis.sensitive_axis();
    tune.sort_by_key(|&axis| Some(axis) != sensitive);
    let compared = |axes: &[usize]| -> Vec<(Side, Side)> {
        let axes = if analysis.values.len() > 1 { axes } else { &[] };
        axes.iter().map(|&axis| (Side::Axis(axis), Side::Compared)).collect()
    };
    let within = |axes: &[usize]| -> Vec<(Side, Side)> {
        let pair = |i: usize| axes[i + 1..].iter().map(move |&b| (Side::Axis(axes[i]), Side::Axis(b)));
        (0..axes.len()).flat_map(pair).collect()
    };
    [compared(&tune), within(&tune), compared(&facets), within(&facets)].concat()
}

fn plot(analysis: &Analysis, a: Side, b: Side) -> Option<Plot> {
    let (across, up) = (a.labels(analysis), b.labels(analysis));
    if across.len() > LEVELS || up.len() > LEVELS {
        return None;
    }
    let axes = [a.axes(analysis), b.axes(analysis)].concat();
    // Nothing is averaged or chosen over facets; compared values share a panel only if they are an axis of it.
    let apart: Vec<usize> = [&analysis.roles.facet[..], &analysis.roles.compare].concat();
    let apart: Vec<usize> = apart.into_iter().filter(|axis| !axes.contains(axis)).collect();
    let best = analysis.best_by(&[&apart[..], &axes].concat());
    let key = |cell: &Cell| -> Vec<Option<usize>> { apart.iter().map(|&axis| cell.levels[axis]).collect() };
    let cells: Vec<&Cell> = best.iter().map(|&cell| &analysis.cells[cell]).collect();
    let cells: Vec<&Cell> =
        cells.into_iter().filter(|cell| a.level(cell).is_some() && b.level(cell).is_some()).collect();
    let mut keys: Vec<Vec<Option<usize>>> = cells.iter().map(|cell| key(cell)).collect();
    keys.dedup();
    let all = keys.len();
    keys.truncate(PANELS);
    let shown: Vec<&Cell> = cells.into_iter().filter(|cell| keys.contains(&key(cell))).collect();
    if shown.len() < 4 {
        return None;
    }
    let ramp = capped(ramp(analysis, &shown), &shown);
    let (name_a, name_b) = (a.keys(analysis).join(", "), b.keys(analysis).join(", "));
    let panel = |levels_apart: &Vec<Option<usize>>| {
        let mut values = vec![None; across.len() * up.len()];
        let mut texts = vec![String::new(); values.len()];
        for cell in shown.iter().filter(|cell| key(cell) == *levels_apart) {
            let (Some(column), Some(row)) = (a.level(cell), b.level(cell)) else { continue };
            let (at, iqm) = (row * across.len() + column, cell.metric.iqm.point);
            values[at] = Some(iqm).filter(|iqm| iqm.is_finite());
            texts[at] = if iqm.is_finite() { short(iqm) } else { "diverged".into() };
        }
        let title = extent::levels(analysis, &apart, levels_apart);
        let marks = vec![Mark::Cells { columns: across.len(), values, texts, ramp }];
        let (x, y) = (Axis::words(words(&name_a), across.clone()), Axis::words(words(&name_b), up.clone()));
        Panel { title, x, y, marks, ..Panel::default() }
    };
    let panels: Vec<Panel> = keys.iter().map(panel).collect();
    let columns = match panels.len() {
        0..=3 => panels.len().max(1),
        4 => 2,
        _ if across.len() > 6 => 2,
        n if n % 4 == 0 && across.len() <= 3 => 4,
        _ => 3,
    };
    let cell = if columns == 1 { (62.0, 30.0) } else { (52.0, 26.0) };
    let frame = ((across.len() as f64 * cell.0).clamp(150.0, 560.0), (up.len() as f64 * cell.1).clamp(52.0, 400.0));
    let chosen =
        if analysis.roles.tune.iter().all(|axis| axes.contains(axis)) { "" } else { ", other settings at their best" };
    let more = if all > keys.len() { format!(" Shown: {} of {all} panels.", keys.len()) } else { String::new() };
    let beyond = shown.iter().any(|cell| cell.metric.iqm.point.is_finite() && cell.metric.iqm.point > ramp.high);
    let beyond = if beyond { " Colours end at the end of the scale." } else { "" };
    let full = shown.len() == keys.len() * across.len() * up.len();
    let grey = if full { "" } else { " Grey: not run." };
    let keys_of = [a.keys(analysis), b.keys(analysis)].concat();
    let name = format!("heat-{}", keys_of.join("-"));
    let figure = Figure {
        title: title(analysis, analysis.metric.label(), &keys_of.join(", ")),
        caption: format!(
            "Interquartile mean over all seeds{chosen}; {}.{grey}{beyond}{more}",
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
    for &axis in apart.iter().chain(&axes) {
        let value = |cell: &&Cell| cell.levels[axis].map(|level| analysis.axes[axis].values[level].clone());
        table = table.with(analysis.axes[axis].key.clone(), Cells::of(shown.iter().map(value).collect()));
    }
    let table = super::axis::summarized(table, shown.iter().map(|cell| &cell.metric));
    Some(Plot { figure, tables: vec![table] })
}

/// The scale without a few losses far above all others, which would leave the others one colour.
fn capped(ramp: Ramp, cells: &[&Cell]) -> Ramp {
    let finite = cells.iter().map(|cell| cell.metric.iqm.point).filter(|x| x.is_finite());
    let mut metrics: Vec<f64> = finite.collect();
    metrics.sort_by(f64::total_cmp);
    match metrics.get((metrics.len() * 19 / 20).saturating_sub(1)) {
        Some(&high) if ramp.log && ramp.high > 10.0 * high && high > ramp.low => Ramp { high, ..ramp },
        _ => ramp,
    }
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
