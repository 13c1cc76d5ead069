//! The GPU's kernel gives the bits of the CPU: the very same source, compiled for a host, against the fused engine.
//!
//! Needs a C++ compiler (`CXX`, or `c++`, `g++`, `clang++`); without one the tests say so and pass.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::training::{self, Early};
use proptest::prelude::*;
use tallow::activation::Activation;
use tallow::dataset::{Batching, Cache, Data, Dataset, Kind, LastBatch, Table, Task};
use tallow::engine::fused;
use tallow::engine::fused::cohort::{self, Accelerator, Cohort, Inputs, Progress, Shape};
use tallow::engine::{self, Chance, Device, Failure, Layer, Outcome, Status, Stop, Training, Watch};
use tallow::init::Init;
use tallow::measure::Measure;
use tallow::numerics::Isa;
use tallow::optim::{Average, Lookahead, Optimizer, Wrappers};
use tallow::param::{Named, Value};
use tallow::protocol::{EarlyStopping, Keep};
use tallow::regularize::Regularization;
use tallow::rng::{Purpose, Stream};
use tallow::schedule::Schedule;
use tallow::spec::{Lib, RunConfig};

/// The kernel as a program for this machine.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| {
        let named = std::env::var("CXX").ok();
        let mut compilers = named.iter().map(String::as_str).chain(["c++", "g++", "clang++"]);
        let has = |compiler: &&str| Command::new(compiler).arg("--version").output().is_ok_and(|o| o.status.success());
        let compiler = compilers.find(has)?;
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernel-on-host");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/fused/kernel/host.cpp");
        let mut command = Command::new(compiler);
        command.args(["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas", "-ffp-contract=off"]);
        let output = command.arg(source).arg("-o").arg(&program).output().expect("the compiler runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(program)
    });
    if found.is_none() {
        println!("skipped: no C++ compiler on this machine");
    }
    found.as_deref()
}

/// The program as an accelerator, each launch of so many steps at most and with so many warps for each network.
struct Host {
    program: &'static Path,
    child: Option<Child>,
    steps: usize,
    warps: u32,
    parameters: Vec<f32>,
}

impl Host {
    fn new(program: &'static Path, steps: usize, warps: u32) -> Self {
        Self { program, child: None, steps, warps, parameters: Vec::new() }
    }

    /// Another one in place of what runs.
    fn start(&mut self) {
        self.end();
        let mut command = Command::new(self.program);
        self.child = Some(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program"));
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            _ = child.kill();
            _ = child.wait();
        }
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("started")
    }

    fn send(&mut self, words: impl ExactSizeIterator<Item = u32>) {
        let mut bytes = (words.len() as u64 * 4).to_le_bytes().to_vec();
        bytes.extend(words.flat_map(u32::to_le_bytes));
        self.child().stdin.as_mut().expect("piped").write_all(&bytes).expect("it listens");
    }

    fn send_floats(&mut self, floats: &[f32]) {
        self.send(floats.iter().map(|x| x.to_bits()));
    }

    fn receive<const N: usize>(&mut self) -> Vec<[u8; N]> {
        let mut length = [0; 8];
        let answers = self.child().stdout.as_mut().expect("piped");
        answers.read_exact(&mut length).expect("an answer");
        let mut bytes = vec![0; u64::from_le_bytes(length) as usize];
        answers.read_exact(&mut bytes).expect("a whole answer");
        bytes.as_chunks().0.to_vec()
    }

