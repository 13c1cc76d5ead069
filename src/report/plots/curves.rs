//! Learning curves: the interquartile mean of the training loss per epoch, with its interval, small multiples by facet.

use super::extent;
use super::extent::{Extent, counted, grid, judged, keyed, line, title};
use crate::analysis::{Analysis, Role, Summary};
use crate::report::figure::{Axis, Figure, Mark, Paint, Panel, Plot, Shape, Shared};
use crate::report::table::Table;

/// The IQM of each epoch's training loss over the held-out seeds, with its 95 % interval.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let course = |summary: &Summary| (summary.iqm.point, summary.iqm.low, summary.iqm.high);
    let words = "Interquartile mean of each epoch's training loss; band: 95 % bootstrap interval";
    draw(analysis, "curves", course, ["iqm", "iqm_low", "iqm_high"], words)
}

/// A centre with a band around it per epoch, for each compared value in each facet.
pub fn draw(
    analysis: &Analysis,
    name: &str,
    course: impl Fn(&Summary) -> (f64, f64, f64),
    columns: [&str; 3],
    words: &str,
) -> Option<Plot> {
    let extent = Extent::of(analysis, 12, 16);
    let shown: Vec<_> = (analysis.curves.iter())
        .filter(|curve| extent.facets.contains(&curve.facet) && extent.values.contains(&curve.value))
        .collect();
    if shown.is_empty() {
        return None;
    }
    let mut diverged = false;
    let panel = |&facet: &usize| {
        let mut marks = Vec::new();
        let (mut bands, mut crosses) = (Vec::new(), Vec::new());
        for curve in shown.iter().filter(|curve| curve.facet == facet) {
            let epochs = || curve.epochs.iter().map(|&epoch| epoch as f64).zip(&curve.points);
            let paint = Paint::Series(curve.value);
            let band = |(x, summary): (f64, &Summary)| (x, course(summary).1, course(summary).2);
            bands.push(Mark::Band { points: epochs().map(band).collect(), paint });
            let mut lost = 0;
            for (x, summary) in epochs() {
                if summary.diverged > lost {
                    crosses.push((x, course(summary).0));
                    lost = summary.diverged;
                }
            }
            marks.push(line(analysis, curve.value, epochs().map(|(x, summary)| (x, course(summary).0)).collect()));
        }
        diverged |= !crosses.is_empty();
        let crosses = Mark::Dots { points: crosses, shape: Shape::Cross, paint: Paint::Bad, radius: 4.0 };
        let bands = bands.into_iter().filter(|_| extent.has_bands());
        Panel {
            title: extent::facet(analysis, facet),
            x: Axis::linear("epoch"),
            y: Axis::log("training loss"),
            marks: bands.chain(marks).chain([crosses]).collect(),
            ..Panel::default()
        }
    };
    let panels: Vec<Panel> = extent.facets.iter().map(panel).collect();
    let (count, frame) = grid(panels.len());
    let finals: Vec<&Summary> = shown.iter().filter_map(|curve| curve.points.last()).collect();
    let lost = if diverged { " Red crosses: runs diverge." } else { "" };
    let figure = Figure {
        title: title(analysis, "training loss", &analysis.keys(Role::Compare)),
        caption: extent.caption(format!("{words}; {}.{}{lost}", counted(finals), judged(analysis))),
        columns: count,
        panels,
        frame,
        shared: Shared { x: false, y: false },
        legend: extent.legend(analysis),
        bar: None,
    };
    let rows: Vec<(usize, usize, usize, &Summary)> = (shown.iter())
        .flat_map(|curve| curve.epochs.iter().zip(&curve.points).map(|(&e, s)| (curve.facet, curve.value, e, s)))
        .collect();
    let of = |part: fn((f64, f64, f64)) -> f64| rows.iter().map(|row| part(course(row.3))).collect::<Vec<_>>();
    let mut table = Table::new(name);
    table = keyed(table, analysis, Role::Facet, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &rows.iter().map(|row| row.1).collect::<Vec<_>>());
    let table = table
        .int("epoch", rows.iter().map(|row| row.2))
        .int("n", rows.iter().map(|row| row.3.n))
        .int("diverged", rows.iter().map(|row| row.3.diverged))
        .float(columns[0], of(|course| course.0))
        .float(columns[1], of(|course| course.1))
        .float(columns[2], of(|course| course.2));
    Some(Plot { figure, tables: vec![table] })
}
