//! The comparison as people read it: one line per compared value, best first, and how it was made.

use super::table::{Cells, Table};
use crate::analysis::{Analysis, Choice, Estimate, Group, Pair, Standing, Summary};
use crate::text;

/// One row per facet and compared value, best first within its facet: setting, metric with interval and n, the default
/// setting beside it, epochs to target, the width of the good range.
pub fn comparison(analysis: &Analysis) -> Table {
    let rankings = (0..analysis.facets.len()).flat_map(|facet| analysis.ranking(facet));
    let rows: Vec<(&Group, &Choice)> = rankings.collect();
    let mut table = Table::new("comparison");
    let any = |has: &dyn Fn(&Group) -> bool| rows.iter().any(|(group, _)| has(group));
    if analysis.facets.len() > 1 {
        let facets = rows.iter().map(|(group, _)| analysis.facets[group.facet].label.clone());
        table = table.text(&analysis.keys(crate::analysis::Role::Facet), facets);
    }
    if analysis.values.len() > 1 {
        let values = rows.iter().map(|(group, _)| analysis.values[group.value].label.clone());
        table = table.text(&analysis.keys(crate::analysis::Role::Compare), values);
    }
    if analysis.settings.len() > 1 {
        let key = analysis.keys(crate::analysis::Role::Tune);
        table = table.text(&key, rows.iter().map(|(_, choice)| setting(analysis, choice)));
    }
    table = table
        .float(analysis.metric.label(), rows.iter().map(|(_, choice)| choice.judged.iqm.point))
        .text("95 % interval", rows.iter().map(|(_, choice)| spread(&choice.judged)))
        .int("n", rows.iter().map(|(_, choice)| choice.judged.n));
    if rows.iter().any(|(_, choice)| choice.judged.diverged > 0) {
        table = table.int("diverged", rows.iter().map(|(_, choice)| choice.judged.diverged));
    }
    if !analysis.metric.higher_is_better() && rows.iter().any(|(_, choice)| choice.accuracy.is_some()) {
        let percent = |choice: &Choice| choice.accuracy.map(|accuracy| 100.0 * accuracy.iqm.point);
        table = table.float("accuracy %", rows.iter().map(|(_, choice)| percent(choice)));
    }
    if any(&|group| group.default.is_some()) {
        let default = |group: &Group| group.default.as_ref().map(|choice| choice.judged.iqm.point);
        table = table.float("at default", rows.iter().map(|(group, _)| default(group)));
    }
    if any(&|group| group.reach.is_some()) {
        let reach = |group: &Group| group.reach.as_ref().map(|reach| reach.median_epochs);
        table = table.float("epochs to target", rows.iter().map(|(group, _)| reach(group))).text(
            "reached (95 %)",
            rows.iter().map(|(group, _)| {
                let reach = group.reach.as_ref()?;
                let percent = |share: f64| text::short((100.0 * share).round());
                let (low, high) = (percent(reach.success.low), percent(reach.success.high));
                Some(format!("{}/{} ({low} to {high} %)", reach.reached(), reach.epochs.len()))
            }),
        );
    }
    if any(&|group| group.range.is_some_and(|range| !range.decades.is_nan())) {
        let decades = |group: &Group| group.range.map(|range| range.decades).filter(|decades| !decades.is_nan());
        table = table.float("decades within 10 %", rows.iter().map(|(group, _)| decades(group)));
    }
    table
}

/// The compared values over all facets, best first; without rows if there is but one of either.
pub fn overall(analysis: &Analysis) -> Table {
    let rows =
        if analysis.facets.len() > 1 && analysis.values.len() > 1 { analysis.ranked_standings() } else { Vec::new() };
    let score = |row: &&Standing| Some(format!("{} ({})", text::short(row.score.point), interval(row.score)));
    let table = Table::new("overall")
        .text(
            &analysis.keys(crate::analysis::Role::Compare),
            rows.iter().map(|row| analysis.values[row.value].label.clone()),
        )
        .text("best in", rows.iter().map(|row| format!("{}/{}", row.best_in, row.facets)))
        .float("mean rank", rows.iter().map(|row| row.mean_rank))
        .text("normalized score", rows.iter().map(|row| score(row).filter(|_| !row.score.point.is_nan())));
    if rows.iter().all(|row| row.profile_score.is_nan()) {
        return table;
    }
    table.float("profile score", rows.iter().map(|row| row.profile_score))
}

