//! Every key of a run, each declared once, in a file of its own: its name, type, domain and default, its place in the
//! description, its words for `tallow keys`, its flag of `tallow train`.
//!
//! What an experiment file may say, `--set`, `--only`, exclusions, descriptions and the way back from them are derived
//! from these declarations. A new key is a file here and its line in the list below. The file takes one of the shapes
//! [`Scalar`], [`Word`], [`Choice`] and [`Group`], or implements [`Key`] itself where none fits.

mod choice;
mod decision;
mod group;
mod scalar;
mod word;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use super::reader::Reader;
use super::tree::Node;
use crate::activation::Activation;
use crate::dataset::{Dataset, LastBatch};
use crate::init::Init;
use crate::optim::{Every, Optimizer};
use crate::param::{Rejected, Value};
use crate::protocol::{EarlyStopping, Evaluate, Keep};
use crate::regularize::{Bound, ClassWeight, Rates};
use crate::schedule::Schedule;

use choice::Choice;
use group::Group;
use scalar::{Scalar, Slot};
use word::Word;

pub(super) use dataset::file_with;
pub use decision::{Decision, Digit, Draft};
pub(super) use hidden::Hidden;
pub use lib::Lib;

/// Declares the modules, [`RunConfig`] with a field for each key, and the list of keys. `within` are families of keys
/// whose values live inside a field.
macro_rules! keys {
    ($( $(#[doc = $doc:literal])+ $field:ident: $ty:ty, )+ within $( $family:ident, )*) => {
        $( mod $field; )+
        $( mod $family; )*

        /// Everything that may change a number of a run, and nothing else: no thread count, device, path or verbosity.
        #[derive(Clone, Debug, PartialEq)]
        pub struct RunConfig { $( $(#[doc = $doc])+ pub $field: $ty, )+ }

        /// Every key at its default, on the tutorial's XOR.
        impl Default for RunConfig {
            fn default() -> Self {
                Self { $( $field: Holds::<$ty>::initial(&$field::KEY), )+ }
            }
        }

        static KEYS: LazyLock<Vec<&'static dyn Key>> = LazyLock::new(|| {
            let fields: Vec<&'static dyn Key> = vec![ $( &$field::KEY, )+ ];
            let mut within: Vec<&'static dyn Key> = Vec::new();
            $( within.extend($family::KEYS.iter().map(|key| key as &dyn Key)); )*
            fields.into_iter().chain(within).collect()
        });
    };
}

// The order is that of messages and of the words of `tallow train`; it means nothing else.
keys! {
    /// The engine: tallow's own, or candle-nn as the reference.
    lib: Lib,
    /// The dataset with its parameters.
    dataset: Dataset,
    /// Units of each hidden layer.
    hidden: Vec<usize>,
    /// Activation of the hidden layers.
    activation: Activation,
    /// How initial weights are drawn.
    init: Init,
    /// The optimizer with its hyperparameters.
    optimizer: Optimizer,
    /// Decay of the weights' exponential average, if they have one.
    ema: Bound,
    /// The epoch, or the share of the epochs, from which weights are averaged, if they are.
    swa: Bound,
    /// Whether steps leave out what they move along the gradient.
    cautious: bool,
    /// Steps after which slow weights follow, if there are such.
    lookahead: Every,
    /// The part of the way that slow weights go.
    lookahead_alpha: f64,
    /// The base learning rate.
    learning_rate: f64,
    /// The learning rate's course over the steps.
    schedule: Schedule,
    /// Passes over the data.
    epochs: usize,
    /// Samples per step, or [`Batching::ALL`](crate::dataset::Batching::ALL).
    batch_size: usize,
    /// What becomes of an epoch's last samples where they do not fill a batch.
    last_batch: LastBatch,
    /// Whether samples are reshuffled before each epoch.
    shuffle: bool,
    /// The share of hidden units that steps leave out.
    dropout: Rates,
    /// Standard deviation of what steps add to inputs.
    input_noise: f64,
    /// The share of the targets' probability that all classes have alike.
    label_smoothing: f64,
    /// What the samples of each class count in training.
    class_weight: ClassWeight,
    /// The penalty on the parameters' magnitudes.
    l1: f64,
    /// Whether penalties and weight decay are on biases too.
    decay_biases: bool,
    /// The largest magnitude of a gradient's numbers.
    clip_value: Bound,
    /// The largest length of a gradient.
    clip_norm: Bound,
    /// What is evaluated at the end of epochs.
    evaluate: Evaluate,
    /// Which epoch's weights are those of the run.
    keep: Keep,
    /// When training ends before its last epoch, if it may.
    early_stopping: Option<EarlyStopping>,
    /// The replicate: from it the data, the initial weights and the batch order are drawn.
    seed: u64,
    within sampling, fold,
}

/// A key that holds a field of [`RunConfig`].
trait Holds<T> {
    /// What the field is where nothing is said.
    fn initial(&self) -> T;
}

/// What a description says of a key, if anything.
pub type Said<'a> = dyn Fn(&str) -> Option<&'a Value> + 'a;

/// One key of a run, or several that decide one thing together, such as an optimizer and its settings.
pub trait Key: fmt::Debug + Send + Sync {
    /// The key in files and messages.
    fn name(&self) -> &'static str;

    /// What messages call what it decides.
    fn noun(&self) -> &'static str {
        self.name()
    }

    /// The keys of a grid that decide it.
    fn spellings(&self) -> &[&'static str];

    /// The keys that it gives a value in a run, settings of its choices included: what exclusions, filters and roles of
    /// the report may name. No other key has any of them.
    fn names(&self) -> Vec<&'static str>;

    /// The first kind that has this setting, where the key is a choice with settings.
    fn owner(&self, _setting: &str) -> Option<&'static str> {
        None
    }

    /// The settings of its table that have a name of their own in a run, each with that name.
    fn inner(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// What it is, in a line.
    fn about(&self) -> &'static str;

    /// The values it may have, for `tallow keys`: lines with their ends.
    fn explain(&self) -> String;

    /// Its keys in the tutorial's dictionary, each with its place there; they are said in every description.
    fn leading(&self) -> Vec<(usize, &'static str)>;

    /// What is decided where a file says nothing; `None` where it must say something.
    fn default(&'static self) -> Option<Decision>;

    /// What is decided instead for a dataset that is a file of the user's, where that is something else.
    fn default_for_files(&'static self) -> Option<Decision> {
        None
    }

    /// The values that a file gives it by one of its spellings; `None` after telling the reader what is wrong.
    fn read(&'static self, reader: &mut Reader, spelling: &str, node: &Node) -> Option<Vec<Digit>>;

    /// Every key that it gives a value in a run, as a file spells it, with the value.
    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)>;

    /// What it adds to a run's description.
    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)>;

    /// Sets a run as a description says.
    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable>;

    /// How `tallow train` spells it; `None`: by `--set` alone.
    fn flag(&self) -> Option<&Flag>;

    /// The run's value as a file gives it, as key and TOML; `None` where the file need not.
    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)>;
}

/// A description that does not say a run that this version knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its `{key}` {why}")]
pub struct Unreadable {
    /// As the description spells it.
    pub key: String,
    /// What is wrong with its value.
    pub why: Rejected,
}

impl Unreadable {
    /// A value of a key that was rejected.
    pub fn new(key: &str, why: Rejected) -> Self {
        Self { key: key.to_owned(), why }
    }

    /// A key that a description lacks.
    fn missing(key: &str) -> Self {
        Self::new(key, Rejected("is missing".into()))
    }
}

/// A flag of `tallow train`.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The flag, without its dashes.
    pub long: &'static str,
    /// Another spelling of it.
    pub alias: Option<&'static str>,
    /// What stands for its value in the help.
    pub value: &'static str,
    /// What `tallow train --help` prints.
    pub help: &'static str,
    /// The default as the help says it.
    pub default: &'static str,
    /// The key of an experiment file that it stands for.
    pub key: &'static str,
    /// The value typed, as TOML.
    pub toml: fn(&str) -> String,
}

impl Flag {
    /// A number: TOML as it is typed.
    const NUMBER: fn(&str) -> String = |typed| typed.to_owned();

    /// A name, or a table with the name and settings.
    const NAME: fn(&str) -> String = |typed| {
        if typed.trim_start().starts_with('{') { typed.to_owned() } else { crate::text::toml(typed) }
    };

    /// The word to type for a value in TOML; `None` where only `--set` can say it.
    pub fn word(&self, toml: &str) -> Option<String> {
        match toml {
            "[[]]" => Some("none".into()),
            table if table.starts_with('{') => None,
            value => Some(value.replace(['[', ']', '"', ' '], "")),
        }
    }
}

/// A declared key, as small as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(usize);

impl KeyId {
    /// Every key.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..KEYS.len()).map(Self)
    }

    /// The key that a grid spells so.
    pub fn spelled(spelling: &str) -> Option<Self> {
        static BY_SPELLING: LazyLock<HashMap<&str, KeyId>> = LazyLock::new(|| index(|key| key.spellings().to_vec()));
        BY_SPELLING.get(spelling).copied()
    }

    /// The key that gives this name a value in a run.
    pub fn of_name(name: &str) -> Option<Self> {
        static BY_NAME: LazyLock<HashMap<&str, KeyId>> = LazyLock::new(|| index(|key| key.names()));
        BY_NAME.get(name).copied()
    }
}

fn index(of: impl Fn(KeyId) -> Vec<&'static str>) -> HashMap<&'static str, KeyId> {
    KeyId::all().flat_map(|key| of(key).into_iter().map(move |name| (name, key))).collect()
}

impl Deref for KeyId {
    type Target = &'static dyn Key;
    fn deref(&self) -> &&'static dyn Key {
        &KEYS[self.0]
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The keys of the tutorial's dictionary, in its order: what every description says first.
pub fn leading() -> &'static [&'static str] {
    static LEADING: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let mut leading: Vec<(usize, &str)> = KeyId::all().flat_map(|key| key.leading()).collect();
        leading.sort_unstable();
        leading.into_iter().map(|(_, name)| name).collect()
    });
    &LEADING
}

/// Every key that may stand in a grid.
pub(super) fn known() -> Vec<&'static str> {
    KeyId::all().flat_map(|key| key.spellings().iter().copied()).chain(["zip"]).collect()
}

/// Every key that a run has a value of: what exclusions, filters and roles may name.
pub fn describable() -> Vec<&'static str> {
    let (mut grid, mut rest) = (known(), Vec::new());
    grid.retain(|&name| name != "zip");
    rest.extend(leading().iter().copied().chain(KeyId::all().flat_map(|key| key.names())));
    let mut seen = HashSet::new();
    [grid, rest].concat().into_iter().filter(|name| seen.insert(*name)).collect()
}

/// Whether two keys speak of one thing: the same, or the layers by two of their names.
pub fn speak_of_one(a: &str, b: &str) -> bool {
    let layout = |key| key == "units" || hidden::KEY.names().contains(&key);
    a == b || (layout(a) && layout(b))
}

impl RunConfig {
    /// The value of a key as a file spells it, its default included; `None` where the key does not apply.
    pub fn value(&self, name: &str) -> Option<Value> {
        let values = KeyId::of_name(name)?.values(self);
        values.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests;
