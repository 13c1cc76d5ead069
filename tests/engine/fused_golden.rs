//! The trajectories of PyTorch and others (f32 files) through the fused engine, on every instruction set of this CPU.

use std::sync::Mutex;

use serde_json::Value as Json;
use tallow::activation::Activation;
use tallow::dataset::{Batching, Data, Table, Task};
use tallow::engine::{Chance, Training, fused};
use tallow::engine::{Layer, Stop};
use tallow::measure::Measure;
use tallow::numerics::Isa;
use tallow::regularize::Regularization;

use crate::golden::{self, optimizer, schedule, text, whole, wrappers};

/// All numbers of a nested list, in order, rounded once.
fn flat(json: &Json) -> Vec<f32> {
    golden::flat(json).into_iter().map(|x| x as f32).collect()
}

fn close(ours: &[f32], theirs: &[f32], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= 1e-4 * b.abs() + 1e-6, "{what}[{k}]: {a}, PyTorch {b}");
    }
}

fn check(file: &Json, name: &str, isa: Isa) {
    let units: Vec<usize> = flat(&file["dims"]).into_iter().map(|units| units as usize).collect();
    let task = match text(file, "loss") {
        "mse" | "mse_loss" => Task::Regression,
        "cross_entropy" => Task::Multiclass { classes: units[units.len() - 1] },
        _ => Task::Binary,
    };
    let train = Table::new(flat(&file["X"]), flat(&file["Y"]));
    let data = Data::new(units[0], task, [train, Table::default(), Table::default()]);
    let pairs = |weights: &str, biases: &str| -> Vec<Layer> {
        let (weights, biases) = (file[weights].as_array().expect("layers"), file[biases].as_array().expect("layers"));
        weights.iter().zip(biases).map(|(w, b)| Layer { weight: flat(w), bias: flat(b) }).collect()
    };
    let losses = Mutex::new(Vec::new());
    let per_epoch = data.train.len() / whole(file, "batch");
    assert_eq!(whole(file, "steps") % per_epoch, 0);
    let training = Training {
        units: &units,
        activation: &Activation::from_name(text(file, "activation")).expect("a known activation"),
        optimizer: &optimizer(file),
        learning_rate: file["hyper"]["lr"].as_f64().expect("a number"),
        schedule: &schedule(file),
        epochs: whole(file, "steps") / per_epoch,
        batching: Batching::full(whole(file, "batch")),
        data: &data,
        regularization: &Regularization::NONE,
        wrappers: wrappers(file),
        chance: Chance::new(0),
        measures: Measure::ALL,
        order: None,
        trace: Some(&|loss| losses.lock().expect("one thread").push(loss)),
        watch: None,
        stop: &Stop::default(),
        isa,
    };
    let outcome = fused::train(&training, &pairs("init_W", "init_b")).expect("a training");
    let at = |what: &str| format!("{name} on {}: {what}", isa.name());
    close(&losses.lock().expect("one thread"), &flat(&file["losses"]), &at("loss"));
    for (l, (ours, theirs)) in outcome.layers.iter().zip(pairs("final_W", "final_b")).enumerate() {
        close(&ours.weight, &theirs.weight, &at(&format!("weight {l}")));
        close(&ours.bias, &theirs.bias, &at(&format!("bias {l}")));
    }
    close(&[outcome.measures["train_loss"]], &flat(&file["final_full_loss"]), &at("loss at the end"));
    if let (Some(ours), Some(theirs)) =
        (outcome.measures.get("train_accuracy").copied(), file["final_accuracy"].as_f64())
    {
        close(&[ours], &[theirs as f32], &at("accuracy"));
    }
}

#[test]
fn golden_trajectories_are_met_by_the_fused_engine() {
    golden::each(|file, name| {
        if file["dtype"] == "float32" {
            Isa::available().into_iter().for_each(|isa| check(file, name, isa));
        }
    });
}