    fn floats(&mut self) -> Vec<f32> {
        self.receive().into_iter().map(f32::from_le_bytes).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

/// The fields in their order.
fn shape_words(shape: &Shape) -> [u32; 28] {
    let Shape { layers, features, task, outputs, samples, trained, batch, groups, row, steps, epochs, before, .. } =
        *shape;
    let Shape {
        from,
        until,
        orders,
        tables,
        tiles,
        slots,
        state,
        spare,
        gradients,
        targets,
        losses,
        weights,
        ones,
        memory,
        numerator,
        runs,
        ..
    } = *shape;
    let first = [layers, features, task, outputs, samples, trained, batch, groups, row, steps, epochs, before];
    let of_launch = [from, until, orders, tables];
    let then =
        [tiles, slots, state, spare, gradients, targets, losses, weights, ones, memory, numerator.to_bits(), runs];
    let mut words = [0; 28];
    words[..12].copy_from_slice(&first);
    words[12..16].copy_from_slice(&of_launch);
    words[16..].copy_from_slice(&then);
    words
}

impl Accelerator for Host {
    fn begin(&mut self, cohort: &Cohort) -> Result<(), Failure> {
        self.start();
        let places = cohort.layout.places.iter();
        let places: Vec<u32> =
            places.flat_map(|p| [p.inputs, p.outputs, p.weight, p.bias, p.x, p.z, p.y, p.d_inputs, p.d]).collect();
        let members = cohort.members.iter();
        let members: Vec<u32> = members
            .flat_map(|m| {
                let numbers =
                    [m.data, m.order, m.weights, m.table, m.regular, m.activation, m.optimizer, m.variant, m.averaged];
                numbers.into_iter().chain(m.settings.map(f32::to_bits))
            })
            .collect();
        let regular = cohort.regular.iter().flat_map(|r| {
            let numbers = [r.noise, r.keep, r.spread, r.l1, r.clip_value, r.clip_norm];
            r.key.into_iter().chain(numbers.map(f32::to_bits)).chain([r.flags, r.table_of_biases, r.variant_of_biases])
        });
        let regular: Vec<u32> = regular.collect();
        for words in [places, cohort.layout.left.clone(), cohort.layout.right.clone(), members, regular] {
            self.send(words.into_iter());
        }
        for floats in [&cohort.x, &cohort.y, &cohort.weights, &cohort.dropout, &cohort.parameters, &cohort.state] {
            self.send_floats(floats);
        }
        Ok(())
    }

    fn advance(&mut self, shape: &Shape, inputs: Inputs, meanwhile: &mut dyn FnMut()) -> Result<Progress, Failure> {
        self.send(shape_words(shape).into_iter());
        self.send(inputs.keys.iter().copied());
        self.send_floats(inputs.scalars);
        self.send(inputs.ended.iter().copied());
        self.send([self.warps].into_iter());
        meanwhile();
        let last = self.floats();
        let mean = self.floats();
        let ended = self.receive().into_iter().map(u32::from_le_bytes).collect();
        self.parameters = self.floats();
        Ok(Progress { last, mean, ended, took: Duration::ZERO })
    }

    fn parameters(&mut self) -> Result<Vec<f32>, Failure> {
        Ok(self.parameters.clone())
    }

    fn pace(&self, left: usize, _: Duration) -> usize {
        left.min(self.steps)
    }
}

/// A network of a cohort, apart from its shape and its data.
struct Network {
    activation: Activation,
    optimizer: Optimizer,
    schedule: Schedule,
    learning_rate: f64,
    /// Which of the data sets, and whether in another order in each epoch.
    data: usize,
    shuffled: bool,
    /// Stopped early, looked at every so many epochs.
    watched: Option<usize>,
    regularization: Regularization,
    layers: Vec<Layer>,
}

/// Networks of one shape.
struct Networks {
    units: Vec<usize>,
    batching: Batching,
    epochs: usize,
    data: Vec<Data>,
    networks: Vec<Network>,
}

/// Every number of an outcome.
fn bits(outcome: &Outcome) -> Vec<u32> {
    let epoch = if let Status::Diverged { epoch } = outcome.status { epoch as u32 } else { 0 };
    std::iter::once(epoch).chain(training::numbers(outcome).map(f32::to_bits)).collect()
}

impl Networks {
    /// Trains all on the kernel and each alone on the CPU, and compares; how many diverged.
    fn agree(&self, host: &mut Host) -> usize {
        let order =
            |data: usize| move |epoch: usize| Stream::new(Purpose::Order, "kernel", (epoch + 100 * data) as u64);
        let orders: Vec<_> = (0..self.data.len()).map(order).collect();
        let stop = Stop::default();
        let watcher = |network: &Network| {
            let data = &self.data[network.data];
            network.watched.map(|every| Early::new(data, &data.validation, every, every))
        };
        let watchers = || self.networks.iter().map(watcher).collect::<Vec<_>>();
        let (watched, watched_alone) = (watchers(), watchers());
        let training = self.networks.iter().zip(&watched).map(|(network, watch)| Training {
            units: &self.units,
            activation: &network.activation,
            optimizer: &network.optimizer,
            learning_rate: network.learning_rate,
            schedule: &network.schedule,
            epochs: self.epochs,
            batching: self.batching,
            data: &self.data[network.data],
            wrappers: Wrappers::NONE,
            regularization: &network.regularization,
            chance: Chance::new(network.data as u64 + 1),
            measures: Measure::ALL,
            order: if network.shuffled { Some(&orders[network.data]) } else { None },
            trace: None,
            watch: watch.as_ref().map(|watch| watch as &dyn Watch),
            stop: &stop,
            isa: Isa::current(),
        });
        let trainings: Vec<Training> = training.collect();
        let layers: Vec<Vec<Layer>> = self.networks.iter().map(|network| network.layers.clone()).collect();
        let together = cohort::train(&trainings, &layers, host).expect("trained");
        assert_eq!(together.len(), trainings.len());
        for (k, (ours, network)) in together.iter().zip(&self.networks).enumerate() {
            let watch = watched_alone[k].as_ref().map(|watch| watch as &dyn Watch);
            let alone = fused::train(&Training { watch, ..trainings[k] }, &network.layers).expect("a training");
            let what = || {
                let (activation, optimizer) = (network.activation.name(), &network.optimizer);
                format!("{:?} {:?} {activation} {optimizer:?}", self.units, self.batching)
            };
            assert_eq!(ours.status, alone.status, "{}", what());
            assert!(bits(ours) == bits(&alone), "{}: {:?} {:?}", what(), ours.series, alone.series);
            let seen = |watch: &Option<Early>| {
                let seen = watch.as_ref().map(|watch| watch.seen.lock().expect("unpoisoned").clone());
                seen.into_iter().flatten().map(|(epoch, loss)| (epoch, loss.to_bits())).collect::<Vec<_>>()
            };
            assert_eq!(seen(&watched[k]), seen(&watched_alone[k]), "{}", what());
        }
        together.iter().filter(|outcome| outcome.status != Status::Done).count()
    }
}

fn data(stream: &mut Stream, len: usize, features: usize, task: Task, test: usize) -> Data {
    let mut table = |len: usize| {
        let x: Vec<f32> = (0..len * features).map(|_| stream.uniform(-2.0, 2.0) as f32).collect();
        let target = |x: &[f32]| match task {
            Task::Regression => x.iter().product::<f32>() / 4.0,
            Task::Binary => f32::from(u8::from(x.iter().product::<f32>() > 0.0)),
            Task::Multiclass { classes } => (x.iter().map(|x| x.abs()).sum::<f32>() as usize % classes) as f32,
        };
        let y = x.chunks_exact(features).map(target).collect();
        Table::new(x, y)
    };
    Data::new(features, task, [table(len), table(33), table(test)])
}

/// Weights in 0…2, some of them 0; now and then none has any.
fn weights(stream: &mut Stream, len: usize) -> Vec<f32> {
    let zeros = [2, 6, 1][stream.below(3) as usize];
    (0..len).map(|_| if stream.below(zeros) == 0 { 0.0 } else { stream.uniform(0.0, 2.0) as f32 }).collect()
}

/// The optimizers that the kernel has.
fn known() -> impl Iterator<Item = Optimizer> {
    Optimizer::all().into_iter().filter(|optimizer| !optimizer.is_whole())
}

/// Every optimizer with each of its switches on or off, and numbers drawn.
fn optimizers(stream: &mut Stream) -> Vec<Optimizer> {
    let mut all = Vec::new();
    for optimizer in known() {
        for switches in 0..4 {
            let mut optimizer = optimizer.clone();
            let mut set = |key: &str, value: Value| {
                if optimizer.settings().get(key).is_some() {
                    optimizer.settings_mut().set(key, &value).expect("an accepted value");
                }
            };
            let (first, second) = (switches & 1 == 1, switches & 2 == 2);
            let mut between = |from: f64, to: f64| Value::Float(stream.uniform(from, to));
            set("beta1", between(0.5, 0.95));
            set("beta2", between(0.9, 0.999));
            set("alpha", between(0.9, 0.99));
            set("eps", between(1e-10, 1e-4));
            set("lr_decay", between(0.0, 0.05));
            set("initial_accumulator", between(0.0, 0.2));
            set("weight_decay", if second { between(0.0, 0.05) } else { Value::Float(0.0) });
            set("momentum", if first || second { between(0.1, 0.9) } else { Value::Float(0.0) });
            set("dampening", if first && !second { between(0.0, 0.5) } else { Value::Float(0.0) });
            set("nesterov", Value::Bool(first && second));
            set("amsgrad", Value::Bool(first));
            set("centered", Value::Bool(first));
            set("beta", between(0.5, 0.95));
            set("beta3", between(0.9, 0.999));
            set("rho", between(0.8, 0.95));
            set("momentum_decay", between(0.0, 0.1));
            set("decoupled_weight_decay", Value::Bool(first));
            set("use_clipping", Value::Bool(first));
            set("eps_root", if first { Value::Float(0.0) } else { between(1e-10, 1e-4) });
            set("etaminus", between(0.3, 0.7));
            set("etaplus", between(1.1, 1.4));
            set("step_size_max", between(0.05, 2.0));
            set("lambd", between(0.0, 0.02));
            set("t0", Value::Float(if first { 3.0 } else { 1e6 }));
            set("average_power", if second { between(0.0, 2.0) } else { Value::Float(0.0) });
            set("weight_lr_power", between(0.0, 2.0));
            all.push(optimizer);
        }
    }
    all
}

/// Every activation, with each of its settings drawn.
fn activations(stream: &mut Stream) -> Vec<Activation> {
    let mut all = Activation::all();
    for activation in &mut all {
        for param in activation.settings().params() {
            let value = Value::Float(stream.uniform(0.01, 0.9));
            activation.settings_mut().set(param.name, &value).expect("an accepted value");
        }
    }
    all
}

/// First weights; now and then one of them is such that NaN, infinities, subnormal numbers or signed zeros come about.
fn wild(stream: &mut Stream, units: &[usize]) -> Vec<Layer> {
    let mut layers = Init::Torch.draw(units, stream.bits());
    if stream.below(3) == 0 {
        let layer = stream.below(layers.len() as u64) as usize;
        let weights = &mut layers[layer].weight;
        let place = stream.below(weights.len() as u64) as usize;
        let ends = [0.0, -0.0, 1e30, -1e30, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-40, 90.0, -90.0];
        weights[place] = ends[stream.below(ends.len() as u64) as usize];
    }
    layers
}

const SCHEDULES: [&str; 4] = ["constant", "cosine", "step", "warmup"];

#[test]
fn the_kernel_gives_the_bits_of_the_cpu_for_every_activation_task_and_optimizer() {
    let Some(program) = program() else { return };
    let shapes: [(usize, &[usize], usize); 9] = [
        (2, &[6], 50),
        (1, &[1], 1),
        (3, &[], 32),
        (2, &[32, 32], 50),
        (5, &[7, 3, 5], 7),
        (2, &[17], 33),
        (4, &[40, 20], 64),
        (13, &[9, 33], 100),
        (2, &[66, 12], 31),
    ];
    let (mut pair, mut trained, mut diverged) = (0, 0, 0);
    let all = Activation::all().len() * known().count() * 4;
    for task in [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }] {
        for (k, (features, hidden, batch_size)) in shapes.into_iter().enumerate() {
            let mut stream = Stream::new(Purpose::Data, "kernel", k as u64);
            let units = [&[features], hidden, &[task.outputs()]].concat();
            let len = 100 + batch_size / 3;
            let data = (0..3).map(|k| data(&mut stream, len, features, task, 20 * k)).collect();
            let (activations, optimizers) = (activations(&mut stream), optimizers(&mut stream));
            let networks = (0..45).map(|k| {
                pair += 1;
                Network {
                    activation: activations[pair % activations.len()].clone(),
                    optimizer: optimizers[pair / activations.len() % optimizers.len()].clone(),
                    schedule: Schedule::from_name(SCHEDULES[k % 4]).expect("a known schedule"),
                    // A few with steps far too large, so that some diverge.
                    learning_rate: if k % 11 == 5 { 1e4 } else { 0.02 },
                    data: k % 3,
                    shuffled: k % 5 == 0,
                    watched: None,
                    regularization: Regularization::NONE,
                    layers: Init::Torch.draw(&units, k as u64),
                }
            });
            let networks =
                Networks { networks: networks.collect(), units, batching: Batching::full(batch_size), epochs: 3, data };
            trained += networks.networks.len();
            // A launch for each epoch or two, for all, and for parts.
            let steps = networks.batching.divide(len).steps();
            let at_once = [steps, 2 * steps, 3 * steps, 1, 2][k % 5];
            diverged += networks.agree(&mut Host::new(program, at_once, [1, 2, 4][k % 3]));
        }
    }
    // Every pair of an activation and an optimizer was met.
    assert!(pair >= all && diverged >= 10, "{trained} trainings, {diverged} diverged");
    println!("{trained} trainings, {diverged} diverged");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn the_kernel_gives_the_bits_of_the_cpu_for_any_network(
        seed: u64,
        features in 1usize..9,
        hidden in prop::collection::vec(1usize..40, 0..4),
        classes in 1usize..6,
        batch_size in 1usize..140,
        epochs in 1usize..9,
        at_once in prop_oneof![1usize..5, 1usize..200],
        warps in 1u32..18,
    ) {
        let Some(program) = program() else { return Ok(()) };
        let mut stream = Stream::new(Purpose::Sample, "kernel", seed);
        let task = match classes {
            1 => Task::Regression,
            2 => Task::Binary,
            classes => Task::Multiclass { classes },
        };
        let units = [&[features][..], &hidden, &[task.outputs()]].concat();
        let (activations, optimizers) = (activations(&mut stream), optimizers(&mut stream));
        let networks = (0..6).map(|k| Network {
            activation: activations[stream.below(activations.len() as u64) as usize].clone(),
            optimizer: optimizers[stream.below(optimizers.len() as u64) as usize].clone(),
            schedule: Schedule::from_name(SCHEDULES[stream.below(4) as usize]).expect("a known schedule"),
            learning_rate: libm::pow(10.0, stream.uniform(-3.0, 0.5)),
            data: k % 2,
            shuffled: stream.below(2) == 0,
            watched: (stream.below(3) == 0).then(|| 1 + stream.below(3) as usize),
            regularization: match k % 3 {
                0 => Regularization::NONE,
                _ => training::regularization(&mut stream, task, hidden.len()),
            },
            layers: wild(&mut stream, &units),
        }).collect();
        let batching = Batching { size: batch_size, last: LastBatch::ALL[stream.below(2) as usize] };
        let fewest = if batching.last == LastBatch::Train { 1 } else { batch_size };
        let len = fewest + stream.below(150) as usize;
        let mut data: Vec<Data> = (0..2).map(|_| data(&mut stream, len, features, task, 0)).collect();
        // Beside one that has none.
        if stream.below(2) == 0 {
            data[1].train.weights = Some(weights(&mut stream, len));
        }
        let networks = Networks { networks, units, batching, epochs, data };
        networks.agree(&mut Host::new(program, at_once, warps));
    }
}

/// Fisher and Yates' order by Lemire's numbers from the words of a stream, and how many were drawn again.
fn order_of_words(words: &[u32], samples: u32) -> (Vec<u32>, usize) {
    let mut numbers = words.as_chunks::<2>().0.iter().map(|[lower, upper]| u64::from(*lower) | u64::from(*upper) << 32);
    let (mut order, mut again) = ((0..samples).collect::<Vec<u32>>(), 0);
    for last in (1..samples).rev() {
        let n = u64::from(last) + 1;
        let place = loop {
            let product = u128::from(numbers.next().expect("enough words")) * u128::from(n);
            if product as u64 >= n.wrapping_neg() % n {
                break (product >> 64) as usize;
            }
            again += 1;
        };
        order.swap(last as usize, place);
    }
    (order, again)
}

#[test]
fn the_kernel_draws_an_order_again_where_a_number_would_favour_some() {
    let Some(program) = program() else { return };
    let mut stream = Stream::new(Purpose::Sample, "words", 1);
    for samples in [1, 2, 3, 33, 257, 258, 1000] {
        // Numbers near 0 are drawn again where the range does not divide 2⁶⁴; in a true stream hardly ever.
        let word = |_| if stream.below(3) == 0 { [0, 0] } else { [stream.bits() as u32, stream.bits() as u32] };
        let words: Vec<u32> = (0..3 * samples + 2000).flat_map(word).collect();
        let (order, again) = order_of_words(&words, samples);
        assert!(again > 0 || samples < 33, "{samples}");
        let mut child =
            Command::new(program).arg("order").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("runs");
        let mut input = child.stdin.take().expect("piped");
        for array in [&words, &vec![samples]] {
            let bytes: Vec<u8> = array.iter().flat_map(|word| word.to_le_bytes()).collect();
            input.write_all(&(bytes.len() as u64).to_le_bytes()).expect("it listens");
            input.write_all(&bytes).expect("it listens");
        }
        let answer = child.wait_with_output().expect("an answer").stdout;
        let ours: Vec<u32> = answer[8..].as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        assert_eq!(ours, order, "{samples} samples, {again} numbers drawn again");
    }
}

#[test]
fn a_stop_is_noticed_between_launches() {
    let Some(program) = program() else { return };
    let mut stream = Stream::new(Purpose::Data, "kernel", 1);
    let (units, data) = ([2, 6, 1], data(&mut stream, 100, 2, Task::Binary, 0));
    let (stop, asked) = (Stop::default(), AtomicUsize::new(0));
    // The order of the third epoch is asked for while the second launch runs.
    let order = |epoch| {
        if asked.fetch_add(1, Ordering::Relaxed) == 2 {
            stop.set();
        }
        Stream::new(Purpose::Order, "kernel", epoch as u64)
    };
    let training = Training {
        units: &units,
        activation: &Activation::from_name("relu").expect("a known activation"),
        optimizer: &Optimizer::from_name("adam").expect("a known optimizer"),
        learning_rate: 0.01,
        schedule: &Schedule::from_name("constant").expect("a known schedule"),
        epochs: 10,
        batching: Batching::full(50),
        data: &data,
        regularization: &Regularization::NONE,
        wrappers: Wrappers::NONE,
        chance: Chance::new(0),
        measures: Measure::ALL,
        order: Some(&order),
        trace: None,
        watch: None,
        stop: &stop,
        isa: Isa::current(),
    };
    let ended = cohort::train(&[training], &[Init::Torch.draw(&units, 1)], &mut Host::new(program, 2, 1));
    assert!(matches!(ended, Err(Failure::Stopped)) && asked.into_inner() == 3, "{ended:?}");
}

/// What must not be asked for anything.
struct Never;

impl Accelerator for Never {
    fn begin(&mut self, _: &Cohort) -> Result<(), Failure> {
        panic!("begun")
    }
    fn advance(&mut self, _: &Shape, _: Inputs, _: &mut dyn FnMut()) -> Result<Progress, Failure> {
        panic!("advanced")
    }
    fn parameters(&mut self) -> Result<Vec<f32>, Failure> {
        panic!("read")
    }
}

#[test]
fn what_the_kernel_has_not_is_refused_by_name_before_anything_begins() {
    let mut run = runs().remove(0);
    let none = run.clone();
    let swa = Average::Swa { per_epoch: 4, first: 1 };
    let kinds = [
        ("cautious", Wrappers { cautious: true, ..Wrappers::NONE }),
        ("lookahead", Wrappers { lookahead: Some(Lookahead { steps: 5, alpha: 0.5 }), ..Wrappers::NONE }),
        ("ema", Wrappers { average: Some(Average::Ema(0.9)), ..Wrappers::NONE }),
        ("swa", Wrappers { average: Some(swa), ..Wrappers::NONE }),
    ];
    for (key, wrappers) in kinds {
        let refused = cohort::check(&run.optimizer, &wrappers).expect_err("refused").to_string();
        assert!(refused.contains(&format!("`{key}` is not trained on a GPU")), "{refused}");
    }
    for optimizer in Optimizer::all().into_iter().filter(Optimizer::is_whole) {
        let mut run = none.clone();
        run.optimizer = optimizer;
        let mut outcomes =
            engine::train_on(std::slice::from_ref(&run), &Cache::default(), &Stop::default(), &mut Never);
        let refused = outcomes.remove(0).expect_err("refused").to_string();
        assert!(refused.contains(&format!("`{}` is not trained on a GPU", run.optimizer.name())), "{refused}");
        assert!(!engine::alike(&run, &none));
    }
    run.ema.0 = Some(0.9);
    assert!(!engine::alike(&run, &none) && engine::alike(&run, &run));
    let mut outcomes = engine::train_on(&[run], &Cache::default(), &Stop::default(), &mut Never);
    let refused = outcomes.remove(0).expect_err("refused").to_string();
    assert!(refused.contains("`ema` is not trained on a GPU"), "{refused}");
}

/// Runs as an experiment has them, of two shapes, some shuffled, with replicates of the same data.
fn runs() -> Vec<RunConfig> {
    let mut runs = Vec::new();
    for seed in 0..4 {
        for (optimizer, activation, shuffle) in [("sgd", "relu", false), ("adam", "tanh", true), ("adam", "gelu", true)]
        {
            for (dataset, hidden) in [("xor", vec![6]), ("quadrants", vec![5, 4])] {
                let mut dataset = Dataset::new(Kind::from_name(dataset).expect("a known dataset"));
                dataset.sampling.points = 230;
                dataset.sampling.test = 0.2;
                runs.push(RunConfig {
                    lib: Lib::Fused,
                    dataset,
                    hidden,
                    activation: Activation::from_name(activation).expect("a known activation"),
                    optimizer: Optimizer::from_name(optimizer).expect("a known optimizer"),
                    learning_rate: 0.03,
                    epochs: 4,
                    batch_size: 50,
                    last_batch: LastBatch::Drop,
                    shuffle,
                    seed,
                    ..RunConfig::default()
                });
            }
        }
    }
    runs
}

/// The program with room for so many networks, failing after so many launches.
struct Limited {
    host: Host,
    room: usize,
    launches: usize,
    largest: usize,
}

impl Accelerator for Limited {
    fn begin(&mut self, cohort: &Cohort) -> Result<(), Failure> {
        if cohort.members.len() > self.room {
            let words = "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")";
            return Err(candle_core::Error::Cuda(words.into()).into());
        }
        self.largest = self.largest.max(cohort.members.len());
        self.host.begin(cohort)
    }

