//! Performance profile: the share of problems on which a value needs no more than τ times the fewest steps.

use super::extent::{Extent, line, title};
use crate::analysis::{Analysis, Role};
use crate::report::figure::{Axis, Figure, Panel, Plot};
use crate::report::table::Table;
use crate::stats;

/// The greatest ratio drawn.
const FURTHEST: f64 = 32.0;

/// One staircase per compared value.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let profile = &analysis.profile;
    if profile.problems.len() < 2 || analysis.values.len() < 2 {
        return None;
    }
    let extent = Extent::of(analysis, usize::MAX, 8);
    let finite = || profile.ratios.iter().flatten().copied().filter(|ratio| ratio.is_finite());
    let end = (finite().fold(1.0, f64::max) * 1.1).clamp(2.0, FURTHEST);
    let steps: Vec<(usize, Vec<(f64, f64)>)> =
        extent.values.iter().map(|&value| (value, stats::ecdf(&profile.ratios[value]))).collect();
    let marks = steps.iter().map(|(value, steps)| line(analysis, *value, staircase(steps, (1.0, 0.0), end))).collect();
    let panel = Panel {
        x: Axis::log("τ: optimizer steps to target, relative to the fewest").within(1.0, end),
        y: Axis::linear("share of problems within τ").within(0.0, 1.02),
        marks,
        ..Panel::default()
    };
    let facets = analysis.facets.len();
    let cut = if finite().any(|ratio| ratio > end) { format!(" Cut at {FURTHEST}.") } else { String::new() };
    let figure = Figure {
        title: title(analysis, "performance profile of the steps to target", &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "{} problems: {} × held-out seed, those all values were run on. A run that misses the target counts as \
             infinitely slow.{cut}",
            profile.problems.len(),
            if facets > 1 { format!("{facets} facets") } else { "1 facet".into() },
        )),
        columns: 1,
        panels: vec![panel],
        frame: (460.0, 280.0),
        legend: extent.legend(analysis),
        ..Figure::default()
    };
    let rows: Vec<(usize, f64, f64)> = steps
        .iter()
        .flat_map(|(value, steps)| steps.iter().map(move |&(ratio, share)| (*value, ratio, share)))
        .collect();
    let table = super::extent::keyed(
        Table::new("profile"),
        analysis,
        Role::Compare,
        &rows.iter().map(|row| row.0).collect::<Vec<_>>(),
    );
    let table = table.float("ratio", rows.iter().map(|row| row.1)).float("share", rows.iter().map(|row| row.2));
    Some(Plot { figure, tables: vec![table] })
}

/// The corners of a staircase that rises at each step, from a start to an end.
pub fn staircase(steps: &[(f64, f64)], start: (f64, f64), end: f64) -> Vec<(f64, f64)> {
    let mut corners = vec![start];
    let mut height = start.1;
    for &(x, share) in steps.iter().filter(|step| step.0 <= end) {
        corners.push((x, height));
        corners.push((x, share));
        height = share;
    }
    corners.push((end, height));
    corners
}
