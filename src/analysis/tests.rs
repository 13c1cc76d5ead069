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
fn what_is_put_around_an_optimizer_makes_it_another_and_is_named_where_it_is_there() {
    let mut all = Vec::new();
    for (name, ema, cautious) in
        [("adam", None, false), ("adam", Some(0.99), false), ("adam", None, true), ("sgd", None, false)]
    {
        for seed in 0..4 {
            let mut config = config(name, 0.01, "relu", seed);
            config.cautious = cautious;
            config.ema = crate::regularize::Bound(ema);
            let outcome = Some(outcome(&config, Some(0.1)));
            all.push(Row { run: Run::new(config), outcome });
        }
    }
    let analysis = Analysis::new(subject(), all);
    assert_eq!(analysis.keys(Role::Compare), "optimizer, ema, cautious");
    assert_eq!(labels(&analysis.values), ["adam", "adam, cautious true", "adam, ema 0.99", "sgd"]);
    assert!(analysis.roles.facet.is_empty());
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
    let analysis = Analysis::new(Subject::default(), all.clone());
    assert_eq!(labels(&analysis.values), ["adam", "sgd"]);
    let sgd = all.iter().filter(|row| row.run.config.optimizer.name() == "sgd").cloned();
    assert_eq!(Analysis::new(Subject::default(), sgd.collect()).keys(Role::Compare), "momentum");
    assert_eq!(labels(&analysis.settings), ["", "0", "0.9"]);
    assert_eq!(tuned_label(&analysis, analysis.group(0, 1).expect("sgd")), "0.9");
    assert_eq!(analysis.cells[0].levels, [Some(0), None]);
}

#[test]
fn settings_are_chosen_on_other_seeds_than_they_are_judged_on() {
    let analysis = sample::analysis();
    let judged = &analysis.group(0, 0).and_then(|group| group.tuned.as_ref()).expect("adam on relu").rows;
    let seeds: Vec<u64> = judged.iter().map(|&row| analysis.rows[row].replicate.seed).collect();
    assert_eq!(seeds, (0..10).collect::<Vec<u64>>(), "every seed judges");
    // A setting that shines on one seed alone does not judge that seed.
    let mut lucky = rows(10);
    for row in &mut lucky {
        if row.run.config.learning_rate == 0.001 && row.run.config.seed == 3 {
            row.outcome = Some(outcome(&row.run.config, Some(1e-9)));
        }
    }
    let lucky = Analysis::new(subject(), lucky);
    assert_eq!(lucky.group(0, 0).and_then(|group| group.tuned.as_ref()).expect("adam on relu").rows, *judged);
}

