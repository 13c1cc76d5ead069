//! The fused engine beside candle-nn on the same workloads, and beside the core's peak: `cargo bench --bench engine`
//! prints a Markdown table. All numbers come from one thread; `TALLOW_ISA=avx2` measures another instruction set.

use std::hint::black_box;
use std::time::Instant;

use tallow::activation::Activation;
use tallow::dataset::{Cache, Dataset, Kind};
use tallow::engine::{self, Device, Stop};
use tallow::init::Init;
use tallow::numerics::{Isa, Kernel, Simd};
use tallow::optim::Optimizer;
use tallow::schedule::Schedule;
use tallow::spec::{Lib, RunConfig};

/// Name, dataset, hidden units, activation, rounds.
const WORKLOADS: [(&str, &str, &[usize], &str, usize); 6] = [
    ("W1 2-6-1 relu, xor", "xor", &[6], "relu", 40),
    ("W1 with tanh", "xor", &[6], "tanh", 40),
    ("W1 with sigmoid", "xor", &[6], "sigmoid", 40),
    ("W2 2-32-32-1 relu, xor", "xor", &[32, 32], "relu", 15),
    ("W3 2-64-64-64-4 relu, quadrants", "quadrants", &[64, 64, 64], "relu", 8),
    ("W3 with gelu", "quadrants", &[64, 64, 64], "gelu", 4),
];

/// Epochs of a training with the fused engine, 50 steps each, and with candle-nn.
const EPOCHS: (usize, usize) = (200, 5);

fn run(lib: Lib, dataset: &str, hidden: &[usize], activation: &str, epochs: usize) -> RunConfig {
    RunConfig {
        lib,
        dataset: Dataset::new(Kind::from_name(dataset).expect("a known dataset")),
        hidden: hidden.to_vec(),
        activation: Activation::from_name(activation).expect("a known activation"),
        init: Init::Torch,
        optimizer: Optimizer::from_name("adam").expect("a known optimizer"),
        learning_rate: 0.01,
        schedule: Schedule::from_name("constant").expect("a known schedule"),
        epochs,
        batch_size: 50,
        shuffle: false,
        seed: 1,
    }
}

/// Microseconds per step of a whole training: weights drawn, batches packed, history kept, final metrics.
fn per_step(run: &RunConfig, cache: &Cache, device: &Device) -> f64 {
    let began = Instant::now();
    for outcome in engine::train(std::slice::from_ref(run), cache, device, &Stop::default()) {
        black_box(outcome.expect("an outcome"));
    }
    began.elapsed().as_secs_f64() * 1e6 / run.steps() as f64
}

/// Floating-point operations of a step that a fused multiply-add can do: forward, weight gradients, and the gradients of
/// all layers' inputs but the first's.
fn operations(run: &RunConfig) -> f64 {
    let units = run.units();
    let weights: usize = units.windows(2).map(|w| w[0] * w[1]).sum();
    (2 * run.batch_size * (3 * weights - units[0] * units[1])) as f64
}

/// Fused multiply-adds in independent chains, as many as the latency needs and the registers hold.
struct Peak(usize);

impl Kernel for Peak {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        if S::ROWS >= 12 { chains::<S, 8>(s, self.0) } else { chains::<S, 2>(s, self.0) }
    }
}

#[inline(always)]
fn chains<S: Simd, const N: usize>(s: S, rounds: usize) -> f32 {
    let mut sums = [s.splat(1.0); N];
    let (factor, term) = (s.splat(black_box(0.999)), s.splat(black_box(0.001)));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = s.fma(*sum, factor, term);
        }
    }
    let mut lanes = [0.0; 32];
    let mut total = 0.0;
    for sum in sums {
        s.store(&mut lanes, sum);
        total += lanes.iter().sum::<f32>();
    }
    total
}

/// Floating-point operations per microsecond of the core in that instruction set, the best of many short bursts.
fn peak(isa: Isa) -> f64 {
    const ROUNDS: usize = 20_000;
    let chains = if isa.name() == "avx512" { 8 } else { 2 };
    let burst = || {
        let began = Instant::now();
        black_box(isa.run(Peak(ROUNDS)));
        (ROUNDS * chains * 64) as f64 / (began.elapsed().as_secs_f64() * 1e6)
    };
    (0..30).map(|_| burst()).fold(0.0, f64::max)
}

#[allow(unsafe_code)]
fn main() {
    // SAFETY: this is the first thread, and has started no other.
    unsafe { tallow::engine::candle::keep_to_one_thread() };
    let (isa, device, cache) = (Isa::current(), Device::open("cpu").expect("the CPU"), Cache::default());
    let mut best_peak = peak(isa);
    let mut rows = Vec::new();
    for (name, dataset, hidden, activation, rounds) in WORKLOADS {
        let fused = run(Lib::Fused, dataset, hidden, activation, EPOCHS.0);
        let candle = run(Lib::CandleNn, dataset, hidden, activation, EPOCHS.1);
        let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
        // In turns, so that both see the machine in the same moods; the best of each counts.
        for round in 0..rounds {
            ours = ours.min(per_step(&fused, &cache, &device));
            if round % 4 == 0 {
                theirs = theirs.min(per_step(&candle, &cache, &device));
            }
            best_peak = best_peak.max(peak(isa));
        }
        rows.push((name, ours, theirs, operations(&fused)));
    }
    println!(
        "Instruction set {}, peak of the core {:.1} GFLOP/s (fused multiply-adds).\n",
        isa.name(),
        best_peak / 1e3
    );
    println!("| workload (2,500 points, batch 50, Adam, 10,000 steps) | fused | candle-nn | ratio | of peak |");
    println!("|---|---|---|---|---|");
    for (name, ours, theirs, operations) in rows {
        let share = 100.0 * operations / ours / best_peak;
        println!("| {name} | {ours:.3} µs/step | {theirs:.1} | {:.0}× | {share:.0} % |", theirs / ours);
    }
}
