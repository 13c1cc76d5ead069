//! Paired comparison: how each compared value differs from the facet's best on equal seeds, as a forest plot.

use super::extent;
use super::extent::{Extent, keyed, rule, title};
use crate::analysis::{Analysis, Estimate, Pair, Role};
use crate::report::draw;
use crate::report::figure::{Align, Axis, Figure, Mark, Paint, Panel, Plot, Shared};
use crate::report::table::Table;

const FACETS: usize = 8;

/// A facet's best compared value and the others' pairs with it, best first.
struct Against<'a> {
    facet: usize,
    best: usize,
    others: Vec<(usize, &'a Pair)>,
}

/// What of a pair is drawn.
#[derive(Clone, Copy, PartialEq)]
enum Gap {
    /// One metric less the other.
    Difference,
    /// One metric over the other.
    Ratio,
}

impl Gap {
    /// The other against the best; a pair is kept in either order. Of one pair of seeds, without an interval.
    fn of(self, other: usize, pair: &Pair) -> Estimate {
        let Estimate { point, low, high } = match (self, pair.a == other) {
            (Self::Ratio, true) => pair.ratio,
            (Self::Ratio, false) => {
                Estimate { point: 1.0 / pair.ratio.point, low: 1.0 / pair.ratio.high, high: 1.0 / pair.ratio.low }
            }
            (Self::Difference, true) => pair.difference,
            (Self::Difference, false) => {
                let Estimate { point, low, high } = pair.difference;
                Estimate { point: -point, low: -high, high: -low }
            }
        };
        match pair.finite {
            0 => Estimate::NONE,
            1 => Estimate { point, low: f64::NAN, high: f64::NAN },
            _ => Estimate { point, low, high },
        }
    }
}

/// One interval per compared value and facet: the difference from the best one's metric, and beside it, where all metrics
/// are positive losses, the ratio.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    if analysis.values.len() < 2 {
        return None;
    }
    let extent = Extent::of(analysis, FACETS, 16);
    let found: Vec<Against> =
        extent.facets.iter().filter_map(|&facet| against_best(analysis, &extent, facet)).collect();
    let all = || found.iter().flat_map(|against| against.others.iter().copied());
    all().find(|(_, pair)| pair.finite > 0)?;
    let positive = all().all(|(_, pair)| pair.finite == 0 || !pair.ratio.point.is_nan());
    let ratios = positive && !analysis.metric.higher_is_better();
    let gaps = if ratios { &[Gap::Difference, Gap::Ratio][..] } else { &[Gap::Difference] };
    let metric = analysis.metric.label();
    let panel = |Against { facet, best, others: pairs }: &Against, gap: Gap| {
        let count = pairs.len() as f64;
        let height = |k: usize| count - 1.0 - k as f64;
        let mut marks = vec![rule(if gap == Gap::Ratio { 1.0 } else { 0.0 }, true)];
        let mut words = vec![String::new(); pairs.len()];
        let mut margin = Vec::new();
        for (k, (other, pair)) in pairs.iter().enumerate() {
            let Estimate { point, low, high } = gap.of(*other, pair);
            words[height(k) as usize] = analysis.values[*other].label.clone();
            let (at, paint) = ((point, height(k)), Paint::Series(*other));
            marks.push(Mark::Interval { at, low, high, across: true, paint });
            if pair.finite == 0 {
                let (at, text) = ((if gap == Gap::Ratio { 1.0 } else { 0.0 }, height(k)), "no pair without divergence");
                marks.push(Mark::Text { at, text: text.into(), align: Align::Middle, paint: Paint::Muted });
            }
            let (wins, losses) = if pair.a == *other { (pair.wins, pair.losses) } else { (pair.losses, pair.wins) };
            if gaps.last() == Some(&gap) {
                let p = format!("p = {}", probability(pair.p_holm));
                margin.push((height(k), vec![format!("{wins}–{}–{losses}", pair.ties), p]));
            }
        }
        let (title, note) = match gap == gaps[0] {
            true => (extent::facet(analysis, *facet), format!("best: {}", analysis.values[*best].label)),
            false => (String::new(), String::new()),
        };
        Panel {
            title,
            note,
            x: match gap {
                Gap::Difference => Axis::linear("difference from the best"),
                Gap::Ratio => Axis::log("ratio to the best"),
            },
            y: Axis::words("", words),
            marks,
            margin,
            ..Panel::default()
        }
    };
    let panels: Vec<Panel> =
        found.iter().flat_map(|against| gaps.iter().map(|&gap| panel(against, gap)).collect::<Vec<_>>()).collect();
    let rows = panels.iter().map(|panel| panel.margin.len()).max().unwrap_or(1) as f64;
    let mean = if ratios {
        "Mean difference from the best and geometric mean of the ratios to it"
    } else {
        "Mean difference from the best"
    };
    let judged = all().map(|(_, pair)| (pair.n, pair.least_p)).reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)))?;
    let figure = Figure {
        title: title(analysis, &format!("{metric} beside the best"), &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "{mean}, at equal seeds, with Student's 95 % interval; n = {} pairs. Right: seeds on which it is \
             better – equal – worse than the best, and Wilcoxon's p by Holm's correction (least possible: {}).",
            judged.0,
            probability(judged.1)
        )),
        columns: gaps.len(),
        panels,
        frame: (if ratios { 215.0 } else { 330.0 }, (26.0 * rows).max(52.0)),
        shared: Shared::default(),
        ..Figure::default()
    };
    let rows: Vec<(usize, usize, usize, &Pair)> = (found.iter())
        .flat_map(|against| against.others.iter().map(|&(other, pair)| (against.facet, against.best, other, pair)))
        .collect();
    let mut table =
        keyed(Table::new("paired"), analysis, Role::Facet, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
    table = keyed(table, analysis, Role::Compare, &rows.iter().map(|row| row.2).collect::<Vec<_>>());
    let swapped = |row: &(usize, usize, usize, &Pair), ahead: bool| {
        if (row.3.a == row.2) == ahead { row.3.wins } else { row.3.losses }
    };
    table = table
        .text("best", rows.iter().map(|row| analysis.values[row.1].label.clone()))
        .int("n", rows.iter().map(|row| row.3.n))
        .int("finite", rows.iter().map(|row| row.3.finite));
    for (&gap, name) in gaps.iter().zip(["difference", "ratio"]) {
        let part = |part: fn(Estimate) -> f64| rows.iter().map(|row| part(gap.of(row.2, row.3))).collect::<Vec<_>>();
        table = table
            .float(name, part(|estimate| estimate.point))
            .float(&format!("{name}_low"), part(|estimate| estimate.low))
            .float(&format!("{name}_high"), part(|estimate| estimate.high));
    }
    table = table
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
