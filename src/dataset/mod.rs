//! Datasets: labelled points, generated from a seed or read from a CSV file. Host memory only, no tensors.

mod batching;
mod cache;
mod file;
mod order;
mod plane;
mod preprocessing;
mod split;
mod statement;
mod units;

use std::path::Path;
use std::sync::Arc;

use crate::param::{Kinds, Settings, Value};
use crate::rng::{Purpose, Stream};
use crate::table::{Fitted, Fold, How, Parts, Problem, Problems, TargetScale};

pub use self::csv::{Columns, Origin};
pub use batching::{Batching, Division, LastBatch};
pub use cache::Cache;
pub use file::{File, Folder};
pub use order::Order;
pub use preprocessing::{Asked, Preprocessing};
use split::Lengths;
pub use statement::Statement;
pub use units::Units;

/// What is predicted, and with it the width of the network's output and the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One real number; linear output, mean squared error.
    Regression,
    /// One of two classes; one logit, binary cross-entropy.
    Binary,
    /// One of `classes` classes; one logit each, softmax cross-entropy.
    Multiclass {
        /// The number of classes, a property of the dataset and not of the sample.
        classes: usize,
    },
}

impl Task {
    /// The width of the last layer.
    pub fn outputs(self) -> usize {
        match self {
            Self::Regression | Self::Binary => 1,
            Self::Multiclass { classes } => classes,
        }
    }

    /// Telling that many classes (at least 2) apart.
    pub fn of_classes(classes: usize) -> Self {
        if classes == 2 { Self::Binary } else { Self::Multiclass { classes } }
    }

    /// The number of classes; `None` for regression.
    pub const fn classes(self) -> Option<usize> {
        match self {
            Self::Regression => None,
            Self::Binary => Some(2),
            Self::Multiclass { classes } => Some(classes),
        }
    }

    /// Whether accuracy means anything.
    pub fn is_classification(self) -> bool {
        self != Self::Regression
    }
}

/// Samples of one split: `x` is row-major `len × features`; `y` holds a value (regression) or a class index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Inputs, row-major, `len × features`.
    pub x: Vec<f32>,
    /// One target per sample: a value, or a class index as a float.
    pub y: Vec<f32>,
    /// How much each sample counts, in training and in evaluation: finite and at least 0; all the same if `None`.
    pub weights: Option<Vec<f32>>,
}

impl Table {
    /// Samples that all count the same.
    pub fn new(x: Vec<f32>, y: Vec<f32>) -> Self {
        Self { x, y, weights: None }
    }

    /// Room for that many samples.
    fn with_capacity(samples: usize, features: usize) -> Self {
        Self::new(Vec::with_capacity(samples * features), Vec::with_capacity(samples))
    }

    /// Adds a sample.
    fn push(&mut self, x: impl IntoIterator<Item = f32>, y: f64) {
        self.x.extend(x);
        self.y.push(y as f32);
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }
}

/// A dataset in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Inputs per sample.
    pub features: usize,
    /// What is predicted.
    pub task: Task,
    /// How the target of a regression is scaled.
    pub target: TargetScale,
    /// The samples trained on.
    pub train: Table,
    /// The samples that choose an epoch or a setting; empty unless some are held out for it.
    pub validation: Table,
    /// The samples that judge; empty unless the dataset has a test split.
    pub test: Table,
}

impl Data {
    /// Samples as they are, to train on, to choose and to judge.
    pub fn new(features: usize, task: Task, [train, validation, test]: [Table; 3]) -> Self {
        Self { features, task, target: TargetScale::NONE, train, validation, test }
    }

    /// What a loss of the scaled target is multiplied by to be one in the target's own unit; 1 of classes.
    pub fn loss_unit(&self) -> f64 {
        1.0 / (self.target.scale * self.target.scale)
    }
}

/// A kind of dataset: what it predicts and how samples are made.
pub trait Source: Settings {
    /// What is predicted.
    fn task(&self) -> Task;

    /// Inputs per sample.
    fn features(&self) -> usize {
        2
    }

    /// The target in a line, for people.
    fn formula(&self) -> &'static str;

    /// Samples without label noise. Equal streams make equal points whatever the noise, and more points begin with the
    /// same ones.
    fn samples(&self, points: usize, streams: &Streams) -> Table;
}

crate::kinds! {
    /// Where the points come from, with the parameters of that kind alone.
    // One to a run, and a run has much more.
    #[allow(clippy::large_enum_variant)]
    pub enum Kind: Source via Visitor {
        and: And,
        or: Or,
        xor: Xor,
        stripe: Stripe,
        square: Square,
        circle: Circle,
        prod: Prod,
        sum_squares: SumSquares,
        polynom: Polynom,
        squares: Squares,
        circles: Circles,
        quadrants: Quadrants,
        two_moons: TwoMoons,
        spirals: Spirals,
        gaussians: Gaussians,
        rings: Rings,
        checkerboard: Checkerboard,
        friedman1: Friedman1,
        csv: Csv,
    }
}

