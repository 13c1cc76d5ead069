//! Learning curves: the interquartile mean of the training loss per epoch, with its interval, small multiples by facet.

use super::extent;
use super::extent::{Extent, counted, grid, judged, keyed, line, title};
use crate::analysis::{Analysis, Estimate, Role, Summary};
use crate::report::figure::{Axis, Figure, Mark, Paint, Panel, Plot, Shared};
use crate::report::table::Table;

/// The IQM of each epoch's training loss over the seeds, with its 95 % interval.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let extent = Extent::of(analysis, 16, 16);
    let shown: Vec<_> = (analysis.curves.iter())
        .filter(|curve| extent.facets.contains(&curve.facet) && extent.values.contains(&curve.value))
        .collect();
    if shown.is_empty() {
        return None;
    }
    // All that were to be trained: a curve may end early.
    let epochs = |facet: usize| {
        let rows = shown.iter().filter(|curve| curve.facet == facet).map(|curve| analysis.cells[curve.cell].rows[0]);
        rows.map(|row| analysis.config(row).epochs).max().unwrap_or(1) as f64
    };
    let panel = |&facet: &usize| {
        let mut marks = Vec::new();
        let (mut bands, mut lost) = (Vec::new(), Vec::new());
        for curve in shown.iter().filter(|curve| curve.facet == facet) {
            let epochs = || curve.epochs.iter().map(|&epoch| epoch as f64).zip(&curve.points);
            let paint = Paint::Series(curve.value);
            let band = |(x, summary): (f64, &Summary)| (x, summary.iqm.low, summary.iqm.high);
            bands.push(Mark::Band { points: epochs().map(band).collect(), paint });
            let mut before = 0;
            for (x, summary) in epochs() {
                if summary.diverged > before {
                    lost.extend(extent::lost(x, summary, paint));
                    before = summary.diverged;
                }
            }
            marks.push(line(analysis, curve.value, epochs().map(|(x, summary)| (x, summary.iqm.point)).collect()));
        }
        let bands = bands.into_iter().filter(|_| extent.has_bands());
        Panel {
            title: extent::facet(analysis, facet),
            x: Axis::linear("epoch").within(0.0, 1.02 * epochs(facet)),
            y: Axis::log("training loss"),
            marks: bands.chain(marks).collect(),
            lost,
            ..Panel::default()
        }
    };
    let panels: Vec<Panel> = extent.facets.iter().map(panel).collect();
    let (count, frame) = grid(panels.len());
    let finals: Vec<&Summary> = shown.iter().filter_map(|curve| curve.points.last()).collect();
    let diverged = panels.iter().any(|panel| !panel.lost.is_empty());
    let lost = if diverged { " Crosses: more runs diverge, larger the more have." } else { "" };
    let figure = Figure {
        title: title(analysis, "training loss", &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "Interquartile mean of each epoch's training loss; band: 95 % bootstrap interval; {}.{}{lost}",
            counted(analysis, finals),
            judged(analysis)
        )),
        columns: count,
        panels,
        frame,
        shared: Shared { x: false, y: false },
        legend: extent.legend(analysis),
        bars: Vec::new(),
    };
    let rows: Vec<(usize, usize, usize, &Summary)> = (shown.iter())
        .flat_map(|curve| curve.epochs.iter().zip(&curve.points).map(|(&e, s)| (curve.facet, curve.value, e, s)))
        .collect();
    let of = |part: fn(&Estimate) -> f64| rows.iter().map(|row| part(&row.3.iqm)).collect::<Vec<_>>();
    let mut table = Table::new("curves");
    table = keyed(table, analysis, Role::Facet, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &rows.iter().map(|row| row.1).collect::<Vec<_>>());
    let table = table
        .int("epoch", rows.iter().map(|row| row.2))
        .int("n", rows.iter().map(|row| row.3.n))
        .int("diverged", rows.iter().map(|row| row.3.diverged))
        .float("iqm", of(|iqm| iqm.point))
        .float("iqm_low", of(|iqm| iqm.low))
        .float("iqm_high", of(|iqm| iqm.high));
    Some(Plot { figure, tables: vec![table] })
}
