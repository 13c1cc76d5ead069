//! `tallow submit` and `tallow jobs` against a stand-in for Slurm that runs every task at once, in turn. The real one is
//! in `slurm.rs`.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use crate::command::{differing, end, ended, program, tallow};

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

    /// `tallow` with the stand-in before any true Slurm.
    fn command(&self, arguments: &str) -> Command {
        let path = format!("{}:{}", self.at("fake").display(), std::env::var("PATH").expect("a path"));
        let mut command = tallow(self.0.path(), arguments);
        command.env("PATH", path).env("FAKE", self.at("fake"));
        command
    }

    /// Standard output of a command that must end with this exit code.
    fn said(&self, code: i32, arguments: &str) -> String {
        ended(code, &mut self.command(arguments))
    }

    /// The same where some of the tasks never run.
    fn skipping(&self, tasks: &str, code: i32, arguments: &str) -> String {
        ended(code, self.command(arguments).env("SKIP", tasks))
    }

    /// Standard error of a command that must end with this exit code.
    fn refused(&self, code: i32, arguments: &str) -> String {
        let (ended, _, stderr) = end(&mut self.command(arguments));
        assert_eq!(ended, Some(code), "{stderr}");
        stderr
    }

    /// The numbers of a submission as `tallow jobs` tells them.
    fn standing(&self, id: &str) -> Vec<u64> {
        let listed = self.said(0, "jobs");
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(id)).expect("listed");
        line.split_whitespace().skip(1).take(6).map(|number| number.parse().expect("a number")).collect()
    }

    /// Files of the report that differ from the local sweep's.
    fn differing(&self) -> Vec<String> {
        differing(&self.at("local"), &self.at("reports"))
    }
}

/// `[runs, done, running, waiting, failed, missing]` of `tallow jobs`.
fn done(runs: u64) -> Vec<u64> {
    vec![runs, runs, 0, 0, 0, 0]
}

#[test]
fn a_dry_run_prints_the_scripts_and_leaves_no_trace() {
    let project = Project::new();
    let arguments = "submit tiny.toml --engine slurm --tasks 4 --queue short --time 1:00:00 --cpus 2 --dry-run";
    let more = ["--sbatch-arg", "--account=lab", "--set", "learning_rate=[0.1, 0.2]", "--only", "optimizer=adam"];
    let said = ended(0, project.command(arguments).args(more));
    assert!(!project.at(".tallow").exists());
    assert!(!project.at("fake/calls").exists());
    let name = said.split("--job-name=").nth(1).and_then(|rest| rest.lines().next()).expect("a name");
    let place = project.0.path().canonicalize().expect("exists");
    let said = said.replace(name, "tallow-tiny-1-…").replace(program().to_str().expect("text"), "/bin/tallow");
    insta::assert_snapshot!(said.replace(place.to_str().expect("text"), "/project"));
}

#[test]
fn a_submission_ends_as_the_local_sweep_does() {
    let project = Project::new();
    let local = project.said(0, "sweep tiny.toml --quiet --store local.db --out local");
    let waited = project.said(0, "submit tiny.toml --tasks 5 --wait");
    assert_eq!(waited, local.replace("report: local/", "report: reports/"));
    assert_eq!(project.differing(), [""; 0]);
    assert_eq!(project.standing("tiny-1"), done(24));
    assert!(project.read("fake/calls").lines().nth(1).expect("two jobs").contains("--dependency=afterany:1 "));
    let again = project.said(0, "submit tiny.toml");
    assert_eq!(again, waited, "all is stored: the report, and no further job");
    assert_eq!(project.read("fake/number"), "2\n");
}

#[test]
fn what_is_missing_is_submitted_again_and_nothing_else() {
    let project = Project::new();
    project.said(0, "sweep tiny.toml --quiet --store local.db --out local");
    project.skipping("2 4", 1, "submit tiny.toml --tasks 4 --wait");
    let [runs, done_runs, .., missing] = project.standing("tiny-1")[..] else { panic!("six numbers") };
    assert_eq!((runs, done_runs + missing), (24, 24));
    assert!(missing > 0 && done_runs > 0 && !project.at("reports").exists());
    // The file may change meanwhile: what was submitted is kept.
    project.write("tiny.toml", "no longer an experiment");
    project.said(0, "jobs resubmit tiny-1 --tasks 3 --wait");
    let trained = project
        .read("fake/log")
        .lines()
        .filter_map(|line| line.split(" runs: ").nth(1)?.split(' ').next()?.parse::<u64>().ok())
        .sum::<u64>();
    assert_eq!(trained, 24 + 24, "each run trained once, and once told in the sum at the end");
    assert_eq!(project.standing("tiny-1"), done(24));
    assert_eq!(project.standing("tiny-2"), done(missing));
    assert_eq!(project.differing(), [""; 0]);
    project.said(0, "jobs resubmit tiny-1");
    assert!(!project.at(".tallow/jobs/tiny-3").exists(), "nothing is missing any more");
}

