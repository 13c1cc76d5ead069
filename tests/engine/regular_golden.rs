//! Regularized trainings follow PyTorch's, with masks and noise that `tests/golden/regular/make.py` counts anew.

use std::sync::Mutex;

use candle_core::Device;
use serde_json::Value as Json;
use tallow::activation::Activation;
use tallow::dataset::{Batching, Data, Table, Task};
use tallow::engine::{Chance, Layer, Outcome, Stop, Training, candle, fused};
use tallow::measure::Measure;
use tallow::numerics::Isa;
use tallow::optim::{Optimizer, Wrappers};
use tallow::param::Value;
use tallow::regularize::Regularization;
use tallow::schedule::Schedule;

use crate::golden::{flat, text, whole};

type Engine = dyn Fn(&Training, &[Layer]) -> Outcome;

fn floats(json: &Json) -> Vec<f32> {
    flat(json).into_iter().map(|x| x as f32).collect()
}

fn regularization(file: &Json) -> Regularization {
    let number = |key: &str| file[key].as_f64().unwrap_or_else(|| panic!("`{key}` is a number"));
    Regularization {
        dropout: flat(&file["dropout"]),
        input_noise: number("input_noise"),
        label_smoothing: number("label_smoothing"),
        class_weights: floats(&file["class_weights"]),
        l1: number("l1"),
        decay_biases: file["decay_biases"].as_bool().expect("true or false"),
        clip_value: file["clip_value"].as_f64(),
        clip_norm: file["clip_norm"].as_f64(),
    }
}

/// Losses and parameters, by the name of each.
fn follow(file: &Json, isa: Isa, engine: &Engine) -> Vec<(String, f32)> {
    let units: Vec<usize> = flat(&file["dims"]).into_iter().map(|units| units as usize).collect();
    let task = match text(file, "task") {
        "regression" => Task::Regression,
        "binary" => Task::Binary,
        _ => Task::Multiclass { classes: units[units.len() - 1] },
    };
    let train = Table::new(floats(&file["X"]), floats(&file["Y"]));
    let per_epoch = train.len() / whole(file, "batch");
    let data = Data::new(units[0], task, [train, Table::default(), Table::default()]);
    let mut optimizer = Optimizer::from_name(text(file, "optimizer")).expect("a known optimizer");
    optimizer.settings_mut().set("weight_decay", &Value::Float(0.0)).expect("a setting of each");
    for (name, value) in file["settings"].as_object().expect("settings") {
        optimizer.settings_mut().set(name, &Value::Float(value.as_f64().expect("a number"))).expect("accepted");
    }
    let key = flat(&file["key"]);
    let losses = Mutex::new(Vec::new());
    let training = Training {
        units: &units,
        activation: &Activation::from_name("tanh").expect("a known activation"),
        optimizer: &optimizer,
        learning_rate: file["learning_rate"].as_f64().expect("a number"),
        schedule: &Schedule::from_name("constant").expect("a known schedule"),
        epochs: whole(file, "steps") / per_epoch,
        batching: Batching::full(whole(file, "batch")),
        data: &data,
        wrappers: Wrappers::NONE,
        regularization: &regularization(file),
        chance: Chance { key: [key[0] as u32, key[1] as u32] },
        measures: Measure::ALL,
        order: None,
        trace: Some(&|loss| losses.lock().expect("one thread").push(loss)),
        watch: None,
        stop: &Stop::default(),
        isa,
    };
    let pairs = file["init_W"].as_array().expect("layers").iter().zip(file["init_b"].as_array().expect("layers"));
    let layers: Vec<Layer> = pairs.map(|(w, b)| Layer { weight: floats(w), bias: floats(b) }).collect();
    let outcome = engine(&training, &layers);
    let losses = losses.into_inner().expect("one thread");
    let mut numbers: Vec<(String, f32)> = (0..).map(|step: usize| format!("loss of step {step}")).zip(losses).collect();
    for (kind, of) in [("W", (|layer| &layer.weight) as fn(&Layer) -> &Vec<f32>), ("b", |layer| &layer.bias)] {
        for (l, layer) in outcome.layers.iter().enumerate() {
            numbers.extend(of(layer).iter().enumerate().map(|(k, &p)| (format!("{kind}{l}[{k}]"), p)));
        }
    }
    numbers
}

#[test]
fn regularized_trainings_follow_pytorchs() {
    let mut checked = 0;
    for entry in std::fs::read_dir("tests/golden/regular").expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Json = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
        let theirs = [floats(&file["losses"]), floats(&file["W"]), floats(&file["b"])].concat();
        let candle: &Engine = &|training, layers| candle::train(training, layers, &Device::Cpu).expect("an outcome");
        let fused: &Engine = &|training, layers| fused::train(training, layers).expect("an outcome");
        let engines = Isa::available().into_iter().map(|isa| (isa.name(), isa, fused));
        for (engine, isa, train) in engines.chain([("candle-nn", Isa::current(), candle)]) {
            let ours = follow(&file, isa, train);
            assert_eq!(ours.len(), theirs.len(), "{}", path.display());
            for ((name, a), b) in ours.iter().zip(&theirs) {
                let told = format!("{} by {engine}: {name} is {a}, PyTorch's {b}", path.display());
                assert!((a - b).abs() <= 1e-4 * b.abs() + 1e-5, "{told}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 20, "{checked}");
}
