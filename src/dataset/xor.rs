//! Equal signs (the tutorial's name for it is XOR).

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class 1 where x₁·x₂ > 0
    pub struct Xor {}
}

impl Formula for Xor {
    const TASK: Task = Task::Binary;
    const TEXT: &'static str = "class 1 where x₁·x₂ > 0";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1 * x2 > 0.0)
    }
}
