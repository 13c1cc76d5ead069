//! Looking at a network while it is trained: what is shown, what is kept, when it ends, in both engines.

use std::sync::Mutex;

use crate::training::{self, Case, Early};
use candle_core::Device;
use tallow::activation::Activation;
use tallow::dataset::{Batching, Data, Task};
use tallow::engine::{Epoch, Failure, Outcome, Status, Training, Verdict, View, Watch, candle, fused};
use tallow::init::Init;
use tallow::measure::{Evaluation, Measure, Split};
use tallow::model::Rows;
use tallow::optim::{Average, Lookahead, Optimizer, Wrappers};
use tallow::regularize::Regularization;
use tallow::rng::{Purpose, Stream};
use tallow::schedule::Schedule;

/// A training that overfits: few samples, labels half by chance, a wide layer.
fn overfit(task: Task) -> Case {
    let mut stream = Stream::new(Purpose::Sample, "watch", 2);
    let mut chance = Stream::new(Purpose::Sample, "labels", 2);
    let mut table = |len| {
        training::table(&mut stream, len, 3, |x| {
            let value = x[0] + 1.5 * chance.normal() as f32;
            match task {
                Task::Regression => value,
                Task::Binary => f32::from(u8::from(value > 0.0)),
                Task::Multiclass { .. } => f32::from(u8::from(value > -1.0)) + f32::from(u8::from(value > 1.0)),
            }
        })
    };
    let data = Data::new(3, task, [table(40), table(30), table(20)]);
    let units = vec![3, 30, task.outputs()];
    Case {
        layers: Init::Torch.draw(&units, 1),
        units,
        data,
        activation: Activation::from_name("tanh").expect("a known activation"),
        optimizer: Optimizer::from_name("adam").expect("a known optimizer"),
        schedule: Schedule::from_name("constant").expect("a known schedule"),
        learning_rate: 0.01,
        batching: Batching::full(20),
        epochs: 200,
        regularization: Regularization::NONE,
        wrappers: Wrappers::NONE,
        order: None,
    }
}

const TASKS: [Task; 3] = [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }];

type Engine = fn(&Training, &[tallow::engine::Layer]) -> Result<Outcome, Failure>;

const ENGINES: [Engine; 2] = [fused::train, |training, layers| candle::train(training, layers, &Device::Cpu)];

#[test]
fn an_early_stop_leaves_the_weights_of_the_best_epoch_and_a_history_up_to_the_stop() {
    for task in TASKS {
        for (engine, every) in ENGINES.into_iter().zip([1, 1]).chain([(ENGINES[0], 3)]) {
            let mut case = overfit(task);
            let early = Early::new(&case.data, &case.data.validation, every, 12);
            let stopped = case.given(|training, layers| {
                engine(&Training { watch: Some(&early), ..*training }, layers).expect("a training")
            });
            let (best, seen) = (early.best().expect("a best"), early.seen.lock().expect("unpoisoned").clone());
            let last = seen.last().expect("a look").0;
            assert!(best > 1 && last == best + 12 && last < 200, "{best} {last}");
            assert_eq!((stopped.status, stopped.epochs()), (Status::Done, last));
            assert!(seen.iter().map(|seen| seen.0).eq((1..=last / every).map(|look| look * every)));
            case.epochs = best;
            let plain = case.given(|training, layers| engine(training, layers).expect("a training"));
            assert_eq!((&stopped.layers, &stopped.measures), (&plain.layers, &plain.measures));
            for (name, series) in &plain.series {
                assert_eq!(stopped.series[name][..best], series[..], "{name}");
            }
        }
    }
}

/// Keeps nothing and stops nothing; remembers what was shown.
struct Looks<'a> {
    rows: [Rows<'a>; 2],
    seen: Mutex<Vec<(usize, [Evaluation<'a>; 2])>>,
}

impl Watch for Looks<'_> {
    fn wants(&self, _: usize) -> bool {
        true
    }

    fn see(&self, epoch: &Epoch, network: &dyn View) -> Result<Verdict, Failure> {
        let [one, other] = &self.rows;
        let evaluations = [network.evaluate(one, true)?, network.evaluate(other, true)?];
        self.seen.lock().expect("unpoisoned").push((epoch.number, evaluations));
        Ok(Verdict::default())
    }
}

fn looks(data: &Data) -> Looks<'_> {
    let rows = [&data.train, &data.test].map(|table| Rows::new(data.task, data.features, table));
    Looks { rows, seen: Mutex::default() }
}

#[test]
fn a_look_changes_nothing_and_shows_what_the_network_gives() {
    let swa = Average::Swa { per_epoch: 1, first: 3 };
    let wrappers = [
        Wrappers::NONE,
        Wrappers { average: Some(Average::Ema(0.5)), ..Wrappers::NONE },
        Wrappers { average: Some(swa), lookahead: Some(Lookahead { steps: 2, alpha: 0.5 }), cautious: true },
    ];
    for (task, wrappers) in TASKS.into_iter().flat_map(|task| wrappers.map(|wrappers| (task, wrappers))) {
        let mut case = overfit(task);
        (case.epochs, case.wrappers) = (5, wrappers);
        // More than are evaluated at once.
        case.data.test =
            training::table(&mut Stream::new(Purpose::Sample, "many", 1), 1100, 3, |x| f32::from(u8::from(x[0] > 0.0)));
        case.data.test.weights = Some(training::weights(&mut Stream::new(Purpose::Sample, "many", 2), 1100));
        let mut losses = Vec::new();
        for engine in ENGINES {
            let watch = looks(&case.data);
            let plain = case.given(|training, layers| engine(training, layers).expect("a training"));
            let seen = case.given(|training, layers| {
                engine(&Training { watch: Some(&watch), ..*training }, layers).expect("a training")
            });
            assert_eq!(plain, seen);
            let looks = watch.seen.into_inner().expect("unpoisoned");
            assert!(looks.iter().map(|look| look.0).eq(1..=5));
            let (_, [train, test]) = looks.last().expect("a look");
            for (evaluation, split) in [(train, Split::Train), (test, Split::Test)] {
                for (name, value) in evaluation.measures(split, Measure::ALL) {
                    assert_eq!(value.to_bits(), seen.measures[&name].to_bits(), "{name}");
                }
            }
            losses.extend(looks.into_iter().map(|(_, seen)| seen.map(|evaluation| evaluation.loss)));
        }
        let (fused, candle) = losses.split_at(5);
        for (a, b) in fused.iter().flatten().zip(candle.iter().flatten()) {
            assert!((a - b).abs() < 1e-4 * b.abs(), "{a} for {b}");
        }
    }
}

#[test]
fn the_network_of_the_epoch_that_diverged_is_shown_too_and_what_was_kept_before_stays() {
    let mut case = overfit(Task::Regression);
    case.activation = Activation::from_name("linear").expect("a known activation");
    case.optimizer = Optimizer::from_name("sgd").expect("a known optimizer");
    case.learning_rate = 2.0;
    for engine in ENGINES {
        let early = Early::new(&case.data, &case.data.validation, 1, 1000);
        let outcome = case.given(|training, layers| {
            engine(&Training { watch: Some(&early), ..*training }, layers).expect("a training")
        });
        let Status::Diverged { epoch } = outcome.status else { panic!("{:?}", outcome.status) };
        let seen = early.seen.lock().expect("unpoisoned").clone();
        assert!(seen.iter().map(|seen| seen.0).eq(1..=epoch));
        assert!(!seen[epoch - 1].1.is_finite() && early.best() == Some(1), "{seen:?}");
        assert!(outcome.measures["train_loss"].is_finite());
    }
}
