//! Regularization does what it says: by plain arithmetic in f64, by differences of the loss, and alike in both engines.

use std::sync::Mutex;

use candle_core::Device;

use crate::training::{self, Case};
use tallow::activation::Activation;
use tallow::dataset::{Batching, Data, LastBatch, Table, Task};
use tallow::engine::{Chance, Dropout, Layer, Stop, Training, candle, fused};
use tallow::init::Init;
use tallow::numerics::Isa;
use tallow::optim::{Optimizer, Wrappers};
use tallow::param::Value;
use tallow::regularize::Regularization;
use tallow::rng::{Purpose, Stream};
use tallow::schedule::Schedule;

const TASKS: [Task; 3] = [Task::Regression, Task::Binary, Task::Multiclass { classes: 4 }];

fn data(stream: &mut Stream, len: usize, features: usize, task: Task) -> Data {
    let train = training::table(stream, len, features, |x| match task {
        Task::Regression => x.iter().sum::<f32>() * x[0] / 4.0,
        Task::Binary => f32::from(u8::from(x[0] * x[x.len() - 1] > 0.1)),
        Task::Multiclass { classes } => (x.iter().map(|x| x.abs()).sum::<f32>() as usize % classes) as f32,
    });
    Data::new(features, task, [train, Table::default(), Table::default()])
}

fn case(seed: u64, activation: &Activation, task: Task, hidden: &[usize], batch: usize) -> Case {
    let mut stream = Stream::new(Purpose::Sample, "regular", seed);
    let units = [&[3][..], hidden, &[task.outputs()]].concat();
    Case {
        data: data(&mut stream, batch * 2 + 5, 3, task),
        layers: Init::Torch.draw(&units, seed),
        units,
        activation: activation.clone(),
        optimizer: Optimizer::from_name("sgd").expect("a known optimizer"),
        schedule: Schedule::from_name("constant").expect("a known schedule"),
        learning_rate: 0.02,
        batching: Batching { size: batch, last: LastBatch::Train },
        epochs: 3,
        regularization: Regularization::NONE,
        wrappers: Wrappers::NONE,
        order: None,
    }
}

/// Takes the weight decay of optimizers that have some by default.
fn without_decay(optimizer: &mut Optimizer) {
    if optimizer.settings().get("weight_decay").is_some() {
        optimizer.settings_mut().set("weight_decay", &Value::Float(0.0)).expect("in its domain");
    }
}

/// Losses of all steps and final weights, as bits.
fn bits(case: &Case, isa: Isa) -> Vec<u32> {
    let losses = Mutex::new(Vec::new());
    let trace = |loss| losses.lock().expect("one thread").push(loss);
    let outcome = case.train(isa, &trace, &Stop::default()).expect("a training");
    let layers = outcome.layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
    losses.lock().expect("one thread").iter().chain(layers).map(|x| x.to_bits()).collect()
}

#[test]
fn what_has_no_effect_changes_no_bit() {
    let without_effect = [
        Regularization { clip_norm: Some(1e30), ..Regularization::NONE },
        Regularization { clip_value: Some(1e30), ..Regularization::NONE },
        Regularization { dropout: vec![0.0, 0.0], decay_biases: false, ..Regularization::NONE },
        Regularization { class_weights: vec![1.0; 4], ..Regularization::NONE },
    ];
    for activation in Activation::all() {
        for (k, task) in TASKS.into_iter().enumerate() {
            for optimizer in Optimizer::all() {
                let mut case = case(k as u64, &activation, task, [&[9, 5][..], &[33], &[20, 18]][k], 37);
                case.optimizer = optimizer;
                without_decay(&mut case.optimizer);
                let plain = bits(&case, Isa::current());
                for regularization in &without_effect {
                    if regularization.class_weights.is_empty() || task.is_classification() {
                        case.regularization = regularization.clone();
                        assert!(
                            bits(&case, Isa::current()) == plain,
                            "{} {task:?} {regularization:?}",
                            activation.name()
                        );
                    }
                }
            }
        }
    }
}

/// A step in f64 on the first batch: the loss, given the weights.
struct Plain<'a> {
    case: &'a Case,
    factors: Vec<Vec<f32>>,
    noise: Vec<f32>,
}

