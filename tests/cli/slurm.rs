//! A real Slurm of two nodes, and what may go wrong on it. Whatever does, the merged store has every run once and the
//! report is the local sweep's to the byte.
//!
//! Skips with a word where Slurm is not installed (Debian: slurmctld slurmd slurm-client munge) or the user is not root.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use crate::command::program;

/// A run takes about a quarter of a second.
const EPOCHS: usize = if cfg!(debug_assertions) { 4000 } else { 10_000 };

/// Sixteen runs.
fn experiment() -> String {
    let train = "dataset = \"xor\"\nhidden = [2]\npoints = 1000\nbatch_size = 10";
    format!("seeds = 8\n[train]\n{train}\nepochs = {EPOCHS}\n[grid]\noptimizer = [\"adam\", \"sgd\"]\n")
}

const RUNS: u64 = 16;

/// Whatever is waited for comes within this time, or the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program under test, as one word.
static TALLOW: LazyLock<String> = LazyLock::new(|| program().into_string().expect("a path in UTF-8"));

/// A project on a cluster of its own, one at a time on this machine.
struct Cluster {
    folder: tempfile::TempDir,
    mounted: Option<PathBuf>,
    _turn: File,
}

impl Cluster {
    /// Starts it; `None` if that cannot be done on this machine.
    fn start() -> Option<Self> {
        let turn = File::create(std::env::temp_dir().join("tallow-slurm-test.lock")).expect("a file");
        turn.lock().expect("a turn");
        let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let cluster = Self { folder: tempfile::tempdir().expect("a folder"), mounted: None, _turn: turn };
        std::fs::create_dir(cluster.project()).expect("makes");
        std::fs::write(cluster.project().join("grid.toml"), experiment()).expect("writes");
        let started = if root {
            cluster.control(&["up"], &["2", "1", &std::process::id().to_string()]).status.code()
        } else {
            Some(3)
        };
        if started == Some(3) {
            eprintln!("skipped: Slurm is not installed (slurmctld slurmd slurm-client munge), or not for root");
            return None;
        }
        assert_eq!(started, Some(0), "the cluster starts");
        Some(cluster)
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// `cluster.sh WORDS[0] DIR MORE…`
    fn control(&self, action: &[&str], more: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/cluster.sh");
        let at = self.folder.path().join("cluster");
        // The daemons that it starts would hold a pipe open.
        let said = File::create(self.folder.path().join("control.log")).expect("a file");
        let mut command = Command::new("bash");
        command.arg(script).args(action).arg(at).args(more).stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        command.output().expect("bash starts")
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.project()).args(arguments).stdin(Stdio::null());
        command.env("SLURM_CONF", self.folder.path().join("cluster/slurm.conf"));
        command
    }

    fn tallow(&self, arguments: &[&str]) -> Output {
        let limit = PATIENCE.as_secs().to_string();
        self.command("timeout", &[&[limit.as_str(), TALLOW.as_str()], arguments].concat()).output().expect("starts")
    }

    /// Standard output of a command that must end with that code.
    fn said(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.tallow(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}\n{}", self.logs());
        String::from_utf8(output.stdout).expect("text")
    }

