//! The root of the mean squared error, in the target's unit.

use super::{Better, Declared, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "rmse",
    label: "RMSE",
    unit: Unit::Target,
    better: Better::Lower,
    worst: f64::INFINITY,
    usual: false,
    needs_outputs: false,
    of: |seen| (seen.task == Task::Regression).then(|| (seen.loss / seen.weight).sqrt() as f32),
    applies: |task| task == Task::Regression,
};