    fn advance(&mut self, shape: &Shape, inputs: Inputs, meanwhile: &mut dyn FnMut()) -> Result<Progress, Failure> {
        let Some(left) = self.launches.checked_sub(1) else {
            let words = "DriverError(CUDA_ERROR_LAUNCH_FAILED, \"unspecified launch failure\")";
            return Err(candle_core::Error::Cuda(words.into()).into());
        };
        self.launches = left;
        self.host.advance(shape, inputs, meanwhile)
    }

    fn parameters(&mut self) -> Result<Vec<f32>, Failure> {
        self.host.parameters()
    }

    fn pace(&self, left: usize, step: Duration) -> usize {
        self.host.pace(left, step)
    }
}

/// The program, told of a task, an activation or an optimizer that it does not know.
struct Misled {
    host: Host,
    task: u32,
    activation: u32,
    optimizer: u32,
}

impl Accelerator for Misled {
    fn begin(&mut self, cohort: &Cohort) -> Result<(), Failure> {
        let mut cohort = cohort.clone();
        let last = cohort.members.last_mut().expect("a network");
        last.activation += self.activation;
        last.optimizer += self.optimizer;
        self.host.begin(&cohort)
    }

    fn advance(&mut self, shape: &Shape, inputs: Inputs, meanwhile: &mut dyn FnMut()) -> Result<Progress, Failure> {
        self.host.advance(&Shape { task: shape.task + self.task, ..*shape }, inputs, meanwhile)
    }

