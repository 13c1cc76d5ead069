//! The four quadrants, counted from the third.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class ⌊2 (atan2(x₂, x₁) / π + 1)⌋ of 4
    pub struct Quadrants {}
}

impl Formula for Quadrants {
    const TASK: Task = Task::Multiclass { classes: 4 };
    const TEXT: &'static str = "class ⌊2 (atan2(x₂, x₁) / π + 1)⌋ of 4";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        (2.0 * (libm::atan2(x2, x1) / std::f64::consts::PI + 1.0)).floor()
    }
}
