//! The target column of a CSV file: numbers or the names of classes.

use std::collections::BTreeMap;

use super::{Problem, number};
use crate::dataset::Task;
use crate::text;

/// Most classes that whole numbers are taken for.
const INFERRED: usize = 20;
/// Most classes a column may name; more is a wrong column rather than a task.
const MOST: usize = 1000;

/// A target column as it is read.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// One per row; NaN where the cell is no number.
    numbers: Vec<f32>,
    /// One per row: which of `names` it is. Not kept up once there are too many names.
    codes: Vec<u32>,
    names: BTreeMap<String, u32>,
    /// The first cell that is no number, and where its record begins.
    word: Option<(String, u64)>,
    /// The first cell that looks like a missing value, and where its record begins.
    missing: Option<(String, u64)>,
}

impl Target {
    /// Whether no row has been read.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Takes the next row's cell; refuses an empty one.
    pub(super) fn push(&mut self, cell: &str, at: u64) -> Result<(), Problem> {
        if cell.is_empty() {
            return Err(Problem::of("the cell is empty").at(at));
        }
        let read = number(cell).ok();
        if read.is_none() {
            self.word.get_or_insert_with(|| (cell.to_owned(), at));
            if ["na", "n/a", "nan", "null", "?"].contains(&cell.to_lowercase().as_str()) {
                self.missing.get_or_insert_with(|| (cell.to_owned(), at));
            }
        }
        self.numbers.push(read.unwrap_or(f32::NAN));
        if self.names.len() <= MOST {
            let next = self.names.len() as u32;
            let code = match self.names.get(cell) {
                Some(&code) => code,
                None => *self.names.entry(cell.to_owned()).or_insert(next),
            };
            self.codes.push(code);
        }
        Ok(())
    }

    /// What is predicted, the names of the classes, and the targets.
    pub(super) fn finish(self, kind: &str) -> Result<(Task, Vec<String>, Vec<f32>), Problem> {
        let (classes, y) = match kind {
            "regression" => return self.regression(),
            "auto" if self.word.is_none() && !self.are_labels() => return self.regression(),
            "auto" => {
                let stray = if self.numbers.iter().any(|x| !x.is_nan()) { &self.word } else { &self.missing };
                if let Some((cell, at)) = stray {
                    let seen = text::brief(cell);
                    let message = format!("`{seen}` is not a number; if it is a class, say `kind = \"multiclass\"`");
                    return Err(Problem::of(message).at(*at));
                }
                self.classes()?
            }
            "binary" | "multiclass" => self.classes()?,
            other => {
                let known = "auto, regression, binary, multiclass";
                return Err(Problem::of(format!("kind `{}` is none of {known}", text::brief(other))));
            }
        };
        let count = classes.len();
        let task = match kind {
            "binary" if count != 2 => return Err(Problem::of(format!("holds {count} classes, not two"))),
            "multiclass" => Task::Multiclass { classes: count },
            _ => Task::of_classes(count),
        };
        Ok((task, classes, y))
    }

    fn regression(self) -> Result<(Task, Vec<String>, Vec<f32>), Problem> {
        match self.word {
            Some((cell, at)) => Err(Problem::of(format!("`{}` is not a finite number", text::brief(&cell))).at(at)),
            None => Ok((Task::Regression, Vec::new(), self.numbers)),
        }
    }

    /// Whether the numbers are 0, 1, … k − 1 or 1, 2, … k, all of which occur, or −1 and 1.
    fn are_labels(&self) -> bool {
        let values = self.values();
        let counts_from = |first: f32| values.iter().enumerate().all(|(i, &x)| x == first + i as f32);
        (2..=INFERRED).contains(&values.len()) && (counts_from(0.0) || counts_from(1.0) || values == [-1.0, 1.0])
    }

    /// The distinct numbers of the names seen, in order.
    fn values(&self) -> Vec<f32> {
        let mut values: Vec<f32> = self.names.keys().filter_map(|name| number(name).ok()).map(|x| x + 0.0).collect();
        values.sort_by(f32::total_cmp);
        values.dedup();
        values
    }

    /// The classes in order, and each row's: by number where all cells are numbers, else by name.
    fn classes(&self) -> Result<(Vec<String>, Vec<f32>), Problem> {
        if self.names.len() > MOST {
            return Err(Problem::of(format!("holds more than {MOST} classes")));
        }
        let (classes, class): (Vec<String>, Vec<usize>) = if self.word.is_none() {
            let values = self.values();
            let place = |name: &String| number(name).map_or(0, |x| values.partition_point(|&value| value < x));
            (values.iter().map(f32::to_string).collect(), self.names.keys().map(place).collect())
        } else {
            (self.names.keys().cloned().collect(), (0..self.names.len()).collect())
        };
        if classes.len() < 2 {
            return Err(Problem::of("holds one class only"));
        }
        let mut of_code = vec![0.0; self.names.len()];
        for (&code, class) in self.names.values().zip(class) {
            of_code[code as usize] = class as f32;
        }
        Ok((classes, self.codes.iter().map(|&code| of_code[code as usize]).collect()))
    }
}