impl<'a> Plain<'a> {
    fn new(case: &'a Case) -> Self {
        let (chance, given, samples) = (Chance::new(5), &case.regularization, case.batching.size);
        let factors = given.dropout.iter().enumerate().map(|(l, &rate)| match Dropout::new(rate) {
            Some(dropout) => chance.factors(0, l, dropout, case.units[l + 1], samples),
            None => Vec::new(),
        });
        let noise = chance.noise(0, given.input_noise as f32, case.data.features, samples);
        Self { case, factors: factors.collect(), noise }
    }

    /// tanh in the hidden layers.
    fn loss(&self, layers: &[(Vec<f64>, Vec<f64>)]) -> f64 {
        let (case, given) = (self.case, &self.case.regularization);
        let features = case.data.features;
        let (mut sum, mut total) = (0.0, 0.0);
        for sample in 0..case.batching.size {
            let input = |i: usize| f64::from(case.data.train.x[sample * features + i]);
            let mut x: Vec<f64> =
                (0..features).map(|i| input(i) + f64::from(self.noise[sample * features + i])).collect();
            for (l, (weight, bias)) in layers.iter().enumerate() {
                let rows = weight.chunks_exact(x.len()).zip(bias);
                let z: Vec<f64> = rows.map(|(w, b)| b + w.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>()).collect();
                x = z;
                if l + 1 < layers.len() {
                    let width = x.len();
                    let factor = |u: usize| match self.factors.get(l) {
                        Some(factors) if !factors.is_empty() => f64::from(factors[sample * width + u]),
                        _ => 1.0,
                    };
                    x = x.into_iter().enumerate().map(|(u, z)| libm::tanh(z) * factor(u)).collect();
                }
            }
            let y = case.data.train.y[sample];
            let smoothing = given.label_smoothing;
            let loss = match case.data.task {
                Task::Regression => (x[0] - f64::from(y)).powi(2),
                Task::Binary => {
                    let target = f64::from(y) * (1.0 - smoothing) + smoothing / 2.0;
                    x[0].max(0.0) - x[0] * target + libm::log1p(libm::exp(-x[0].abs()))
                }
                Task::Multiclass { classes } => {
                    let total = libm::log(x.iter().map(|&z| libm::exp(z)).sum());
                    let target =
                        |k: usize| f64::from(u8::from(k as f32 == y)) * (1.0 - smoothing) + smoothing / classes as f64;
                    (0..classes).map(|k| target(k) * (total - x[k])).sum()
                }
            };
            let weight = given.class_weights.get(y as usize).map_or(1.0, |&weight| f64::from(weight));
            sum += weight * loss;
            total += weight;
        }
        sum / total
    }
}

#[test]
fn gradients_are_the_differences_of_the_loss_with_units_left_out_noise_smoothing_and_classes_that_count() {
    const RATE: f64 = 1024.0;
    let tanh = Activation::from_name("tanh").expect("a known activation");
    for task in TASKS {
        for (seed, hidden) in [(1, &[7, 6, 5][..]), (2, &[20, 18])] {
            let mut case = case(seed, &tanh, task, hidden, 45);
            (case.learning_rate, case.epochs) = (RATE, 1);
            case.data.train.x.truncate(45 * 3);
            case.data.train.y.truncate(45);
            case.regularization = Regularization {
                dropout: vec![0.3, 0.0, 0.5][..hidden.len()].to_vec(),
                input_noise: 0.2,
                label_smoothing: 0.1,
                class_weights: task
                    .classes()
                    .map_or(Vec::new(), |classes| (0..classes).map(|k| 1.5 - 0.3 * k as f32).collect()),
                ..Regularization::NONE
            };
            let losses = Mutex::new(Vec::new());
            let trace = |loss| losses.lock().expect("one thread").push(loss);
            let after = case.train(Isa::current(), &trace, &Stop::default()).expect("a training").layers;
            let plain = Plain::new(&case);
            let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let mut layers: Vec<_> = case.layers.iter().map(|layer| (wide(&layer.weight), wide(&layer.bias))).collect();
            let (ours, exact) = (f64::from(losses.lock().expect("one thread")[0]), plain.loss(&layers));
            assert!((ours - exact).abs() < 2e-6 * exact.abs(), "{task:?}: {ours}, {exact}");
            for l in 0..layers.len() {
                for k in 0..layers[l].0.len() + layers[l].1.len() {
                    let weights = layers[l].0.len();
                    let place = |layers: &mut Vec<(Vec<f64>, Vec<f64>)>, value: f64| match k.checked_sub(weights) {
                        None => layers[l].0[k] = value,
                        Some(k) => layers[l].1[k] = value,
                    };
                    let (before, moved) = match k.checked_sub(weights) {
                        None => (case.layers[l].weight[k], after[l].weight[k]),
                        Some(k) => (case.layers[l].bias[k], after[l].bias[k]),
                    };
                    let (before, h) = (f64::from(before), 1e-5);
                    let mut at = |shift: f64| {
                        place(&mut layers, before + shift);
                        plain.loss(&layers)
                    };
                    let exact = (at(h) - at(-h)) / (2.0 * h);
                    place(&mut layers, before);
                    let ours = (before - f64::from(moved)) / RATE;
                    assert!(
                        (ours - exact).abs() < 4e-6 * exact.abs().max(0.05),
                        "{task:?} layer {l} [{k}]: {ours}, {exact}"
                    );
                }
            }
        }
    }
}

