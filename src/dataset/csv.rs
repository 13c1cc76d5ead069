//! The user's own table, and all that can be said about how it is read, split and scaled. What the words mean is
//! [`crate::table`]'s business; `docs/data.md` tells it to people.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{DataError, Source, Streams, Table, Task};
use crate::param::{Domain, Field, Named, Rejected, Shape, Value};
use crate::table::{ColumnKind, How, Missing, Reading, Scaling, TargetKind, TargetScaling};

crate::settings! {
    /// A file of rows and columns: delimited text, packed with gzip or not, or Parquet.
    pub struct Csv {
        /// The file, relative to the experiment file.
        path: String = Text(""), Any;
        /// What reports call it; empty means the file's name.
        label: String = Text(""), Any;
        /// A file of its own whose rows are the test rows, relative to the experiment file.
        test_path: String = Text(""), Any;
        /// The column predicted; empty means the last.
        target: String = Text(""), Any;
        /// The columns used as inputs; empty means all but the target.
        features: Vec<String> = Texts, Any;
        /// What the target is: auto, regression, binary or multiclass.
        kind: TargetKind = Text("auto"), Any;
        /// What single columns are, such as { island = "category", year = "drop" }.
        columns: Columns = Texts, Any;
        /// Whether the first row names the columns; auto finds out, or asks.
        header: Option<bool> = Text("auto"), Any;
        /// The names of all columns, of a file without a header.
        names: Vec<String> = Texts, Any;
        /// What stands between cells: one ASCII character, or auto.
        delimiter: String = Text("auto"), Any;
        /// The decimal mark.
        decimal: String = Text("."), Any;
        /// What parts the thousands; empty means nothing.
        thousands: String = Text(""), Any;
        /// The cells that mark a missing value, beside empty ones; usual means NA, ?, - and the like.
        na_values: Option<Vec<String>> = Text("usual"), Any;
        /// What becomes of missing cells of features: impute or refuse.
        missing: Missing = Text("impute"), Any;
        /// How rows are held out: stratified, random, ordered or group.
        split: How = Text("stratified"), Any;
        /// The column whose rows stay together in a split by group.
        split_column: String = Text(""), Any;
        /// How inputs are scaled, by what the training rows say: standard, robust, quantile or none.
        scale: Scaling = Text("standard"), Any;
        /// Scale inputs at all; false is scale = "none".
        standardize: bool = Bool(true), Any;
        /// How the target of a regression is scaled for training: standard or none.
        target_scale: TargetScaling = Text("standard"), Any;
    }
}

/// The settings that say where the file is and what it is called, and [`Csv::standardize`], which `scale` says better:
/// no part of a description.
const OUTSIDE: [&str; 4] = ["path", "label", "test_path", "standardize"];

/// What is said of single columns, by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns(pub BTreeMap<String, ColumnKind>);

/// As a list of texts such as `island = category`, in the order of the names.
impl Field for Columns {
    const SHAPE: Shape = Shape::Table;

    fn get(&self) -> Value {
        let column = |(name, kind): (&String, &ColumnKind)| Value::Text(format!("{name} = {}", kind.name()));
        Value::List(self.0.iter().map(column).collect())
    }

    fn read(value: &Value, _: Domain) -> Result<Self, Rejected> {
        let texts = Vec::<String>::read(value, Domain::Any)
            .map_err(|_| Rejected("must be a table such as { island = \"category\", year = \"drop\" }".into()))?;
        let column = |text: &String| {
            let (name, kind) = text.rsplit_once('=').ok_or_else(|| Rejected(format!("says no kind of `{text}`")))?;
            let kind = ColumnKind::read(&Value::Text(kind.trim().to_owned()), Domain::Any);
            let kind = kind.map_err(|Rejected(why)| Rejected(format!("of `{}` {why}", name.trim())))?;
            Ok((name.trim().to_owned(), kind))
        };
        texts.iter().map(column).collect::<Result<_, _>>().map(Self)
    }
}

impl Source for Csv {
    fn task(&self) -> Task {
        Task::Regression
    }

