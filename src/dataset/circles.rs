//! Nested rings of equal area steps.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class ⌊(x₁² + x₂²) / 2⌋ of 4
    pub struct Circles {}
}

impl Formula for Circles {
    const TASK: Task = Task::Multiclass { classes: 4 };
    const TEXT: &'static str = "class ⌊(x₁² + x₂²) / 2⌋ of 4";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        ((x1 * x1 + x2 * x2) / 2.0).floor()
    }
}
