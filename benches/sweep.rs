//! How `tallow sweep` scales, through the binary itself, in Markdown tables: what a tiny run costs beside its training, one
//! core against two, and memory by the number of planned runs. `cargo bench --bench sweep -- [RUNS] [overhead|cores|memory]`

#[path = "support/clock.rs"]
mod clock;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tallow::dataset::Cache;
use tallow::engine::{self, Device, Stop};
use tallow::plan::Plan;
use tallow::spec::{Experiment, RunConfig};

/// One epoch of ten points.
const TINY: &str = "
[train]
dataset = 'xor'
points = 10
batch_size = 10
epochs = 1
";

/// W1 of the engine's bench, by every optimizer and 25 learning rates.
const USUAL: &str = "
[train]
dataset = 'xor'
points = 2500
batch_size = 50
epochs = 200
[grid]
optimizer = ['sgd', 'adam', 'rmsprop', 'adagrad']
learning_rate = { log = [0.001, 0.1], steps = 25 }
";

/// Grid points of [`USUAL`].
const POINTS: u64 = 100;

/// What a command took.
struct Cost {
    seconds: f64,
    processor: f64,
    /// The most memory it had, in MiB; 0 where the system does not tell.
    memory: f64,
}

/// Runs `tallow` on an experiment with so many seeds in a new folder, on these cores where `taskset` is at hand.
fn sweep(text: &str, seeds: u64, cores: Option<&str>, arguments: &[&str]) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bench.toml"), format!("seeds = {seeds}\n{text}")).expect("writes");
    let tallow = env!("CARGO_BIN_EXE_tallow");
    let mut command = Command::new(if cores.is_some() { "taskset" } else { tallow });
    command.args(cores.map(|cores| ["-c", cores, tallow]).into_iter().flatten());
    command
        .args(["sweep", "bench.toml", "--quiet"])
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let (began, used) = (Instant::now(), clock::ticks(true));
    let mut child = command.spawn().expect("a command that starts");
    let mut memory = 0.0f64;
    let status = loop {
        memory = memory.max(peak_memory(child.id()));
        match child.try_wait().expect("a child") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    assert!(status.success());
    Cost { seconds: began.elapsed().as_secs_f64(), processor: clock::ticks(true) - used, memory }
}

fn peak_memory(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .map_or(0.0, |kilobytes| kilobytes / 1024.0)
}

/// Microseconds of processor that training alone takes per run: data drawn, weights drawn, trained, evaluated.
fn training(text: &str, seeds: u64, folder: &Path) -> f64 {
    let path = folder.join("bench.toml");
    std::fs::write(&path, format!("seeds = {seeds}\n{text}")).expect("writes");
    let plan = Plan::new(&Experiment::load(&path, &[]).expect("an experiment")).expect("a plan");
    let runs: Vec<RunConfig> = plan.iter().map(|run| run.config).collect();
    let (device, cache) = (Device::open("cpu").expect("the CPU"), Cache::default());
    let train = || _ = black_box(engine::train(&runs, &cache, &device, &Stop::default()));
    (0..5).map(|_| clock::seconds(train)).fold(f64::INFINITY, f64::min) * 1e6 / runs.len() as f64
}

fn overhead(runs: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let alone = training(TINY, runs.min(5_000), folder.path());
    println!("| {runs} tiny runs (one epoch of ten points) | µs of processor per run |\n|---|---|");
    println!("| training alone, in one process | {alone:.1} |");
    let each = sweep(TINY, runs, None, &["--jobs", "1", "--no-report"]).processor * 1e6 / runs as f64;
    println!("| `tallow sweep` | {each:.1} |\n| so the runner | {:.1} |", each - alone);
}

/// In turns, so that all see the machine in the same moods; the best of each counts. Two sweeps at once, a core each, tell
/// what the machine itself gives on two cores: they share memory, heat and neighbours, but no work.
fn cores(seeds: u64, rounds: usize) {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2
        || Command::new("taskset").arg("-V").output().is_err()
    {
        println!("\nskipped: one core against two wants two cores and taskset");
        return;
    }
    let runs = (POINTS * seeds) as f64;
    println!("\n| {runs} runs of W1, store and report included | runs/s | processor, ms per run |\n|---|---|---|");
    let ways: [(&str, &[&str]); 3] =
        [("one core", &["0"]), ("two cores", &["0,1"]), ("two such sweeps, a core each", &["0", "1"])];
    let mut best = [(0.0f64, f64::INFINITY); 3];
    for _ in 0..rounds {
        for ((_, cores), best) in ways.iter().zip(&mut best) {
            let (began, used) = (Instant::now(), clock::ticks(true));
            std::thread::scope(|scope| {
                for cores in *cores {
                    scope.spawn(|| sweep(USUAL, seeds, Some(cores), &[]));
                }
            });
            let runs = runs * cores.len() as f64;
            let processor = 1e3 * (clock::ticks(true) - used) / runs;
            *best = (best.0.max(runs / began.elapsed().as_secs_f64()), best.1.min(processor));
        }
    }
    for ((what, _), (rate, processor)) in ways.iter().zip(best) {
        println!("| {what} | {rate:.0} | {processor:.2} |");
    }
    let [one, two, both] = best.map(|(rate, _)| rate);
    println!("\nTwo cores: {:.2}× one; two sweeps that share nothing: {:.2}×.", two / one, both / one);
}

fn memory() {
    println!("\n| planned tiny runs, 1,000 of them trained | most memory, MiB | seconds |\n|---|---|---|");
    for seeds in [1_000, 10_000, 100_000, 1_000_000] {
        let cost = sweep(TINY, seeds, None, &["--jobs", "1", "--no-report", "--max-runs", "1000"]);
        println!("| {seeds} | {:.1} | {:.2} |", cost.memory, cost.seconds);
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runs = words.iter().find_map(|word| word.parse().ok()).unwrap_or(100_000);
    let is_wanted =
        |part: &str| words.iter().all(|word| word.parse::<u64>().is_ok()) || words.iter().any(|w| w == part);
    if is_wanted("overhead") {
        overhead(runs);
    }
    if is_wanted("cores") {
        cores((runs / 5_000).max(1), 3);
    }
    if is_wanted("memory") {
        memory();
    }
}
