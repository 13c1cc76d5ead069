//! The mean of precision over recall, Σ (Rₙ − Rₙ₋₁) Pₙ from the most probable row down (scikit-learn's
//! `average_precision_score`; of more than two classes the mean over those that occur).

use super::{Better, Declared, Unit, ranking};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "average_precision",
    label: "average precision",
    unit: Unit::Plain,
    better: Better::Higher,
    worst: 0.0,
    usual: false,
    needs_outputs: true,
    of: |seen| Some(ranking::mean(seen.outputs.as_ref()?, precision) as f32),
    applies: Task::is_classification,
};

fn precision(ties: &[ranking::Tie]) -> f64 {
    let all: f64 = ties.iter().map(|tie| tie.own).sum();
    let (mut own, mut others, mut sum) = (0.0, 0.0, 0.0);
    for tie in ties {
        own += tie.own;
        others += tie.others;
        sum += tie.own / all * (own / (own + others));
    }
    sum
}
