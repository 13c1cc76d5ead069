//! The mean over the classes of F1, the harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn) (scikit-learn's
//! `f1_score(average="macro")`). A class that no row is of or taken for does not count.

use super::{Better, Confusion, Declared, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "f1_macro",
    label: "macro F1",
    unit: Unit::Plain,
    better: Better::Higher,
    worst: 0.0,
    usual: false,
    needs_outputs: true,
    of: |seen| Some(Confusion::of(seen.outputs.as_ref()?).mean(Confusion::f1) as f32),
    applies: Task::is_classification,
};
