//! The final metric along an axis, one line per compared value: every axis but the compared ones and the learning rate.

use super::extent;
use super::extent::{Extent, counted, grid, judged, keyed, metric_axis, title, words};
use crate::analysis::{Analysis, Role, Summary};
use crate::report::figure::{
    Axis, Dash, Entry, Figure, HUES, Legend, Mark, Paint, Panel, Plot, Scale, Shape, Shared, dash,
};
use crate::report::table::{Cells, Table};

/// Axes drawn at most.
const AXES: usize = 8;

/// Up to so many levels stand evenly, side by side.
const FEW: usize = 3;

/// Up to so many lines have bands: more would hide each other.
const BANDS: usize = 8;

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
    let tuned = tuned.filter_map(|&axis| followed(analysis, axis, &format!("axis-{}", analysis.axes[axis].key)));
    let facets = analysis.roles.facet.iter().filter_map(|&axis| facet_axis(analysis, axis));
    tuned.chain(facets).take(AXES).collect()
}

/// The metric along a tuned or compared axis, each point at whatever is best of the other tuned axes, over all seeds.
pub fn followed(analysis: &Analysis, axis: usize, name: &str) -> Option<Plot> {
    let compared = analysis.roles.compare.contains(&axis);
    let extent = Extent::of(analysis, 16, if compared { usize::MAX } else { 12 });
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
                chosen: !compared && tuned.is_some_and(|choice| choice.cell == index),
                facet: cell.facet,
            })
        })
        .collect();
    let titles = extent.facets.iter().map(|&facet| extent::facet(analysis, facet)).collect();
    let others = match analysis.roles.tune.iter().any(|&tuned| tuned != axis) {
        true if compared => ", the tuned settings at their best",
        true => ", the other tuned settings at their best",
        false => "",
    };
    let caption = format!(
        "Interquartile mean over all {}s with 95 % bootstrap interval{others}; {}.{}",
        analysis.replicate_noun(),
        counted(analysis, points.iter().map(|point| &point.metric)),
        if compared { "" } else { " Large symbol: the setting chosen." }
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
        counted(analysis, points.iter().map(|point| &point.metric)),
        judged(analysis)
    );
    if all > panels.len() {
        caption += &format!(" Shown: {} of {all} panels.", panels.len());
    }
    draw(analysis, &extent, axis, &format!("axis-{}", analysis.axes[axis].key), titles, &points, caption)
}

/// Where the levels of an axis stand: at their numbers, evenly or by the logarithm; as words, side by side, if they are
/// words or few.
fn scale(analysis: &Analysis, axis: usize, levels: &[usize]) -> (Axis, Vec<f64>) {
    let (key, texts) = (words(&analysis.axes[axis].key), extent::labels(analysis, axis));
    let Some(numbers) = analysis.axes[axis].numbers.as_ref().filter(|_| levels.len() > FEW) else {
        let mut places = vec![f64::NAN; texts.len()];
        levels.iter().enumerate().for_each(|(place, &level)| places[level] = place as f64);
        return (Axis::words(key, levels.iter().map(|&level| texts[level].clone()).collect()), places);
    };
    let shown: Vec<f64> = levels.iter().map(|&level| numbers[level]).collect();
    let scaled = if analysis.axes[axis].key == "learning_rate" || is_geometric(&shown) {
        Axis::log(key)
    } else if levels.len() <= TICKS {
        Axis::linear(key).at(levels.iter().map(|&level| (numbers[level], texts[level].clone())).collect())
    } else {
        Axis::linear(key)
    };
    (scaled, numbers.clone())
}

/// Whether numbers belong on a logarithmic axis: far apart, or each the same multiple of the one before.
fn is_geometric(numbers: &[f64]) -> bool {
    let ratios: Vec<f64> = numbers.windows(2).map(|pair| pair[1] / pair[0]).collect();
    let even = ratios.iter().all(|ratio| (ratio / ratios[0] - 1.0).abs() < 0.01);
    numbers[0] > 0.0 && (even || numbers[numbers.len() - 1] / numbers[0] >= 16.0)
}

/// The compared values that one line joins.
struct Course {
    values: Vec<usize>,
    paint: Paint,
    dash: Dash,
    label: String,
}

/// A line per compared value; where the axis is compared itself, a line through the values that differ in nothing else.
fn courses(analysis: &Analysis, extent: &Extent, axis: usize) -> Vec<Course> {
    let one = |&value: &usize| {
        let label = analysis.values[value].label.clone();
        Course { values: vec![value], paint: Paint::Series(value), dash: dash(value), label }
    };
    let Some(place) = analysis.roles.compare.iter().position(|&compared| compared == axis) else {
        return extent.values.iter().map(one).collect();
    };
    let mut others = analysis.roles.compare.clone();
    others.remove(place);
    let mut found: Vec<(Vec<Option<usize>>, Course)> = Vec::new();
    for &value in &extent.values {
        let mut rest = analysis.values[value].levels.clone();
        rest.remove(place);
        match found.iter_mut().find(|(known, _)| *known == rest) {
            Some((_, course)) => course.values.push(value),
            None => {
                let label = extent::levels(analysis, &others, &rest);
                let dash = dash(HUES * found.len());
                found.push((rest, Course { values: vec![value], paint: Paint::Ink, dash, label }));
            }
        }
    }
    found.into_iter().map(|(_, course)| course).collect()
}

