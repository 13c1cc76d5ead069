//! The tables of the statistics: tuned settings, pairs, targets, profiles, sensitivity, curves, standings, findings.

use super::super::table::{Cells, Table};
use super::{estimate, keys, levels_of, summaries};
use crate::analysis::{Analysis, Cell, Choice, Estimate, Group, Measure, Pair, Reach, Scale, Verdict};

/// Each compared value in each facet at its tuned and at its default setting: `n` to `ci_high` are over the seeds, each
/// judged at the setting that the others choose, `tuning_iqm` over all seeds at the setting named; `rank` is by `iqm`, 1 for
/// the best, ties sharing theirs; `at_edge` names the axes whose end the setting lies at.
pub fn tuned(analysis: &Analysis) -> Table {
    let groups = analysis.groups.iter();
    let settings = groups.flat_map(|group| {
        let setting = |name, choice: &'_ Option<Choice>| Some((group, name, choice.clone()?));
        [setting("tuned", &group.tuned), setting("default", &group.default)].into_iter().flatten()
    });
    let rows: Vec<(&Group, &str, Choice)> = settings.collect();
    let cells = || rows.iter().map(|(_, _, choice)| &analysis.cells[choice.cell]);
    let mut table = keys(Table::new("tuned"), analysis, &shown_axes(analysis), cells().map(|cell| &cell.levels));
    let rank = |(group, name, _): &(&Group, &str, Choice)| {
        let ranking = analysis.ranking(group.facet);
        let at = ranking.iter().position(|(other, _)| other.value == group.value).filter(|_| *name == "tuned")?;
        Some(analysis.ranks(group.facet)[at])
    };
    let at_edge = |choice: &Choice| {
        let edge = |edge: &crate::analysis::Edge| {
            format!("{} {}", analysis.axes[edge.axis].key, if edge.upper { "upper" } else { "lower" })
        };
        choice.edges.iter().map(edge).collect::<Vec<_>>().join("; ")
    };
    table = table
        .text("setting", rows.iter().map(|(_, name, _)| (*name).to_owned()))
        .float("rank", rows.iter().map(rank))
        .text("metric", rows.iter().map(|_| analysis.metric.name().to_owned()))
        .int("n", rows.iter().map(|(_, _, choice)| choice.judged.n))
        .int("diverged", rows.iter().map(|(_, _, choice)| choice.judged.diverged));
    table = summaries(table, "", rows.iter().map(|(_, _, choice)| Some(choice.judged)));
    if let Some(beside) = analysis.beside {
        let prefix = format!("{}_", beside.measure.name);
        table = summaries(table, &prefix, rows.iter().map(|(_, _, choice)| choice.beside));
    }
    table
        .float("tuning_iqm", rows.iter().map(|(_, _, choice)| Some(choice.tuning).filter(|x| !x.is_nan())))
        .text("at_edge", rows.iter().map(|(_, _, choice)| Some(at_edge(choice)).filter(|text| !text.is_empty())))
}

