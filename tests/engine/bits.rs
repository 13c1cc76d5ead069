//! The same bits everywhere: hashes of every weight and every history entry of varied trainings, equal under each
//! instruction set this CPU has, alone and beside others, and equal to those committed in `bits.golden`.
//!
//! The committed file is what compares machines, builds and emulated CPUs: each runs this test against it.
//! `TALLOW_BLESS=1` rewrites it; that changes the contract and must come with a new `numerics::VERSION`.
//! `TALLOW_BITS_EVERY=8` trains every eighth network only, for slow machines.

use std::fmt::Write;
use std::process::Command;

use crate::training::{self, Case};
use tallow::activation::Activation;
use tallow::dataset::{Batching, Cache, Data, Dataset, Kind, LastBatch, Table, Task};
use tallow::engine::{self, Device, Outcome, Status, Stop};
use tallow::init::Init;
use tallow::measure::{Series, Split};
use tallow::numerics::{Isa, VERSION};
use tallow::optim::{Average, Lookahead, Optimizer, Wrappers};
use tallow::param::{Named, Settings, Value};
use tallow::protocol::{EarlyStopping, Keep};
use tallow::regularize::Regularization;
use tallow::rng::{Purpose, Stream};
use tallow::schedule::Schedule;
use tallow::spec::{Lib, RunConfig};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bits.golden");

const EPOCHS: usize = 3;

/// Every optimizer, and with every setting that changes its formula.
fn optimizers() -> Vec<(String, Optimizer)> {
    let word = |word: &str| Value::Text(word.to_owned());
    let muon =
        [("muon_layers", word("inner")), ("adjust_lr_fn", word("match_rms_adamw")), ("adamw_rate", Value::Float(0.5))];
    let variants: [(&str, &[(&str, Value)]); 22] = [
        ("sgd", &[]),
        ("sgd", &[("momentum", Value::Float(0.9)), ("dampening", Value::Float(0.1))]),
        ("sgd", &[("momentum", Value::Float(0.9)), ("nesterov", Value::Bool(true))]),
        ("sgd", &[("weight_decay", Value::Float(0.01))]),
        ("adam", &[]),
        ("adam", &[("amsgrad", Value::Bool(true)), ("weight_decay", Value::Float(0.01))]),
        ("adamw", &[]),
        ("adamw", &[("amsgrad", Value::Bool(true)), ("beta1", Value::Float(0.5))]),
        ("rmsprop", &[]),
        ("rmsprop", &[("momentum", Value::Float(0.5))]),
        ("rmsprop", &[("centered", Value::Bool(true)), ("weight_decay", Value::Float(0.01))]),
        ("rmsprop", &[("centered", Value::Bool(true)), ("momentum", Value::Float(0.5))]),
        ("adagrad", &[]),
        ("adagrad", &[("lr_decay", Value::Float(0.1)), ("initial_accumulator", Value::Float(0.1))]),
        ("nadam", &[("decoupled_weight_decay", Value::Bool(true)), ("weight_decay", Value::Float(0.01))]),
        ("radam", &[("decoupled_weight_decay", Value::Bool(true)), ("beta2", Value::Float(0.9))]),
        ("asgd", &[("t0", Value::Float(2.0)), ("lambd", Value::Float(0.01))]),
        ("adopt", &[("use_clipping", Value::Bool(false))]),
        ("muon", &muon),
        ("muon", &[("nesterov", Value::Bool(false)), ("ns_steps", Value::Int(2))]),
        (
            "prodigy",
            &[("decouple", Value::Bool(false)), ("weight_decay", Value::Float(0.01)), ("d0", Value::Float(1e-3))],
        ),
        ("lbfgs", &[("history_size", Value::Int(2))]),
    ];
    let build = |(name, settings): (&str, &[(&str, Value)])| {
        let mut optimizer = Optimizer::from_name(name).expect("a known optimizer");
        let mut label = name.to_owned();
        for (key, value) in settings {
            optimizer.settings_mut().set(key, value).expect("an accepted value");
            write!(label, "+{key}").expect("texts grow");
        }
        (label, optimizer)
    };
    // Every other optimizer has its defaults.
    let plain = |name: &str| variants.iter().any(|(known, settings)| *known == name && settings.is_empty());
    let others = Optimizer::NAMES.iter().filter(|name| !plain(name));
    let others: Vec<_> = others.map(|name| (*name, &[][..])).collect();
    variants.into_iter().chain(others).map(build).collect()
}

