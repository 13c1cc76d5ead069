//! The mean of the errors' magnitudes, in the target's unit.

use super::{Better, Declared, Outputs, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "mae",
    label: "MAE",
    unit: Unit::Target,
    better: Better::Lower,
    worst: f64::INFINITY,
    usual: false,
    needs_outputs: true,
    of: |seen| seen.outputs.as_ref().filter(|_| seen.task == Task::Regression).map(error),
    applies: |task| task == Task::Regression,
};

fn error(outputs: &Outputs) -> f32 {
    outputs.mean(|row| (f64::from(row.values[0]) - f64::from(row.y)).abs())
}
