//! What fits into one figure: which facets and compared values, in how many columns, and the words for what does not.

use crate::analysis::{Analysis, Measure, Role, Summary, Value};
use crate::report::draw;
use crate::report::figure::{Axis, Dash, Legend, Lost, Mark, Paint, dash};
use crate::report::table::{Cells, Table};

/// The facets and compared values a figure shows.
pub struct Extent {
    /// Indices into the facets, ascending.
    pub facets: Vec<usize>,
    /// Indices into the compared values, ascending.
    pub values: Vec<usize>,
    left_out: String,
}

impl Extent {
    /// At most so many facets and compared values: the facets spread over the first facet axis, the values of best
    /// mean rank. Facets of which nothing has been run are left out first.
    pub fn of(analysis: &Analysis, facets: usize, values: usize) -> Self {
        let mut left_out = String::new();
        let mut note = |shown: usize, all: usize, what: &str| {
            if shown < all {
                left_out += &format!(" Shown: {shown} of {all} {what}.");
            }
        };
        let shown = spread(analysis, facets);
        note(shown.len(), analysis.facets.len(), "facets");
        let mut best: Vec<usize> = (0..analysis.values.len()).collect();
        if best.len() > values {
            let rank = |value: usize| {
                let of_value = analysis.standings.iter().find(|standing| standing.value == value);
                of_value.map(|standing| standing.mean_rank).filter(|rank| !rank.is_nan()).unwrap_or(f64::INFINITY)
            };
            best.sort_by(|&a, &b| rank(a).total_cmp(&rank(b)));
            best.truncate(values);
            best.sort_unstable();
        }
        note(best.len(), analysis.values.len(), "compared values, those of best mean rank");
        Self { facets: shown, values: best, left_out }
    }

    /// A caption with what is left out at its end.
    pub fn caption(&self, text: impl Into<String>) -> String {
        text.into() + &self.left_out
    }

    /// The legend of the compared values, in their colours.
    pub fn legend(&self, analysis: &Analysis) -> Legend {
        if analysis.values.len() < 2 {
            return Legend::default();
        }
        let labels = analysis.values.iter().map(|value| value.label.as_str());
        let mut legend = Legend::lines(words(&analysis.keys(Role::Compare)), labels);
        let mut at = 0..;
        legend.entries.retain(|_| at.next().is_some_and(|k| self.values.contains(&k)));
        legend
    }

    /// Whether so few lines are drawn that bands around them stay apart.
    pub fn has_bands(&self) -> bool {
        self.values.len() <= 8
    }
}

/// Facets spread over the levels of the first facet axis, the first of each level before the second of any.
fn spread(analysis: &Analysis, limit: usize) -> Vec<usize> {
    let run = |facet: usize| {
        let mut groups = analysis.groups.iter().filter(|group| group.facet == facet);
        groups.any(|group| group.tuned.as_ref().is_some_and(|choice| choice.judged.n > 0))
    };
    let mut seen = vec![0usize; 1 + analysis.axes.iter().map(|axis| axis.values.len()).max().unwrap_or(0)];
    let mut order: Vec<(usize, usize)> = (analysis.facets.iter().enumerate())
        .filter(|&(facet, _)| run(facet))
        .map(|(i, facet)| {
            let level = facet.levels.first().copied().flatten().map_or(0, |level| level + 1);
            seen[level] += 1;
            (seen[level], i)
        })
        .collect();
    order.sort_unstable();
    let mut chosen: Vec<usize> = order.into_iter().take(limit).map(|(_, facet)| facet).collect();
    chosen.sort_unstable();
    chosen
}

/// Levels of some axes in words: text by itself, anything else with its key: `xor, depth 2`.
pub fn levels(analysis: &Analysis, axes: &[usize], levels: &[Option<usize>]) -> String {
    let part = |(&axis, &level): (&usize, &Option<usize>)| {
        let axis = &analysis.axes[axis];
        let text = level.map(|level| axis.label(Some(level)))?;
        let speaks = level.is_some_and(|level| matches!(axis.values[level], Value::Text(_)));
        Some(if speaks { text } else { format!("{} {text}", words(&axis.key)) })
    };
    axes.iter().zip(levels).filter_map(part).collect::<Vec<_>>().join(", ")
}

/// A facet in words; nothing if there is only one.
pub fn facet(analysis: &Analysis, facet: usize) -> String {
    levels(analysis, &analysis.roles.facet, &analysis.facets[facet].levels)
}

/// Columns and frame for panels of curves.
pub fn grid(panels: usize) -> (usize, (f64, f64)) {
    match panels {
        0 | 1 => (1, (460.0, 290.0)),
        2 => (2, (310.0, 230.0)),
        4 => (2, (300.0, 200.0)),
        3 | 5 | 6 => (3, (225.0, 175.0)),
        _ => (4, (185.0, 140.0)),
    }
}

