//! The best run of each compared value: its estimate over the plane, with the data on top.

use super::extent;
use super::extent::{Extent, reading, title};
use super::map::Sheet;
use crate::analysis::{Analysis, Data, Role};
use crate::report::figure::{Figure, Panel, Plot, Shared};

/// Points along each side of the plane.
const SIDE: usize = 101;
const POINTS: usize = 240;

/// Compared values side by side, facets below each other. All facets shown are of the first one's task.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let extent = Extent::of(analysis, 4, 5);
    let task = |row: usize| analysis.rows[row].run.config.dataset.shape().task;
    let all: Vec<(usize, usize, usize)> = (extent.facets.iter())
        .flat_map(|&facet| extent.values.iter().map(move |&value| (facet, value)))
        .filter_map(|(facet, value)| Some((facet, value, analysis.best_row(facet, value)?)))
        .collect();
    let first = task(all.first()?.2);
    let shown: Vec<_> = all.iter().copied().filter(|&(_, _, row)| task(row) == first).collect();
    let rows: Vec<usize> = shown.iter().map(|shown| shown.2).collect();
    let (sheet, data) = Sheet::of(analysis, &rows)?;
    let mut table = sheet.table("estimates", SIDE);
    let mut panels: Vec<Panel> = Vec::new();
    let mut points: Vec<(String, &Data, usize)> = Vec::new();
    let several = shown.iter().any(|other| other.0 != shown[0].0);
    for &facet in &extent.facets {
        if !shown.iter().any(|shown| shown.0 == facet) {
            continue;
        }
        for &value in &extent.values {
            let at = shown.iter().position(|&(f, v, _)| (f, v) == (facet, value));
            let Some((at, plane)) = at.and_then(|at| Some((at, analysis.plane(rows[at], sheet.window, SIDE)?))) else {
                panels.push(Panel::default());
                continue;
            };
            let name = name(analysis, several.then_some(facet), value);
            let note = [setting(analysis, rows[at]), reading(analysis, rows[at])];
            let note = note.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
            let mut panel = sheet.panel(analysis.values[value].label.clone(), note);
            if several {
                panel.y.label = extent::facet(analysis, facet);
            }
            panel.marks.push(sheet.estimate(&plane));
            panel.marks.extend(sheet.scatter(&data[at], POINTS, 2.0));
            panels.push(panel);
            let column = if name.is_empty() { "estimate" } else { &name };
            table = sheet.with_plane(table, column, &plane);
            points.push((name, &data[at], POINTS));
        }
    }
    let (bar, legend) = sheet.key();
    let beyond = if bar.is_some() { " Colours end at the ends of the scale." } else { "" };
    let others = if shown.len() < all.len() { " Facets of other tasks are left out." } else { "" };
    let columns = extent.values.len().min(panels.len());
    let side = if columns > 3 { 158.0 } else { 190.0 };
    let figure = Figure {
        title: title(analysis, "the best run's estimate over the plane", &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "The run with the best {} at each tuned setting; {SIDE} × {SIDE} points, 1 beyond the data. Dots: \
             training data, at most {POINTS} of each run's.{beyond}{others}",
            analysis.metric.label()
        )),
        columns,
        panels,
        frame: (side, side),
        shared: Shared::default(),
        legend,
        bar,
    };
    let points = sheet.points("estimates-data", &points);
    Some(Plot { figure, tables: vec![table, points] })
}

fn name(analysis: &Analysis, facet: Option<usize>, value: usize) -> String {
    let facet = facet.map(|facet| extent::facet(analysis, facet)).unwrap_or_default();
    let parts = [&facet, &analysis.values[value].label];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
}

/// The tuned setting of a run: `learning rate 0.01`.
fn setting(analysis: &Analysis, row: usize) -> String {
    let tuned = &analysis.roles.tune;
    let set: Vec<Option<usize>> = tuned.iter().map(|&axis| analysis.level(row, axis)).collect();
    extent::levels(analysis, tuned, &set)
}
