//! What an analysis says of a made-up experiment.

use super::*;
use crate::analysis::sample::{RATES, config, outcome, rows, subject};

fn labels(combinations: &[Combination]) -> Vec<&str> {
    combinations.iter().map(|combination| combination.label.as_str()).collect()
}

fn tuned_label(analysis: &Analysis, group: &Group) -> String {
    let choice = group.tuned.as_ref().expect("trained");
    analysis.settings[analysis.cells[choice.cell].setting].label.clone()
}

#[test]
fn only_what_varies_is_an_axis_and_every_axis_has_a_role() {
    let analysis = sample::analysis();
    let keys: Vec<&str> = analysis.axes.iter().map(|axis| axis.key.as_str()).collect();
    assert_eq!(keys, ["optimizer", "activation", "learning_rate"]);
    assert_eq!(analysis.axes[2].numbers.as_deref(), Some(&RATES[..]));
    let roles: Vec<Role> = (0..3).map(|axis| analysis.roles.of(axis)).collect();
    assert_eq!(roles, [Role::Compare, Role::Facet, Role::Tune]);
    assert_eq!(labels(&analysis.values), ["adam", "rmsprop", "sgd"]);
    assert_eq!(labels(&analysis.facets), ["relu", "tanh"]);
    assert_eq!(labels(&analysis.settings), ["0.001", "0.01", "0.1", "1"]);
    assert_eq!(analysis.cells.len(), 24);
}

#[test]
fn roles_named_in_the_file_are_taken() {
    let mut subject = subject();
    subject.roles.compare = vec!["activation".into()];
    subject.roles.facet = vec!["learning_rate".into()];
    let analysis = Analysis::new(subject, rows(2));
    assert_eq!(labels(&analysis.values), ["relu", "tanh"]);
    assert_eq!(analysis.facets.len(), 12, "an axis without a role is reported apart too");
}

#[test]
fn without_an_optimizer_axis_the_first_axis_that_is_no_dataset_is_compared() {
    let compared = |keep: &dyn Fn(&RunConfig) -> bool| {
        let kept = rows(2).into_iter().filter(|row| keep(&row.run.config)).collect();
        Analysis::new(subject(), kept).keys(Role::Compare)
    };
    assert_eq!(compared(&|run| run.optimizer.name() == "adam"), "activation");
    let one = |run: &RunConfig| run.optimizer.name() == "adam" && run.activation.name() == "relu";
    assert_eq!(compared(&one), "", "a learning rate alone is tuned");
    assert_eq!(compared(&|run| Run::new(run.clone()) == Run::new(config("adam", 0.01, "relu", 0))), "");
}

#[test]
fn a_hyperparameter_of_one_optimizer_leaves_the_others_alone() {
    let mut all = Vec::new();
    for (optimizer, momentum) in [("adam", None), ("sgd", Some(0.0)), ("sgd", Some(0.9))] {
        for seed in 0..4 {
            let mut config = config(optimizer, 0.01, "relu", seed);
            if let Some(momentum) = momentum {
                config.optimizer.settings_mut().set("momentum", &Value::Float(momentum)).expect("in its domain");
            }
            let loss = if momentum == Some(0.9) { 0.1 } else { 0.2 };
            let outcome = outcome(&config, Some(loss));
            all.push(Row { run: Run::new(config), outcome: Some(outcome) });
        }
    }
    let analysis = Analysis::new(Subject::default(), all);
    assert_eq!(labels(&analysis.values), ["adam", "sgd"]);
    let sgd = analysis.rows.iter().filter(|row| row.run.config.optimizer.name() == "sgd").cloned();
    assert_eq!(Analysis::new(Subject::default(), sgd.collect()).keys(Role::Compare), "momentum");
    assert_eq!(labels(&analysis.settings), ["", "0", "0.9"]);
    assert_eq!(tuned_label(&analysis, analysis.group(0, 1).expect("sgd")), "0.9");
    assert_eq!(analysis.cells[0].levels, [Some(0), None]);
}

