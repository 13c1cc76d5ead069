//! What may befall a sweep on the command line, `kill -9` at random moments first, costs no stored run and leaves no trace.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{differing, end, ended, limited, tallow, tallow_under, told};
use crate::support::{other, record};
use tallow::plan::RunId;
use tallow::rng::{Purpose, Stream};
use tallow::store::{Provenance, Record, Store, StoreError, check};

const KILLS: usize = 100;

/// Sweeps that must have stored something before they were killed, however fast the machine; commonly it is twice as many
/// and more.
const MIDWAY: usize = 12;

const EXPERIMENT: &str = r#"
name = "killed"
seeds = 40

[grid]
dataset = "xor"
hidden = [16]
activation = "relu"
learning_rate = [0.003, 0.01, 0.03]
optimizer = ["sgd", "adam"]

[train]
points = 500
epochs = 600
batch_size = 10
"#;

const RUNS: usize = 240;

struct Sandbox(tempfile::TempDir);

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self(tempfile::tempdir().expect("a folder"));
        std::fs::write(sandbox.at("killed.toml"), EXPERIMENT).expect("writes");
        sandbox
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn sweep(&self) -> Command {
        tallow(self.0.path(), "sweep killed.toml --jobs 2")
    }

    fn stored(&self) -> BTreeMap<RunId, Provenance> {
        let mut stored = BTreeMap::new();
        let visited = Store::read_or_empty(&self.at(".tallow/store.db")).and_then(|store| {
            store.visit(|record| {
                stored.insert(record.id, record.provenance);
                Ok::<_, StoreError>(())
            })
        });
        visited.expect("no row is wrong");
        stored
    }

    fn reports(&self) -> PathBuf {
        self.at("reports")
    }
}

/// Kills come at random moments of a reach that is found as it goes, on a slow machine or a fast one: longer while nothing
/// is stored, shorter while the runs are used up faster than the kills.
#[test]
fn a_sweep_killed_a_hundred_times_ends_as_an_undisturbed_one() {
    let (killed, undisturbed) = (Sandbox::new(), Sandbox::new());
    let many = EXPERIMENT.replace("seeds = 40", "seeds = 800");
    let runs = 800 * RUNS / 40;
    for sandbox in [&killed, &undisturbed] {
        std::fs::write(sandbox.at("killed.toml"), &many).expect("writes");
    }
    let mut moments = Stream::new(Purpose::Sample, "kills", 5);
    let mut stored = BTreeMap::new();
    let (mut midway, mut reach) = (0, Duration::from_millis(600));
    for kill in 0..KILLS {
        let mut child = killed.sweep().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(reach.mul_f64(moments.uniform(0.0, 1.0)));
        assert!(child.try_wait().expect("is asked").is_none(), "the sweep ended before kill {kill}");
        child.kill().and_then(|()| child.wait()).expect("is killed");
        let now = killed.stored();
        // Equal provenance, its time included: kept, and not trained again.
        assert!(stored.iter().all(|(id, provenance)| now.get(id) == Some(provenance)), "a run was lost or repeated");
        let new = now.len() - stored.len();
        midway += usize::from(new > 0);
        let ahead = now.len() * KILLS > runs * (kill + 1) * 4 / 5;
        reach = reach.mul_f64(if ahead {
            0.7
        } else if new == 0 {
            1.2
        } else {
            1.0
        });
        stored = now;
    }
    let left = runs - stored.len();
    println!("{midway} of {KILLS} kills came after something was stored; {left} of {runs} runs were left");
    assert!(midway >= MIDWAY, "only {midway} sweeps lived long enough to store a run");
    assert!(left > 0, "nothing was left to resume");
    let (code, _, told) = end(&mut killed.sweep());
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("{left} trained")), "{left} runs were left: {told}");
    assert!(told.contains(&format!("{} cached", stored.len())), "{told}");
    assert_eq!(killed.stored().len(), runs);
    assert_eq!(check(&killed.at(".tallow/store.db")).expect("reads").flaws, Vec::<String>::new());

    ended(0, &mut undisturbed.sweep());
    assert_eq!(differing(&killed.reports(), &undisturbed.reports()), Vec::<String>::new());
}