struct ShapeOf;
impl Visitor for ShapeOf {
    type Output = Shape;
    fn visit<K: Source>(self, kind: &K) -> Shape {
        Shape { features: kind.features(), task: kind.task() }
    }
}

struct FormulaOf;
impl Visitor for FormulaOf {
    type Output = &'static str;
    fn visit<K: Source>(self, kind: &K) -> &'static str {
        kind.formula()
    }
}

struct Samples<'a>(usize, &'a Streams);
impl Visitor for Samples<'_> {
    type Output = Table;
    fn visit<K: Source>(self, kind: &K) -> Table {
        kind.samples(self.0, self.1)
    }
}

impl Kind {
    /// The target in a line, for people.
    pub fn formula(&self) -> &'static str {
        self.visit(FormulaOf)
    }
}

crate::settings! {
    /// Parameters of every dataset.
    pub struct Sampling {
        /// Number of points, the test split included.
        points: u64 = Int(2500), Within(1.0, 1e8);
        /// Share of labels replaced by another class, classification only.
        label_noise: f64 = Float(0.0), Within(0.0, 1.0);
        /// Share of points held out as the test split.
        test: f64 = Float(0.0), Below(0.0, 1.0);
        /// Share of points held out to choose by: an epoch, a setting.
        validation: f64 = Float(0.0), Below(0.0, 1.0);
        /// Draws the data; `seed` means the replicate's seed, so that data varies with it.
        data_seed: Option<u64> = Text("seed"), Any;
    }
}

/// What a dataset's networks look like at their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Inputs per sample.
    pub features: usize,
    /// What is predicted.
    pub task: Task,
}

/// A dataset with all its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The kind and its own parameters.
    pub kind: Kind,
    /// The parameters every kind has.
    pub sampling: Sampling,
    /// The fold that is held out as the test split, if there are folds.
    pub fold: Option<Fold>,
    file: Option<Arc<File>>,
}

/// Why a dataset cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file could not be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// As the experiment file writes it.
        path: String,
        /// The system's word.
        source: std::io::Error,
        /// The setting that names it.
        at: &'static str,
    },
    /// A file says something a dataset cannot be made of; one line for each problem.
    #[error("{}", in_lines(path, problems))]
    Content {
        /// As the experiment file writes it.
        path: String,
        /// What is wrong in it.
        problems: Problems,
        /// The setting that names it.
        at: &'static str,
    },
    /// Settings make no sense together.
    #[error("{message}")]
    Settings {
        /// What is wrong.
        message: String,
        /// The setting to point at.
        at: &'static str,
    },
    /// A CSV dataset was used before its file was opened.
    #[error("`{path}` has not been opened")]
    NotOpened {
        /// As the experiment file writes it.
        path: String,
    },
}

/// One thing that is wrong with a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What is wrong, and where in a file.
    pub message: String,
    /// What to write or to do instead.
    pub help: Option<String>,
    /// The setting to point at.
    pub at: &'static str,
}

impl DataError {
    /// Everything that is wrong, at least one thing.
    pub fn each(&self) -> Vec<Told> {
        match self {
            Self::Content { path, problems, at } => {
                let told = |problem: &Problem| Told { message: placed(path, problem), help: problem.help.clone(), at };
                problems.iter().map(told).collect()
            }
            Self::Read { at, .. } | Self::Settings { at, .. } => {
                vec![Told { message: self.to_string(), help: None, at }]
            }
            Self::NotOpened { .. } => vec![Told { message: self.to_string(), help: None, at: "path" }],
        }
    }
}

/// `` `wine.csv`, line 3, column `age`: the cell is missing ``
fn placed(path: &str, problem: &Problem) -> String {
    let place = problem.place();
    format!("`{path}`{}{place}: {}", if place.is_empty() { "" } else { ", " }, problem.message)
}