#[test]
fn settings_are_chosen_on_other_seeds_than_they_are_judged_on() {
    let analysis = sample::analysis();
    assert_eq!(analysis.judging_seeds(), [0, 2, 4, 6, 8]);
    assert_eq!(analysis.tuning_seeds(), [1, 3, 5, 7, 9]);
    // A setting that shines on a held-out seed alone is not chosen.
    let mut lucky = rows(10);
    for row in &mut lucky {
        if row.run.config.learning_rate == 0.001 && row.run.config.seed.is_multiple_of(2) {
            row.outcome = Some(outcome(&row.run.config, Some(1e-9)));
        }
    }
    let lucky = Analysis::new(subject(), lucky);
    let adam = lucky.group(0, 0).expect("adam on relu");
    assert_eq!(tuned_label(&lucky, adam), "0.01");
    assert_eq!(adam.tuned, analysis.group(0, 0).expect("adam on relu").tuned);
}

#[test]
fn one_seed_or_nothing_to_tune_needs_no_split() {
    let single = Analysis::new(subject(), rows(1));
    assert!(!single.is_split());
    assert_eq!((single.judging_seeds(), single.tuning_seeds()), (vec![0], vec![0]));
    let untuned = rows(4).into_iter().filter(|row| row.run.config.learning_rate == 0.01).collect();
    assert_eq!(Analysis::new(subject(), untuned).judging_seeds(), [0, 1, 2, 3]);
}

#[test]
fn the_default_setting_stands_beside_the_tuned_one() {
    let analysis = sample::analysis();
    for group in &analysis.groups {
        let default = group.default.as_ref().expect("a tuned axis has a default");
        assert_eq!(analysis.settings[analysis.cells[default.cell].setting].label, "0.01");
    }
    let sgd = analysis.group(0, 2).expect("sgd on relu");
    assert_eq!(tuned_label(&analysis, sgd), "1");
}

#[test]
fn diverged_runs_count_as_worst_in_order_statistics_and_leave_moments_alone() {
    let analysis = sample::analysis();
    let sgd = analysis.group(0, 2).and_then(|group| group.tuned.as_ref()).expect("trained");
    assert_eq!((sgd.judged.n, sgd.judged.diverged), (5, 1));
    assert!(sgd.judged.max.is_finite() && sgd.judged.median.is_finite());
    assert_eq!(sgd.judged.iqm.high, f64::INFINITY);
    let cell = &analysis.cells[sgd.cell];
    assert_eq!((cell.done, cell.diverged, cell.missing), (9, 1, 0));
    let adam = analysis.pair_of(0, 2, 0).expect("compared");
    assert_eq!((adam.n, adam.finite, adam.wins, adam.losses), (5, 4, 5, 0));
    assert!(adam.difference.high < 0.0 && adam.ratio.point < 0.5);
    assert_eq!((adam.p, adam.least_p), (0.0625, 0.0625));
    assert_eq!(adam.p_holm, 0.1875);
}

#[test]
fn a_value_at_the_end_of_its_axis_is_noticed_unless_nothing_lies_beyond() {
    let analysis = sample::analysis();
    let edges = |value| analysis.group(0, value).and_then(|group| group.tuned.clone()).expect("trained").edges;
    assert_eq!(edges(0), []);
    assert_eq!(edges(2), [Edge { axis: 2, level: 3, upper: true }]);
}

#[test]
fn a_target_never_reached_counts_as_infinite() {
    let mut subject = subject();
    subject.roles.target = Some(0.001);
    let analysis = Analysis::new(subject, rows(10));
    let reach = |value| analysis.group(0, value).and_then(|group| group.reach.clone()).expect("a target");
    assert!(reach(0).epochs.iter().any(|epoch| epoch.is_finite()));
    assert_eq!(reach(2).median_epochs, f64::INFINITY);
    assert_eq!(reach(2).success.point, 0.0);
    assert_eq!(reach(0).steps[0], 10.0 * reach(0).epochs[0], "100 points in batches of 10");
}

#[test]
fn the_automatic_target_is_the_best_settings_median_with_slack() {
    let analysis = sample::analysis();
    let best = analysis.group(0, 0).and_then(|group| group.reach.clone()).expect("adam is best");
    assert!(best.success.point > 0.5);
    let profile = &analysis.profile;
    assert_eq!((profile.ratios.len(), profile.problems.len()), (3, 10), "two facets of five held-out seeds");
    assert!(profile.ratios[0].iter().all(|&ratio| ratio == 1.0 || ratio.is_infinite()));
}