fn table(stream: &mut Stream, len: usize, features: usize, task: Task) -> Table {
    training::table(stream, len, features, |x| match task {
        Task::Regression => x.iter().product::<f32>() / 4.0,
        Task::Binary => f32::from(u8::from(x.iter().product::<f32>() > 0.0)),
        Task::Multiclass { classes } => (x.iter().map(|x| x.abs()).sum::<f32>() as usize % classes) as f32,
    })
}

/// The activations that the first committed file had, in the order of its lines. A new one takes its numbers from its name,
/// so that it adds lines and moves none.
const ACTIVATIONS: [&str; 15] = [
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "softplus",
    "softsign",
    "tanh",
    "sigmoid",
    "linear",
    "gelu_tanh",
    "relu6",
    "hardtanh",
];

/// The same of the optimizers with their variants.
const OPTIMIZERS: [&str; 14] = [
    "sgd",
    "sgd+momentum+dampening",
    "sgd+momentum+nesterov",
    "sgd+weight_decay",
    "adam",
    "adam+amsgrad+weight_decay",
    "adamw",
    "adamw+amsgrad+beta1",
    "rmsprop",
    "rmsprop+momentum",
    "rmsprop+centered+weight_decay",
    "rmsprop+centered+momentum",
    "adagrad",
    "adagrad+lr_decay+initial_accumulator",
];

/// The number from which a case has its shape, batch size, seed and rate: of the `of` cases of an activation and a task, the
/// one at `place`, or a number of its own by its name.
fn number(activation: &str, task: usize, place: Option<usize>, of: usize, label: &str) -> usize {
    let known = ACTIVATIONS.iter().position(|known| *known == activation).zip(place);
    known.map_or_else(
        || {
            let hash = blake3::hash(format!("{activation} {task} {label}").as_bytes());
            // Beyond all that are known, and small enough for any product.
            10_000 + u32::from_le_bytes(*hash.as_bytes().first_chunk().expect("32 bytes")) as usize
        },
        |(activation, place)| (activation * 3 + task) * of + place,
    )
}

/// Every activation × task × optimizer, each with another shape, batch size, schedule and order, by name.
fn cases() -> Vec<(String, Case)> {
    let shapes: [(usize, &[usize]); 9] = [
        (2, &[6]),
        (1, &[1]),
        (3, &[]),
        (2, &[32, 32]),
        (5, &[7, 3, 5]),
        (2, &[17]),
        (4, &[40, 20]),
        (13, &[9, 33]),
        (2, &[64, 12]),
    ];
    let batches = [50, 1, 32, 7, 33, 64, 100, 31, 18];
    let schedules = ["constant", "cosine", "step", "warmup"];
    let mut cases = Vec::new();
    for activation in Activation::all() {
        for (t, task) in [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }].into_iter().enumerate() {
            for (label, optimizer) in optimizers() {
                let place = OPTIMIZERS.iter().position(|known| *known == label);
                let k = number(activation.name(), t, place, OPTIMIZERS.len(), &label);
                let (features, hidden) = shapes[(k + k / 9) % 9];
                let mut units = vec![features];
                units.extend(hidden);
                units.push(task.outputs());
                let batch_size = batches[(k / 2) % 9];
                let schedule = Schedule::from_name(schedules[k % 4]).expect("a known schedule");
                let shuffle = k.is_multiple_of(3);
                let shape: Vec<String> = units.iter().map(usize::to_string).collect();
                let words = [activation.name(), &shape.join("-"), &label, schedule.name()];
                let name = format!("{} batch {batch_size}{}", words.join(" "), if shuffle { " shuffled" } else { "" });
                let mut stream = Stream::new(Purpose::Data, &name, 7);
                let train = table(&mut stream, 100 + batch_size / 3, features, task);
                let test = table(&mut stream, if k.is_multiple_of(5) { 40 } else { 0 }, features, task);
                let case = Case {
                    order: shuffle.then(|| name.clone()),
                    data: Data::new(features, task, [train, Table::default(), test]),
                    layers: Init::Torch.draw(&units, k as u64),
                    // A few with steps far too large, so that some diverge.
                    learning_rate: if k.is_multiple_of(29) { 1e4 } else { 0.02 },
                    units,
                    activation: activation.clone(),
                    optimizer,
                    schedule,
                    batching: Batching::full(batch_size),
                    epochs: EPOCHS,
                    regularization: Regularization::NONE,
                    wrappers: Wrappers::NONE,
                };
                cases.push((name, case));
            }
        }
    }
    cases.extend(cases_of_every_sample());
    cases.extend(regularized_cases());
    cases.extend(wrapped_cases());
    cases
}