#[test]
fn one_seed_or_nothing_to_tune_needs_no_split() {
    let single = Analysis::new(subject(), rows(1));
    assert!(!single.is_left_out());
    assert_eq!(single.group(0, 0).and_then(|group| group.tuned.as_ref()).expect("trained").judged.n, 1);
    let untuned = rows(4).into_iter().filter(|row| row.run.config.learning_rate == 0.01).collect();
    assert!(!Analysis::new(subject(), untuned).is_left_out());
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
fn diverged_runs_count_as_worst_in_every_statistic() {
    let analysis = sample::analysis();
    let sgd = analysis.group(0, 2).and_then(|group| group.tuned.as_ref()).expect("trained");
    assert_eq!((sgd.judged.n, sgd.judged.diverged), (10, 1));
    assert!(sgd.judged.max.is_infinite() && sgd.judged.mean.is_infinite() && sgd.judged.median.is_finite());
    assert_eq!(sgd.judged.iqm.high, f64::INFINITY);
    let cell = &analysis.cells[sgd.cell];
    assert_eq!((cell.done, cell.diverged, cell.missing), (9, 1, 0));
    let adam = analysis.pair_of(0, 2, 0).expect("compared");
    assert_eq!((adam.n, adam.wins, adam.losses), (10, 10, 0));
    assert!(adam.gap.point < 0.5 && adam.gap.high.is_nan(), "no interval where a stand-in would be part of it");
    assert!(adam.p < adam.p_family && adam.p_family > 0.05, "what stands for divergence makes a test cautious");
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
    assert_eq!((profile.ratios.len(), profile.problems.len()), (3, 10), "two facets of five seeds that judge");
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
    // NaN, which no equality holds for, stands where runs diverged.
    for (a, b) in one.cells.iter().zip(&other.cells) {
        assert_eq!(format!("{:?}", (a.metric, a.beside)), format!("{:?}", (b.metric, b.beside)));
    }
    assert_eq!(format!("{:?}", one.pairs), format!("{:?}", other.pairs));
    assert_eq!(format!("{:?}", one.curves), format!("{:?}", other.curves));
}

#[test]
fn the_answer_is_a_sentence_with_numbers() {
    insta::assert_snapshot!(sample::analysis().answer(), @r"Over 2 cases by activation, adam is best: rmsprop and sgd are shown to be worse (p ≤ 0.048, corrected over 9 comparisons). Probability to be the best in a repetition: adam more than 99 %. Averaged over the cases, adam's final train loss is 0.5069 times that of rmsprop (95 % 0.4358 to 0.5896). Best alone: adam in 2 of 2 (mean rank 1); rmsprop in 0 of 2 (mean rank 2); sgd in 0 of 2 (mean rank 3). By Nemenyi's test mean ranks differ if they are 2.34 or more apart (Friedman's p = 0.17). At the chosen setting sgd diverged in 2 of 20 runs (95 % 3 to 30 %).");
    let relu = rows(10).into_iter().filter(|row| row.run.config.activation.name() == "relu").collect();
    insta::assert_snapshot!(Analysis::new(subject(), relu).answer(), @r"adam is best: rmsprop and sgd are shown to be worse (p ≤ 0.024, corrected over 3 comparisons). Probability to be the best in a repetition: adam more than 99 %. adam reaches a final train loss of 0.001023 and a training accuracy of 99.95 % at learning_rate 0.01 (IQM, 95 % 8.87e-4 to 0.00113, n = 10 seeds). Its final train loss is 0.5069 times that of rmsprop (95 % 0.4358 to 0.5896). At the chosen setting sgd diverged in 1 of 10 runs (95 % 2 to 40 %).");
    let one = rows(3).into_iter().take(3).collect();
    insta::assert_snapshot!(Analysis::new(subject(), one).answer(), @r"The runs reach a final train loss of 0.003914 and a training accuracy of 99.8 % (IQM of 3 seeds).");
    let mut lost: Vec<Row> = rows(3).into_iter().take(3).collect();
    lost.iter_mut().for_each(|row| row.outcome = Some(outcome(&row.run.config, None)));
    insta::assert_snapshot!(Analysis::new(subject(), lost).answer(), @r"All 3 runs diverged.");
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
FewSeeds 4 of 6 comparisons are undecided; about 55 seeds would decide half of them (power 80 %). [seeds = 55]
Edge The best learning_rate for sgd is 1, the upper end of what was tried (everywhere): widen learning_rate beyond 1. [learning_rate = [0.001, 0.01, 0.1, 1, 10]]
Diverged sgd: 2 of 80 runs diverged (3 %), at learning_rate 1, at a chosen setting too.
Dead Hidden ReLU units that are 0 for every training point at the chosen setting: 3 of 30 for adam (relu), 3 of 30 for rmsprop (relu), 2 of 27 for sgd (relu). [activation = ["relu", "leaky_relu"]]
Falling The loss still falls over the last tenth of the epochs: by 50 % for adam (everywhere), 46 % for rmsprop (everywhere), 44 % for sgd (everywhere). [epochs = 40]
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
FewSeeds With 2 seeds no interval is given and no difference can be shown: 5 are the least. [seeds = 10]
Budget Values were tuned over unequal budgets: 3 settings for rmsprop; 4 settings for adam, sgd. More tries flatter a value; the tests allow for it.
Diverged sgd: 4 of 16 runs diverged (25 %), at learning_rate 1. [[[exclude]]; optimizer = "sgd"; learning_rate = 1]
Stuck Runs that end no better than the constant predictor at the chosen setting: 4 of 4 for adam (everywhere).
Dead Hidden ReLU units that are 0 for every training point at the chosen setting: 6 of 6 for adam (relu). [activation = ["relu", "leaky_relu"]]
Falling The loss still falls over the last tenth of the epochs: by 46 % for rmsprop (everywhere), 36 % for sgd (everywhere). [epochs = 40]
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
    assert_eq!((adam.facets, adam.best_in, adam.tied_in, adam.mean_rank), (2, 2, 0, 1.0));
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
