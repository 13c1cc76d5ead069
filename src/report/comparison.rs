//! The comparison as people read it: one line per compared value, best first, and how it was made.

use super::table::Table;
use super::tables;
use crate::analysis::{Analysis, Choice, Estimate, Group, Pair, Scale, Standing, Summary, Unit, Verdict};
use crate::stats;
use crate::text;

/// One row per facet and compared value, best first within its facet: setting and how many were tried, metric with interval
/// and n, the probability to be the best, the default setting beside it.
pub fn comparison(analysis: &Analysis) -> Table {
    let rankings = (0..analysis.facets.len()).flat_map(|facet| analysis.ranking(facet));
    let rows: Vec<(&Group, &Choice)> = rankings.collect();
    let mut table = Table::new("comparison");
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
        table = table
            .text(&key, rows.iter().map(|(_, choice)| setting(analysis, choice)))
            .int("tried", rows.iter().map(|(group, _)| analysis.tried(group)));
    }
    table = table.float(analysis.metric.label(), rows.iter().map(|(_, choice)| choice.judged.iqm.point));
    if rows.iter().any(|(_, choice)| !choice.judged.iqm.low.is_nan()) {
        table = table.text("95 % interval", rows.iter().map(|(_, choice)| interval(choice.judged.iqm)));
    }
    table = table.int("n", rows.iter().map(|(_, choice)| choice.judged.n));
    if rows.iter().any(|(_, choice)| choice.judged.diverged > 0) {
        table = table.text("diverged (95 %)", rows.iter().map(|(_, choice)| lost(&choice.judged)));
    }
    if rows.iter().any(|(group, _)| !analysis.p_best(group).is_nan()) {
        let chance = |group: &Group| Some(analysis.p_best(group)).filter(|chance| !chance.is_nan());
        table = table.float("P(best)", rows.iter().map(|(group, _)| chance(group).map(hundredths)));
    }
    if let Some(beside) = analysis.beside.filter(|_| !analysis.metric.higher_is_better()) {
        let label = beside.measure.label;
        let (factor, label) = match beside.measure.unit {
            Unit::Share => (100.0, format!("{label} %")),
            _ => (1.0, label.to_owned()),
        };
        let shown = |choice: &Choice| choice.beside.map(|beside| factor * beside.iqm.point);
        table = table.float(&label, rows.iter().map(|(_, choice)| shown(choice)));
    }
    if rows.iter().any(|(group, _)| group.default.is_some()) {
        let default = |group: &Group| group.default.as_ref().map(|choice| choice.judged.iqm.point);
        table = table.float("at default", rows.iter().map(|(group, _)| default(group)));
    }
    table
}

/// The runs that diverged, with Wilson's interval of their share: `3/20 (5 to 36 %)`.
fn lost(summary: &Summary) -> String {
    let share = stats::wilson(summary.diverged, summary.n);
    let percent = |share: f64| text::short((100.0 * share).round());
    format!("{}/{} ({} to {} %)", summary.diverged, summary.n, percent(share.low), percent(share.high))
}

fn hundredths(share: f64) -> f64 {
    (100.0 * share).round() / 100.0
}

