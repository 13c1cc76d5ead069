//! The user's own data: a CSV file with a header, named feature and target columns.
//!
//! Text is UTF-8, with or without a byte order mark, lines end in LF or CRLF, cells may be quoted, blanks around cells
//! do not count. Every cell used must be a finite number; the target may also name classes. What the target is can be
//! stated by `kind`, or is inferred:
//!
//! - no cell is a number: classes, numbered in the order of their sorted names;
//! - all are whole numbers 0, 1, … k − 1 or 1, 2, … k, each of which occurs, k at most 20, or −1 and 1: classes, in
//!   numerical order;
//! - any other numbers: regression;
//! - numbers and words mixed: refused, since a slip of the pen would make classes of a regression.

mod target;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{DataError, Source, Streams, Table, Task};
use crate::text;
use target::Target;

/// Largest file read, in bytes.
const LARGEST: u64 = 4 << 30;

crate::settings! {
    /// A CSV file with a header line.
    pub struct Csv {
        /// The file, relative to the experiment file.
        path: String = Text(""), Any;
        /// The column predicted; empty means the last.
        target: String = Text(""), Any;
        /// The columns used as inputs; empty means all but the target.
        features: Vec<String> = Texts, Any;
        /// What the target is: auto, regression, binary or multiclass.
        kind: String = Text("auto"), Any;
        /// Bring every input to mean 0 and standard deviation 1 over the training samples.
        standardize: bool = Bool(false), Any;
        /// What stands between cells: one ASCII character.
        delimiter: String = Text(","), Any;
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

    /// All samples in file order, inputs as they stand in the file.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// blake3 of the samples used and the names of their columns and classes, 32 hex digits. Line ends, quotes and
    /// columns not used do not count.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

impl Csv {
    /// Opens, reads and checks the file.
    pub(super) fn read(&self, folder: &Path) -> Result<CsvTable, DataError> {
        if self.path.is_empty() {
            return Err(self.content("", "dataset `csv` needs the `path` of a file"));
        }
        let failed = |source| DataError::Read { path: text::plain(&self.path), source };
        let path = folder.join(&self.path);
        // Before it is opened: a pipe would be waited for.
        let about = path.metadata().map_err(failed)?;
        if !about.is_file() {
            return Err(self.content("", "is not a regular file"));
        }
        if about.len() > LARGEST {
            return Err(self.content("", "is larger than 4 GiB"));
        }
        self.parse(File::open(path).map_err(failed)?)
    }

    /// Reads and checks the content of a file, record by record.
    pub fn parse(&self, mut content: impl Read + Seek) -> Result<CsvTable, DataError> {
        self.scan(&mut content).map_err(|problem| {
            let line = problem.at.and_then(|at| line_of(&mut content, at).ok());
            let line = line.map_or(String::new(), |line| format!(", line {line}"));
            let column = problem.column.map_or(String::new(), |name| format!(", column `{}`", text::brief(&name)));
            self.content(line + &column, problem.message)
        })
    }

    fn content(&self, place: impl Into<String>, message: impl Into<String>) -> DataError {
        DataError::Content { path: text::plain(&self.path), place: place.into(), message: message.into() }
    }

    fn scan(&self, content: &mut (impl Read + Seek)) -> Result<CsvTable, Problem> {
        let &[delimiter] = self.delimiter.as_bytes() else {
            return Err(Problem::of("`delimiter` must be one ASCII character"));
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .buffer_capacity(1 << 16)
            .from_reader(&mut *content);
        let header = reader.headers().map_err(|error| broken(&error, &[]))?.clone();
        let columns: Vec<&str> = header.iter().collect();
        let (inputs, target) = self.columns(&columns)?;
        let mut x = Vec::new();
        let mut targets = Target::default();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| broken(&error, &columns))? {
            let at = record.position().map_or(0, csv::Position::byte);
            for &column in &inputs {
                x.push(number(&record[column]).map_err(|message| Problem::of(message).at(at).column(columns[column]))?);
            }
            targets.push(&record[target], at).map_err(|problem| problem.column(columns[target]))?;
        }
        if targets.is_empty() {
            return Err(Problem::of("has a header but no rows"));
        }
        let (task, classes, y) = targets.finish(&self.kind).map_err(|problem| problem.column(columns[target]))?;
        let names: Vec<String> = inputs.iter().map(|&column| columns[column].to_owned()).collect();
        let table = Table::new(x, y);
        let hash = hash(&names, columns[target], &classes, &table);
        Ok(CsvTable { names, classes, task, table, hash })
    }

    /// The places of the inputs and of the target.
    fn columns(&self, columns: &[&str]) -> Result<(Vec<usize>, usize), Problem> {
        let refuse = |message: String| Err(Problem::of(message).at(0));
        if columns.len() < 2 {
            let other = [";", "\t", "|", ","].into_iter().find(|&mark| columns.iter().any(|name| name.contains(mark)));
            let hint = other.map_or(String::new(), |mark| format!("; say `delimiter = {mark:?}` if that parts them"));
            return refuse(format!("needs at least two columns, a feature and the target{hint}"));
        }
        if columns.iter().all(|name| number(name).is_ok()) {
            return refuse("holds numbers where the names of the columns belong".into());
        }
        let mut seen = HashSet::new();
        for name in columns.iter().filter(|name| !name.is_empty()) {
            if !seen.insert(name) {
                return refuse(format!("has two columns named `{}`", text::brief(name)));
            }
        }
        let target = if self.target.is_empty() { columns.len() - 1 } else { column(&self.target, columns)? };
        let inputs: Vec<usize> = if self.features.is_empty() {
            (0..columns.len()).filter(|&column| column != target).collect()
        } else {
            self.features.iter().map(|name| column(name, columns)).collect::<Result<_, _>>()?
        };
        if let Some(nameless) = inputs.iter().find(|&&column| columns[column].is_empty()) {
            return refuse(format!("column {} has no name; name it, or list the `features` to use", nameless + 1));
        }
        let mut seen = HashSet::new();
        for input in &inputs {
            let name = text::brief(columns[*input]);
            if *input == target {
                return Err(Problem::of(format!("`{name}` is both a feature and the target")));
            }
            if !seen.insert(input) {
                return Err(Problem::of(format!("`{name}` is listed twice in `features`")));
            }
        }
        Ok((inputs, target))
    }
}

/// What is wrong with a file, and where.
#[derive(Debug)]
struct Problem {
    /// Where its record begins, in bytes; blank lines may come first.
    at: Option<u64>,
    column: Option<String>,
    message: String,
}

impl Problem {
    fn of(message: impl Into<String>) -> Self {
        Self { at: None, column: None, message: message.into() }
    }

    fn at(self, byte: u64) -> Self {
        Self { at: Some(byte), ..self }
    }

    fn column(self, name: &str) -> Self {
        Self { column: Some(name.to_owned()), ..self }
    }
}

fn broken(error: &csv::Error, columns: &[&str]) -> Problem {
    let at = error.position().map_or(0, csv::Position::byte);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let seen = text::count(*len as usize, "cell");
            Problem::of(format!("has {seen} where the header has {expected_len}")).at(at)
        }
        csv::ErrorKind::Utf8 { err, .. } => {
            let problem = Problem::of("is not UTF-8 text").at(at);
            match columns.get(err.field()) {
                Some(name) => problem.column(name),
                None => problem,
            }
        }
        _ => Problem::of(format!("cannot be read as CSV: {error}")),
    }
}

