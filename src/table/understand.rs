//! What the columns of a table are: numbers, truth values, words; what is left out, and everything that is wrong at once.

use std::collections::BTreeSet;
use std::fmt;

use super::column::Sample;
use super::number::{Notation, Otherwise, otherwise, parse, with_unit};
use super::problem::{Problem, Problems};
use super::reading::{ColumnKind, Missing, Reading, edit, quoted};
use super::target::{self, Target};
use super::word::{is_date, truths};
use super::{Column, Role, Table, hash};
use crate::text;

/// Most distinct words of a feature that nothing is said of.
const MOST_LEVELS: usize = 100;

/// A table of which it is known what everything is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    /// The number of rows.
    pub rows: usize,
    /// The inputs, in the order of the file or of `features`.
    pub features: Vec<Feature>,
    /// What is predicted.
    pub target: Target,
    /// The place of the column of weights.
    pub weight: Option<usize>,
    /// The place of the column of groups.
    pub group: Option<usize>,
    /// The columns that are not used though nothing was said of them.
    pub left_out: Vec<LeftOut>,
    /// blake3 of what is used and how it was understood, 32 hex digits. Path, line ends, quotes, delimiters, notation
    /// and unused columns do not count.
    pub hash: String,
}

/// An input column.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its place in [`Table::columns`].
    pub column: usize,
    /// The name of the column.
    pub name: String,
    /// What its cells are.
    pub kind: FeatureKind,
    /// How many of them are missing.
    pub missing: usize,
}

/// What the cells of a feature are.
#[derive(Clone, Debug, PartialEq)]
pub enum FeatureKind {
    /// Numbers, which become one input.
    Number,
    /// Truth values: for each word of the column whether it says yes.
    Boolean(Vec<bool>),
    /// Words, in the order of their letters.
    Words(Vec<String>),
}

/// A column left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// A column without a name or a cell, as a delimiter at the end of lines makes one; its number from 1.
    Empty(usize),
    /// A column without a name that names or counts the rows; its number from 1.
    Index(usize),
}

impl Understood {
    /// Columns of the matrix: words take one each, missing cells one more.
    pub fn width(&self) -> usize {
        self.features.iter().map(Feature::width).sum()
    }
}

impl Feature {
    /// Columns of the matrix.
    pub fn width(&self) -> usize {
        let own = if let FeatureKind::Words(levels) = &self.kind { levels.len() } else { 1 };
        own + usize::from(self.missing > 0)
    }
}

/// Understands a table.
///
/// # Errors
/// Every column that cannot be used, each with its first bad cell and what to say or do.
pub fn understand(table: &Table, reading: &Reading) -> Result<Understood, Problems> {
    let mut problems = Vec::new();
    let (mut features, mut left_out, mut target) = (Vec::new(), Vec::new(), None);
    let (mut weight, mut group) = (None, None);
    for (place, column) in table.columns.iter().enumerate() {
        let outcome = match column.role {
            Role::Unused => Ok(()),
            Role::Feature => judge(table, column, reading).map(|kind| {
                let (name, missing) = (column.name.clone(), column.seen.missing);
                features.push(Feature { column: place, name, kind, missing });
            }),
            Role::Target => target::understand(table, place, reading).map(|understood| target = Some(understood)),
            Role::Weight => weights(table, column).map(|()| weight = Some(place)),
            Role::Group => groups(table, column).map(|()| group = Some(place)),
            Role::Nameless => nameless(place, column, table).map(|out| left_out.push(out)),
        };
        problems.extend(outcome.err().map(|problem| match &problem.column {
            None if !column.name.is_empty() => problem.column(&column.name),
            _ => problem,
        }));
    }
    // The group may be a feature too.
    group = group.or_else(|| reading.group.as_ref().and_then(|name| table.find(name)));
    if features.is_empty() && problems.is_empty() {
        problems.push(Problem::of_file(match table.columns.len() {
            1 => format!("the table has one column, and needs two, a feature and the target{}", hint(table)),
            _ => "no column is left to be a feature".into(),
        }));
    }
    Problems::none_of(problems)?;
    let target = target.ok_or_else(|| Problem::of_file("no column is the target"))?;
    if !reading.features.is_empty() {
        let order = |feature: &Feature| reading.features.iter().position(|name| name.trim() == feature.name);
        features.sort_by_key(order);
    }
    let mut understood =
        Understood { rows: table.rows, features, target, weight, group, left_out, hash: String::new() };
    understood.hash = hash::of(table, &understood);
    Ok(understood)
}

