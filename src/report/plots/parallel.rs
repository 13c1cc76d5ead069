//! Parallel coordinates: every cell of the grid as a line through its settings to its metric, the best on top.

use super::extent::{labels, three, title, words};
use super::heat::{capped, ramp};
use crate::analysis::{Analysis, Cell};
use crate::report::figure::{Align, Axis, Bar, Dash, Figure, Mark, Paint, Panel, Plot};
use crate::report::table::{Cells, Table};

const CELLS: usize = 300;
const AXES: usize = 7;
const LABELS: usize = 18;

/// Where a line passes an axis whose key does not apply, and where one ends that diverged.
const NOWHERE: f64 = -0.12;
const DIVERGED: f64 = 1.1;
/// How far the lines through one value are spread, as a share of the way to the next.
const SPREAD: f64 = 0.55;

/// One line per cell, coloured by the metric.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let axes: Vec<usize> = (0..analysis.axes.len()).take(AXES).collect();
    let mut ranked: Vec<usize> = (0..analysis.cells.len()).filter(|&i| analysis.cells[i].metric.n > 0).collect();
    let cost = |cell: usize| analysis.cost(analysis.cells[cell].metric.iqm.point);
    ranked.sort_by(|&a, &b| cost(a).total_cmp(&cost(b)));
    let none_finite = ranked.iter().all(|&cell| !cost(cell).is_finite());
    if axes.len() < 2 || ranked.len() < 3 || none_finite {
        return None;
    }
    let all = ranked.len();
    if all > CELLS {
        ranked = (0..CELLS).map(|k| ranked[k * (all - 1) / (CELLS - 1)]).collect();
    }
    let cells: Vec<&Cell> = ranked.iter().map(|&cell| &analysis.cells[cell]).collect();
    let ramp = capped(ramp(analysis, &cells), &cells);
    let mut columns: Vec<Column> = axes.iter().map(|&axis| Column::of_axis(analysis, axis, &cells)).collect();
    columns.push(Column::of_metric(&cells));
    let last = axes.len() as f64;
    let mut marks: Vec<Mark> = Vec::new();
    for (k, cell) in cells.iter().enumerate().rev() {
        let points = columns.iter().enumerate().map(|(x, column)| (x as f64, column.places[k])).collect();
        let value = cell.metric.iqm.point;
        let paint = if value.is_finite() { Paint::On(ramp, value) } else { Paint::Bad };
        marks.push(Mark::Line { points, paint, width: if k == 0 { 3.0 } else { 1.0 }, dash: Dash::Solid, label: None });
    }
    for (x, column) in columns.iter().enumerate() {
        let at = x as f64;
        let spine = Mark::Line {
            points: vec![(at, 0.0), (at, 1.0)],
            paint: Paint::Ink,
            width: 1.0,
            dash: Dash::Solid,
            label: None,
        };
        marks.push(spine);
        for (y, label) in &column.labels {
            let (align, aside) = if x == axes.len() { (Align::Start, 0.04) } else { (Align::End, -0.04) };
            marks.push(Mark::Text { at: (at + aside, *y), text: label.clone(), align, paint: Paint::Ink });
        }
    }
    let names = axes.iter().map(|&axis| words(&analysis.axes[axis].key)).chain([analysis.metric.label().to_owned()]);
    let places = || columns.iter().flat_map(|column| &column.places).copied();
    let (low, high) = (places().fold(0.0, f64::min), places().fold(1.0, f64::max));
    let panel = Panel {
        x: Axis::words("", names.collect()),
        y: Axis::linear("").within(low - 0.04, high + 0.04).bare(),
        marks,
        ..Panel::default()
    };
    let left_out = match (all > CELLS, analysis.axes.len() > AXES) {
        (false, false) => String::new(),
        (cells, axes) => {
            let cells = if cells { format!(" Shown: {CELLS} of {all} cells, evenly by rank.") } else { String::new() };
            let axes = if axes { format!(" Shown: {AXES} of {} axes.", analysis.axes.len()) } else { String::new() };
            cells + &axes
        }
    };
    let figure = Figure {
        title: title(analysis, "all settings and what came of them", ""),
        caption: format!(
            "A line per cell; colour and last axis: interquartile mean of the {} over its seeds, on the axis by rank. \
             Lines through one value are spread about it, best first. Thick: the best. Red: diverged.{left_out}",
            analysis.metric.label()
        ),
        columns: 1,
        panels: vec![panel],
        frame: ((130.0 * (last + 1.0)).clamp(420.0, 860.0), 270.0),
        bars: vec![Bar { label: analysis.metric.label().into(), ramp }],
        ..Figure::default()
    };
    let mut table = Table::new("parallel");
    for &axis in &axes {
        let value = |cell: &&Cell| cell.levels[axis].map(|level| analysis.axes[axis].values[level].clone());
        table = table.with(analysis.axes[axis].key.clone(), Cells::of(cells.iter().map(value).collect()));
    }
    let table = super::axis::summarized(table, cells.iter().map(|cell| &cell.metric));
    Some(Plot { figure, tables: vec![table] })
}

/// One coordinate: where each cell's line passes it, and what is written there.
struct Column {
    places: Vec<f64>,
    labels: Vec<(f64, String)>,
}

impl Column {
    /// Levels stand evenly; the lines through one are spread about it in the order of the metric, best first, so that none
    /// hides another.
    fn of_axis(analysis: &Analysis, axis: usize, cells: &[&Cell]) -> Self {
        let texts = labels(analysis, axis);
        let last = (texts.len() - 1).max(1) as f64;
        let place = |level: Option<usize>| level.map_or(NOWHERE, |level| level as f64 / last);
        let mut places = vec![0.0; cells.len()];
        for level in (0..texts.len()).map(Some).chain([None]) {
            let own: Vec<usize> = (0..cells.len()).filter(|&k| cells[k].levels[axis] == level).collect();
            let room = if level.is_some() { SPREAD / last } else { 0.08 };
            for (rank, &k) in own.iter().enumerate() {
                places[k] = place(level) + room.min(0.3) * ((rank as f64 + 0.5) / own.len() as f64 - 0.5);
            }
        }
        let every = texts.len().div_ceil(LABELS);
        let mut labels: Vec<(f64, String)> =
            texts.into_iter().enumerate().step_by(every).map(|(level, text)| (place(Some(level)), text)).collect();
        if cells.iter().any(|cell| cell.levels[axis].is_none()) {
            labels.push((NOWHERE, "none".into()));
        }
        Self { places, labels }
    }

    /// By rank, since a few metrics far from all others would leave the others no room; those of quarters are named.
    fn of_metric(cells: &[&Cell]) -> Self {
        let value = |k: usize| cells[k].metric.iqm.point;
        let mut order: Vec<usize> = (0..cells.len()).filter(|&k| value(k).is_finite()).collect();
        order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
        let last = order.len().saturating_sub(1).max(1);
        let mut places = vec![DIVERGED; cells.len()];
        for (rank, &k) in order.iter().enumerate() {
            places[k] = rank as f64 / last as f64;
        }
        let mut quarters: Vec<usize> = (0..=4).map(|quarter| quarter * (order.len().max(1) - 1) / 4).collect();
        quarters.dedup();
        let named = quarters.iter().filter_map(|&rank| order.get(rank).map(|&k| (places[k], three(value(k)))));
        let mut labels: Vec<(f64, String)> = named.collect();
        if order.len() < cells.len() {
            labels.push((DIVERGED, "diverged".into()));
        }
        Self { places, labels }
    }
}
