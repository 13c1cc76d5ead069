//! The target: which task it sets, its classes or its range.

use super::column::MOST_WORDS;
use super::problem::Problem;
use super::reading::{ColumnKind, Reading, TargetKind};
use super::understand::{bad_cell, wrong_words};
use super::word::Words;
use super::{Column, Table};
use crate::text;

/// Most distinct whole numbers that are taken for classes.
pub(super) const FEW: usize = 20;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Numbers are predicted.
    Regression,
    /// One of two classes.
    Binary,
    /// One of several classes.
    Multiclass,
}

/// A target as it was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its place in [`Table::columns`].
    pub column: usize,
    /// The name of the column.
    pub name: String,
    /// What is predicted.
    pub task: Task,
    /// Whether the task was inferred rather than said.
    pub inferred: bool,
    /// The names of the classes: numbers in their order, words in that of their letters; none for a regression.
    pub classes: Vec<String>,
    /// The rows of each class.
    pub counts: Vec<usize>,
    /// Whether the classes are named by numbers, so that `1` and `1.0` are one.
    pub numeric: bool,
    /// Of each row the number, or the place of its class.
    pub values: Vec<f64>,
}

impl Target {
    /// The least and the greatest number of a regression.
    pub fn range(&self) -> (f64, f64) {
        self.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &y| (least.min(y), most.max(y)))
    }
}

/// In a line: `` `species`: 3 classes setosa (50), versicolor (50), virginica (50) (multiclass, inferred) ``
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, how) = (text::brief(&self.name), if self.inferred { ", inferred" } else { "" });
        if self.task == Task::Regression {
            let (least, most) = self.range();
            let (least, most) = (text::short(least), text::short(most));
            return write!(f, "`{name}`: a number from {least} to {most} (regression{how})");
        }
        let named = self.classes.iter().zip(&self.counts).take(20);
        let named: Vec<String> = named.map(|(name, n)| format!("{} ({n})", text::brief(name))).collect();
        let more = self.classes.len().saturating_sub(20);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let task = if self.task == Task::Binary { "binary" } else { "multiclass" };
        write!(f, "`{name}`: {} classes {}{more} ({task}{how})", self.classes.len(), named.join(", "))
    }
}

