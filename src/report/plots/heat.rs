//! Two axes against each other: the metric as colour and number in each cell, all other settings at their best.

use super::extent;
use super::extent::{three, title, words};
use crate::analysis::{Analysis, Cell};
use crate::report::figure::{Axis, Bar, Colours, Figure, Mark, Panel, Plot, Ramp, Shared};
use crate::report::table::{Cells, Table};

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

    /// What stands at each level.
    fn labels(self, analysis: &Analysis) -> Vec<String> {
        match self {
            Self::Axis(axis) => extent::labels(analysis, axis),
            Self::Compared => analysis.values.iter().map(|value| value.label.clone()).collect(),
        }
    }

    /// The levels that some cell has, ascending.
    fn levels(self, cells: &[&Cell]) -> Vec<usize> {
        let mut levels: Vec<usize> = cells.iter().filter_map(|cell| self.level(cell)).collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    }
}

/// The first pair of axes worth setting against each other; none where facets are followed along their axes.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let pairs = if analysis.roles.facet.is_empty() { pairs(analysis) } else { Vec::new() };
    pairs.into_iter().find_map(|(a, b)| drawn(analysis, a, b))
}

/// What is tuned against what is compared, then tuned axes with each other.
fn pairs(analysis: &Analysis) -> Vec<(Side, Side)> {
    let mut tune = analysis.roles.tune.clone();
    let sensitive = analysis.sensitive_axis();
    tune.sort_by_key(|&axis| Some(axis) != sensitive);
    let compared = tune.iter().filter(|_| analysis.values.len() > 1).map(|&axis| (Side::Axis(axis), Side::Compared));
    let pair = |i: usize| tune[i + 1..].iter().map(|&b| (Side::Axis(tune[i]), Side::Axis(b))).collect::<Vec<_>>();
    compared.chain((0..tune.len()).flat_map(pair)).collect()
}

fn drawn(analysis: &Analysis, a: Side, b: Side) -> Option<Plot> {
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
    let (columns_of, rows_of) = (a.levels(&shown), b.levels(&shown));
    if [columns_of.len(), rows_of.len()].iter().any(|levels| !(2..=LEVELS).contains(levels)) {
        return None;
    }
    let words_of = |side: Side, levels: &[usize]| -> Vec<String> {
        let labels = side.labels(analysis);
        levels.iter().map(|&level| labels[level].clone()).collect()
    };
    let (across, up) = (words_of(a, &columns_of), words_of(b, &rows_of));
    let ramp = capped(ramp(analysis, &shown), &shown);
    let gone = |cell: &Cell| cell.metric.diverged == cell.metric.n || !cell.metric.iqm.point.is_finite();
    let (name_a, name_b) = (a.keys(analysis).join(", "), b.keys(analysis).join(", "));
    let panel = |levels_apart: &Vec<Option<usize>>| {
        let mut values = vec![None; across.len() * up.len()];
        let mut texts = vec![String::new(); values.len()];
        for cell in shown.iter().filter(|cell| key(cell) == *levels_apart) {
            let place = |side: Side, levels: &[usize]| levels.binary_search(&side.level(cell)?).ok();
            let (Some(column), Some(row)) = (place(a, &columns_of), place(b, &rows_of)) else { continue };
            let (at, iqm) = (row * across.len() + column, cell.metric.iqm.point);
            values[at] = Some(if gone(cell) { f64::INFINITY } else { iqm });
            texts[at] = if gone(cell) { "diverged".into() } else { three(iqm) };
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
    let red = if shown.iter().any(|cell| gone(cell)) { " Red: diverged." } else { "" };
    let keys_of = [a.keys(analysis), b.keys(analysis)].concat();
    let name = format!("heat-{}", keys_of.join("-"));
    let figure = Figure {
        title: title(analysis, analysis.metric.label(), &keys_of.join(", ")),
        caption: format!(
            "Interquartile mean over all {}s{chosen}; {}.{grey}{red}{beyond}{more}",
            analysis.replicate_noun(),
            super::extent::counted(analysis, shown.iter().map(|cell| &cell.metric))
        ),
        columns,
        panels,
        frame,
        shared: Shared::BOTH,
        bars: bar(analysis, ramp, &shown),
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
pub fn capped(ramp: Ramp, cells: &[&Cell]) -> Ramp {
    let finite = cells.iter().map(|cell| cell.metric.iqm.point).filter(|x| x.is_finite());
    let mut metrics: Vec<f64> = finite.collect();
    metrics.sort_by(f64::total_cmp);
    match metrics.get((metrics.len() * 19 / 20).saturating_sub(1)) {
        Some(&high) if ramp.log && ramp.high > 10.0 * high && high > ramp.low => Ramp { high, ..ramp },
        _ => ramp,
    }
}

/// The bar of the metric's scale, if any cell has a place on it.
fn bar(analysis: &Analysis, ramp: Ramp, cells: &[&Cell]) -> Vec<Bar> {
    let any = cells.iter().any(|cell| cell.metric.iqm.point.is_finite());
    any.then(|| Bar { label: analysis.metric.label().into(), ramp }).into_iter().collect()
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