    /// A command that goes on meanwhile.
    fn begin(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(&TALLOW, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    }

    /// Everything the tasks said.
    fn logs(&self) -> String {
        let all = files(&self.project().join(".tallow"), Path::new(""));
        let logs = all.iter().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "log"));
        logs.map(|(path, text)| format!("{}:\n{}\n", path.display(), String::from_utf8_lossy(text))).collect()
    }

    /// `[runs, done, running, waiting, failed, missing]` of a submission.
    fn standing(&self, id: &str) -> [u64; 6] {
        let listed = self.said(0, &["jobs"]);
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(id)).expect("listed");
        let mut numbers = line.split_whitespace().skip(1).map(|word| word.parse().expect("a number"));
        std::array::from_fn(|_| numbers.next().expect("six numbers"))
    }

    /// Whether no job of a submission is in the queue any more, its last one included.
    fn is_over(&self) -> bool {
        let output = self.command("squeue", &["--noheader"]).output().expect("starts");
        output.status.success() && output.stdout.is_empty()
    }

    /// The attempts at a task that have stored a run: processes, oldest first.
    fn attempts(&self, task: usize) -> Vec<String> {
        let folder = self.project().join(format!(".tallow/jobs/grid-1/tasks/{task}"));
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut stems: Vec<String> = names.filter_map(|name| Some(name.strip_suffix(".db")?.to_owned())).collect();
        stems.sort();
        let begun = |stem: &String| {
            let store = folder.join(format!("{stem}.db"));
            let info = self.tallow(&["store", "info", "--store", &store.to_string_lossy()]).stdout;
            String::from_utf8_lossy(&info).lines().any(|line| line.contains("runs ") && !line.ends_with(" 0"))
        };
        let processes = stems.iter().filter(|stem| begun(stem)).filter_map(|stem| stem.rsplit('-').next());
        processes.map(str::to_owned).collect()
    }

    /// Submits two tasks and stops both while they are at it; the process of each.
    fn submit(&self) -> [String; 2] {
        self.said(0, &["submit", "grid.toml", "--tasks", "2"]);
        self.both()
    }

    /// The task that runs on a node.
    fn task_on(&self, node: &str) -> usize {
        let asked = ["--noheader", "--array", "--states=running", "--format=%K", "--nodelist", node];
        let output = self.command("squeue", &asked).output().expect("starts");
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("one task")
    }

    fn both(&self) -> [String; 2] {
        let mut processes = [None, None];
        until("both tasks to begin", || {
            for (task, process) in (1..).zip(&mut processes) {
                if process.is_none() {
                    *process = self.attempts(task).pop().inspect(|process| signal("-STOP", process));
                }
            }
            let [first, second] = &processes;
            Some([first.clone()?, second.clone()?])
        })
    }

    /// Waits until no job is left.
    fn end(&self) {
        until("the end", || self.is_over().then_some(()));
    }

    /// The store and the report are those of the local sweep.
    fn check(&self) {
        let info = self.said(0, &["store", "info"]);
        assert!(info.contains(&format!("runs    {RUNS}\n")), "{info}");
        let planned = self.said(0, &["plan", "grid.toml", "--format", "csv"]);
        assert!(planned.contains(&format!("\n{RUNS},0,{RUNS},")), "{planned}");
        assert!(!self.logs().contains("two outcomes"), "{}", self.logs());
        let local = local();
        assert_eq!(files(&self.project().join("reports"), Path::new("")), local.report);
        assert!(info.contains(&local.digest), "{info} {}", local.digest);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.control(&["down"], &[]);
        if let Some(path) = &self.mounted {
            let _ = Command::new("umount").arg(path).status();
        }
    }
}

struct Local {
    report: BTreeMap<PathBuf, Vec<u8>>,
    digest: String,
    said: String,
}

/// The sweep on this machine.
fn local() -> &'static Local {
    static LOCAL: OnceLock<Local> = OnceLock::new();
    LOCAL.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("grid.toml"), experiment()).expect("writes");
        let run = |arguments: &[&str]| {
            let output = Command::new(&*TALLOW).current_dir(folder.path()).args(arguments).output().expect("starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("text")
        };
        let said = run(&["sweep", "grid.toml", "--quiet"]);
        let info = run(&["store", "info"]);
        let digest = info.lines().find(|line| line.contains("digest")).expect("told").to_owned();
        Local { report: files(&folder.path().join("reports"), Path::new("")), digest, said }
    })
}

fn files(folder: &Path, inner: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder.join(inner)).into_iter().flatten().flatten() {
        let path = inner.join(entry.file_name());
        if entry.path().is_dir() {
            all.append(&mut files(folder, &path));
        } else if let Ok(bytes) = std::fs::read(entry.path()) {
            all.insert(path, bytes);
        }
    }
    all
}

/// Waits for something.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(signal: &str, process: &str) {
    assert!(Command::new("kill").args([signal, process]).status().is_ok_and(|status| status.success()));
}

/// Whether a process runs; one that has ended and is not waited for does not.
fn is_alive(process: &str) -> bool {
    let state = std::fs::read_to_string(Path::new("/proc").join(process).join("stat")).unwrap_or_default();
    state.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

#[test]
fn a_submission_that_is_waited_for_ends_as_the_local_sweep_also_if_the_controller_restarts() {
    let Some(cluster) = Cluster::start() else { return };
    let waiting = cluster.begin(&["submit", "grid.toml", "--tasks", "2", "--wait"]);
    let processes = cluster.both();
    let [runs, done, running, 0, 0, 0] = cluster.standing("grid-1") else { panic!("other numbers") };
    assert_eq!((runs, done + running), (RUNS, RUNS));
    assert!(cluster.control(&["restart"], &[]).status.success());
    processes.iter().for_each(|process| signal("-CONT", process));
    let output = waiting.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), local().said);
    assert_eq!(cluster.standing("grid-1"), [RUNS, RUNS, 0, 0, 0, 0]);
    cluster.check();
}

