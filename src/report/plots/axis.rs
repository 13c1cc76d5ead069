//! The final metric along an axis, one line per compared value: every axis but the compared ones and the learning rate.

use super::extent;
use super::extent::{Extent, counted, grid, judged, keyed, line, metric_axis, title, words};
use crate::analysis::{Analysis, Role, Summary};
use crate::report::figure::{Axis, Figure, Mark, Paint, Panel, Plot, Shape, Shared};
use crate::report::table::{Cells, Table};

/// Axes drawn at most.
const AXES: usize = 8;

/// Up to so many numbers on an even axis are labelled themselves, in place of round ones.
const TICKS: usize = 8;

/// The metric of one compared value at one level.
pub struct Point {
    /// Which panel it belongs to.
    pub panel: usize,
    /// An index into the compared values.
    pub value: usize,
    /// The level on the axis.
    pub level: usize,
    /// The metric there.
    pub metric: Summary,
    /// Whether the tuned setting lies here.
    pub chosen: bool,
    /// An index into the facets.
    pub facet: usize,
}

/// One plot per tuned axis, other than the most sensitive one, and per facet axis.
pub fn plots(analysis: &Analysis) -> Vec<Plot> {
    let sensitive = analysis.sensitive_axis();
    let tuned = analysis.roles.tune.iter().filter(|&&axis| Some(axis) != sensitive);
    let tuned = tuned.filter_map(|&axis| tuned_axis(analysis, axis, &format!("axis-{}", analysis.axes[axis].key)));
    let facets = analysis.roles.facet.iter().filter_map(|&axis| facet_axis(analysis, axis));
    tuned.chain(facets).take(AXES).collect()
}

/// The metric along a tuned axis, each point at whatever is best of the other tuned axes, over all seeds.
pub fn tuned_axis(analysis: &Analysis, axis: usize, name: &str) -> Option<Plot> {
    let extent = Extent::of(analysis, 16, 12);
    let points: Vec<Point> = (analysis.along(axis).into_iter())
        .filter_map(|index| {
            let cell = &analysis.cells[index];
            let panel = extent.facets.iter().position(|&facet| facet == cell.facet)?;
            extent.values.contains(&cell.value).then_some(())?;
            let tuned = analysis.group(cell.facet, cell.value)?.tuned.as_ref();
            Some(Point {
                panel,
                value: cell.value,
                level: cell.levels[axis]?,
                metric: cell.metric,
                chosen: tuned.is_some_and(|choice| choice.cell == index),
                facet: cell.facet,
            })
        })
        .collect();
    let titles = extent.facets.iter().map(|&facet| extent::facet(analysis, facet)).collect();
    let others = if analysis.roles.tune.len() > 1 { ", the other tuned settings at their best" } else { "" };
    let caption = format!(
        "Interquartile mean over all seeds with 95 % bootstrap interval{others}; {}. \
         Large symbol: the setting chosen.{}",
        counted(points.iter().map(|point| &point.metric)),
        if points.iter().any(|point| point.metric.diverged > 0) { " Red cross: runs diverged." } else { "" }
    );
    draw(analysis, &extent, axis, name, titles, &points, caption)
}

/// The metric of tuned settings along a facet axis, in one panel per combination of the other facet axes.
fn facet_axis(analysis: &Analysis, axis: usize) -> Option<Plot> {
    let place = analysis.roles.facet.iter().position(|&facet| facet == axis)?;
    let extent = Extent::of(analysis, usize::MAX, 12);
    let rest = |facet: usize| {
        let mut levels = analysis.facets[facet].levels.clone();
        levels.remove(place);
        levels
    };
    let mut panels: Vec<Vec<Option<usize>>> = Vec::new();
    let mut points = Vec::new();
    for group in analysis.groups.iter().filter(|group| extent.values.contains(&group.value)) {
        let (Some(choice), Some(level)) = (&group.tuned, analysis.facets[group.facet].levels[place]) else { continue };
        let rest = rest(group.facet);
        let panel = panels.iter().position(|panel| *panel == rest).unwrap_or_else(|| {
            panels.push(rest);
            panels.len() - 1
        });
        let (facet, value, metric) = (group.facet, group.value, choice.judged);
        points.push(Point { panel, value, level, metric, chosen: false, facet });
    }
    let all = panels.len();
    panels.truncate(12);
    points.retain(|point| point.panel < panels.len());
    let others: Vec<usize> = analysis.roles.facet.iter().copied().filter(|&other| other != axis).collect();
    let titles = panels.iter().map(|levels| extent::levels(analysis, &others, levels)).collect();
    let mut caption = format!(
        "Interquartile mean with 95 % bootstrap interval; {}.{}",
        counted(points.iter().map(|point| &point.metric)),
        judged(analysis)
    );
    if all > panels.len() {
        caption += &format!(" Shown: {} of {all} panels.", panels.len());
    }
    draw(analysis, &extent, axis, &format!("axis-{}", analysis.axes[axis].key), titles, &points, caption)
}

