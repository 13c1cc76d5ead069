//! The fused engine beside candle-nn on the same workloads, and beside the core's peak: `cargo bench --bench engine`
//! prints a Markdown table. candle-nn is there twice, in the loop of its own examples and as `lib = "candle-nn"`. All
//! numbers are processor time of one thread; `TALLOW_ISA=avx2` measures another instruction set.

#[path = "support/clock.rs"]
mod clock;
#[path = "support/textbook.rs"]
mod textbook;

use std::hint::black_box;

use tallow::activation::Activation;
use tallow::dataset::{Cache, Dataset, Kind};
use tallow::engine::{self, Device, Stop};
use tallow::numerics::{Isa, Kernel, Simd};
use tallow::optim::Optimizer;
use tallow::param::{Domain, Field, Value};
use tallow::protocol::Splits;
use tallow::spec::{Lib, RunConfig};

/// Name, dataset, hidden units, activation, goal.
const WORKLOADS: [(&str, &str, &[usize], &str, &str); 6] = [
    ("W1 2-6-1 relu, xor", "xor", &[6], "relu", "0.35"),
    ("W1 with tanh", "xor", &[6], "tanh", "2× relu"),
    ("W1 with sigmoid", "xor", &[6], "sigmoid", "2× relu"),
    ("W2 2-32-32-1 relu, xor", "xor", &[32, 32], "relu", "5.5"),
    ("W3 2-64-64-64-4 relu, quadrants", "quadrants", &[64, 64, 64], "relu", "53, 50 % of peak"),
    ("W3 with gelu", "quadrants", &[64, 64, 64], "gelu", ""),
];

/// Epochs of a training with the fused engine, 50 steps each, and with candle-nn.
const EPOCHS: (usize, usize) = (200, 5);

/// Rounds over all workloads, so that each sees the machine in its several moods.
const ROUNDS: usize = 12;

/// Trainings of a small network in a round, for about as long as one of a large one.
const REPEATS: usize = 4;

fn run(lib: Lib, dataset: &str, hidden: &[usize], activation: &str, epochs: usize) -> RunConfig {
    RunConfig {
        lib,
        dataset: Dataset::new(Kind::from_name(dataset).expect("a known dataset")),
        hidden: hidden.to_vec(),
        activation: Activation::from_name(activation).expect("a known activation"),
        optimizer: Optimizer::from_name("adam").expect("a known optimizer"),
        learning_rate: 0.01,
        epochs,
        batch_size: 50,
        seed: 1,
        ..RunConfig::default()
    }
}

/// Microseconds per step of candle-nn's own layers, loss and optimizer in a loop; its activation is relu.
fn textbook_per_step(run: &RunConfig, cache: &Cache) -> f64 {
    let data = cache.get(&run.dataset, run.seed).expect("the data");
    let seconds = clock::seconds(|| _ = black_box(textbook::train(run, &data).expect("a loss")));
    seconds * 1e6 / run.steps() as f64
}

/// Microseconds per step of a whole training: weights drawn, batches packed, history kept, final metrics.
fn per_step(run: &RunConfig, cache: &Cache, device: &Device) -> f64 {
    let seconds = clock::seconds(|| {
        for outcome in engine::train(std::slice::from_ref(run), cache, device, &Stop::default()) {
            black_box(outcome.expect("an outcome"));
        }
    });
    seconds * 1e6 / run.steps() as f64
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
    const TIMES: usize = 50_000;
    let chains = if isa.name() == "avx512" { 8 } else { 2 };
    let burst = || (TIMES * chains * 64) as f64 / (1e6 * clock::seconds(|| _ = black_box(isa.run(Peak(TIMES)))));
    (0..10).map(|_| burst()).fold(0.0, f64::max)
}

