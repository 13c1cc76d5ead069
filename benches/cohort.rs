//! What the host does for cohorts on a GPU, beside an accelerator that takes no time: per network, and per network and epoch.
//! `cargo bench --bench cohort`.
//!
//! The networks are W1 of the engine's bench, 2-6-1 relu on 2,500 points of xor with batches of 50, each with data, weights and
//! orders of its own; with one learning rate for all, and with another one for each.

use std::time::{Duration, Instant};

use tallow::dataset::{Cache, Dataset, Kind};
use tallow::engine::fused::cohort::{Accelerator, Cohort, Inputs, Progress, Shape};
use tallow::engine::{self, Failure, Stop};
use tallow::spec::{Lib, RunConfig};

/// Networks of a cohort.
const NETWORKS: u64 = 400;

/// An accelerator that yields zeros.
struct Idle {
    parameters: usize,
}

impl Accelerator for Idle {
    fn begin(&mut self, cohort: &Cohort) -> Result<(), Failure> {
        self.parameters = cohort.parameters.len();
        Ok(())
    }

    fn advance(&mut self, shape: &Shape, _: Inputs, meanwhile: &mut dyn FnMut()) -> Result<Progress, Failure> {
        meanwhile();
        let (runs, entries) = (shape.runs as usize, (shape.runs * shape.epochs) as usize);
        let took = Duration::from_millis(20);
        Ok(Progress { last: vec![0.0; entries], mean: vec![0.0; entries], ended: vec![0; runs], took })
    }

    fn parameters(&mut self) -> Result<Vec<f32>, Failure> {
        Ok(vec![0.0; self.parameters])
    }
}

/// Seconds for a cohort of so many epochs; the best of three.
fn taken(epochs: usize, shuffle: bool, rates: bool, cache: &Cache) -> f64 {
    let mut dataset = Dataset::new(Kind::from_name("xor").expect("a known dataset"));
    (dataset.sampling.points, dataset.sampling.test) = (2500, 0.0);
    let run = |seed| RunConfig {
        lib: Lib::Fused,
        dataset: dataset.clone(),
        hidden: vec![6],
        batch_size: 50,
        learning_rate: if rates { 0.01 + seed as f64 * 1e-5 } else { 0.01 },
        epochs,
        shuffle,
        seed,
        ..RunConfig::default()
    };
    let runs: Vec<RunConfig> = (0..NETWORKS).map(run).collect();
    let time = |_| {
        let began = Instant::now();
        let outcomes = engine::train_on(&runs, cache, &Stop::default(), &mut Idle { parameters: 0 });
        assert!(outcomes.iter().all(Result::is_ok), "trained");
        began.elapsed().as_secs_f64()
    };
    (0..3).map(time).fold(f64::INFINITY, f64::min)
}

fn main() {
    let cache = Cache::default();
    println!("| networks of 2,500 samples | µs per network | µs per network and epoch |");
    println!("|---|---|---|");
    let kinds = [
        ("in their order", false, false),
        ("shuffled", true, false),
        ("shuffled, each with its learning rate", true, true),
    ];
    for (what, shuffle, rates) in kinds {
        let (one, many) = (taken(1, shuffle, rates, &cache), taken(101, shuffle, rates, &cache));
        let per_network = 1e6 / NETWORKS as f64;
        println!("| {what} | {:.1} | {:.2} |", one * per_network, (many - one) * per_network / 100.0);
    }
}
