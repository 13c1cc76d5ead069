//! Folds beside seeds: every fold of every seed is a replicate.

use std::path::Path;

use proptest::prelude::*;
use tallow::dataset::Data;
use tallow::diag::Source;
use tallow::plan::{Plan, Run};
use tallow::spec::{Experiment, RunConfig};

fn plan(text: &str) -> Plan {
    let source = Source { name: "folds.toml".into(), text: text.to_owned() };
    let experiment = Experiment::parse(source, "folds", Path::new(""), &[]);
    Plan::new(&experiment.unwrap_or_else(|problems| panic!("{}", problems.render(false)))).expect("a plan")
}

fn refused(text: &str) -> String {
    let source = Source { name: "folds.toml".into(), text: text.to_owned() };
    Experiment::parse(source, "folds", Path::new(""), &[]).expect_err("a bad file").render(false)
}

fn data(run: &Run) -> Data {
    run.config.dataset.generate(run.config.seed).expect("data")
}

#[test]
fn every_fold_of_every_seed_is_a_run() {
    let plan = plan("seeds = [3, 8]\nfolds = 3\n[grid]\ndataset = \"xor\"\nlearning_rate = [0.1, 0.01]\n");
    assert_eq!(plan.len(), 12);
    let folds: Vec<(u64, usize)> =
        plan.iter().take(6).map(|run| (run.config.seed, run.config.dataset.fold.expect("a fold").index)).collect();
    assert_eq!(folds, [(3, 0), (3, 1), (3, 2), (8, 0), (8, 1), (8, 2)]);
    let distinct: std::collections::BTreeSet<_> = plan.iter().map(|run| run.id).collect();
    assert_eq!(distinct.len(), 12);
    for run in plan.iter() {
        assert_eq!(RunConfig::try_from(&run.description), Ok(run.config));
    }
}

#[test]
fn one_fold_alone_is_the_same_run() {
    let all = plan("folds = 4\n[grid]\ndataset = \"xor\"\n");
    let one = plan("folds = { of = 4, fold = 2 }\n[grid]\ndataset = \"xor\"\n");
    assert_eq!((one.len(), one.run(0).id), (1, all.run(2).id));
}

#[test]
fn folds_and_a_share_of_test_rows_exclude_each_other() {
    let told = refused("folds = 4\n[train]\ntest = 0.2\n[grid]\ndataset = \"xor\"\n");
    assert!(told.contains("`folds` and `test` exclude each other"), "{told}");
    for folds in ["1", "2.5", "\"five\"", "{ of = 5 }", "{ of = 5, fold = 5 }", "5000"] {
        let told = refused(&format!("folds = {folds}\n[grid]\ndataset = \"xor\"\n"));
        assert!(told.contains("folds must be a whole number from 2"), "{folds}: {told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_folds_of_a_seed_test_every_sample_once(seed in 0..9_u64, folds in 2..9_usize, points in 9..60_u64) {
        let text = format!("seeds = [{seed}]\nfolds = {folds}\n[train]\npoints = {points}\nbatch_size = 1\n[grid]\ndataset = \"prod\"\n");
        let runs: Vec<Data> = plan(&text).iter().map(|run| data(&run)).collect();
        let tested: Vec<f32> = runs.iter().flat_map(|data| data.test.y.clone()).collect();
        let mut all = [&runs[0].train.y[..], &runs[0].test.y[..]].concat();
        let mut tested_sorted = tested;
        all.sort_by(f32::total_cmp);
        tested_sorted.sort_by(f32::total_cmp);
        prop_assert_eq!(tested_sorted, all);
        let sizes: Vec<usize> = runs.iter().map(|data| data.test.len()).collect();
        prop_assert!(sizes.iter().max().expect("folds") - sizes.iter().min().expect("folds") <= 1);
    }
}