/// The pairs as people read them.
pub fn pairs(analysis: &Analysis) -> Table {
    let pairs = &analysis.pairs;
    let label = |value: usize| analysis.values[value].label.clone();
    let mut table = Table::new("pairs");
    if analysis.facets.len() > 1 {
        let facets = pairs.iter().map(|pair| analysis.facets[pair.facet].label.clone());
        table = table.text(&analysis.keys(crate::analysis::Role::Facet), facets);
    }
    let score = |pair: &Pair| format!("{}/{}/{}", pair.wins, pair.ties, pair.losses);
    let improvement = |pair: &Pair| format!("{} ({})", text::short(pair.improvement.point), interval(pair.improvement));
    table
        .text("a", pairs.iter().map(|pair| label(pair.a)))
        .text("b", pairs.iter().map(|pair| label(pair.b)))
        .float("a − b", pairs.iter().map(|pair| pair.difference.point))
        .text("95 % interval", pairs.iter().map(|pair| interval(pair.difference)))
        .text("won/tied/lost", pairs.iter().map(score))
        .with("p (Holm)", Cells::Float(pairs.iter().map(|pair| Some(pair.p_holm)).collect()))
        .float("least p", pairs.iter().map(|pair| pair.least_p))
        .text("P(a better)", pairs.iter().map(improvement))
        .int("n", pairs.iter().map(|pair| pair.n))
}

/// How settings were chosen and judged, and what the numbers are.
pub fn note(analysis: &Analysis) -> String {
    let mut note = String::new();
    if analysis.is_split() {
        note += &format!(
            "The setting of each row was chosen on {} and judged on {}, which the choice never saw. ",
            seeds(&analysis.tuning_seeds()),
            seeds(&analysis.judging_seeds()),
        );
    } else if analysis.settings.len() > 1 {
        note += "The setting of each row was chosen and judged on the same seed, which flatters it. ";
    }
    note += "The metric is the interquartile mean with a 95 % bootstrap interval over n runs; diverged runs count as worst.";
    if analysis.settings.len() > 1 {
        note += " “At default” is the setting nearest to the defaults (learning rate 0.01).";
    }
    let has_range = |group: &Group| group.range.is_some_and(|range| !range.decades.is_nan());
    if let Some(axis) = analysis.sensitive_axis().filter(|_| analysis.groups.iter().any(has_range)) {
        note += &format!(
            " “Decades within 10 %” are those of {} around the best whose metric is at most a tenth worse, over all seeds.",
            analysis.axes[axis].key
        );
    }
    if analysis.facets.len() > 1 && analysis.values.len() > 1 {
        note += " The normalized score is 0 for the constant predictor and 1 for a perfect one.";
    }
    let targets: Vec<f64> = analysis.targets.iter().flatten().copied().collect();
    if let [target] = targets[..] {
        note += &format!(" The target is a mean training loss of {} in an epoch.", text::short(target));
    } else if !targets.is_empty() {
        note += " The target of each case is in to_target.csv.";
    }
    note
}

/// `seed 3`, `seeds 0, 2, 4`, `50 seeds`.
fn seeds(seeds: &[u64]) -> String {
    let listed = || seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    match seeds.len() {
        1 => format!("seed {}", listed()),
        2..=10 => format!("seeds {}", listed()),
        n => format!("{n} seeds"),
    }
}

fn setting(analysis: &Analysis, choice: &Choice) -> String {
    analysis.settings[analysis.cells[choice.cell].setting].label.clone()
}

