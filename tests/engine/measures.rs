//! Every measure is what scikit-learn gives for the same outputs: `tests/golden/measures/make.py`.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tallow::dataset::{Table, Task};
use tallow::loss;
use tallow::measure::{Confusion, Evaluation, Measure, Outputs};

use crate::golden::{flat, text, whole};

fn floats(json: &Json) -> Vec<f32> {
    flat(json).into_iter().map(|x| x as f32).collect()
}

/// Sums of loss and of what is right, in f64.
fn seen<'a>(task: Task, table: &'a Table, outputs: &[f32]) -> Evaluation<'a> {
    let (mut weight, mut loss, mut correct) = (0.0, 0.0, 0.0);
    for (k, (z, &y)) in outputs.chunks_exact(task.outputs()).zip(&table.y).enumerate() {
        let own = table.weights.as_ref().map_or(1.0, |weights| f64::from(weights[k]));
        let z64: Vec<f64> = z.iter().map(|&z| f64::from(z)).collect();
        weight += own;
        correct += own * f64::from(u8::from(loss::is_correct(task, z, y)));
        loss += own
            * match task {
                Task::Regression => (z64[0] - f64::from(y)).powi(2),
                Task::Binary => z64[0].max(0.0) - z64[0] * f64::from(y) + libm::log1p(libm::exp(-z64[0].abs())),
                Task::Multiclass { .. } => libm::log(z64.iter().map(|&z| libm::exp(z)).sum()) - z64[y as usize],
            };
    }
    Evaluation { task, weight, loss, correct, table, outputs: Some(Outputs::new(task, table, outputs.to_vec())) }
}

#[test]
fn every_measure_is_what_scikit_learn_gives() {
    let file: Json =
        serde_json::from_slice(&std::fs::read("tests/golden/measures/measures.json").expect("a file")).expect("JSON");
    let mut checked = BTreeSet::new();
    for (number, case) in file["cases"].as_array().expect("cases").iter().enumerate() {
        let task = match text(case, "kind") {
            "regression" => Task::Regression,
            _ => Task::of_classes(whole(case, "classes")),
        };
        let y = floats(&case["y"]);
        let weights = case["weights"].is_array().then(|| floats(&case["weights"]));
        let table = Table { x: vec![0.0; y.len()], y, weights };
        let outputs = floats(&case["outputs"]);
        let seen = seen(task, &table, &outputs);
        for (name, theirs) in case["measures"].as_object().expect("measures") {
            let Some(measure) = Measure::from_name(name) else { continue };
            let (ours, theirs) = ((measure.of)(&seen).expect("it applies"), theirs.as_f64().expect("a number"));
            let near = (f64::from(ours) - theirs).abs() <= 2e-6 * theirs.abs().max(0.1);
            assert!(near, "case {number}, {name}: {ours}, scikit-learn {theirs}");
            assert!((measure.applies)(task));
            checked.insert(measure);
        }
        if task.is_classification() {
            let confusion = Confusion::of(seen.outputs.as_ref().expect("asked for"));
            let classes = confusion.classes();
            let theirs = flat(&case["measures"]["confusion"]);
            for (k, theirs) in theirs.iter().enumerate() {
                let ours = confusion.count(k / classes, k % classes);
                assert!((ours - theirs).abs() < 1e-5, "case {number}, class {k}: {ours}, {theirs}");
            }
            for (class, theirs) in flat(&case["measures"]["f1"]).into_iter().enumerate() {
                assert!((confusion.f1(class).unwrap_or(0.0) - theirs).abs() < 1e-6, "case {number}, F1 of {class}");
            }
        }
    }
    let all: BTreeSet<Measure> = Measure::ALL.iter().copied().filter(|&measure| measure != Measure::Loss).collect();
    assert_eq!(checked, all, "each has a number by scikit-learn");
}

#[test]
fn what_is_not_a_number_is_told_and_rows_without_weight_are_not_looked_at() {
    let outputs = [f32::NAN, 1.0, -1.0, 2.0];
    let weighted =
        |weights: [f32; 4]| Table { x: vec![0.0; 4], y: vec![0.0, 1.0, 0.0, 1.0], weights: Some(weights.to_vec()) };
    let (with, without) = (weighted([1.0; 4]), weighted([0.0, 1.0, 1.0, 1.0]));
    let of = |table, measure: Measure| (measure.of)(&seen(Task::Binary, table, &outputs)).expect("it applies");
    for measure in [Measure::RocAuc, Measure::AveragePrecision, Measure::Brier, Measure::Ece] {
        assert!(of(&with, measure).is_nan() && !of(&without, measure).is_nan(), "{measure:?}");
    }
    assert_eq!(of(&without, Measure::RocAuc), 1.0);
    // It is recognized as nothing: half of its class.
    assert_eq!(of(&with, Measure::BalancedAccuracy), 0.75);
    let one_class = Table { x: vec![0.0; 4], y: vec![1.0; 4], weights: None };
    let finite = [0.5, 1.0, -1.0, 2.0];
    assert!((Measure::RocAuc.of)(&seen(Task::Binary, &one_class, &finite)).expect("it applies").is_nan());
}