#[test]
fn the_good_range_spans_what_is_within_a_tenth_of_the_best() {
    let mut flat = rows(2);
    for row in &mut flat {
        let loss = if row.run.config.learning_rate < 0.5 { 0.01 } else { 0.02 };
        row.outcome = Some(outcome(&row.run.config, Some(loss)));
    }
    let analysis = Analysis::new(subject(), flat);
    let range = analysis.groups[0].range.expect("a learning rate");
    assert_eq!((range.low, range.high, range.open_low, range.open_high), (0.001, 0.1, true, false));
    assert!((range.decades - 2.0).abs() < 1e-12);
}

#[test]
fn along_an_axis_the_other_tuned_axes_are_at_their_best() {
    let analysis = sample::analysis();
    assert_eq!(analysis.along(2).len(), 24);
    let best = analysis.best_by(&[0]);
    let facets: Vec<usize> = best.iter().map(|&cell| analysis.cells[cell].facet).collect();
    assert_eq!(facets, [1, 1, 1], "tanh is better for each optimizer");
}

#[test]
fn curves_end_where_the_runs_end_and_count_divergence() {
    let analysis = sample::analysis();
    assert_eq!(analysis.curves.len(), 6);
    let sgd = analysis.curves.iter().find(|curve| (curve.facet, curve.value) == (0, 2)).expect("drawn");
    assert_eq!((sgd.epochs.len(), sgd.points[1].diverged, sgd.points[2].diverged), (20, 0, 1));
    assert_eq!(thinned(1000, 100).len(), 101);
    assert_eq!(thinned(1, 100), [1]);
}

#[test]
fn runs_not_trained_yet_are_missing_and_no_number() {
    let mut partial = rows(3);
    for row in partial.iter_mut().filter(|row| row.run.config.optimizer.name() == "adam") {
        row.outcome = None;
    }
    let analysis = Analysis::new(subject(), partial);
    assert_eq!((analysis.cells[0].missing, analysis.cells[0].metric.n), (3, 0));
    assert!(analysis.group(0, 0).is_some_and(|group| group.tuned.is_none()));
    assert_eq!(analysis.ranking(0).len(), 2);
    let nothing = Analysis::new(subject(), Vec::new());
    assert_eq!((nothing.cells.len(), nothing.groups.len(), nothing.values.len()), (0, 0, 0));
}

#[test]
fn the_order_of_seeds_changes_no_number() {
    let mut reversed = rows(6);
    for cell in reversed.chunks_mut(6) {
        cell.reverse();
    }
    let (one, other) = (Analysis::new(subject(), rows(6)), Analysis::new(subject(), reversed));
    for (a, b) in one.cells.iter().zip(&other.cells) {
        assert_eq!((a.metric, a.accuracy), (b.metric, b.accuracy));
    }
    // NaN, which no equality holds for, stands where runs diverged.
    assert_eq!(format!("{:?}", one.pairs), format!("{:?}", other.pairs));
    assert_eq!(format!("{:?}", one.curves), format!("{:?}", other.curves));
}

#[test]
fn the_answer_is_a_sentence_with_numbers() {
    insta::assert_snapshot!(sample::analysis().answer(), @r"adam has the best final train loss in 2 of 2 cases by activation (mean rank 1, normalized score 0.9989 (95 % 0.9988 to 0.999)); rmsprop in 0 (mean rank 2), sgd in 0 (mean rank 3).");
    let relu = rows(10).into_iter().filter(|row| row.run.config.activation.name() == "relu").collect();
    insta::assert_snapshot!(Analysis::new(subject(), relu).answer(), @r"No significant difference between adam and rmsprop: adam reaches a final train loss of 0.001011 and an accuracy of 99.95 % at learning_rate 0.01 (IQM, 95 % 8.556e-4 to 0.001152, n = 5 held-out seeds); rmsprop is second with 0.002091 at learning_rate 0.1 (adam is better on 5 of 5 common seeds, p = 0.1875 by Wilcoxon and Holm).");
    let one = rows(3).into_iter().take(3).collect();
    insta::assert_snapshot!(Analysis::new(subject(), one).answer(), @r"The runs reach a final train loss of 0.003914 and an accuracy of 99.8 % (IQM, 95 % 0.003203 to 0.00454, n = 3 seeds).");
    let mut lost: Vec<Row> = rows(3).into_iter().take(3).collect();
    lost.iter_mut().for_each(|row| row.outcome = Some(outcome(&row.run.config, None)));
    insta::assert_snapshot!(Analysis::new(subject(), lost).answer(), @"Every run diverged, even at the best setting.");
    insta::assert_snapshot!(Analysis::new(subject(), Vec::new()).answer(), @r"No run has an outcome yet.");
}