/// How the only column of a file was parted.
fn hint(table: &Table) -> String {
    match table.found.delimiter {
        Some(_) => format!("; cells are parted by {}: say `delimiter` if that is wrong", table.found.between()),
        None => String::new(),
    }
}

/// What a feature's cells are.
fn judge(table: &Table, column: &Column, reading: &Reading) -> Result<FeatureKind, Problem> {
    let seen = &column.seen;
    let said = reading.columns.get(&column.name).copied();
    let drop = edit(&column.name, ColumnKind::Drop);
    if let Some(row) = seen.broken {
        let help = format!("save the file as UTF-8, or say `{drop}`");
        return Err(Problem::new(table.place(row), "the cell is not UTF-8 text").help(help));
    }
    if seen.numbers + seen.words == 0 {
        return Err(Problem::of_file("the column holds no value").help(format!("say `{drop}`")));
    }
    if reading.missing == Missing::Refuse
        && let Some(row) = seen.first_missing
    {
        let others = if seen.missing == 1 { String::new() } else { format!(" ({} such cells)", seen.missing) };
        let help = format!("fill it in, say `missing = \"impute\"`, or `{drop}`");
        return Err(Problem::new(table.place(row), format!("the cell is missing{others}")).help(help));
    }
    if column.cells.are_numbers() {
        return match &seen.inexact {
            Some(cell) if said != Some(ColumnKind::Number) => {
                let category = edit(&column.name, ColumnKind::Category);
                let number = edit(&column.name, ColumnKind::Number);
                let help = format!("say `{drop}`, `{category}` if it names classes, `{number}` to have it rounded");
                Err(bad_cell(table, column, cell, "is a whole number that 64 bits of a float do not hold", 1)
                    .help(help))
            }
            _ => Ok(FeatureKind::Number),
        };
    }
    let Some(words) = column.cells.words() else {
        return Err(mixed_or_many(table, column, reading));
    };
    if said == Some(ColumnKind::Number) {
        return Err(not_a_number(table, column, reading));
    }
    if said == Some(ColumnKind::Boolean) {
        return truths(&words.words, true).map(FeatureKind::Boolean).ok_or_else(|| {
            let seen = words.words.iter().take(5).map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
            let message = format!("the column does not hold truth values: it holds {seen}");
            Problem::of_file(message).help(format!("say `{}`", edit(&column.name, ColumnKind::Category)))
        });
    }
    if said.is_none() {
        if let Some(problem) = wrong_words(table, column, reading) {
            return Err(problem);
        }
        if let Some(truths) = truths(&words.words, false) {
            return Ok(FeatureKind::Boolean(truths));
        }
        if words.words.len() > MOST_LEVELS {
            return Err(many_words(table, column));
        }
    }
    let mut levels = words.words.clone();
    levels.sort();
    Ok(FeatureKind::Words(levels))
}

/// Words that are dates or numbers in another notation, most of them.
pub(super) fn wrong_words(table: &Table, column: &Column, reading: &Reading) -> Option<Problem> {
    let is_number = |word: &str| parse(word, Notation::of(reading)).is_some();
    let words: Vec<&String> = match column.cells.words() {
        Some(words) => words.words.iter().collect(),
        // Of a target the numbers are among them.
        None => column.seen.examples.iter().filter(|word| !is_number(word)).collect(),
    };
    let most = |fits: &dyn Fn(&str) -> bool| 2 * words.iter().filter(|word| fits(word)).count() > words.len();
    let number = |word: &str| is_number(word) || otherwise(word).is_some();
    if most(&number) {
        return Some(not_a_number(table, column, reading));
    }
    if most(&is_date) {
        let drop = edit(&column.name, ColumnKind::Drop);
        let category = edit(&column.name, ColumnKind::Category);
        let help = format!("say `{drop}`, or `{category}` if each date is a class of its own");
        let sample = first_of(column, &is_date)?;
        return Some(
            bad_cell(table, column, &sample, "is a date, which is not read as a number", column.seen.words).help(help),
        );
    }
    None
}

/// The first word of a kind, with its row.
fn first_of(column: &Column, fits: &dyn Fn(&str) -> bool) -> Option<Sample> {
    let first = column.seen.word.clone();
    match column.cells.words() {
        None => first,
        Some(words) => {
            let code = words.words.iter().position(|word| fits(word));
            let row = code.and_then(|code| words.codes.iter().position(|&other| other as usize == code));
            code.zip(row).map(|(code, row)| Sample { row, cell: words.words[code].clone() }).or(first)
        }
    }
}

