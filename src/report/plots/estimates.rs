//! The best run of each compared value: its estimate over the plane, with the data on top.

use super::extent;
use super::extent::{Extent, reading, title};
use super::map::{Best, Sheet, by_dataset, dataset, left_out, numbered};
use crate::analysis::{Analysis, Data, Role};
use crate::report::figure::{Figure, Panel, Plot, Shared};

/// Points along each side of the plane.
const SIDE: usize = 51;
const POINTS: usize = 240;

/// Datasets drawn, each in a figure of its own, and rows of panels in all of them.
const FIGURES: usize = 6;
const ROWS: usize = 4;

/// Compared values side by side, facets below each other; one figure per dataset.
pub fn plots(analysis: &Analysis) -> Vec<Plot> {
    let extent = Extent::of(analysis, usize::MAX, 5);
    let datasets = by_dataset(analysis, &extent.values);
    let count = datasets.len().min(FIGURES);
    let drawn = datasets.iter().take(FIGURES).enumerate();
    drawn.filter_map(|(k, all)| plot(analysis, &extent, all, k, (count, datasets.len()))).collect()
}

fn plot(analysis: &Analysis, extent: &Extent, all: &[Best], k: usize, datasets: (usize, usize)) -> Option<Plot> {
    let mut facets: Vec<usize> = all.iter().map(|best| best.facet).collect();
    facets.dedup();
    let every = facets.len();
    facets.truncate((ROWS / datasets.0).max(1));
    let shown: Vec<Best> = all.iter().copied().filter(|best| facets.contains(&best.facet)).collect();
    let rows: Vec<usize> = shown.iter().map(|best| best.row).collect();
    let (sheet, data) = Sheet::of(analysis, &rows)?;
    let values: Vec<usize> =
        extent.values.iter().copied().filter(|value| shown.iter().any(|best| best.value == *value)).collect();
    let mut table = sheet.table(&numbered("estimates", k), SIDE);
    let several = facets.len() > 1;
    let mut panels: Vec<Panel> = Vec::new();
    let mut points: Vec<(String, &Data, usize)> = Vec::new();
    for &facet in &facets {
        for &value in &values {
            let at = shown.iter().position(|best| (best.facet, best.value) == (facet, value));
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
    let (bars, legend) = sheet.key();
    let beyond = if bars.is_empty() { "" } else { " Colours end at the ends of the scale." };
    let columns = values.len();
    let of = if several { dataset(analysis, facets[0]) } else { extent::facet(analysis, facets[0]) };
    let of = if of.is_empty() { of } else { format!(", {of}") };
    let side = if columns > 3 { 158.0 } else { 190.0 };
    let figure = Figure {
        title: title(analysis, &format!("the best run's estimate over the plane{of}"), &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "The run with the best {} at each tuned setting; {SIDE} × {SIDE} points, to a quarter of the \
             data's range beyond the data. Dots: training data, at most {POINTS} of each run's.{beyond}{}",
            analysis.metric.label(),
            left_out((facets.len(), every), datasets)
        )),
        columns,
        panels,
        frame: (side, side),
        shared: Shared::default(),
        legend,
        bars,
    };
    let points = sheet.points(&format!("{}-data", numbered("estimates", k)), &points);
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
