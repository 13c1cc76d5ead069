//! What a network says of each row, where a measure needs to know.

use crate::dataset::{Table, Task};
use crate::loss;

/// The outputs of a network for the rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs<'a> {
    task: Task,
    y: &'a [f32],
    weights: Option<&'a [f32]>,
    /// Before any last activation, row-major `rows × outputs`.
    values: Vec<f32>,
    /// Of classifications: the probability of each class, row-major `rows × classes`.
    probabilities: Vec<f32>,
}

/// A row that counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'o> {
    /// How much it counts.
    pub weight: f64,
    /// Its target: a value, or a class index.
    pub y: f32,
    /// The outputs before any last activation; of a regression, what is predicted.
    pub values: &'o [f32],
    /// The class that is predicted; `None` where an output is not a number.
    pub predicted: Option<usize>,
    /// The probability of each class.
    pub probabilities: &'o [f32],
}

impl Row<'_> {
    /// ln p / (1 − p) of a class, which orders rows as p does and does not end at 1.
    pub fn log_odds(&self, class: usize) -> f64 {
        if let [z] = *self.values {
            return f64::from(if class == 1 { z } else { -z });
        }
        let others = || self.values.iter().enumerate().filter(|(k, _)| *k != class).map(|(_, &z)| f64::from(z));
        let most = others().fold(f64::NEG_INFINITY, f64::max);
        f64::from(self.values[class]) - most - libm::log(others().map(|z| libm::exp(z - most)).sum())
    }
}

impl<'a> Outputs<'a> {
    /// Of the rows of a table: `values` are the outputs before any last activation, row-major `rows × outputs`.
    pub fn new(task: Task, table: &'a Table, values: Vec<f32>) -> Self {
        let probabilities = loss::of_classes(task, &values);
        Self { task, y: &table.y, weights: table.weights.as_deref(), values, probabilities }
    }

    /// The number of classes; 0 of a regression.
    pub(super) fn classes(&self) -> usize {
        self.task.classes().unwrap_or(0)
    }

    /// The mean over the rows, by their weights.
    pub(super) fn mean(&self, of: impl Fn(&Row) -> f64) -> f32 {
        let (mut sum, mut weight) = (0.0, 0.0);
        for row in self.rows() {
            sum += row.weight * of(&row);
            weight += row.weight;
        }
        (sum / weight) as f32
    }

    /// The rows that have some weight.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> + Clone {
        let (outputs, classes) = (self.task.outputs(), self.classes());
        let row = move |(k, &y): (usize, &f32)| {
            let values = &self.values[k * outputs..(k + 1) * outputs];
            Row {
                weight: self.weights.map_or(1.0, |weights| f64::from(weights[k])),
                y,
                values,
                predicted: loss::class(self.task, values),
                probabilities: &self.probabilities[k * classes..(k + 1) * classes],
            }
        };
        self.y.iter().enumerate().map(row).filter(|row| row.weight > 0.0)
    }
}