/// What looking at the network costs: with a fifth of the points held out to choose by, a training that looks at nothing, at
/// these points after every epoch, and at those trained on too.
fn looks(cache: &Cache, device: &Device) {
    const ON: [&[&str]; 3] = [&[], &["validation"], &["train", "validation"]];
    let runs = [WORKLOADS[0], WORKLOADS[3], WORKLOADS[4]].map(|(name, dataset, hidden, activation, _)| {
        let of = ON.map(|on| {
            let mut run = run(Lib::Fused, dataset, hidden, activation, EPOCHS.0);
            run.dataset.sampling.validation = 0.2;
            let on = Value::List(on.iter().map(|&split| Value::Text(split.into())).collect());
            run.evaluate.on = Splits::read(&on, Domain::Any).expect("splits");
            run
        });
        (name, of)
    });
    let mut best = [[f64::INFINITY; ON.len()]; 3];
    for _ in 0..ROUNDS {
        for ((_, runs), best) in runs.iter().zip(&mut best) {
            for (run, best) in runs.iter().zip(best) {
                *best = best.min(per_step(run, cache, device));
            }
        }
    }
    println!("\nWith 500 of the points held out, 40 steps an epoch; µs/step.\n");
    println!("| workload | nothing looked at | validation after every epoch | training points too |");
    println!("|---|---|---|---|");
    for ((name, _), [nothing, validation, all]) in runs.iter().zip(best) {
        let times = |with: f64| format!("{with:.3}, {:.2}×", with / nothing);
        println!("| {name} | {nothing:.3} | {} | {} |", times(validation), times(all));
    }
}

#[allow(unsafe_code, reason = "the environment is the process's")]
fn main() {
    // SAFETY: this is the first thread, and has started no other.
    unsafe { tallow::engine::candle::keep_to_one_thread() };
    let (isa, device, cache) = (Isa::current(), Device::open("cpu").expect("the CPU"), Cache::default());
    let mut best_peak = peak(isa);
    let runs = WORKLOADS.map(|(_, dataset, hidden, activation, _)| {
        [(Lib::Fused, EPOCHS.0), (Lib::CandleNn, EPOCHS.1)]
            .map(|(lib, epochs)| run(lib, dataset, hidden, activation, epochs))
    });
    // The best of all rounds counts.
    let mut best = [[f64::INFINITY; 3]; WORKLOADS.len()];
    for _ in 0..ROUNDS {
        for (runs, best) in runs.iter().zip(&mut best) {
            let repeats = if runs[0].hidden.len() < 3 { REPEATS } else { 1 };
            for _ in 0..repeats {
                best[0] = best[0].min(per_step(&runs[0], &cache, &device));
            }
            best[1] = best[1].min(per_step(&runs[1], &cache, &device));
            if runs[1].activation.name() == "relu" {
                best[2] = best[2].min(textbook_per_step(&runs[1], &cache));
            }
        }
        best_peak = best_peak.max(peak(isa));
    }
    println!(
        "Instruction set {}, peak of the core {:.1} GFLOP/s (fused multiply-adds).\n",
        isa.name(),
        best_peak / 1e3
    );
    println!("2,500 points, batch 50, Adam, 10,000 steps; µs/step.\n");
    println!("| workload | goal | fused | candle-nn's own loop | ratio | `lib = \"candle-nn\"` | ratio | of peak |");
    println!("|---|---|---|---|---|---|---|---|");
    for (((name, .., goal), runs), [ours, reference, textbook]) in WORKLOADS.iter().zip(&runs).zip(best) {
        let share = 100.0 * operations(&runs[0]) / ours / best_peak;
        let beside = |theirs: f64| match theirs.is_finite() {
            true => format!("{theirs:.1} | {:.0}×", theirs / ours),
            false => " | ".to_owned(),
        };
        let (textbook, reference) = (beside(textbook), beside(reference));
        println!("| {name} | {goal} | {ours:.3} | {textbook} | {reference} | {share:.0} % |");
    }
    for k in [1, 2] {
        println!("\n{}: {:.2}× relu.", WORKLOADS[k].0, best[k][0] / best[0][0]);
    }
    looks(&cache, &device);
}
