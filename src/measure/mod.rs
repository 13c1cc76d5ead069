//! What a run yields in numbers: series, one number per epoch, and measures, one at the end. Each is data: a name, the
//! rows it is over, a unit, and which direction is better.
//!
//! A new measure is a file here and its line in the list below; a new series is a file under `series` and its line there.
//! Engines fill them, the store keeps them by name, reports find them by name.

mod confusion;
mod outputs;
mod ranking;
pub mod series;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::LazyLock;

use crate::dataset::{Table, Task};
use crate::numerics;

pub use confusion::Confusion;
pub use outputs::Outputs;
pub use series::Series;

/// A number by its name.
pub type Measures = BTreeMap<Cow<'static, str>, f32>;

/// The measure that says after which epoch (from 1) the weights that a run has were kept; of runs with `keep = "best"`.
pub const KEPT_EPOCH: &str = "kept_epoch";

/// The measure that says after which epoch (from 1) a run was stopped early, if it was.
pub const STOPPED_EPOCH: &str = "stopped_epoch";

/// Numbers, one per epoch trained, by name. NaN stands in an evaluated series for an epoch that was not looked at.
pub type Histories = BTreeMap<Cow<'static, str>, Vec<f32>>;

/// Which rows of the data a number is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    /// Those trained on.
    Train,
    /// Those held out to choose by: an epoch, a setting.
    Validation,
    /// Those held out to judge by.
    Test,
}

impl Split {
    /// Every split.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The first word of a number's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Which of two numbers is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller one, as of a loss.
    Lower,
    /// The larger one, as of an accuracy.
    Higher,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The task's loss: the square of the target's unit, or nats.
    Loss,
    /// The target's unit.
    Target,
    /// A share of samples, from 0 to 1.
    Share,
    /// Nothing: a number without unit.
    Plain,
}

impl Unit {
    /// What a number of this unit is multiplied by where the target's unit is: `loss_unit` is what a loss is multiplied by.
    pub fn factor(self, loss_unit: f64) -> Option<f64> {
        match self {
            Self::Loss => Some(loss_unit),
            Self::Target => Some(loss_unit.sqrt()),
            Self::Share | Self::Plain => None,
        }
    }
}

/// What a pass over the rows of a split tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation<'a> {
    /// What is predicted.
    pub task: Task,
    /// How many rows there are, or the sum of their weights.
    pub weight: f64,
    /// The sum of their losses, each by its weight.
    pub loss: f64,
    /// How many are classified correctly, or the sum of their weights.
    pub correct: f64,
    /// The rows.
    pub table: &'a Table,
    /// What the network says of each, where that was asked for.
    pub outputs: Option<Outputs<'a>>,
}

impl Evaluation<'_> {
    /// A total over the rows as a mean, rounded once.
    fn mean(&self, total: f64) -> f32 {
        numerics::canonical((total / self.weight) as f32)
    }

    /// Those of these measures that apply, each under its name on this split.
    pub fn measures(&self, split: Split, wanted: &[Measure]) -> impl Iterator<Item = (Cow<'static, str>, f32)> {
        let of = move |&measure: &Measure| {
            let value = (measure.applies)(self.task).then(|| (measure.of)(self))??;
            Some((Cow::Borrowed(Metric { split, measure }.name()), numerics::canonical(value)))
        };
        wanted.iter().filter_map(of)
    }
}

/// What a file here says of a measure.
#[derive(Debug)]
pub struct Declared {
    /// The name, behind that of a split: `loss`.
    pub name: &'static str,
    /// What sentences and axes call it.
    pub label: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
    /// What a run that diverged counts as in order statistics.
    pub worst: f64,
    /// Whether it is computed unasked.
    pub usual: bool,
    /// Whether it needs to know what a network says of each row.
    pub needs_outputs: bool,
    /// Computes it; `None` where it does not apply to the task or lacks what it needs.
    pub of: fn(&Evaluation) -> Option<f32>,
    /// Whether it applies to a task.
    pub applies: fn(Task) -> bool,
}

macro_rules! measures {
    ($( $file:ident: $measure:ident, )+) => {
        $( mod $file; )+

        /// A number that a network is judged by, on whatever rows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Measure {
            $( #[doc = concat!("`", stringify!($file), "`")] $measure, )+
        }

        impl Measure {
            /// Every measure, in the order of lists for people.
            pub const ALL: &'static [Self] = &[ $( Self::$measure ),+ ];
        }

        impl Deref for Measure {
            type Target = Declared;
            fn deref(&self) -> &Declared {
                match self { $( Self::$measure => &$file::DECLARED, )+ }
            }
        }
    };
}

