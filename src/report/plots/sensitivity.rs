//! Learning-rate sensitivity: the final metric along the axis of most interest, diverged settings marked.

use super::axis;
use crate::analysis::{Analysis, Role};
use crate::report::figure::Plot;

/// A line per compared value along the learning rate, or what is tuned in its place; one line through the compared values
/// where they are the learning rates.
pub fn plot(analysis: &Analysis) -> Option<Plot> {
    let sensitive = analysis.sensitive_axis().filter(|&axis| analysis.roles.of(axis) != Role::Facet)?;
    axis::followed(analysis, sensitive, "sensitivity")
}