/// Weights and biases of all layers one after the other, each with whether it is a weight.
fn flat(layers: &[Layer]) -> Vec<(f64, bool)> {
    let parameters = |layer: &Layer| {
        let weights = layer.weight.iter().map(|&p| (f64::from(p), true));
        weights.chain(layer.bias.iter().map(|&p| (f64::from(p), false))).collect::<Vec<_>>()
    };
    layers.iter().flat_map(parameters).collect()
}

#[test]
fn a_step_follows_the_penalized_gradient_within_its_bounds() {
    let tanh = Activation::from_name("tanh").expect("a known activation");
    for (k, task) in TASKS.into_iter().enumerate() {
        for hidden in [&[6][..], &[20, 18]] {
            let mut case = case(k as u64, &tanh, task, hidden, 30);
            case.epochs = 1;
            case.data.train.x.truncate(30 * 3);
            case.data.train.y.truncate(30);
            let rate = 0.5;
            case.learning_rate = rate;
            let first = flat(&case.layers);
            let mut step = |regularization: Regularization, decay: f64| {
                case.regularization = regularization;
                case.optimizer.settings_mut().set("weight_decay", &Value::Float(decay)).expect("accepted");
                flat(&case.train(Isa::current(), &|_| (), &Stop::default()).expect("a training").layers)
            };
            let none = Regularization::NONE;
            let plain: Vec<f64> = step(none.clone(), 0.0).iter().zip(&first).map(|(a, b)| (b.0 - a.0) / rate).collect();
            let mut check = |regularization: Regularization, decay: f64, expected: &dyn Fn(f64, f64, bool) -> f64| {
                let told = format!("{task:?} {regularization:?}");
                let after = step(regularization, decay);
                for ((after, &(p, is_weight)), &g) in after.iter().zip(&first).zip(&plain) {
                    let expected = p - rate * expected(p, g, is_weight);
                    assert!((after.0 - expected).abs() < 1e-6, "{told}: {}, {expected}", after.0);
                }
            };
            check(Regularization { l1: 0.01, ..none.clone() }, 0.0, &|p, g, _| g + 0.01 * p.signum());
            let weights = Regularization { decay_biases: false, ..none.clone() };
            check(Regularization { l1: 0.01, ..weights.clone() }, 0.0, &|p, g, is_weight| {
                g + if is_weight { 0.01 * p.signum() } else { 0.0 }
            });
            check(weights.clone(), 0.2, &|p, g, is_weight| g + if is_weight { 0.2 * p } else { 0.0 });
            check(none.clone(), 0.2, &|p, g, _| g + 0.2 * p);
            check(Regularization { clip_value: Some(0.02), ..none.clone() }, 0.0, &|_, g, _| g.clamp(-0.02, 0.02));
            let length = plain.iter().map(|g| g * g).sum::<f64>().sqrt();
            let half = Regularization { clip_norm: Some(length / 2.0), ..none.clone() };
            check(half, 0.0, &|_, g, _| g / 2.0);
            let longer = Regularization { clip_norm: Some(length * 1.01), ..none.clone() };
            check(longer, 0.0, &|_, g, _| g);
            // A penalty is bounded with the gradient, a decay is not.
            let bounded = plain.iter().zip(&first).map(|(g, (p, _))| (g + 0.1 * p.signum()).clamp(-0.05, 0.05));
            let length = bounded.map(|g| g * g).sum::<f64>().sqrt();
            let all = Regularization { l1: 0.1, clip_value: Some(0.05), clip_norm: Some(length / 4.0), ..none.clone() };
            check(all, 0.3, &|p, g, _| (g + 0.1 * p.signum()).clamp(-0.05, 0.05) / 4.0 + 0.3 * p);
        }
    }
}

