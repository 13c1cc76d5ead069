//! The mean over the classes of the share of their rows that is recognized (scikit-learn's `balanced_accuracy_score`).

use super::{Better, Confusion, Declared, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "balanced_accuracy",
    label: "balanced accuracy",
    unit: Unit::Share,
    better: Better::Higher,
    worst: 0.0,
    usual: false,
    needs_outputs: true,
    of: |seen| Some(Confusion::of(seen.outputs.as_ref()?).mean(Confusion::recall) as f32),
    applies: Task::is_classification,
};
