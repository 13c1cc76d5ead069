//! Datasets: labelled points, generated from a seed or read from a CSV file. Host memory only, no tensors.

mod and;
mod batching;
mod cache;
mod checkerboard;
mod circle;
mod circles;
mod csv;
mod friedman1;
mod gaussians;
mod or;
mod order;
mod plane;
mod polynom;
mod prod;
mod quadrants;
mod rings;
mod spirals;
mod split;
mod square;
mod squares;
mod stripe;
mod sum_squares;
mod two_moons;
mod xor;

use std::path::Path;
use std::sync::Arc;

use crate::param::{Kinds, Settings, Value};
use crate::rng::{Purpose, Stream};

pub use batching::{Batching, Division, LastBatch};
pub use cache::Cache;
pub use csv::{Csv, CsvTable};
pub use order::Order;
pub use xor::Xor;

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
    /// The samples trained on.
    pub train: Table,
    /// The samples that choose an epoch or a setting; empty unless some are held out for it.
    pub validation: Table,
    /// The samples that judge; empty unless the dataset has a test split.
    pub test: Table,
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
    pub enum Kind: Source via Visitor {
        And(and::And) = "and",
        Or(or::Or) = "or",
        Xor(xor::Xor) = "xor",
        Stripe(stripe::Stripe) = "stripe",
        Square(square::Square) = "square",
        Circle(circle::Circle) = "circle",
        Prod(prod::Prod) = "prod",
        SumSquares(sum_squares::SumSquares) = "sum_squares",
        Polynom(polynom::Polynom) = "polynom",
        Squares(squares::Squares) = "squares",
        Circles(circles::Circles) = "circles",
        Quadrants(quadrants::Quadrants) = "quadrants",
        TwoMoons(two_moons::TwoMoons) = "two_moons",
        Spirals(spirals::Spirals) = "spirals",
        Gaussians(gaussians::Gaussians) = "gaussians",
        Rings(rings::Rings) = "rings",
        Checkerboard(checkerboard::Checkerboard) = "checkerboard",
        Friedman1(friedman1::Friedman1) = "friedman1",
        Csv(Csv) = "csv",
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
    file: Option<Arc<CsvTable>>,
}

/// Why a dataset cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file could not be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// A file says something a dataset cannot be made of.
    #[error("`{path}`{place}: {message}")]
    Content {
        /// The file.
        path: String,
        /// Where in it: `, line 3, column "age"`, or nothing.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A CSV dataset was used before its file was opened.
    #[error("`{path}` has not been opened")]
    NotOpened {
        /// The file.
        path: String,
    },
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
    fn facts(&self) -> Vec<(&'static str, Value)> {
        self.content_hash().map(|hash| ("data_hash", Value::Text(hash.to_owned()))).into_iter().collect()
    }
}

impl Dataset {
    /// The dataset of that kind at its default parameters. One of kind `csv` must be opened before use.
    pub fn new(kind: Kind) -> Self {
        Self { kind, sampling: Sampling::default(), file: None }
    }

    /// Reads the file of a CSV dataset, its path relative to `folder`; any other dataset is left as it is.
    pub fn open(mut self, folder: &Path) -> Result<Self, DataError> {
        if let Kind::Csv(csv) = &self.kind {
            self.file = Some(Arc::new(csv.read(folder)?));
        }
        Ok(self)
    }

    /// Whether `points` applies: a file has as many samples as it has.
    pub fn has_points(&self) -> bool {
        !matches!(self.kind, Kind::Csv(_))
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
        self.file.as_deref().map(CsvTable::hash)
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
        self.file.as_ref().map_or(self.sampling.points as usize, |file| file.table().len())
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its samples count differently.
    pub fn is_weighted(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.table().weights.is_some())
    }

    /// Training samples, without making them.
    pub fn train_len(&self) -> usize {
        self.lengths().train
    }

    /// Samples that choose, without making them.
    pub fn validation_len(&self) -> usize {
        self.lengths().validation
    }

    /// Samples that judge, without making them.
    pub fn test_len(&self) -> usize {
        self.lengths().test
    }

    fn lengths(&self) -> split::Lengths {
        split::Lengths::new(self.len(), &self.sampling)
    }

    /// What the random streams are keyed by: the dataset and what moves its points, in canonical text. Noise does not,
    /// nor how many points there are, nor where a file lies and which columns are used.
    fn stream_key(&self) -> String {
        let mut key = self.kind.name().to_owned();
        if self.has_points() {
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

    /// The samples of one replicate: a pure function of `self` and `seed`.
    pub fn generate(&self, seed: u64) -> Result<Data, DataError> {
        let streams = Streams { key: self.stream_key(), seed: self.data_seed(seed) };
        let Shape { features, task } = self.shape();
        let mut all = match (&self.kind, &self.file) {
            (_, Some(file)) => file.table().clone(),
            (Kind::Csv(csv), None) => return Err(DataError::NotOpened { path: crate::text::plain(&csv.path) }),
            (kind, None) => kind.visit(Samples(self.len(), &streams)),
        };
        if let Some(classes) = task.classes().filter(|_| self.sampling.label_noise > 0.0) {
            let mut flips = streams.named("label noise");
            for y in &mut all.y {
                // Two draws a label, flipped or not, so that a higher share flips a superset.
                let (flip, step) = (flips.unit() < self.sampling.label_noise, 1 + flips.below(classes as u64 - 1));
                if flip {
                    *y = ((*y as u64 + step) % classes as u64) as f32;
                }
            }
        }
        let [mut train, mut validation, mut test] =
            split::split(all, features, self.lengths(), &mut streams.named("split"));
        if matches!(&self.kind, Kind::Csv(csv) if csv.standardize) {
            split::standardize(&mut train, [&mut validation, &mut test], features);
        }
        Ok(Data { features, task, train, validation, test })
    }
}

#[cfg(test)]
mod tests;
