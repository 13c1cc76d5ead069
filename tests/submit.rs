//! `tallow submit` and `tallow jobs` against a stand-in for Slurm that runs every task at once, in turn. The real one is
//! in `tests/slurm.rs`.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const EXPERIMENT: &str = "\
seeds = 6
[train]
dataset = \"xor\"
hidden = [2]
points = 20
batch_size = 10
[grid]
optimizer = [\"adam\", \"sgd\"]
epochs = [2, 40]
";

/// Runs the tasks of an array but those in `$SKIP`, or a script that is no array.
const SBATCH: &str = r#"#!/usr/bin/env bash
script=${*: -1}
number=$(($(cat "$FAKE/number" 2>/dev/null || echo 0) + 1)); echo "$number" >"$FAKE/number"
echo "$@" >>"$FAKE/calls"
array=$(sed -n 's/^#SBATCH --array=1-//p' "$script")
if [ -n "$array" ]; then
    for task in $(seq "$array"); do
        case " $SKIP " in *" $task "*) ;; *) SLURM_ARRAY_TASK_ID=$task bash "$script" >>"$FAKE/log" 2>&1 ;; esac
    done
else
    bash "$script" >>"$FAKE/log" 2>&1
fi
echo "$number"
"#;

const SQUEUE: &str = "#!/usr/bin/env bash\ncat \"$FAKE/queue\" 2>/dev/null || true\n";
const SCANCEL: &str = "#!/usr/bin/env bash\necho \"$@\" >\"$FAKE/scancel\"\n";

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        project.write("tiny.toml", EXPERIMENT);
        std::fs::create_dir(project.at("fake")).expect("makes");
        for (name, script) in [("sbatch", SBATCH), ("squeue", SQUEUE), ("scancel", SCANCEL)] {
            let path = project.at("fake").join(name);
            std::fs::write(&path, script).expect("writes");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("may");
        }
        project
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.at(path), text).expect("writes");
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).expect("reads")
    }

    fn run(&self, arguments: &[&str], skip: &str) -> Output {
        self.command(arguments, skip).output().expect("starts")
    }

    fn command(&self, arguments: &[&str], skip: &str) -> Command {
        let path = format!("{}:{}", self.at("fake").display(), std::env::var("PATH").expect("a path"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_tallow"));
        command.current_dir(self.0.path()).args(arguments);
        command.env("PATH", path).env("FAKE", self.at("fake")).env("SKIP", skip);
        command
    }

    /// Standard output of a command that must end with this exit code.
    fn said(&self, code: i32, arguments: &[&str], skip: &str) -> String {
        let output = self.run(arguments, skip);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The numbers of a submission as `tallow jobs` tells them.
    fn standing(&self, id: &str) -> Vec<u64> {
        let listed = self.said(0, &["jobs"], "");
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(id)).expect("listed");
        line.split_whitespace().skip(1).take(6).map(|number| number.parse().expect("a number")).collect()
    }

    fn report(&self, out: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.at(out), Path::new(""))
    }
}

fn files(folder: &Path, inner: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder.join(inner)).expect("a folder").map(|entry| entry.expect("an entry"));
    let all = entries.flat_map(|entry| {
        let path = inner.join(entry.file_name());
        if entry.path().is_dir() {
            files(folder, &path)
        } else {
            BTreeMap::from([(path, std::fs::read(entry.path()).expect("reads"))])
        }
    });
    all.collect()
}

/// `[runs, done, running, waiting, failed, missing]` of `tallow jobs`.
fn done(runs: u64) -> Vec<u64> {
    vec![runs, runs, 0, 0, 0, 0]
}

#[test]
fn a_dry_run_prints_the_scripts_and_leaves_no_trace() {
    let project = Project::new();
    let arguments = "submit tiny.toml --engine slurm --tasks 4 --queue short --time 1:00:00 --cpus 2 --dry-run";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let more = ["--sbatch-arg", "--account=lab", "--set", "learning_rate=[0.1, 0.2]", "--only", "optimizer=adam"];
    let said = project.said(0, &[&arguments[..], &more].concat(), "");
    assert!(!project.at(".tallow").exists());
    assert!(!project.at("fake/calls").exists());
    let name = said.split("--job-name=").nth(1).and_then(|rest| rest.lines().next()).expect("a name");
    let place = project.0.path().canonicalize().expect("exists");
    let said = said.replace(name, "tallow-tiny-1-…").replace(env!("CARGO_BIN_EXE_tallow"), "/bin/tallow");
    insta::assert_snapshot!(said.replace(place.to_str().expect("text"), "/project"));
}

#[test]
fn a_submission_ends_as_the_local_sweep_does() {
    let project = Project::new();
    let local = project.said(0, &["sweep", "tiny.toml", "--quiet", "--store", "local.db", "--out", "local"], "");
    let waited = project.said(0, &["submit", "tiny.toml", "--tasks", "5", "--wait"], "");
    assert_eq!(waited, local.replace("report: local/", "report: reports/"));
    assert_eq!(project.report("local"), project.report("reports"));
    assert_eq!(project.standing("tiny-1"), done(24));
    assert!(project.read("fake/calls").lines().nth(1).expect("two jobs").contains("--dependency=afterany:1 "));
    let again = project.said(0, &["submit", "tiny.toml"], "");
    assert_eq!(again, waited, "all is stored: the report, and no further job");
    assert_eq!(project.read("fake/number"), "2\n");
}