#[test]
fn a_decay_on_weights_alone_moves_weights_as_with_it_and_biases_as_without() {
    let relu = Activation::from_name("relu").expect("a known activation");
    let decays = |optimizer: &Optimizer| optimizer.settings().get("weight_decay").is_some();
    let optimizers: Vec<Optimizer> = Optimizer::all().into_iter().filter(decays).collect();
    assert!(optimizers.len() >= 12, "{}", optimizers.len());
    for optimizer in optimizers {
        let mut case = case(4, &relu, Task::Binary, &[12, 9], 40);
        let told = optimizer.name();
        case.optimizer = optimizer;
        (case.epochs, case.batching) = (1, Batching { size: 1000, last: LastBatch::Train });
        let mut layers = |decay: f64, decay_biases: bool| {
            case.optimizer.settings_mut().set("weight_decay", &Value::Float(decay)).expect("accepted");
            case.regularization.decay_biases = decay_biases;
            case.train(Isa::current(), &|_| (), &Stop::default()).expect("a training").layers
        };
        let (none, both, weights) = (layers(0.0, true), layers(0.5, true), layers(0.5, false));
        for ((none, both), weights) in none.iter().zip(&both).zip(&weights) {
            assert!(weights.weight == both.weight && weights.bias == none.bias, "{told}");
        }
        // One moves by the sign alone; of two the first step is too small to decay by, or none.
        let is_blind = ["signum", "prodigy", "soap"].contains(&told);
        assert!(weights != none && weights != both || is_blind, "{told}");
    }
}

#[test]
fn both_engines_train_alike() {
    let (activations, mut compared) = (Activation::all(), 0);
    for seed in 0..60 {
        let mut stream = Stream::new(Purpose::Sample, "alike", seed);
        let task = TASKS[seed as usize % 3];
        let hidden = [&[8][..], &[20, 18], &[6, 5, 4]][seed as usize / 3 % 3];
        let mut case = case(seed, &activations[seed as usize % activations.len()], task, hidden, 20 + seed as usize);
        case.regularization = training::regularization(&mut stream, task, hidden.len());
        case.optimizer = Optimizer::all()[seed as usize / 2 % 5].clone();
        case.optimizer.settings_mut().set("weight_decay", &Value::Float(0.03)).expect("every one has it");
        case.learning_rate = 0.003;
        let run = |engine: &dyn Fn(&Training, &[Layer])| -> Vec<f32> {
            let losses = Mutex::new(Vec::new());
            let trace = |loss| losses.lock().expect("one thread").push(loss);
            case.given(|training, layers| engine(&Training { trace: Some(&trace), ..*training }, layers));
            losses.into_inner().expect("one thread")
        };
        let ours = run(&|training, layers| _ = fused::train(training, layers).expect("a training"));
        let theirs = run(&|training, layers| _ = candle::train(training, layers, &Device::Cpu).expect("a training"));
        assert_eq!(ours.len(), theirs.len());
        for (step, (a, b)) in ours.iter().zip(&theirs).enumerate() {
            let told =
                format!("{seed} step {step}: {a}, candle-nn {b}: {} {:?}", case.activation.name(), case.regularization);
            assert!((a - b).abs() <= 1e-4 * b.abs() + 1e-6, "{told} {:?}", case.optimizer);
            compared += 1;
        }
    }
    assert!(compared >= 500, "{compared}");
}
