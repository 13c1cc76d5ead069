//! The mean of −ln p of the true class, in nats: the loss of a classification, by the name that scikit-learn has for it.

use super::{Better, Declared, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "log_loss",
    label: "log-loss",
    unit: Unit::Loss,
    better: Better::Lower,
    worst: f64::INFINITY,
    usual: false,
    needs_outputs: false,
    of: |seen| seen.task.is_classification().then(|| seen.mean(seen.loss)),
    applies: Task::is_classification,
};
