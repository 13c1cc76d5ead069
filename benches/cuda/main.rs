//! The GPU through `tallow sweep`, store included, beside one core of the CPU and beside JAX and PyTorch on the same GPU.
//! `cargo bench --features cuda --bench cuda`; `-- 1000 10000` for these numbers of networks only.
//!
//! The networks are W1 of the engine's bench: 2-6-1 relu on 2,500 points of xor, batches of 50, Adam, 200 epochs, each with
//! data and weights of its own. `TALLOW` names another binary than the one built with this bench.

use std::process::{Command, Stdio};
use std::time::Instant;

/// Steps of a network.
const STEPS: f64 = 10_000.0;

/// Networks for the comparisons.
const MANY: u64 = 10_000;

/// Seconds of a sweep of so many seeds; the best of some repetitions, each with a store of its own.
fn sweep(networks: u64, repetitions: usize, arguments: &[&str]) -> f64 {
    let experiment = format!(
        "seeds = {networks}\n[train]\ndataset = 'xor'\npoints = 2500\nhidden = [6]\nbatch_size = 50\nepochs = 200\n"
    );
    let mut best = f64::INFINITY;
    for _ in 0..repetitions {
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

fn main() {
    let asked: Vec<u64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![1_000, MANY, 100_000] } else { asked };
    let core = sweep(200, 3, &["--jobs", "1"]) / (200.0 * STEPS);
    println!("| networks | seconds | µs per network | ns per step | one CPU core, ns per step | ratio |");
    println!("|---|---|---|---|---|---|");
    for networks in sizes {
        let seconds = sweep(networks, 3, &["--device", "cuda"]);
        let (run, step) = (seconds / networks as f64, seconds / (networks as f64 * STEPS));
        println!(
            "| {networks} | {seconds:.2} | {:.1} | {:.2} | {:.1} | {:.0}× |",
            run * 1e6,
            step * 1e9,
            core * 1e9,
            core / step
        );
    }
    println!();
    let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/cuda/peers.py");
    if Command::new("python3").arg(peers).arg(MANY.to_string()).status().is_err() {
        println!("skipped: no python3 on this machine");
    }
}