measures! {
    loss: Loss,
    accuracy: Accuracy,
    balanced_accuracy: BalancedAccuracy,
    f1_macro: F1Macro,
    roc_auc: RocAuc,
    average_precision: AveragePrecision,
    log_loss: LogLoss,
    brier: Brier,
    ece: Ece,
    r2: R2,
    rmse: Rmse,
    mae: Mae,
}

impl Measure {
    /// The measure of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|measure| measure.name == name)
    }

    /// Those that are computed unasked.
    pub fn usual() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|measure| measure.usual)
    }
}

/// A measure on the rows of a split, with the final weights: what a report judges runs by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    /// What is computed.
    pub measure: Measure,
    /// The rows that it is computed over.
    pub split: Split,
}

impl Metric {
    /// Loss over the training samples.
    pub const TRAIN_LOSS: Self = Self { split: Split::Train, measure: Measure::Loss };
    /// Loss over the validation samples.
    pub const VALIDATION_LOSS: Self = Self { split: Split::Validation, measure: Measure::Loss };
    /// Loss over the test samples.
    pub const TEST_LOSS: Self = Self { split: Split::Test, measure: Measure::Loss };

    /// Every metric.
    pub fn all() -> impl Iterator<Item = Self> {
        Measure::ALL.iter().flat_map(|&measure| Split::ALL.map(|split| Self { measure, split }))
    }

    /// The same measure's companion on the same rows.
    pub fn with(self, measure: Measure) -> Self {
        Self { measure, ..self }
    }

    /// The name in experiment files and the column in tables: `train_loss`.
    pub fn name(self) -> &'static str {
        &self.words().0
    }

    /// The name for axes and sentences: `final train loss`.
    pub fn label(self) -> &'static str {
        &self.words().1
    }

    fn words(self) -> &'static (String, String) {
        static WORDS: LazyLock<BTreeMap<Metric, (String, String)>> = LazyLock::new(|| {
            let words = |metric: Metric| {
                let (split, Declared { name, label, .. }) = (metric.split.name(), &*metric.measure);
                (metric, (format!("{split}_{name}"), format!("final {split} {label}")))
            };
            Metric::all().map(words).collect()
        });
        &WORDS[&self]
    }

    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|metric| metric.name() == name)
    }

    /// Whether more is better.
    pub fn higher_is_better(self) -> bool {
        self.measure.better == Better::Higher
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_name_of_its_own() {
        let metrics = Metric::all().map(Metric::name);
        let trained = Series::all().filter(|series| series.metric.is_none()).map(|series| series.name);
        let names: Vec<&str> = metrics.chain(trained).chain([KEPT_EPOCH, STOPPED_EPOCH]).collect();
        let distinct: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert!(Metric::all().all(|metric| Metric::from_name(metric.name()) == Some(metric)));
        assert!(Series::all().all(|series| Series::from_name(series.name) == Some(series)));
        // A series that is evaluated has the name of its measure at the end.
        let evaluated = Series::all().filter_map(|series| Some((series.name, series.metric?.name())));
        assert!(evaluated.eq(Metric::all().map(|metric| (metric.name(), metric.name()))));
    }

    #[test]
    fn a_measure_is_computed_where_it_applies_and_nowhere_else() {
        for task in [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }] {
            let table = Table::new(vec![0.0; 2], vec![0.0, 1.0]);
            let outputs = Some(Outputs::new(task, &table, vec![0.0; 2 * task.outputs()]));
            let evaluation = Evaluation { task, weight: 8.0, loss: 4.0, correct: 6.0, table: &table, outputs };
            let all: Measures = evaluation.measures(Split::Test, Measure::ALL).collect();
            for measure in Measure::ALL {
                let name = Metric { split: Split::Test, measure: *measure }.name();
                assert_eq!(all.contains_key(name), (measure.applies)(task), "{measure:?} {task:?}");
                // What needs the outputs does without where they are not there.
                let blind = Evaluation { outputs: None, ..evaluation.clone() };
                let told = blind.measures(Split::Test, &[*measure]).count();
                assert_eq!(
                    told,
                    usize::from((measure.applies)(task) && !measure.needs_outputs),
                    "{measure:?} {task:?}"
                );
            }
            assert_eq!(all["test_loss"], 0.5);
            assert_eq!(all.get("test_accuracy").copied(), task.is_classification().then_some(0.75));
        }
    }
}
