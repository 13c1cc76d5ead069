//! What the training rows say about how a table becomes numbers; a value that is kept with the network.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::column::{MOST_WORDS, Wanted as Want};
use super::problem::{Problem, Problems, TableError};
use super::reading::Reading;
use super::roles::{Role, distinct, place};
use super::scale::{Scale, Scaling, moments};
use super::target::Task;
use super::understand::{Feature, FeatureKind, Understood};
use super::word::{TRUTHS, truths};
use super::{Table, Wanted, read_as, read_file_as};
use crate::param::Named;

/// Whether the target of a regression is scaled for training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetScaling {
    /// Mean 0 and standard deviation 1 over the training rows.
    #[default]
    Standard,
    /// As it is.
    None,
}

impl Named for TargetScaling {
    const ALL: &'static [Self] = &[Self::Standard, Self::None];

    fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::None => "none",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Standard => {
                "mean 0 and standard deviation 1 over the training rows; losses are told in its own units"
            }
            Self::None => "as it is",
        }
    }
}

/// How the target of a regression is scaled for training: `(y − offset)·scale`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetScale {
    /// Subtracted before the multiplication.
    pub offset: f64,
    /// Multiplied with; never 0.
    pub scale: f64,
}

impl TargetScale {
    /// The target's own units.
    pub const NONE: Self = Self { offset: 0.0, scale: 1.0 };

    /// A prediction in the target's own units.
    pub fn original(&self, prediction: f64) -> f64 {
        prediction / self.scale + self.offset
    }

    /// Mean 0 and standard deviation 1 over the training rows.
    fn standard(values: &[f64]) -> Self {
        let (offset, deviation) = moments(values);
        let scale = 1.0 / deviation;
        Self { offset, scale: if scale.is_finite() && scale > 0.0 { scale } else { 1.0 } }
    }
}

/// How a feature becomes columns of the matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// A number: one column.
    Number {
        /// What stands for a missing one: the training rows' mean.
        fill: f64,
        /// Then this.
        scale: Scale,
    },
    /// A truth value as 0 or 1: one column.
    Boolean {
        /// As for numbers.
        fill: f64,
        /// As for numbers.
        scale: Scale,
        /// The word for no and that for yes, where they occur, as the file writes them.
        words: Vec<(String, bool)>,
    },
    /// Words: a column of 0 and 1 for each. A word that no training row has is 0 in all of them, for what a network
    /// would make of its column is chance.
    Words {
        /// The words, in the order of their letters, each with whether a training row has it.
        levels: Vec<(String, bool)>,
        /// The place of what stands for a missing one: the training rows' most frequent word, of equals the first.
        fill: usize,
    },
}

/// A feature and how it becomes numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoded {
    /// The column's name.
    pub name: String,
    /// The inputs that it becomes.
    pub encoding: Encoding,
    /// Whether a column follows that is 1 where the cell is missing; its value is that of the training rows, so it
    /// stays 0 where none of these is missing.
    pub indicator: Option<bool>,
}

impl Encoded {
    /// Columns of the matrix.
    pub fn width(&self) -> usize {
        let own = if let Encoding::Words { levels, .. } = &self.encoding { levels.len() } else { 1 };
        own + usize::from(self.indicator.is_some())
    }
}

/// Everything that turns a table into matrices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// The features, in the order of the matrix.
    pub features: Vec<Encoded>,
    /// The target's name.
    pub target: String,
    /// What is predicted.
    pub task: Task,
    /// The names of the classes in order; none for a regression.
    pub classes: Vec<String>,
    /// Whether the classes are named by numbers, so that `1` and `1.0` are one.
    pub numeric: bool,
    /// How the target of a regression is scaled.
    pub target_scale: TargetScale,
    /// The name of the column of weights.
    pub weight: Option<String>,
}

/// Fits the encoding of an understood table to its training rows. Words and whether cells are missing are taken from
/// the whole table, so that the matrix has one width whatever the split; all statistics are of the training rows alone,
/// unweighted.
pub fn fit(
    table: &Table,
    understood: &Understood,
    train: &[u32],
    scaling: Scaling,
    target_scaling: TargetScaling,
) -> Fitted {
    let features = understood.features.iter().map(|feature| encode(table, feature, train, scaling)).collect();
    let target = &understood.target;
    let target_scale = if target_scaling == TargetScaling::Standard && target.task == Task::Regression {
        let values: Vec<f64> = train.iter().map(|&row| target.values[row as usize]).collect();
        TargetScale::standard(&values)
    } else {
        TargetScale::NONE
    };
    Fitted {
        features,
        target: target.name.clone(),
        task: target.task,
        classes: target.classes.clone(),
        numeric: target.numeric,
        target_scale,
        weight: understood.weight.map(|place| table.columns[place].name.clone()),
    }
}

