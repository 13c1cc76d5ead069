//! The compared values side by side: every run they are judged by, with the interquartile mean and its interval.

use super::axis::summarized;
use super::extent;
use super::extent::{Extent, counted, grid, judged, keyed, metric_axis, title, words};
use crate::analysis::{Analysis, Choice, Reading, Role};
use crate::report::figure::{Axis, Figure, Lost, Mark, Paint, Panel, Plot, Shape, Shared};
use crate::report::table::{Cells, Table};

/// Runs drawn per compared value and facet.
const RUNS: usize = 60;

/// How large a run that diverged is drawn, as a share of a setting's.
const RUN: f64 = 0.3;

/// Room for the name of a compared value, in CSS pixels.
const WORD: f64 = 54.0;

/// One column of points per compared value.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    if analysis.values.len() < 2 {
        return None;
    }
    let extent = Extent::of(analysis, 16, 16);
    let chosen: Vec<(usize, usize, &Choice)> = (analysis.groups.iter())
        .filter(|group| extent.facets.contains(&group.facet) && extent.values.contains(&group.value))
        .filter_map(|group| Some((group.facet, group.value, group.tuned.as_ref()?)))
        .filter(|(_, _, choice)| choice.judged.n > 0)
        .collect();
    if chosen.is_empty() {
        return None;
    }
    let labels: Vec<String> = extent.values.iter().map(|&value| analysis.values[value].label.clone()).collect();
    let mut rows = Vec::new();
    let mut panel = |&facet: &usize| {
        let (mut marks, mut lost) = (Vec::new(), Vec::new());
        for &(_, value, choice) in chosen.iter().filter(|chosen| chosen.0 == facet) {
            let at = extent.values.iter().position(|&shown| shown == value).unwrap_or(0) as f64;
            let runs: Vec<usize> = choice.rows.iter().copied().take(RUNS).collect();
            rows.extend(runs.iter().map(|&row| (facet, value, row)));
            // Beside the interval, in the order of seeds, so that the same seed stands at the same place everywhere.
            let step = 0.26 / (runs.len().max(2) - 1) as f64;
            let place = |(k, row): (usize, &usize)| match analysis.reading(*row) {
                Reading::Missing => None,
                Reading::Diverged => Some((at - 0.36 + step * k as f64, None)),
                Reading::Value(x) => Some((at - 0.36 + step * k as f64, Some(x))),
            };
            let places: Vec<(f64, Option<f64>)> = runs.iter().enumerate().filter_map(place).collect();
            let finite = places.iter().filter_map(|&(x, y)| Some((x, y?))).collect();
            let (paint, iqm) = (Paint::Series(value), choice.judged.iqm);
            let gone = places.iter().filter(|place| place.1.is_none());
            lost.extend(gone.map(|&(at, _)| Lost { at, share: RUN, paint }));
            marks.push(Mark::Dots { points: finite, shape: Shape::Circle, paint, radius: 2.2 });
            marks.push(Mark::Interval {
                at: (at + 0.1, iqm.point),
                low: iqm.low,
                high: iqm.high,
                across: false,
                paint,
            });
        }
        let x = Axis::words(words(&analysis.keys(Role::Compare)), labels.clone());
        Panel { title: extent::facet(analysis, facet), x, y: metric_axis(analysis), marks, lost, ..Panel::default() }
    };
    let panels: Vec<Panel> = extent.facets.iter().map(&mut panel).collect();
    let (columns, (width, height)) = grid(panels.len());
    let frame = (width.max(WORD * extent.values.len().min(8) as f64), height);
    let lost = if panels.iter().any(|panel| !panel.lost.is_empty()) { " Crosses: runs that diverged." } else { "" };
    let caption = format!(
        "Small symbols: one run each, in the order of {}s. Large: interquartile mean with 95 % bootstrap interval; \
         {}.{}{lost}",
        analysis.replicate_noun(),
        counted(analysis, chosen.iter().map(|chosen| &chosen.2.judged)),
        judged(analysis)
    );
    let figure = Figure {
        title: title(analysis, analysis.metric.label(), &analysis.keys(Role::Compare)),
        caption: extent.caption(caption),
        columns,
        panels,
        frame,
        shared: Shared { x: true, y: false },
        ..Figure::default()
    };
    let summary = |row: &(usize, usize, usize)| chosen.iter().find(|chosen| (chosen.0, chosen.1) == (row.0, row.1));
    let summaries: Vec<_> = rows.iter().filter_map(|row| Some(&summary(row)?.2.judged)).collect();
    let mut table = keyed(Table::new("compared"), analysis, Role::Facet, &rows.iter().map(|r| r.0).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &rows.iter().map(|row| row.1).collect::<Vec<_>>());
    let seed = |row: &(usize, usize, usize)| Some(analysis.rows[row.2].replicate.number() as i64);
    let metric = |row: &(usize, usize, usize)| analysis.score(row.2);
    table = table
        .with("seed", Cells::Int(rows.iter().map(seed).collect()))
        .float(analysis.metric.name(), rows.iter().map(metric));
    Some(Plot { figure, tables: vec![summarized(table, summaries.into_iter())] })
}