/// Followed by a protocol, each activation × task: the best epoch kept, stopped early, or both and looked at now and then.
fn cases_followed() -> Vec<(String, Case, RunConfig)> {
    let (shapes, optimizers) = ([(2, &[6][..]), (5, &[7, 3]), (3, &[17])], optimizers());
    let mut cases = Vec::new();
    for activation in Activation::all() {
        let tasks = [Task::Regression, Task::Binary, Task::Multiclass { classes: 4 }];
        for (t, (task, kind)) in tasks.into_iter().zip(["prod", "xor", "quadrants"]).enumerate() {
            let k = number(activation.name(), t, Some(0), 1, "followed");
            let (features, hidden) = shapes[(k + k / 3) % 3];
            let units = [&[features], hidden, &[task.outputs()]].concat();
            let label = OPTIMIZERS[k % OPTIMIZERS.len()];
            let (_, optimizer) = optimizers.iter().find(|(known, _)| known == label).expect("a known optimizer");
            let (keep, patience, every) =
                [(Keep::Best, None, 1), (Keep::Last, Some(2), 1), (Keep::Best, Some(3), 2)][(k / 2) % 3];
            let watch = Series::from_name(["validation_loss", "loss_mean"][(k / 5) % 2]).expect("a series");
            let mut run = RunConfig { keep, ..run(kind, activation.name(), 0, false) };
            run.early_stopping = patience.map(|patience| EarlyStopping { patience, min_delta: 1e-3, watch });
            run.dataset.sampling.validation = 0.2;
            run.evaluate.set("every", &Value::Int(every)).expect("epochs");
            let on = Split::ALL.map(|split| Value::Text(split.name().to_owned()));
            run.evaluate.set("on", &Value::List(on.to_vec())).expect("splits");
            let rule = patience.map_or(String::new(), |patience| format!(" patience {patience} {}", watch.name));
            let shape: Vec<String> = units.iter().map(usize::to_string).collect();
            let words = [activation.name(), &shape.join("-"), label, "keep", keep.name()];
            let name = format!("{}{rule} every {every}", words.join(" "));
            let mut stream = Stream::new(Purpose::Data, &name, 7);
            let mut table = |len| table(&mut stream, len, features, task);
            let data = Data::new(features, task, [table(70), table(40), table(33)]);
            let case = Case {
                order: None,
                data,
                layers: Init::Torch.draw(&units, k as u64),
                learning_rate: if k.is_multiple_of(17) { 1e4 } else { 0.1 },
                units,
                activation: activation.clone(),
                optimizer: optimizer.clone(),
                schedule: Schedule::from_name("constant").expect("a known schedule"),
                batching: Batching { size: 32, last: LastBatch::Train },
                epochs: 12,
                regularization: Regularization::NONE,
                wrappers: Wrappers::NONE,
            };
            cases.push((name, case, run));
        }
    }
    cases
}