const SMALL: &str = "seeds = 4\n[train]\ndataset = 'xor'\npoints = 100\nepochs = 10\nbatch_size = 25\n\
    [grid]\nlearning_rate = [0.01, 0.1]\n";

fn small() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.at("small.toml"), SMALL).expect("writes");
    sandbox
}

#[test]
fn a_second_sweep_at_once_is_told_who_holds_the_store_and_nothing_is_trained_twice() {
    let sandbox = Sandbox::new();
    let mut first = sandbox.sweep().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    while !sandbox.at(".tallow/store.db").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (code, _, stderr) = told(sandbox.0.path(), "sweep killed.toml --quiet");
    let holder = format!("process {}", first.id());
    assert!(code == Some(2) && stderr.contains(&holder), "{code:?}: {stderr}");
    first.kill().and_then(|()| first.wait()).expect("is killed");
    let (code, _, stderr) = told(sandbox.0.path(), "sweep killed.toml --max-runs 1 --no-report");
    assert!(code == Some(0) && stderr.contains("1 trained"), "{code:?}: {stderr}");
}

#[test]
fn a_store_has_one_lock_whatever_link_leads_to_it() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.at("elsewhere")).expect("a folder");
    std::os::unix::fs::symlink("elsewhere/store.db", sandbox.at("link.db")).expect("a link");
    let _held = Store::open(&sandbox.at("elsewhere/store.db"), "this test").expect("opens");
    let (code, _, stderr) = told(sandbox.0.path(), "sweep killed.toml --quiet --store link.db");
    assert!(code == Some(2) && stderr.contains("`this test`"), "{code:?}: {stderr}");
    for name in ["file:x.db", ":memory:"] {
        let (code, _, stderr) =
            told(sandbox.0.path(), &format!("sweep killed.toml --quiet --max-runs 1 --store {name}"));
        assert!(code == Some(0) && sandbox.at(name).exists(), "{code:?}: {stderr}");
    }
}

#[test]
fn a_run_trained_again_with_other_bits_is_told() {
    let sandbox = small();
    let run = |arguments: &str| told(sandbox.0.path(), arguments);
    assert_eq!(run("sweep small.toml --no-report --quiet").0, Some(0));
    assert_eq!(run("sweep small.toml --no-report --quiet --rerun").0, Some(0));
    let path = sandbox.at(".tallow/store.db");
    let mut records = Vec::new();
    let store = Store::read(&path).expect("reads");
    let visited = store.visit(|record| {
        records.push(record);
        Ok::<_, StoreError>(())
    });
    visited.expect("no row is wrong");
    let mut other: Record = records.swap_remove(3);
    other.outcome.series.get_mut("loss_mean").expect("a series")[2] += 1.0;
    let changed = Store::open(&path, "a test").and_then(|mut store| store.replace(std::slice::from_ref(&other)));
    assert_eq!(changed.expect("stored"), [other.id]);
    let (code, _, stderr) = run("sweep small.toml --no-report --rerun");
    let words = format!("error: 1 run trained again gave other bits than were stored, {} first", other.id);
    assert!(code == Some(1) && stderr.contains(&words), "{code:?}: {stderr}");
    assert_eq!(run("verify small.toml --all --quiet").0, Some(0));
}

