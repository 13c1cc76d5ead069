//! What a report costs: `cargo bench --bench report [-- RUNS]`, 1,000 and 100,000 runs unless told.

use std::time::Instant;

use tallow::activation::Activation;
use tallow::analysis::{Analysis, Histories, Layer, Measures, Outcome, Row, RunConfig, Status, Subject};
use tallow::dataset::{Dataset, Kind};
use tallow::optim::Optimizer;
use tallow::plan::Run;
use tallow::report;
use tallow::spec::Lib;

const EPOCHS: usize = 200;
const SEEDS: u64 = 10;

fn main() {
    let told = std::env::args().filter_map(|argument| argument.parse().ok()).next();
    for runs in told.map_or(vec![1_000, 100_000], |runs| vec![runs]) {
        println!("{runs} runs of {EPOCHS} epochs");
        let rows = timed("  rows", || rows(runs));
        let analysis =
            timed("  analysis", || Analysis::new(Subject { name: "bench".into(), ..Subject::default() }, rows));
        println!(
            "  {} cells, {} groups, {} findings",
            analysis.cells.len(),
            analysis.groups.len(),
            analysis.findings.len()
        );
        let tables = timed("  tables", || report::tables::all(&analysis));
        let bytes: usize = timed("  CSV", || tables.iter().map(|table| table.csv().len()).sum());
        drop(tables);
        println!("  {:.1} MB of CSV", bytes as f64 / 1e6);
        let files = timed("  whole report", || report::build(&analysis));
        println!(
            "  {} files, {:.1} MB",
            files.len(),
            files.iter().map(|file| file.bytes.len()).sum::<usize>() as f64 / 1e6
        );
        if let Some(peak) = peak() {
            println!("  peak memory so far {peak}");
        }
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let value = work();
    println!("{what:<16} {:8.3} s", began.elapsed().as_secs_f64());
    value
}

/// The most memory this process held, where the system tells.
fn peak() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(status.lines().find(|line| line.starts_with("VmHWM"))?.split_once(':')?.1.trim().to_owned())
}

/// Four optimizers, three datasets, two activations, as many learning rates as make up the number, ten seeds each.
fn rows(runs: usize) -> Vec<Row> {
    let rates = runs.div_ceil(24 * SEEDS as usize).max(1);
    let mut rows = Vec::with_capacity(runs);
    for dataset in ["xor", "prod", "quadrants"] {
        for activation in ["relu", "tanh"] {
            for optimizer in ["adam", "rmsprop", "adagrad", "sgd"] {
                for rate in 0..rates {
                    for seed in 0..SEEDS {
                        let dataset = Dataset::new(Kind::from_name(dataset).expect("known"));
                        rows.push(row(
                            dataset,
                            activation,
                            optimizer,
                            1e-4 * libm::pow(1e5, rate as f64 / rates as f64),
                            seed,
                        ));
                    }
                }
            }
        }
    }
    rows.truncate(runs);
    rows
}

fn row(dataset: Dataset, activation: &str, optimizer: &str, learning_rate: f64, seed: u64) -> Row {
    let config = RunConfig {
        lib: Lib::Fused,
        dataset,
        hidden: vec![6],
        activation: Activation::from_name(activation).expect("known"),
        optimizer: Optimizer::from_name(optimizer).expect("known"),
        learning_rate,
        epochs: EPOCHS,
        batch_size: 50,
        seed,
        ..RunConfig::default()
    };
    let end = 1e-3 + 0.1 * libm::fabs(libm::log10(learning_rate) + 2.0) + 1e-4 * libm::sin(seed as f64);
    let mean: Vec<f32> = (0..EPOCHS).map(|epoch| (end + libm::exp(-0.05 * epoch as f64)) as f32).collect();
    let units = config.units();
    let layers = units.windows(2).map(|w| Layer { weight: vec![0.1; w[0] * w[1]], bias: vec![0.1; w[1]] });
    let outcome = Outcome {
        status: Status::Done,
        series: Histories::from([("loss_last".into(), mean.clone()), ("loss_mean".into(), mean)]),
        measures: Measures::from([("train_loss".into(), end as f32)]),
        layers: layers.collect(),
    };
    Row { run: Run::new(config), outcome: Some(outcome) }
}
