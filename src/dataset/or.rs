//! Disjunction of the signs.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class 1 where x₁ > 0 or x₂ > 0
    pub struct Or {}
}

impl Formula for Or {
    const TASK: Task = Task::Binary;
    const TEXT: &'static str = "class 1 where x₁ > 0 or x₂ > 0";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1 > 0.0 || x2 > 0.0)
    }
}
