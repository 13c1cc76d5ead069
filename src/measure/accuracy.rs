//! The share of rows whose class is predicted: a logit above 0, or the first of the largest.

use super::{Better, Declared, Unit};
use crate::dataset::Task;

pub(super) static DECLARED: Declared = Declared {
    name: "accuracy",
    label: "accuracy",
    unit: Unit::Share,
    better: Better::Higher,
    worst: 0.0,
    usual: true,
    needs_outputs: false,
    of: |seen| seen.task.is_classification().then(|| seen.mean(seen.correct)),
    applies: Task::is_classification,
};