/// The comparison for machines: each compared value at its tuned setting, best first within its facet, with what the
/// default setting, the target and the good range say of it. Infinite epochs and steps: most runs missed the target.
pub fn comparison(analysis: &Analysis) -> Table {
    let ranking = |facet: usize| analysis.ranks(facet).into_iter().zip(analysis.ranking(facet));
    let rows: Vec<(f64, (&Group, &Choice))> = (0..analysis.facets.len()).flat_map(ranking).collect();
    let groups = || rows.iter().map(|(_, (group, _))| *group);
    let choices = || rows.iter().map(|(_, (_, choice))| *choice);
    let cells = choices().map(|choice| &analysis.cells[choice.cell].levels);
    let none = Estimate { point: f64::NAN, low: f64::NAN, high: f64::NAN };
    let default = || groups().map(|group| group.default.as_ref());
    let reach = || groups().map(|group| group.reach.as_ref());
    let mut table = keys(Table::new("comparison"), analysis, &shown_axes(analysis), cells)
        .float("rank", rows.iter().map(|(rank, _)| *rank))
        .int("tried", groups().map(|group| analysis.tried(group)))
        .float("p_best", groups().map(|group| Some(analysis.p_best(group)).filter(|x| !x.is_nan())))
        .text("metric", rows.iter().map(|_| analysis.metric.name().to_owned()))
        .int("n", choices().map(|choice| choice.judged.n))
        .int("diverged", choices().map(|choice| choice.judged.diverged));
    table = estimate(table, "iqm", choices().map(|choice| choice.judged.iqm));
    let beside = analysis.beside.map_or(Measure::Accuracy, |beside| beside.measure).name;
    table = estimate(table, beside, choices().map(|choice| choice.beside.map_or(none, |beside| beside.iqm)));
    table = table.int("default_n", default().map(|choice| choice.map(|choice| choice.judged.n)));
    table = estimate(table, "default", default().map(|choice| choice.map_or(none, |choice| choice.judged.iqm)));
    table = table
        .float("target", groups().map(|group| analysis.targets[group.facet]))
        .int("reached", reach().map(|reach| reach.map(Reach::reached)));
    table = estimate(table, "success", reach().map(|reach| reach.map_or(none, |reach| reach.success)));
    table
        .float("median_epochs", reach().map(|reach| reach.map(|reach| reach.median_epochs)))
        .float("median_steps", reach().map(|reach| reach.map(|reach| reach.median_steps)))
}

/// Facet, compared and tuned axes, in this order.
fn shown_axes(analysis: &Analysis) -> Vec<usize> {
    [&analysis.roles.facet[..], &analysis.roles.compare, &analysis.roles.tune].concat()
}

fn facet_and_value(analysis: &Analysis) -> Vec<usize> {
    [&analysis.roles.facet[..], &analysis.roles.compare].concat()
}

/// The levels a facet has on the facet axes and a value on the compared axes.
fn group_levels(analysis: &Analysis, facet: usize, value: usize) -> Vec<Option<usize>> {
    let mut levels = vec![None; analysis.axes.len()];
    let facet = analysis.roles.facet.iter().zip(&analysis.facets[facet].levels);
    let value = analysis.roles.compare.iter().zip(&analysis.values[value].levels);
    for (&axis, &level) in facet.chain(value) {
        levels[axis] = level;
    }
    levels
}

/// Compared values two by two on common random numbers: a / b of losses, a − b of shares. `better` names the value shown to
/// be better, or says `equal` or `undecided`; `seeds` would decide.
pub fn paired(analysis: &Analysis) -> Table {
    let pairs = &analysis.pairs;
    let levels: Vec<_> = pairs.iter().map(|pair| group_levels(analysis, pair.facet, pair.a)).collect();
    let label = |value: usize| analysis.values[value].label.clone();
    let verdict = |pair: &Pair| match pair.verdict {
        Verdict::First { .. } => label(pair.a),
        Verdict::Second { .. } => label(pair.b),
        Verdict::Equal => "equal".into(),
        Verdict::Undecided { .. } => "undecided".into(),
        Verdict::TooFew => format!("too few {}s", analysis.replicate_noun()),
    };
    let seeds = |pair: &Pair| match pair.verdict {
        Verdict::Undecided { seeds } => Some(seeds),
        _ => None,
    };
    let mut table = keys(Table::new("paired"), analysis, &analysis.roles.facet, levels.iter())
        .text("a", pairs.iter().map(|pair| label(pair.a)))
        .text("b", pairs.iter().map(|pair| label(pair.b)))
        .text("metric", pairs.iter().map(|_| analysis.metric.name().to_owned()))
        .int("n", pairs.iter().map(|pair| pair.n));
    table = estimate(table, gap_name(analysis), pairs.iter().map(|pair| pair.gap));
    table = table
        .int("wins", pairs.iter().map(|pair| pair.wins))
        .int("ties", pairs.iter().map(|pair| pair.ties))
        .int("losses", pairs.iter().map(|pair| pair.losses))
        .float("p", pairs.iter().map(|pair| pair.p))
        .float("p_family", pairs.iter().map(|pair| pair.p_family))
        .float("p_beyond", pairs.iter().map(|pair| pair.p_beyond))
        .text("better", pairs.iter().map(verdict))
        .float("seeds", pairs.iter().map(seeds));
    estimate(table, "improvement", pairs.iter().map(|pair| pair.improvement))
}

