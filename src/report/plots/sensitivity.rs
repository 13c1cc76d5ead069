//! Learning-rate sensitivity: the final metric along the tuned axis of most interest, diverged settings marked.

use super::axis;
use crate::analysis::Analysis;
use crate::report::figure::Plot;

/// One line per compared value along the learning rate, or what is tuned in its place.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let sensitive = analysis.sensitive_axis().filter(|axis| analysis.roles.tune.contains(axis))?;
    axis::tuned_axis(analysis, sensitive, "sensitivity")
}
