//! What the system may do to a command: a pipe that nobody reads, a disk that fails, a kill at a chosen system call.
//!
//! Faults are injected by `strace`; without it those tests are skipped with a word.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{differing, digest, end, said, tallow, tallow_under};
use crate::support::{other, record};
use tallow::store::Store;

const SMALL: &str = "\
seeds = 4
[train]
dataset = 'xor'
hidden = [3]
points = 100
epochs = 10
batch_size = 25
[grid]
learning_rate = [0.01, 0.1]
";

pub struct Project(tempfile::TempDir);

impl Project {
    pub fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        std::fs::write(project.at("small.toml"), SMALL).expect("writes");
        project
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }
}

/// The same command under `strace` with these options; `None` where that cannot trace.
pub fn traced(options: &[&str], folder: &Path, arguments: &str) -> Option<Command> {
    let able = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    if !able.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: strace cannot trace here");
        return None;
    }
    Some(tallow_under(&[&["strace", "-f", "-qq"], options].concat(), folder, arguments))
}

/// The exit code of a command whose output nobody reads.
fn unread(command: &mut Command) -> Option<i32> {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    command.stdout(writer).stderr(std::process::Stdio::null()).status().expect("starts").code()
}

#[test]
fn a_verdict_survives_that_nobody_reads_it() {
    let project = Project::new();
    let run = |arguments: &str| unread(&mut tallow(project.folder(), arguments));
    assert_eq!(run("sweep small.toml"), Some(0));
    for sound in
        ["report small.toml --check", "store check", "verify small.toml --all", "diff reports/small reports/small"]
    {
        assert_eq!(run(sound), Some(0), "{sound}");
    }
    std::fs::write(project.at("reports/small/runs.csv"), "changed").expect("writes");
    assert_eq!(run("report small.toml --check"), Some(1));
    let fill =
        |name: &str, record| Store::open(&project.at(name), "test").and_then(|mut store| store.append(&[record]));
    fill("a.db", record(1, 5)).and_then(|()| fill("b.db", other(1, 5))).expect("stores");
    assert_eq!(run("store merge a.db b.db --into both.db"), Some(1));
    let mut bytes = std::fs::read(project.at("a.db")).expect("reads");
    // The end of the second page, where the rows of the runs begin.
    bytes[2 * 16384 - 64..2 * 16384].fill(0x5a);
    std::fs::write(project.at("a.db"), bytes).expect("writes");
    assert_eq!(run("store check --store a.db"), Some(1));
    assert_eq!(run("verify small.toml --all"), Some(0));
    let mut fails = tallow(project.folder(), "sweep small.toml --set epochs=11");
    assert_eq!(unread(fails.env("__TALLOW_PANIC_AT_SEED", "2")), Some(1));
}

#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let project = Project::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let output = tallow(project.folder(), "plan small.toml").stdout(full).output().expect("starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write the result: "));
}

#[test]
fn a_disk_that_fails_is_not_called_full() {
    let project = Project::new();
    let sweep = "sweep small.toml --quiet --no-report";
    for call in ["pwrite64", "fdatasync,fsync"] {
        let log = project.at(".tallow/store.db-wal");
        let inject = format!("inject={call}:error=EIO:when=2+");
        let options = ["-o", "/dev/null", "-e", &inject, "-P", log.to_str().expect("a path")];
        let Some(mut command) = traced(&options, project.folder(), sweep) else { return };
        let (code, _, stderr) = end(&mut command);
        assert_eq!(code, Some(1), "{call}: {stderr}");
        assert!(stderr.starts_with("error: the store `.tallow/store.db` failed: disk I/O error"), "{call}: {stderr}");
        assert!(!stderr.contains("room"), "{call}: {stderr}");
        assert!(said(project.folder(), "store check").contains("sound"));
    }
    said(project.folder(), sweep);
}