#[test]
fn a_sweep_under_nohup_outlives_its_terminal() {
    let sandbox = Sandbox::new();
    let line = r#"exec nohup "$0" "$@" >told 2>&1"#;
    let mut sweep = tallow_under(&["sh", "-c", line], sandbox.0.path(), "sweep killed.toml --no-report");
    let mut child = sweep.spawn().expect("starts");
    while !sandbox.at(".tallow/store.db").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let hung_up = Command::new("kill").args(["-HUP", &child.id().to_string()]).status().expect("kill runs");
    let ended = child.wait().expect("ends");
    let said = std::fs::read_to_string(sandbox.at("told")).expect("its words");
    assert!(hung_up.success() && ended.code() == Some(0) && said.contains("240 trained"), "{ended:?}: {said}");
}

#[test]
fn a_signal_ends_a_sweep_of_long_runs_within_two_seconds() {
    let sandbox = Sandbox::new();
    let long = "[grid]\ndataset = 'xor'\nhidden = [[512, 512]]\nepochs = 100000\npoints = 20000\nbatch_size = 20000\n";
    std::fs::write(sandbox.at("long.toml"), long).expect("writes");
    for signal in ["INT", "TERM"] {
        let mut sweep = tallow(sandbox.0.path(), "sweep long.toml --jobs 2")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        std::thread::sleep(Duration::from_millis(700));
        let sent = Command::new("sh").args(["-c", "kill -$0 $1", signal, &sweep.id().to_string()]).status();
        assert!(sent.expect("a shell").success());
        let asked = Instant::now();
        assert_eq!(sweep.wait().expect("ends").code(), Some(130));
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
}

#[test]
fn an_interrupted_sweep_goes_on_where_it_ended() {
    let sandbox = Sandbox::new();
    let mut sweep = sandbox.sweep().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    std::thread::sleep(Duration::from_millis(800));
    let sent = Command::new("sh").args(["-c", "kill -INT $0", &sweep.id().to_string()]).status();
    assert!(sent.expect("a shell").success());
    assert_eq!(sweep.wait().expect("ends").code(), Some(130));
    let stored = sandbox.stored().len();
    let (code, _, stderr) = told(sandbox.0.path(), "sweep killed.toml --max-runs 0 --no-report");
    assert!(code == Some(0) && stderr.contains(&format!("{stored} cached")), "{stored} were stored: {stderr}");
}

#[test]
fn a_full_disk_is_one_clear_error_and_the_sweep_goes_on_when_there_is_room() {
    let sandbox = Sandbox::new();
    let disk = sandbox.at("disk");
    std::fs::create_dir(&disk).expect("creates");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=400k", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk cannot be mounted here");
        return;
    }
    let (code, _, stderr) = told(sandbox.0.path(), "sweep killed.toml --quiet --no-report --store disk/store.db");
    let remounted = Command::new("mount").args(["-o", "remount,size=100m"]).arg(&disk).status();
    let (again, _, later) = told(sandbox.0.path(), "sweep killed.toml --no-report --store disk/store.db");
    let (checked, sound, _) = told(sandbox.0.path(), "store check --store disk/store.db");
    let gone = Command::new("umount").arg(&disk).status();
    assert_eq!(code, Some(1), "{stderr}");
    insta::assert_snapshot!(stderr, @"error: there is no room to write the store `disk/store.db`: database or disk is full; what was committed is safe: make room and run the command again");
    assert!(remounted.is_ok_and(|status| status.success()) && gone.is_ok());
    assert!(again == Some(0) && later.contains("0 failed"), "{later}");
    assert!(checked == Some(0) && sound.contains(&format!("sound, {RUNS} runs")), "{sound}");
}

