//! The user's own tables: read right, or refused with the edit that helps.
//!
//! ```text
//! bytes → [`Table`]       raw columns, every cell with its place      [`read`] [`read_file`]
//!       → [`Understood`]  features, target, weights, groups           [`understand()`]
//!       → [`Parts`]       rows of train, validation and test          [`split()`]
//!       → [`Fitted`]      what the training rows say                  [`fit()`]
//!       → [`Matrix`]      `f32`, row-major                            [`Fitted::transform`]
//! ```
//!
//! Each arrow is a pure function. [`Fitted`] is a value that can be kept with a network: reading another file by it and
//! transforming that is what training did.

mod baseline;
mod cells;
mod column;
mod describe;
mod fit;
mod hash;
mod number;
mod parquet;
mod problem;
mod reading;
mod roles;
mod scale;
mod scan;
mod sniff;
mod source;
mod split;
mod target;
mod transform;
mod understand;
mod warning;
mod word;

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

pub use baseline::{Baseline, Score};
pub use column::{Cells, Sample, Seen};
pub use describe::{Described, Range, describe};
pub use fit::{Encoded, Encoding, Fitted, TargetScale, TargetScaling, fit};
pub use hash::hash_with;
pub use problem::{Place, Problem, Problems, TableError};
pub use reading::{ColumnKind, MISSING, Missing, Reading, TargetKind};
pub use roles::Role;
pub use scale::{Scale, Scaling};
pub use split::{Absent, Fold, How, Part, Parts, Splitting, split};
pub use target::{Target, Task};
pub use transform::{Matrix, Unseen};
pub use understand::{Feature, FeatureKind, LeftOut, Understood, understand};
pub use warning::{Warning, warnings};
pub use word::Words;

use crate::text;

/// A table as it was read: columns of one length, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// The number of rows.
    pub rows: usize,
    lines: Lines,
    /// What was found on the way.
    pub found: Found,
}

/// A column as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name; empty where the file has none.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The cells of every row.
    pub cells: Cells,
    /// What was seen in it.
    pub seen: Seen,
    /// The cells of a target as they were written, where they are numbers and few.
    written: Option<Words>,
}

impl Table {
    /// Where a row (from 0) stands in the file.
    pub fn place(&self, row: usize) -> Place {
        match self.found.format {
            Format::Csv => Place::Line(self.lines.of(row)),
            Format::Parquet => Place::Row(row as u64 + 1),
        }
    }

    /// The place of the column of that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Bytes that the cells take in memory.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(|column| column.cells.bytes()).sum()
    }
}

/// The lines on which rows begin, kept where one does not follow on the one before.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lines(Vec<(usize, u64)>);

impl Lines {
    fn note(&mut self, row: usize, line: u64) {
        if self.0.last().is_none_or(|&(from, first)| first + (row - from) as u64 != line) {
            self.0.push((row, line));
        }
    }

    fn of(&self, row: usize) -> u64 {
        let behind = self.0.partition_point(|&(from, _)| from <= row);
        let (from, line) = behind.checked_sub(1).map_or((0, 1), |at| self.0[at]);
        line + (row - from) as u64
    }
}

/// The kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    #[default]
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// How text is written in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8, with or without a mark.
    #[default]
    Utf8,
    /// UTF-16, low bytes first.
    Utf16Le,
    /// UTF-16, high bytes first.
    Utf16Be,
}

/// What a file is packed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Nothing, or a codec of the format's own.
    #[default]
    None,
    /// gzip.
    Gzip,
}

/// Where the names of the columns come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// `c1`, `c2`, …
    #[default]
    Made,
    /// [`Reading::names`].
    Given,
    /// A line of the file, from 1.
    Line(u64),
    /// The file's schema.
    Schema,
}

/// What was found in a file beside its cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The kind of file.
    pub format: Format,
    /// How its text is written.
    pub encoding: TextEncoding,
    /// What it is packed with.
    pub compression: Compression,
    /// What stands between cells.
    pub delimiter: Option<char>,
    /// Where the names of the columns come from.
    pub names: Names,
    /// Whether Excel's `sep=` line comes first.
    pub sep_line: bool,
    /// Comment lines left out.
    pub comments: usize,
    /// Lines above the header left out.
    pub titles: usize,
    /// Rows without any cell filled, left out.
    pub empty_rows: usize,
    /// Whether rows end with a delimiter that nothing follows.
    pub trailing: bool,
}

impl Found {
    /// What stands between cells, in words.
    fn between(&self) -> String {
        match self.delimiter {
            None => "nothing".into(),
            Some(' ') => "blanks".into(),
            Some('\t') => "tabs".into(),
            Some(c) => format!("`{}`", text::plain(&c.to_string())),
        }
    }
}

/// In a line: `CSV, cells parted by ";", names on line 3, 2 comment lines left out`.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left_out = |n: usize, what: &str| (n > 0).then(|| format!("{} left out", text::count(n, what)));
        let parts = [
            Some(match self.format {
                Format::Csv => format!("CSV, cells parted by {}", self.between()),
                Format::Parquet => "Parquet".into(),
            }),
            (self.compression == Compression::Gzip).then(|| "packed with gzip".into()),
            (self.encoding != TextEncoding::Utf8).then(|| "UTF-16".into()),
            match self.names {
                Names::Made => Some("no header".into()),
                Names::Given => Some("names given".into()),
                Names::Line(line) => Some(format!("names on line {line}")),
                Names::Schema => None,
            },
            left_out(self.titles, "title line"),
            left_out(self.comments, "comment line"),
            left_out(self.empty_rows, "empty row"),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Reads a table out of bytes.
///
/// # Errors
/// Of bytes that are no table, of columns that are not there, of rows that do not fit. What the cells hold is judged by
/// [`understand()`].
pub fn read(bytes: &[u8], reading: &Reading) -> Result<Table, TableError> {
    read_as(bytes, reading, |names| roles::of_training(names, reading))
}

/// Reads a table out of a file.
///
/// # Errors
/// As [`read`], and of a file that cannot be opened or read.
pub fn read_file(path: &Path, reading: &Reading) -> Result<Table, TableError> {
    read_file_as(path, reading, |names| roles::of_training(names, reading))
}

type Wanted = Vec<(Role, column::Wanted)>;

fn read_as(
    bytes: &[u8],
    reading: &Reading,
    roles: impl FnOnce(&[String]) -> Result<Wanted, Problems>,
) -> Result<Table, TableError> {
    if source::is_parquet(bytes) {
        return parquet::read(bytes::Bytes::copy_from_slice(bytes), reading, roles);
    }
    scan::read(source::open(bytes)?, Some(bytes.len() as u64), reading, roles)
}

fn read_file_as(
    path: &Path,
    reading: &Reading,
    roles: impl FnOnce(&[String]) -> Result<Wanted, Problems>,
) -> Result<Table, TableError> {
    // Before it is opened: a pipe would be waited for.
    let about = path.metadata()?;
    if !about.is_file() {
        return Err(Problem::of_file("is not a regular file").into());
    }
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    file.by_ref().take(8).read_to_end(&mut head)?;
    file.rewind()?;
    if source::is_parquet(&head) {
        return parquet::read(file, reading, roles);
    }
    let source = source::open(file)?;
    // What gzip unpacks to is not known beforehand.
    let size = (source.compression == Compression::None).then_some(about.len());
    scan::read(source, size, reading, roles)
}
