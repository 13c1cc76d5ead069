//! The GPU through `tallow sweep`, store included, beside one core of the CPU and beside JAX and PyTorch on the same GPU.
//! `cargo bench --features cuda --bench cuda`; `-- 1000 10000` for these numbers of networks only.
//!
//! The networks are W1 of the engine's bench: 2-6-1 relu on 2,500 points of xor, batches of 50, Adam, 200 epochs, each with
//! data and weights of its own. Training alone is what they take beyond a sweep of one epoch, in which all else is the same:
//! start, data, evaluation and store. Then the same networks shuffled, each with a learning rate of its own, and larger ones.
//! `TALLOW` names another binary than the one built with this bench.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Steps of an epoch, and epochs of a network.
const STEPS: f64 = 50.0;
const EPOCHS: u64 = 200;

/// Networks for the comparisons.
const MANY: u64 = 10_000;

/// W1, as lines of an experiment.
const W1: &str = "hidden = [6]";

/// What a GPU may be worse at, by what is said of it: a name, lines of an experiment, and one network for how many of W1.
const OTHERS: [(&str, &str, u64); 7] = [
    ("shuffled", "hidden = [6]\nshuffle = true", 1),
    ("a learning rate each", "hidden = [6]\n[grid]\nlearning_rate = { log = [0.001, 0.1], steps = 1000 }", 1),
    ("dropout", "hidden = [6]\ndropout = 0.2", 1),
    ("2-16-16-1", "hidden = [16, 16]", 4),
    ("2-28-28-1", "hidden = [28, 28]", 10),
    ("2-32-32-1", "hidden = [32, 32]", 10),
    ("2-64-64-1", "hidden = [64, 64]", 40),
];

/// Seconds of a sweep of so many seeds; the best of three, each with a store of its own.
fn sweep(kind: &str, networks: u64, epochs: u64, arguments: &[&str]) -> f64 {
    let experiment = format!(
        "seeds = {networks}\n[train]\ndataset = 'xor'\npoints = 2500\nbatch_size = 50\nepochs = {epochs}\n{kind}\n"
    );
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("w1.toml"), &experiment).expect("written");
        let binary = std::env::var("TALLOW").unwrap_or(env!("CARGO_BIN_EXE_tallow").into());
        let mut command = Command::new(binary);
        command.args(["sweep", "w1.toml", "--no-report", "--quiet"]).args(arguments).current_dir(folder.path());
        let began = Instant::now();
        let output = command.stdout(Stdio::null()).output().expect("runs");
        best = best.min(began.elapsed().as_secs_f64());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    best
}

/// What a sweep takes, and what training does of it, in seconds.
fn taken(kind: &str, networks: u64, arguments: &[&str]) -> (f64, f64) {
    let (whole, one_epoch) = (sweep(kind, networks, EPOCHS, arguments), sweep(kind, networks, 1, arguments));
    (whole, (whole - one_epoch) * EPOCHS as f64 / (EPOCHS - 1) as f64)
}

fn main() {
    let asked: Vec<u64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![1_000, MANY, 100_000] } else { asked };
    let steps = |networks: u64| networks as f64 * EPOCHS as f64 * STEPS;
    let core = taken(W1, 200, &["--jobs", "1"]).1 / steps(200);
    println!("a sweep of one network, which is the start: {:.2} s\n", sweep(W1, 1, EPOCHS, &["--device", "cuda"]));
    println!("| networks | seconds | µs per network | training alone, s | ns per step | one CPU core | ratio |");
    println!("|---|---|---|---|---|---|---|");
    for networks in sizes {
        let (seconds, training) = taken(W1, networks, &["--device", "cuda"]);
        let step = training / steps(networks);
        println!(
            "| {networks} | {seconds:.2} | {:.1} | {training:.2} | {:.2} | {:.1} | {:.0}× |",
            seconds / networks as f64 * 1e6,
            step * 1e9,
            core * 1e9,
            core / step
        );
    }
    println!("\n| other networks | number | seconds | training alone, s | ns per step |");
    println!("|---|---|---|---|---|");
    for (name, kind, fewer) in OTHERS {
        let networks = MANY / fewer;
        let seeds = if kind.contains("steps = 1000") { networks / 1000 } else { networks };
        let (seconds, training) = taken(kind, seeds, &["--device", "cuda"]);
        println!("| {name} | {networks} | {seconds:.2} | {training:.2} | {:.2} |", training / steps(networks) * 1e9);
    }
    println!("\nJAX and PyTorch, training alone, without compilation:");
    // Beside this file where it was built, and from the repository's root where it was carried.
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cuda/peers.py");
    let peers = if built.exists() { built } else { "benches/cuda/peers.py".into() };
    if Command::new("python3").arg(peers).arg(MANY.to_string()).status().is_err() {
        println!("skipped: no python3 on this machine");
    }
}