/// What is written at each level of an axis; numbers in three digits, if that tells them apart.
pub fn labels(analysis: &Analysis, axis: usize) -> Vec<String> {
    let axis = &analysis.axes[axis];
    let rounded: Vec<String> = axis.numbers.iter().flatten().map(|&x| three(x)).collect();
    let distinct = !rounded.is_empty() && rounded.windows(2).all(|pair| pair[0] != pair[1]);
    if distinct { rounded } else { (0..axis.values.len()).map(|level| axis.label(Some(level))).collect() }
}

/// A number in three digits.
pub fn three(x: f64) -> String {
    draw::words(format!("{x:.2e}").parse().unwrap_or(x))
}

/// The runs of a summary that diverged, if any did.
pub fn lost(at: f64, summary: &Summary, paint: Paint) -> Option<Lost> {
    let share = summary.diverged as f64 / summary.n.max(1) as f64;
    (summary.diverged > 0).then_some(Lost { at, share, paint })
}

/// A key as words: `learning rate`.
pub fn words(key: &str) -> String {
    key.replace('_', " ")
}

/// Keys as words: `optimizer and momentum`.
pub fn joined(keys: &str) -> String {
    match words(keys).rsplit_once(", ") {
        Some((first, last)) => format!("{first} and {last}"),
        None => words(keys),
    }
}

/// `xor: final train loss by optimizer`, the part after `by` left out if nothing varies.
pub fn title(analysis: &Analysis, what: &str, by: &str) -> String {
    let by = if by.is_empty() { String::new() } else { format!(" by {}", joined(by)) };
    match analysis.name.as_str() {
        "" => format!("{what}{by}"),
        name => format!("{name}: {what}{by}"),
    }
}

/// `n = 5 seeds`, or `n = 3–5 seeds` where summaries differ.
pub fn counted<'a>(analysis: &Analysis, summaries: impl IntoIterator<Item = &'a Summary>) -> String {
    let ends = summaries.into_iter().map(|summary| (summary.n, summary.n)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    match ends {
        None => "n = 0".into(),
        Some((least, most)) if least == most => format!("n = {}", analysis.replicates(most)),
        Some((least, most)) => format!("n = {least}–{}", analysis.replicates(most)),
    }
}

/// The words for how settings were chosen and judged.
pub fn judged(analysis: &Analysis) -> String {
    if analysis.settings.len() < 2 {
        return String::new();
    }
    let tuned = words(&analysis.keys(Role::Tune));
    match analysis.is_left_out() {
        _ if analysis.chooser.is_some() => format!(" Each at the {tuned} that validation samples choose."),
        true => format!(" Each {} at the {tuned} that the others choose.", analysis.replicate_noun()),
        false => format!(" Each at its best {tuned}."),
    }
}

/// The axis of the metric: logarithmic for losses.
pub fn metric_axis(analysis: &Analysis) -> Axis {
    let label = analysis.metric.label();
    if analysis.metric.higher_is_better() { Axis::linear(label) } else { Axis::log(label) }
}

/// The metric as it is written beside a map: `loss 0.0248, 99.8 %`.
pub fn reading(analysis: &Analysis, row: usize) -> String {
    let Some(outcome) = &analysis.rows[row].outcome else { return String::new() };
    let value = |measure| outcome.value(analysis.metric.with(measure));
    let accuracy = value(Measure::Accuracy).map(|accuracy| format!(", {:.1} %", 100.0 * accuracy));
    let loss = value(Measure::Loss).map_or(f64::NAN, f64::from);
    format!("loss {}{}", three(loss), accuracy.unwrap_or_default())
}

/// A compared value's line, named at its end if there is anything to tell apart.
pub fn line(analysis: &Analysis, value: usize, points: Vec<(f64, f64)>) -> Mark {
    let label = Some(analysis.values[value].label.clone()).filter(|label| !label.is_empty());
    Mark::Line { points, paint: Paint::Series(value), width: 1.8, dash: dash(value), label }
}

/// A thin grey line for reference.
pub fn rule(at: f64, upright: bool) -> Mark {
    Mark::Rule { at, upright, paint: Paint::Muted, dash: Dash::Dashed }
}

/// With a column per axis of a role: the levels of one combination per row.
pub fn keyed(mut table: Table, analysis: &Analysis, role: Role, rows: &[usize]) -> Table {
    let (axes, combinations) = match role {
        Role::Compare => (&analysis.roles.compare, &analysis.values),
        Role::Tune => (&analysis.roles.tune, &analysis.settings),
        Role::Facet => (&analysis.roles.facet, &analysis.facets),
    };
    for (k, &axis) in axes.iter().enumerate() {
        let axis = &analysis.axes[axis];
        let value = |&row: &usize| combinations[row].levels[k].map(|level| axis.values[level].clone());
        table = table.with(axis.key.clone(), Cells::of(rows.iter().map(value).collect()));
    }
    table
}