/// Understands the target's column.
pub(super) fn understand(table: &Table, place: usize, reading: &Reading) -> Result<Target, Problem> {
    let column = &table.columns[place];
    let seen = &column.seen;
    if let Some(row) = seen.broken {
        return Err(Problem::new(table.place(row), "the cell is not UTF-8 text").help("save the file as UTF-8"));
    }
    if let Some(row) = seen.first_missing {
        let others = match seen.missing {
            1 => String::new(),
            n => format!(" ({n} such rows)"),
        };
        let said: Vec<String> = seen.marks.iter().map(|mark| format!("`{}`", text::brief(mark))).collect();
        let class = match &said[..] {
            [] => String::new(),
            marks => format!(", or say `na_values = []` if {} is a class", marks.join(" or ")),
        };
        let problem = Problem::new(table.place(row), format!("the target is missing{others}"));
        return Err(problem.help(format!("leave such rows out of the file{class}")));
    }
    let said = reading.columns.get(&column.name).copied();
    let kind = reading.kind;
    let target = |task, classes: Vec<String>, values: Vec<f64>, numeric| {
        let mut counts = vec![0; classes.len()];
        values.iter().filter(|_| !classes.is_empty()).for_each(|&class| counts[class as usize] += 1);
        let (inferred, name) = (kind == TargetKind::Auto, column.name.clone());
        Target { column: place, name, task, inferred, classes, counts, numeric, values }
    };
    let wants_classes =
        matches!(kind, TargetKind::Binary | TargetKind::Multiclass) || said == Some(ColumnKind::Category);
    if column.cells.are_numbers() {
        let values: Vec<f64> = (0..table.rows).map(|row| column.cells.number(row) + 0.0).collect();
        let counted = counted(&values);
        let are_classes = wants_classes || (kind == TargetKind::Auto && are_classes(&counted));
        if !are_classes {
            if let Some(inexact) = seen.inexact.as_ref().filter(|_| said != Some(ColumnKind::Number)) {
                return Err(bad_cell(
                    table,
                    column,
                    inexact,
                    "is a whole number that 64 bits of a float do not hold",
                    1,
                )
                .help("say `kind = \"multiclass\"` if the cells name classes"));
            }
            if let [(only, _)] = counted[..] {
                return Err(Problem::of_file(format!("the target is {} in every row", text::float(only)))
                    .help("name another `target`"));
            }
            return Ok(target(Task::Regression, Vec::new(), values, false));
        }
        // Codes with leading zeros, or longer than a float holds, are told apart as they are written.
        let as_written = seen.padded.is_some() || seen.inexact.is_some();
        if let Some(words) = column.written.as_ref().filter(|_| as_written) {
            let (classes, values) = sorted(words);
            return Ok(target(task(&classes, reading)?, classes, values, false));
        }
        let classes: Vec<String> = counted.iter().map(|&(x, _)| text::float(x)).collect();
        let task = task(&classes, reading)?;
        let place = |y: &f64| counted.partition_point(|(x, _)| x < y) as f64;
        return Ok(target(task, classes, values.iter().map(place).collect(), true));
    }
    let words = column.cells.words().or_else(|| column.written.as_ref().filter(|_| wants_classes));
    let Some(words) = words else { return Err(unusable(table, column, wants_classes, reading)) };
    if kind == TargetKind::Regression || said == Some(ColumnKind::Number) {
        return Err(unusable(table, column, false, reading));
    }
    if !wants_classes && let Some(problem) = wrong_words(table, column, reading) {
        return Err(problem);
    }
    let (classes, values) = sorted(words);
    if classes.len() == table.rows && table.rows >= FEW {
        return Err(Problem::of_file("the target is another word in every row").help("name another `target`"));
    }
    Ok(target(task(&classes, reading)?, classes, values, false))
}

/// Why a target that is not all numbers and not all words cannot be used.
fn unusable(table: &Table, column: &Column, wants_classes: bool, reading: &Reading) -> Problem {
    let problem = match (&column.seen.word, &column.seen.number) {
        (Some(_), _) if column.seen.overfull && (wants_classes || column.seen.numbers == 0) => {
            wrong_words(table, column, reading).unwrap_or_else(too_many)
        }
        (Some(word), number) => {
            let mixed = number.is_some();
            let problem = wrong_words(table, column, reading);
            problem.unwrap_or_else(|| {
                let message = if mixed { "is not a number, and others of the target are" } else { "is not a number" };
                bad_cell(table, column, word, message, column.seen.words).help(
                    "if it names a class, say `kind = \"multiclass\"`; if it marks a missing value, leave the row out",
                )
            })
        }
        _ => too_many(),
    };
    problem.column(&column.name)
}

fn too_many() -> Problem {
    Problem::of_file(format!("the target has more than {MOST_WORDS} classes")).help("name another `target`")
}

/// The task of so many classes.
fn task(classes: &[String], reading: &Reading) -> Result<Task, Problem> {
    match (classes.len(), reading.kind) {
        (0 | 1, _) => Err(Problem::of_file("the target has one class only").help("name another `target`")),
        (n, _) if n > MOST_WORDS => Err(too_many()),
        (2, TargetKind::Multiclass) => Ok(Task::Multiclass),
        (2, _) => Ok(Task::Binary),
        (n, TargetKind::Binary) => {
            Err(Problem::of_file(format!("the target has {n} classes, not two")).help("say `kind = \"multiclass\"`"))
        }
        _ => Ok(Task::Multiclass),
    }
}

