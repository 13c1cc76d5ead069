//! `--partition`: parts by number, by what an engine says, and by a slice, through the command line.

use std::path::Path;
use std::process::Command;

use crate::command::{differing, digest, ended, program, said, tallow, told};

const EXPERIMENT: &str = "\
seeds = 6
[train]
dataset = \"xor\"
hidden = [2]
points = 20
batch_size = 10
epochs = 2
[grid]
optimizer = [\"adam\", \"sgd\"]
learning_rate = [0.1, 0.01]
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tiny.toml"), EXPERIMENT).expect("writes");
    folder
}

fn listed(folder: &Path, partition: &str, variables: &[(&str, &str)]) -> String {
    let mut plan = tallow(folder, &format!("plan tiny.toml --list --format csv --partition {partition}"));
    ended(0, plan.envs(variables.iter().copied()))
}

#[test]
fn auto_takes_the_part_that_the_engine_says() {
    let folder = folder();
    let slurm = |id, min, max| {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", min),
            ("SLURM_ARRAY_TASK_MAX", max),
            ("SLURM_ARRAY_TASK_COUNT", "5"),
        ]
    };
    let second = listed(folder.path(), "2/5", &[]);
    assert_eq!(second.lines().count(), 1 + 5, "24 runs in 5 parts");
    assert_eq!(listed(folder.path(), "auto", &slurm("2", "1", "5")), second);
    assert_eq!(listed(folder.path(), "auto", &slurm("1", "0", "4")), second);
    assert_eq!(listed(folder.path(), "auto/5", &[("JOB_COMPLETION_INDEX", "1")]), second);
    assert_eq!(listed(folder.path(), "auto/5", &[("HQ_TASK_ID", "1")]), second);
}

#[test]
fn auto_without_an_engine_is_refused() {
    let folder = folder();
    let (code, _, stderr) = told(folder.path(), "sweep tiny.toml --partition auto");
    assert!(code == Some(2) && stderr.contains("SLURM_ARRAY_TASK_ID"), "{stderr}");
    assert!(!folder.path().join(".tallow").exists());
}

#[test]
fn gnu_parallel_trains_every_part_in_a_store_of_its_own() {
    let found = Command::new("parallel")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"GNU parallel"));
    if !found {
        eprintln!("skipped: GNU parallel is not installed (parallel)");
        return;
    }
    let folder = folder();
    let line = "parallel --will-cite --jobs 3 tallow sweep tiny.toml --quiet --partition {}/5 --store parts/{}.db ::: 1 2 3 4 5 \
                && tallow store merge parts/*.db --into .tallow/store.db && tallow report tiny.toml";
    let program = program();
    let binary = Path::new(&program).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").expect("a path"));
    let bash =
        Command::new("bash").args(["-c", line]).env("PATH", path).current_dir(folder.path()).output().expect("starts");
    assert!(bash.status.success(), "{}", String::from_utf8_lossy(&bash.stderr));
    said(folder.path(), "sweep tiny.toml --store local.db --no-report");
    assert_eq!(digest(folder.path(), ".tallow/store.db"), digest(folder.path(), "local.db"));
    said(folder.path(), "report tiny.toml --check --store local.db");
}

#[test]
fn a_part_without_a_run_is_done_at_once() {
    let folder = folder();
    let part = |only: &str| told(folder.path(), &format!("sweep tiny.toml --only {only} --partition 30/32")).0;
    assert_eq!(part("seed=0"), Some(0));
    assert_eq!(part("seed=99"), Some(2), "no run is meant at all");
}

#[test]
fn eight_parts_merged_in_any_order_any_number_of_times_report_as_one_sweep() {
    let folder = folder();
    let path = folder.path();
    said(path, "sweep tiny.toml --store whole.db --out whole --quiet");
    for kind in ["count", "hash"] {
        let mut parts = Vec::new();
        for part in 1..=8 {
            let store = format!("{kind}-{part}.db");
            said(path, &format!("sweep tiny.toml --quiet --partition {kind}:{part}/8 --store {store}"));
            // A part without a run leaves no store.
            parts.extend(path.join(&store).exists().then_some(store));
        }
        assert!(parts.len() > 4, "{parts:?}");
        let merge = |sources: &[String], into: &str| {
            said(path, &format!("store merge {} --into {into}", sources.join(" ")));
            digest(path, into)
        };
        let (forward, backward) = (format!("{kind}-forward.db"), format!("{kind}-backward.db"));
        let whole = digest(path, "whole.db");
        assert_eq!(merge(&parts, &forward), whole);
        assert_eq!(merge(&parts, &forward), whole, "merging again changes nothing");
        assert!(said(path, &format!("store info --store {forward}")).contains("runs    24\n"));
        parts.reverse();
        assert_eq!(merge(&parts, &backward), whole);
        for store in [forward, backward] {
            said(path, &format!("report tiny.toml --store {store} --out {kind}"));
            assert_eq!(differing(&path.join(kind), &path.join("whole")), Vec::<String>::new());
        }
    }
}