/// The interval of what is known from several runs.
fn spread(summary: &Summary) -> String {
    if summary.n < 2 { String::new() } else { interval(summary.iqm) }
}

fn interval(estimate: Estimate) -> String {
    if estimate.low.is_nan() {
        String::new()
    } else {
        format!("{} to {}", text::short(estimate.low), text::short(estimate.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sample;

    #[test]
    fn the_comparison_reads_as_a_table() {
        let analysis = sample::analysis();
        insta::assert_snapshot!(comparison(&analysis).aligned(), @r"
activation  optimizer  learning_rate  final train loss  95 % interval         n  diverged  accuracy %  at default  epochs to target  reached (95 %)    decades within 10 %
relu        adam       0.01                   0.001011  8.556e-4 to 0.001152  5         0       99.95    0.001011                20  4/5 (38 to 96 %)                    0
relu        rmsprop    0.1                    0.002091  0.001692 to 0.002372  5         0        99.9    0.008363                 ∞  0/5 (0 to 43 %)                     0
relu        sgd        1                      0.003423  0.002844 to ∞         5         1       99.83     0.04981                 ∞  0/5 (0 to 43 %)                     0
tanh        adam       0.01                   5.056e-4  4.278e-4 to 5.758e-4  5         0       99.97    5.056e-4                20  4/5 (38 to 96 %)                    0
tanh        rmsprop    0.1                    0.001045  8.46e-4 to 0.001186   5         0       99.95    0.004181                 ∞  0/5 (0 to 43 %)                     0
tanh        sgd        1                      0.001711  0.001422 to ∞         5         1       99.91     0.02491                 ∞  0/5 (0 to 43 %)                     0
");
    }

    #[test]
    fn the_standings_over_all_facets_read_as_a_table() {
        insta::assert_snapshot!(overall(&sample::analysis()).aligned(), @r"
optimizer  best in  mean rank  normalized score          profile score
adam       2/2              1  0.9989 (0.9988 to 0.999)            0.8
rmsprop    0/2              2  0.9978 (0.9975 to 0.998)              0
sgd        0/2              3  0.996 (0.4981 to 0.9967)              0
");
    }

    #[test]
    fn the_pairs_read_as_a_table() {
        insta::assert_snapshot!(pairs(&sample::analysis()).aligned(), @r"
activation  a        b            a − b  95 % interval           won/tied/lost  p (Holm)  least p  P(a better)  n
relu        adam     rmsprop  -0.001053  -0.001404 to -7.021e-4  5/0/0            0.1875   0.0625  1 (1 to 1)   5
relu        adam     sgd      -0.002206  -0.003045 to -0.001367  5/0/0            0.1875   0.0625  1 (1 to 1)   5
relu        rmsprop  sgd      -0.001056  -0.001718 to -3.939e-4  5/0/0            0.1875   0.0625  1 (1 to 1)   5
tanh        adam     rmsprop  -5.266e-4  -7.021e-4 to -3.51e-4   5/0/0            0.1875   0.0625  1 (1 to 1)   5
tanh        adam     sgd      -0.001103  -0.001522 to -6.835e-4  5/0/0            0.1875   0.0625  1 (1 to 1)   5
tanh        rmsprop  sgd      -5.279e-4  -8.589e-4 to -1.969e-4  5/0/0            0.1875   0.0625  1 (1 to 1)   5
");
    }

    #[test]
    fn the_note_says_which_seeds_judged() {
        insta::assert_snapshot!(note(&sample::analysis()), @r"The setting of each row was chosen on seeds 1, 3, 5, 7, 9 and judged on seeds 0, 2, 4, 6, 8, which the choice never saw. The metric is the interquartile mean with a 95 % bootstrap interval over n runs; diverged runs count as worst. “At default” is the setting nearest to the defaults (learning rate 0.01). “Decades within 10 %” are those of learning_rate around the best whose metric is at most a tenth worse, over all seeds. The normalized score is 0 for the constant predictor and 1 for a perfect one. The target of each case is in to_target.csv.");
    }
}