#[test]
fn threads_that_the_system_refuses_are_done_without_and_told() {
    let project = Project::new();
    said(project.folder(), "sweep small.toml --quiet --store whole.db --out whole");
    // The first thread listens for signals.
    for (refused, words) in [("3+", "only 1 thread"), ("2+", "no thread of its own")] {
        let inject = format!("inject=clone,clone3:error=EAGAIN:when={refused}");
        let options = ["-o", "/dev/null", "-e", "trace=clone,clone3", "-e", &inject];
        let store = refused.trim_end_matches('+');
        let arguments = format!("sweep small.toml --jobs 4 --store {store}.db --out out{store}");
        let Some(mut command) = traced(&options, project.folder(), &arguments) else { return };
        let (code, _, stderr) = end(&mut command);
        assert_eq!(code, Some(0), "{refused}: {stderr}");
        assert!(stderr.contains(&format!("warning: the system lets this process have {words}")), "{refused}: {stderr}");
        assert_eq!(differing(&project.at("whole"), &project.at(&format!("out{store}"))), [""; 0]);
    }
}

#[test]
fn a_run_that_does_not_fit_in_memory_is_refused_by_name_and_the_others_are_trained() {
    let project = Project::new();
    let text = "[grid]\ndataset = 'xor'\nhidden = [[3], [9000, 9000], [4]]\nepochs = 1\npoints = 10\nbatch_size = 10\n";
    std::fs::write(project.at("large.toml"), text).expect("writes");
    let limit = ["sh", "-c", "ulimit -v 1000000 && exec \"$0\" \"$@\""];
    let (code, _, stderr) = end(&mut tallow_under(&limit, project.folder(), "sweep large.toml --jobs 2 --no-report"));
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("2 trained") && stderr.contains("1 failed"), "{stderr}");
    assert!(
        stderr.contains("failed: training needs 1.5 GiB of memory, and ") && stderr.contains("again: "),
        "{stderr}"
    );
}

#[test]
fn train_and_verify_refuse_a_run_that_does_not_fit_in_memory() {
    let project = Project::new();
    let text = "[grid]\ndataset = 'xor'\nhidden = [[3], [3000, 3000]]\nepochs = 1\npoints = 10\nbatch_size = 10\n";
    std::fs::write(project.at("large.toml"), text).expect("writes");
    said(project.folder(), "sweep large.toml --no-report");
    let limit = ["sh", "-c", "ulimit -v 180000 && exec \"$0\" \"$@\""];
    let under = |arguments: &str| end(&mut tallow_under(&limit, project.folder(), arguments));
    let why = "training needs 172.2 MiB of memory, and ";
    let (code, stdout, stderr) = under("verify large.toml --all --jobs 1");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains(&format!("could not be trained again: {why}")), "{stdout}{stderr}");
    assert!(stdout.contains("1 equal to the bit, 0 differ, 1 not trained"), "{stdout}");
    let (code, _, stderr) = under("train --hidden 3000,3000 --epochs 1 --set points=10 --batch-size 10");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.starts_with(&format!("error: {why}")), "{stderr}");
}

#[test]
fn deep_networks_train_or_are_refused_by_their_depth() {
    let project = Project::new();
    let layers = |count: usize| format!("--set hidden=[[{}]]", vec!["2"; count].join(","));
    let text = "[grid]\ndataset = 'xor'\nlib = ['candle-nn', 'fused']\nepochs = 1\npoints = 10\nbatch_size = 10\n";
    std::fs::write(project.at("deep.toml"), text).expect("writes");
    let sweep = |count: usize| {
        end(&mut tallow(project.folder(), &format!("sweep deep.toml --jobs 2 --no-report {}", layers(count))))
    };
    let (code, _, stderr) = sweep(10_000);
    assert!(code == Some(0) && stderr.contains("2 trained"), "{code:?}: {}", &stderr[..stderr.len().min(500)]);
    let (code, _, stderr) = sweep(10_001);
    assert!(code == Some(2) && stderr.contains("this network is too large to be trained"), "{code:?}");
}