#[test]
fn the_job_that_merges_may_run_twice_at_once_and_again() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.submit().iter().for_each(|process| signal("-CONT", process));
    let script = ".tallow/jobs/grid-1/finish.sh";
    cluster.end();
    cluster.check();
    // Once more with nothing merged yet, twice at once.
    for path in ["reports", ".tallow/store.db", ".tallow/store.db-wal", ".tallow/store.db-shm"] {
        let path = cluster.project().join(path);
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    }
    let submitted =
        [0; 2].map(|_| cluster.command("sbatch", &[script]).stdout(Stdio::null()).status().expect("starts").success());
    assert_eq!(submitted, [true; 2]);
    cluster.end();
    cluster.check();
    cluster.said(0, &["jobs", "finish", "grid-1"]);
    cluster.check();
}

#[test]
fn what_a_killed_task_leaves_is_merged_and_the_rest_submitted_again() {
    let Some(cluster) = Cluster::start() else { return };
    let [killed, other] = cluster.submit();
    signal("-KILL", &killed);
    signal("-CONT", &other);
    cluster.end();
    let [RUNS, done, 0, 0, 0, missing] = cluster.standing("grid-1") else { panic!("other numbers") };
    assert!(done > RUNS / 2 && missing > 0, "{done} done, {missing} missing");
    assert!(!cluster.project().join("reports").exists(), "no report of a part");
    let said = cluster.said(0, &["jobs", "resubmit", "grid-1", "--wait"]);
    assert_eq!(said, local().said);
    assert_eq!(cluster.standing("grid-2"), [missing, missing, 0, 0, 0, 0]);
    cluster.check();
}

#[test]
fn a_task_whose_node_crashes_starts_again_on_the_other() {
    let Some(cluster) = Cluster::start() else { return };
    let processes = cluster.submit();
    let lost = cluster.task_on("n1");
    assert!(cluster.control(&["crash"], &["n1"]).status.success());
    signal("-CONT", &processes[2 - lost]);
    cluster.end();
    assert_eq!([cluster.attempts(lost).len(), cluster.attempts(3 - lost).len()], [2, 1]);
    assert!(cluster.logs().contains("taken over from"), "{}", cluster.logs());
    assert_eq!(cluster.standing("grid-1"), [RUNS, RUNS, 0, 0, 0, 0]);
    cluster.check();
}

#[test]
fn a_task_that_runs_twice_at_once_does_no_harm() {
    let Some(cluster) = Cluster::start() else { return };
    let first = cluster.submit();
    let task = cluster.task_on("n1");
    // Its daemon gone, the node counts as lost; the task on it goes on, unseen.
    signal("-CONT", &first[2 - task]);
    assert!(cluster.control(&["orphan"], &["n1"]).status.success());
    let second = until("a second copy", || cluster.attempts(task).into_iter().nth(1));
    signal("-CONT", &first[task - 1]);
    assert!(is_alive(&second), "both copies run");
    cluster.end();
    until("the end of the first copy", || (!is_alive(&first[task - 1])).then_some(()));
    cluster.said(0, &["jobs", "finish", "grid-1"]);
    cluster.check();
}

#[test]
fn a_task_whose_disk_is_full_leaves_what_it_could_store() {
    let Some(mut cluster) = Cluster::start() else { return };
    let nodes = |state: &str| {
        let arguments = ["update", "nodename=n1,n2", "reason=test", state];
        assert!(cluster.command("scontrol", &arguments).status().is_ok_and(|status| status.success()));
    };
    nodes("state=drain");
    cluster.said(0, &["submit", "grid.toml", "--tasks", "2"]);
    let folder = cluster.project().join(".tallow/jobs/grid-1/tasks/1");
    // Room for some of the eight runs, each of which has two histories.
    let size = format!("size={}k", EPOCHS * 72 / 1000);
    let mut mount = Command::new("mount");
    if !mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&folder).status().is_ok_and(|done| done.success()) {
        eprintln!("skipped: no file system can be mounted");
        return;
    }
    nodes("state=resume");
    cluster.mounted = Some(folder);
    cluster.end();
    assert!(cluster.logs().contains("no room"), "{}", cluster.logs());
    let [RUNS, done, 0, 0, 0, missing] = cluster.standing("grid-1") else { panic!("other numbers") };
    assert!(done >= RUNS / 2 && missing > 0, "{done} done, {missing} missing\n{}", cluster.logs());
    cluster.said(0, &["jobs", "resubmit", "grid-1", "--wait"]);
    cluster.check();
}