#[test]
fn a_limit_on_file_sizes_is_one_clear_error_and_the_sweep_goes_on_without_it() {
    let sandbox = Sandbox::new();
    // Where runs finish faster than they are written, the first lot of them may be too large already.
    assert_eq!(told(sandbox.0.path(), "sweep killed.toml --no-report --max-runs 20").0, Some(0));
    let (code, _, stderr) = end(&mut limited(sandbox.0.path(), 400, "sweep killed.toml --quiet --no-report"));
    assert_eq!(code, Some(1), "{stderr}");
    insta::assert_snapshot!(stderr, @"error: there is no room to write the store `.tallow/store.db`: disk I/O error; what was committed is safe: make room and run the command again");
    let stored = sandbox.stored().len();
    assert!((20..RUNS).contains(&stored), "{stored} stored");
    let (code, sound, _) = told(sandbox.0.path(), "store check");
    assert!(code == Some(0) && sound.contains(&format!("sound, {stored} runs")), "{sound}");
    let (code, _, later) = told(sandbox.0.path(), "sweep killed.toml --no-report");
    assert!(code == Some(0) && later.contains(&format!("{} trained", RUNS - stored)), "{later}");
}

#[test]
fn a_damaged_store_is_named_checked_and_saved_from() {
    let sandbox = small();
    let sweep = |arguments: &str| told(sandbox.0.path(), arguments);
    assert_eq!(sweep("sweep small.toml --no-report").0, Some(0));
    let store = sandbox.at(".tallow/store.db");
    let whole = std::fs::read(&store).expect("a store");
    let mut bytes = whole.clone();
    let (from, to) = (whole.len() / 2, whole.len() / 2 + 64);
    bytes[from..to].fill(0x5a);
    bytes.truncate(whole.len() - 100);
    std::fs::write(&store, bytes).expect("writes");
    let (code, _, stderr) = sweep("sweep small.toml");
    assert!(
        code == Some(2)
            && stderr.contains("damaged")
            && stderr.contains("`tallow store check --store .tallow/store.db`"),
        "{code:?} {stderr}"
    );
    let (code, stdout, _) = sweep("store check --salvage saved.db");
    assert!(code == Some(1) && stdout.contains("saved in saved.db"), "{code:?} {stdout}");
    let (code, _, stderr) = sweep("sweep small.toml --store saved.db");
    assert!(code == Some(0) && stderr.contains("8 runs"), "{stderr}");
    let (code, stdout, _) = sweep("verify small.toml --all --store saved.db");
    assert!(code == Some(0) && stdout.contains("8 equal to the bit, 0 differ"), "{stdout}");
}

#[test]
fn a_csv_that_vanished_is_one_clear_error() {
    let sandbox = Sandbox::new();
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", i * i % 7, i % 2)).collect();
    std::fs::write(sandbox.at("data.csv"), format!("a,b,y\n{rows}")).expect("writes");
    let text = "[grid]\ndataset = { name = 'csv', path = 'data.csv' }\nepochs = 5\nbatch_size = 10\n";
    std::fs::write(sandbox.at("own.toml"), text).expect("writes");
    assert_eq!(told(sandbox.0.path(), "sweep own.toml").0, Some(0));
    std::fs::remove_file(sandbox.at("data.csv")).expect("removes");
    let (code, _, stderr) = told(sandbox.0.path(), "sweep own.toml");
    assert!(code == Some(2) && stderr.contains("cannot read `data.csv`"), "{code:?} {stderr}");
    std::fs::write(sandbox.at("data.csv"), format!("a,b,y\n{rows}41,1,0\n")).expect("writes");
    let (code, _, stderr) = told(sandbox.0.path(), "sweep own.toml --no-report");
    assert!(code == Some(0) && stderr.contains("1 trained"), "another file is other runs: {stderr}");
}

#[test]
fn stores_that_disagree_are_both_shown_and_not_merged() {
    let sandbox = Sandbox::new();
    let fill = |name: &str, records: &[Record]| {
        Store::open(&sandbox.at(name), "test").and_then(|mut store| store.append(records)).expect("stores");
    };
    fill("a.db", &[record(1, 10), record(2, 10)]);
    fill("b.db", &[record(1, 10), other(2, 10)]);
    let (code, stdout, stderr) = told(sandbox.0.path(), "store merge a.db b.db --into both.db");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    let id = record(2, 10).id.to_string();
    let said = stdout + &stderr;
    assert!(said.contains(&id) && said.contains("a.db") && said.contains("b.db"), "{said}");
}

