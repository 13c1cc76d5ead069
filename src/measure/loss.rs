//! The mean of the task's loss over the rows: squared error, or cross-entropy in nats.

use super::{Better, Declared, Unit};

pub(super) static DECLARED: Declared = Declared {
    name: "loss",
    label: "loss",
    unit: Unit::Loss,
    better: Better::Lower,
    worst: f64::INFINITY,
    usual: true,
    needs_outputs: false,
    of: |seen| Some(seen.mean(seen.loss)),
    applies: |_| true,
};