fn encode(table: &Table, feature: &Feature, train: &[u32], scaling: Scaling) -> Encoded {
    let cells = &table.columns[feature.column].cells;
    let missing = train.iter().any(|&row| cells.is_missing(row as usize));
    let affine = |values: Vec<f64>| {
        let fill = if values.is_empty() { 0.0 } else { moments(&values).0 };
        (fill, Scale::fit(scaling, &values))
    };
    let encoding = match &feature.kind {
        FeatureKind::Number => {
            let values = train.iter().map(|&row| cells.number(row as usize)).filter(|x| !x.is_nan()).collect();
            let (fill, scale) = affine(values);
            Encoding::Number { fill, scale }
        }
        FeatureKind::Boolean(yes) => {
            let words = cells.words().expect("truth values are words");
            let truth = |&row: &u32| yes.get(words.codes[row as usize] as usize).map(|&yes| f64::from(u8::from(yes)));
            let (fill, scale) = affine(train.iter().filter_map(truth).collect());
            let words = words.words.iter().cloned().zip(yes.iter().copied()).collect();
            Encoding::Boolean { fill, scale, words }
        }
        FeatureKind::Words(levels) => {
            let words = cells.words().expect("a category is words");
            let place: Vec<usize> = words
                .words
                .iter()
                .map(|word| levels.binary_search(word).expect("every word of the column is one of its levels"))
                .collect();
            let mut counts = vec![0_usize; levels.len()];
            for &row in train {
                if let Some(&place) = place.get(words.codes[row as usize] as usize) {
                    counts[place] += 1;
                }
            }
            let most = counts.iter().max().copied().unwrap_or(0);
            let fill = counts.iter().position(|&count| count == most).unwrap_or(0);
            Encoding::Words {
                levels: levels.iter().cloned().zip(counts.iter().map(|&count| count > 0)).collect(),
                fill,
            }
        }
    };
    let indicator = (feature.missing > 0).then_some(missing);
    Encoded { name: feature.name.clone(), encoding, indicator }
}

impl Fitted {
    /// Columns of the matrix.
    pub fn width(&self) -> usize {
        self.features.iter().map(Encoded::width).sum()
    }

    /// The names of the matrix's columns: `bill_length_mm`, `island = Biscoe`, `sex is missing`.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::with_capacity(self.width());
        for Encoded { name, encoding, indicator } in &self.features {
            match encoding {
                Encoding::Words { levels, .. } => {
                    names.extend(levels.iter().map(|(level, _)| format!("{name} = {level}")))
                }
                _ => names.push(name.clone()),
            }
            names.extend(indicator.map(|_| format!("{name} is missing")));
        }
        names
    }

    /// Reads another table for [`Self::transform`]: the features must be there, target and weights may be, and what
    /// else there is does not count. Of `reading` only how the file is written counts.
    ///
    /// # Errors
    /// As [`super::read`], and of features that are not there.
    pub fn read(&self, bytes: &[u8], reading: &Reading) -> Result<Table, TableError> {
        read_as(bytes, reading, |names| self.roles(names))
    }

    /// [`Self::read`] of a file.
    ///
    /// # Errors
    /// As [`super::read_file`], and of features that are not there.
    pub fn read_file(&self, path: &Path, reading: &Reading) -> Result<Table, TableError> {
        read_file_as(path, reading, |names| self.roles(names))
    }

    /// [`Self::read`] of the features alone: a column of targets or of weights does not count either.
    ///
    /// # Errors
    /// As there.
    pub fn read_features(&self, bytes: &[u8], reading: &Reading) -> Result<Table, TableError> {
        read_as(bytes, reading, |names| self.roles_of_features(names))
    }

    /// [`Self::read_features`] of a file.
    ///
    /// # Errors
    /// As [`Self::read_file`].
    pub fn read_features_file(&self, path: &Path, reading: &Reading) -> Result<Table, TableError> {
        read_file_as(path, reading, |names| self.roles_of_features(names))
    }

    fn roles_of_features(&self, names: &[String]) -> Result<Wanted, Problems> {
        let wanted = self.features_among(names)?;
        distinct(names, &wanted)?;
        Ok(wanted)
    }

    fn roles(&self, names: &[String]) -> Result<Wanted, Problems> {
        let mut wanted = self.features_among(names)?;
        let optional = |name: &String| names.iter().position(|other| other == name);
        if let Some(place) = optional(&self.target) {
            let classes = if self.numeric { Want::Numbers } else { Want::Words(usize::MAX) };
            wanted[place] = (Role::Target, if self.task == Task::Regression { Want::Numbers } else { classes });
        }
        if let Some(place) = self.weight.as_ref().and_then(optional) {
            wanted[place] = (Role::Weight, Want::Numbers);
        }
        distinct(names, &wanted)?;
        Ok(wanted)
    }

    fn features_among(&self, names: &[String]) -> Result<Wanted, Problems> {
        let mut wanted: Wanted = vec![(Role::Unused, Want::Nothing); names.len()];
        let mut problems: Vec<Problem> = Vec::new();
        for feature in &self.features {
            match place(&feature.name, names) {
                Err(problem) => problems.push(problem),
                Ok(place) => {
                    let want = match &feature.encoding {
                        Encoding::Number { .. } => Want::Numbers,
                        _ => Want::Words(MOST_WORDS.max(names.len())),
                    };
                    wanted[place] = (Role::Feature, want);
                }
            }
        }
        Problems::none_of(problems)?;
        Ok(wanted)
    }
}

impl Encoding {
    /// The words that a column of truth values may hold, each with its truth: in small letters, in capitals, and with a
    /// capital first. Empty for other columns.
    pub fn truths(&self) -> Vec<(String, bool)> {
        let Self::Boolean { words: known, .. } = self else { return Vec::new() };
        let usual = TRUTHS.iter().flatten().chain(&["0", "1"]).map(|word| (*word).to_owned());
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
        };
        let written = |word: String| {
            let lower = word.to_lowercase();
            [capital(&lower), lower.to_uppercase(), lower, word]
        };
        let words: BTreeSet<String> =
            known.iter().map(|(word, _)| word.clone()).chain(usual).flat_map(written).collect();
        words.into_iter().filter_map(|word| Some((word.clone(), truth(known, &word)?))).collect()
    }
}

/// The truth of a word, in the words of the table that was fitted or in others that mean the same.
pub(super) fn truth(known: &[(String, bool)], word: &str) -> Option<bool> {
    let lower = word.to_lowercase();
    let same = known.iter().find(|(known, _)| known.to_lowercase() == lower).map(|&(_, yes)| yes);
    same.or_else(|| truths(&[lower], true)?.first().copied())
}
