//! Whether the statistics hold their level: coverage, false claims, power and bias of the methods on many seeds of the
//! committed experiments, before and after. `just calibrate [TRIALS]`; 400 trials take some minutes on two cores.

mod before;
mod trials;

use std::path::Path;

use tallow::dataset::Cache;
use tallow::engine::{self, Device, Status, Stop};
use tallow::measure::Metric;
use tallow::parallel;
use tallow::plan::{Plan, Run};
use tallow::spec::Experiment;

use trials::Pool;

/// The seeds that experiments are drawn from; the committed reports have the first twenty.
const SEEDS: std::ops::Range<u64> = 0..400;

fn main() {
    let told = std::env::args().filter_map(|argument| argument.parse().ok()).next();
    let pools: Vec<Pool> = ["xor", "prod", "quadrants"].into_iter().map(pool).collect();
    let seeds = [5, 10, 20, 50];
    let rows = trials::all(&pools, &seeds, told.unwrap_or(400));
    println!("{}", trials::markdown(&rows, &seeds));
}

/// Trains an experiment on fresh seeds.
fn pool(name: &str) -> Pool {
    let path = Path::new("experiments").join(name).with_extension("toml");
    let experiment = Experiment::load(&path, &["seeds=1".to_owned()]).expect("a committed experiment");
    let plan = Plan::new(&experiment).expect("a plan");
    // One seed's runs in plan order; the others differ in the seed alone.
    let settings: Vec<Run> = plan.iter().collect();
    let cache = Cache::default();
    let device = Device::open("cpu").expect("the CPU");
    let seeds: Vec<u64> = SEEDS.collect();
    let losses = parallel::map(&seeds, |&seed| {
        let cohort: Vec<_> = settings
            .iter()
            .map(|run| {
                let mut config = run.config.clone();
                config.seed = seed;
                config
            })
            .collect();
        let outcomes = engine::train(&cohort, &cache, &device, &Stop::default());
        outcomes
            .into_iter()
            .map(|outcome| {
                let outcome = outcome.expect("trains");
                let loss =
                    outcome.value(Metric::TRAIN_LOSS).filter(|loss| loss.is_finite() && outcome.status == Status::Done);
                loss.map_or(f64::INFINITY, f64::from)
            })
            .collect::<Vec<f64>>()
    });
    let mut values: Vec<(String, Vec<Vec<f64>>)> = Vec::new();
    for (i, run) in settings.iter().enumerate() {
        let label = format!("{} {:?}", run.config.optimizer.name(), run.value("momentum"));
        if values.last().is_none_or(|(last, _)| *last != label) {
            values.push((label, Vec::new()));
        }
        values.last_mut().expect("just made").1.push(losses.iter().map(|of_seed| of_seed[i]).collect());
    }
    Pool { name: name.to_owned(), values: values.into_iter().map(|(_, settings)| settings).collect() }
}
