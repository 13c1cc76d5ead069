//! Performance profile: the share of problems on which a value needs no more than τ times the fewest steps.

use super::extent::{Extent, line, title};
use crate::analysis::{Analysis, Role};
use crate::report::figure::{Axis, Figure, Panel, Plot};
use crate::report::table::Table;
use crate::stats;

/// The greatest ratio drawn.
const FURTHEST: f64 = 32.0;

/// One staircase per compared value, over several facets: of one, the plot of epochs to target says as much.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let profile = &analysis.profile;
    if analysis.contested().count() < 2 || profile.problems.len() < 2 {
        return None;
    }
    let extent = Extent::of(analysis, usize::MAX, 8);
    let finite = || profile.ratios.iter().flatten().copied().filter(|ratio| ratio.is_finite());
    let end = (finite().fold(1.0, f64::max) * 1.1).clamp(2.0, FURTHEST);
    let steps: Vec<(usize, Vec<(f64, f64)>)> =
        extent.values.iter().map(|&value| (value, from_one(stats::ecdf(&profile.ratios[value])))).collect();
    let course = |value: usize, steps: &[(f64, f64)]| offset(staircase(&steps[1..], steps[0], end), &extent, value);
    let marks = steps.iter().map(|(value, steps)| line(analysis, *value, course(*value, steps))).collect();
    let panel = Panel {
        x: Axis::log("τ: optimizer steps to target, relative to the fewest").within(libm::pow(end, -0.02), end),
        y: Axis::linear("share of problems within τ").within(-0.03, 1.05),
        marks,
        ..Panel::default()
    };
    let cut = if finite().any(|ratio| ratio > end) { format!(" Cut at {FURTHEST}.") } else { String::new() };
    let figure = Figure {
        title: title(analysis, "performance profile of the steps to target", &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "Lines are drawn a little apart, so that equal ones are seen. {} problems: {} × {}, those all values were run on. A run that misses the target counts as \
             infinitely slow.{cut}",
            profile.problems.len(),
            crate::text::count(analysis.facets.len(), "facet"),
            analysis.replicate_noun(),
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

/// Steps that begin at ratio 1, with the share of problems on which the value is the fastest: nothing, if it never is.
fn from_one(mut steps: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if steps.first().is_none_or(|step| step.0 > 1.0) {
        steps.insert(0, (1.0, 0.0));
    }
    steps
}

/// A compared value's line moved up or down by less than a hundredth.
pub fn offset(mut points: Vec<(f64, f64)>, extent: &Extent, value: usize) -> Vec<(f64, f64)> {
    let place = extent.values.iter().position(|&shown| shown == value).unwrap_or(0) as f64;
    let last = extent.values.len().max(2) as f64 - 1.0;
    points.iter_mut().for_each(|point| point.1 += 0.018 * (0.5 - place / last));
    points
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
