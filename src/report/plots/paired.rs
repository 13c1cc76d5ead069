//! Paired comparison: how each compared value differs from the facet's best on equal seeds, as a forest plot.

use super::extent;
use super::extent::{Extent, keyed, rule, title};
use crate::analysis::{Analysis, Estimate, Pair, Role};
use crate::report::draw;
use crate::report::figure::{Axis, Figure, Mark, Paint, Panel, Plot, Shared};
use crate::report::table::Table;

const FACETS: usize = 8;

/// A facet's best compared value and the others' pairs with it, best first.
struct Against<'a> {
    facet: usize,
    best: usize,
    others: Vec<(usize, &'a Pair)>,
}

/// One interval per compared value and facet: its metric over the best one's, as a ratio where the metric is positive.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    if analysis.values.len() < 2 {
        return None;
    }
    let extent = Extent::of(analysis, FACETS, 16);
    let found: Vec<Against> =
        extent.facets.iter().filter_map(|&facet| against_best(analysis, &extent, facet)).collect();
    let all = || found.iter().flat_map(|against| against.others.iter().copied());
    all().next()?;
    let ratio = all().all(|(_, pair)| !pair.ratio.point.is_nan()) && !analysis.metric.higher_is_better();
    // The other over the best: a pair is kept in either order.
    let turned = |other: usize, pair: &Pair| -> Estimate {
        match (ratio, pair.a == other) {
            (true, true) => pair.ratio,
            (true, false) => {
                Estimate { point: 1.0 / pair.ratio.point, low: 1.0 / pair.ratio.high, high: 1.0 / pair.ratio.low }
            }
            (false, true) => pair.difference,
            (false, false) => {
                let Estimate { point, low, high } = pair.difference;
                Estimate { point: -point, low: -high, high: -low }
            }
        }
    };
    let metric = analysis.metric.label();
    let label = if ratio { format!("{metric}, relative to the best") } else { format!("{metric}, less the best's") };
    let panel = |Against { facet, best, others: pairs }: &Against| {
        let count = pairs.len() as f64;
        let height = |k: usize| count - 1.0 - k as f64;
        let mut marks = vec![rule(if ratio { 1.0 } else { 0.0 }, true)];
        let mut words = vec![String::new(); pairs.len()];
        let mut margin = Vec::new();
        for (k, (other, pair)) in pairs.iter().enumerate() {
            let Estimate { point, low, high } = turned(*other, pair);
            words[height(k) as usize] = analysis.values[*other].label.clone();
            marks.push(Mark::Interval {
                at: (point, height(k)),
                low,
                high,
                across: true,
                paint: Paint::Series(*other),
            });
            let (wins, losses) = if pair.a == *other { (pair.wins, pair.losses) } else { (pair.losses, pair.wins) };
            margin.push((height(k), format!("{wins}–{}–{losses}   p = {}", pair.ties, probability(pair.p_holm))));
        }
        Panel {
            title: extent::facet(analysis, *facet),
            note: format!("best: {}", analysis.values[*best].label),
            x: if ratio { Axis::log(label.clone()) } else { Axis::linear(label.clone()) },
            y: Axis::words("", words),
            marks,
            margin,
        }
    };
    let panels: Vec<Panel> = found.iter().map(panel).collect();
    let rows = panels.iter().map(|panel| panel.margin.len()).max().unwrap_or(1) as f64;
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let mean = if ratio { "Geometric mean of the ratios" } else { "Mean difference" };
    let judged = all().map(|(_, pair)| (pair.n, pair.least_p)).reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)))?;
    let figure = Figure {
        title: title(analysis, &format!("{metric} beside the best"), &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "{mean} on common random numbers, with Student's 95 % interval; n = {} pairs. Right: seeds on which it is \
             better – equal – worse than the best, and Wilcoxon's p by Holm's correction (least possible: {}).",
            judged.0,
            probability(judged.1)
        )),
        columns,
        panels,
        frame: (if columns == 1 { 330.0 } else { 210.0 }, (26.0 * rows).max(52.0)),
        shared: Shared { x: true, y: false },
        ..Figure::default()
    };
    let rows: Vec<(usize, usize, usize, &Pair)> = (found.iter())
        .flat_map(|against| against.others.iter().map(|&(other, pair)| (against.facet, against.best, other, pair)))
        .collect();
    let mut table =
        keyed(Table::new("paired"), analysis, Role::Facet, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &rows.iter().map(|row| row.2).collect::<Vec<_>>());
    let estimate = |part: fn(Estimate) -> f64| rows.iter().map(|row| part(turned(row.2, row.3))).collect::<Vec<_>>();
    let swapped = |row: &(usize, usize, usize, &Pair), ahead: bool| {
        if (row.3.a == row.2) == ahead { row.3.wins } else { row.3.losses }
    };
    let name = if ratio { "ratio" } else { "difference" };
    let table = table
        .text("best", rows.iter().map(|row| analysis.values[row.1].label.clone()))
        .int("n", rows.iter().map(|row| row.3.n))
        .int("finite", rows.iter().map(|row| row.3.finite))
        .float(name, estimate(|estimate| estimate.point))
        .float(&format!("{name}_low"), estimate(|estimate| estimate.low))
        .float(&format!("{name}_high"), estimate(|estimate| estimate.high))
        .int("better", rows.iter().map(|row| swapped(row, true)))
        .int("equal", rows.iter().map(|row| row.3.ties))
        .int("worse", rows.iter().map(|row| swapped(row, false)))
        .float("p", rows.iter().map(|row| row.3.p))
        .float("p_holm", rows.iter().map(|row| row.3.p_holm))
        .float("least_p", rows.iter().map(|row| row.3.least_p));
    Some(Plot { figure, tables: vec![table] })
}

fn against_best<'a>(analysis: &'a Analysis, extent: &Extent, facet: usize) -> Option<Against<'a>> {
    let ranking = analysis.ranking(facet);
    let best = ranking.first()?.0.value;
    let others = ranking[1..].iter().map(|(group, _)| group.value).filter(|value| extent.values.contains(value));
    let others: Vec<(usize, &Pair)> =
        others.filter_map(|other| Some((other, analysis.pair_of(facet, best, other)?))).collect();
    (!others.is_empty()).then_some(Against { facet, best, others })
}

/// A probability to two digits.
fn probability(p: f64) -> String {
    draw::words(format!("{p:.1e}").parse().unwrap_or(p))
}
