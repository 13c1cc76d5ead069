//! The expected calibration error: how far the probability of the predicted class is from how often it is right, in 15 bins
//! of equal width, each by its share of the rows (Guo et al. 2017, arXiv:1706.04599).

use super::{Better, Declared, Outputs, Unit};
use crate::dataset::Task;
pub(super) static DECLARED: Declared = Declared {
    name: "ece",
    label: "calibration error",
    unit: Unit::Plain,
    better: Better::Lower,
    worst: f64::INFINITY,
    usual: false,
    needs_outputs: true,
    of: |seen| Some(error(seen.outputs.as_ref()?)),
    applies: Task::is_classification,
};

const BINS: usize = 15;

fn error(outputs: &Outputs) -> f32 {
    let (mut gaps, mut weight) = ([0.0; BINS], 0.0);
    for row in outputs.rows() {
        let Some(class) = row.predicted else { return f32::NAN };
        let confidence = f64::from(row.probabilities[class]);
        // Bin b is above b/15 and up to (b + 1)/15.
        let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        gaps[bin] += row.weight * (confidence - f64::from(u8::from(class == row.y as usize)));
        weight += row.weight;
    }
    (gaps.iter().map(|gap: &f64| gap.abs()).sum::<f64>() / weight) as f32
}