/// Numbers and words in one column, or too many words.
fn mixed_or_many(table: &Table, column: &Column, reading: &Reading) -> Problem {
    let seen = &column.seen;
    match &seen.number {
        Some(number) if seen.words > seen.numbers && seen.unit.is_none() => {
            if let Some(problem) = wrong_words(table, column, reading) {
                return problem;
            }
            let help = format!(
                "say `{}` if it is one of the words, `na_values` if it marks a missing value",
                edit(&column.name, ColumnKind::Category)
            );
            bad_cell(table, column, number, "is a number among words", seen.numbers).help(help)
        }
        Some(_) => not_a_number(table, column, reading),
        None => wrong_words(table, column, reading).unwrap_or_else(|| many_words(table, column)),
    }
}

fn many_words(table: &Table, column: &Column) -> Problem {
    let seen = &column.seen;
    let most = if seen.overfull { 1000 } else { MOST_LEVELS };
    let category = match seen.overfull {
        true => String::new(),
        false => format!(", or `{}` to have a column for each", edit(&column.name, ColumnKind::Category)),
    };
    let help = format!("say `{}`{category}", edit(&column.name, ColumnKind::Drop));
    let message = format!("the column holds more than {most} words");
    match &seen.word {
        Some(word) => Problem::new(table.place(word.row), format!("{message}, such as `{}`", text::brief(&word.cell)))
            .cell(&word.cell)
            .help(help),
        None => Problem::of_file(message).help(help),
    }
}

/// The first cell of a column of numbers that is not one, and the edit that helps.
fn not_a_number(table: &Table, column: &Column, reading: &Reading) -> Problem {
    let is_number = |cell: &str| parse(cell, Notation::of(reading)).is_some();
    let words = column.cells.words().map_or(&column.seen.examples, |words| &words.words);
    let otherwise = |cell: &str| if is_number(cell) { None } else { otherwise(cell) };
    let ways: Vec<Otherwise> = words.iter().filter_map(|word| otherwise(word)).collect();
    let find = |fits: fn(&Otherwise) -> bool| ways.iter().find(|way| fits(way)).cloned();
    // What settles the notation first; `1,234` alone may be either.
    let way = find(|way| matches!(way, Otherwise::Both(..)))
        .or_else(|| find(|way| matches!(way, Otherwise::Decimal(_))))
        .or_else(|| find(|way| matches!(way, Otherwise::Thousands(_))))
        .or_else(|| find(|way| matches!(way, Otherwise::Either(_))))
        .or_else(|| find(|way| matches!(way, Otherwise::Unit(_))))
        .or_else(|| find(|way| matches!(way, Otherwise::Infinite)));
    let fits = |word: &str| way.is_none() || otherwise(word).is_some();
    let Some(sample) = first_of(column, &fits) else { return Problem::of_file("the column holds no number") };
    // The first such cell may be in no notation at all.
    let way = otherwise(&sample.cell).and(way);
    let number = edit(&column.name, ColumnKind::Number);
    let category = edit(&column.name, ColumnKind::Category);
    let marks = marks_with(table, &sample.cell);
    let (message, help) = match way {
        Some(Otherwise::Decimal(mark)) => ("is not a number as it is written", format!("say `decimal = \"{mark}\"`")),
        Some(Otherwise::Thousands(mark)) => {
            ("is not a number as it is written", format!("say `thousands = \"{mark}\"`"))
        }
        Some(Otherwise::Either(mark)) => (
            "is not a number as it is written",
            format!("say `thousands = \"{mark}\"`, or `decimal = \"{mark}\"` if that is what the mark means"),
        ),
        Some(Otherwise::Both(thousands, decimal)) => (
            "is not a number as it is written",
            format!("say `decimal = \"{decimal}\"` and `thousands = \"{thousands}\"`"),
        ),
        Some(Otherwise::Unit(unit)) => {
            let inner = with_unit(&sample.cell).and_then(|(_, number)| match otherwise(&number)? {
                Otherwise::Decimal(mark) => Some(format!(" and `decimal = \"{mark}\"`")),
                Otherwise::Thousands(mark) | Otherwise::Either(mark) => Some(format!(" and `thousands = \"{mark}\"`")),
                Otherwise::Both(thousands, decimal) => {
                    Some(format!(" and `decimal = \"{decimal}\"`, `thousands = \"{thousands}\"`"))
                }
                _ => None,
            });
            let inner = inner.unwrap_or_default();
            match column.seen.unit.as_ref().filter(|seen| **seen != unit) {
                Some(seen) => {
                    ("bears another unit than the cells above", format!("write all of them in {}", quoted(seen)))
                }
                None => (
                    "is a number with a unit",
                    format!(
                        "say `{number}`{inner} to read it without {}, which then every cell must bear",
                        quoted(&unit)
                    ),
                ),
            }
        }
        Some(Otherwise::Infinite) => {
            ("is not a finite number", format!("leave the row out, or say `na_values = {marks}`"))
        }
        None if column.seen.unit.is_some() && is_number(&sample.cell) => (
            "lacks the unit that the cells above bear",
            format!("write it with {}", quoted(column.seen.unit.as_deref().unwrap_or_default())),
        ),
        None if is_number(&sample.cell) => {
            ("is a number written as text", format!("say `{number}`, or `{category}` if it names a class"))
        }
        None => (
            "is not a number",
            format!("say `na_values = {marks}` if it marks a missing value, `{category}` if the column holds words"),
        ),
    };
    bad_cell(table, column, &sample, message, column.seen.words).help(help)
}

