//! What stands in the way of using a table: where, what, and the edit that helps.

use std::fmt;

use crate::text;

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole, or its header.
    File,
    /// A line of a text file, from 1, quoted line ends counted.
    Line(u64),
    /// A row of a file that has no lines, from 1.
    Row(u64),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is seen first.
    pub place: Place,
    /// The name of the column that it is in.
    pub column: Option<String>,
    /// The cell as it is written.
    pub cell: Option<String>,
    /// What is wrong; says the cell too.
    pub message: String,
    /// What to write or to do instead.
    pub help: Option<String>,
}

impl Problem {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, column: None, cell: None, message: message.into(), help: None }
    }

    pub(super) fn of_file(message: impl Into<String>) -> Self {
        Self::new(Place::File, message)
    }

    pub(super) fn column(self, name: &str) -> Self {
        Self { column: Some(name.to_owned()), ..self }
    }

    pub(super) fn cell(self, cell: &str) -> Self {
        Self { cell: Some(cell.to_owned()), ..self }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Where it is, in words: `` line 3, column `age` ``; empty where it is of the file as a whole.
    pub fn place(&self) -> String {
        let place = match self.place {
            Place::File => None,
            Place::Line(line) => Some(format!("line {line}")),
            Place::Row(row) => Some(format!("row {row}")),
        };
        let column = self.column.as_ref().map(|name| format!("column `{}`", text::brief(name)));
        [place, column].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        match &*place {
            "" => f.write_str(&self.message)?,
            place => write!(f, "{place}: {}", self.message)?,
        }
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

/// Everything that is wrong with a table, at least one thing; one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems, in the order of the file's columns.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// `Err` of the problems, if there are any.
    pub(super) fn none_of(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// Why a table cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The file was read and cannot be used as it is.
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl From<Problem> for TableError {
    fn from(problem: Problem) -> Self {
        Self::Problems(problem.into())
    }
}