    fn parameters(&mut self) -> Result<Vec<f32>, Failure> {
        self.host.parameters()
    }

    fn pace(&self, left: usize, step: Duration) -> usize {
        self.host.pace(left, step)
    }
}

#[test]
fn a_code_that_the_kernel_does_not_know_is_an_error_not_another_result() {
    let Some(program) = program() else { return };
    let (runs, cache, stop) = (&runs()[..1], Cache::default(), Stop::default());
    for (codes, is_known) in [([0; 3], true), ([100, 0, 0], false), ([0, 100, 0], false), ([0, 0, 100], false)] {
        let [task, activation, optimizer] = codes;
        let mut misled = Misled { host: Host::new(program, 12, 2), task, activation, optimizer };
        let ended = engine::train_on(runs, &cache, &stop, &mut misled);
        match &ended[..] {
            [Ok(_)] => assert!(is_known, "{codes:?}"),
            [Err(failure)] => assert!(!is_known && failure.to_string().contains("know no such task"), "{failure}"),
            _ => panic!("one outcome of one run"),
        }
    }
}

#[test]
fn runs_of_several_shapes_are_trained_together_with_the_bits_of_the_cpu_whatever_the_room() {
    let Some(program) = program() else { return };
    let (runs, cache, stop) = (runs(), Cache::default(), Stop::default());
    let cpu = engine::train(&runs, &cache, &Device::open("cpu").expect("the CPU"), &stop);
    let cpu: Vec<Vec<u32>> = cpu.into_iter().map(|outcome| bits(&outcome.expect("trained"))).collect();
    for (room, largest) in [(100, 12), (5, 3), (1, 1)] {
        let mut limited = Limited { host: Host::new(program, 12, 1), room, launches: usize::MAX, largest: 0 };
        let ours = engine::train_on(&runs, &cache, &stop, &mut limited);
        let ours: Vec<Vec<u32>> = ours.into_iter().map(|outcome| bits(&outcome.expect("trained"))).collect();
        assert!(ours == cpu, "with room for {room}");
        assert_eq!(limited.largest, largest);
    }
}