/// The compared values over all facets, best first; without rows if there is but one of either.
pub fn overall(analysis: &Analysis) -> Table {
    let mut rows =
        if analysis.facets.len() > 1 && analysis.values.len() > 1 { analysis.ranked_standings() } else { Vec::new() };
    rows.retain(|row| row.facets > 0);
    let score = |row: &&Standing| Some(format!("{} ({})", text::short(row.score.point), interval(row.score)));
    let known = |x: f64| Some(x).filter(|x| !x.is_nan());
    let mut table = Table::new("overall")
        .text(
            &analysis.keys(crate::analysis::Role::Compare),
            rows.iter().map(|row| analysis.values[row.value].label.clone()),
        )
        .text("best in", rows.iter().map(|row| format!("{}/{}", row.best_in, row.facets)));
    if rows.iter().any(|row| row.tied_in > 0) {
        table = table.int("tied in", rows.iter().map(|row| row.tied_in));
    }
    table = table.float("mean rank", rows.iter().map(|row| known(row.mean_rank)));
    if rows.iter().any(|row| !row.p_best.is_nan()) {
        table = table.float("P(best)", rows.iter().map(|row| known(row.p_best).map(hundredths)));
    }
    table = table.text("normalized score", rows.iter().map(|row| score(row).filter(|_| !row.score.point.is_nan())));
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
    let improvement = |pair: &Pair| match pair.improvement.low.is_nan() {
        true => text::short(pair.improvement.point),
        false => format!("{} ({})", text::short(pair.improvement.point), interval(pair.improvement)),
    };
    let gap = if analysis.scale() == Scale::Ratio { "a / b" } else { "a − b" };
    table = table
        .text("a", pairs.iter().map(|pair| label(pair.a)))
        .text("b", pairs.iter().map(|pair| label(pair.b)))
        .float(gap, pairs.iter().map(|pair| pair.gap.point));
    if pairs.iter().any(|pair| !pair.gap.low.is_nan()) {
        table = table.text("95 % interval", pairs.iter().map(|pair| interval(pair.gap)));
    }
    table = table.text("verdict", pairs.iter().map(|pair| verdict(analysis, pair)));
    if pairs.iter().any(|pair| pair.verdict != Verdict::TooFew) {
        table = table.float("p (family)", pairs.iter().map(|pair| pair.p_family));
    }
    table
        .text("won/tied/lost", pairs.iter().map(score))
        .text("P(a better)", pairs.iter().map(improvement))
        .int("n", pairs.iter().map(|pair| pair.n))
}

/// What a comparison comes to: `adam`, `equal`, `undecided`.
fn verdict(analysis: &Analysis, pair: &Pair) -> String {
    let label = |value: usize| analysis.values[value].label.clone();
    let ahead =
        |value: usize, slightly: bool| if slightly { format!("{}, slightly", label(value)) } else { label(value) };
    match pair.verdict {
        Verdict::First { slightly } => ahead(pair.a, slightly),
        Verdict::Second { slightly } => ahead(pair.b, slightly),
        Verdict::Equal => "equal".into(),
        Verdict::Undecided { .. } => "undecided".into(),
        Verdict::TooFew => format!("too few {}s", analysis.replicate_noun()),
    }
}

/// How settings were chosen and judged, and what the numbers are.
pub fn note(analysis: &Analysis) -> String {
    let (mut note, noun) = (String::new(), analysis.replicate_noun());
    if analysis.chooser.is_some() {
        note += &match (0..analysis.facets.len()).any(|facet| analysis.is_resplit(facet)) {
            true => format!(
                "The setting shown is the best over all {noun}s on validation samples; each {noun} is judged on its test samples, at \
                 the setting that its own validation samples choose. "
            ),
            false => format!(
                "Settings are the best over all {noun}s on validation samples; they are judged on test samples. "
            ),
        };
    } else if analysis.is_left_out() {
        note += &format!(
            "Settings are the best over all {noun}s; each {noun} is judged at the setting that the others choose. "
        );
    } else if analysis.settings.len() > 1 {
        note += &format!("The setting of each row was chosen and judged on the same {noun}, which flatters it. ");
    }
    note += "The metric is the interquartile mean over n runs with a 95 % bootstrap interval; diverged runs count as worst.";
    if !analysis.pairs.is_empty() {
        let how = match analysis.scale() {
            Scale::Ratio => "Ratios",
            Scale::Difference => "Differences",
        };
        let by = if analysis.settings.len() > 1 {
            format!("{noun}s resampled and settings chosen anew in each resample")
        } else {
            "Hodges–Lehmann's estimate and the exact signed-rank test".to_owned()
        };
        let tests = match analysis.comparisons.within.len() + analysis.comparisons.overall.len() {
            1 => "the one comparison".to_owned(),
            tests => format!("all {tests} comparisons"),
        };
        let margin = analysis.margin_words();
        note +=
            &format!(" {how} are at equal {noun}s ({by}), p is corrected over {tests}, equal means within {margin}.");
    }
    if analysis.facets.len() > 1 && analysis.values.len() > 1 {
        note += " The normalized score is 0 for the constant predictor and 1 for a perfect one.";
    }
    let left_out = tables::left_out(analysis);
    if !left_out.is_empty() {
        note += &format!(" Tables of more than 100,000 rows are left to `tallow export`: {}.", left_out.join(", "));
    }
    note
}