/// What a difference is called: of losses `ratio`.
fn gap_name(analysis: &Analysis) -> &'static str {
    match analysis.scale() {
        Scale::Ratio => "ratio",
        Scale::Difference => "difference",
    }
}

/// The best metric that a compared value can be expected to reach with so many of its settings tried (Dodge et al. 2019), by
/// the interquartile means over all seeds.
pub fn budget(analysis: &Analysis) -> Table {
    let of_group = |group: &Group| -> Vec<(usize, usize, f64)> {
        let best = analysis.expected_best(group).into_iter().enumerate();
        best.map(|(k, metric)| (group.cells[0], k + 1, metric)).collect()
    };
    let tuned = analysis.groups.iter().filter(|_| analysis.settings.len() > 1);
    let rows: Vec<(usize, usize, f64)> = tuned.flat_map(of_group).collect();
    let levels = rows.iter().map(|row| &analysis.cells[row.0].levels);
    keys(Table::new("budget"), analysis, &facet_and_value(analysis), levels)
        .int("tried", rows.iter().map(|row| row.1))
        .float("expected_best", rows.iter().map(|row| row.2))
}

/// The share of what varies between runs that goes with each axis, with each two together beyond either, and with the rest,
/// which is the seed and what more axes do together.
pub fn shares(analysis: &Analysis) -> Table {
    let rows = analysis.shares();
    Table::new("shares")
        .text("axis", rows.iter().map(|share| share.axis.clone()))
        .text("with", rows.iter().map(|share| share.with.clone()))
        .float("share", rows.iter().map(|share| share.share))
}

/// How soon each tuned setting reaches its facet's training loss, misses infinite.
pub fn to_target(analysis: &Analysis) -> Table {
    let groups = analysis.groups.iter();
    let rows: Vec<_> = groups.filter_map(|group| Some((group, group.reach.as_ref()?))).collect();
    let levels = rows.iter().map(|(group, _)| &analysis.cells[group.cells[0]].levels);
    let table = keys(Table::new("to_target"), analysis, &facet_and_value(analysis), levels)
        .float("target", rows.iter().map(|(group, _)| analysis.targets[group.facet]))
        .int("n", rows.iter().map(|(_, reach)| reach.epochs.len()))
        .int("reached", rows.iter().map(|(_, reach)| reach.reached()));
    estimate(table, "success", rows.iter().map(|(_, reach)| reach.success))
        .float("median_epochs", rows.iter().map(|(_, reach)| reach.median_epochs))
        .float("median_steps", rows.iter().map(|(_, reach)| reach.median_steps))
}

