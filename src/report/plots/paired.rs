//! Paired comparison: how each compared value differs from the facet's best on equal seeds, as a forest plot.

use super::extent;
use super::extent::{Extent, keyed, rule, title};
use crate::analysis::{Analysis, Estimate, Pair, Role, Scale, Verdict};
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

/// The other against the best; a pair is kept in either order.
fn gap(analysis: &Analysis, other: usize, pair: &Pair) -> Estimate {
    let Estimate { point, low, high } = pair.gap;
    match (pair.a == other, analysis.scale()) {
        (true, _) => pair.gap,
        (false, Scale::Ratio) => Estimate { point: 1.0 / point, low: 1.0 / high, high: 1.0 / low },
        (false, Scale::Difference) => Estimate { point: -point, low: -high, high: -low },
    }
}

/// One interval per compared value and facet: the ratio to the best one's loss, or the difference from its share, with the
/// margin within which they are equal.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    if analysis.values.len() < 2 {
        return None;
    }
    let extent = Extent::of(analysis, FACETS, 16);
    let found: Vec<Against> =
        extent.facets.iter().filter_map(|&facet| against_best(analysis, &extent, facet)).collect();
    let all = || found.iter().flat_map(|against| against.others.iter().copied());
    all().find(|(other, pair)| gap(analysis, *other, pair).point.is_finite())?;
    let is_ratio = analysis.scale() == Scale::Ratio;
    let (none, name) = if is_ratio { (1.0, "ratio") } else { (0.0, "difference") };
    let metric = analysis.metric.label();
    let margin = if is_ratio {
        [1.0 / (1.0 + analysis.margin), 1.0 + analysis.margin]
    } else {
        [-analysis.margin, analysis.margin]
    };
    let panel = |Against { facet, best, others: pairs }: &Against| {
        let count = pairs.len() as f64;
        let height = |k: usize| count - 1.0 - k as f64;
        let mut marks = vec![rule(none, true)];
        marks.extend(margin.map(|at| rule(at, true)));
        let mut words = vec![String::new(); pairs.len()];
        let mut beside = Vec::new();
        for (k, (other, pair)) in pairs.iter().enumerate() {
            let Estimate { point, low, high } = gap(analysis, *other, pair);
            words[height(k) as usize] = analysis.values[*other].label.clone();
            if point.is_finite() && (point > 0.0 || !is_ratio) {
                let (at, paint) = ((point, height(k)), Paint::Series(*other));
                marks.push(Mark::Interval { at, low, high, across: true, paint });
            } else {
                let (at, text) = ((none, height(k)), "most runs diverged");
                marks.push(Mark::Text { at, text: text.into(), align: Align::Middle, paint: Paint::Muted });
            }
            let (wins, losses) = if pair.a == *other { (pair.wins, pair.losses) } else { (pair.losses, pair.wins) };
            let p = if pair.verdict == Verdict::TooFew { "–".into() } else { probability(pair.p_family) };
            beside.push((height(k), vec![format!("{wins}–{}–{losses}", pair.ties), format!("p = {p}")]));
        }
        Panel {
            title: extent::facet(analysis, *facet),
            note: format!("best: {}", analysis.values[*best].label),
            x: if is_ratio { Axis::log("ratio to the best") } else { Axis::linear("difference from the best") },
            y: Axis::words("", words),
            marks,
            margin: beside,
            ..Panel::default()
        }
    };
    let panels: Vec<Panel> = found.iter().map(panel).collect();
    let rows = panels.iter().map(|panel| panel.margin.len()).max().unwrap_or(1) as f64;
    let n = all().map(|(_, pair)| pair.n).max()?;
    let what = if is_ratio { "Ratio to the best" } else { "Difference from the best" };
    let noun = analysis.replicate_noun();
    let how = if analysis.settings.len() > 1 {
        format!("settings chosen anew in each resample of the {noun}s")
    } else {
        "Hodges–Lehmann".to_owned()
    };
    let figure = Figure {
        title: title(analysis, &format!("{metric} beside the best"), &analysis.keys(Role::Compare)),
        caption: extent.caption(format!(
            "{what} at equal {noun}s, with its 95 % interval ({how}); n = {n}. Between the outer lines values are equal (within {}). \
             Right: {noun}s on which it is better – equal – worse, and p corrected over all comparisons of the report.",
            analysis.margin_words(),
        )),
        columns: 1,
        panels,
        frame: (330.0, (26.0 * rows).max(52.0)),
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
    let part = |part: fn(Estimate) -> f64| {
        let number = |row: &(usize, usize, usize, &Pair)| part(gap(analysis, row.2, row.3));
        rows.iter().map(|row| Some(number(row)).filter(|x| !x.is_nan())).collect::<Vec<_>>()
    };
    table = table
        .text("best", rows.iter().map(|row| analysis.values[row.1].label.clone()))
        .int("n", rows.iter().map(|row| row.3.n))
        .float(name, part(|estimate| estimate.point))
        .float(&format!("{name}_low"), part(|estimate| estimate.low))
        .float(&format!("{name}_high"), part(|estimate| estimate.high))
        .int("better", rows.iter().map(|row| swapped(row, true)))
        .int("equal", rows.iter().map(|row| row.3.ties))
        .int("worse", rows.iter().map(|row| swapped(row, false)))
        .float("p", rows.iter().map(|row| row.3.p))
        .float("p_family", rows.iter().map(|row| row.3.p_family));
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
