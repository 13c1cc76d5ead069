//! How a user's rows become inputs of a network, and its outputs what the user reads: a value that is kept with the network.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{DataError, Dataset, Task};
use crate::table::{
    self, Encoded, Encoding, Fitted, Matrix, Missing, Names, Problems, Reading, Scale, TableError, TargetScale,
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

    /// Reads rows out of a file and prepares them as the training rows were prepared; a target is not looked at.
    ///
    /// # Errors
    /// Of a file that cannot be read, of columns that are not there, of cells that are not what they are in the training
    /// rows, and of missing cells where these are refused.
    pub fn read_file(&self, path: &Path) -> Result<Asked, TableError> {
        self.ask(&self.fitted.read_features_file(path, &self.reading)?).map_err(TableError::from)
    }

    /// [`Self::read_file`] of bytes.
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, bytes: &[u8]) -> Result<Asked, TableError> {
        self.ask(&self.fitted.read_features(bytes, &self.reading)?).map_err(TableError::from)
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
