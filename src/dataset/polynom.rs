//! A quadratic form.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// y = (x₁² − 3 x₁x₂ − x₂²) / 4
    pub struct Polynom {
        /// Standard deviation of the normal noise added to the target.
        noise: f64 = Float(0.0), Within(0.0, 100.0);
    }
}

impl Formula for Polynom {
    const TASK: Task = Task::Regression;
    const TEXT: &'static str = "y = (x₁² − 3 x₁x₂ − x₂²) / 4";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        (x1 * x1 - 3.0 * x1 * x2 - x2 * x2) / 4.0
    }

    fn noise(&self) -> f64 {
        self.noise
    }
}