#[test]
fn runs_that_are_under_way_are_not_submitted_twice() {
    let project = Project::new();
    project.skipping("1 2 3", 0, "submit tiny.toml --tasks 3");
    let record = project.read(".tallow/jobs/tiny-1/submission.json");
    let name = record.split("\"name\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
    project
        .write("fake/queue", &format!("1_1|RUNNING|{name}\n1_2|PENDING|{name}\n1_3|FAILED|{name}\n2|PENDING|{name}\n"));
    let [24, 0, running, waiting, 0, missing] = project.standing("tiny-1")[..] else { panic!("other numbers") };
    assert_eq!(running + waiting + missing, 24);
    project.said(0, "jobs resubmit tiny-1");
    let [resubmitted, ..] = project.standing("tiny-2")[..] else { panic!("no numbers") };
    assert_eq!(resubmitted, missing);
    project.write("fake/queue", &format!("1_1|RUNNING|{name}\n1_2|PENDING|{name}\n1_3|REQUEUED|{name}\n"));
    let refused = project.refused(2, "submit tiny.toml");
    assert!(refused.contains("under way in tiny-1"), "{refused}");
    project.said(0, "jobs cancel tiny-1");
    assert_eq!(project.read("fake/scancel"), format!("--name={name}\n"));
    project.refused(2, "jobs cancel tiny-9");
}

#[test]
fn runs_that_fail_are_told_and_reported_as_by_a_local_sweep() {
    let project = Project::new();
    let run = |arguments: &str| {
        let (code, _, stderr) = end(project.command(arguments).env("__TALLOW_PANIC_AT_SEED", "3"));
        assert_eq!(code, Some(1), "{stderr}");
        stderr
    };
    run("sweep tiny.toml --quiet --store local.db --out local");
    let told = run("submit tiny.toml --tasks 3 --wait");
    assert_eq!(told.matches("was told to panic").count(), 4, "{told}");
    assert_eq!(project.differing(), [""; 0]);
    assert_eq!(project.standing("tiny-1"), [24, 20, 0, 0, 4, 0]);
    // They are missing too, and may do better the next time.
    project.said(0, "jobs resubmit tiny-1 --wait");
    assert_eq!(project.standing("tiny-2"), done(4));
}

#[test]
fn a_damaged_store_of_a_task_costs_what_is_damaged_and_no_more() {
    let project = Project::new();
    project.said(0, "sweep tiny.toml --quiet --store local.db --out local");
    project.said(0, "submit tiny.toml --tasks 2");
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
        project.said(code, "jobs finish tiny-1");
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
    project.said(0, "jobs resubmit tiny-1 --wait");
    assert_eq!(project.standing("tiny-2"), done(missing));
    assert_eq!(project.differing(), [""; 0]);
}

#[test]
fn what_slurm_says_is_told() {
    let project = Project::new();
    let sbatch = project.at("fake/sbatch");
    std::fs::write(&sbatch, "#!/bin/sh\necho 'sbatch: error: invalid partition' >&2\nexit 1\n").expect("writes");
    let refused = project.refused(1, "submit tiny.toml");
    assert!(refused.contains("invalid partition"), "{refused}");
    assert!(!project.at(".tallow/jobs/tiny-1").exists());
}

#[test]
fn a_broken_record_is_named_and_holds_up_no_other_submission() {
    let project = Project::new();
    project.said(0, "submit tiny.toml --tasks 2 --only epochs=2");
    project.said(0, "submit tiny.toml --tasks 2");
    let (path, whole) = (".tallow/jobs/tiny-1/submission.json", project.read(".tallow/jobs/tiny-1/submission.json"));
    let name = whole.split("\"name\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name").to_owned();
    let changed = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}: {whole}");
        whole.replacen(from, to, 1)
    };
    for broken in [
        "{ cut short".to_owned(),
        changed("\"tiny-1\"", "\"../../evil\""),
        changed(&name, "x\\n#SBATCH --uid=0"),
        changed("\"tasks\": 2", "\"tasks\": 1000000000000"),
        changed("\".tallow/store.db\"", "\"../../evil.db\""),
        changed("\"out\": \"reports\"", "\"out\": \"../evil\""),
        changed("\"tiny.toml\"", "\"a\\ntouch evil\""),
        changed("\"queue\": null", "\"queue\": \"a\\nb\""),
    ] {
        project.write(path, &broken);
        let (code, stdout, stderr) = end(&mut project.command("jobs"));
        assert!(
            code == Some(0) && stdout.contains("tiny-2") && !stdout.contains("tiny-1"),
            "{broken}: {stdout}{stderr}"
        );
        assert!(stderr.contains(&format!("warning: `{path}` cannot be used: ")), "{broken}: {stderr}");
        for command in ["jobs finish", "jobs cancel", "jobs resubmit"] {
            let refused = project.refused(1, &format!("{command} tiny-1"));
            assert!(refused.starts_with(&format!("error: `{path}` cannot be used: ")), "{refused}");
        }
        project.said(0, "jobs finish tiny-2");
    }
    project.said(0, "jobs cancel tiny-2");
    for id in ["../tiny-1", "/etc", ".", ""] {
        let refused = end(project.command("jobs finish").arg(id));
        assert!(refused.0 == Some(2) && refused.2.contains("there is no submission"), "{id}: {refused:?}");
    }
    project.write(path, &whole);
    project.said(0, "jobs finish tiny-1");
    assert!(!project.at("../evil.db").exists() && !project.at("evil").exists());
}