#[test]
fn a_sweep_can_be_cut_short_repeated_and_forced() {
    let sandbox = small();
    let sweep = |arguments: &str, expected: &str| {
        let (code, _, stderr) = told(sandbox.0.path(), &format!("sweep small.toml --no-report {arguments}"));
        assert!(code == Some(0) && stderr.contains(expected), "{arguments}: {code:?} {stderr}");
    };
    sweep("--max-runs 3", "3 trained");
    sweep("--max-runs 3 --jobs 1", "3 trained");
    sweep("--time-limit 1h30m", "2 trained");
    sweep("--rerun", "8 trained");
    sweep("--time-limit 0s", "0 trained");
    sweep("--set learning_rate=1e30 --set dataset=prod", "4 diverged");
    sweep("--set learning_rate=1e30 --set dataset=prod", "0 trained");
    sweep("--set learning_rate=1e30 --set dataset=prod --retry-diverged", "4 trained");
    let (code, _, stderr) = told(sandbox.0.path(), "sweep killed.toml --time-limit 0.2s --quiet --no-report");
    assert!(code == Some(0) && sandbox.stored().len() < RUNS, "{code:?} {stderr}");
}

#[test]
fn runs_to_be_trained_again_keep_their_outcomes_until_they_have_others() {
    let sandbox = small();
    assert_eq!(told(sandbox.0.path(), "sweep small.toml --no-report").0, Some(0));
    let before = sandbox.stored();
    let mut sweep = tallow(sandbox.0.path(), "sweep small.toml --no-report --rerun --max-runs 5 --jobs 1");
    let (code, _, stderr) = end(sweep.env("__TALLOW_PANIC_AT_SEED", "2"));
    assert!(code == Some(1) && stderr.contains("4 trained") && stderr.contains("1 failed"), "{stderr}");
    assert!(stderr.contains("with 3 runs left; the stored outcomes of these runs are unchanged"), "{stderr}");
    let after = sandbox.stored();
    assert_eq!(after.len(), 8);
    assert_eq!(after.iter().filter(|(id, provenance)| before[id] != **provenance).count(), 4);
}

#[test]
fn a_sweep_that_is_to_fail_fast_ends_at_the_first_failure_and_any_other_trains_the_rest() {
    let sandbox = small();
    let sweep = |arguments: &str| {
        let mut sweep = tallow(sandbox.0.path(), &format!("sweep small.toml --no-report --jobs 1 {arguments}"));
        let (code, _, stderr) = end(sweep.env("__TALLOW_PANIC_AT_SEED", "1"));
        assert_eq!(code, Some(1), "{stderr}");
        stderr
    };
    let stderr = sweep("--fail-fast");
    assert!(stderr.contains(" 1 failed") && stderr.contains("ended at the first failure with "), "{stderr}");
    let stored = sandbox.stored().len();
    assert!(stored < 6, "{stored} of the 6 runs that do not fail were trained");
    let stderr = sweep("--max-runs 8");
    assert!(stderr.contains(&format!("{} trained", 6 - stored)) && stderr.contains(" 2 failed"), "{stderr}");
    assert_eq!(sandbox.stored().len(), 6);
}

#[test]
fn a_run_that_panics_is_told_at_the_end_with_the_command_that_repeats_it_and_all_others_are_kept() {
    let sandbox = small();
    let mut sweep = tallow(sandbox.0.path(), "sweep small.toml --no-report");
    let output = sweep.env("__TALLOW_PANIC_AT_SEED", "2").output().expect("starts");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("6 trained") && stderr.contains("2 failed"), "{stderr}");
    let again = stderr.matches("failed: panicked: seed 2 was told to panic").count();
    assert!(again == 2 && stderr.contains("again: tallow train --dataset xor"), "{stderr}");
    let (code, _, stderr) = told(sandbox.0.path(), "sweep small.toml --no-report");
    assert!(code == Some(0) && stderr.contains("2 trained") && stderr.contains("6 cached"), "{stderr}");
}