fn in_lines(path: &str, problems: &Problems) -> String {
    let line = |problem: &Problem| match &problem.help {
        Some(help) => format!("{}; {help}", placed(path, problem)),
        None => placed(path, problem),
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The random streams of one replicate of a dataset.
#[derive(Debug)]
pub struct Streams {
    key: String,
    seed: u64,
}

impl Streams {
    /// Places of the points and what else the noiseless data depends on.
    pub fn points(&self) -> Stream {
        Stream::new(Purpose::Data, &self.key, self.seed)
    }

    /// Noise on points or targets, apart from the points so that its level leaves them alone.
    pub fn noise(&self) -> Stream {
        self.named("noise")
    }

    fn named(&self, part: &str) -> Stream {
        Stream::new(Purpose::Data, &format!("{}/{part}", self.key), self.seed)
    }
}

impl Kinds for Dataset {
    const NAMES: &'static [&'static str] = Kind::NAMES;

    fn from_name(name: &str) -> Option<Self> {
        Kind::from_name(name).map(Self::new)
    }
    fn name(&self) -> &'static str {
        self.kind.name()
    }
    fn settings(&self) -> &dyn Settings {
        self.kind.settings()
    }
    fn settings_mut(&mut self) -> &mut dyn Settings {
        self.kind.settings_mut()
    }
    fn label(&self) -> String {
        match &self.kind {
            Kind::Csv(csv) => csv.name(),
            kind => kind.name().to_owned(),
        }
    }
    fn described(&self) -> Vec<(&'static str, Value)> {
        match &self.kind {
            Kind::Csv(csv) => csv.described(),
            kind => kind.settings().changed(),
        }
    }
    fn facts(&self) -> Vec<(&'static str, Value)> {
        self.content_hash().map(|hash| ("data_hash", Value::Text(hash.to_owned()))).into_iter().collect()
    }
}

impl Dataset {
    /// The dataset of that kind at its default parameters. One of kind `csv` must be opened before use.
    pub fn new(kind: Kind) -> Self {
        Self { kind, sampling: Sampling::default(), fold: None, file: None }
    }

    /// Reads the file of a CSV dataset, its path relative to `folder`; any other dataset is left as it is.
    ///
    /// # Errors
    /// Of a file that cannot be read, of everything in it that cannot be used, and of settings that contradict each other.
    pub fn open(self, folder: &Path) -> Result<Self, DataError> {
        self.open_in(&Folder::new(folder))
    }

    /// [`Self::open`] from a folder that keeps what was opened.
    ///
    /// # Errors
    /// As there.
    pub fn open_in(mut self, folder: &Folder) -> Result<Self, DataError> {
        if let Kind::Csv(csv) = &mut self.kind {
            csv.settle()?;
            self.file = Some(folder.open(csv)?);
        }
        Ok(self)
    }

    /// The settings of a file, and the file once it is open.
    fn opened(&self) -> Option<(&Csv, &File)> {
        match (&self.kind, &self.file) {
            (Kind::Csv(csv), Some(file)) => Some((csv, file)),
            _ => None,
        }
    }

    /// The user's file, if it is one and open.
    pub fn file(&self) -> Option<&File> {
        self.file.as_deref()
    }