#[test]
fn runs_that_are_followed_have_the_outcomes_of_the_cpu() {
    let Some(program) = program() else { return };
    let (mut runs, cache, stop) = (runs(), Cache::default(), Stop::default());
    for run in &mut runs {
        (run.dataset.sampling.validation, run.epochs, run.learning_rate) = (0.1, 9, 0.3);
        run.keep = if run.seed % 2 == 0 { Keep::Best } else { Keep::Last };
        run.early_stopping = (run.seed > 1).then(|| EarlyStopping { patience: 1, ..EarlyStopping::default() });
    }
    let outcomes = |trained: Vec<Result<Outcome, Failure>>| -> Vec<Outcome> {
        trained.into_iter().map(|outcome| outcome.expect("trained")).collect()
    };
    let cpu = outcomes(engine::train(&runs, &cache, &Device::open("cpu").expect("the CPU"), &stop));
    assert!(cpu.iter().any(|outcome| outcome.epochs() < 9) && cpu.iter().any(|outcome| outcome.epochs() == 9));
    for room in [100, 5] {
        let mut limited = Limited { host: Host::new(program, 12, 1), room, launches: usize::MAX, largest: 0 };
        assert!(outcomes(engine::train_on(&runs, &cache, &stop, &mut limited)) == cpu, "with room for {room}");
    }
}

#[test]
fn a_device_that_fails_loses_no_more_than_its_cohort() {
    let Some(program) = program() else { return };
    let (runs, cache, stop) = (runs(), Cache::default(), Stop::default());
    let mut limited = Limited { host: Host::new(program, 6, 1), room: 100, launches: 3, largest: 0 };
    let ended = engine::train_on(&runs, &cache, &stop, &mut limited);
    let shape = |hidden: usize| {
        let of = ended.iter().zip(&runs).filter(move |(_, run)| run.hidden.len() == hidden);
        of.map(|(ended, _)| match ended {
            Ok(_) => "trained",
            Err(Failure::Stopped) => "dropped",
            Err(failure) if failure.to_string().contains("unspecified launch failure") => "failed",
            Err(_) => "else",
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(shape(1), ["trained"; 12]);
    assert_eq!(shape(2)[0], "failed");
    assert_eq!(shape(2)[1..], ["dropped"; 11]);
}
