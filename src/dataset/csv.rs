//! The user's own data: a CSV file with a header, named feature and target columns.
//!
//! The kind is stated, or inferred from the target: text is classes; whole numbers 0, 1, … k − 1 that all occur, k at
//! most 20, are classes; anything else is regression. Classes are numbered in the order of their sorted names.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use super::{DataError, Source, Streams, Table, Task};
use crate::text;

/// Most classes that whole numbers are taken for.
const INFERRED_CLASSES: usize = 20;
/// Largest file read.
const LARGEST: u64 = 1 << 30;

crate::settings! {
    /// A CSV file with a header line.
    pub struct Csv {
        /// The file, relative to the experiment file.
        path: String = Text(""), Any;
        /// The column predicted; empty means the last.
        target: String = Text(""), Any;
        /// The columns used as inputs; empty means all but the target.
        features: Vec<String> = Texts, Any;
        /// What the target is: auto, regression or classes.
        kind: String = Text("auto"), Any;
        /// Bring every input to mean 0 and standard deviation 1 over the training samples.
        standardize: bool = Bool(false), Any;
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

/// A CSV file as samples, with the hash of what was used of it.
#[derive(Debug)]
pub struct CsvTable {
    names: Vec<String>,
    classes: Vec<String>,
    task: Task,
    table: Table,
    hash: String,
}

/// Equal content is equal.
impl PartialEq for CsvTable {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl CsvTable {
    /// Inputs per sample.
    pub fn features(&self) -> usize {
        self.names.len()
    }

    /// The names of the inputs.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names of the classes in order; empty for regression.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// What is predicted.
    pub fn task(&self) -> Task {
        self.task
    }

    /// All samples in file order.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// blake3 of the samples and the names of columns and classes, 32 hex digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

impl Csv {
    /// Reads and checks the file.
    pub(super) fn read(&self, folder: &Path) -> Result<CsvTable, DataError> {
        let read = |source| DataError::Read { path: self.path.clone(), source };
        let file = std::fs::File::open(folder.join(&self.path)).map_err(read)?;
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(read)?;
        if bytes.len() as u64 > LARGEST {
            return Err(self.content("", "is larger than 1 GiB"));
        }
        self.parse(&bytes)
    }

    fn content(&self, place: impl Into<String>, message: impl Into<String>) -> DataError {
        DataError::Content { path: self.path.clone(), place: place.into(), message: message.into() }
    }

    /// Reads and checks the file's bytes.
    pub fn parse(&self, bytes: &[u8]) -> Result<CsvTable, DataError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let content = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
            self.content(format!(", line {line}"), "is not UTF-8 text")
        })?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content.as_bytes());
        let header = reader.headers().map_err(|error| self.broken(&error))?.clone();
        let columns: Vec<&str> = header.iter().collect();
        let (inputs, target) = self.columns(&columns)?;
        let mut table = Table::default();
        let mut targets = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| self.broken(&error))?;
            let line = record.position().map_or(0, csv::Position::line);
            for &column in &inputs {
                table.x.push(self.number(&record[column], line, columns[column])?);
            }
            if record[target].is_empty() {
                return Err(self.content(format!(", line {line}, column `{}`", columns[target]), "the cell is empty"));
            }
            targets.push((record[target].to_owned(), line));
        }
        if targets.is_empty() {
            return Err(self.content("", "has a header but no rows"));
        }
        let (task, classes) = self.targets(&targets, columns[target], &mut table)?;
        let names: Vec<String> = inputs.iter().map(|&column| columns[column].to_owned()).collect();
        let hash = hash(&names, columns[target], &classes, &table);
        Ok(CsvTable { names, classes, task, table, hash })
    }

    fn broken(&self, error: &csv::Error) -> DataError {
        match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
                let place = pos.as_ref().map_or(String::new(), |pos| format!(", line {}", pos.line()));
                self.content(place, format!("has {len} cells where the header has {expected_len}"))
            }
            _ => self.content("", format!("cannot be read as CSV: {error}")),
        }
    }

    /// The places of the inputs and of the target.
    fn columns(&self, columns: &[&str]) -> Result<(Vec<usize>, usize), DataError> {
        if columns.len() < 2 {
            return Err(self.content(", line 1", "needs at least two columns: a feature and the target"));
        }
        for (i, name) in columns.iter().enumerate() {
            if columns[..i].contains(name) {
                return Err(self.content(", line 1", format!("has two columns named `{}`", text::plain(name))));
            }
        }
        let place = |wanted: &str| {
            columns.iter().position(|&name| name == wanted).ok_or_else(|| {
                let near = text::nearest(wanted, columns.iter().copied());
                let hint = match near {
                    Some(near) => format!("; did you mean `{}`?", text::plain(near)),
                    None => format!("; there are {}", text::plain(&columns.join(", "))),
                };
                self.content(", line 1", format!("has no column `{}`{hint}", text::plain(wanted)))
            })
        };
        let target = if self.target.is_empty() { columns.len() - 1 } else { place(&self.target)? };
        let inputs = if self.features.is_empty() {
            (0..columns.len()).filter(|&column| column != target).collect()
        } else {
            self.features.iter().map(|name| place(name)).collect::<Result<Vec<_>, _>>()?
        };
        if inputs.contains(&target) {
            return Err(
                self.content("", format!("`{}` is both a feature and the target", text::plain(columns[target])))
            );
        }
        Ok((inputs, target))
    }

    fn number(&self, cell: &str, line: u64, column: &str) -> Result<f32, DataError> {
        let place = || format!(", line {line}, column `{}`", text::plain(column));
        match cell.parse::<f32>() {
            Ok(x) if x.is_finite() => Ok(x),
            _ if cell.is_empty() => Err(self.content(place(), "the cell is empty")),
            _ => Err(self.content(place(), format!("`{}` is not a finite number", text::plain(cell)))),
        }
    }

    /// Fills the targets and says what they are.
    fn targets(
        &self,
        targets: &[(String, u64)],
        column: &str,
        table: &mut Table,
    ) -> Result<(Task, Vec<String>), DataError> {
        let numbers: Option<Vec<f64>> = targets.iter().map(|(cell, _)| cell.parse().ok()).collect();
        let whole = numbers.as_ref().and_then(|numbers| {
            let distinct: BTreeSet<i64> = numbers.iter().map(|&x| x as i64).collect();
            let exact = numbers.iter().all(|&x| x == (x as i64) as f64);
            let dense = distinct.iter().copied().eq(0..distinct.len() as i64);
            (exact && dense && (2..=INFERRED_CLASSES).contains(&distinct.len())).then_some(distinct.len())
        });
        let classes = match self.kind.as_str() {
            "auto" => numbers.is_none() || whole.is_some(),
            "classes" => true,
            "regression" => false,
            other => {
                let message = format!("kind `{}` is none of auto, regression, classes", text::plain(other));
                return Err(self.content("", message));
            }
        };
        if !classes {
            for (cell, line) in targets {
                table.y.push(self.number(cell, *line, column)?);
            }
            return Ok((Task::Regression, Vec::new()));
        }
        // Whole numbers keep their order as numbers (2 before 10), names as text.
        let mut names: Vec<&str> =
            targets.iter().map(|(cell, _)| cell.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        if numbers.is_some() {
            names.sort_by(|a, b| a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse().unwrap_or(0.0)));
        }
        if names.len() < 2 {
            return Err(self.content(format!(", column `{}`", text::plain(column)), "holds one class only"));
        }
        for (cell, _) in targets {
            let class = names.iter().position(|name| name == cell).expect("collected from these cells");
            table.y.push(class as f32);
        }
        let task = if names.len() == 2 { Task::Binary } else { Task::Multiclass { classes: names.len() } };
        Ok((task, names.into_iter().map(str::to_owned).collect()))
    }
}

fn hash(names: &[String], target: &str, classes: &[String], table: &Table) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in names.iter().map(String::as_str).chain([target]).chain(classes.iter().map(String::as_str)) {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    for x in table.x.iter().chain(&table.y) {
        hasher.update(&x.to_le_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