/// One row per run judged: epochs and steps to target, and the steps beside the fewest any compared value needed for
/// the same facet and seed. What the distribution of epochs to target and the performance profile are drawn from.
pub fn reached(analysis: &Analysis) -> Table {
    let groups = analysis.groups.iter().filter_map(|group| Some((group, group.reach.as_ref()?)));
    let rows: Vec<(&Group, usize, f64, f64)> = groups
        .flat_map(|(group, reach)| {
            (0..reach.rows.len()).map(move |i| (group, reach.rows[i], reach.epochs[i], reach.steps[i]))
        })
        .collect();
    let seed = |row: usize| analysis.rows[row].replicate.number();
    let ratio = |&(group, row, _, _): &(&Group, usize, f64, f64)| {
        let at = analysis.profile.problems.binary_search(&(group.facet, seed(row))).ok()?;
        analysis.profile.ratios.get(group.value).map(|ratios| ratios[at])
    };
    let levels = rows.iter().map(|&(_, row, _, _)| &analysis.cell_of(row).levels);
    keys(Table::new("reached"), analysis, &facet_and_value(analysis), levels)
        .text("id", rows.iter().map(|&(_, row, _, _)| analysis.rows[row].id.to_string()))
        .int("seed", rows.iter().map(|&(_, row, _, _)| seed(row) as usize))
        .float("target", rows.iter().map(|(group, ..)| analysis.targets[group.facet]))
        .float("epochs", rows.iter().map(|&(_, _, epochs, _)| epochs))
        .float("steps", rows.iter().map(|&(_, _, _, steps)| steps))
        .float("ratio", rows.iter().map(ratio))
}

/// The metric along an axis for each facet and compared value, the other tuned axes at their best there; over all
/// seeds. `relative` is beside the best of the facet and value, 1 at the best.
pub fn along(analysis: &Analysis, axis: usize, name: &str) -> Table {
    let cells: Vec<&Cell> = analysis.along(axis).into_iter().map(|cell| &analysis.cells[cell]).collect();
    let mut axes: Vec<usize> = facet_and_value(analysis).into_iter().filter(|&other| other != axis).collect();
    axes.push(axis);
    axes.extend(analysis.roles.tune.iter().filter(|&&other| other != axis));
    let group = |cell: &Cell| -> Vec<Option<usize>> {
        facet_and_value(analysis).into_iter().filter(|&other| other != axis).map(|other| cell.levels[other]).collect()
    };
    let mut best = std::collections::BTreeMap::new();
    for cell in &cells {
        let point = cell.metric.iqm.point;
        let kept = best.entry(group(cell)).or_insert(point);
        if analysis.cost(point) < analysis.cost(*kept) {
            *kept = point;
        }
    }
    let relative = |cell: &&Cell| analysis.relative(cell.metric.iqm.point, best[&group(cell)]);
    with_counts(keys(Table::new(name), analysis, &axes, levels_of(&cells)), analysis, &cells)
        .float("relative", cells.iter().map(relative))
}

/// The metric across two axes for each facet neither is part of, the tuned axes at their best there; over all seeds.
pub fn across(analysis: &Analysis, x: usize, y: usize) -> Table {
    let cells: Vec<&Cell> = analysis.across(x, y).into_iter().map(|cell| &analysis.cells[cell]).collect();
    let mut axes = analysis.facets_without(x, y);
    axes.extend([x, y]);
    let others = analysis.roles.compare.iter().chain(&analysis.roles.tune).filter(|&&axis| axis != x && axis != y);
    axes.extend(others);
    let name = format!("across_{}_{}", analysis.axes[x].key, analysis.axes[y].key);
    with_counts(keys(Table::new(&name), analysis, &axes, levels_of(&cells)), analysis, &cells)
}

fn with_counts(table: Table, analysis: &Analysis, cells: &[&Cell]) -> Table {
    let table = table
        .text("metric", cells.iter().map(|_| analysis.metric.name().to_owned()))
        .int("n", cells.iter().map(|cell| cell.metric.n))
        .int("diverged", cells.iter().map(|cell| cell.diverged));
    summaries(table, "", cells.iter().map(|cell| Some(cell.metric)))
}