/// The line, counted from 1, of the record that begins at a byte or after the blank lines there. The csv crate's own
/// count is one short where lines end in CRLF.
fn line_of(content: &mut (impl Read + Seek), at: u64) -> std::io::Result<u64> {
    content.seek(SeekFrom::Start(0))?;
    let (mut line, mut place, mut previous) = (1, 0, 0);
    let mut reader = BufReader::new(content);
    loop {
        let bytes = reader.fill_buf()?;
        for &byte in bytes {
            let ends = matches!(byte, b'\n' | b'\r');
            if place >= at && !ends {
                return Ok(line);
            }
            line += u64::from(ends && (previous, byte) != (b'\r', b'\n'));
            (place, previous) = (place + 1, byte);
        }
        let read = bytes.len();
        if read == 0 {
            return Ok(line);
        }
        reader.consume(read);
    }
}

/// The place of a column by its name.
fn column(wanted: &str, columns: &[&str]) -> Result<usize, Problem> {
    columns.iter().position(|&name| name == wanted.trim()).ok_or_else(|| {
        let hint = match text::nearest(wanted, columns.iter().copied()) {
            Some(near) => format!("did you mean `{}`?", text::brief(near)),
            None => format!("there are {}", text::brief(&columns.join(", "))),
        };
        Problem::of(format!("has no column `{}`; {hint}", text::brief(wanted))).at(0)
    })
}

/// The number in a cell, or what is wrong with it.
fn number(cell: &str) -> Result<f32, String> {
    match cell.parse::<f32>() {
        Ok(x) if x.is_finite() => Ok(x),
        _ if cell.is_empty() => Err("the cell is empty".into()),
        _ => Err(format!("`{}` is not a finite number", text::brief(cell))),
    }
}

fn hash(names: &[String], target: &str, classes: &[String], table: &Table) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(target.as_bytes());
    for list in [names, classes] {
        part(&(list.len() as u64).to_le_bytes());
        list.iter().for_each(|name| part(name.as_bytes()));
    }
    for x in table.x.iter().chain(&table.y) {
        hasher.update(&x.to_le_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests;
