//! What the system may do to a command: a pipe that nobody reads, a disk that fails, a kill at a chosen system call.
//!
//! Faults are injected by `strace`; without it those tests are skipped with a word.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{end, said, tallow, tallow_under};
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
    // All but the first page, which has the tables' text.
    bytes[1 << 14..].fill(0x5a);
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
