//! A square on its corner.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class 1 where |x₁| + |x₂| ≤ 1
    pub struct Square {}
}

impl Formula for Square {
    const TASK: Task = Task::Binary;
    const TEXT: &'static str = "class 1 where |x₁| + |x₂| ≤ 1";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1.abs() + x2.abs() <= 1.0)
    }
}