fn audit(analysis: &Analysis) -> String {
    let line = |f: &Finding| {
        let edit = f.edit.as_ref().map_or_else(String::new, |edit| format!(" [{}]", edit.replace('\n', "; ")));
        format!("{:?} {}{edit}", f.kind, f.text)
    };
    analysis.findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn findings_name_the_edit_that_answers_them() {
    insta::assert_snapshot!(audit(&sample::analysis()), @r#"
FewSeeds With 5 held-out seeds p cannot fall below 0.1875 for the first of 3 pairs by Holm's correction: no difference can be significant. [seeds = 13]
Edge The best learning_rate for sgd is 1, the upper end of what was tried (everywhere): widen learning_rate beyond 1. [learning_rate = [0.001, 0.01, 0.1, 1, 10]]
Diverged sgd: 2 of 80 runs diverged (3 %), at learning_rate 1, at a chosen setting too.
Dead Hidden ReLU units that are 0 for every training point at the chosen setting: 3 of 15 for adam (relu), 3 of 15 for rmsprop (relu), 2 of 12 for sgd (relu). [activation = ["relu", "leaky_relu"]]
Falling The loss still falls over the last tenth of the epochs: by 50 % for adam (everywhere), 46 % for rmsprop (everywhere), 43 % for sgd (everywhere). [epochs = 40]
"#);
}

#[test]
fn stuck_missing_dead_and_lost_runs_are_found() {
    let mut bad = rows(2);
    for row in &mut bad {
        let config = &row.run.config;
        match (config.optimizer.name(), config.learning_rate) {
            ("adam", _) => {
                let mut stuck = outcome(config, Some(0.75));
                stuck.layers[0].bias = vec![-100.0; 3];
                row.outcome = Some(stuck);
            }
            ("sgd", 1.0) => row.outcome = Some(outcome(config, None)),
            ("rmsprop", 0.001) => row.outcome = None,
            _ => {}
        }
    }
    insta::assert_snapshot!(audit(&Analysis::new(subject(), bad)), @r#"
Missing 4 of 48 runs have no outcome; sweep again.
FewSeeds With one held-out seed no spread can be told. [seeds = 10]
Diverged sgd: 4 of 16 runs diverged (25 %), at learning_rate 1. [[[exclude]]; optimizer = "sgd"; learning_rate = 1]
Stuck Runs that end no better than the constant predictor at the chosen setting: 2 of 2 for adam (everywhere).
Dead Hidden ReLU units that are 0 for every training point at the chosen setting: 3 of 3 for adam (relu). [activation = ["relu", "leaky_relu"]]
Falling The loss still falls over the last tenth of the epochs: by 45 % for rmsprop (everywhere), 34 % for sgd (everywhere). [epochs = 40]
"#);
}

#[test]
fn normalized_scores_lie_between_the_constant_predictor_and_perfection() {
    let analysis = sample::analysis();
    for row in 0..analysis.rows.len() {
        let score = analysis.normalized(row).expect("data and outcome");
        assert!((0.0..=1.0).contains(&score));
    }
    let adam = &analysis.standings[0];
    assert_eq!((adam.facets, adam.best_in, adam.mean_rank), (2, 2, 1.0));
    assert!(adam.score.low > 0.99 && adam.profile_score > analysis.standings[2].profile_score);
}

#[test]
fn rows_that_no_step_sees_are_told_with_the_edit_that_trains_them() {
    let with = |points: u64, batch_size: usize| {
        let mut rows = rows(2);
        for config in rows.iter_mut().map(|row| &mut row.run.config) {
            (config.dataset.sampling.points, config.batch_size) = (points, batch_size);
        }
        let findings = Analysis::new(subject(), rows).findings.into_iter();
        findings.filter(|finding| finding.kind == Kind::LeftOut).collect::<Vec<_>>()
    };
    let found = with(260, 100);
    let text = "Training leaves rows out in every epoch: 60 of 260 rows of xor, which do not fill a batch of 100.";
    assert_eq!((found.len(), &*found[0].text, found[0].warning), (1, text, true));
    assert_eq!(found[0].edit.as_deref(), Some("last_batch = \"train\""));
    assert!(!with(301, 100)[0].warning, "one row of 301 changes little");
    assert!(with(300, 100).is_empty());
}
