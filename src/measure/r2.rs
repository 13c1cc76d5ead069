//! The share of the target's variance that is explained, 1 − Σ w e² / Σ w (y − ȳ)²: 1 is perfect, 0 is what the mean of these
//! rows gives, below 0 is worse (scikit-learn's `r2_score`; of a constant target 1 where all is right, otherwise 0).

use super::{Better, Declared, Evaluation, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "r2",
    label: "R²",
    unit: Unit::Plain,
    better: Better::Higher,
    worst: f64::NEG_INFINITY,
    usual: true,
    needs_outputs: false,
    of: |seen| (seen.task == Task::Regression).then(|| explained(seen)),
    applies: |task| task == Task::Regression,
};

fn explained(seen: &Evaluation) -> f32 {
    let weight = |k: usize| seen.table.weights.as_ref().map_or(1.0, |weights| f64::from(weights[k]));
    let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
        seen.table.y.iter().enumerate().map(|(k, &y)| weight(k) * of(f64::from(y))).sum()
    };
    let mean = sum(&|y| y) / seen.weight;
    let all = sum(&|y| (y - mean) * (y - mean));
    let share = if all > 0.0 { 1.0 - seen.loss / all } else { f64::from(u8::from(seen.loss == 0.0)) };
    share as f32
}
