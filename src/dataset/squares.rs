//! Nested squares on their corners.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class ⌊|x₁| + |x₂|⌋ of 4
    pub struct Squares {}
}

impl Formula for Squares {
    const TASK: Task = Task::Multiclass { classes: 4 };
    const TEXT: &'static str = "class ⌊|x₁| + |x₂|⌋ of 4";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        (x1.abs() + x2.abs()).floor()
    }
}
