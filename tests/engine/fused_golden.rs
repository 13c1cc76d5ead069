//! PyTorch's trajectories (f32 files) through the fused engine, on every instruction set of this CPU.

use std::cell::RefCell;
use std::path::PathBuf;

use serde_json::Value as Json;
use tallow::activation::Activation;
use tallow::dataset::{Data, Table, Task};
use tallow::engine::fused::{self, Training};
use tallow::engine::{Layer, Stop};
use tallow::numerics::Isa;
use tallow::optim::Optimizer;
use tallow::param::Value;
use tallow::schedule::Schedule;

/// All numbers of a nested list, in order.
fn flat(json: &Json) -> Vec<f32> {
    match json {
        Json::Array(items) => items.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().expect("a number") as f32],
    }
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_else(|| panic!("`{key}` is a text"))
}

fn whole(json: &Json, key: &str) -> usize {
    json[key].as_u64().unwrap_or_else(|| panic!("`{key}` is a whole number")) as usize
}

fn optimizer(file: &Json) -> Optimizer {
    let mut optimizer = Optimizer::from_name(&text(file, "optimizer").to_lowercase()).expect("a known optimizer");
    let mut set = |name: &str, value: &Json| {
        let value = value.as_bool().map_or_else(|| Value::Float(value.as_f64().expect("a number")), Value::Bool);
        optimizer.settings_mut().set(name, &value).expect("an accepted value");
    };
    for (name, value) in file["hyper"].as_object().expect("settings") {
        match name.as_str() {
            "lr" | "decoupled_weight_decay" => {}
            "betas" => {
                set("beta1", &value[0]);
                set("beta2", &value[1]);
            }
            "initial_accumulator_value" => set("initial_accumulator", value),
            name => set(name, value),
        }
    }
    optimizer
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
    let train = Table { x: flat(&file["X"]), y: flat(&file["Y"]) };
    let data = Data { features: units[0], task, train, test: Table::default() };
    let pairs = |weights: &str, biases: &str| -> Vec<Layer> {
        let (weights, biases) = (file[weights].as_array().expect("layers"), file[biases].as_array().expect("layers"));
        weights.iter().zip(biases).map(|(w, b)| Layer { weight: flat(w), bias: flat(b) }).collect()
    };
    let losses = RefCell::new(Vec::new());
    let per_epoch = data.train.len() / whole(file, "batch");
    assert_eq!(whole(file, "steps") % per_epoch, 0);
    let training = Training {
        units: &units,
        activation: &Activation::from_name(text(file, "activation")).expect("a known activation"),
        optimizer: &optimizer(file),
        learning_rate: file["hyper"]["lr"].as_f64().expect("a number"),
        schedule: &Schedule::from_name("constant").expect("a known schedule"),
        epochs: whole(file, "steps") / per_epoch,
        batch_size: whole(file, "batch"),
        data: &data,
        order: None,
        trace: Some(&|loss| losses.borrow_mut().push(loss)),
        stop: &Stop::default(),
        isa,
    };
    let outcome = fused::train(&training, &pairs("init_W", "init_b")).expect("a training");
    let at = |what: &str| format!("{name} on {}: {what}", isa.name());
    close(&losses.borrow(), &flat(&file["losses"]), &at("loss"));
    for (l, (ours, theirs)) in outcome.layers.iter().zip(pairs("final_W", "final_b")).enumerate() {
        close(&ours.weight, &theirs.weight, &at(&format!("weight {l}")));
        close(&ours.bias, &theirs.bias, &at(&format!("bias {l}")));
    }
    close(&[outcome.train.loss], &flat(&file["final_full_loss"]), &at("loss at the end"));
    if let (Some(ours), Some(theirs)) = (outcome.train.accuracy, file["final_accuracy"].as_f64()) {
        close(&[ours], &[theirs as f32], &at("accuracy"));
    }
}

#[test]
fn golden_trajectories_are_met_by_the_fused_engine() {
    let folder = std::env::var_os("GOLDEN_DIR").map_or_else(|| PathBuf::from("tests/golden"), PathBuf::from);
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder of trajectories") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Json = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
        if file["dtype"] != "float32" {
            continue;
        }
        for isa in Isa::available() {
            check(&file, &path.display().to_string(), isa);
        }
        checked += 1;
    }
    assert!(checked > 0, "no f32 trajectory in {}", folder.display());
}
