//! How a user's rows become inputs of a network, and its outputs what the user reads: a value that is kept with the network.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{DataError, Dataset, Task};
use crate::table::{
    self, Encoded, Encoding, Fitted, Matrix, Missing, Names, Place, Problems, Reading, Scale, TableError, TargetScale,
};

/// How rows are read, encoded, imputed and scaled, what the classes are called and how the target is scaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// How a file is written, as that of the training rows is, and what becomes of missing cells.
    pub reading: Reading,
    /// What the training rows say.
    pub fitted: Fitted,
}

/// Rows that a network can be asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Their inputs.
    pub inputs: Matrix,
    /// The columns of the file that are no inputs, but for the target's and that of the weights.
    pub unused: Vec<String>,
}

impl Dataset {
    /// How rows become the inputs of a replicate's network. The points of a generated dataset are numbers that stay as they
    /// are.
    ///
    /// # Errors
    /// As [`Dataset::fitted`].
    pub fn preprocessing(&self, seed: u64) -> Result<Preprocessing, DataError> {
        let (Some((csv, file)), Some(fitted)) = (self.opened(), self.fitted(seed)) else {
            return Ok(self.unprepared());
        };
        let (said, fitted) = (csv.reading()?, fitted?);
        // What was found out about the header once is not guessed again.
        let header = match file.table().found.names {
            Names::Line(_) => Some(true),
            Names::Made => Some(false),
            Names::Given | Names::Schema => said.header,
        };
        // Which columns are inputs, and what they are, stands in `fitted`.
        let reading = Reading {
            header,
            delimiter: said.delimiter,
            names: said.names,
            decimal: said.decimal,
            thousands: said.thousands,
            na_values: said.na_values,
            missing: said.missing,
            ..Reading::default()
        };
        Ok(Preprocessing { reading, fitted })
    }

    fn unprepared(&self) -> Preprocessing {
        let number =
            |name| Encoded { name, encoding: Encoding::Number { fill: 0.0, scale: Scale::NONE }, indicator: None };
        let task = match self.shape().task {
            Task::Regression => table::Task::Regression,
            Task::Binary => table::Task::Binary,
            Task::Multiclass { .. } => table::Task::Multiclass,
        };
        let fitted = Fitted {
            features: self.feature_names().into_iter().map(number).collect(),
            target: "y".into(),
            task,
            classes: self.class_names(),
            numeric: true,
            target_scale: TargetScale::NONE,
            weight: None,
        };
        Preprocessing { reading: Reading { missing: Missing::Refuse, ..Reading::default() }, fitted }
    }
}

impl Preprocessing {
    /// What is predicted.
    pub fn task(&self) -> Task {
        match self.fitted.task {
            table::Task::Regression => Task::Regression,
            table::Task::Binary => Task::Binary,
            table::Task::Multiclass => Task::Multiclass { classes: self.fitted.classes.len() },
        }
    }

    /// Whether it can be one that was fitted to a table: whoever wrote it, no row makes it go wrong.
    pub fn is_sound(&self) -> bool {
        let Fitted { features, task, classes, target_scale, .. } = &self.fitted;
        let number = |fill: f64, scale: &Scale| {
            let scales = match scale {
                Scale::Affine { offset, scale } => offset.is_finite() && scale.is_finite(),
                Scale::Quantile(quantiles) => {
                    quantiles.len() > 1 && quantiles.iter().all(|x| x.is_finite()) && quantiles.is_sorted()
                }
            };
            fill.is_finite() && scales
        };
        let feature = |feature: &Encoded| match &feature.encoding {
            Encoding::Number { fill, scale } | Encoding::Boolean { fill, scale, .. } => number(*fill, scale),
            Encoding::Words { levels, fill } => *fill < levels.len() && levels.is_sorted_by(|a, b| a.0 < b.0),
        };
        let classes = match task {
            table::Task::Regression => classes.is_empty(),
            table::Task::Binary => classes.len() == 2,
            table::Task::Multiclass => classes.len() > 1,
        };
        let target = target_scale.offset.is_finite() && target_scale.scale.is_finite() && target_scale.scale != 0.0;
        !features.is_empty() && features.iter().all(feature) && classes && target
    }

