//! The unit disc.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class 1 where x₁² + x₂² ≤ 1
    pub struct Circle {}
}

impl Formula for Circle {
    const TASK: Task = Task::Binary;
    const TEXT: &'static str = "class 1 where x₁² + x₂² ≤ 1";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1 * x1 + x2 * x2 <= 1.0)
    }
}