#[test]
fn a_file_name_that_would_be_run_by_a_shell_is_refused_or_quoted() {
    let project = Project::new();
    let submit = |name: &str| end(project.command("submit").arg(name).args(["--tasks", "2"]));
    std::fs::copy(project.at("tiny.toml"), project.at("a\ntouch evil\n.toml")).expect("copies");
    let (code, _, stderr) = submit("a\ntouch evil\n.toml");
    assert!(code == Some(2) && stderr.contains(r"`a\ntouch evil\n.toml` cannot stand in a script"), "{stderr}");
    assert!(!project.at(".tallow/jobs").exists());
    for name in ["$(touch evil).toml", "`touch evil`.toml", "a b; touch evil #.toml", "it's \"%a\".toml"] {
        std::fs::copy(project.at("tiny.toml"), project.at(name)).expect("copies");
        let (code, _, stderr) = submit(name);
        assert_eq!(code, Some(0), "{name}: {stderr}");
        // The next one finds all runs in the store.
        std::fs::remove_dir_all(project.at(".tallow")).expect("removes");
    }
    assert!(!project.read("fake/log").contains("rror"), "{}", project.read("fake/log"));
    assert!(!project.at("evil").exists());
}

#[test]
fn an_sbatch_that_answers_in_words_loses_no_job() {
    let project = Project::new();
    let sbatch = project.read("fake/sbatch");
    project.write("fake/sbatch", &sbatch.replace("echo \"$number\"\n", "echo 'Your job was accepted, thank you'\n"));
    let refused = project.refused(1, "submit tiny.toml --tasks 2");
    assert!(refused.contains("`sbatch` names no job: it said `Your job was accepted"), "{refused}");
    assert!(refused.contains("tallow jobs finish tiny-1"), "{refused}");
    project.said(0, "jobs finish tiny-1");
    assert_eq!(project.standing("tiny-1"), done(24));
    project.write(
        "fake/sbatch",
        &sbatch.replace("echo \"$number\"\n", "echo Hello; echo \"Submitted batch job $number\"\n"),
    );
    project.said(0, "submit tiny.toml --tasks 2 --set seeds=7");
    assert!(project.read("fake/calls").contains("--dependency=afterany:2 "));
}

#[test]
fn submissions_made_at_once_have_folders_of_their_own_and_a_killed_one_leaves_nothing() {
    let project = Project::new();
    let left = project.at(".tallow/jobs/.tallow-0123456789abcdef");
    std::fs::create_dir_all(left.join("slices")).expect("creates");
    let seeds = [4, 5, 6, 7].map(|seeds| format!("submit tiny.toml --tasks 2 --set seeds={seeds} --store {seeds}.db"));
    let children: Vec<_> = seeds.iter().map(|arguments| project.command(arguments).spawn().expect("starts")).collect();
    for mut child in children {
        assert!(child.wait().expect("ends").success());
    }
    let folders = std::fs::read_dir(project.at(".tallow/jobs")).expect("a folder").count();
    assert!(folders == 4 && !left.exists(), "{folders} folders");
}