#[test]
fn what_is_missing_is_submitted_again_and_nothing_else() {
    let project = Project::new();
    project.said(0, &["sweep", "tiny.toml", "--quiet", "--store", "local.db", "--out", "local"], "");
    project.said(1, &["submit", "tiny.toml", "--tasks", "4", "--wait"], "2 4");
    let [runs, done_runs, .., missing] = project.standing("tiny-1")[..] else { panic!("six numbers") };
    assert_eq!((runs, done_runs + missing), (24, 24));
    assert!(missing > 0 && done_runs > 0 && !project.at("reports").exists());
    // The file may change meanwhile: what was submitted is kept.
    project.write("tiny.toml", "no longer an experiment");
    project.said(0, &["jobs", "resubmit", "tiny-1", "--tasks", "3", "--wait"], "");
    let trained = project
        .read("fake/log")
        .lines()
        .filter_map(|line| line.split(" runs: ").nth(1)?.split(' ').next()?.parse::<u64>().ok())
        .sum::<u64>();
    assert_eq!(trained, 24 + 24, "each run trained once, and once told in the sum at the end");
    assert_eq!(project.standing("tiny-1"), done(24));
    assert_eq!(project.standing("tiny-2"), done(missing));
    assert_eq!(project.report("local"), project.report("reports"));
    project.said(0, &["jobs", "resubmit", "tiny-1"], "");
    assert!(!project.at(".tallow/jobs/tiny-3").exists(), "nothing is missing any more");
}

#[test]
fn runs_that_are_under_way_are_not_submitted_twice() {
    let project = Project::new();
    project.said(0, &["submit", "tiny.toml", "--tasks", "3"], "1 2 3");
    let record = project.read(".tallow/jobs/tiny-1/submission.json");
    let name = record.split("\"name\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
    project
        .write("fake/queue", &format!("1_1|RUNNING|{name}\n1_2|PENDING|{name}\n1_3|FAILED|{name}\n2|PENDING|{name}\n"));
    let [24, 0, running, waiting, 0, missing] = project.standing("tiny-1")[..] else { panic!("other numbers") };
    assert_eq!(running + waiting + missing, 24);
    project.said(0, &["jobs", "resubmit", "tiny-1"], "");
    let [resubmitted, ..] = project.standing("tiny-2")[..] else { panic!("no numbers") };
    assert_eq!(resubmitted, missing);
    project.write("fake/queue", &format!("1_1|RUNNING|{name}\n1_2|PENDING|{name}\n1_3|REQUEUED|{name}\n"));
    let refused = project.run(&["submit", "tiny.toml"], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("under way in tiny-1"));
    project.said(0, &["jobs", "cancel", "tiny-1"], "");
    assert_eq!(project.read("fake/scancel"), format!("--name={name}\n"));
    let unknown = project.run(&["jobs", "cancel", "tiny-9"], "");
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn runs_that_fail_are_told_and_reported_as_by_a_local_sweep() {
    let project = Project::new();
    let run = |arguments: &[&str]| {
        let output = project.command(arguments, "").env("__TALLOW_PANIC_AT_SEED", "3").output().expect("starts");
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    run(&["sweep", "tiny.toml", "--quiet", "--store", "local.db", "--out", "local"]);
    let told = run(&["submit", "tiny.toml", "--tasks", "3", "--wait"]);
    assert_eq!(told.matches("was told to panic").count(), 4, "{told}");
    assert_eq!(project.report("local"), project.report("reports"));
    assert_eq!(project.standing("tiny-1"), [24, 20, 0, 0, 4, 0]);
    // They are missing too, and may do better the next time.
    project.said(0, &["jobs", "resubmit", "tiny-1", "--wait"], "");
    assert_eq!(project.standing("tiny-2"), done(4));
}

#[test]
fn a_damaged_store_of_a_task_costs_what_is_damaged_and_no_more() {
    let project = Project::new();
    project.said(0, &["sweep", "tiny.toml", "--quiet", "--store", "local.db", "--out", "local"], "");
    project.said(0, &["submit", "tiny.toml", "--tasks", "2"], "");
    let stores = |task: usize| -> Vec<PathBuf> {
        let folder = project.at(&format!(".tallow/jobs/tiny-1/tasks/{task}"));
        let paths = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "db")).collect()
    };
    for path in stores(1) {
        let mut bytes = std::fs::read(&path).expect("reads");
        bytes[..100].fill(0xff);
        std::fs::write(path, bytes).expect("writes");
    }
    for path in stores(2) {
        std::fs::write(path, "no store at all").expect("writes");
    }
    let standing = |code| {
        for path in [".tallow/store.db", ".tallow/store.db-wal", ".tallow/store.db-shm"] {
            let _ = std::fs::remove_file(project.at(path));
        }
        project.said(code, &["jobs", "finish", "tiny-1"], "");
        project.standing("tiny-1")
    };
    let [24, done_runs, 0, 0, 0, missing] = standing(1)[..] else { panic!("other numbers") };
    assert!(done_runs > 0 && missing > 0, "of the first store the rows are saved, of the second nothing");
    assert!(
        !project
            .at(".tallow/jobs/tiny-1")
            .read_dir()
            .expect("a folder")
            .flatten()
            .any(|entry| { entry.file_name().to_string_lossy().starts_with("saved-") })
    );
    project.said(0, &["jobs", "resubmit", "tiny-1", "--wait"], "");
    assert_eq!(project.standing("tiny-2"), done(missing));
    assert_eq!(project.report("local"), project.report("reports"));
}

#[test]
fn what_slurm_says_is_told() {
    let project = Project::new();
    let sbatch = project.at("fake/sbatch");
    std::fs::write(&sbatch, "#!/bin/sh\necho 'sbatch: error: invalid partition' >&2\nexit 1\n").expect("writes");
    let refused = project.run(&["submit", "tiny.toml"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("invalid partition"));
    assert!(!project.at(".tallow/jobs/tiny-1").exists());
}