    /// Whether it is a file of the user's, which sets other defaults than the tutorial's points do.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::Csv(_))
    }

    /// Where a file lies and what it is called; `None` of a generated dataset.
    pub fn origin(&self) -> Option<Origin> {
        let (csv, file) = self.opened()?;
        let text = |path: Option<&Path>| path.map_or_else(String::new, |path| path.to_string_lossy().into_owned());
        let (path, test_path) = (text(Some(file.path())), text(file.test_path()));
        Some(Origin { path, test_path, label: csv.name() })
    }

    /// With a file at this place, called so; a generated dataset is left as it is.
    pub fn at(mut self, origin: &Origin) -> Self {
        if let Kind::Csv(csv) = &mut self.kind {
            let Origin { path, test_path, label } = origin.clone();
            // The label is said where the file's name does not say it.
            (csv.path, csv.test_path, csv.label) = (path, test_path, String::new());
            if csv.name() != label {
                csv.label = label;
            }
        }
        self
    }

    /// Inputs and task. A CSV dataset not opened yet passes for a regression on two features.
    pub fn shape(&self) -> Shape {
        match &self.file {
            Some(file) => Shape { features: file.features(), task: file.task() },
            None => self.kind.visit(ShapeOf),
        }
    }

    /// The content hash of a CSV dataset's file, of what is used of it, in hex; `None` for a generated one.
    pub fn content_hash(&self) -> Option<&str> {
        self.file.as_deref().map(File::hash)
    }

    /// The names of the inputs, in order.
    pub fn feature_names(&self) -> Vec<String> {
        match &self.file {
            Some(file) => file.names().to_vec(),
            None => (1..=self.shape().features).map(|i| format!("x{i}")).collect(),
        }
    }

    /// The names of the classes, in order; none for a regression.
    pub fn class_names(&self) -> Vec<String> {
        match &self.file {
            Some(file) => file.classes().to_vec(),
            None => (0..self.shape().task.classes().unwrap_or(0)).map(|class| class.to_string()).collect(),
        }
    }

    /// Samples of all splits, without making them.
    pub fn len(&self) -> usize {
        self.file.as_ref().map_or(self.sampling.points as usize, |file| file.len())
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether some of its samples judge.
    pub fn has_test(&self) -> bool {
        let own = self.file.as_ref().is_some_and(|file| file.test_rows() > 0);
        own || self.sampling.test > 0.0 || self.fold.is_some()
    }

    /// Whether its samples count differently.
    pub fn is_weighted(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.is_weighted())
    }

    /// Training samples of a replicate, without making them.
    pub fn train_len(&self, seed: u64) -> usize {
        self.lengths(seed).train
    }

    /// Samples of a replicate that choose, without making them.
    pub fn validation_len(&self, seed: u64) -> usize {
        self.lengths(seed).validation
    }

    /// Samples of a replicate that judge, without making them.
    pub fn test_len(&self, seed: u64) -> usize {
        self.lengths(seed).test
    }

    fn lengths(&self, seed: u64) -> Lengths {
        match self.opened() {
            Some((csv, file)) => file.lengths(csv, &self.sampling, self.fold, &self.streams(seed)),
            None => Lengths::of(self.len(), &self.sampling, self.fold),
        }
    }

    /// Whether each seed draws anew which rows of a file it holds out, as far as it holds out any.
    pub fn is_drawn_anew(&self) -> bool {
        let Kind::Csv(csv) = &self.kind else { return false };
        self.sampling.data_seed.is_none() && csv.split != How::Ordered
    }

    /// What the random streams are keyed by: the dataset and what moves its points, in canonical text. Noise does not,
    /// nor how many points there are, nor where a file lies and which columns are used.
    fn stream_key(&self) -> String {
        let mut key = self.kind.name().to_owned();
        if !self.is_file() {
            for (name, value) in self.kind.settings().changed() {
                if name != "noise" {
                    key += &format!(";{name}={value}");
                }
            }
        }
        key
    }

    /// The seed the data of a replicate is drawn from.
    fn data_seed(&self, seed: u64) -> u64 {
        self.sampling.data_seed.unwrap_or(seed)
    }

    fn streams(&self, seed: u64) -> Streams {
        Streams { key: self.stream_key(), seed: self.data_seed(seed) }
    }

    /// Which rows of a file a replicate trains on, chooses and judges by; `None` of a generated dataset.
    ///
    /// # Errors
    /// Of shares that leave nothing to train on, and of too few groups or rows.
    pub fn parts(&self, seed: u64) -> Option<Result<Parts, DataError>> {
        let (csv, file) = self.opened()?;
        Some(file.parts(csv, &self.sampling, self.fold, &mut self.streams(seed).named("split")))
    }

    /// How the rows of a file become numbers for a replicate, as its training rows say.
    ///
    /// # Errors
    /// As [`Self::parts`].
    pub fn fitted(&self, seed: u64) -> Option<Result<Fitted, DataError>> {
        let (csv, file) = self.opened()?;
        Some(self.parts(seed)?.map(|parts| file.fitted(csv, &parts)))
    }

    /// The samples of one replicate: a pure function of `self` and `seed`.
    ///
    /// # Errors
    /// Of a file that was not opened, or that has too few rows for its splits.
    pub fn generate(&self, seed: u64) -> Result<Data, DataError> {
        let streams = self.streams(seed);
        let Shape { features, task } = self.shape();
        if let Some((csv, file)) = self.opened() {
            let parts = file.parts(csv, &self.sampling, self.fold, &mut streams.named("split"))?;
            let mut labels = if task.is_classification() { file.labels() } else { Vec::new() };
            let noisy = self.flip(&mut labels, task, &streams);
            return file.data(csv, &parts, noisy.then_some(&labels[..]));
        }
        if let Kind::Csv(csv) = &self.kind {
            return Err(DataError::NotOpened { path: crate::text::plain(&csv.path) });
        }
        let mut all = self.kind.visit(Samples(self.len(), &streams));
        self.flip(&mut all.y, task, &streams);
        let lengths = self.lengths(seed);
        let mut stream = streams.named("split");
        Ok(Data::new(features, task, split::split(all, features, lengths, self.fold, &mut stream)))
    }

    /// Replaces a share of the classes by others; whether there is such a share.
    fn flip(&self, labels: &mut [f32], task: Task, streams: &Streams) -> bool {
        let Some(classes) = task.classes().filter(|_| self.sampling.label_noise > 0.0) else { return false };
        let mut flips = streams.named("label noise");
        for y in labels {
            // Two draws a label, flipped or not, so that a higher share flips a superset.
            let (flip, step) = (flips.unit() < self.sampling.label_noise, 1 + flips.below(classes as u64 - 1));
            if flip {
                *y = ((*y as u64 + step) % classes as u64) as f32;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
