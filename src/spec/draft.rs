//! A run in the making: defaults, then one assignment after the other.

use std::collections::BTreeMap;

use super::{Lib, RunConfig};
use crate::activation::Activation;
use crate::dataset::{Dataset, Kind, LastBatch, Sampling};
use crate::init::Init;
use crate::optim::{Adam, Optimizer};
use crate::param::{Settings, Value};
use crate::schedule::Schedule;

/// What part of a run an assignment decides. Two assignments of one part cannot stand in one grid point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The implementation.
    Lib,
    /// The dataset's kind and its own parameters.
    Dataset,
    /// A parameter of every dataset, by its place among them.
    Sampling(usize),
    /// The hidden layers.
    Hidden,
    /// The activation.
    Activation,
    /// The initializer.
    Init,
    /// The optimizer with its hyperparameters.
    Optimizer,
    /// The learning rate.
    LearningRate,
    /// The schedule.
    Schedule,
    /// The epochs.
    Epochs,
    /// The batch size.
    BatchSize,
    /// Shuffling.
    Shuffle,
}

impl Part {
    /// Every part.
    pub fn all() -> Vec<Self> {
        let mut parts = vec![Self::Lib, Self::Dataset];
        parts.extend((0..Sampling::PARAMS.len()).map(Self::Sampling));
        parts.extend([Self::Hidden, Self::Activation, Self::Init, Self::Optimizer, Self::LearningRate]);
        parts.extend([Self::Schedule, Self::Epochs, Self::BatchSize, Self::Shuffle]);
        parts
    }

    /// What messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lib => "lib",
            Self::Dataset => "dataset",
            Self::Sampling(place) => Sampling::PARAMS[place].name,
            Self::Hidden => "the hidden layout",
            Self::Activation => "activation",
            Self::Init => "init",
            Self::Optimizer => "optimizer",
            Self::LearningRate => "learning_rate",
            Self::Schedule => "schedule",
            Self::Epochs => "epochs",
            Self::BatchSize => "batch_size",
            Self::Shuffle => "shuffle",
        }
    }

    /// The part that gives a key its value.
    pub fn of_key(key: &str) -> Option<Self> {
        let decides = |part: &Self| part.exemplars().iter().any(|a| a.values().iter().any(|(name, _)| *name == key));
        Self::all().into_iter().find(decides)
    }

    /// Assignments that show every key which the part can give a value.
    fn exemplars(self) -> Vec<Assignment> {
        match self {
            Self::Dataset => Kind::all().into_iter().map(|kind| Assignment::Dataset(Dataset::new(kind))).collect(),
            Self::Activation => Activation::all().into_iter().map(Assignment::Activation).collect(),
            Self::Optimizer => Optimizer::all().into_iter().map(Assignment::Optimizer).collect(),
            Self::Schedule => Schedule::all().into_iter().map(Assignment::Schedule).collect(),
            part => Draft::default().decided(part).into_iter().collect(),
        }
    }
}

/// One part of a run, decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Assignment {
    /// The implementation.
    Lib(Lib),
    /// The dataset's kind and its own parameters; its sampling is left to the others.
    Dataset(Dataset),
    /// A parameter of every dataset, by its place among [`Sampling::PARAMS`], and an accepted value.
    Sampling(usize, Value),
    /// The hidden layers.
    Hidden(Vec<usize>),
    /// The activation.
    Activation(Activation),
    /// The initializer.
    Init(Init),
    /// The optimizer with its hyperparameters.
    Optimizer(Optimizer),
    /// The learning rate.
    LearningRate(f64),
    /// The schedule.
    Schedule(Schedule),
    /// The epochs.
    Epochs(usize),
    /// The batch size.
    BatchSize(usize),
    /// Shuffling.
    Shuffle(bool),
}

impl Assignment {
    /// The part it decides.
    pub fn part(&self) -> Part {
        match self {
            Self::Lib(_) => Part::Lib,
            Self::Dataset(_) => Part::Dataset,
            Self::Sampling(place, _) => Part::Sampling(*place),
            Self::Hidden(_) => Part::Hidden,
            Self::Activation(_) => Part::Activation,
            Self::Init(_) => Part::Init,
            Self::Optimizer(_) => Part::Optimizer,
            Self::LearningRate(_) => Part::LearningRate,
            Self::Schedule(_) => Part::Schedule,
            Self::Epochs(_) => Part::Epochs,
            Self::BatchSize(_) => Part::BatchSize,
            Self::Shuffle(_) => Part::Shuffle,
        }
    }

