//! Parallel coordinates: every cell of the grid as a line through its settings to its metric, the best on top.

use super::extent::{title, words};
use super::heat::ramp;
use crate::analysis::{Analysis, Cell};
use crate::report::draw;
use crate::report::figure::{Align, Axis, Bar, Dash, Figure, Mark, Paint, Panel, Plot};
use crate::report::table::{Cells, Table};

const CELLS: usize = 300;
const AXES: usize = 7;
const LABELS: usize = 8;

/// Where a line passes an axis whose key does not apply.
const NOWHERE: f64 = -0.09;

/// One line per cell, coloured by the metric.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let axes: Vec<usize> = (0..analysis.axes.len()).take(AXES).collect();
    let mut ranked: Vec<usize> = (0..analysis.cells.len()).filter(|&i| analysis.cells[i].metric.n > 0).collect();
    let cost = |cell: usize| analysis.cost(analysis.cells[cell].metric.iqm.point);
    ranked.sort_by(|&a, &b| cost(a).total_cmp(&cost(b)));
    if axes.len() < 2 || ranked.len() < 3 {
        return None;
    }
    let all = ranked.len();
    if all > CELLS {
        ranked = (0..CELLS).map(|k| ranked[k * (all - 1) / (CELLS - 1)]).collect();
    }
    let cells: Vec<&Cell> = ranked.iter().map(|&cell| &analysis.cells[cell]).collect();
    let ramp = ramp(analysis, &cells);
    let last = axes.len() as f64;
    let metric = Scale::of_metric(analysis, &cells);
    let mut scales: Vec<Scale> = axes.iter().map(|&axis| Scale::of_axis(analysis, axis)).collect();
    let mut low = -0.04;
    for (scale, &axis) in scales.iter_mut().zip(&axes) {
        if cells.iter().any(|cell| cell.levels[axis].is_none()) {
            scale.labels.push((NOWHERE, "none".into()));
            low = NOWHERE - 0.04;
        }
    }
    let mut marks: Vec<Mark> = Vec::new();
    for (k, cell) in cells.iter().enumerate().rev() {
        let value = cell.metric.iqm.point;
        let places = axes.iter().zip(&scales).enumerate();
        let mut points: Vec<(f64, f64)> =
            places.map(|(x, (&axis, scale))| (x as f64, scale.of_level(cell.levels[axis]))).collect();
        points.push((last, if value.is_finite() { metric.place(value) } else { metric.worst }));
        let paint = if value.is_finite() { Paint::On(ramp, value) } else { Paint::Bad };
        marks.push(Mark::Line { points, paint, width: if k == 0 { 3.0 } else { 1.0 }, dash: Dash::Solid, label: None });
    }
    for (x, scale) in scales.iter().chain([&metric]).enumerate() {
        marks.push(Mark::Rule { at: x as f64, upright: true, paint: Paint::Ink, dash: Dash::Solid });
        for (y, label) in &scale.labels {
            let (align, aside) = if x == scales.len() { (Align::Start, 0.03) } else { (Align::End, -0.03) };
            marks.push(Mark::Text { at: (x as f64 + aside, *y), text: label.clone(), align, paint: Paint::Ink });
        }
    }
    let names = axes.iter().map(|&axis| words(&analysis.axes[axis].key)).chain([analysis.metric.label().to_owned()]);
    let panel = Panel {
        x: Axis::words("", names.collect()),
        y: Axis::linear("").within(low, 1.04).bare(),
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
            "A line per cell; colour and last axis: interquartile mean of the {} over its seeds. Thick: the best. \
             Red: diverged.{left_out}",
            analysis.metric.label()
        ),
        columns: 1,
        panels: vec![panel],
        frame: ((130.0 * (last + 1.0)).clamp(420.0, 860.0), 270.0),
        bar: Some(Bar { label: analysis.metric.label().into(), ramp }),
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

/// Where numbers stand on one coordinate, from 0 to 1, and its labels.
struct Scale {
    log: bool,
    low: f64,
    high: f64,
    /// Where a diverged cell stands.
    worst: f64,
    places: Vec<f64>,
    labels: Vec<(f64, String)>,
}

impl Scale {
    /// Of an axis: by its numbers, evenly or by the logarithm, else evenly by level.
    fn of_axis(analysis: &Analysis, axis: usize) -> Self {
        let axis = &analysis.axes[axis];
        let levels: Vec<f64> = (0..axis.values.len()).map(|level| level as f64).collect();
        let numbers = axis.numbers.as_ref().unwrap_or(&levels);
        let mut scale =
            Self::between(numbers[0], numbers[numbers.len() - 1], numbers[0] > 0.0 && axis.numbers.is_some());
        scale.places = numbers.iter().map(|&x| scale.place(x)).collect();
        let every = axis.values.len().div_ceil(LABELS).max(1);
        scale.labels =
            (0..axis.values.len()).step_by(every).map(|level| (scale.places[level], axis.label(Some(level)))).collect();
        scale
    }

    fn of_metric(analysis: &Analysis, cells: &[&Cell]) -> Self {
        let ramp = ramp(analysis, cells);
        let mut scale = Self::between(ramp.low, ramp.high, ramp.log);
        scale.log = ramp.log;
        let ends =
            [ramp.low, ramp.high].map(|x| (scale.place(x), draw::words(format!("{x:.2e}").parse().unwrap_or(x))));
        scale.labels = if ramp.low < ramp.high { ends.to_vec() } else { ends[..1].to_vec() };
        scale.worst = if analysis.metric.higher_is_better() { -0.03 } else { 1.03 };
        scale
    }

    fn between(low: f64, high: f64, positive: bool) -> Self {
        let log = positive && high / low >= 16.0;
        Self { log, low, high, worst: 1.0, places: Vec::new(), labels: Vec::new() }
    }

    fn place(&self, x: f64) -> f64 {
        let on = |x: f64| if self.log { libm::log10(x.max(1e-300)) } else { x };
        let (low, high) = (on(self.low), on(self.high));
        if high > low { (on(x) - low) / (high - low) } else { 0.5 }
    }

    /// A level's place; below the axis where the key does not apply.
    fn of_level(&self, level: Option<usize>) -> f64 {
        level.map_or(NOWHERE, |level| self.places[level])
    }
}
