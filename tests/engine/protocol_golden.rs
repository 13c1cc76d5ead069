//! Early stopping as scikit-learn and Keras do it, followed epoch by epoch on two real data sets from the same first weights.

use serde_json::Value as Json;
use tallow::activation::Activation;
use tallow::dataset::{Batching, Data, LastBatch, Table, Task};
use tallow::engine::{Chance, Follower, Layer, Outcome, Stop, Training, candle, fused};
use tallow::measure::{KEPT_EPOCH, Measure, STOPPED_EPOCH, Series, Split};
use tallow::model::Rows;
use tallow::numerics::Isa;
use tallow::optim::{Optimizer, Wrappers};
use tallow::protocol::{EarlyStopping, Keep};
use tallow::regularize::Regularization;
use tallow::schedule::Schedule;
use tallow::spec::RunConfig;

use crate::golden::{flat, whole};

fn floats(json: &Json) -> Vec<f32> {
    flat(json).into_iter().map(|x| x as f32).collect()
}

/// What a library watched, and how patient it is by the rule that tallow has in common with Keras: scikit-learn stops when
/// more than `n_iter_no_change` epochs were no better, and its `tol` is smaller than what one sample more is worth.
const LIBRARIES: [(&str, &str, usize); 2] =
    [("scikit_learn", "validation_accuracy", 1), ("keras", "validation_loss", 0)];

type Engine = dyn Fn(&Training, &[Layer]) -> Outcome;

fn followed(file: &Json, watch: &str, more: usize, engine: &Engine) -> Outcome {
    let units: Vec<usize> = flat(&file["units"]).into_iter().map(|units| units as usize).collect();
    let task = if file["task"] == "binary" { Task::Binary } else { Task::Multiclass { classes: units[2] } };
    let table = |x: &str, y: &str| Table::new(floats(&file[x]), floats(&file[y]));
    let (train, validation) = (table("X", "Y"), table("validation_X", "validation_Y"));
    let data = Data::new(units[0], task, [train, validation, Table::default()]);
    let watch = Series::from_name(watch).expect("a series");
    let patience = whole(file, "patience") + more;
    let mut run = RunConfig {
        keep: Keep::Best,
        early_stopping: Some(EarlyStopping { patience, min_delta: 0.0, watch }),
        ..RunConfig::default()
    };
    run.dataset.sampling.validation = 0.3;
    let pack = |split| match split {
        Split::Validation => Rows::new(task, data.features, &data.validation),
        other => panic!("{other:?} is not looked at"),
    };
    let follower = Follower::of(&run, 1.0, pack).expect("something to watch");
    let training = Training {
        units: &units,
        activation: &Activation::from_name("tanh").expect("a known activation"),
        optimizer: &Optimizer::from_name("adam").expect("a known optimizer"),
        learning_rate: file["learning_rate"].as_f64().expect("a number"),
        schedule: &Schedule::from_name("constant").expect("a known schedule"),
        epochs: whole(file, "epochs"),
        batching: Batching { size: whole(file, "batch"), last: LastBatch::Train },
        data: &data,
        regularization: &Regularization::NONE,
        wrappers: Wrappers::NONE,
        chance: Chance::new(0),
        measures: Measure::ALL,
        order: None,
        trace: None,
        watch: Some(&follower),
        stop: &Stop::default(),
        isa: Isa::current(),
    };
    let (weights, biases) = (file["init_W"].as_array().expect("layers"), file["init_b"].as_array().expect("layers"));
    let layers =
        weights.iter().zip(biases).map(|(w, b)| Layer { weight: floats(w), bias: floats(b) }).collect::<Vec<_>>();
    let outcome = engine(&training, &layers);
    follower.complete(outcome)
}

#[test]
fn trainings_stop_at_the_epochs_and_keep_the_weights_that_they_do_in_scikit_learn_and_keras() {
    let fused = |training: &Training, layers: &[Layer]| fused::train(training, layers).expect("a training");
    let candle = |training: &Training, layers: &[Layer]| {
        candle::train(training, layers, &candle_core::Device::Cpu).expect("a training")
    };
    let engines: [&Engine; 2] = [&fused, &candle];
    for name in ["breast_cancer", "wine"] {
        let text = std::fs::read_to_string(format!("tests/golden/protocol/{name}.json")).expect("a file");
        let file: Json = serde_json::from_str(&text).expect("JSON");
        for ((library, watch, more), engine) in LIBRARIES.into_iter().flat_map(|library| engines.map(|e| (library, e)))
        {
            let theirs = &file[library];
            let ours = followed(&file, watch, more, engine);
            let what = format!("{name} as {library}");
            assert_eq!(ours.measures[STOPPED_EPOCH], whole(theirs, "stopped") as f32, "{what}");
            assert_eq!(ours.measures[KEPT_EPOCH], whole(theirs, "kept") as f32, "{what}");
            assert_eq!(ours.epochs(), whole(theirs, "stopped"), "{what}");
            for (series, numbers) in [("loss_mean", "loss"), (watch, "watched")] {
                let (ours, theirs) = (&ours.series[series], floats(&theirs[numbers]));
                assert_eq!(ours.len(), theirs.len(), "{what}: {series}");
                for (epoch, (a, b)) in (1..).zip(ours.iter().zip(&theirs)) {
                    assert!((a - b).abs() <= 1e-4 * b.abs() + 1e-6, "{what}: {series} of epoch {epoch}: {a} for {b}");
                }
            }
            let end = theirs["at_end"].as_f64().expect("a number");
            assert!((f64::from(ours.measures[watch]) - end).abs() < 1e-4, "{what}: {watch} at the end");
        }
    }
}