    /// Every key that the assignment gives a value, as a file spells it: the choice, then its settings.
    pub fn values(&self) -> Vec<(&'static str, Value)> {
        let whole = |n: usize| Value::Int(n as i64);
        let text = |name: &str| Value::Text(name.to_owned());
        let choice = |key: &'static str, name: &str, settings: &dyn Settings| {
            let own = settings.params().iter().filter_map(|param| Some((param.name, settings.get(param.name)?)));
            [(key, text(name))].into_iter().chain(own).collect()
        };
        match self {
            Self::Lib(lib) => vec![("lib", text(lib.name()))],
            Self::Dataset(dataset) => choice("dataset", dataset.kind.name(), dataset.kind.settings()),
            Self::Sampling(place, value) => vec![(Sampling::PARAMS[*place].name, value.clone())],
            Self::Hidden(hidden) => {
                let units = hidden.iter().copied().map(whole).collect();
                let mut values = vec![("hidden", Value::List(units)), ("depth", whole(hidden.len()))];
                if let Some(&width) = hidden.first().filter(|first| hidden.iter().all(|units| units == *first)) {
                    values.push(("width", whole(width)));
                }
                values
            }
            Self::Activation(activation) => choice("activation", activation.name(), activation.settings()),
            Self::Init(init) => vec![("init", text(init.name()))],
            Self::Optimizer(optimizer) => choice("optimizer", optimizer.name(), optimizer.settings()),
            Self::LearningRate(rate) => vec![("learning_rate", Value::Float(*rate))],
            Self::Schedule(schedule) => choice("schedule", schedule.name(), schedule.settings()),
            Self::Epochs(epochs) => vec![("epochs", whole(*epochs))],
            Self::BatchSize(size) => vec![("batch_size", whole(*size))],
            Self::Shuffle(shuffle) => vec![("shuffle", Value::Bool(*shuffle))],
        }
    }
}

/// Parts decided so far; the rest is at its default, the tutorial's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft(BTreeMap<Part, Assignment>);

impl Draft {
    /// Decides a part, again if it was decided before.
    pub fn apply(&mut self, assignment: &Assignment) {
        self.0.insert(assignment.part(), assignment.clone());
    }

    /// The assignment of a part, its default where nothing was said; `None` for a dataset, which has no default.
    pub fn decided(&self, part: Part) -> Option<Assignment> {
        if let Some(assignment) = self.0.get(&part) {
            return Some(assignment.clone());
        }
        Some(match part {
            Part::Lib => Assignment::Lib(Lib::Fused),
            Part::Dataset => return None,
            Part::Sampling(place) => Assignment::Sampling(place, Sampling::PARAMS[place].default.value()),
            Part::Hidden => Assignment::Hidden(vec![6]),
            Part::Activation => Assignment::Activation(Activation::all().remove(0)),
            Part::Init => Assignment::Init(Init::Torch),
            Part::Optimizer => Assignment::Optimizer(Optimizer::Adam(Adam::default())),
            Part::LearningRate => Assignment::LearningRate(0.01),
            Part::Schedule => Assignment::Schedule(Schedule::all().remove(0)),
            Part::Epochs => Assignment::Epochs(200),
            Part::BatchSize => Assignment::BatchSize(100),
            Part::Shuffle => Assignment::Shuffle(false),
        })
    }

    /// The run of a replicate. Without a dataset, that of the tutorial's XOR.
    pub fn finish(&self, seed: u64) -> RunConfig {
        let mut run = RunConfig {
            lib: Lib::Fused,
            dataset: Dataset::new(Kind::all().remove(0)),
            hidden: vec![6],
            activation: Activation::all().remove(0),
            init: Init::Torch,
            optimizer: Optimizer::Adam(Adam::default()),
            learning_rate: 0.01,
            schedule: Schedule::all().remove(0),
            epochs: 200,
            batch_size: 100,
            last_batch: LastBatch::default(),
            shuffle: false,
            seed,
        };
        // Parts are in order: the dataset comes before its sampling.
        for assignment in self.0.values() {
            match assignment.clone() {
                Assignment::Lib(lib) => run.lib = lib,
                Assignment::Dataset(dataset) => run.dataset = dataset,
                Assignment::Sampling(place, value) => {
                    let set = run.dataset.sampling.set(Sampling::PARAMS[place].name, &value);
                    debug_assert!(set.is_ok(), "accepted when it was read");
                }
                Assignment::Hidden(hidden) => run.hidden = hidden,
                Assignment::Activation(activation) => run.activation = activation,
                Assignment::Init(init) => run.init = init,
                Assignment::Optimizer(optimizer) => run.optimizer = optimizer,
                Assignment::LearningRate(rate) => run.learning_rate = rate,
                Assignment::Schedule(schedule) => run.schedule = schedule,
                Assignment::Epochs(epochs) => run.epochs = epochs,
                Assignment::BatchSize(size) => run.batch_size = size,
                Assignment::Shuffle(shuffle) => run.shuffle = shuffle,
            }
        }
        run
    }
}