/// With a short last batch, with weights of samples, and with both, each activation × task.
fn cases_of_every_sample() -> Vec<(String, Case)> {
    let shapes: [(usize, &[usize]); 6] =
        [(2, &[6]), (3, &[]), (5, &[7, 3, 5]), (2, &[17]), (4, &[40, 20]), (2, &[64, 12])];
    let optimizers = optimizers();
    let mut cases = Vec::new();
    for activation in Activation::all() {
        for (t, task) in [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }].into_iter().enumerate() {
            let samples = [(false, LastBatch::Train), (true, LastBatch::Drop), (true, LastBatch::Train)];
            for (place, (weighted, last)) in samples.into_iter().enumerate() {
                let k = number(activation.name(), t, Some(place), samples.len(), "every sample");
                let (features, hidden) = shapes[(k + k / 6) % 6];
                let units = [&[features], hidden, &[task.outputs()]].concat();
                let size = [50, 1, 32, 7, 64, 200, 33][k % 7];
                let label = OPTIMIZERS[(k + k / 14) % 14];
                let (_, optimizer) = optimizers.iter().find(|(known, _)| known == label).expect("a known optimizer");
                let shape: Vec<String> = units.iter().map(usize::to_string).collect();
                let words = [activation.name(), &shape.join("-"), label, "last batch", last.name()];
                let name = format!("{} batch {size}{}", words.join(" "), if weighted { " weighted" } else { "" });
                let mut stream = Stream::new(Purpose::Data, &name, 7);
                let (mut train, mut test) = (table(&mut stream, 113, features, task), Table::default());
                if weighted {
                    train.weights = Some(training::weights(&mut stream, 113));
                    test = table(&mut stream, 40, features, task);
                    test.weights = Some(training::weights(&mut stream, 40));
                }
                let case = Case {
                    order: k.is_multiple_of(2).then(|| name.clone()),
                    data: Data::new(features, task, [train, Table::default(), test]),
                    layers: Init::Torch.draw(&units, k as u64),
                    learning_rate: if k.is_multiple_of(31) { 1e4 } else { 0.02 },
                    units,
                    activation: activation.clone(),
                    optimizer: optimizer.clone(),
                    schedule: Schedule::from_name("cosine").expect("a known schedule"),
                    batching: Batching { size: if last == LastBatch::Drop { size.min(64) } else { size }, last },
                    epochs: EPOCHS,
                    regularization: Regularization::NONE,
                    wrappers: Wrappers::NONE,
                };
                cases.push((name, case));
            }
        }
    }
    cases
}

/// With any regularization, each activation × task × optimizer's kind.
fn regularized_cases() -> Vec<(String, Case)> {
    let shapes: [(usize, &[usize]); 5] = [(2, &[6]), (5, &[7, 3, 5]), (2, &[33]), (4, &[40, 20]), (13, &[64, 12])];
    let optimizers = optimizers();
    let mut cases = Vec::new();
    for activation in Activation::all() {
        for task in [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }] {
            for which in 0..4 {
                let k = cases.len();
                let (features, hidden) = shapes[(k + k / 5) % 5];
                let units = [&[features], hidden, &[task.outputs()]].concat();
                let size = [50, 1, 32, 7, 64, 33][k % 6];
                let (label, optimizer) = &optimizers[(k + k / 14) % 14];
                let shape: Vec<String> = units.iter().map(usize::to_string).collect();
                let words = [activation.name(), &shape.join("-"), label, &which.to_string()];
                let name = format!("{} batch {size} regularized", words.join(" "));
                let mut stream = Stream::new(Purpose::Data, &name, 7);
                let train = table(&mut stream, 113, features, task);
                let case = Case {
                    order: (k % 2 == 0).then(|| name.clone()),
                    data: Data::new(features, task, [train, Table::default(), Table::default()]),
                    layers: Init::Torch.draw(&units, k as u64),
                    learning_rate: if k % 31 == 0 { 1e4 } else { 0.02 },
                    wrappers: Wrappers::NONE,
                    regularization: training::regularization(&mut stream, task, hidden.len()),
                    units,
                    activation: activation.clone(),
                    optimizer: optimizer.clone(),
                    schedule: Schedule::from_name("cosine").expect("a known schedule"),
                    batching: Batching { size, last: LastBatch::Train },
                    epochs: EPOCHS,
                };
                cases.push((name, case));
            }
        }
    }
    cases
}