    /// Reads rows out of a file and prepares them as the training rows were prepared; a target is not looked at.
    ///
    /// # Errors
    /// Of a file that cannot be read, of columns that are not there, of cells that are not what they are in the training
    /// rows, and of missing cells where these are refused.
    pub fn read_file(&self, path: &Path) -> Result<Asked, TableError> {
        self.with_target_or_without(|reading| self.fitted.read_features_file(path, reading))
    }

    /// [`Self::read_file`] of bytes.
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, bytes: &[u8]) -> Result<Asked, TableError> {
        self.with_target_or_without(|reading| self.fitted.read_features(bytes, reading))
    }

    /// Where `names` list all columns of the training file, those of a file without the target are the others.
    fn with_target_or_without(
        &self,
        read: impl Fn(&Reading) -> Result<table::Table, TableError>,
    ) -> Result<Asked, TableError> {
        let all = &self.reading;
        let asked = |reading| read(reading).and_then(|table| Ok(self.ask(&table)?));
        let with = asked(all);
        if with.is_ok() || !all.names.contains(&self.fitted.target) {
            return with;
        }
        let names = all.names.iter().filter(|name| **name != self.fitted.target).cloned().collect();
        match asked(&Reading { names, ..all.clone() }) {
            // It has as many columns as that, and a cell is wrong.
            Err(TableError::Problems(problems)) if problems.iter().any(|problem| problem.place != Place::File) => {
                Err(TableError::Problems(problems))
            }
            without => without.or(with),
        }
    }

    fn ask(&self, table: &table::Table) -> Result<Asked, Problems> {
        if self.reading.missing == Missing::Refuse {
            self.fitted.refuse_missing(table)?;
        }
        let fitted = &self.fitted;
        let known = |name: &String| {
            name.is_empty()
                || *name == fitted.target
                || fitted.weight.as_ref() == Some(name)
                || fitted.features.iter().any(|feature| feature.name == *name)
        };
        let names = table.columns.iter().map(|column| &column.name);
        let unused = names.filter(|name| !known(name)).cloned().collect();
        Ok(Asked { inputs: fitted.transform(table, None)?, unused })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Kind;

    #[test]
    fn what_no_table_was_fitted_to_is_not_sound() {
        let sound = Dataset::new(Kind::from_name("xor").expect("known")).unprepared();
        assert!(sound.is_sound());
        let changed = |change: fn(&mut Fitted)| {
            let mut other = sound.clone();
            change(&mut other.fitted);
            other.is_sound()
        };
        let words = |levels: &[&str], fill| {
            let levels = levels.iter().map(|word| ((*word).to_owned(), true)).collect();
            Encoding::Words { levels, fill }
        };
        let with = |encoding: Encoding| {
            let mut other = sound.clone();
            other.fitted.features[0].encoding = encoding;
            other.is_sound()
        };
        assert!(with(words(&["a", "b"], 1)));
        assert!(!with(words(&["a", "b"], 2)) && !with(words(&["b", "a"], 0)) && !with(words(&[], 0)));
        let quantiles = |quantiles: &[f64]| Encoding::Number { fill: 0.0, scale: Scale::Quantile(quantiles.to_vec()) };
        assert!(with(quantiles(&[1.0, 1.0, 2.0])));
        assert!(!with(quantiles(&[1.0])) && !with(quantiles(&[2.0, 1.0])));
        assert!(!changed(|fitted| fitted.features.clear()));
        assert!(!changed(|fitted| fitted.classes.truncate(1)));
        assert!(!changed(|fitted| fitted.target_scale.scale = 0.0));
    }
}
