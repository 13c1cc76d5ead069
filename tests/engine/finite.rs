//! What each optimizer makes of numbers at the edge: one step, gradients of zero or far too large, no eps, dead units. Both
//! engines come to the same.

use candle_core::Device;
use tallow::activation::Activation;
use tallow::dataset::{Batching, Data, Table, Task};
use tallow::engine::{Outcome, Status, candle, fused};
use tallow::optim::{Average, Lookahead, Optimizer, Wrappers};
use tallow::param::Value;
use tallow::regularize::Regularization;
use tallow::schedule::Schedule;

use crate::training::Case;

/// One regression of three steps a full batch each, by a unit that gets its sample and one that is dead.
fn case(optimizer: &Optimizer, wrappers: Wrappers, targets: [f32; 2], weight: f32) -> Case {
    let layer = |weight: &[f32], bias: &[f32]| tallow::engine::Layer { weight: weight.to_vec(), bias: bias.to_vec() };
    let mut train = Table::new(vec![0.5, -0.25, 1.0, 0.75], targets.to_vec());
    train.weights = Some(vec![weight; 2]);
    Case {
        units: vec![2, 2, 1],
        data: Data::new(2, Task::Regression, [train, Table::default(), Table::default()]),
        layers: vec![layer(&[0.5, 0.25, -0.5, -0.75], &[0.125, -9.0]), layer(&[0.75, -0.5], &[0.25])],
        activation: Activation::from_name("relu").expect("a known activation"),
        optimizer: optimizer.clone(),
        wrappers,
        schedule: Schedule::from_name("constant").expect("a known schedule"),
        learning_rate: rate(optimizer),
        batching: Batching::full(2),
        epochs: 3,
        regularization: Regularization::NONE,
        order: None,
    }
}

/// That of a small step; prodigy's is a multiple of what it finds by itself.
fn rate(optimizer: &Optimizer) -> f64 {
    if optimizer.name() == "prodigy" { 1.0 } else { 0.01 }
}

/// How a training ended, in a word.
fn ended(outcome: &Outcome) -> &'static str {
    let weights = outcome.layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
    match (outcome.status, weights.copied().all(f32::is_finite)) {
        (Status::Done, true) => "finite",
        (Status::Done, false) => "lost",
        (Status::Diverged { .. }, _) => "diverges",
    }
}

/// The same of both engines.
fn both(case: &Case) -> (Outcome, &'static str) {
    let ours = case.given(|training, layers| fused::train(training, layers).expect("a training"));
    let theirs = case.given(|training, layers| candle::train(training, layers, &Device::Cpu).expect("a training"));
    let word = ended(&ours);
    assert_eq!(word, ended(&theirs), "{:?} {:?}: {ours:?} {theirs:?}", case.optimizer, case.wrappers);
    (ours, word)
}

/// A line of the table. Whatever happens, a weight that nothing moves stays.
fn line(label: &str, optimizer: &Optimizer, wrappers: Wrappers) -> String {
    let mut still = optimizer.clone();
    // The last of them is where yogi's mean of gradients starts from, too.
    for name in ["weight_decay", "lambd", "initial_accumulator"] {
        if still.settings().get(name).is_some() {
            still.settings_mut().set(name, &Value::Float(0.0)).expect("in its domain");
        }
    }
    let mut exact = still.clone();
    let is_eps = |name: &&str| name.starts_with("eps") || name.ends_with("_eps");
    let eps: Vec<_> = exact.settings().params().iter().map(|param| param.name).filter(is_eps).collect();
    for name in &eps {
        exact.settings_mut().set(name, &Value::Float(0.0)).expect("in its domain");
    }
    let mut one = case(optimizer, wrappers, [1.0, -1.0], 1.0);
    one.epochs = 1;
    let (_, one_step) = both(&one);
    let mut zero = case(&still, wrappers, [1.0, -1.0], 0.0);
    let (outcome, zero_gradients) = both(&zero);
    assert_eq!(outcome.layers, zero.layers, "{label}: gradients of zero move nothing");
    let dead = case(&still, wrappers, [1.0, -1.0], 1.0);
    let (outcome, dead_units) = both(&dead);
    assert_eq!(outcome.layers[0].weight[2..], dead.layers[0].weight[2..], "{label}: a dead unit stays");
    assert_ne!(outcome.layers[0].weight[..2], dead.layers[0].weight[..2], "{label}: another moves");
    let (_, huge) = both(&case(optimizer, wrappers, [1e12, -1e12], 1.0));
    let (_, largest) = both(&case(optimizer, wrappers, [1e18, -1e18], 1.0));
    let (mut no_eps, mut no_eps_at_zero) = ("-", "-");
    if !eps.is_empty() {
        let mut alive = case(&exact, wrappers, [1.0, -1.0], 1.0);
        alive.layers[0].bias[1] = 2.0;
        no_eps = both(&alive).1;
        zero.optimizer = exact;
        no_eps_at_zero = both(&zero).1;
    }
    format!(
        "{label:<24} {one_step:<9} {zero_gradients:<9} {dead_units:<9} {huge:<9} {largest:<9} {no_eps:<9} {no_eps_at_zero}\n"
    )
}

#[test]
fn every_optimizer_ends_in_both_engines_alike_at_the_edge_of_its_numbers() {
    let mut table = format!(
        "{:<24} {:<9} {:<9} {:<9} {:<9} {:<9} {:<9} eps 0, g 0\n",
        "", "one step", "g 0", "dead", "g 1e12", "g 1e18", "eps 0"
    );
    for optimizer in Optimizer::all() {
        table += &line(optimizer.name(), &optimizer, Wrappers::NONE);
    }
    let adam = Optimizer::from_name("adam").expect("a known optimizer");
    let lookahead = Some(Lookahead { steps: 2, alpha: 0.5 });
    let kinds = [
        ("cautious", Wrappers { cautious: true, ..Wrappers::NONE }),
        ("lookahead", Wrappers { lookahead, ..Wrappers::NONE }),
        ("ema", Wrappers { average: Some(Average::Ema(0.5)), ..Wrappers::NONE }),
        ("swa", Wrappers { average: Some(Average::Swa { per_epoch: 1, first: 2 }), ..Wrappers::NONE }),
    ];
    for (label, wrappers) in kinds {
        table += &line(&format!("adam, {label}"), &adam, wrappers);
    }
    insta::assert_snapshot!(table);
}