/// Each optimizer in each of the wrappers, and in all of them that go together.
fn wrapped_cases() -> Vec<(String, Case)> {
    let lookahead = Some(Lookahead { steps: 3, alpha: 0.7 });
    let ema = Some(Average::Ema(0.9));
    let swa = Some(Average::Swa { per_epoch: 4, first: 2 });
    let wrappers = [
        ("ema", Wrappers { average: ema, ..Wrappers::NONE }),
        ("swa", Wrappers { average: swa, ..Wrappers::NONE }),
        ("cautious", Wrappers { cautious: true, ..Wrappers::NONE }),
        ("lookahead", Wrappers { lookahead, ..Wrappers::NONE }),
        ("cautious lookahead ema", Wrappers { cautious: true, lookahead, average: ema }),
    ];
    let shapes: [(usize, &[usize]); 4] = [(2, &[6]), (5, &[7, 3, 5]), (3, &[]), (4, &[40, 20])];
    let mut cases = Vec::new();
    for (label, optimizer) in optimizers() {
        for (k, (wrapper, wrappers)) in wrappers.into_iter().enumerate() {
            let (features, hidden) = shapes[(k + label.len()) % 4];
            let task = [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }][(k + label.len() / 4) % 3];
            let activation = Activation::from_name(["tanh", "gelu", "relu"][k % 3]).expect("a known activation");
            let units = [&[features], hidden, &[task.outputs()]].concat();
            let shape: Vec<String> = units.iter().map(usize::to_string).collect();
            let name = format!("{} {} {label} in {wrapper}", activation.name(), shape.join("-"));
            let mut stream = Stream::new(Purpose::Data, &name, 7);
            let case = Case {
                order: None,
                data: Data::new(
                    features,
                    task,
                    [table(&mut stream, 113, features, task), Table::default(), Table::default()],
                ),
                layers: Init::Torch.draw(&units, k as u64),
                learning_rate: 0.02,
                units,
                activation,
                optimizer: optimizer.clone(),
                wrappers,
                schedule: Schedule::from_name("cosine").expect("a known schedule"),
                batching: Batching { size: 32, last: LastBatch::Train },
                epochs: EPOCHS,
                regularization: Regularization { decay_biases: k % 2 == 0, ..Regularization::NONE },
            };
            cases.push((name, case));
        }
    }
    cases
}

/// A hash of status, history, metrics and weights, and of what a protocol adds.
fn hash(outcome: &Outcome) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut number = |x: f32| _ = hasher.update(&x.to_bits().to_le_bytes());
    number(if let Status::Diverged { epoch } = outcome.status { epoch as f32 } else { 0.0 });
    training::numbers(outcome).for_each(&mut number);
    let evaluated = Series::all().filter(|series| series.metric.is_some());
    evaluated.flat_map(|series| outcome.series(series)).copied().for_each(&mut number);
    // All measures of those that are followed.
    let is_followed = Series::all().any(|series| series.metric.is_some() && !outcome.series(series).is_empty());
    let measures = outcome.measures.values().filter(|_| is_followed);
    measures.copied().for_each(&mut number);
    hasher.finalize().to_hex()[..16].to_owned()
}

