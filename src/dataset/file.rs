//! A user's file that has been opened: its table, what was understood of it, and the samples of each replicate.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::split::Lengths;
use super::{Csv, Data, DataError, Sampling, Streams, Table, Task};
use crate::rng::Stream;
use crate::table::{
    self, Fitted, Fold, How, Parts, Reading, Scaling, Splitting, TableError, TargetScaling, Understood, Warning,
};
use crate::text;

/// A file, read and understood.
#[derive(Debug)]
pub struct File {
    table: table::Table,
    understood: Understood,
    /// The test rows of a file of their own.
    test: Option<table::Table>,
    inputs: Vec<String>,
    hash: String,
    path: PathBuf,
    test_path: Option<PathBuf>,
    /// Rows of the parts of splits asked for so far.
    lengths: Mutex<HashMap<Divided, Lengths>>,
    /// What is suspicious, features scaled or not, once it was asked for: the whole table is looked through.
    warnings: [OnceLock<Vec<Warning>>; 2],
}

/// A way to split; the seed counts only where groups make parts of different sizes.
type Divided = (u64, u64, Option<(usize, usize)>, How, u64);

/// Equal content, read alike, is equal.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

/// Where paths start, with the files opened from there, so that a command reads each of them once.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    open: Mutex<Vec<(Key, Arc<File>)>>,
}

impl Folder {
    /// With no file opened yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), open: Mutex::default() }
    }

    /// Opens, reads and understands a file, and that of its test rows if there is one.
    ///
    /// # Errors
    /// Of files that cannot be read, and of everything in them that cannot be used.
    pub(super) fn open(&self, csv: &Csv) -> Result<Arc<File>, DataError> {
        if csv.path.is_empty() {
            let message = "dataset `csv` needs the `path` of a file".to_owned();
            return Err(DataError::Settings { message, at: "path" });
        }
        let test = Some(&csv.test_path).filter(|path| !path.is_empty()).map(|path| self.path.join(path));
        let key = (self.path.join(&csv.path), test, csv.reading()?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = open.iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(File::read(csv, &key)?);
        open.push((key, Arc::clone(&file)));
        Ok(file)
    }
}

/// Where a file lies, that of its test rows, and how both are read.
type Key = (PathBuf, Option<PathBuf>, Reading);

impl File {
    fn read(csv: &Csv, (path, test_path, reading): &Key) -> Result<Self, DataError> {
        let failed = |path: &str, at| {
            let path = text::plain(path);
            move |error: TableError| match error {
                TableError::Read(source) => DataError::Read { path, source, at },
                TableError::Problems(problems) => DataError::Content { path, problems, at },
            }
        };
        let table = table::read_file(path, reading).map_err(failed(&csv.path, "path"))?;
        let understood =
            table::understand(&table, reading).map_err(|problems| failed(&csv.path, "path")(problems.into()))?;
        // The words of each column come from the whole table, whatever rows are trained on.
        let unfitted = table::fit(&table, &understood, &[], Scaling::None, TargetScaling::None);
        let mut hash = understood.hash.clone();
        let test = match test_path {
            None => None,
            Some(path) => {
                let failed = || failed(&csv.test_path, "test_path");
                let test = unfitted.read_file(path, reading).map_err(failed())?;
                unfitted.check(&test).map_err(|problems| failed()(problems.into()))?;
                hash = table::hash_with(&hash, &test);
                Some(test)
            }
        };
        let (path, test_path) = (path.clone(), test_path.clone());
        let (lengths, warnings, inputs) = (Mutex::default(), Default::default(), unfitted.names());
        Ok(Self { inputs, hash, path, test_path, test, table, understood, lengths, warnings })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the file of test rows lies, if there is one.
    pub fn test_path(&self) -> Option<&Path> {
        self.test_path.as_deref()
    }

    /// Inputs per sample.
    pub fn features(&self) -> usize {
        self.inputs.len()
    }

    /// The names of the inputs.
    pub fn names(&self) -> &[String] {
        &self.inputs
    }

    /// The names of the classes in order; empty for regression.
    pub fn classes(&self) -> &[String] {
        &self.understood.target.classes
    }

    /// What is predicted.
    pub fn task(&self) -> Task {
        match self.understood.target.task {
            table::Task::Regression => Task::Regression,
            table::Task::Binary => Task::Binary,
            table::Task::Multiclass => Task::Multiclass { classes: self.classes().len() },
        }
    }

    /// What is suspicious, where features are scaled or are not.
    pub fn warnings(&self, scaled: bool) -> &[Warning] {
        self.warnings[usize::from(scaled)].get_or_init(|| table::warnings(&self.table, &self.understood, scaled))
    }

    /// The cells as they were read, before anything is fitted to them.
    pub fn table(&self) -> &table::Table {
        &self.table
    }

    /// What was understood of it.
    pub fn understood(&self) -> &Understood {
        &self.understood
    }

    /// Its rows, those of a test file too.
    pub fn len(&self) -> usize {
        self.table.rows + self.test_rows()
    }

    /// The rows of the file of test rows; 0 without one.
    pub(super) fn test_rows(&self) -> usize {
        self.test.as_ref().map_or(0, |test| test.rows)
    }

    /// Whether it has no rows, which is never so: a file without rows cannot be opened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its rows count differently.
    pub fn is_weighted(&self) -> bool {
        self.understood.weight.is_some()
    }

    /// The hash of what is used of it and how it was understood, 32 hex digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        let target = 8 * self.understood.target.values.len();
        self.table.bytes() + target + self.test.as_ref().map_or(0, table::Table::bytes)
    }

