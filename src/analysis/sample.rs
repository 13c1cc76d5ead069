//! A small experiment made up for tests: plausible losses without training.

use super::{Analysis, Histories, KEPT_EPOCH, Layer, Measures, Outcome, Row, STOPPED_EPOCH, Status, Subject};
use crate::activation::Activation;
use crate::dataset::{Dataset, Kind};
use crate::optim::Optimizer;
use crate::plan::Run;
use crate::rng::{Purpose, Stream};
use crate::spec::{Lib, RunConfig};

pub(crate) const RATES: [f64; 4] = [0.001, 0.01, 0.1, 1.0];

/// One run's configuration: XOR, three hidden units.
pub(crate) fn config(optimizer: &str, learning_rate: f64, activation: &str, seed: u64) -> RunConfig {
    let mut dataset = Dataset::new(Kind::from_name("xor").expect("known"));
    dataset.sampling.points = 100;
    RunConfig {
        lib: Lib::Fused,
        dataset,
        hidden: vec![3],
        activation: Activation::from_name(activation).expect("known"),
        optimizer: Optimizer::from_name(optimizer).expect("known"),
        learning_rate,
        epochs: 20,
        batch_size: 10,
        seed,
        ..RunConfig::default()
    }
}

/// The outcome that ends at `loss`, falling from ln 2 by a constant factor; without one, diverged in the third epoch.
pub(crate) fn outcome(config: &RunConfig, loss: Option<f32>) -> Outcome {
    let mut stream = Stream::new(Purpose::Weights, "sample", config.seed);
    let mut draw = |n: usize| (0..n).map(|_| stream.uniform(-1.0, 1.0) as f32).collect::<Vec<f32>>();
    let units = config.units();
    let layers = units.windows(2).map(|w| Layer { weight: draw(w[0] * w[1]), bias: draw(w[1]) }).collect();
    let start = std::f32::consts::LN_2;
    let course = |end: f32| -> Vec<f32> {
        let step = libm::powf(end / start, 1.0 / config.epochs as f32);
        std::iter::successors(Some(start), |at| Some(at * step)).skip(1).take(config.epochs).collect()
    };
    match loss {
        Some(loss) => Outcome {
            status: Status::Done,
            series: series(course(loss * 0.9), course(loss)),
            measures: Measures::from([
                ("train_loss".into(), loss),
                ("train_accuracy".into(), 1.0 - loss.min(1.0) / 2.0),
            ]),
            layers,
        },
        None => Outcome {
            status: Status::Diverged { epoch: 3 },
            series: series(vec![0.7, 9.0, f32::NAN], vec![0.7, 5.0, f32::INFINITY]),
            measures: Measures::from([("train_loss".into(), f32::NAN)]),
            layers,
        },
    }
}

fn series(last: Vec<f32>, mean: Vec<f32>) -> Histories {
    Histories::from([("loss_last".into(), last), ("loss_mean".into(), mean)])
}

/// Three optimizers, four learning rates, two activations, `seeds` seeds. Adam's best rate is 0.01, rmsprop's 0.1,
/// sgd's 1.0, where it diverges for seed 4; every optimizer's loss grows with the distance from its best rate.
pub(crate) fn rows(seeds: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for (k, optimizer) in ["adam", "rmsprop", "sgd"].into_iter().enumerate() {
        for activation in ["relu", "tanh"] {
            for (i, rate) in RATES.into_iter().enumerate() {
                for seed in 0..seeds {
                    let config = config(optimizer, rate, activation, seed);
                    let away = (i as f32 - (k + 1) as f32).abs();
                    let luck = 1.0 + 0.2 * libm::sinf(seed as f32 * 2.4 + k as f32);
                    let best = 0.001 * (1.0 + k as f32) * if activation == "tanh" { 0.5 } else { 1.0 };
                    let lost = optimizer == "sgd" && rate == 1.0 && seed == 4;
                    let outcome = outcome(&config, (!lost).then_some(best * luck * libm::powf(4.0, away)));
                    rows.push(Row { run: Run::new(config), outcome: Some(outcome) });
                }
            }
        }
    }
    rows
}

/// What the made-up experiment asks.
pub(crate) fn subject() -> Subject {
    Subject {
        name: "sample".into(),
        question: Some("Which optimizer learns XOR?".into()),
        roles: Default::default(),
        keys: ["optimizer", "activation", "learning_rate"].map(str::to_owned).to_vec(),
    }
}

/// The made-up experiment with ten seeds, analysed.
pub(crate) fn analysis() -> Analysis {
    Analysis::new(subject(), rows(10))
}

/// The runs of [`rows`] with a validation loss of every second epoch that turns after the tenth; those that did not diverge
/// were stopped early after an epoch from 14 to 17, by seed, with the weights of the tenth.
pub(crate) fn followed(seeds: u64) -> Vec<Row> {
    let mut rows = rows(seeds);
    for row in &mut rows {
        let (Some(outcome), seed) = (&mut row.outcome, row.run.config.seed) else { continue };
        if outcome.status == Status::Done {
            let stopped = 14 + seed as usize % 4;
            outcome.series.values_mut().for_each(|values| values.truncate(stopped));
            let chosen = [(KEPT_EPOCH, 10.0), (STOPPED_EPOCH, stopped as f32)];
            outcome.measures.extend(chosen.map(|(name, epoch)| (name.into(), epoch)));
        }
        let loss = |epoch: usize| 0.3 + 0.01 * (epoch as f32 - 10.0).abs() + 0.001 * seed as f32;
        let losses = (1..=outcome.epochs()).map(|epoch| if epoch % 2 == 0 { loss(epoch) } else { f32::NAN });
        let losses = losses.collect();
        outcome.series.insert("validation_loss".into(), losses);
    }
    rows
}
