//! A table column by column, for people: also what cannot be used as it is.

use super::column::Sample;
use super::target::counted;
use super::word::{is_date, truths};
use super::{Cells, Column, Role, Table};
use crate::text;

/// A column for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Its name; `column 3` where it has none.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What its cells are, in a word: `number`, `whole number`, `boolean`, `words`, `date`, `mixed`, `empty`.
    pub kind: &'static str,
    /// Missing cells.
    pub missing: usize,
    /// Distinct values; `None` where they were not counted, being more than 1000 words or mixed.
    pub distinct: Option<usize>,
    /// The least and the greatest.
    pub range: Option<Range>,
    /// A filled cell as it is written.
    pub example: Option<String>,
}

/// The least and the greatest value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// Of numbers.
    Numbers(f64, f64),
    /// Of words, in the order of their letters.
    Words(String, String),
}

/// Every column of a table that was read; read it with default [`super::Reading::features`] to see all.
pub fn describe(table: &Table) -> Vec<Described> {
    table.columns.iter().enumerate().map(|(place, column)| described(table, place, column)).collect()
}

fn described(table: &Table, place: usize, column: &Column) -> Described {
    let seen = &column.seen;
    let name = if column.name.is_empty() { format!("column {}", place + 1) } else { column.name.clone() };
    let cell = |sample: &Sample| sample.cell.clone();
    let example = seen.word.as_ref().map(cell).or_else(|| seen.number.as_ref().map(cell));
    let (kind, distinct, range) = match &column.cells {
        Cells::None if column.role == Role::Unused => ("not read", None, None),
        Cells::None if seen.numbers + seen.words == 0 => ("empty", Some(0), None),
        Cells::None if seen.numbers > 0 => ("mixed", None, None),
        Cells::None => (if mostly_dates(&seen.examples) { "date" } else { "words" }, None, None),
        Cells::Words(words) => {
            let kind = if truths(&words.words, false).is_some() {
                "boolean"
            } else if mostly_dates(&words.words) {
                "date"
            } else {
                "words"
            };
            let range = words.words.iter().min().zip(words.words.iter().max());
            (kind, Some(words.words.len()), range.map(|(least, most)| Range::Words(least.clone(), most.clone())))
        }
        cells => {
            let values: Vec<f64> = (0..table.rows).map(|row| cells.number(row)).filter(|x| !x.is_nan()).collect();
            let counted = counted(&values);
            let whole = counted.iter().all(|(x, _)| x.fract() == 0.0);
            let range = counted.first().zip(counted.last()).map(|(least, most)| Range::Numbers(least.0, most.0));
            (if whole { "whole number" } else { "number" }, Some(counted.len()), range)
        }
    };
    Described { name, role: column.role, kind, missing: seen.missing, distinct, range, example }
}

fn mostly_dates(words: &[String]) -> bool {
    2 * words.iter().filter(|word| is_date(word)).count() > words.len()
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Numbers(least, most) => write!(f, "{} to {}", text::short(*least), text::short(*most)),
            Self::Words(least, most) => write!(f, "{} to {}", text::brief(least), text::brief(most)),
        }
    }
}