/// Starts the sweep and waits until it has stored something.
fn begun(sandbox: &Sandbox) -> std::process::Child {
    let child =
        sandbox.sweep().arg("--no-report").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
    let began = Instant::now();
    while !sandbox.at(".tallow/store.db").exists() || sandbox.stored().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is stored");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn a_store_that_is_moved_or_deleted_during_a_sweep_is_an_error_and_its_runs_are_kept() {
    for remove in
        ["mv .tallow/store.db elsewhere.db", "git init -q . && echo .tallow >.gitignore && git clean -qfdx .tallow"]
    {
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.at("killed.toml"), EXPERIMENT.replace("seeds = 40", "seeds = 4000")).expect("writes");
        let child = begun(&sandbox);
        let stored = sandbox.stored().len();
        let removed = Command::new("sh").args(["-c", remove]).current_dir(sandbox.0.path()).status();
        assert!(removed.is_ok_and(|status| status.success()));
        let output = child.wait_with_output().expect("ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{remove}: {stderr}");
        assert!(
            stderr.contains("was moved, replaced or deleted while it was in use; everything is kept in `"),
            "{stderr}"
        );
        let merge = stderr.split("`tallow ").nth(1).and_then(|rest| rest.split('`').next()).expect("what to do");
        assert_eq!(told(sandbox.0.path(), merge).0, Some(0), "{merge}");
        assert!(sandbox.stored().len() > stored, "what came last is kept too");
        assert_eq!(check(&sandbox.at(".tallow/store.db")).expect("reads").flaws, Vec::<String>::new());
    }
}

#[test]
fn one_store_has_one_writer_whatever_names_it_has() {
    let sandbox = Sandbox::new();
    let refused = |arguments: &str, why: &str| {
        let (code, _, stderr) = told(sandbox.0.path(), &format!("sweep killed.toml --quiet --max-runs 1 {arguments}"));
        assert!(code == Some(2) && stderr.contains(why), "{arguments}: {code:?}: {stderr}");
    };
    // A link to where nothing is yet.
    std::os::unix::fs::symlink("far/store.db", sandbox.at("dangling.db")).expect("a link");
    let held = Store::open(&sandbox.at("dangling.db"), "this test").expect("opens");
    assert!(sandbox.at("far/store.db").exists());
    refused("--store far/store.db", "`this test`");
    // Without its lock file.
    std::fs::remove_file(sandbox.at("far/store.db.lock")).expect("removes");
    refused("--store far/store.db", "in use by another process");
    refused("--store dangling.db", "in use by another process");
    drop(held);
    // By a hard link, beside which its log does not lie.
    std::fs::hard_link(sandbox.at("far/store.db"), sandbox.at("hard.db")).expect("links");
    refused("--store hard.db", "has another name (a hard link)");
    refused("--store far/store.db", "has another name (a hard link)");
    std::fs::remove_file(sandbox.at("hard.db")).expect("removes");
    assert_eq!(told(sandbox.0.path(), "sweep killed.toml --quiet --max-runs 1 --store far/store.db").0, Some(0));
}

#[test]
fn a_lock_file_that_is_a_link_is_refused_and_what_it_leads_to_is_left_alone() {
    let sandbox = small();
    std::fs::create_dir(sandbox.at(".tallow")).expect("creates");
    std::fs::write(sandbox.at("precious"), "mine").expect("writes");
    std::os::unix::fs::symlink("../precious", sandbox.at(".tallow/store.db.lock")).expect("links");
    let (code, _, stderr) = told(sandbox.0.path(), "sweep small.toml --quiet");
    assert!(code == Some(2) && stderr.contains("store.db.lock` is a link"), "{code:?}: {stderr}");
    assert_eq!(std::fs::read(sandbox.at("precious")).expect("reads"), b"mine");
}