/// The stretch of the sensitive axis within a tenth of the best, for each facet and compared value.
pub fn ranges(analysis: &Analysis) -> Table {
    let rows: Vec<_> = analysis.groups.iter().filter_map(|group| Some((group, group.range?))).collect();
    let levels = rows.iter().map(|(group, _)| &analysis.cells[group.cells[0]].levels);
    let key = analysis.sensitive_axis().map(|axis| analysis.axes[axis].key.clone());
    // The axis itself may be compared: each value is then a point of it and has no range.
    let axes = facet_and_value(analysis);
    keys(Table::new("ranges"), analysis, &axes, levels)
        .text("axis", rows.iter().map(|_| key.clone()))
        .float("best", rows.iter().map(|(_, range)| range.best))
        .float("low", rows.iter().map(|(_, range)| range.low))
        .float("high", rows.iter().map(|(_, range)| range.high))
        .float("decades", rows.iter().map(|(_, range)| Some(range.decades).filter(|x| !x.is_nan())))
        .with("open_low", Cells::Bool(rows.iter().map(|(_, range)| Some(range.open_low)).collect()))
        .with("open_high", Cells::Bool(rows.iter().map(|(_, range)| Some(range.open_high)).collect()))
}

/// The learning curves at tuned settings: the epochs' mean training loss over the seeds.
pub fn curves(analysis: &Analysis) -> Table {
    let curves = || analysis.curves.iter();
    let points: Vec<_> = curves()
        .flat_map(|curve| curve.epochs.iter().zip(&curve.points).map(move |(epoch, point)| (curve, *epoch, *point)))
        .collect();
    let levels = points.iter().map(|(curve, ..)| &analysis.cells[curve.cell].levels);
    let table = keys(Table::new("curves"), analysis, &shown_axes(analysis), levels)
        .int("epoch", points.iter().map(|&(_, epoch, _)| epoch))
        .int("n", points.iter().map(|(_, _, point)| point.n))
        .int("diverged", points.iter().map(|(_, _, point)| point.diverged));
    summaries(table, "", points.iter().map(|&(_, _, point)| Some(point)))
}

/// Compared values over all facets.
pub fn standings(analysis: &Analysis) -> Table {
    let rows = &analysis.standings;
    let number = |x: f64| Some(x).filter(|x| !x.is_nan());
    let levels: Vec<_> = rows.iter().map(|row| group_levels(analysis, 0, row.value)).collect();
    let table = keys(Table::new("standings"), analysis, &analysis.roles.compare, levels.iter())
        .int("facets", rows.iter().map(|row| row.facets))
        .int("best_in", rows.iter().map(|row| row.best_in))
        .int("tied_in", rows.iter().map(|row| row.tied_in))
        .float("p_best", rows.iter().map(|row| number(row.p_best)))
        .float("mean_rank", rows.iter().map(|row| number(row.mean_rank)));
    estimate(table, "score", rows.iter().map(|row| row.score))
        .float("profile_score", rows.iter().map(|row| number(row.profile_score)))
}

/// The audit.
pub fn findings(analysis: &Analysis) -> Table {
    let findings = &analysis.findings;
    Table::new("findings")
        .text("finding", findings.iter().map(|finding| finding.kind.name().to_owned()))
        .with("warning", Cells::Bool(findings.iter().map(|finding| Some(finding.warning)).collect()))
        .text("text", findings.iter().map(|finding| finding.text.clone()))
        .text("edit", findings.iter().map(|finding| finding.edit.clone()))
}

/// The checks of the file at each point that they match: the median over the seeds and its bounds.
pub fn checks(analysis: &Analysis) -> Table {
    let checks = analysis.checks();
    let none = vec![None; analysis.axes.len()];
    let levels = checks.iter().map(|check| check.cell.map_or(&none, |cell| &analysis.cells[cell].levels));
    let axes: Vec<usize> = (0..analysis.axes.len()).collect();
    keys(Table::new("checks"), analysis, &axes, levels)
        .text("metric", checks.iter().map(|check| check.metric.name().to_owned()))
        .float("at_least", checks.iter().map(|check| check.at_least))
        .float("at_most", checks.iter().map(|check| check.at_most))
        .float("median", checks.iter().map(|check| Some(check.median).filter(|median| !median.is_nan())))
        .int("n", checks.iter().map(|check| check.n))
        .with("holds", Cells::Bool(checks.iter().map(|check| Some(check.holds())).collect()))
}
