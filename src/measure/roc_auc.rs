//! The area under the receiver operating characteristic: how often a row of the class is more probable than another, ties
//! counted half (scikit-learn's `roc_auc_score`; of more than two classes each against the rest, `multi_class="ovr"`, and the
//! mean over those that occur).

use super::{Better, Declared, Unit, ranking};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "roc_auc",
    label: "ROC AUC",
    unit: Unit::Plain,
    better: Better::Higher,
    worst: 0.0,
    usual: false,
    needs_outputs: true,
    of: |seen| Some(ranking::mean(seen.outputs.as_ref()?, area) as f32),
    applies: Task::is_classification,
};

fn area(ties: &[ranking::Tie]) -> f64 {
    let (mut before, mut sum, mut others) = (0.0, 0.0, 0.0);
    for tie in ties {
        // Rows of the class so far are above these others.
        sum += tie.others * (before + tie.own / 2.0);
        before += tie.own;
        others += tie.others;
    }
    sum / (before * others)
}
