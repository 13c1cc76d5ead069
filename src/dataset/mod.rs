//! Datasets: labelled points, generated from a seed or read from a CSV file. Host memory only, no tensors.

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
}

impl Table {
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
    /// The samples held out; empty unless the dataset has a test split.
    pub test: Table,
}

mod xor;

crate::kinds! {
    /// Where the points come from, with the parameters of that kind alone.
    pub enum Kind {
        Xor(xor::Xor) = "xor",
    }
}

crate::settings! {
    /// Parameters of every dataset.
    pub struct Sampling {
        /// Number of points, the test split included.
        points: u64 = Int(2500), AtLeast(1.0);
        /// Share of labels replaced by another class, classification only.
        label_noise: f64 = Float(0.0), Within(0.0, 1.0);
        /// Share of points held out as the test split.
        test: f64 = Float(0.0), Below(0.0, 1.0);
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
}

impl Dataset {
    /// The dataset of that kind at its default parameters.
    pub fn new(kind: Kind) -> Self {
        Self { kind, sampling: Sampling::default() }
    }

    /// Inputs and task.
    pub fn shape(&self) -> Shape {
        Shape { features: 2, task: Task::Binary }
    }

    /// Training samples, without making them.
    pub fn train_len(&self) -> usize {
        self.sampling.points as usize
    }

    /// The samples of one replicate: a pure function of `self` and `seed`.
    pub fn generate(&self, _seed: u64) -> Result<Data, DataError> {
        todo!()
    }
}
