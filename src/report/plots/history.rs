//! Loss history: the mean of the training loss per epoch, with a band from the least to the greatest seed.

use super::curves;
use crate::analysis::{Analysis, Summary};
use crate::report::figure::Plot;

/// The mean of each epoch's training loss over the held-out seeds, with its range.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let course = |summary: &Summary| (summary.mean, summary.min, summary.max);
    let words = "Mean of each epoch's training loss; band: least to greatest, diverged runs left out";
    curves::draw(analysis, "history", course, ["mean", "min", "max"], words)
}