/// The marks of missing values that the table holds, and one more, as they are written in an experiment file.
fn marks_with(table: &Table, cell: &str) -> String {
    let used = table.columns.iter().flat_map(|column| &column.seen.marks).map(String::as_str);
    let mut marks: Vec<&str> = used.collect::<BTreeSet<&str>>().into_iter().collect();
    marks.push(cell);
    format!("[{}]", marks.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// A cell that cannot stand where it does, one of so many.
pub(super) fn bad_cell(table: &Table, column: &Column, sample: &Sample, what: &str, count: usize) -> Problem {
    let others = if count > 1 { format!(" ({count} such cells)") } else { String::new() };
    Problem::new(table.place(sample.row), format!("`{}` {what}{others}", text::brief(&sample.cell)))
        .column(&column.name)
        .cell(&sample.cell)
}

/// Weights are numbers from 0 on, one a row, not all of them 0.
fn weights(table: &Table, column: &Column) -> Result<(), Problem> {
    if let Some(row) = column.seen.first_missing {
        return Err(
            Problem::new(table.place(row), "the weight is missing").help("write 0 for a row that is not to count")
        );
    }
    if let Some(word) = &column.seen.word {
        return Err(bad_cell(table, column, word, "is not a weight", column.seen.words));
    }
    let weight = |row: usize| column.cells.number(row);
    if let Some(row) = (0..table.rows).find(|&row| weight(row) < 0.0) {
        let cell = text::float(weight(row));
        return Err(Problem::new(table.place(row), format!("`{cell}` is below 0, which no weight is")).cell(&cell));
    }
    match (0..table.rows).any(|row| weight(row) > 0.0) {
        true => Ok(()),
        false => Err(Problem::of_file("every weight is 0")),
    }
}

fn groups(table: &Table, column: &Column) -> Result<(), Problem> {
    match column.seen.first_missing {
        Some(row) => Err(Problem::new(table.place(row), "the group is missing")
            .help("give every row a group of its own or of others")),
        None => Ok(()),
    }
}

/// A column without a name is left out if it holds nothing, or names or counts the rows.
fn nameless(place: usize, column: &Column, table: &Table) -> Result<LeftOut, Problem> {
    let seen = &column.seen;
    if seen.numbers + seen.words == 0 {
        return Ok(LeftOut::Empty(place + 1));
    }
    let first = column.cells.number(0);
    let counts = column.cells.are_numbers()
        && (first == 0.0 || first == 1.0)
        && (0..table.rows).all(|row| column.cells.number(row) == first + row as f64);
    let every_row = seen.missing == 0 && seen.numbers == 0;
    let distinct =
        every_row && (seen.overfull || column.cells.words().is_some_and(|words| words.words.len() == table.rows));
    if place == 0 && (counts || distinct) {
        return Ok(LeftOut::Index(place + 1));
    }
    let help = "name it in the file or by `names`, or list the `features` to use";
    Err(Problem::of_file(format!("column {} has no name", place + 1)).help(help))
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(place) => write!(f, "column {place}, which has neither a name nor a cell, is left out"),
            Self::Index(place) => write!(f, "column {place}, which has no name and tells the rows apart, is left out"),
        }
    }
}

/// What was understood, in a few lines for people.
impl fmt::Display for Understood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = &self.target;
        let features = text::count(self.features.len(), "feature");
        let encoded = match self.width() {
            width if width == self.features.len() => String::new(),
            width => format!(" ({width} after encoding)"),
        };
        write!(f, "{}, {features}{encoded}, ", text::count(self.rows, "row"))?;
        write!(f, "target {target}")?;
        self.left_out.iter().try_for_each(|out| write!(f, "\n{out}"))
    }
}
