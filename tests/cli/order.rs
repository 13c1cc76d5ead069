//! Whatever the order of an experiment's keys and values, its interruptions and its threads: the same store and report.

use std::path::Path;

use crate::command::{differing, digest, said, told};
use crate::support::cases;
use proptest::prelude::*;

/// Axes with their values, in the order of the file.
type Grid = Vec<(&'static str, Vec<&'static str>)>;

const AXES: [(&str, &[&str]); 5] = [
    ("learning_rate", &["0.01", "0.1", "1.0"]),
    ("optimizer", &["'sgd'", "{ name = 'sgd', momentum = 0.9 }", "'adam'"]),
    ("activation", &["'relu'", "'tanh'"]),
    ("hidden", &["[2]", "[3, 2]", "[]"]),
    ("batch_size", &["5", "20"]),
];

/// Two or three axes with one or two values each, and the same in another order.
fn grids() -> impl Strategy<Value = (Grid, Grid)> {
    let axes = prop::sample::subsequence(AXES.to_vec(), 2..=3);
    let values = |(key, all): (&'static str, &'static [&'static str])| {
        (Just(key), prop::sample::subsequence(all.to_vec(), 1..=2))
    };
    let grid = axes.prop_flat_map(move |axes| axes.into_iter().map(values).collect::<Vec<_>>());
    grid.prop_flat_map(|grid| {
        let shuffled = grid.iter().map(|(key, values)| (Just(*key), Just(values.clone()).prop_shuffle()));
        (Just(grid.clone()), shuffled.collect::<Vec<_>>().prop_shuffle())
    })
}

fn text(grid: &Grid, seeds: &str, keys_last: bool) -> String {
    let lines: String = grid.iter().map(|(key, values)| format!("{key} = [{}]\n", values.join(", "))).collect();
    let train = "[train]\ndataset = 'xor'\npoints = 20\nbatch_size = 10\nepochs = 3\n";
    let train = if grid.iter().any(|(key, _)| *key == "batch_size") {
        train.replace("batch_size = 10\n", "")
    } else {
        train.into()
    };
    let (first, second) = (train, format!("[grid]\n{lines}"));
    let (first, second) = if keys_last { (second, first) } else { (first, second) };
    format!("name = 'order'\nseeds = {seeds}\n{first}{second}")
}

/// Sweeps in parts that end after some runs each, until nothing is left; how many runs were trained in all.
fn sweep_in_parts(folder: &Path, parts: &[(u64, u64)]) -> u64 {
    let trained = |arguments: &str| {
        let (code, _, stderr) = told(folder, &format!("sweep shuffled.toml --no-report --store parts.db {arguments}"));
        assert_eq!(code, Some(0), "{stderr}");
        let words: Vec<&str> = stderr.split([' ', ',']).collect();
        let at = words.iter().position(|word| *word == "trained").expect("a tally");
        words[at - 1].parse::<u64>().expect("a number")
    };
    let parts = parts.iter().map(|(runs, jobs)| trained(&format!("--max-runs {runs} --jobs {jobs}"))).sum::<u64>();
    parts + trained("--jobs 2")
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn neither_order_nor_interruption_nor_threads_change_a_store_or_a_report(
        (grid, shuffled) in grids(),
        keys_last: bool,
        parts in prop::collection::vec((0..6_u64, 1..4_u64), 0..4),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("writes");
        write("order.toml", text(&grid, "[0, 1, 2]", false));
        write("shuffled.toml", text(&shuffled, "[2, 0, 1]", keys_last));
        said(folder.path(), "sweep order.toml --quiet --jobs 1 --store whole.db --out whole");
        let runs = grid.iter().map(|(_, values)| values.len() as u64).product::<u64>() * 3;
        prop_assert_eq!(sweep_in_parts(folder.path(), &parts), runs, "each run is trained once");
        prop_assert_eq!(digest(folder.path(), "parts.db"), digest(folder.path(), "whole.db"));
        let (code, _, stderr) = told(folder.path(), "sweep order.toml --store parts.db --out parts");
        prop_assert!(code == Some(0) && stderr.contains(": 0 trained"), "{}", stderr);
        let different = differing(&folder.path().join("whole"), &folder.path().join("parts"));
        prop_assert_eq!(different, Vec::<String>::new());
    }
}
