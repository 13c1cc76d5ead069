//! Reports as a gate: what `[[check]]` asks and `report --check` judges, and what `diff` tells of a change.

use tempfile::TempDir;

use crate::command::{ended, said, tallow, told};

const SMALL: &str = "\
seeds = 10
[train]
dataset = 'xor'
points = 200
hidden = [4]
epochs = 10
batch_size = 20
[grid]
optimizer = ['sgd', 'adam']
learning_rate = [0.01, 0.1]
";

fn project(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("small.toml"), text).expect("writes");
    folder
}

#[test]
fn a_check_that_does_not_hold_fails_the_check_of_a_report_and_is_told_with_its_point() {
    let check = "[[check]]\nmetric = 'train_accuracy'\nwhere = { optimizer = 'adam', learning_rate = 0.1 }\n";
    let folder = project(&format!("{SMALL}{check}at_least = 0.5\n"));
    said(folder.path(), "sweep small.toml --quiet");
    let held = said(folder.path(), "report small.toml --check --summary=job.md");
    assert!(held.contains("checks: 1 of 1 hold"), "{held}");
    let summary = std::fs::read_to_string(folder.path().join("job.md")).expect("written");
    assert!(summary.contains("## Checks") && summary.contains("✓ optimizer adam, learning\\_rate 0.1"), "{summary}");
    std::fs::write(folder.path().join("small.toml"), format!("{SMALL}{check}at_least = 0.999\n")).expect("writes");
    said(folder.path(), "report small.toml");
    let failed = ended(1, &mut tallow(folder.path(), "report small.toml --check"));
    assert!(failed.contains("are as the store says"), "the files are right: {failed}");
    assert!(failed.contains("checks: 0 of 1 hold"), "{failed}");
    assert!(
        failed.contains("the median final train accuracy is ") && failed.contains("not at least 0.999"),
        "{failed}"
    );
}

#[test]
fn a_check_is_refused_that_names_no_metric_no_key_or_no_bound() {
    let check = "[[check]]\nmetric = 'accuracy'\nwhere = { optimiser = 'adam' }\n";
    let folder = project(&format!("{SMALL}{check}"));
    let (code, _, stderr) = told(folder.path(), "plan small.toml");
    assert_eq!(code, Some(2));
    for problem in ["unknown metric `accuracy`", "a check cannot name `optimiser`", "a check needs a bound"] {
        assert!(stderr.contains(problem), "{problem}: {stderr}");
    }
}

#[test]
fn a_small_shift_on_every_seed_is_told_seed_by_seed_and_within_a_tolerance_let_pass() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml --quiet --out old");
    said(folder.path(), "sweep small.toml --set epochs=9 --quiet --out new");
    let told = ended(1, &mut tallow(folder.path(), "diff old/small new/small"));
    let worse = told.lines().filter(|line| line.contains(": worse on ") && line.contains("of 10 seeds")).count();
    assert_eq!(worse, 4, "an epoch less is worse in every cell: {told}");
    assert!(told.contains("times as high (95 % "), "{told}");
    said(folder.path(), "diff old/small new/small --tolerance 1");
}

#[test]
fn another_winner_is_told() {
    let folder = project(SMALL);
    said(folder.path(), "sweep small.toml --quiet --out old");
    said(folder.path(), "sweep small.toml --set learning_rate=[0.0001,1.0] --quiet --out new");
    let (_, told, _) = told(folder.path(), "diff old/small new/small");
    assert!(told.contains("· best before: optimizer adam, learning_rate 0.1"), "{told}");
    assert!(told.contains("· best now: optimizer "), "{told}");
}
