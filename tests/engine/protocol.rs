//! The protocol of a run in both engines: what is recorded at the end of epochs, which weights it ends with, when it ends.

use tallow::activation::Activation;
use tallow::dataset::{Cache, Dataset, Kind};
use tallow::engine::{self, Device, Outcome, Status, Stop};
use tallow::measure::{KEPT_EPOCH, STOPPED_EPOCH, Series};
use tallow::optim::Optimizer;
use tallow::param::{Settings, Value};
use tallow::protocol::{EarlyStopping, Keep};
use tallow::spec::{Lib, RunConfig};

/// A run that overfits: a wide layer, few samples, labels wrong by chance.
fn run(lib: Lib) -> RunConfig {
    let mut dataset = Dataset::new(Kind::from_name("two_moons").expect("a known dataset"));
    (dataset.sampling.points, dataset.sampling.label_noise) = (150, 0.2);
    (dataset.sampling.validation, dataset.sampling.test) = (0.3, 0.2);
    RunConfig {
        lib,
        dataset,
        hidden: vec![30],
        activation: Activation::from_name("tanh").expect("a known activation"),
        optimizer: Optimizer::from_name("adam").expect("a known optimizer"),
        learning_rate: 0.03,
        epochs: 80,
        batch_size: 15,
        shuffle: true,
        seed: 4,
        ..RunConfig::default()
    }
}

fn train(run: &RunConfig) -> Outcome {
    let device = Device::open("cpu").expect("the CPU");
    let trained = engine::train(std::slice::from_ref(run), &Cache::default(), &device, &Stop::default()).pop();
    trained.expect("one outcome").expect("a training")
}

/// A run with what is evaluated.
fn evaluating(mut run: RunConfig, every: i64, on: &[&str]) -> RunConfig {
    let on = on.iter().map(|&split| Value::Text(split.to_owned())).collect();
    run.evaluate.set("every", &Value::Int(every)).expect("epochs");
    run.evaluate.set("on", &Value::List(on)).expect("splits");
    run
}

fn stopping(run: RunConfig, patience: usize, watch: &str) -> RunConfig {
    let watch = Series::from_name(watch).expect("a series");
    RunConfig { early_stopping: Some(EarlyStopping { patience, min_delta: 0.0, watch }), ..run }
}

const LIBS: [Lib; 2] = [Lib::Fused, Lib::CandleNn];

#[test]
fn what_is_recorded_of_an_epoch_is_what_a_training_that_ends_there_measures_and_changes_nothing_else() {
    for lib in LIBS {
        let plain = train(&evaluating(run(lib), 1, &[]));
        let all = train(&evaluating(run(lib), 1, &["test", "train", "validation"]));
        let names: Vec<&str> = all.series.keys().map(AsRef::as_ref).collect();
        let evaluated = ["test_accuracy", "test_loss", "train_accuracy", "train_loss"];
        let evaluated = [&evaluated[..], &["validation_accuracy", "validation_loss"]].concat();
        assert_eq!(names, [&["loss_last", "loss_mean"], &evaluated[..]].concat());
        assert_eq!((plain.series.len(), &plain.measures, &plain.layers), (2, &all.measures, &all.layers));
        for epochs in [1, 7, 80] {
            let until = train(&RunConfig { epochs, ..run(lib) });
            for &name in &evaluated {
                assert_eq!(all.series[name][epochs - 1].to_bits(), until.measures[name].to_bits(), "{name} {epochs}");
            }
        }
        let seventh = train(&evaluating(run(lib), 7, &["validation"]));
        for (epoch, (all, some)) in
            (1..).zip(all.series["validation_loss"].iter().zip(&seventh.series["validation_loss"]))
        {
            assert!(if epoch % 7 == 0 { all == some } else { some.is_nan() }, "{epoch}");
        }
        assert_eq!(train(&run(lib)).series.len(), 4, "the rows held out for validation, unless a file says otherwise");
    }
}

#[test]
fn the_best_epochs_weights_are_kept_and_the_run_says_which_it_was_and_where_it_stopped() {
    for lib in LIBS {
        for watch in ["validation_loss", "validation_accuracy", "loss_mean"] {
            let whole = train(&run(lib));
            let lower = watch.ends_with("loss") || watch == "loss_mean";
            let values = &whole.series[watch];
            let better = |a: f32, b: f32| if lower { a < b } else { a > b };
            // The first of the best, and the first epoch at which the best is twelve epochs old.
            let mut best = 0;
            let stop = (0..values.len()).find(|&epoch| {
                if better(values[epoch], values[best]) {
                    best = epoch;
                }
                epoch - best >= 12
            });
            let stopped = train(&RunConfig { keep: Keep::Best, ..stopping(run(lib), 12, watch) });
            assert_eq!(stopped.status, Status::Done);
            assert_eq!(stopped.epochs(), stop.map_or(80, |epoch| epoch + 1), "{watch}");
            assert_eq!(stopped.measures.get(STOPPED_EPOCH).copied(), stop.map(|epoch| (epoch + 1) as f32));
            assert_eq!(stopped.measures[KEPT_EPOCH], (best + 1) as f32);
            let until = train(&RunConfig { epochs: best + 1, ..run(lib) });
            assert_eq!(stopped.layers, until.layers, "{watch}");
            assert!(until.measures.iter().all(|(name, value)| stopped.measures[name] == *value));
            assert_eq!(whole.series[watch][..stopped.epochs()], stopped.series[watch]);
            let last = train(&stopping(run(lib), 12, watch));
            assert!(!last.measures.contains_key(KEPT_EPOCH) && last.epochs() == stopped.epochs());
            assert_eq!(last.layers, train(&RunConfig { epochs: last.epochs(), ..run(lib) }).layers);
        }
        assert!(train(&stopping(run(lib), 12, "validation_loss")).epochs() < 80, "it overfits");
    }
}

#[test]
fn what_is_watched_is_evaluated_whatever_else_is_recorded() {
    let run = evaluating(stopping(run(Lib::Fused), 3, "validation_loss"), 1, &[]);
    let outcome = train(&run);
    assert!(outcome.epochs() < 80 && outcome.series["validation_loss"].len() == outcome.epochs());
}

#[test]
fn a_diverged_run_has_a_number_for_every_epoch_it_was_looked_at_and_keeps_its_best() {
    for lib in LIBS {
        let mut run = RunConfig { keep: Keep::Best, ..run(lib) };
        run.dataset.kind = Kind::from_name("prod").expect("a known dataset");
        run.dataset.sampling.label_noise = 0.0;
        run.optimizer = Optimizer::from_name("sgd").expect("a known optimizer");
        run.activation = Activation::from_name("linear").expect("a known activation");
        let rates = (0..24).map(|k| 0.1 * 1.15_f64.powi(k));
        let mut outcomes = rates.map(|learning_rate| train(&RunConfig { learning_rate, ..run.clone() }));
        let late = |outcome: Outcome| match outcome.status {
            Status::Diverged { epoch } if epoch > 2 => Some((epoch, outcome)),
            _ => None,
        };
        let (epoch, outcome) = outcomes.find_map(late).expect("one of the rates is too large, but not by far");
        let losses = &outcome.series["validation_loss"];
        assert_eq!(losses.len(), epoch);
        assert!(losses.iter().all(|loss| !loss.is_nan()) && losses[epoch - 1] == f32::INFINITY, "{losses:?}");
        assert!(outcome.measures["validation_loss"].is_finite() && outcome.measures[KEPT_EPOCH] < epoch as f32);
    }
}
