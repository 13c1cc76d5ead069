//! Epochs to target: the share of runs that have reached the facet's target by each epoch.

use super::extent;
use super::extent::{Extent, grid, judged, keyed, line, three, title};
use super::profile::{offset, staircase};
use crate::analysis::{Analysis, Group, Reach, Role};
use crate::report::figure::{Axis, Figure, Panel, Plot, Shared};
use crate::report::table::Table;
use crate::stats;

/// One staircase per compared value in each facet.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let extent = Extent::of(analysis, 16, 12);
    let shown = |group: &&Group| extent.facets.contains(&group.facet) && extent.values.contains(&group.value);
    let reached: Vec<(&Group, &Reach)> =
        analysis.groups.iter().filter(shown).filter_map(|group| Some((group, group.reach.as_ref()?))).collect();
    if reached.is_empty() {
        return None;
    }
    let epochs = |facet: usize| {
        let of_facet = reached.iter().filter(|(group, _)| group.facet == facet);
        let rows = of_facet.flat_map(|(_, reach)| &reach.rows);
        rows.map(|&row| analysis.config(row).epochs).max().unwrap_or(1) as f64
    };
    let panel = |&facet: &usize| {
        let own = reached.iter().filter(|(group, _)| group.facet == facet);
        let marks = own.map(|(group, reach)| {
            let steps = staircase(&stats::ecdf(&reach.epochs), (0.0, 0.0), 1.03 * epochs(facet));
            line(analysis, group.value, offset(steps, &extent, group.value))
        });
        let target = analysis.targets[facet].map(|target| format!("training loss ≤ {}", three(target)));
        Panel {
            title: extent::facet(analysis, facet),
            note: target.unwrap_or_default(),
            x: Axis::linear("epoch").within(0.0, 1.03 * epochs(facet)),
            y: Axis::linear("share of runs at target").within(-0.03, 1.05),
            marks: marks.collect(),
            ..Panel::default()
        }
    };
    let panels: Vec<Panel> = extent.facets.iter().map(panel).filter(|panel| !panel.marks.is_empty()).collect();
    let (columns, frame) = grid(panels.len());
    let counts = || reached.iter().map(|(_, reach)| reach.epochs.len());
    let n = match (counts().min(), counts().max()) {
        (Some(least), Some(most)) if least < most => format!("{least}–{}", analysis.replicates(most)),
        (_, most) => analysis.replicates(most.unwrap_or(0)),
    };
    let figure = Figure {
        title: title(analysis, "epochs to target", &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "Share of runs whose mean training loss of an epoch has come down to the target; n = {n}. Lines \
             are drawn a little apart, so that equal ones are seen.{}",
            judged(analysis)
        )),
        columns,
        panels,
        frame,
        shared: Shared { x: false, y: true },
        legend: extent.legend(analysis),
        bars: Vec::new(),
    };
    let rows: Vec<(&Group, usize, f64, f64)> = (reached.iter())
        .flat_map(|(group, reach)| {
            let pairs = reach.rows.iter().zip(reach.epochs.iter().zip(&reach.steps));
            pairs.map(move |(&row, (&epoch, &step))| (*group, row, epoch, step))
        })
        .collect();
    let facets: Vec<usize> = rows.iter().map(|row| row.0.facet).collect();
    let values: Vec<usize> = rows.iter().map(|row| row.0.value).collect();
    let table = keyed(Table::new("target"), analysis, Role::Facet, &facets);
    let table = keyed(table, analysis, Role::Compare, &values)
        .int("seed", rows.iter().map(|row| analysis.rows[row.1].replicate.seed as usize))
        .float("target", facets.iter().map(|&facet| analysis.targets[facet]))
        .float("epochs", rows.iter().map(|row| row.2))
        .float("steps", rows.iter().map(|row| row.3));
    Some(Plot { figure, tables: vec![table] })
}