/// Where the levels of an axis stand: at their numbers, evenly or by the logarithm, or as words.
fn scale(analysis: &Analysis, axis: usize) -> (Axis, Vec<f64>) {
    let axis = &analysis.axes[axis];
    let label = words(&axis.key);
    match &axis.numbers {
        Some(numbers) => {
            let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
            let scaled = if first > 0.0 && last / first >= 16.0 {
                Axis::log(label)
            } else if numbers.len() <= TICKS {
                let at = |level: usize| (numbers[level], axis.label(Some(level)));
                Axis::linear(label).at((0..numbers.len()).map(at).collect())
            } else {
                Axis::linear(label)
            };
            (scaled, numbers.clone())
        }
        None => {
            let levels = (0..axis.values.len()).map(|level| axis.label(Some(level))).collect();
            (Axis::words(label, levels), (0..axis.values.len()).map(|level| level as f64).collect())
        }
    }
}

/// Draws points along an axis: joined by lines where the axis is of numbers, side by side where it is of words.
fn draw(
    analysis: &Analysis,
    extent: &Extent,
    axis: usize,
    name: &str,
    titles: Vec<String>,
    points: &[Point],
    caption: String,
) -> Option<Plot> {
    let mut levels: Vec<usize> = points.iter().map(|point| point.level).collect();
    levels.sort_unstable();
    levels.dedup();
    if levels.len() < 2 {
        return None;
    }
    let (x, places) = scale(analysis, axis);
    let is_words = analysis.axes[axis].numbers.is_none();
    let panel = |(k, title): (usize, String)| {
        let (mut bands, mut lines, mut dots, mut bad) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, &value) in extent.values.iter().enumerate() {
            let mut own: Vec<&Point> = points.iter().filter(|p| p.panel == k && p.value == value).collect();
            own.sort_by_key(|point| point.level);
            if own.is_empty() {
                continue;
            }
            let gap = (0.7 / extent.values.len() as f64).min(0.16);
            let aside = if is_words { (place as f64 - (extent.values.len() - 1) as f64 / 2.0) * gap } else { 0.0 };
            let at = |point: &Point| places[point.level] + aside;
            let paint = Paint::Series(value);
            if is_words {
                dots.extend(own.iter().map(|point| {
                    let (at, iqm) = (at(point), point.metric.iqm);
                    Mark::Interval { at: (at, iqm.point), low: iqm.low, high: iqm.high, across: false, paint }
                }));
            } else {
                let band = own.iter().map(|point| (at(point), point.metric.iqm.low, point.metric.iqm.high));
                bands.push(Mark::Band { points: band.collect(), paint });
                let course: Vec<(f64, f64)> = own.iter().map(|point| (at(point), point.metric.iqm.point)).collect();
                let finite = course.iter().copied().filter(|point| point.1.is_finite()).collect();
                lines.push(line(analysis, value, course));
                dots.push(Mark::Dots { points: finite, shape: Shape::Circle, paint, radius: 2.6 });
                let chosen = own.iter().filter(|point| point.chosen && point.metric.iqm.point.is_finite());
                let chosen = chosen.map(|point| (at(point), point.metric.iqm.point)).collect();
                dots.push(Mark::Dots { points: chosen, shape: Shape::Circle, paint, radius: 5.0 });
            }
            let lost: Vec<(f64, f64)> = (own.iter())
                .filter(|point| point.metric.diverged > 0)
                .map(|point| {
                    (at(point), if point.metric.iqm.point.is_nan() { f64::INFINITY } else { point.metric.iqm.point })
                })
                .collect();
            let beyond: Vec<(f64, f64)> = lost.iter().copied().filter(|point| point.1.is_infinite()).collect();
            bad.push(Mark::Dots { points: beyond, shape: Shape::Ring, paint, radius: 6.5 });
            bad.push(Mark::Dots { points: lost, shape: Shape::Cross, paint: Paint::Bad, radius: 4.2 });
        }
        let bands = bands.into_iter().filter(|_| extent.has_bands());
        let marks = bands.chain(lines).chain(dots).chain(bad).collect();
        Panel { title, x: x.clone(), y: metric_axis(analysis), marks, ..Panel::default() }
    };
    let panels: Vec<Panel> = titles.into_iter().enumerate().map(panel).collect();
    let (columns, frame) = grid(panels.len());
    let figure = Figure {
        title: title(analysis, analysis.metric.label(), &analysis.axes[axis].key),
        caption: extent.caption(caption),
        columns,
        panels,
        frame,
        shared: Shared { x: true, y: false },
        legend: extent.legend(analysis),
        bar: None,
    };
    let mut table = keyed(Table::new(name), analysis, Role::Facet, &points.iter().map(|p| p.facet).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &points.iter().map(|p| p.value).collect::<Vec<_>>());
    if !analysis.roles.facet.contains(&axis) {
        let level = |point: &Point| Some(analysis.axes[axis].values[point.level].clone());
        table = table.with(analysis.axes[axis].key.clone(), Cells::of(points.iter().map(level).collect()));
        table = table.with("chosen", Cells::Bool(points.iter().map(|point| Some(point.chosen)).collect()));
    }
    Some(Plot { figure, tables: vec![summarized(table, points.iter().map(|point| &point.metric))] })
}

/// With the columns of a summary.
pub fn summarized<'a>(table: Table, metrics: impl Iterator<Item = &'a Summary> + Clone) -> Table {
    table
        .int("n", metrics.clone().map(|metric| metric.n))
        .int("diverged", metrics.clone().map(|metric| metric.diverged))
        .float("iqm", metrics.clone().map(|metric| metric.iqm.point))
        .float("iqm_low", metrics.clone().map(|metric| metric.iqm.low))
        .float("iqm_high", metrics.map(|metric| metric.iqm.high))
}
