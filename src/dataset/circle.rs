//! The unit disc.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class 1 where x₁² + x₂² ≤ 1
    pub struct Circle {}
}

impl Formula for Circle {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1 * x1 + x2 * x2 <= 1.0)
    }
}

impl Source for Circle {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn formula(&self) -> &'static str {
        "class 1 where x₁² + x₂² ≤ 1"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
