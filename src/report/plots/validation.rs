//! Training and validation in one picture: where the validation loss turns while the training loss goes on falling, a
//! network learns its samples by heart.

use super::extent;
use super::extent::{Extent, counted, grid, judged, keyed, title};
use crate::analysis::series::LOSS_MEAN;
use crate::analysis::{Analysis, Curve, Group, Metric, Role, Series, Summary};
use crate::report::figure::{Axis, Dash, Entry, Figure, Mark, Paint, Panel, Plot, Shared};
use crate::report::table::Table;

/// A stroke for each of the two.
const STROKES: [(&str, Dash); 2] = [("training", Dash::Solid), ("validation", Dash::Dashed)];

/// The IQM over the seeds of each epoch's mean training loss and of the loss on the validation samples.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let extent = Extent::of(analysis, 16, 4);
    let validation = Series::from_name(Metric::VALIDATION_LOSS.name())?;
    let shown = |group: &&Group| extent.facets.contains(&group.facet) && extent.values.contains(&group.value);
    let both = |group: &Group| Some([analysis.curve(group, &LOSS_MEAN)?, analysis.curve(group, validation)?]);
    let both: Vec<[Curve; 2]> = analysis.groups.iter().filter(shown).filter_map(both).collect();
    if both.is_empty() {
        return None;
    }
    let panel = |&facet: &usize| {
        let lines = both.iter().filter(|both| both[0].facet == facet).flat_map(|both| both.iter().zip(STROKES));
        let line = |(curve, (_, dash)): (&Curve, (&str, Dash))| {
            let points = curve.epochs.iter().zip(&curve.points).map(|(&epoch, point)| (epoch as f64, point.iqm.point));
            Mark::Line { points: points.collect(), paint: Paint::Series(curve.value), width: 1.8, dash, label: None }
        };
        Panel {
            title: extent::facet(analysis, facet),
            x: Axis::linear("epoch"),
            y: Axis::log("loss"),
            marks: lines.map(line).collect(),
            ..Panel::default()
        }
    };
    let panels: Vec<Panel> = extent.facets.iter().map(panel).collect();
    let (columns, frame) = grid(panels.len());
    let mut legend = extent.legend(analysis);
    let stroke = |(label, dash): (&str, Dash)| Entry {
        label: label.to_owned(),
        paint: Paint::Muted,
        dash: Some(dash),
        shape: None,
    };
    legend.entries.extend(STROKES.map(stroke));
    let finals = both.iter().flatten().filter_map(|curve| curve.points.last());
    let figure = Figure {
        title: title(analysis, "training and validation loss", &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "Interquartile mean of each epoch's mean training loss and of the loss on the validation samples after it; \
             {}.{}",
            counted(analysis, finals),
            judged(analysis)
        )),
        columns,
        panels,
        frame,
        shared: Shared { x: false, y: false },
        legend,
        bars: Vec::new(),
    };
    let rows: Vec<(&str, &Curve, usize, &Summary)> = (both.iter().flat_map(|both| both.iter().zip(STROKES)))
        .flat_map(|(curve, (name, _))| {
            curve.epochs.iter().zip(&curve.points).map(move |(&epoch, point)| (name, curve, epoch, point))
        })
        .collect();
    let mut table = Table::new("validation");
    table = keyed(table, analysis, Role::Facet, &rows.iter().map(|row| row.1.facet).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &rows.iter().map(|row| row.1.value).collect::<Vec<_>>());
    let table = table
        .text("samples", rows.iter().map(|row| row.0.to_owned()))
        .int("epoch", rows.iter().map(|row| row.2))
        .int("n", rows.iter().map(|row| row.3.n))
        .float("iqm", rows.iter().map(|row| row.3.iqm.point));
    Some(Plot { figure, tables: vec![table] })
}