#[test]
fn a_run_that_ends_the_process_is_named_set_apart_and_the_others_are_trained() {
    /// One run of each seed.
    const ONE: &str = "--set learning_rate=0.1";
    let project = Project::new();
    let sweep = |arguments: &str| {
        let mut sweep = tallow(project.folder(), &format!("sweep small.toml --no-report {ONE} {arguments}"));
        end(sweep.env("__TALLOW_ABORT_AT_SEED", "2"))
    };
    let journal = project.at(".tallow/store.db-running");
    assert_eq!(sweep("--jobs 1").0, None, "the process is ended by a signal");
    assert!(journal.exists());
    let (code, _, stderr) = sweep("--jobs 2");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("the last sweep into this store crashed or was killed while it trained "), "{stderr}");
    assert!(stderr.contains("failed: the process that trained it ended with signal: 6 (SIGABRT)"), "{stderr}");
    assert!(stderr.contains(" 1 failed"), "{stderr}");
    let (code, _, stderr) = sweep("--jobs 2");
    assert!(code == Some(1) && stderr.contains("0 trained"), "it ends no process the next time either: {stderr}");
    let (code, _, stderr) = end(&mut tallow(project.folder(), &format!("sweep small.toml --no-report {ONE}")));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!journal.exists(), "nothing is noted any more");
    assert!(said(project.folder(), &format!("verify small.toml --all {ONE}")).contains("4 equal to the bit, 0 differ"));
}

#[test]
fn with_isolate_every_run_has_a_process_of_its_own_and_the_same_bits() {
    let project = Project::new();
    let mut sweep = tallow(project.folder(), "sweep small.toml --isolate --no-report --jobs 2");
    let (code, _, stderr) = end(sweep.env("__TALLOW_ABORT_AT_SEED", "2"));
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("6 trained") && stderr.contains("2 failed"), "{stderr}");
    said(project.folder(), "sweep small.toml --isolate --no-report");
    said(project.folder(), "sweep small.toml --no-report --store other.db");
    assert_eq!(digest(project.folder(), ".tallow/store.db"), digest(project.folder(), "other.db"));
}

#[test]
fn a_plan_of_hostile_size_ends_or_is_refused_in_short() {
    let project = Project::new();
    let head = "seeds = 1\n[train]\ndataset = 'xor'\nepochs = 1\n";
    let axes = |from: usize| -> String {
        let values = |n: usize| (from..from + n).map(|i| (i + 1).to_string()).collect::<Vec<_>>().join(", ");
        format!(
            "points = [{}]\nbatch_size = [{}]\nepochs = [{}]\nhidden = [[1], [2], [3], [4]]\n",
            values(40),
            values(40),
            values(40)
        )
    };
    let half = |i: usize| {
        let some = |k: usize| {
            (1..=40).filter(|n| (i * 7919 + n * k) % 5 < 3).map(|n| n.to_string()).collect::<Vec<_>>().join(", ")
        };
        format!(
            "[[exclude]]\npoints = [{}]\nbatch_size = [{}]\nepochs = [{}]\n",
            some(i % 11 + 1),
            some(i % 13 + 2),
            some(i % 17 + 3)
        )
    };
    let excludes: String = (0..300).map(half).collect();
    let grids: String = (0..1000).map(|i| format!("[[grid]]\n{}", axes(i % 37))).collect();
    let many = (1..=1000).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let includes: String =
        (0..30).map(|_| format!("[[include]]\npoints = [{many}]\nbatch_size = [{many}]\n")).collect();
    let head_of_grids = head.replace("epochs = 1\n", "");
    for (name, text) in [
        ("excludes", format!("{head_of_grids}[grid]\n{}{excludes}", axes(0))),
        ("grids", format!("{head_of_grids}{grids}")),
        ("includes", format!("{head}[grid]\nhidden = [[2], [3]]\n{includes}")),
    ] {
        std::fs::write(project.at("hostile.toml"), text).expect("writes");
        let limit = ["sh", "-c", "ulimit -v 1800000 -t 60 && exec \"$0\" \"$@\""];
        let (code, _, stderr) = end(&mut tallow_under(&limit, project.folder(), "plan hostile.toml"));
        assert!(code == Some(0) || code == Some(2), "{name}: {code:?}: {}", &stderr[..stderr.len().min(500)]);
        assert!(code == Some(0) || stderr.lines().count() <= 4, "{name}: {}", &stderr[..stderr.len().min(500)]);
    }
}