fn setting(analysis: &Analysis, choice: &Choice) -> String {
    analysis.settings[analysis.cells[choice.cell].setting].label.clone()
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
activation  optimizer  learning_rate  tried  final train loss  95 % interval          n  diverged (95 %)   P(best)  accuracy %  at default
relu        adam       0.01               4          0.001023  8.87e-4 to 0.00113    10  0/10 (0 to 28 %)        1       99.95    0.001023
relu        rmsprop    0.1                4          0.002018  0.001743 to 0.002298  10  0/10 (0 to 28 %)        0        99.9    0.008073
relu        sgd        1                  4          0.003165  0.002646 to ∞         10  1/10 (2 to 40 %)        0       99.84     0.04787
tanh        adam       0.01               4          5.115e-4  4.435e-4 to 5.65e-4   10  0/10 (0 to 28 %)        1       99.97    5.115e-4
tanh        rmsprop    0.1                4          0.001009  8.714e-4 to 0.001149  10  0/10 (0 to 28 %)        0       99.95    0.004036
tanh        sgd        1                  4          0.001582  0.001323 to ∞         10  1/10 (2 to 40 %)        0       99.92     0.02393
");
    }

    #[test]
    fn the_standings_over_all_facets_read_as_a_table() {
        insta::assert_snapshot!(overall(&sample::analysis()).aligned(), @r"
optimizer  best in  mean rank  P(best)  normalized score          profile score
adam       2/2              1        1  0.9989 (0.9988 to 0.999)            0.8
rmsprop    0/2              2        0  0.9979 (0.9976 to 0.998)              0
sgd        0/2              3        0  0.9965 (0.8966 to 0.997)              0
");
    }

    #[test]
    fn the_pairs_read_as_a_table() {
        insta::assert_snapshot!(pairs(&sample::analysis()).aligned(), @r"
activation  a        b         a / b  95 % interval     verdict    p (family)  won/tied/lost  P(a better)   n
relu        adam     rmsprop  0.5069  0.4358 to 0.5896  adam         3.109e-5  10/0/0         1 (1 to 1)   10
relu        adam     sgd      0.3232                    undecided     0.07193  10/0/0         1 (1 to 1)   10
relu        rmsprop  sgd      0.6377                    undecided      0.5029  10/0/0         1 (1 to 1)   10
tanh        adam     rmsprop  0.5069  0.4358 to 0.5896  adam         3.109e-5  10/0/0         1 (1 to 1)   10
tanh        adam     sgd      0.3232                    undecided     0.07193  10/0/0         1 (1 to 1)   10
tanh        rmsprop  sgd      0.6377                    undecided      0.5029  10/0/0         1 (1 to 1)   10
");
    }

    #[test]
    fn the_note_says_which_seeds_judged() {
        insta::assert_snapshot!(note(&sample::analysis()), @r"Settings are the best over all seeds; each seed is judged at the setting that the others choose. The metric is the interquartile mean over n runs with a 95 % bootstrap interval; diverged runs count as worst. Ratios are at equal seeds (seeds resampled and settings chosen anew in each resample), p is corrected over all 9 comparisons, equal means within 10 %. The normalized score is 0 for the constant predictor and 1 for a perfect one.");
    }
}
