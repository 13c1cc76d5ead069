//! A diagonal stripe.

use super::Task;
use super::plane::Formula;

crate::settings! {
    /// class 1 where |x₁ − x₂| ≤ 1
    pub struct Stripe {}
}

impl Formula for Stripe {
    const TASK: Task = Task::Binary;
    const TEXT: &'static str = "class 1 where |x₁ − x₂| ≤ 1";

    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from((x1 - x2).abs() <= 1.0)
    }
}