    fn formula(&self) -> &'static str {
        "your own file: features and target by column name"
    }

    /// A file's samples are read when it is opened, never made.
    fn samples(&self, _: usize, _: &Streams) -> Table {
        Table::default()
    }
}

/// Where a file lay and what it was called: no part of a description, which its content is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file, relative to where the command ran.
    pub path: String,
    /// The file of test rows; empty without one.
    #[serde(default)]
    pub test_path: String,
    /// What reports called it.
    pub label: String,
}

fn conflict(message: impl Into<String>, at: &'static str) -> DataError {
    DataError::Settings { message: message.into(), at }
}

impl Csv {
    /// What reports call the file: the label, else the file's name without its ending.
    pub fn name(&self) -> String {
        if !self.label.is_empty() {
            return self.label.clone();
        }
        let name = Path::new(&self.path).file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        Path::new(name).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    }

    /// Whether a key is a setting of files at its default.
    pub fn is_default(key: &str, value: &Value) -> bool {
        Self::PARAMS.iter().any(|param| param.name == key && param.default.value() == *value)
    }

    /// What a description says: every setting but those of the place and the name, at its default or not, so that no
    /// default can change what an old description means.
    pub(super) fn described(&self) -> Vec<(&'static str, Value)> {
        use crate::param::Settings;
        let said = Self::PARAMS.iter().filter(|param| !OUTSIDE.contains(&param.name));
        said.filter_map(|param| Some((param.name, self.get(param.name)?))).collect()
    }

    /// Says one thing in one way: `standardize` follows from `scale`.
    ///
    /// # Errors
    /// Of settings that contradict each other.
    pub fn settle(&mut self) -> Result<(), DataError> {
        match (self.standardize, self.scale) {
            (false, Scaling::Standard) => self.scale = Scaling::None,
            (false, Scaling::Robust | Scaling::Quantile) => {
                let message =
                    format!("`standardize = false` and `scale = \"{}\"` contradict each other", self.scale.name());
                return Err(conflict(message, "standardize"));
            }
            (_, scale) => self.standardize = scale != Scaling::None,
        }
        match (self.split, self.split_column.is_empty()) {
            (How::Group, true) => {
                let message = "a split by group needs the column that names the groups: \
                               split = { name = \"group\", column = \"patient\" }";
                Err(conflict(message, "split"))
            }
            (How::Stratified | How::Random | How::Ordered, false) => {
                let message = format!("a split that is `{}` has no column", self.split.name());
                Err(conflict(message, "split"))
            }
            _ => Ok(()),
        }
    }

    /// How the file is read.
    ///
    /// # Errors
    /// Of marks that are not one character, and of two that are the same.
    pub fn reading(&self) -> Result<Reading, DataError> {
        let mark = |at: &'static str, text: &str| match text.as_bytes() {
            [mark] if mark.is_ascii() => Ok(char::from(*mark)),
            _ => Err(conflict(format!("`{at}` must be one ASCII character"), at)),
        };
        let thousands = match &*self.thousands {
            "" => None,
            text => {
                let mut letters = text.chars();
                let only = letters.next().filter(|_| letters.next().is_none());
                Some(only.ok_or_else(|| conflict("`thousands` must be one character", "thousands"))?)
            }
        };
        let decimal = mark("decimal", &self.decimal)?;
        if thousands == Some(decimal) {
            return Err(conflict(format!("`thousands` and `decimal` are both `{decimal}`"), "thousands"));
        }
        Ok(Reading {
            delimiter: if self.delimiter == "auto" { None } else { Some(mark("delimiter", &self.delimiter)?) },
            header: self.header,
            names: self.names.clone(),
            decimal,
            thousands,
            na_values: self.na_values.clone(),
            missing: self.missing,
            target: Some(self.target.clone()).filter(|target| !target.is_empty()),
            kind: self.kind,
            features: self.features.clone(),
            columns: self.columns.0.clone(),
            group: Some(self.split_column.clone()).filter(|column| !column.is_empty()),
        })
    }
}