/// The words in order, and each row's place among them.
fn sorted(words: &Words) -> (Vec<String>, Vec<f64>) {
    let used: std::collections::BTreeSet<u32> = words.codes.iter().copied().collect();
    let mut order: Vec<u32> = used.into_iter().filter(|&code| (code as usize) < words.words.len()).collect();
    order.sort_by_key(|&code| &words.words[code as usize]);
    let mut place = vec![0.0; words.words.len()];
    order.iter().enumerate().for_each(|(at, &code)| place[code as usize] = at as f64);
    let classes = order.iter().map(|&code| words.words[code as usize].clone()).collect();
    (classes, words.codes.iter().map(|&code| place.get(code as usize).copied().unwrap_or(0.0)).collect())
}

/// The distinct numbers in order, each with how often it occurs.
pub(super) fn counted(values: &[f64]) -> Vec<(f64, usize)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut counted: Vec<(f64, usize)> = Vec::new();
    for x in sorted {
        match counted.last_mut() {
            Some((last, count)) if *last == x => *count += 1,
            _ => counted.push((x, 1)),
        }
    }
    counted
}

/// Whether numbers are classes where nothing says so: two distinct ones, or at most [`FEW`] whole ones that occur twice
/// on average. Gaps, order and where they begin do not count, so that codes 1, 2, 3, 5, 6, 7 and 0, 1, 3 are classes and
/// a grade from 3 to 8 is what one from 1 to 6 is.
pub(super) fn are_classes(counted: &[(f64, usize)]) -> bool {
    let rows: usize = counted.iter().map(|&(_, count)| count).sum();
    let whole = counted.iter().all(|(x, _)| x.fract() == 0.0);
    counted.len() == 2 || (whole && (2..=FEW).contains(&counted.len()) && rows >= 2 * counted.len())
}

/// A value that stands in one row without which the numbers would be something else; then they would be classes or not.
pub(super) fn flips(counted: &[(f64, usize)]) -> Option<(f64, bool)> {
    let is = are_classes(counted);
    // More distinct values than this do not become classes by one row less.
    if counted.len() > FEW + 1 {
        return None;
    }
    (0..counted.len()).find_map(|without| {
        let mut fewer = counted.to_vec();
        fewer[without].1 -= 1;
        fewer.retain(|&(_, count)| count > 0);
        (fewer.len() > 1 && are_classes(&fewer) != is).then_some((counted[without].0, !is))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> bool {
        are_classes(&counted(values))
    }

    #[test]
    fn two_values_are_classes_whatever_they_are() {
        for pair in [[0.0, 1.0], [2.0, 4.0], [-1.0, 1.0], [0.5, 1.5], [0.0, 255.0], [1e9, -3.25]] {
            assert!(of(&pair), "{pair:?}");
        }
    }

    #[test]
    fn few_whole_numbers_are_classes_and_others_are_not() {
        let cycle = |values: &[f64], rows: usize| (0..rows).map(|i| values[i % values.len()]).collect::<Vec<f64>>();
        assert!(of(&cycle(&[1.0, 2.0, 3.0, 5.0, 6.0, 7.0], 60)));
        assert!(of(&cycle(&[0.0, 1.0, 3.0], 30)));
        assert!(!of(&cycle(&[0.5, 1.0, 3.0], 30)), "not whole");
        assert!(!of(&(0..300).map(|i| f64::from(i % 30)).collect::<Vec<f64>>()), "30 ages");
        assert!(!of(&[3.0, 1.0, 2.0]), "a value a row");
    }

    #[test]
    fn one_row_that_decides_is_told() {
        let mut values: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        assert_eq!(flips(&counted(&values)), None);
        values.push(0.5);
        assert_eq!(flips(&counted(&values)), Some((0.5, true)));
        let twenty: Vec<f64> = (0..200).map(|i| f64::from(i % 20)).chain([20.0]).collect();
        assert_eq!(flips(&counted(&twenty)), Some((20.0, true)));
    }

    proptest! {
        #[test]
        fn the_rule_does_not_change_when_numbers_are_shifted(values in prop::collection::vec(0..12_i32, 2..80), by in -50..50_i32) {
            let at = |by: i32| values.iter().map(|&x| f64::from(x + by)).collect::<Vec<f64>>();
            prop_assert_eq!(of(&at(0)), of(&at(by)));
        }
    }
}