#[test]
fn every_instruction_set_gives_the_bits_of_the_committed_file() {
    let every = std::env::var("TALLOW_BITS_EVERY").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let plain = cases().into_iter().map(|(name, case)| (name, case, None));
    let followed = cases_followed().into_iter().map(|(name, case, run)| (name, case, Some(run)));
    let cases: Vec<(String, Case, Option<RunConfig>)> = plain.chain(followed).step_by(every).collect();
    let mut first: Option<(Isa, String)> = None;
    let mut diverged = 0;
    for isa in Isa::available() {
        let mut text = format!("# Hashes of trainings under numerics version {VERSION}; see bits.rs.\n");
        for (name, case, run) in &cases {
            let outcome = match run {
                Some(run) => case.follow(isa, run),
                None => case.train(isa, &|_| (), &Stop::default()).expect("a training"),
            };
            diverged += usize::from(outcome.status != Status::Done);
            writeln!(text, "{} {name}", hash(&outcome)).expect("texts grow");
        }
        println!("{} trainings on {}", cases.len(), isa.name());
        if let Some((other, expected)) = &first {
            for (a, b) in text.lines().zip(expected.lines()) {
                assert_eq!(a, b, "{} differs from {}", isa.name(), other.name());
            }
        } else {
            first = Some((isa, text));
        }
    }
    assert!(diverged > 0, "some of the trainings are meant to diverge");
    let (isa, text) = first.expect("at least the portable one");
    if std::env::var_os("TALLOW_BLESS").is_some() {
        assert_eq!(every, 1, "the committed file is of all networks");
        std::fs::write(GOLDEN, &text).expect("the golden file can be written");
    }
    let file = std::fs::read_to_string(GOLDEN).expect("the golden file");
    let golden: Vec<&str> = file.lines().take(1).chain(file.lines().skip(1).step_by(every)).collect();
    for (ours, golden) in text.lines().zip(&golden) {
        assert_eq!(ours, *golden, "{} differs from the committed file", isa.name());
    }
    assert_eq!(text.lines().count(), golden.len());
}

/// This very program on a CPU model that has neither AVX nor FMA.
#[test]
fn an_emulated_old_cpu_gives_the_bits_of_the_committed_file() {
    let has = |program| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !cfg!(target_arch = "x86_64") || !has("qemu-x86_64") {
        println!("skipped: no qemu-x86_64 on this machine");
        return;
    }
    let mut emulator = Command::new("qemu-x86_64");
    let test = "every_instruction_set_gives_the_bits_of_the_committed_file";
    emulator.args(["-cpu", "Nehalem"]).args(crate::again::words(module_path!(), test));
    let output = emulator.env("TALLOW_BITS_EVERY", "29").env_remove("TALLOW_BLESS").output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("trainings on portable") && !said.contains("on avx"), "{said}");
}

fn run(kind: &str, activation: &str, seed: u64, shuffle: bool) -> RunConfig {
    let mut dataset = Dataset::new(Kind::from_name(kind).expect("a known dataset"));
    dataset.sampling.points = 230;
    dataset.sampling.test = 0.2;
    RunConfig {
        lib: Lib::Fused,
        dataset,
        hidden: vec![6, 5],
        activation: Activation::from_name(activation).expect("a known activation"),
        optimizer: Optimizer::from_name("adam").expect("a known optimizer"),
        learning_rate: 0.01,
        epochs: 4,
        batch_size: 50,
        last_batch: LastBatch::Drop,
        shuffle,
        seed,
        ..RunConfig::default()
    }
}

#[test]
fn an_outcome_depends_neither_on_its_cohort_nor_on_other_threads() {
    let mut runs = Vec::new();
    for kind in ["xor", "prod", "quadrants"] {
        for (activation, shuffle) in [("relu", false), ("tanh", true)] {
            runs.extend((0..3).map(|seed| run(kind, activation, seed, shuffle)));
        }
    }
    let device = Device::open("cpu").expect("the CPU");
    let train = |runs: &[RunConfig]| -> Vec<String> {
        let cache = Cache::default();
        let outcomes = engine::train(runs, &cache, &device, &Stop::default());
        outcomes.into_iter().map(|outcome| hash(&outcome.expect("an outcome"))).collect()
    };
    let together = train(&runs);
    let alone: Vec<String> = runs.iter().flat_map(|run| train(std::slice::from_ref(run))).collect();
    assert_eq!(together, alone);
    let (left, right) = runs.split_at(runs.len() / 2);
    let spread = std::thread::scope(|scope| {
        let other = scope.spawn(|| train(right));
        let mut all = train(left);
        all.extend(other.join().expect("no panic"));
        all
    });
    assert_eq!(together, spread);
    let distinct: std::collections::BTreeSet<_> = together.iter().collect();
    assert_eq!(distinct.len(), together.len(), "different runs have different outcomes");
}