    /// The rows of each part.
    ///
    /// # Errors
    /// Of shares that leave nothing to train on, and of too few groups or rows.
    pub(super) fn parts(
        &self,
        csv: &Csv,
        sampling: &Sampling,
        fold: Option<Fold>,
        stream: &mut Stream,
    ) -> Result<Parts, DataError> {
        if self.test.is_some() && (sampling.test > 0.0 || fold.is_some()) {
            let message =
                "the test rows have a file of their own, so that no share and no fold of this one is held out"
                    .to_owned();
            return Err(DataError::Settings { message, at: "test_path" });
        }
        let splitting = Splitting { test: sampling.test, validation: sampling.validation, fold, how: csv.split };
        table::split(&self.table, &self.understood, &splitting, stream).map_err(|problem| DataError::Content {
            path: text::plain(&csv.path),
            problems: problem.into(),
            at: "path",
        })
    }

    /// The rows of each part; none where the split is refused.
    pub(super) fn lengths(&self, csv: &Csv, sampling: &Sampling, fold: Option<Fold>, streams: &Streams) -> Lengths {
        let seed = if csv.split == How::Group { streams.seed } else { 0 };
        let key = (
            sampling.test.to_bits(),
            sampling.validation.to_bits(),
            fold.map(|fold| (fold.of, fold.index)),
            csv.split,
            seed,
        );
        let lengths = || self.lengths.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&found) = lengths().get(&key) {
            return found;
        }
        let parts = self.parts(csv, sampling, fold, &mut streams.named("split"));
        let found = parts.map_or_else(
            |_| Lengths::default(),
            |parts| Lengths {
                train: parts.train.len(),
                validation: parts.validation.len(),
                test: if self.test.is_some() { self.test_rows() } else { parts.test.len() },
            },
        );
        lengths().insert(key, found);
        found
    }

    /// What the training rows of a replicate say about how its samples become numbers.
    ///
    /// # Errors
    /// As [`Self::parts`].
    pub(super) fn fitted(&self, csv: &Csv, parts: &Parts) -> Fitted {
        table::fit(&self.table, &self.understood, &parts.train, csv.scale, csv.target_scale)
    }

    /// The samples of a replicate, with `labels` in place of the classes of all rows, if there are any.
    ///
    /// # Errors
    /// As [`Self::parts`], and of numbers too large for 32 bits as they are scaled.
    pub(super) fn data(&self, csv: &Csv, parts: &Parts, labels: Option<&[f32]>) -> Result<Data, DataError> {
        let fitted = self.fitted(csv, parts);
        let part = |table: &table::Table, rows: Option<&[u32]>, at| {
            let path = if at == "path" { &csv.path } else { &csv.test_path };
            let content = |problems| DataError::Content { path: text::plain(path), problems, at };
            let matrix = fitted.transform(table, rows).map_err(content)?;
            let y = match (labels, rows) {
                (Some(labels), Some(rows)) => rows.iter().map(|&row| labels[row as usize]).collect(),
                _ => matrix.y,
            };
            Ok::<_, DataError>(Table { x: matrix.x, y, weights: matrix.weights })
        };
        Ok(Data {
            features: self.features(),
            task: self.task(),
            target: fitted.target_scale,
            train: part(&self.table, Some(&parts.train), "path")?,
            validation: part(&self.table, Some(&parts.validation), "path")?,
            test: match &self.test {
                Some(test) => part(test, None, "test_path")?,
                None => part(&self.table, Some(&parts.test), "path")?,
            },
        })
    }

    /// The classes of all rows as the numbers that stand for them.
    pub(super) fn labels(&self) -> Vec<f32> {
        self.understood.target.values.iter().map(|&class| class as f32).collect()
    }
}
