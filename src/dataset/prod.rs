//! Product of the coordinates.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// y = x₁·x₂ / 4
    pub struct Prod {
        /// Standard deviation of the normal noise added to the target.
        noise: f64 = Float(0.0), Within(0.0, 100.0);
    }
}

impl Formula for Prod {
    const TASK: Task = Task::Regression;
    const TEXT: &'static str = "y = x₁·x₂ / 4";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        x1 * x2 / 4.0
    }

    fn noise(&self) -> f64 {
        self.noise
    }
}
