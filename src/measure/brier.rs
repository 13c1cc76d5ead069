//! The mean squared error of the probabilities: (p − y)² of two classes, Σₖ (pₖ − [y = k])² of more (Brier 1950; scikit-learn's
//! `brier_score_loss`).

use super::{Better, Declared, Outputs, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "brier",
    label: "Brier score",
    unit: Unit::Plain,
    better: Better::Lower,
    worst: f64::INFINITY,
    usual: false,
    needs_outputs: true,
    of: |seen| Some(score(seen.outputs.as_ref()?)),
    applies: Task::is_classification,
};

fn score(outputs: &Outputs) -> f32 {
    // Of two classes both have the same error.
    let share = if outputs.classes() == 2 { 0.5 } else { 1.0 };
    outputs.mean(|row| {
        let error = |(k, &p): (usize, &f32)| {
            let error = f64::from(p) - f64::from(u8::from(k as f32 == row.y));
            error * error
        };
        share * row.probabilities.iter().enumerate().map(error).sum::<f64>()
    })
}