/// Draws points along an axis: joined by lines, side by side where the axis is of words or has few levels. Panels of a
/// single level are left out.
fn draw(
    analysis: &Analysis,
    extent: &Extent,
    axis: usize,
    name: &str,
    titles: Vec<String>,
    points: &[Point],
    mut caption: String,
) -> Option<Plot> {
    let levels_of = |points: &[&Point]| {
        let mut levels: Vec<usize> = points.iter().map(|point| point.level).collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    };
    let several = |k: &usize| levels_of(&points.iter().filter(|point| point.panel == *k).collect::<Vec<_>>()).len() > 1;
    let kept: Vec<usize> = (0..titles.len()).filter(several).collect();
    let points: Vec<&Point> = points.iter().filter(|point| kept.contains(&point.panel)).collect();
    let levels = levels_of(&points);
    if levels.is_empty() {
        return None;
    }
    let (x, places) = scale(analysis, axis, &levels);
    let is_even = matches!(x.scale, Scale::Words(_));
    let is_number = analysis.axes[axis].numbers.is_some();
    let courses = courses(analysis, extent, axis);
    let gap = (0.7 / courses.len() as f64).min(0.16);
    let panel = |&k: &usize| {
        let (mut bands, mut lines, mut dots, mut lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, course) in courses.iter().enumerate() {
            let mut own: Vec<&Point> = points.iter().copied().filter(|point| point.panel == k).collect();
            own.retain(|point| course.values.contains(&point.value));
            own.sort_by_key(|point| point.level);
            let aside = if is_even { (place as f64 - (courses.len() - 1) as f64 / 2.0) * gap } else { 0.0 };
            let at = |point: &Point| places[point.level] + aside;
            let middle = |point: &Point| (at(point), point.metric.iqm.point);
            let paint = |point: &Point| Paint::Series(point.value);
            lost.extend(own.iter().filter_map(|point| extent::lost(at(point), &point.metric, paint(point))));
            if is_number && !own.is_empty() {
                let (points, label) = (own.iter().map(|point| middle(point)).collect(), course.label.clone());
                let (paint, dash) = (course.paint, course.dash);
                let label = Some(label).filter(|label| !label.is_empty());
                lines.push(Mark::Line { points, paint, width: if is_even { 0.9 } else { 1.8 }, dash, label });
            }
            if is_even {
                dots.extend(own.iter().map(|point| {
                    let (iqm, paint) = (point.metric.iqm, paint(point));
                    Mark::Interval { at: middle(point), low: iqm.low, high: iqm.high, across: false, paint }
                }));
                continue;
            }
            let band = own.iter().map(|point| (at(point), point.metric.iqm.low, point.metric.iqm.high));
            bands.push(Mark::Band { points: band.collect(), paint: course.paint });
            for point in own.iter().filter(|point| point.metric.iqm.point.is_finite()) {
                let radius = if point.chosen || course.values.len() > 1 { 5.0 } else { 2.6 };
                let points = vec![middle(point)];
                dots.push(Mark::Dots { points, shape: Shape::Circle, paint: paint(point), radius });
            }
        }
        let bands = bands.into_iter().filter(|_| courses.len() <= BANDS);
        let marks = bands.chain(lines).chain(dots).collect();
        Panel { title: titles[k].clone(), x: x.clone(), y: metric_axis(analysis), marks, lost, ..Panel::default() }
    };
    let panels: Vec<Panel> = kept.iter().map(panel).collect();
    if kept.len() < titles.len() {
        caption += &format!(" Left out: {} of {} panels, of one level.", titles.len() - kept.len(), titles.len());
    }
    if panels.iter().any(|panel| !panel.lost.is_empty()) {
        caption += " Crosses: settings with runs that diverged, larger the more did.";
    }
    let legend = match analysis.roles.compare.contains(&axis) {
        false => extent.legend(analysis),
        true => {
            let named = courses.iter().filter(|course| !course.label.is_empty());
            let entry = |course: &Course| Entry {
                label: course.label.clone(),
                paint: course.paint,
                dash: Some(course.dash),
                shape: None,
            };
            Legend { title: String::new(), entries: named.map(entry).collect() }
        }
    };
    let (columns, frame) = grid(panels.len());
    let figure = Figure {
        title: title(analysis, analysis.metric.label(), &analysis.axes[axis].key),
        caption: extent.caption(caption),
        columns,
        panels,
        frame,
        shared: Shared { x: true, y: false },
        legend,
        bars: Vec::new(),
    };
    let mut table = keyed(Table::new(name), analysis, Role::Facet, &points.iter().map(|p| p.facet).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &points.iter().map(|p| p.value).collect::<Vec<_>>());
    if analysis.roles.tune.contains(&axis) {
        let level = |point: &&Point| Some(analysis.axes[axis].values[point.level].clone());
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
